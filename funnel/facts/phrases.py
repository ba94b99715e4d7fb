"""The phrase language of signals: alternatives, bounded gaps, word lists; no regular expressions.

    七天无理由…(不给|拒绝)退          a gap of at most 8 characters in one clause
    "{商家}<12>(不给|不肯)退货"        a word list, and a gap of at most 12

A phrase becomes a few segments, each a set of literal strings, with a gap limit between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from funnel.facts.normalise import normalise

DEFAULT_GAP = 8
"""Characters that ``…`` may stand for."""
MAX_GAP = 40
MAX_LITERALS = 512
"""Most literals that one segment may expand to."""
_MIN_LENGTH = 2

CLAUSE_ENDS = "，。！？；,.!?;\n\r…"
_GAP = re.compile(r"<([0-9]{1,3})>\Z")


class PhraseError(ValueError):
    """A phrase that cannot be read. ``code`` is the diagnostic's, ``values`` fill its blanks."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Phrase:
    """A compiled phrase.

    Attributes:
        source: The phrase as written.
        segments: For each segment its literals, normalised.
        gaps: ``gaps[i]`` is the longest gap between segment ``i`` and ``i + 1``.
    """

    source: str
    segments: tuple[tuple[str, ...], ...]
    gaps: tuple[int, ...]


def parse(source: str, words: Mapping[str, tuple[str, ...]]) -> Phrase:
    """Compile a phrase.

    Args:
        source: The phrase as its author wrote it.
        words: The pack's word lists.

    Raises:
        PhraseError: It is malformed, too short, names no such list, or expands to too many forms.
    """
    segments: list[tuple[str, ...]] = []
    gaps: list[int] = []
    current: list[str] = [""]
    index = 0
    while index < len(source):
        char = source[index]
        if char == "…":
            index += 1
            while source[index : index + 1] == "…":  # a typed ellipsis is often two of them
                index += 1
            current = _close(segments, current, gaps, DEFAULT_GAP, source)
        elif char == "<":
            end = source.find(">", index)
            match = _GAP.match(source[index : end + 1]) if end > 0 else None
            if match is None or int(match[1]) > MAX_GAP:
                raise PhraseError("F506", detail=f"“{source[index : index + 5]}” (<1>…<{MAX_GAP}>)")
            current = _close(segments, current, gaps, int(match[1]), source)
            index = end + 1
        elif char == "(":
            end = source.find(")", index)
            if end < 0:
                raise PhraseError("F506", detail="“(” …")
            current = _times(current, _alternatives(source[index + 1 : end], words), source)
            index = end + 1
        elif char == "{":
            end = source.find("}", index)
            if end < 0:
                raise PhraseError("F506", detail="“{” …")
            current = _times(current, _list(source[index + 1 : end], words), source)
            index = end + 1
        elif char in ")>}|":
            raise PhraseError("F506", detail=f"“{char}”")
        else:
            current = [form + char for form in current]
            index += 1
    segments.append(_literals(current, source))
    if len(segments) == 1 and any(len(literal) < _MIN_LENGTH for literal in segments[0]):
        short = min(segments[0], key=len)
        raise PhraseError("F508", phrase=short or source)
    return Phrase(source, tuple(segments), tuple(gaps))


def _close(segments: list[tuple[str, ...]], current: list[str], gaps: list[int], gap: int, source: str) -> list[str]:
    segments.append(_literals(current, source))
    gaps.append(gap)
    return [""]


def _alternatives(body: str, words: Mapping[str, tuple[str, ...]]) -> list[str]:
    forms: list[str] = []
    for part in body.split("|"):
        if "…" in part or "<" in part or "(" in part:
            raise PhraseError("F506", detail=f"“({body})”")
        if "{" in part:
            head, _, rest = part.partition("{")
            name, closed, tail = rest.partition("}")
            if not closed:
                raise PhraseError("F506", detail=f"“{part}”")
            forms += [head + word + tail for word in _list(name, words)]
        else:
            forms.append(part)
    return forms


def _list(name: str, words: Mapping[str, tuple[str, ...]]) -> list[str]:
    if name not in words:
        raise PhraseError("F308", name=name)
    return list(words[name])


def _times(left: list[str], right: list[str], source: str) -> list[str]:
    if len(left) * len(right) > MAX_LITERALS:
        raise PhraseError("F507", count=str(len(left) * len(right)), limit=str(MAX_LITERALS), phrase=source)
    return [a + b for a in left for b in right]


def _literals(forms: list[str], source: str) -> tuple[str, ...]:
    normal = {normalise(form).text.strip() for form in forms}
    if "" in normal:
        raise PhraseError("F506", detail=f"“{source}”")
    if any(char in CLAUSE_ENDS for form in normal for char in form):
        raise PhraseError("F506", detail=f"“{source}” {CLAUSE_ENDS.strip()}")
    return tuple(sorted(normal))
