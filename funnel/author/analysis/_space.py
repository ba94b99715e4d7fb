"""The space that conditions cut up: for each fact, the values that no condition of the pack can tell apart.

A condition is *fact, test, constant*, so the constants of all conditions cut a fact's values into finitely many cells:
the members of an enum, the two truths, and, of whole numbers, money and days, each constant and each stretch between
two of them. A set is one yes-or-no for each member. Within a cell every test comes out the same, so that one value
stands for all of it, and a test is a set of cells: a bit mask. Nothing is lost, so the analysis is exact.

Where it matters that a fact may be unknown, the space has one cell more for each fact that may be, behind the others. A
test then has four demands: that it is true, that it is false, that it is not true, and that it is not false.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from funnel.engine.evaluate import Parameters, holds, thresholds
from funnel.facts.values import Value
from funnel.facts.vocabulary import BUILT_IN_DATES, FactSpec, ValueArg, Vocabulary
from funnel.pack.model import Condition, Test, leaves_of

Variable = tuple[str, str]
"""A fact, and for a set the member that is in it or not (else empty)."""
Box = Mapping[Variable, int]
"""A mask of cells for each variable that is bound; the others are free."""

Wanted = bool | OneOf["not true", "not false"]
"""The truth that a condition is to have. Where no fact may be unknown, *not true* is false."""
NOT_TRUE: Wanted = "not true"
NOT_FALSE: Wanted = "not false"

_FAR = 1_000_000_000
_FIRST_DAY, _LAST_DAY = dt.date(1990, 1, 1), dt.date(2099, 12, 31)
"""Days that a form may hold."""

_NO, _YES = 0b01, 0b10
"""The two cells of a member of a set."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A test as what it demands: of each clause, one of its masks at least."""

    clauses: tuple[tuple[tuple[Variable, int], ...], ...]


class Space:
    """The cells of every fact, and each test as masks over them.

    Args:
        vocabulary: The facts.
        conditions: Every condition that is to be told apart.
        parameters: The dated parameters in force on the day looked at.
        unknowns: Whether facts may be unknown.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        conditions: Iterable[Condition],
        parameters: Parameters,
        *,
        unknowns: bool = False,
    ) -> None:
        self.vocabulary = vocabulary
        self.parameters = parameters
        self.unknowns = unknowns
        self._cells: dict[str, tuple[Value, ...]] = {}
        self._ranges: dict[str, tuple[tuple[int, int], ...]] = {}
        self._literals: dict[tuple[Test, Wanted], Literal] = {}
        self._unknown: dict[str, bool] = {}
        self._wholes: dict[Variable, int] = {}
        self._all_cuts: dict[str, frozenset[Value]] = {}
        self._by_fact: dict[str, list[Test]] = {}
        self._compared: dict[str, set[Value]] = {}
        for condition in conditions:
            for leaf in leaves_of(condition):
                self._by_fact.setdefault(leaf.fact, []).append(leaf)
        for name in vocabulary.derived_order:
            derivation = vocabulary[name].derivation
            if derivation is not None and derivation.function == "is":
                fact, value = derivation.args
                if isinstance(fact, str) and isinstance(value, ValueArg):
                    self._compared.setdefault(fact, set()).add(value.value)

    def telling(self, conditions: Iterable[Condition]) -> Space:
        """The space in which some conditions are told apart too; itself where it tells them apart already."""
        fresh: dict[str, list[Test]] = {}
        for condition in conditions:
            for leaf in leaves_of(condition):
                if not thresholds(leaf, leaf.fact, self.parameters) <= self._cuts(leaf.fact):
                    fresh.setdefault(leaf.fact, []).append(leaf)
        if not fresh:
            return self
        space = Space(self.vocabulary, (), self.parameters, unknowns=self.unknowns)
        space._by_fact = {**self._by_fact, **{f: [*self._by_fact.get(f, ()), *more] for f, more in fresh.items()}}
        space._unknown = self._unknown
        space._all_cuts = {f: cuts for f, cuts in self._all_cuts.items() if f not in fresh}
        space._cells = {f: cells for f, cells in self._cells.items() if f not in fresh}
        space._ranges = {f: ranges for f, ranges in self._ranges.items() if f not in fresh}
        space._literals = {key: found for key, found in self._literals.items() if key[0].fact not in fresh}
        return space

    def cells(self, fact: str) -> tuple[Value, ...]:
        """One value for each cell of a fact that is no set, but the cell of the unknown."""
        found = self._cells.get(fact)
        if found is None:
            spec = self.vocabulary[fact]
            if spec.type == "bool":
                found = (False, True)
            elif spec.type == "enum":
                cuts = self._cuts(fact)
                named = [slug for slug in spec.members if slug in cuts]
                other = next((slug for slug in spec.members if slug not in cuts), None)
                found = (*named, *(() if other is None else (other,)))
            else:
                numbers = [_chosen(low, high, self._cuts(fact)) for low, high in self.ranges(fact)]
                found = tuple(dt.date.fromordinal(n) for n in numbers) if spec.type == "date" else tuple(numbers)
            self._cells[fact] = found
        return found

    def ranges(self, fact: str) -> tuple[tuple[int, int], ...]:
        """The first and the last number of each cell of a number or a date; days as their ordinals."""
        found = self._ranges.get(fact)
        if found is None:
            spec = self.vocabulary[fact]
            cuts = self._cuts(fact)
            if spec.type == "date":
                days = sorted(day.toordinal() for day in cuts if isinstance(day, dt.date))
                found = tuple(_stretches(days, _FIRST_DAY.toordinal(), _LAST_DAY.toordinal()))
            else:
                numbers = sorted(n for n in cuts if isinstance(n, int) and not isinstance(n, bool))
                low = 0 if spec.type == "money" and spec.derivation is None else -_FAR
                found = tuple(
                    _stretches(numbers, low if spec.low is None else spec.low, _FAR if spec.high is None else spec.high)
                )
            self._ranges[fact] = found
        return found

    def _cuts(self, fact: str) -> frozenset[Value]:
        found = self._all_cuts.get(fact)
        if found is None:
            found = self._all_cuts[fact] = frozenset[Value]().union(
                self._compared.get(fact, ()),
                *(thresholds(leaf, fact, self.parameters) for leaf in self._by_fact.get(fact, ())),
            )
        return found

    def never_unknown(self, fact: str) -> bool:
        """Whether a fact is always known, a dispute between its sources apart."""
        return not may_be_unknown(self.vocabulary, fact, self.parameters)

    def may_be_unknown(self, fact: str) -> bool:
        """Whether the space has a cell for the fact's being unknown."""
        found = self._unknown.get(fact)
        if found is None:
            found = self._unknown[fact] = self.unknowns and may_be_unknown(self.vocabulary, fact, self.parameters)
        return found

    def whole(self, variable: Variable) -> int:
        """The mask of all cells of a variable."""
        found = self._wholes.get(variable)
        if found is None:
            fact, member = variable
            if member:
                found = _NO | _YES
            else:
                known = 1 if self.vocabulary[fact].type == "set" else len(self.cells(fact))
                found = (1 << (known + self.may_be_unknown(fact))) - 1
            self._wholes[variable] = found
        return found

    def known(self, fact: str) -> int:
        """The mask of all cells in which a fact is known."""
        return 1 if self.vocabulary[fact].type == "set" else (1 << len(self.cells(fact))) - 1

    def cell(self, fact: str, value: str) -> int:
        """The mask of the cell in which an enum has a member, or a truth is ``true`` or ``false``."""
        cells = self.cells(fact)
        if self.vocabulary[fact].type == "bool":
            return 0b10 if value == "true" else 0b01
        return 1 << (
            cells.index(value) if value in cells else len(cells) - 1
        )  # a member that nothing names is the last

    def literal(self, leaf: Test, wanted: Wanted) -> Literal:
        """What a test demands for coming out as wanted."""
        key = (leaf, wanted)
        found = self._literals.get(key)
        if found is None:
            spec = self.vocabulary[leaf.fact]
            found = self._set(leaf, spec, wanted) if spec.type == "set" else self._plain(leaf, wanted)
            self._literals[key] = found
        return found

    def _plain(self, leaf: Test, wanted: Wanted) -> Literal:
        truth = wanted in {True, NOT_TRUE}
        mask = 0
        for bit, value in enumerate(self.cells(leaf.fact)):
            if holds(leaf, value, self.parameters) is truth:
                mask |= 1 << bit
        if not isinstance(wanted, bool):
            mask = self.whole((leaf.fact, "")) & ~mask
        return Literal((((((leaf.fact, ""), mask)),),))

    def _set(self, leaf: Test, spec: FactSpec, wanted: Wanted) -> Literal:
        """A test of a set: of its members, where the set is known."""
        constant = leaf.constant if isinstance(leaf.constant, frozenset) else frozenset()
        unknown = ((((leaf.fact, ""), 0b10),)) if self.may_be_unknown(leaf.fact) else ()
        truth = wanted in {True, NOT_FALSE}
        if leaf.test == "known":
            plain: tuple[tuple[tuple[Variable, int], ...], ...] = () if bool(leaf.constant) is truth else ((),)
        elif leaf.test in {"contains_any", "contains_all"}:
            parts = tuple(((leaf.fact, m), _YES if truth else _NO) for m in sorted(constant))
            every = (leaf.test == "contains_all") == truth
            plain = tuple((part,) for part in parts) if every else (parts,)
        else:  # is, is_not: this very set
            same = truth == (leaf.test == "is")
            parts = tuple(((leaf.fact, m), _YES if (m in constant) == same else _NO) for m in sorted(spec.members))
            plain = tuple((part,) for part in parts) if same else (parts,)
        if not unknown:
            return Literal(plain)
        if isinstance(wanted, bool):
            return Literal((*plain, (((leaf.fact, ""), 0b01),)))
        return Literal(tuple((*clause, *unknown) for clause in plain))

    def within(self, fact: str, mask: int, value: Value) -> bool:
        """Whether a value lies in one of the cells of a mask."""
        spec = self.vocabulary[fact]
        if spec.type in {"integer", "money", "date"}:
            number = value.toordinal() if isinstance(value, dt.date) else value
            ranges = self.ranges(fact)
            return any(mask >> bit & 1 and low <= number <= high for bit, (low, high) in enumerate(ranges))  # type: ignore[operator]  # a number
        cells = self.cells(fact)
        place = cells.index(value) if value in cells else len(cells) - 1  # a member that no condition names is the last
        return bool(mask >> place & 1)

    def value(self, variable: Variable, mask: int) -> Value | None:
        """A value of a variable within a mask: the one nearest to nothing out of the ordinary; None: it is unknown."""
        fact, member = variable
        if member:
            return bool(mask & _YES) and not mask & _NO
        cells = self.cells(fact)
        allowed = [cells[bit] for bit in range(len(cells)) if mask >> bit & 1]
        preferred = [v for v in allowed if v is False or (isinstance(v, int) and not isinstance(v, bool) and v >= 0)]
        return (preferred or allowed or [None])[0]


def may_be_unknown(vocabulary: Vocabulary, fact: str, parameters: Parameters) -> bool:
    """Whether a fact can be unknown, a dispute between its sources apart.

    What is raised is not so when nobody raised it, what the law presumes holds until it is displaced, the day of the
    complaint is always known, and so is what is computed from nothing but such facts.
    """
    spec = vocabulary[fact]
    if spec.world == "raised" or spec.presumption is not None or fact in BUILT_IN_DATES:
        return False
    if spec.derivation is None or spec.derivation.function in {"part", "hours_between", "hours_begun"}:
        return True  # a share of nothing and an hour without an instant are not computed
    if spec.low is not None or spec.high is not None:
        return True  # what is computed outside its bounds is not known
    return any(
        may_be_unknown(vocabulary, a, parameters)
        if a in vocabulary
        else a not in BUILT_IN_DATES and a.removeprefix("param.") not in parameters
        for a in spec.derivation.args
        if isinstance(a, str)
    )


def _chosen(low: int, high: int, cuts: frozenset[Value]) -> int:
    """The number that stands for a stretch: the one at the cut it borders on, else a small one."""
    if low == high:
        return low
    beside = {n.toordinal() if isinstance(n, dt.date) else n for n in cuts if not isinstance(n, bool | str | frozenset)}
    if high + 1 in beside:
        return high
    if low - 1 in beside:
        return low
    return max(low, min(high, 1))


def _stretches(cuts: list[int], low: int, high: int) -> list[tuple[int, int]]:
    """The stretches that cuts make of the numbers between two: below the first cut, each cut, between two, above the last."""
    found: list[tuple[int, int]] = []
    before = low - 1
    for cut in (c for c in cuts if low <= c <= high):
        if cut - before > 1:
            found.append((before + 1, cut - 1))
        found.append((cut, cut))
        before = cut
    if before < high:
        found.append((before + 1, high))
    return found
