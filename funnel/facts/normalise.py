"""Text normalisation: one character in, at most a few out, offsets kept.

NFKC, lower case, traditional to simplified (character by character, with OpenCC's table), zero-width and other format
characters out, spaces between Chinese characters out. Phrases and texts go through the same function, so they meet.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df"
_INNER_SPACE = re.compile(rf"(?<=[{_CJK}])[ \t\u00a0]+(?=[{_CJK}])")
_STOP_SPACE = re.compile(rf"(?<=[{_CJK}]{{4}})[ \t\u00a0\u3000]+(?=[{_CJK}]{{4}})")
_EVASIVE = re.compile(rf"(?<=[{_CJK}])[*·•^_|]+(?=[{_CJK}])")
"""Marks put between two characters of a word to slip past filters, such as 退*款."""


@cache
def _simplified() -> Mapping[str, str]:
    """OpenCC's traditional-to-simplified character table; the first choice where it gives several."""
    source = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    table = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split(" ")[0]
        if len(traditional) == 1 and first and first != traditional:
            table[traditional] = first
    return table


class _Table(dict[int, str]):
    """A translation table that fills itself: one entry a character ever seen, so bounded by Unicode.

    Attributes:
        uneven: Those of them that become nothing or several characters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if unicodedata.category(char) == "Cf":
            result = ""
        else:
            folded = unicodedata.normalize("NFKC", char).lower()
            result = "".join(_simplified().get(c, c) for c in folded)
        if len(result) != 1:
            self.uneven.add(char)
        self[code] = result
        return result


@cache
def _table() -> _Table:
    # A cache, not state: the entries are a function of the character alone.
    return _Table()


@dataclass(frozen=True, slots=True)
class Normal:
    """A normalised text with the way back.

    Attributes:
        text: The normalised text.
        original: The text as it came.
        back: For each character of the normalised text its offset in the original; None: it is found when it is asked for.
    """

    text: str
    original: str
    back: Sequence[int] | None = field(default=None, compare=False, repr=False)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of ``text[start:end]``."""
        return _span(_offsets(self), start, end)

    def way_back(self) -> Callable[[int, int], tuple[int, int]]:
        """`span` for many places of one text: the way back is found once, when it is first gone."""
        back: Sequence[int] | None = None

        def span(start: int, end: int) -> tuple[int, int]:
            nonlocal back
            if back is None:
                back = _offsets(self)
            return _span(back, start, end)

        return span

    def stops(self) -> tuple[int, ...]:
        """Where its writer put a blank for a stop: between four Chinese characters and four more, where no word is hidden by it."""
        ends = [match.end() for match in _STOP_SPACE.finditer(self.original)]
        if not ends:
            return ()
        back = _offsets(self)
        return tuple(bisect_left(back, end) for end in ends)

    def words(self, start: int, end: int) -> str:
        """The original words of ``text[start:end]``."""
        begin, stop = self.span(start, end)
        return self.original[begin:stop]


def normalise(text: str) -> Normal:
    """Normalise a text. Linear in its length.

    >>> normalise("商 家不給 退　款").text
    '商家不给退款'
    """
    folded = text.translate(_table())
    if " " in folded or "\t" in folded:
        folded = _INNER_SPACE.sub("", folded)
    return Normal(_EVASIVE.sub("", folded), text)


_APOSTROPHES = {ord(char): "'" for char in "’‘ʼ`＇"} | {ord(char): "-" for char in "‐‑−"}
_WRAPPED = re.compile(r"(?<=[^\W\d_])([ \t]*)\r?\n(?=[ \t]*[a-z])")
"""The end of a line inside a sentence, as mail breaks lines; one after a mark, or before a capital, ends a clause."""
_BLANKS = re.compile(r"(?<=\s)[ \t]+|[ \t]+(?=\n)")


def normalise_words(text: str) -> Normal:
    r"""Normalise a text whose words stand apart. Linear in its length.

    As `normalise`, and every apostrophe and hyphen is the ASCII one, a line that is broken inside a sentence goes on, and
    several blanks are one.

    >>> normalise_words("I  haven’t\nopened it").text
    "i haven't opened it"
    """
    # One character for each, so that offsets stay: what is dropped is dropped last.
    plain = _WRAPPED.sub(lambda found: " " * len(found[0]), text.translate(_APOSTROPHES))
    normal = normalise(plain)
    if plain == text and _BLANKS.search(normal.text) is None:
        return normal
    dropped = {at for match in _BLANKS.finditer(normal.text) for at in range(*match.span())}
    back = _offsets(normal)
    kept = [at for at in range(len(normal.text)) if at not in dropped]
    return Normal("".join([normal.text[at] for at in kept]), text, tuple([back[at] for at in kept]))


def _span(back: Sequence[int], start: int, end: int) -> tuple[int, int]:
    if not back or start >= end:
        return (0, 0)
    last = back[min(end, len(back)) - 1]
    return (back[min(start, len(back) - 1)], last + 1)


def _offsets(normal: Normal) -> Sequence[int]:
    """For each character of the normalised text, its offset in the original. Computed only to explain."""
    if normal.back is not None:
        return normal.back
    table = _table()
    original = normal.original
    if len(normal.text) == len(original) and table.uneven.isdisjoint(original):
        return range(len(original))  # one character for each, and none dropped
    chars: list[str] = []
    back: list[int] = []
    for index, char in enumerate(original):
        for out in table[ord(char)]:
            chars.append(out)
            back.append(index)
    for pattern in (_INNER_SPACE, _EVASIVE):
        joined = "".join(chars)
        dropped = {i for match in pattern.finditer(joined) for i in range(*match.span())}
        if dropped:
            chars = [c for i, c in enumerate(chars) if i not in dropped]
            back = [b for i, b in enumerate(back) if i not in dropped]
    return back
