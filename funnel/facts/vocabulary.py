"""The vocabulary: every fact that a condition may use, declared once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from ahocorasick_rs import AhoCorasick

from funnel.facts.language import CHINESE, Language
from funnel.facts.values import NOT_RAISED, Grade, Known, Value

FactType = Literal["bool", "integer", "money", "date", "enum", "set"]
World = Literal["open", "raised"]
Source = Literal["consumer", "merchant", "system", "nobody"]
Texts = Mapping[str, str]
"""A text for people by language: in the pack's own always, in the other where given."""

FACT_TYPES: tuple[FactType, ...] = ("bool", "integer", "money", "date", "enum", "set")
SIGNAL_PREFIX = "signal."
BUILT_IN_DATES = ("complained_on", "today")
GRIEVANCES = "grievances"
"""The fact that a form or an answer picks the matter with."""
CLAIMS = "claims"
"""The fact that says what the consumer claims, all of which a settlement must answer."""
MEANT = "meant"
"""The fact that the consumer is asked for where a sentence of his reads like something that bars a settlement: what he meant."""


def pick(texts: Texts | None, lang: str) -> str:
    """The text in ``lang``, else in Chinese, else in English, else nothing."""
    if not texts:
        return ""
    return texts.get(lang) or texts.get("zh") or texts.get("en") or ""


def listed(words: Sequence[str], lang: str) -> str:
    """Several words or phrases in a row; semicolons stand between them where one has a comma of its own."""
    if any(mark in word for word in words for mark in "、，,；;"):
        return ("；" if lang != "en" else "; ").join(words)
    return ("、" if lang != "en" else ", ").join(words)


@dataclass(frozen=True, slots=True)
class Member:
    """A value of an enum or set.

    Attributes:
        slug: Its name in conditions.
        label: What it is called.
        also: Sellers' words mapped to it.
        within: The wider value that it is a kind of: a condition on that one holds for this one too.
        about: Values whose names beside this one say only what it is about (a service for a phone): they contradict nothing.
        answered_by: Of a claim: the remedies that give what it asks for; None where the pack does not say.
        group: Of claims of one group, one answered is enough: they are asked for in place of each other.
        language: The pack's language.
        names: Everything it is called, normalised, for comparison with a whole field.
        words: Its names in the pack's language, normalised, longest first, for looking into a seller's own description.
    """

    slug: str
    label: Texts
    also: tuple[str, ...] = ()
    within: str | None = None
    about: frozenset[str] = frozenset()
    answered_by: frozenset[str] | None = None
    group: str | None = None
    language: Language = field(default=CHINESE, repr=False, compare=False)
    names: frozenset[str] = field(init=False, repr=False, compare=False)
    words: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        normalise, own = self.language.normalise, self.language.code
        words = {normalise(word).text for word in (self.label.get(own, ""), *self.also)} - {""}
        called = (self.slug, *(label for lang, label in self.label.items() if lang != own))
        others = {normalise(word).text.strip() for word in called} - {""}
        object.__setattr__(self, "words", tuple(sorted(words, key=lambda word: (-len(word), word))))
        object.__setattr__(self, "names", frozenset({word.strip() for word in words} | others))


class SellersWords:
    """What sellers call the values of a fact: made once, to read many descriptions.

    Args:
        members: The values.
    """

    __slots__ = ("_automaton", "_language", "_members", "_named", "_slugs")

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._members = members
        self._language = next((member.language for member in members.values()), CHINESE)
        named = [(name, member.slug) for member in members.values() for name in member.names]
        self._named = dict(reversed(named))  # the first that bears a name has it
        worded = [(word, member.slug) for member in members.values() for word in member.words]
        self._slugs = [slug for _, slug in worded]
        self._automaton = AhoCorasick([word for word, _ in worded], store_patterns=False) if worded else None

    def read(self, source: str) -> str | None:
        """The value that a whole field names, or the one that a description speaks of (`kind_in_words`)."""
        return _only(self.all_in(source))

    def all_in(self, source: str) -> frozenset[str]:
        """Every value that a description speaks of, a wider one beside one of its own kinds left out."""
        text = self._language.normalise(source).text
        whole = source if source in self._members else self._named.get(text.strip())
        return frozenset({whole}) if whole is not None else self._spoken(text)

    def _spoken_of(self, text: str) -> str | None:
        return _only(self._spoken(text))

    def _spoken(self, text: str) -> frozenset[str]:
        if self._automaton is None:
            return frozenset()
        places = self._automaton.find_matches_as_indexes(text, overlapping=True)
        found = [
            (start, end, self._slugs[index]) for index, start, end in places if self._language.whole(text, start, end)
        ]
        whole = {
            slug
            for start, end, slug in found
            if not any(a <= start and end <= b and b - a > end - start for a, b, _ in found)
        }
        return frozenset(whole - {wider for slug in whole for wider in wider_than(self._members, slug)})


def _only(values: frozenset[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None


def kind_in_words(members: Mapping[str, Member], source: str) -> str | None:
    """The one value that a seller's own words speak of.

    A word inside a longer known word says nothing of itself (水果 in 水果刀), and a wider value beside one of its own kinds
    yields to it. Words of several values, or of none, leave it open: a category guessed wrong would decide a case.
    """
    words = SellersWords(members)
    return words._spoken_of(words._language.normalise(source).text)  # noqa: SLF001 (of this module)


def wider_than(members: Mapping[str, Member], slug: str) -> tuple[str, ...]:
    """The values that a value is a kind of, nearest first."""
    found: list[str] = []
    wider = members[slug].within
    while wider is not None and wider in members and wider not in found:
        found.append(wider)
        wider = members[wider].within
    return tuple(found)


def about_of(members: Mapping[str, Member], slug: str) -> frozenset[str]:
    """The values that a value, or a wider one, may be about, and those within them."""
    named = frozenset().union(*(members[name].about for name in (slug, *wider_than(members, slug))))
    return named | {name for name in members if named.intersection(wider_than(members, name))}


@dataclass(frozen=True, slots=True)
class ValueArg:
    """A value of an enum as an argument: what another argument is compared with."""

    value: str

    def __str__(self) -> str:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a fact is computed: a named function and its arguments (fact names, ``param.NAME`` or literals)."""

    function: str
    args: tuple[str | int | ValueArg, ...]


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

    ``text_path`` is a field with a seller's own words for it; where it is ``path`` itself, that field holds words.
    ``absent`` is what it means that a part of the contract was given without this field (an order line without a quantity
    is of one piece). ``unspecific`` is the value at ``path`` that says nothing in particular: words that say more have it.
    """

    path: str
    grade: Grade
    text_path: str | None = None
    absent: int | None = None
    unspecific: str | None = None

    @property
    def holds_words(self) -> bool:
        """Whether the field itself holds words, which are looked into for the names of the values."""
        return self.text_path == self.path


_UNRAISED: Mapping[str, Known] = MappingProxyType(
    {
        "bool": Known(False, Grade.PRESUMED, NOT_RAISED),
        "set": Known(frozenset(), Grade.PRESUMED, NOT_RAISED),
        "integer": Known(0, Grade.PRESUMED, NOT_RAISED),
        "money": Known(0, Grade.PRESUMED, NOT_RAISED),
    }
)


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
        parts: Of a sum that is claimed: sums of the case that it may be made up of, together with those that the text names.
        heed: Whether the fact is not passed over: told (a yes-or-no as true), and read by no rule of the case, it has a
            person look where a machine would settle.
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
    heed: bool = False
    parts: tuple[str, ...] = ()

    @property
    def unraised(self) -> Known:
        """What a raised fact is when nobody raised it: no, none, or nothing."""
        return _UNRAISED.get(self.type, _UNRAISED["bool"])

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
            shown = [pick(self.members[v].label, lang) if v in self.members else v for v in sorted(value)]
            return listed(shown, lang) or ("无" if lang != "en" else "none")
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
    """All declared facts of a pack, and the order in which derived ones are computed.

    Attributes:
        facts: By name.
        derived_order: Derived facts, each after those it is computed from.
        defaults: What is known where nobody has said anything: presumptions, and raised facts that nobody raised.
    """

    facts: Mapping[str, FactSpec]
    derived_order: tuple[str, ...] = ()
    defaults: Mapping[str, Known] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        presumed = {n: s.presumption.known for n, s in self.facts.items() if s.presumption is not None}
        unraised = {n: s.unraised for n, s in self.facts.items() if s.world == "raised" and n not in presumed}
        object.__setattr__(self, "defaults", MappingProxyType({**presumed, **unraised}))

    def __contains__(self, name: object) -> bool:
        return name in self.facts

    def __getitem__(self, name: str) -> FactSpec:
        return self.facts[name]

    def with_inputs(self, names: Iterable[str]) -> frozenset[str]:
        """Facts with all those that they are computed from."""
        found = set(names)
        for name in reversed(self.derived_order):
            derivation = self.facts[name].derivation
            if name in found and derivation is not None:
                found |= {arg for arg in derivation.args if isinstance(arg, str)}
        return frozenset(found)

    def label(self, name: str, lang: str = "zh") -> str:
        """A fact's label for reading."""
        spec = self.facts.get(name)
        return pick(spec.label, lang) if spec else name
