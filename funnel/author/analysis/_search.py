"""From demands to facts that meet them, or the proof that there are none: boxes first, then values that fit together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from funnel.author.analysis._relations import COMPUTED, OUTRIGHT, WORDED, WORDLESS, Clash, Facts, Words
from funnel.author.analysis._solve import Clause, Demand, OutOfSteps, Solver
from funnel.author.analysis._space import Box, Space, Variable
from funnel.engine.evaluate import Parameters
from funnel.facts.values import Value
from funnel.facts.vocabulary import BUILT_IN_DATES
from funnel.pack.model import Condition, Pack, leaves_of

_ROUNDS = 300
"""Boxes that are tried for one question."""


@dataclass(frozen=True, slots=True)
class Found:
    """Facts that meet demands.

    Attributes:
        values: A value for each fact that must be known.
        given: Those of them that are to be said; the others are computed from these.
        unknown: Facts that must not be known.
    """

    values: Mapping[str, Value]
    given: frozenset[str]
    unknown: frozenset[str] = frozenset()


class Search:
    """Looks for facts on one day.

    Args:
        pack: The pack.
        parameters: The dated parameters in force that day.
        day: The day of the complaint and of the decision.
        conditions: Every condition that is to be told apart.
        steps: How many branches all questions together may take.
    """

    def __init__(
        self,
        pack: Pack,
        parameters: Parameters,
        day: dt.date,
        conditions: Iterable[Condition],
        *,
        steps: int,
    ) -> None:
        self.pack = pack
        self.day = day
        self.words = Words(pack.lexicon)
        self.space = Space(pack.vocabulary, conditions, parameters, unknowns=True)
        self.solver = Solver(self.space, steps)
        self._world = _World(self, self.solver)

    def find(self, demands: Sequence[Demand], needed: Iterable[str] = ()) -> Found | None:
        """Facts that meet demands; None if there are none.

        Args:
            demands: The demands. All their constants are told apart, be they among the conditions or not.
            needed: Facts that must be known besides.

        Raises:
            OutOfSteps: It was not found out within the budget.
        """
        space = self.space.telling(condition for condition, _ in demands)
        world = self._world if space is self.space else _World(self, Solver(space, self.solver.left))
        try:
            return world.find(demands, [name for name in dict.fromkeys(needed) if name not in BUILT_IN_DATES])
        finally:
            self.solver.left = world.solver.left

    def core(self, demands: Sequence[Demand]) -> tuple[Demand, ...]:
        """Of demands that contradict each other, some that do so already; all of them where only values contradict.

        Raises:
            OutOfSteps: As `find`.
        """
        kept = list(demands)
        for demand in tuple(kept):
            fewer = [d for d in kept if d is not demand]
            if self.find(fewer) is None:
                kept = fewer
        return self._flat_core(kept)

    def _flat_core(self, demands: Sequence[Demand]) -> tuple[Demand, ...]:
        space = self.space.telling(condition for condition, _ in demands)
        world = self._world if space is self.space else _World(self, Solver(space, self.solver.left))
        try:
            world.link([leaf.fact for condition, _ in demands for leaf in leaves_of(condition)])
            return world.solver.core(demands) if world.solver.solve(demands) is None else tuple(demands)
        finally:
            self.solver.left = world.solver.left


class _World:
    """A space with what was found out of it: links between facts, and which values do not go together."""

    def __init__(self, search: Search, solver: Solver) -> None:
        self.solver = solver
        self.space = solver.space
        self.facts = Facts(self.space, search.pack.calendar, search.day, search.words)
        self.linked: set[str] = set()
        self.ways: set[str] = set()
        """Ways of telling in which some links hold that do not hold in all."""

    def link(self, names: Iterable[str]) -> None:
        for link in self.facts.links(names, self.linked):
            self.solver.hold(link.fact, link.clause, link.way)
            if link.way:
                self.ways.add(link.way)

    def find(self, demands: Sequence[Demand], needed: Sequence[str]) -> Found | None:
        """First what can be told most plainly; that there is nothing is said of every way of telling."""
        self.link([*(leaf.fact for condition, _ in demands for leaf in leaves_of(condition)), *needed])
        known: list[Clause] = [(((name, ""), self.space.known(name)),) for name in needed]
        ways: tuple[tuple[str, ...], ...] = ((OUTRIGHT, WORDLESS), (OUTRIGHT, WORDED), ())
        for telling in ways if self.ways else ((),):
            found = self._look(demands, known, needed, telling)
            if found is not None:
                return found
        return None

    def _look(
        self, demands: Sequence[Demand], clauses: Sequence[Clause], needed: Sequence[str], telling: Sequence[str]
    ) -> Found | None:
        for _ in range(_ROUNDS):
            box = self.solver.solve(demands, clauses, telling)
            if box is None:
                return None
            found = self._fitting(self.facts, box, needed)
            if isinstance(found, Found):
                return found
            self.solver.never(_not_all(self.space, box, found))
        raise OutOfSteps

    def _fitting(self, facts: Facts, box: Box, needed: Sequence[str]) -> Found | Clash:
        """Values within a box, said as a complaint would say them if that can be; else what clashes."""
        space = facts.space
        never = {f for (f, m), mask in box.items() if not m and not mask & space.known(f)}
        plain = [f for f, m in box if not m and f not in never and space.vocabulary[f].type != "set"]
        least = self._with_certain(space, [*plain, *(n for n in needed if n not in plain)])
        unknown = self._computed_all_the_same(facts, box, least, never)
        if unknown is not None:
            return unknown
        fuller = [name for name in facts.inputs(least, COMPUTED) if name not in never]
        found: dict[str, Value] | Clash = Clash(frozenset())
        for present, fields in ((fuller, True), (fuller, False), (least, True), (least, False)):
            try:
                found = facts.values(box, present, fields=fields)
            except OutOfSteps:
                if present is least and not fields:
                    raise
                continue
            if isinstance(found, dict):
                return self._found(facts, box, found, present)
        assert isinstance(found, Clash)  # noqa: S101 (the last attempt gave either)
        return found

    @staticmethod
    def _with_certain(space: Space, names: list[str]) -> list[str]:
        """Facts with those inputs of theirs that are never unknown."""
        found = dict.fromkeys(names)
        agenda = list(names)
        while agenda:
            derivation = space.vocabulary[agenda.pop()].derivation
            for arg in derivation.args if derivation is not None and derivation.function in COMPUTED else ():
                if not isinstance(arg, str) or arg not in space.vocabulary or arg in found or arg in BUILT_IN_DATES:
                    continue
                if space.never_unknown(arg):
                    found[arg] = None
                    agenda.append(arg)
        return list(found)

    @staticmethod
    def _computed_all_the_same(facts: Facts, box: Box, present: Sequence[str], never: set[str]) -> Clash | None:
        """A fact that is to be unknown though everything it is computed from is there, with that."""
        for name in sorted(never):
            spec = facts.vocabulary[name]
            if spec.low is not None or spec.high is not None or spec.type == "set":
                continue  # what is computed outside its bounds is unknown too
            for relation in facts.relations([*present, name]):
                if relation.fact == name and relation.function != "part" and not relation.raised:
                    inputs = {a for a in relation.args if isinstance(a, str) and (a, "") in box}
                    return Clash(frozenset({name}), frozenset(inputs))
        return None

    def _found(self, facts: Facts, box: Box, numbers: Mapping[str, Value], present: Sequence[str]) -> Found:
        space = facts.space
        values: dict[str, Value] = dict(numbers)
        for name in present:
            if name not in values and space.vocabulary[name].type == "enum":
                value = space.value((name, ""), box.get((name, ""), space.known(name)) & space.known(name))
                assert value is not None  # noqa: S101 (one of the cells in which it is known)
                values[name] = value
        members: dict[str, set[str]] = {}
        for (fact, member), mask in box.items():
            if member and box.get((fact, ""), 1) & 1:
                members.setdefault(fact, set())
                if space.value((fact, member), mask) is True:
                    members[fact].add(member)
            elif not member and space.vocabulary[fact].type == "set" and mask & 1:
                members.setdefault(fact, set())
        values.update({fact: frozenset(found) for fact, found in members.items()})
        computed = set()
        ordinals = {n: v.toordinal() if isinstance(v, dt.date) else int(v) for n, v in numbers.items()}  # type: ignore[arg-type]  # numbers, truths and days
        for relation in facts.relations(list(numbers), fields=True):
            if facts.exact(relation, ordinals) == ordinals[relation.fact]:
                computed.add(relation.fact)
        unknown = {f for (f, m), mask in box.items() if not m and not mask & space.known(f)}
        return Found(values, frozenset(values.keys() - computed), frozenset(unknown))


def _not_all(space: Space, box: Box, clash: Clash) -> Clause:
    """Not all that clashes at once: some fact in other cells, or unknown."""
    found: list[tuple[Variable, int]] = []
    for name in sorted(clash.cells | clash.known):
        variable = (name, "")
        known = space.known(name)
        taken = box[variable] & known or box[variable]
        found.append((variable, space.whole(variable) & ~(taken if name in clash.cells else known)))
    return tuple(found)
