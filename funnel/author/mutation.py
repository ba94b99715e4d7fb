"""Mutation: change a rule a little, and see whether a scenario test notices. What no test notices, no test protects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from funnel.author._mutants import Mutant, mutants, written
from funnel.author.analysis._regions import Regions
from funnel.author.analysis._solve import Demand, OutOfSteps, Solver
from funnel.author.analysis._space import Space
from funnel.author.analysis._witness import build, lower, shrink
from funnel.author.scenario_tests import ScenarioTest, as_of_day, run
from funnel.decision import Decision
from funnel.engine.decide import Compiled, Reasoning, judge, put_in_words, read
from funnel.engine.engine import to_complaint
from funnel.engine.evaluate import Parameters, evaluate
from funnel.engine.match import CompiledMatcher
from funnel.pack.model import Pack

__all__ = ["Mutant", "Mutation", "Outcome", "mutants", "mutate", "written"]

State = Literal["killed", "survived", "equivalent"]
_STEPS = 50_000
_WEIGHTY = frozenset({"outcome", "tier", "remedies"})
"""What a witness should differ in, if one can."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    Attributes:
        killer: The test that noticed it.
        witness: For a survivor, the smallest complaint that it and the rule decide differently, if one was found.
        differs: What comes out otherwise there, by what a test would expect: ``tier: agent ⇒ mediator``.
        nearly: A test whose complaint the mutant decides differently already, in what the test does not look at, and
            what differs there.
    """

    mutant: Mutant
    state: State
    killer: str | None = None
    witness: Mapping[str, Any] | None = None
    differs: tuple[str, ...] = ()
    nearly: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """The result of mutating some rules."""

    outcomes: tuple[Outcome, ...]

    def count(self, state: State) -> int:
        """How many came to that."""
        return sum(o.state == state for o in self.outcomes)

    @property
    def score(self) -> int:
        """Whole percent killed of those that are not equivalent, rounded down."""
        counted = len(self.outcomes) - self.count("equivalent")
        return 100 * self.count("killed") // max(1, counted)

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """What no test noticed."""
        return tuple(o for o in self.outcomes if o.state == "survived")


def mutate(
    compiled: Compiled,
    tests: Sequence[ScenarioTest],
    rules: Iterable[str] | None = None,
    *,
    as_of: dt.date,
    on_progress: Callable[[int, int], None] | None = None,
) -> Mutation:
    """Mutate rules and run, for each mutant, the tests that can see it: those whose complaint the rule is recognised in.

    Args:
        compiled: The pack, all of whose tests pass.
        tests: Its scenario tests.
        rules: Only these; default: every stable rule.
        as_of: The day whose parameters decide what is equivalent.
        on_progress: Called with rules done and rules in all.
    """
    wanted = None if rules is None else set(rules)
    chosen = [r for r in compiled.pack.live_rules if wanted is None or r.id in wanted]
    runner = _Runner(compiled, tests, as_of)
    found: list[Outcome] = []
    for done, rule in enumerate(chosen):
        if on_progress is not None:
            on_progress(done, len(chosen))
        found += [runner.outcome(mutant) for mutant in mutants(compiled.pack, rule, runner.regions)]
    return Mutation(tuple(found))


@dataclass(slots=True)
class _Case:
    """A scenario test with what the pack as it is makes of it."""

    test: ScenarioTest
    day: dt.date
    reasoning: Reasoning
    shape: object
    seen: dict[str, Mapping[str, object]] = field(default_factory=dict)


class _Runner:
    def __init__(self, compiled: Compiled, tests: Sequence[ScenarioTest], day: dt.date) -> None:
        self.compiled = compiled
        self.pack = compiled.pack
        self.day = day
        self.parameters: Parameters = compiled.table.on(day)
        self.regions = Regions(self.pack, self.parameters)
        self.cases = [self._case(test) for test in tests]

    def _case(self, test: ScenarioTest) -> _Case:
        day = as_of_day(self.compiled, test)
        taken = read(self.compiled, test.complaint, as_of=day)
        reasoning = judge(self.compiled, test.complaint, taken, as_of=day)
        return _Case(test, day, reasoning, _shape(reasoning))

    # --- one mutant -----------------------------------------------------------------------------------------------------

    def outcome(self, mutant: Mutant) -> Outcome:
        changed = self._with(mutant)
        killer, nearly = self._killer(changed, mutant)
        if killer is not None:
            return Outcome(mutant, "killed", killer)
        try:
            witness, differs, possible = self._witness(changed, mutant)
        except OutOfSteps:
            return Outcome(mutant, "survived", nearly=nearly)
        state: State = "survived" if possible or nearly is not None else "equivalent"
        return Outcome(mutant, state, None, witness, differs, nearly)

    def _with(self, mutant: Mutant) -> Compiled:
        rule = mutant.rule
        pack = replace(self.pack, rules=MappingProxyType({**self.pack.rules, rule.id: rule}))
        same = rule.recognise == self.pack.rules[rule.id].recognise
        return replace(self.compiled, pack=pack, matcher=self.compiled.matcher if same else CompiledMatcher(pack))

    # --- tests ----------------------------------------------------------------------------------------------------------

    def _seeing(self, mutant: Mutant) -> Iterator[_Case]:
        """The tests that can see a mutant, its own first: where the rule is recognised, before or now."""
        rule = mutant.rule
        moved = rule.recognise != self.pack.rules[rule.id].recognise
        own = [case for case in self.cases if case.test.rule == rule.id]
        for case in (*own, *(case for case in self.cases if case.test.rule != rule.id)):
            r = case.reasoning
            if rule.id in r.recognised or (
                moved and evaluate(rule.recognise, r.intake.facts, r.parameters) is not False
            ):
                yield case

    def _killer(self, changed: Compiled, mutant: Mutant) -> tuple[str | None, tuple[str, tuple[str, ...]] | None]:
        """The test that notices a mutant, else one whose complaint comes out otherwise in what it does not look at."""
        nearly: tuple[str, tuple[str, ...]] | None = None
        for case in self._seeing(mutant):
            test, taken = case.test, case.reasoning.intake
            now = judge(changed, test.complaint, taken, as_of=case.day)
            if _shape(now) == case.shape:
                continue
            if not run(changed, test, taken=taken).passed:
                return test.name, None
            if nearly is None and test.rule == mutant.rule.id:
                if test.rule not in case.seen:
                    case.seen[test.rule] = self._seen(self.compiled, case.reasoning, test.rule)
                differs = _differences(case.seen[test.rule], self._seen(changed, now, test.rule))
                nearly = (test.name, differs) if differs else None
        return None, nearly

    # --- witnesses ------------------------------------------------------------------------------------------------------

    def _witness(self, changed: Compiled, mutant: Mutant) -> tuple[Mapping[str, Any] | None, tuple[str, ...], bool]:
        """A complaint that rule and mutant decide differently, what differs, and whether there may be one."""
        possible = mutant.changed is None
        rules = (self.pack.rules[mutant.rule.id],)
        weak: tuple[Mapping[str, Any], tuple[str, ...]] | None = None
        for demands in _regions(mutant):
            linked = self.regions.linked(demands)
            space = Space(self.pack.vocabulary, [*self.regions.conditions(), *(c for c, _ in linked)], self.parameters)
            box = Solver(space, _STEPS).solve(linked)
            if box is None:
                continue
            possible = True
            content = build(self.pack, space, box, rules, self.day)
            if content is not None and mutant.lowered is not None:
                content = lower(self.pack, content, *mutant.lowered)
            differs = () if content is None else self._differ(changed, mutant, content)
            if content is None or not differs:
                continue
            names = {name.partition(":")[0] for name in differs}
            found = shrink(
                content,
                lambda c, names=names: names == {d.partition(":")[0] for d in self._differ(changed, mutant, c)},  # type: ignore[misc]  # the loop's names, bound now
            )
            if found is None:
                continue
            differs = self._differ(changed, mutant, found)
            if names & _WEIGHTY:
                return found, differs, True
            weak = weak if weak is not None else (found, differs)
        return (*weak, True) if weak is not None else (None, (), possible)

    def _differ(self, changed: Compiled, mutant: Mutant, content: Mapping[str, Any]) -> tuple[str, ...]:
        complaint = to_complaint(content)
        taken = read(self.compiled, complaint, as_of=self.day)
        was, now = (judge(c, complaint, taken, as_of=self.day) for c in (self.compiled, changed))
        if _shape(was) == _shape(now):
            return ()
        name = mutant.rule.id
        return _differences(self._seen(self.compiled, was, name), self._seen(changed, now, name))

    @staticmethod
    def _seen(compiled: Compiled, reasoning: Reasoning, rule: str) -> Mapping[str, object]:
        return expectable(compiled.pack, rule, reasoning, put_in_words(compiled, reasoning))


def _regions(mutant: Mutant) -> Iterator[tuple[Demand, ...]]:
    """Where a mutant may show."""
    if mutant.changed is not None:
        before, after, context = mutant.changed
        for truth in (True, False):
            yield (*context, (before, truth), (after, not truth))
    yield from mutant.regions


def _shape(reasoning: Reasoning) -> object:
    """All of a reasoning that a test can look at, before it is put in words; the rest is the same for every mutant."""
    rulings = tuple(
        (r.matter, r.outcome, r.tier, r.reasons, r.primary.rule.id, r.primary.result, r.primary.governing, r.primary.rule.basis,
         tuple(a.rule.id for a in r.members), r.asks, r.missing)
        for r in reasoning.rulings
    )  # fmt: skip
    fired = tuple(
        (name, tuple((e.id, truth) for e, truth in a.exceptions), a.live, a.governing)
        for name, a in reasoning.assessments.items()
    )
    return rulings, fired, tuple(reasoning.recognised.items()), tuple((g.id, truth) for g, truth in reasoning.gates)


def expectable(pack: Pack, rule: str, reasoning: Reasoning, decision: Decision) -> Mapping[str, object]:
    """What a test of a rule could expect of a decision, by the names of its ``expect``."""
    del pack
    matter = next((m for m in decision.matters if m.rule == rule or rule in m.competing), None)
    assessment = reasoning.assessments.get(rule)
    reasons = decision.referral.reasons if decision.referral else ()
    return {
        "recognised": reasoning.recognised.get(rule) is True,
        "outcome": matter.outcome if matter is not None else decision.outcome,
        "tier": matter.tier if matter is not None else decision.tier,
        "remedies": {r.kind: r.amount or r.payer for r in (matter.remedies if matter is not None else ())},
        "exception": [e.id for e, truth in (assessment.exceptions if assessment else ()) if truth is True],
        "gate": [r.gate for r in reasons if r.gate],
        "reason": list(dict.fromkeys(r.code for r in reasons)),
        "asks": [q.fact for q in decision.questions],
        "basis": [f"{c.statute}@{c.version}/{c.article}" for c in (matter.basis if matter else ())],
    }


def _differences(was: Mapping[str, object], now: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(f"{key}: {_word(was[key])} ⇒ {_word(now[key])}" for key in was if was[key] != now[key])


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {v}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(str(v) for v in value) + "]"
    return "null" if value is None else str(value)
