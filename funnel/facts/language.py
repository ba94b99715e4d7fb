"""What belongs to a language and not to a jurisdiction: where words and clauses end, how far a negation reaches, what is read.

A pack names its language; which words deny, doubt and accuse is its author's. Chinese is counted in characters, and a phrase
is found wherever its characters stand. English is counted in words, and a phrase is found as whole words only: "gas" does
not stand in "Vegas", nor "refundable" in "non-refundable", nor "can" in "can't".
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from funnel.facts import _read_english, reader
from funnel.facts._reading import Reading
from funnel.facts.normalise import Normal, normalise, normalise_words
from funnel.facts.unread import not_chinese, not_english

Place = tuple[int, int]

_ASCII_ENDS = ",.!?;\n\r…"


class Units(Protocol):
    """A text as it is counted. Places are of units: characters or words, from the first to behind the last.

    Attributes:
        ends: The units that end clauses, in order.
    """

    ends: list[int]

    def __len__(self) -> int:
        """How many units there are."""

    def places(self, found: Iterable[tuple[int, int, int]]) -> dict[int, list[Place]]:
        """Where each literal stands, of what an automaton found (literal, and characters from and to)."""

    def around(self, start: int, end: int) -> Place:
        """The units that some characters stand in."""

    def characters(self, start: int, end: int) -> Place:
        """The characters of some units."""

    def words_between(self, start: int, end: int) -> str:
        """What stands there, to look for a word of `Language.word` in it."""

    def saying(self, start: int, end: int) -> int:
        """How many units there say something: letters and figures, or words."""


class _Characters:
    """A text counted in characters."""

    __slots__ = ("_text", "ends")

    def __init__(self, text: str) -> None:
        self._text = text
        self.ends = [match.start() for match in _CHINESE_END.finditer(text)]

    def __len__(self) -> int:
        return len(self._text)

    def places(self, found: Iterable[tuple[int, int, int]]) -> dict[int, list[Place]]:
        places: dict[int, list[Place]] = {}
        for literal, start, end in found:
            places.setdefault(literal, []).append((start, end))
        return places

    def around(self, start: int, end: int) -> Place:
        return start, end

    def characters(self, start: int, end: int) -> Place:
        return start, end

    def words_between(self, start: int, end: int) -> str:
        return self._text[start:end]

    def saying(self, start: int, end: int) -> int:
        return sum(map(str.isalnum, self._text[start:end]))


class _Words:
    """A text counted in words; what ends a clause is a unit of its own."""

    __slots__ = ("_begin", "_finish", "_text", "_whole", "ends")

    def __init__(self, text: str) -> None:
        self._text = text
        asides = {place for match in _ASIDE.finditer(text) for place in (match.start(1), match.start(2))}
        found = [match.span() for match in _ENGLISH_UNIT.finditer(text) if match.start() not in asides]
        self._begin = [start for start, _ in found]
        self._finish = [end for _, end in found]
        self.ends = [number for number, (start, _) in enumerate(found) if not _is_word(text[start])]
        self._whole: tuple[Mapping[int, int], Mapping[int, int]] = (
            {start: number for number, start in enumerate(self._begin)},
            {end: number + 1 for number, end in enumerate(self._finish)},
        )

    def __len__(self) -> int:
        return len(self._begin)

    def places(self, found: Iterable[tuple[int, int, int]]) -> dict[int, list[Place]]:
        begins, ends = self._whole
        places: dict[int, list[Place]] = {}
        for literal, start, end in found:
            if start in begins and end in ends:  # else it begins or ends inside a word
                places.setdefault(literal, []).append((begins[start], ends[end]))
        return places

    def around(self, start: int, end: int) -> Place:
        return bisect_right(self._finish, start), bisect_left(self._begin, end)

    def characters(self, start: int, end: int) -> Place:
        return self._begin[start], self._finish[end - 1]

    def words_between(self, start: int, end: int) -> str:
        words = (self._text[a:b] for a, b in zip(self._begin[start:end], self._finish[start:end], strict=True))
        return f" {' '.join(words)} "

    def saying(self, start: int, end: int) -> int:
        return sum(_is_word(self._text[at]) for at in self._begin[start:end])


def _is_word(char: str) -> bool:
    return char.isalnum()


@dataclass(frozen=True, slots=True)
class Language:
    """A language that packs can be written in.

    Attributes:
        code: As ``language:`` of a pack says it.
        zh, en: What it is called.
        by_words: Whether it is counted in words, and phrases are found as whole words only; else in characters.
        gap: How many units ``…`` in a phrase may stand for.
        negation_reach: A negator negates a match that begins at most this many units behind it, in the same clause.
        double_negation_reach: Two negators so near to each other deny each other.
        hedge_reach: A hedge silences a match that begins at most this many units behind it, in the same clause.
        blank, comma, stop: What stands between words, clauses and sentences where a text is made.
        marks: What no phrase may have: what ends a clause, and what parts the items of a list.
        normalise: Texts and phrases go through it, so that they meet.
        units: A normalised text as it is counted.
        unread: The first passage of a text in another language; None where there is none.
        reader: Every amount, date and duration of a normalised text, given the day of the complaint and the pack's currency.
    """

    code: str
    zh: str
    en: str
    by_words: bool
    gap: int
    negation_reach: int
    double_negation_reach: int
    hedge_reach: int
    blank: str
    comma: str
    stop: str
    marks: str
    normalise: Callable[[str], Normal]
    units: Callable[[str], Units]
    unread: Callable[[str], str | None]
    reader: Callable[[str, dt.date | None, str], tuple[Reading, ...]]

    def word(self, form: str) -> str:
        """A word as it is looked for in `Units.words_between`."""
        text = self.normalise(form).text
        return f" {text} " if self.by_words else text

    def is_cut(self, literal: str) -> bool:
        """Whether a literal could never be found, because it begins or ends with a sign that is no part of a word."""
        return self.by_words and bool(literal) and not (_ENGLISH_EDGE.match(literal) and _is_word(literal[-1]))

    def whole(self, text: str, start: int, end: int) -> bool:
        """Whether some characters of a normalised text may be found there: not inside a word."""
        return not self.by_words or bool(self.units(text).places([(0, start, end)]))


_CHINESE_ENDS = "，。！？；" + _ASCII_ENDS
_CHINESE_END = re.compile(rf"(?!(?<=\d)[.,](?=\d))[{re.escape(_CHINESE_ENDS)}]")
"""A point or comma inside a number (2.5小时, 1,280元) ends no clause."""
_ENGLISH_ENDS = _ASCII_ENDS + ":—–"
_LETTER = r"(?:[^\W_]|[\u0300-\u036f])"
_ENGLISH_UNIT = re.compile(
    rf"[^\W_]{_LETTER}*(?:(?:['&_-]|(?<=\d)[.,:/](?=\d)){_LETTER}+)*"
    rf"|[{re.escape(_ENGLISH_ENDS)}]|(?<=\s)-+(?=\s)"
)
"""A word, with what joins its parts (don't, non-refundable, 49.99), or what ends a clause."""
_ASIDE = re.compile(r"(?:\b(?:not|never)|n't)(,) ?(?:[\w'-]+ ){0,2}[\w'-]+(,)")
"""An aside right behind a negation, which goes on behind it: "I have not, as yet, opened it". Its commas end no clause."""
_ENGLISH_EDGE = re.compile(r"[^\W_]")


def _read_chinese(text: str, received_on: dt.date | None, currency: str) -> tuple[Reading, ...]:
    del currency  # 元 and 块 are whatever is paid with
    return reader.read(text, received_on=received_on)


CHINESE: Final = Language(
    code="zh",
    zh="中文",
    en="Chinese",
    by_words=False,
    gap=8,
    negation_reach=3,
    double_negation_reach=2,
    hedge_reach=12,
    blank="",
    comma="，",
    stop="。",
    marks=_CHINESE_ENDS + "、",
    normalise=normalise,
    units=_Characters,
    unread=not_chinese,
    reader=_read_chinese,
)
ENGLISH: Final = Language(
    code="en",
    zh="英文",
    en="English",
    by_words=True,
    gap=4,
    negation_reach=3,
    double_negation_reach=3,
    hedge_reach=6,
    blank=" ",
    comma=", ",
    stop=". ",
    marks=_ENGLISH_ENDS,
    normalise=normalise_words,
    units=_Words,
    unread=not_english,
    reader=_read_english.read,
)
LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType({one.code: one for one in (CHINESE, ENGLISH)})


def literals_of(forms: Sequence[str], language: Language) -> set[str]:
    """Some forms, normalised, without blanks at their ends; all in one go, since nothing is joined across the end of a line."""
    return {form.strip() for form in language.normalise("\n\n".join(forms)).text.split("\n\n")}
