"""Whether conditions can hold together: a search over boxes, exact, with a budget of steps."""

from __future__ import annotations

from collections.abc import Sequence

from funnel.author.analysis._space import Box, Literal, Space, Variable
from funnel.pack.model import All, Any, Condition, Not, Test

Demand = tuple[Condition, bool]
"""A condition and the truth it is to have."""
_Choice = tuple[Demand | tuple[Variable, int], ...]


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

    def solve(self, demands: Sequence[Demand]) -> Box | None:
        """A box in which all demands hold whatever the free variables are; None if there is none.

        Raises:
            OutOfSteps: It was not found out within the budget.
        """
        return self._search({}, list(demands), [])

    def core(self, demands: Sequence[Demand]) -> tuple[Demand, ...]:
        """Of demands that contradict each other, some that do so already, none of them dispensable.

        Raises:
            OutOfSteps: As `solve`.
        """
        kept = list(_flat(demands))
        for demand in tuple(kept):
            fewer = [d for d in kept if d is not demand]
            if self.solve(fewer) is None:
                kept = fewer
        return tuple(kept)

    def _search(self, box: dict[Variable, int], agenda: list[Demand], choices: list[_Choice]) -> Box | None:
        self.left -= 1
        if self.left < 0:
            raise OutOfSteps
        while agenda:
            condition, wanted = agenda.pop()
            if isinstance(condition, Not):
                agenda.append((condition.item, not wanted))
            elif isinstance(condition, Test):
                literal = self.space.literal(condition, wanted)
                if not literal.every:
                    choices.append(literal.parts)
                elif not self._narrow(box, literal):
                    return None
            elif isinstance(condition, All) == wanted:
                agenda += [(item, wanted) for item in condition.items]
            else:
                choices.append(tuple((item, wanted) for item in condition.items))
        return self._branch(box, choices)

    def _narrow(self, box: dict[Variable, int], literal: Literal) -> bool:
        for variable, mask in literal.parts:
            left = box.get(variable, self.space.whole(variable) if variable[1] or mask else 0) & mask
            if not left:
                return False
            box[variable] = left
        return True

    def _branch(self, box: dict[Variable, int], choices: list[_Choice]) -> Box | None:
        """Take the tightest choice and try its options one by one."""
        best: list[Demand | tuple[Variable, int]] | None = None
        rest: list[_Choice] = []
        tightest = None
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
            rest.append(choice)
            if best is None or len(options) < len(best):
                best, tightest = options, choice
            if not options:
                return None
        if best is None:
            return box
        left = [choice for choice in rest if choice is not tightest]
        for option in best:
            narrowed = dict(box)
            agenda: list[Demand] = []
            if _is_mask(option):
                if not self._narrow(narrowed, Literal(True, (option,))):  # type: ignore[arg-type]  # told apart just now
                    continue
            else:
                agenda.append(option)  # type: ignore[arg-type]  # as above
            found = self._search(narrowed, agenda, list(left))
            if found is not None:
                return found
        return None

    def _state(self, box: dict[Variable, int], option: Demand | tuple[Variable, int]) -> bool | None:
        """Whether an option certainly holds in a box, certainly not, or neither."""
        if _is_mask(option):
            return self._fits(box, Literal(True, (option,)))  # type: ignore[arg-type]  # a variable and its mask
        condition, wanted = option
        return self._holds(box, condition, wanted)  # type: ignore[arg-type]  # a demand

    def _holds(self, box: dict[Variable, int], condition: Condition, wanted: bool) -> bool | None:  # noqa: FBT001
        if isinstance(condition, Test):
            return self._fits(box, self.space.literal(condition, wanted))
        if isinstance(condition, Not):
            return self._holds(box, condition.item, not wanted)
        states = [self._holds(box, item, wanted) for item in condition.items]
        if isinstance(condition, All) == wanted:
            return False if False in states else (True if all(s is True for s in states) else None)
        return True if True in states else (False if all(s is False for s in states) else None)

    def _fits(self, box: dict[Variable, int], literal: Literal) -> bool | None:
        states = []
        for variable, mask in literal.parts:
            now = box.get(variable, self.space.whole(variable) if variable[1] or mask else 0)
            states.append(False if not now & mask else (True if not now & ~mask else None))
        if literal.every:
            return False if False in states else (True if all(s is True for s in states) else None)
        return True if True in states else (False if all(s is False for s in states) else None)


def _is_mask(option: Demand | tuple[Variable, int]) -> bool:
    return isinstance(option[0], tuple)


def _flat(demands: Sequence[Demand]) -> list[Demand]:
    """Demands taken apart where they are conjunctions, so that a core names the very conditions."""
    found: list[Demand] = []
    for condition, wanted in demands:
        if isinstance(condition, Not):
            found += _flat([(condition.item, not wanted)])
        elif isinstance(condition, All | Any) and isinstance(condition, All) == wanted:
            found += _flat([(item, wanted) for item in condition.items])
        else:
            found.append((condition, wanted))
    return found
