"""Whether conditions can hold together: exact, with a budget of steps.

Every demand becomes literals and clauses once (`_clauses`), equal conditions the same ones, however many rules they stand
in. A question takes its demands as held and looks, from them downwards, only at what they hang on: of each *any* one item
that holds. What a dead end taught is kept for the next question.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from funnel.author.analysis._clauses import ALWAYS, NEVER, Clauses
from funnel.author.analysis._space import NOT_FALSE, NOT_TRUE, Box, Space, Variable, Wanted
from funnel.facts.vocabulary import SIGNAL_PREFIX
from funnel.pack.model import All, Any, Condition, Not, Test

if TYPE_CHECKING:
    from collections.abc import Mapping

Demand = tuple[Condition, Wanted]
"""A condition and the truth it is to have."""
Part = tuple[Variable, int]
"""A variable and the cells that it must be in."""
Clause = tuple[Part, ...]
"""Masks one of which must hold."""
_OTHERWISE: Mapping[Wanted, Wanted] = {True: False, False: True, NOT_TRUE: NOT_FALSE, NOT_FALSE: NOT_TRUE}
_AGAINST: Mapping[Wanted, tuple[Wanted, ...]] = {
    True: (False, NOT_TRUE),
    False: (True, NOT_FALSE),
    NOT_TRUE: (True,),
    NOT_FALSE: (False,),
}
"""The truths that a condition cannot have besides one."""


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
        self._clauses = Clauses()
        self._cells: dict[Variable, tuple[int, ...]] = {}
        self._apart: set[tuple[Variable, int]] = set()
        self._masks: dict[Part, int] = {}
        self._shapes: dict[object, int] = {}
        self._by_condition: dict[int, tuple[Condition, int]] = {}
        self._demanded: dict[tuple[int, Wanted], int] = {}
        self._signals: dict[int, int] = {}
        self._of_literal: dict[int, Part] = {}
        self._gates: dict[int, tuple[bool, tuple[int, ...]]] = {}
        self._same: dict[tuple[bool, tuple[int, ...]], int] = {}
        self._held: dict[str, list[int]] = {}
        self._telling: dict[str, int] = {}

    # --- questions ------------------------------------------------------------------------------------------------------

    def solve(
        self, demands: Sequence[Demand], clauses: Sequence[Clause] = (), telling: Iterable[str] = ()
    ) -> Box | None:
        """A box in which all demands hold whatever the free variables are; None if there is none.

        Args:
            demands: The demands.
            clauses: What must hold besides, of each clause one mask.
            telling: The ways of telling whose clauses are to hold too, as `hold` names them.

        Raises:
            OutOfSteps: It was not found out within the budget.
        """
        self._step()
        asked = [self._demand(condition, wanted) for condition, wanted in demands]
        asked += [self._either([self._mask(*part) for part in clause]) for clause in clauses]
        asked += [self._telling[way] for way in telling if way in self._telling]
        return _Descent(self, asked).run()

    def hold(self, fact: str, clause: Clause, way: str = "") -> None:
        """From now on a clause holds; a box that has a word on the fact has one on what the clause says too.

        Args:
            fact: The fact that the clause is about.
            clause: Of these masks one holds.
            way: Only where a question asks for complaints told in this way.
        """
        if way and way not in self._telling:
            self._telling[way] = self._clauses.variable()
        unless = [self._telling[way] ^ 1] if way else []
        self._held.setdefault(fact, []).append(self._either([*unless, *(self._mask(*part) for part in clause)]))
        self._clauses.add(self._held[fact][-1:])

    def never(self, clause: Clause) -> None:
        """A clause that follows from what conditions do not show, so that boxes need not have a word on it."""
        self._clauses.add([self._mask(*part) for part in clause])

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

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            self._clauses.back_to(0)
            raise OutOfSteps

    # --- conditions as literals -----------------------------------------------------------------------------------------

    def _demand(self, condition: Condition, wanted: Wanted) -> int:
        """The literal that a condition comes out as wanted. It holds only if so; where it does not, nothing is said."""
        while isinstance(condition, Not):
            condition, wanted = condition.item, _OTHERWISE[wanted]
        shape = self._shape(condition)
        found = self._demanded.get((shape, wanted))
        if found is None:
            if isinstance(condition, Test):
                clauses = self.space.literal(condition, wanted).clauses
                found = self._every([self._either([self._mask(*part) for part in clause]) for clause in clauses])
            else:
                items = [self._demand(item, wanted) for item in condition.items]
                found = self._every(items) if every_one(condition, wanted) else self._either(items)
            self._demanded[shape, wanted] = found
            for other in () if isinstance(condition, Test) else _AGAINST[wanted]:
                against = self._demanded.get((shape, other))
                if against is not None:
                    self._clauses.add((found ^ 1, against ^ 1))
        return found

    def _shape(self, condition: Condition) -> int:
        """A number that equal conditions share, wherever they stand."""
        seen = self._by_condition.get(id(condition))
        if seen is not None:
            return seen[1]
        key: object
        if isinstance(condition, Test):
            key = condition
        elif isinstance(condition, Not):
            key = ("not", self._shape(condition.item))
        else:
            key = (isinstance(condition, All), tuple(self._shape(item) for item in condition.items))
        found = self._shapes.setdefault(key, len(self._shapes))
        self._by_condition[id(condition)] = condition, found  # kept, so that its id stays its own
        return found

    def _every(self, literals: Iterable[int]) -> int:
        return self._gate(literals, every=True)

    def _either(self, literals: Iterable[int]) -> int:
        return self._gate(literals, every=False)

    def _gate(self, literals: Iterable[int], *, every: bool) -> int:
        nothing, ruin = (ALWAYS, NEVER) if every else (NEVER, ALWAYS)
        items = tuple(item for item in dict.fromkeys(literals) if item != nothing)
        if ruin in items:
            return ruin
        if len(items) < 2:  # noqa: PLR2004 (one is as good as itself)
            return items[0] if items else nothing
        if not every:  # words say more than the signal they are found by
            items = tuple(sorted(items, key=lambda item: self._signals.get(item, 0)))
        found = self._same.get((every, items))
        if found is None:
            found = self._same[every, items] = self._clauses.variable()
            self._gates[found] = every, items
            counts = [self._signals.get(item, 0) for item in items]
            self._signals[found] = sum(counts) if every else min(counts)
            if every:
                for item in items:
                    self._clauses.add((found ^ 1, item))
            else:
                self._clauses.add((found ^ 1, *items))
        return found

    def _mask(self, variable: Variable, mask: int) -> int:
        """The literal that a variable is in one of the cells of a mask."""
        whole = self.space.whole(variable)
        mask &= whole
        found = self._masks.get((variable, mask))
        if found is None:
            found = NEVER if not mask else ALWAYS if mask == whole else self._new_mask(variable, mask, whole)
            for literal, cells in ((found, mask), (found ^ 1, whole & ~mask)):
                self._masks[variable, cells] = literal
                if literal > NEVER:
                    self._of_literal[literal] = variable, cells
                    self._signals[literal] = self._needs_signal(variable, cells)
        return found

    def _new_mask(self, variable: Variable, mask: int, whole: int) -> int:
        cells = self._cells_of(variable, whole)
        inside = [cell for bit, cell in enumerate(cells) if mask >> bit & 1]
        outside = [cell for bit, cell in enumerate(cells) if not mask >> bit & 1]
        if len(cells) == 2:  # noqa: PLR2004 (one or the other)
            return inside[0]
        if len(inside) == 1:
            return self._alone(inside[0], outside)
        if len(outside) == 1:
            return self._alone(outside[0], inside) ^ 1
        found = self._clauses.variable()
        self._clauses.add((found ^ 1, *inside))
        self._clauses.add((found, *outside))
        for cell in inside:
            self._clauses.add((found, cell ^ 1))
        for cell in outside:
            self._clauses.add((found ^ 1, cell ^ 1))
        return found

    def _alone(self, cell: int, others: Iterable[int]) -> int:
        for other in others:
            self._clauses.add((cell ^ 1, other ^ 1))
        return cell

    def _cells_of(self, variable: Variable, whole: int) -> tuple[int, ...]:
        found = self._cells.get(variable)
        if found is None:
            count = whole.bit_length()
            if count == 1:
                found = (ALWAYS,)
            elif count == 2:  # noqa: PLR2004 (one or the other)
                one = self._clauses.variable()
                found = (one, one ^ 1)
            else:
                found = tuple(self._clauses.variable() for _ in range(count))
                self._clauses.add(found)
            self._cells[variable] = found
        return found

    def _needs_signal(self, variable: Variable, mask: int) -> int:
        fact, _ = variable
        cells = self.space.cells(fact) if fact.startswith(SIGNAL_PREFIX) else ()
        return int(bool(cells) and not any(mask >> bit & 1 for bit, value in enumerate(cells) if value is False))


class _Descent:
    """One question: from what is asked down to the masks that it hangs on."""

    def __init__(self, solver: Solver, asked: Sequence[int]) -> None:
        self.solver = solver
        self.clauses = solver._clauses  # noqa: SLF001 (of this module)
        self.gates = solver._gates  # noqa: SLF001 (as above)
        self.parts = solver._of_literal  # noqa: SLF001 (as above)
        self.held = solver._held  # noqa: SLF001 (as above)
        self.asked = list(dict.fromkeys(asked))
        self.base = 0
        self.marks: list[tuple[int, int]] = []
        """Of each decision above what is asked, how far the descent had come before it."""
        self._restart()

    def _restart(self) -> None:
        self.queue = list(self.asked)
        self.reached = set(self.asked)
        self.place = 0
        self.marks.clear()

    def run(self) -> Box | None:
        clauses = self.clauses
        clauses.back_to(0)
        value = clauses.value
        open_ = True
        """Whether something that is asked may be undecided."""
        while not clauses.broken:
            failed = clauses.settle()
            if failed is not None:
                self.solver._step()  # noqa: SLF001 (of this module)
                clauses.learn(failed)
                open_ = self._taken_back() or open_
                continue
            if open_:
                literal = next((a for a in self.asked if value[a] <= 0), None)
                if literal is not None:
                    if value[literal] < 0:
                        return None
                    clauses.decide(literal)
                    self.base = clauses.level
                    continue
                open_ = False
                self.base = clauses.level
            choice = self._descend()
            if choice is None:
                return self._box()
            self.solver._step()  # noqa: SLF001 (as above)
            self.marks.append((self.place, len(self.queue)))
            clauses.decide(choice)
        return None

    def _taken_back(self) -> bool:
        """Go back to where the decision stood that is first undone. Whether what is asked has to be taken up again."""
        level = self.clauses.level
        if level < self.base:
            self._restart()
            self.base = level
            return True
        kept = level - self.base
        if kept < len(self.marks):
            self.place, length = self.marks[kept]
            del self.marks[kept:]
            self.reached.difference_update(self.queue[length:])
            del self.queue[length:]
        return False

    def _descend(self) -> int | None:
        """Go on down to the first choice that is open; None if there is none left."""
        value, gates, queue, reached = self.clauses.value, self.gates, self.queue, self.reached
        while self.place < len(queue):
            literal = queue[self.place]
            gate = gates.get(literal)
            if gate is None:
                part = self.parts.get(literal)
                if part is not None and part[0][0] in self.held:
                    self._reach(self.held[part[0][0]])
            elif gate[0]:
                self._reach(gate[1])
            else:
                taken = None
                for item in gate[1]:
                    if value[item] > 0:
                        if item in reached:
                            taken = item
                            break
                        if taken is None:
                            taken = item
                if taken is None:
                    return next(item for item in gate[1] if not value[item])
                self._reach((taken,))
            self.place += 1
        return None

    def _reach(self, literals: Iterable[int]) -> None:
        for literal in literals:
            if literal not in self.reached:
                self.reached.add(literal)
                self.queue.append(literal)

    def _box(self) -> Box:
        box: dict[Variable, int] = {}
        for literal in self.queue:
            part = self.parts.get(literal)
            if part is not None:
                variable, mask = part
                box[variable] = box.get(variable, self.solver.space.whole(variable)) & mask
        return box


def every_one(condition: Condition, wanted: Wanted) -> bool:
    """Whether a conjunction or disjunction comes out as wanted only if each of its items does."""
    return isinstance(condition, All) == (wanted in {True, NOT_FALSE})


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
