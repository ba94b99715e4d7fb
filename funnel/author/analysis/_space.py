"""The space that conditions cut up: for each fact, the values that no condition of the pack can tell apart.

A condition is *fact, test, constant*, so the constants of all conditions cut a fact's values into finitely many cells:
the members of an enum, the two truths, and, of whole numbers, money and days, each constant and each stretch between
two of them. A set is one yes-or-no for each member. Within a cell every test comes out the same, so that one value
stands for all of it, and a test is a set of cells: a bit mask. Nothing is lost, so the analysis is exact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from funnel.engine.evaluate import Parameters, holds, thresholds
from funnel.facts.values import Value
from funnel.facts.vocabulary import FactSpec, Vocabulary
from funnel.pack.model import Condition, Test, leaves_of

Variable = tuple[str, str]
"""A fact, and for a set the member that is in it or not (else empty)."""
Box = Mapping[Variable, int]
"""A mask of cells for each variable that is bound; the others are free."""

_FAR = 1_000_000_000
_NO, _YES = 0b01, 0b10
"""The two cells of a member of a set."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A test as what it demands: every one of some masks, or any one of them."""

    every: bool
    parts: tuple[tuple[Variable, int], ...]


class Space:
    """The cells of every fact, and each test as masks over them.

    Args:
        vocabulary: The facts.
        conditions: Every condition that is to be told apart.
        parameters: The dated parameters in force on the day looked at.
    """

    def __init__(self, vocabulary: Vocabulary, conditions: Iterable[Condition], parameters: Parameters) -> None:
        self.vocabulary = vocabulary
        self.parameters = parameters
        self._conditions = tuple(conditions)
        self._cells: dict[str, tuple[Value, ...]] = {}
        self._literals: dict[tuple[Test, bool], Literal] = {}
        self._by_fact: dict[str, list[Condition]] = {}
        for condition in self._conditions:
            for leaf in leaves_of(condition):
                self._by_fact.setdefault(leaf.fact, []).append(leaf)

    def cells(self, fact: str) -> tuple[Value, ...]:
        """One value for each cell of a fact that is no set."""
        found = self._cells.get(fact)
        if found is None:
            cuts = frozenset[Value]().union(
                *(thresholds(leaf, fact, self.parameters) for leaf in self._by_fact.get(fact, ()))
            )
            found = self._cells[fact] = _cells(self.vocabulary[fact], cuts)
        return found

    def whole(self, variable: Variable) -> int:
        """The mask of all cells of a variable."""
        fact, member = variable
        return _NO | _YES if member else (1 << len(self.cells(fact))) - 1

    def literal(self, leaf: Test, wanted: bool) -> Literal:  # noqa: FBT001 (a truth, not a switch)
        """What a test demands for coming out as ``wanted``, all facts being known."""
        key = (leaf, wanted)
        found = self._literals.get(key)
        if found is None:
            spec = self.vocabulary[leaf.fact]
            found = self._set(leaf, spec, wanted) if spec.type == "set" else self._plain(leaf, wanted)
            self._literals[key] = found
        return found

    def _plain(self, leaf: Test, wanted: bool) -> Literal:  # noqa: FBT001 (as above)
        mask = 0
        for bit, value in enumerate(self.cells(leaf.fact)):
            if holds(leaf, value, self.parameters) is wanted:
                mask |= 1 << bit
        return Literal(True, (((leaf.fact, ""), mask),))

    def _set(self, leaf: Test, spec: FactSpec, wanted: bool) -> Literal:  # noqa: FBT001 (as above)
        constant = leaf.constant if isinstance(leaf.constant, frozenset) else frozenset()
        if leaf.test == "known":
            return Literal(True, () if bool(leaf.constant) is wanted else (((leaf.fact, ""), 0),))
        if leaf.test == "contains_any":
            parts = tuple(((leaf.fact, m), _YES if wanted else _NO) for m in sorted(constant))
            return Literal(not wanted, parts)
        if leaf.test == "contains_all":
            parts = tuple(((leaf.fact, m), _YES if wanted else _NO) for m in sorted(constant))
            return Literal(wanted, parts)
        same = wanted == (leaf.test == "is")  # is, is_not: this very set
        parts = tuple(((leaf.fact, m), _YES if (m in constant) == same else _NO) for m in sorted(spec.members))
        return Literal(same, parts)

    def within(self, fact: str, mask: int, value: Value) -> bool:
        """Whether a value lies in one of the cells of a mask: no condition tells it from that cell's own value."""
        leaves = [leaf for leaf in self._by_fact.get(fact, ()) if isinstance(leaf, Test)]
        mine = [holds(leaf, value, self.parameters) for leaf in leaves]
        return any(
            mask >> bit & 1 and mine == [holds(leaf, cell, self.parameters) for leaf in leaves]
            for bit, cell in enumerate(self.cells(fact))
        )

    def value(self, variable: Variable, mask: int) -> Value:
        """A value of a variable within a mask: the one nearest to nothing out of the ordinary."""
        fact, member = variable
        if member:
            return bool(mask & _YES) and not mask & _NO
        cells = self.cells(fact)
        allowed = [cells[bit] for bit in range(len(cells)) if mask >> bit & 1]
        preferred = [v for v in allowed if v is False or (isinstance(v, int) and not isinstance(v, bool) and v >= 0)]
        return (preferred or allowed)[0]


def _cells(spec: FactSpec, cuts: frozenset[Value]) -> tuple[Value, ...]:
    if spec.type == "bool":
        return (False, True)
    if spec.type == "enum":
        named = [slug for slug in spec.members if slug in cuts]
        other = next((slug for slug in spec.members if slug not in cuts), None)
        return (*named, *(() if other is None else (other,)))
    if spec.type == "date":
        days = sorted(day.toordinal() for day in cuts if isinstance(day, dt.date))
        return tuple(dt.date.fromordinal(n) for n in _stretches(days, 1, dt.date.max.toordinal()))
    numbers = sorted(n for n in cuts if isinstance(n, int) and not isinstance(n, bool))
    low = spec.low if spec.low is not None else (0 if spec.type == "money" and spec.derivation is None else -_FAR)
    return tuple(_stretches(numbers, low, spec.high if spec.high is not None else _FAR))


def _stretches(cuts: list[int], low: int, high: int) -> list[int]:
    """One number of each stretch: below the first cut, each cut, between two cuts, above the last."""
    found: list[int] = []
    before = low - 1
    for cut in (c for c in cuts if low <= c <= high):
        if cut - before > 1:
            found.append(cut - 1)
        found.append(cut)
        before = cut
    if before < high:
        found.append(max(before + 1, low) if cuts else max(low, min(high, 1)))
    return found
