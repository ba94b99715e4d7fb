"""The vocabulary: every fact that a condition may use, declared once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from funnel.facts.values import NOT_RAISED, Grade, Known, Value

FactType = Literal["bool", "integer", "money", "date", "enum", "set"]
World = Literal["open", "raised"]
Source = Literal["consumer", "merchant", "system", "nobody"]
Texts = Mapping[str, str]
"""A text for people by language: ``zh`` always, ``en`` where given."""

FACT_TYPES: tuple[FactType, ...] = ("bool", "integer", "money", "date", "enum", "set")
SIGNAL_PREFIX = "signal."
BUILT_IN_DATES = ("complained_on", "today")


def pick(texts: Texts | None, lang: str) -> str:
    """The text in ``lang``, else in Chinese, else nothing."""
    if not texts:
        return ""
    return texts.get(lang) or texts.get("zh") or ""


@dataclass(frozen=True, slots=True)
class Member:
    """A value of an enum or set: its slug, its label and the sellers' words mapped to it."""

    slug: str
    label: Texts
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a fact is computed: a named function and its arguments (fact names, ``param.NAME`` or literals)."""

    function: str
    args: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Presumption:
    """A value that the law presumes until a better source displaces it."""

    value: Value
    basis: str | None
    why: Texts | None

    @property
    def known(self) -> Known:
        """The value while nothing displaces it."""
        return Known(self.value, Grade.PRESUMED, self.basis or "presumption")


@dataclass(frozen=True, slots=True)
class Origin:
    """The contract field that a fact is read from, and the grade a value there carries.

    ``text_path`` is a field with a seller's own words for it. ``absent`` is what it means that a part of the contract
    was given without this field (an order line without a quantity is of one piece).
    """

    path: str
    grade: Grade
    text_path: str | None = None
    absent: int | None = None


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A declared fact.

    Attributes:
        name: What conditions call it.
        type: Its type; money is fen inside.
        world: ``open``: not known is unknown. ``raised``: not raised is false (or the empty set), grade presumed.
        ask: Who can supply it.
        gives: The grade that an answer from there carries.
        low, high: Bounds of integers and money, inclusive.
        tolerance: Two sources that differ by no more than this (days, units, fen) make no dispute.
    """

    name: str
    type: FactType
    label: Texts
    world: World = "open"
    unit: str | None = None
    members: Mapping[str, Member] = field(default_factory=lambda: MappingProxyType({}))
    low: int | None = None
    high: int | None = None
    tolerance: int = 0
    origin: Origin | None = None
    derivation: Derivation | None = None
    presumption: Presumption | None = None
    question: Texts | None = None
    ask: Source = "nobody"
    gives: Grade = Grade.STATED
    sensitivity: str = "none"
    why: Texts | None = None

    @property
    def unraised(self) -> Known:
        """What a raised fact is when nobody raised it: no, none, or nothing."""
        value: Value = False
        if self.type == "set":
            value = frozenset()
        elif self.type in {"integer", "money"}:
            value = 0
        return Known(value, Grade.PRESUMED, NOT_RAISED)

    def accepts(self, value: Value) -> bool:
        """Whether ``value`` belongs to the fact's domain."""
        if self.type == "bool":
            return isinstance(value, bool)
        if self.type in {"integer", "money"}:
            if isinstance(value, bool) or not isinstance(value, int):
                return False
            return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        if self.type == "date":
            return isinstance(value, dt.date)
        if self.type == "enum":
            return isinstance(value, str) and value in self.members
        return isinstance(value, frozenset) and value <= self.members.keys()

    def differ(self, one: Value, two: Value) -> bool:
        """Whether two sources contradict, beyond the tolerance."""
        if isinstance(one, dt.date) and isinstance(two, dt.date):
            return abs((one - two).days) > self.tolerance
        if isinstance(one, int) and isinstance(two, int) and not isinstance(one, bool):
            return abs(one - two) > self.tolerance
        return one != two

    def show(self, value: Value | None, lang: str = "zh") -> str:
        """A value for reading: yuan, days, labels."""
        if value is None:
            return "未知" if lang != "en" else "unknown"
        if isinstance(value, bool):
            return ("是" if value else "否") if lang != "en" else ("yes" if value else "no")
        if isinstance(value, int):
            return yuan(value) if self.type == "money" else str(value)
        if isinstance(value, frozenset):
            shown = (pick(self.members[v].label, lang) if v in self.members else v for v in sorted(value))
            return "、".join(shown) or ("无" if lang != "en" else "none")
        if isinstance(value, str):
            member = self.members.get(value)
            return pick(member.label, lang) if member else value
        return value.isoformat()


def yuan(fen: int) -> str:
    """Fen as decimal yuan with two decimals, exact.

    >>> yuan(12345), yuan(5), yuan(-100)
    ('123.45', '0.05', '-1.00')
    """
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), 100)
    return f"{sign}{whole}.{part:02d}"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All declared facts of a pack, and the order in which derived ones are computed."""

    facts: Mapping[str, FactSpec]
    derived_order: tuple[str, ...] = ()

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def __getitem__(self, name: str) -> FactSpec:
        return self.facts[name]

    def label(self, name: str, lang: str = "zh") -> str:
        """A fact's label for reading."""
        spec = self.facts.get(name)
        return pick(spec.label, lang) if spec else name
