"""Mutation: change a rule a little, and see whether a scenario test notices. What no test notices, no test protects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from funnel.author._mutants import Mutant, Region, law_mutants, mutants, replaced, written
from funnel.author.analysis._regions import Regions
from funnel.author.analysis._search import Search
from funnel.author.analysis._solve import OutOfSteps
from funnel.author.analysis._witness import build, lower, plain, shrink, sources
from funnel.author.coverage import parts
from funnel.author.scenario_tests import ScenarioTest, as_of_day, run
from funnel.decision import Decision
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import Compiled, Reasoning, judge, put_in_words, read
from funnel.engine.evaluate import Parameters, evaluate
from funnel.engine.match import CompiledMatcher
from funnel.engine.parameters import ParameterTable
from funnel.facts.values import Grade
from funnel.facts.vocabulary import BUILT_IN_DATES
from funnel.law.register import parse_citation
from funnel.pack.model import All, Pack, ParamRef, Rule, Test, leaves_of
from funnel.pack.model import Any as AnyOf

__all__ = ["Mutant", "Mutation", "Outcome", "law_mutants", "mutants", "mutate", "written"]

State = Literal["killed", "survived", "equivalent"]
_STEPS = 50_000
_EXAMPLES = 3
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
    found += [runner.outcome(mutant) for mutant in law_mutants(compiled.pack, chosen)]
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
        self.search = Search(self.pack, self.parameters, day, self.regions.conditions(), steps=_STEPS)
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
        witness, differs = self._witness(changed, mutant)
        if witness is None and nearly is None and not self._possible(mutant):
            return Outcome(mutant, "equivalent")
        return Outcome(mutant, "survived", None, witness, differs, nearly)

    def _with(self, mutant: Mutant) -> Compiled:
        rule = mutant.rule
        pack = replace(self.pack, rules=MappingProxyType({**self.pack.rules, rule.id: rule}))
        if mutant.register is not None:
            pack = replace(pack, register=mutant.register)
            return replace(self.compiled, pack=pack, table=ParameterTable(mutant.register))
        same = rule.recognise == self.pack.rules[rule.id].recognise
        return replace(self.compiled, pack=pack, matcher=self.compiled.matcher if same else CompiledMatcher(pack))

    # --- tests ----------------------------------------------------------------------------------------------------------

    def _seeing(self, mutant: Mutant) -> Iterator[_Case]:
        """The tests that can see a mutant, those of its rule first: where the rule is recognised, before or now.

        A law date is seen by those decided for the day that it was moved over, or governed by it.
        """
        rule = mutant.rule
        moved = rule.recognise != self.pack.rules[rule.id].recognise
        own = [case for case in self.cases if case.test.rule == rule.id]
        for case in (*own, *(case for case in self.cases if case.test.rule != rule.id)):
            r = case.reasoning
            if mutant.day is not None:
                if case.day == mutant.day or any(a.governing == mutant.day for a in r.assessments.values()):
                    yield case
            elif rule.id in r.recognised or (
                moved and evaluate(rule.recognise, r.intake.facts, r.parameters) is not False
            ):
                yield case

    def _killer(self, changed: Compiled, mutant: Mutant) -> tuple[str | None, tuple[str, tuple[str, ...]] | None]:
        """The test that notices a mutant, else one whose complaint comes out otherwise in what it does not look at."""
        nearly: tuple[str, tuple[str, ...]] | None = None
        for case in self._seeing(mutant):
            test, taken = case.test, case.reasoning.intake
            if mutant.register is not None:
                taken = read(changed, test.complaint, as_of=case.day)
            now = judge(changed, test.complaint, taken, as_of=case.day)
            if mutant.register is None and _shape(now) == case.shape:
                continue
            if not run(changed, test, taken=taken).passed:
                return test.name, None
            if nearly is None and (test.rule == mutant.rule.id or mutant.register is not None):
                if test.rule not in case.seen:
                    case.seen[test.rule] = self._seen(self.compiled, case.reasoning, test.rule)
                differs = _differences(case.seen[test.rule], self._seen(changed, now, test.rule))
                nearly = (test.name, differs) if differs else None
        return None, nearly

    # --- witnesses ------------------------------------------------------------------------------------------------------

    def _possible(self, mutant: Mutant) -> bool:
        """Whether there may be a complaint that rule and mutant decide differently. No is proved; yes need not be so."""
        self.search.solver.left = _STEPS
        try:
            return any(self.search.find(region) is not None for region in mutant.bounds)
        except OutOfSteps:
            return True

    def _witness(self, changed: Compiled, mutant: Mutant) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
        """A complaint that rule and mutant decide differently, the smallest that was found, and what differs."""
        weak: tuple[Mapping[str, Any] | None, tuple[str, ...]] = (None, ())
        for day, content in self._candidates(changed, mutant):
            differs = self._differ(changed, mutant, content, day)
            if not differs:
                continue
            names = _names(differs)
            found = shrink(
                content,
                lambda c, names=names, day=day: names == _names(self._differ(changed, mutant, c, day)),  # type: ignore[misc]  # the loop's own, bound now
            )
            if found is None:
                continue
            differs = self._differ(changed, mutant, found, day)
            if names & _WEIGHTY:
                return found, differs
            weak = weak if weak[0] is not None else (found, differs)
        return weak

    def _candidates(self, changed: Compiled, mutant: Mutant) -> Iterator[tuple[dt.date, dict[str, Any]]]:
        """Complaints that may tell, with the day they are decided for, the most telling first."""
        rule = self.pack.rules[mutant.rule.id]
        if mutant.day is not None or mutant.kind == "governs":
            yield from self._of_law(changed, mutant, rule)
            return
        for region in (*mutant.regions, *mutant.bounds):
            content = self._complaint(self.search, region, rule)
            if content is not None and mutant.lowered is not None:
                yield from ((self.day, c) for c in self._lowered(content, *mutant.lowered))
            elif content is not None:
                yield self.day, content

    def _lowered(self, content: dict[str, Any], name: str, grade: Grade) -> Iterator[dict[str, Any]]:
        """A complaint with a fact no better established than a grade, alone or with what it is computed from.

        Alone: what is computed from it is said outright, and it itself where it is computed, without its inputs.
        """
        yield lower(self.pack, content, name, grade)
        facts = read(self.compiled, to_complaint(content), as_of=self.day).facts
        given = dict(content.get("facts", {}))
        for fact, known in facts.known.items():
            spec = self.pack.vocabulary.facts.get(fact)
            mine = fact == name or (
                spec is not None and spec.derivation is not None and name in sources(self.pack, fact)
            )
            if spec is not None and mine and not isinstance(known.value, frozenset):
                word = grade.word if fact == name else "record"
                given[fact] = {"value": plain(spec.type, known.value), "grade": word, "source": "witness"}
        yield {**content, "facts": given}
        inputs = set(sources(self.pack, name)) - {name}
        yield {**content, "facts": {fact: value for fact, value in given.items() if fact not in inputs}}

    def _of_law(self, changed: Compiled, mutant: Mutant, rule: Rule) -> Iterator[tuple[dt.date, dict[str, Any]]]:
        """Complaints governed by the day on which the law is another now, or by days under older law."""
        if mutant.day is not None:
            days = [mutant.day]
        else:
            register = self.pack.register
            cited = {parse_citation(b.citation).statute for b in rule.basis}
            starts = sorted({v.from_ for name in cited for v in register.statutes[name].versions}, reverse=True)
            days = [day - dt.timedelta(days=1) for day in starts][:_EXAMPLES]
        gates = tuple((gate.when, False) for gate in self.pack.gates.values())
        worlds = [(day, on) for day in days for on in (day, self.day) if mutant.day is not None or on == self.day]
        for governing, on in worlds:
            # A figure that does not hold before the day or after it is looked for where it holds.
            was, now = (compiled.table.on(min(governing, on)) for compiled in (self.compiled, changed))
            parameters = now if len(now) > len(was) else was
            regions = Regions(self.pack, parameters)
            search = Search(self.pack, parameters, on, regions.conditions(), steps=_STEPS)
            named = (rule.governs, mutant.rule.governs) if mutant.day is None else (rule.governs,)
            name = next((n for n in named if n not in BUILT_IN_DATES), None)
            governed: Region = () if name is None else ((Test(name, "is", governing, rule.span), True),)
            for region in (
                tuple(regions.settles(rule)),
                tuple(regions.applies(rule)),
                *_reading(mutant, rule),
                ((rule.recognise, True), *gates),
            ):
                content = self._complaint(search, (*region, *governed), rule)
                if content is not None:
                    yield on, content

    def _complaint(self, search: Search, region: Region, rule: Rule) -> dict[str, Any] | None:
        search.solver.left = _STEPS
        try:
            found = search.find(region)
        except OutOfSteps:
            return None
        return None if found is None else build(self.pack, found, (rule,), search.day)

    def _differ(self, changed: Compiled, mutant: Mutant, content: Mapping[str, Any], day: dt.date) -> tuple[str, ...]:
        complaint = to_complaint(content)
        found = []
        for compiled in (self.compiled, changed):
            taken = read(compiled, complaint, as_of=day)
            found.append(judge(compiled, complaint, taken, as_of=day))
        was, now = found
        if mutant.register is None and _shape(was) == _shape(now):
            return ()
        name = mutant.rule.id
        return _differences(self._seen(self.compiled, was, name), self._seen(changed, now, name))

    @staticmethod
    def _seen(compiled: Compiled, reasoning: Reasoning, rule: str) -> Mapping[str, object]:
        return expectable(compiled.pack, rule, reasoning, put_in_words(compiled, reasoning))


def _reading(mutant: Mutant, rule: Rule) -> Iterator[Region]:
    """Where a part of a rule hangs on a condition that reads a parameter, and it comes out one way or the other."""
    param = ParamRef(mutant.before.partition(":")[0].removeprefix("param."))
    for where, condition in parts(rule):
        for leaf in dict.fromkeys(leaves_of(condition)):
            if param not in (leaf.constant if isinstance(leaf.constant, tuple) else (leaf.constant,)):
                continue
            held, failed = (replaced(condition, leaf, constant) for constant in (All(()), AnyOf(())))
            elements: Region = () if where in {"recognise", "elements"} else ((rule.elements, True),)
            for truth in (True, False):
                for way in (True, False):
                    yield ((rule.recognise, True), *elements, (leaf, truth), (held, way), (failed, not way))


def _shape(reasoning: Reasoning) -> object:
    """All of a reasoning that a test can look at, before it is put in words; the rest is the same for every mutant."""
    rulings = tuple(
        (r.matter, r.outcome, r.tier, r.reasons, r.primary.rule.id, r.primary.result, r.primary.governing, r.primary.rule.basis,
         tuple(a.rule.id for a in r.members), r.asks, r.missing, r.primary.rule.refer.considers,
         r.primary.plan.considered(reasoning.intake.facts, r.primary.parameters))
        for r in reasoning.rulings
    )  # fmt: skip
    fired = tuple(
        (name, tuple((e.id, truth) for e, truth in a.exceptions), a.live, a.governing)
        for name, a in reasoning.assessments.items()
    )
    return (
        rulings,
        fired,
        tuple(reasoning.recognised.items()),
        reasoning.remarks,
        tuple((g.id, truth) for g, truth in reasoning.gates),
    )


def expectable(pack: Pack, rule: str, reasoning: Reasoning, decision: Decision) -> Mapping[str, object]:
    """What a test of a rule could expect of a decision, by the names of its ``expect``."""
    del pack
    matter = next((m for m in decision.matters if m.rule == rule or rule in m.competing), None)
    assessment = reasoning.assessments.get(rule)
    reasons = decision.referral.reasons if decision.referral else ()
    return {
        "recognised": reasoning.names(rule),
        "outcome": matter.outcome if matter is not None else decision.outcome,
        "tier": matter.tier if matter is not None else decision.tier,
        "remedies": [f"{r.kind} {r.amount or r.payer}" for r in (matter.remedies if matter is not None else ())],
        "considers": [f"{r.kind} {r.amount or r.payer}" for r in (matter.considers if matter is not None else ())],
        "exception": [e.id for e, truth in (assessment.exceptions if assessment else ()) if truth is True],
        "gate": [r.gate for r in reasons if r.gate],
        "reason": list(dict.fromkeys(r.code for r in reasons)),
        "asks": [q.fact for q in decision.questions],
        "basis": [f"{c.statute}@{c.version}/{c.article}" for c in (matter.basis if matter else ())],
    }


def _names(differs: tuple[str, ...]) -> frozenset[str]:
    return frozenset(d.partition(":")[0] for d in differs)


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
