"""The phrase language of signals: alternatives, bounded gaps, word lists; no regular expressions.

    七天无理由…(不给|拒绝)退          a gap of at most 8 characters in one clause
    "{商家}<12>(不给|不肯)退货"        a word list, and a gap of at most 12

A phrase becomes a few segments, each a set of literal strings, with a gap limit between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from funnel.errors import Portable
from funnel.facts.language import CHINESE, Language, literals_of

MAX_GAP = 40
MAX_LITERALS = 512
"""Most literals that one segment may expand to."""
MAX_BRANCHES = 64
"""Most ways through one phrase whose alternatives hold gaps."""
_MIN_LENGTH = 2
_MAX_NESTING = 4

_GAP = re.compile(r"<([0-9]{1,3})>\Z")


_FULL_WIDTH: Mapping[str, str] = MappingProxyType(
    {"｜": "|", "（": "(", "）": ")", "＜": "<", "＞": ">", "｛": "{", "｝": "}"}
)
"""The signs of phrases as a Chinese keyboard gives them, and as they are written."""
_FULL_WIDTH_SIGN = re.compile(f"[{''.join(_FULL_WIDTH)}]")
QUOTES: Mapping[str, str] = MappingProxyType({"“": "”", "‘": "’", "「": "」", "『": "』", "＂": "＂"})
"""Chinese quotes, and what closes them. Around a phrase or a value they are meant for YAML's; inside they are text."""


class PhraseError(Portable, ValueError):
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


_STRUCTURE = frozenset("…<>{}()|")
_PLAIN = re.compile(r"[^…<>{}()|]+")
"""Characters that mean themselves, read in one piece."""
_FLAT_GROUP = re.compile(r"\(([^…<>{}()]*)\)")
"""A group of nothing but literals, as most are, read in one piece."""
_LIST_NAME = re.compile(r"\{([^}]*)\}")


_NOTHING = ("",)
"""The forms of a segment that nothing has been put into yet: what is on either side of a gap."""


class _Branch(NamedTuple):
    """One way through a phrase: segments of forms, and the gaps between them."""

    segments: tuple[Sequence[str], ...] = (_NOTHING,)
    gaps: tuple[int, ...] = ()


class PhraseParser:
    """Compiles phrases against the word lists of a pack.

    Args:
        words: The pack's word lists, as their author wrote them.
        language: What they are written in.
    """

    def __init__(self, words: Mapping[str, tuple[str, ...]], language: Language = CHINESE) -> None:
        self._words = words
        self._language = language
        self._left_alone: set[str] = set()  # characters seen so far that normalising leaves alone
        self._harmless = set(_STRUCTURE)  # and with them those that are no text
        self._plain_words = {name: self._leaves_alone(set("".join(forms))) for name, forms in words.items()}

    def parse(self, source: str) -> tuple[Phrase, ...]:
        """Compile a phrase. Alternatives that hold gaps become phrases of their own.

        Args:
            source: The phrase as its author wrote it.

        Raises:
            PhraseError: It is malformed, too short, names no such list, or expands to too many forms.
        """
        if wrong := sign_in(source):
            raise PhraseError("F526", phrase=source, **wrong)
        branches, end = _Parser(source, self._words, self._language.gap).sequence(0, depth=0)
        if end < len(source):
            raise PhraseError("F506", detail=f"“{source[end]}”")
        plain = self._is_plain(source)
        found = []
        for branch in branches:
            segments = tuple(_literals(forms, source, self._language, plain=plain) for forms in branch.segments)
            if len(segments) == 1 and any(len(literal) < _MIN_LENGTH for literal in segments[0]):
                raise PhraseError("F508", phrase=min(segments[0], key=len) or source)
            if cut := next((form for segment in segments for form in segment if self._language.is_cut(form)), ""):
                raise PhraseError("F528", phrase=cut)
            found.append(Phrase(source, segments, branch.gaps))
        return tuple(found)

    def _is_plain(self, source: str) -> bool:
        """Whether no form of a phrase needs normalising, however its pieces are put together."""
        if not self._harmless.issuperset(source) and not self._leaves_alone(set(source) - _STRUCTURE):
            return False
        return "{" not in source or all(self._plain_words[name] for name in _LIST_NAME.findall(source))

    def _leaves_alone(self, chars: set[str]) -> bool:
        """Whether normalising leaves every text of these characters alone.

        It works character by character, but for spaces and marks between two characters, which are no letters or digits.
        """
        new = chars - self._left_alone
        self._left_alone |= {char for char in new if char.isalnum() and self._language.normalise(char).text == char}
        self._harmless |= self._left_alone & new
        return new <= self._left_alone


def parse(source: str, words: Mapping[str, tuple[str, ...]], language: Language = CHINESE) -> tuple[Phrase, ...]:
    """Compile one phrase; see `PhraseParser.parse`."""
    return PhraseParser(words, language).parse(source)


class _Parser:
    def __init__(self, source: str, words: Mapping[str, tuple[str, ...]], gap: int) -> None:
        self.source = source
        self.words = words
        self.gap = gap

    def sequence(self, at: int, *, depth: int) -> tuple[list[_Branch], int]:
        """Read until the end, or until the `|` or `)` of the group that this stands in."""
        if depth > _MAX_NESTING:
            raise PhraseError("F506", detail="((…))")
        source = self.source
        branches: list[_Branch] = []
        while at < len(source):
            char = source[at]
            if char in "|)":
                if depth == 0:
                    raise PhraseError("F506", detail=f"“{char}”")
                break
            piece, at = self.piece(at, depth)
            branches = self.join(branches, piece) if branches else piece
        return branches or [_Branch()], at

    def piece(self, at: int, depth: int) -> tuple[list[_Branch], int]:
        source = self.source
        char = source[at]
        if char == "…":
            while source[at : at + 1] == "…":  # a typed ellipsis is often two of them
                at += 1
            return [_Branch((_NOTHING, _NOTHING), (self.gap,))], at
        if char == "<":
            end = source.find(">", at)
            match = _GAP.match(source[at : end + 1]) if end > 0 else None
            if match is None or int(match[1]) > MAX_GAP:
                raise PhraseError("F506", detail=f"“{source[at : at + 5]}” (<1>…<{MAX_GAP}>)")
            return [_Branch((_NOTHING, _NOTHING), (int(match[1]),))], end + 1
        if char == "{":
            end = source.find("}", at)
            if end < 0:
                raise PhraseError("F506", detail="“{” …")
            name = source[at + 1 : end]
            if name not in self.words:
                raise PhraseError("F308", name=name)
            return [_Branch((self.words[name],))], end + 1
        if char == "(":
            flat = _FLAT_GROUP.match(source, at)
            if flat is not None and depth < _MAX_NESTING:
                return [_Branch((tuple(dict.fromkeys(flat[1].split("|"))),))], flat.end()
            return self.group(at + 1, depth)
        if char in ">}":
            raise PhraseError("F506", detail=f"“{char}”")
        run = _PLAIN.match(source, at)
        end = run.end() if run is not None else at + 1
        return [_Branch(((source[at:end],),))], end

    def group(self, at: int, depth: int) -> tuple[list[_Branch], int]:
        plain: list[str] = []
        found: list[_Branch] = []
        while True:
            branches, at = self.sequence(at, depth=depth + 1)
            for branch in branches:
                if branch.gaps:
                    found.append(branch)
                else:
                    plain += branch.segments[0]
            if at >= len(self.source):
                raise PhraseError("F506", detail="“(” …")
            at += 1
            if self.source[at - 1] == ")":
                break
        if plain:
            found.append(_Branch((tuple(dict.fromkeys(plain)),)))
        return found, at

    def join(self, left: list[_Branch], right: list[_Branch]) -> list[_Branch]:
        if len(left) * len(right) > MAX_BRANCHES:
            raise PhraseError("F507", count=str(len(left) * len(right)), limit=str(MAX_BRANCHES), phrase=self.source)
        return [self.chain(a, b) for a in left for b in right]

    def chain(self, left: _Branch, right: _Branch) -> _Branch:
        tail, head = left.segments[-1], right.segments[0]
        if len(tail) * len(head) > MAX_LITERALS:
            raise PhraseError("F507", count=str(len(tail) * len(head)), limit=str(MAX_LITERALS), phrase=self.source)
        if tail is _NOTHING or head is _NOTHING:
            middle = head if tail is _NOTHING else tail
        else:
            middle = [a + b for a in tail for b in head]
        return _Branch((*left.segments[:-1], middle, *right.segments[1:]), left.gaps + right.gaps)


def _mark_in(normal: str, language: Language) -> str:
    return next((char for char in normal if char in language.marks), "")


def mark_in(form: str, language: Language = CHINESE) -> str:
    """The first mark in a form of a word list that no phrase may have, as it was typed; ``""`` if there is none."""
    if form.isalnum():
        return ""
    return next((char for char in form if _mark_in(language.normalise(char).text, language)), "")


def sign_in(source: str) -> dict[str, str]:
    """What to say of the first sign in a phrase or a form of a word list that is meant for another; empty if there is none."""
    if not source or source.isalnum():
        return {}
    opens = source[0] in QUOTES
    if opens or source[-1] in QUOTES.values():
        sign = source[0] if opens else source[-1]
        return {
            "sign": sign,
            "half": '"',
            "more_zh": " 把整条括起来；不含 { } 和 < 的不用引号",
            "more_en": " around the whole of it; a phrase without { } and < needs no quotes",
        }
    found = _FULL_WIDTH_SIGN.search(source)
    return {"sign": found[0], "half": _FULL_WIDTH[found[0]], "more_zh": "", "more_en": ""} if found else {}


def _literals(forms: Sequence[str], source: str, language: Language, *, plain: bool) -> tuple[str, ...]:
    normal = set(forms) if plain else literals_of(forms, language)
    if "" in normal:
        raise PhraseError("F506", detail=f"“{source}”")
    mark = None if plain else next((mark for form in sorted(normal) if (mark := _mark_in(form, language))), None)
    if mark is not None:
        # As its author typed it, where it stands in the phrase and not in a word list.
        typed = next((char for char in source if language.normalise(char).text == mark), mark)
        raise PhraseError("F519", phrase=source, mark=typed)
    return tuple(sorted(normal))
