"""What is known of a complaint: values with their grade and their source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType

Value = bool | int | str | dt.date | frozenset[str]
"""A fact's value. Money is integer fen; a date is a day; an enum is its slug; a set holds slugs."""


class Grade(IntEnum):
    """How well a value is established, weakest first.

    ``PRESUMED``: the law shifts the burden of proof. ``STATED``: the consumer says so, in a form or in the text.
    ``EVIDENCE``: a document supplied shows it. ``RECORD``: an order or payment system has it.
    """

    PRESUMED = 0
    STATED = 1
    EVIDENCE = 2
    RECORD = 3

    @property
    def word(self) -> str:
        """The grade as written in YAML and JSON."""
        return self.name.lower()


GRADES: Mapping[str, Grade] = MappingProxyType({grade.word: grade for grade in Grade})


@dataclass(frozen=True, slots=True)
class Known:
    """One value from one source.

    Attributes:
        value: The value.
        grade: How well it is established.
        source: Where it came from, for reading: a field of the contract, a signal with its words, a function.
        instant: The exact instant, for date facts whose source has one.
        words: Offsets in the complaint's text that gave it, if the text did.
    """

    value: Value
    grade: Grade
    source: str
    instant: dt.datetime | None = None
    words: tuple[int, int] | None = None


NOT_RAISED = "not raised"
"""The source of a raised fact that nobody raised."""
LIKENESS = "likeness"
"""The source of a matter that is presumed because the text reads like it."""
RECORDS = "records"
"""The source of a matter that records show and no words name."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one complaint, frozen.

    Attributes:
        known: The best value of each fact that is known and not disputed.
        disputed: Facts whose sources contradict, with those sources. They are unknown to every condition.
        unclear: Facts on which the text says both or is ambiguous; it states nothing of them.
        told: Facts that are not as the vocabulary has them by default, disputed ones included; what reads none of them
            comes out as it always does. None: not known.
    """

    known: Mapping[str, Known]
    disputed: Mapping[str, tuple[Known, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unclear: tuple[str, ...] = ()
    told: frozenset[str] | None = field(default=None, repr=False, compare=False)

    def value(self, name: str) -> Value | None:
        """The value of a fact; None if it is unknown or disputed."""
        known = self.known.get(name)
        return None if known is None else known.value

    def grade(self, name: str) -> Grade | None:
        """The grade of a fact; None if it is unknown or disputed."""
        known = self.known.get(name)
        return None if known is None else known.grade

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def without(self, names: Iterable[str]) -> Facts:
        """The same facts with some of them unknown."""
        gone = frozenset(names)
        told = None if self.told is None else self.told | gone
        return replace(self, known=MappingProxyType({n: k for n, k in self.known.items() if n not in gone}), told=told)

    def with_value(self, name: str, known: Known) -> Facts:
        """The same facts with one more known: a hypothesis, for questions. Derived facts are not computed anew."""
        told = None if self.told is None else self.told | {name}
        return replace(self, known=MappingProxyType({**self.known, name: known}), told=told)


def weakest(grades: Iterable[Grade]) -> Grade:
    """The grade of something computed from several values."""
    return min(grades, default=Grade.RECORD)
