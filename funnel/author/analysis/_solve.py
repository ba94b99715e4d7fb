"""Whether conditions can hold together: a search over boxes, exact, with a budget of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from funnel.author.analysis._space import NOT_FALSE, NOT_TRUE, Box, Literal, Space, Variable, Wanted
from funnel.facts.vocabulary import SIGNAL_PREFIX
from funnel.pack.model import All, Any, Condition, Not, Test

if TYPE_CHECKING:
    from typing_extensions import TypeIs  # in `typing` from 3.13 on

Demand = tuple[Condition, Wanted]
"""A condition and the truth it is to have."""
Part = tuple[Variable, int]
"""A variable and the cells that it must be in."""
Clause = tuple[Part, ...]
"""Masks one of which must hold."""
_Choice = tuple[Demand | Part, ...]
_OTHERWISE: Mapping[Wanted, Wanted] = {True: False, False: True, NOT_TRUE: NOT_FALSE, NOT_FALSE: NOT_TRUE}


class OutOfSteps(Exception):  # noqa: N818 (no fault: the answer is not known)
    """The budget ran out before the search ended."""


class Solver:
    """Looks for a box in which every demand holds.

    Args:
        space: The cells.
        steps: How many branches all searches together may take.
    """

    def __init__(self, space: Space, steps: int) -> None:
        self.space = space
        self.left = steps

    def solve(self, demands: Sequence[Demand], clauses: Sequence[Clause] = ()) -> Box | None:
        """A box in which all demands hold whatever the free variables are; None if there is none.

        Args:
            demands: The demands.
            clauses: What must hold besides, of each clause one mask.

        Raises:
            OutOfSteps: It was not found out within the budget.
        """
        return self._search({}, list(demands), list(clauses))

    def core(self, demands: Sequence[Demand], clauses: Sequence[Clause] = ()) -> tuple[Demand, ...]:
        """Of demands that contradict each other, some that do so already, none of them dispensable.

        Raises:
            OutOfSteps: As `solve`.
        """
        kept = list(_flat(demands))
        for demand in tuple(kept):
            fewer = [d for d in kept if d is not demand]
            if self.solve(fewer, clauses) is None:
                kept = fewer
        return tuple(kept)

    def _search(self, box: dict[Variable, int], agenda: list[Demand], choices: list[_Choice]) -> Box | None:
        self.left -= 1
        if self.left < 0:
            raise OutOfSteps
        while agenda:
            condition, wanted = agenda.pop()
            if isinstance(condition, Not):
                agenda.append((condition.item, _OTHERWISE[wanted]))
            elif isinstance(condition, Test):
                for clause in self.space.literal(condition, wanted).clauses:
                    if len(clause) != 1:
                        choices.append(clause)
                    elif not self._narrow(box, *clause[0]):
                        return None
            elif every_one(condition, wanted):
                agenda += [(item, wanted) for item in condition.items]
            else:
                choices.append(tuple((item, wanted) for item in condition.items))
        return self._branch(box, choices)

    def _narrow(self, box: dict[Variable, int], variable: Variable, mask: int) -> bool:
        left = box.get(variable, self.space.whole(variable)) & mask
        box[variable] = left
        return bool(left)

    def _branch(self, box: dict[Variable, int], choices: list[_Choice]) -> Box | None:
        """Take the tightest choice and try its options one by one."""
        open_: list[_Choice] = []
        tightest: int | None = None
        for choice in choices:
            options = []
            settled = False
            for option in choice:
                state = self._state(box, option)
                if state is True:
                    settled = True
                    break
                if state is None:
                    options.append(option)
            if settled:
                continue
            if not options:
                return None
            # What a narrower box rules out stays ruled out further down.
            open_.append(tuple(options))
            if tightest is None or len(options) < len(open_[tightest]):
                tightest = len(open_) - 1
        if tightest is None:
            return box
        best = open_.pop(tightest)
        for option in sorted(best, key=self._signals):
            narrowed = dict(box)
            agenda: list[Demand] = []
            if _is_mask(option):
                if not self._narrow(narrowed, *option):
                    continue
            else:
                agenda.append(option)
            found = self._search(narrowed, agenda, list(open_))
            if found is not None:
                return found
        return None

    def _signals(self, option: Demand | Part) -> int:
        """How many signals an option asks for. The fewest come first: words say more than the signal they are found by."""
        if _is_mask(option):
            (fact, _), mask = option
            cells = self.space.cells(fact) if fact.startswith(SIGNAL_PREFIX) else ()
            return int(bool(cells) and not any(mask >> bit & 1 for bit, value in enumerate(cells) if value is False))
        condition, wanted = option
        if isinstance(condition, Not):
            return self._signals((condition.item, _OTHERWISE[wanted]))
        if isinstance(condition, Test):
            clauses = self.space.literal(condition, wanted).clauses if condition.fact.startswith(SIGNAL_PREFIX) else ()
            return sum(min(map(self._signals, clause), default=0) for clause in clauses)
        counts = [self._signals((item, wanted)) for item in condition.items]
        return sum(counts) if every_one(condition, wanted) else min(counts, default=0)

    def _state(self, box: dict[Variable, int], option: Demand | Part) -> bool | None:
        """Whether an option certainly holds in a box, certainly not, or neither."""
        if _is_mask(option):
            return self._within(box, option)
        condition, wanted = option
        return self._holds(box, condition, wanted)

    def _holds(self, box: dict[Variable, int], condition: Condition, wanted: Wanted) -> bool | None:
        if isinstance(condition, Test):
            return self._fits(box, self.space.literal(condition, wanted))
        if isinstance(condition, Not):
            return self._holds(box, condition.item, _OTHERWISE[wanted])
        states = [self._holds(box, item, wanted) for item in condition.items]
        return _all(states) if every_one(condition, wanted) else _any(states)

    def _fits(self, box: dict[Variable, int], literal: Literal) -> bool | None:
        clauses = literal.clauses
        if len(clauses) == 1 and len(clauses[0]) == 1:  # nearly all of them
            return self._within(box, clauses[0][0])
        return _all([_any([self._within(box, part) for part in clause]) for clause in clauses])

    def _within(self, box: dict[Variable, int], part: tuple[Variable, int]) -> bool | None:
        variable, mask = part
        now = box.get(variable)
        if now is None:
            now = self.space.whole(variable)
        return False if not now & mask else (True if not now & ~mask else None)


def _all(states: Sequence[bool | None]) -> bool | None:
    return False if False in states else (None if None in states else True)


def _any(states: Sequence[bool | None]) -> bool | None:
    return True if True in states else (None if None in states else False)


def every_one(condition: Condition, wanted: Wanted) -> bool:
    """Whether a conjunction or disjunction comes out as wanted only if each of its items does."""
    return isinstance(condition, All) == (wanted in {True, NOT_FALSE})


def _is_mask(option: Demand | Part) -> TypeIs[Part]:
    return isinstance(option[0], tuple)


def _flat(demands: Sequence[Demand]) -> list[Demand]:
    """Demands taken apart where they are conjunctions, so that a core names the very conditions."""
    found: list[Demand] = []
    for condition, wanted in demands:
        if isinstance(condition, Not):
            found += _flat([(condition.item, _OTHERWISE[wanted])])
        elif isinstance(condition, All | Any) and every_one(condition, wanted):
            found += _flat([(item, wanted) for item in condition.items])
        else:
            found.append((condition, wanted))
    return found
