"""Mutation: change a rule a little, and see whether a scenario test notices. What no test notices, no test protects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from funnel.author.analysis._regions import Regions
from funnel.author.analysis._solve import Demand, OutOfSteps, Solver
from funnel.author.analysis._space import Space
from funnel.author.analysis._witness import build, shrink
from funnel.author.scenario_tests import ScenarioTest, as_of_day, run
from funnel.diagnostics import Span
from funnel.engine.decide import Compiled, read, reason
from funnel.engine.engine import to_complaint
from funnel.engine.evaluate import Parameters
from funnel.engine.match import CompiledMatcher
from funnel.facts.intake import Intake
from funnel.facts.values import Grade
from funnel.facts.vocabulary import yuan
from funnel.pack.model import All, Condition, Not, Pack, ParamRef, Rule, Test, leaves_of
from funnel.pack.model import Any as AnyOf

State = Literal["killed", "survived", "equivalent"]
_STEPS = 50_000
_SHIFT: Mapping[str, str] = {
    "at_most": "less_than",
    "less_than": "at_most",
    "at_least": "more_than",
    "more_than": "at_least",
}
"""Each threshold one unit off."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one thing changed.

    Attributes:
        kind: ``flip``, ``shift``, ``drop``, ``swap``, ``exception``, ``tier``, ``grade``, ``limit``, ``remedy``, ``override``.
        before, after: What stood there and what stands there now, as in the file.
        span: Where.
        changed: The condition before and after, where it is one, with what must hold for it to matter.
    """

    rule: Rule
    kind: str
    before: str
    after: str
    span: Span
    changed: tuple[Condition, Condition, tuple[Demand, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant.

    Attributes:
        killer: The test that noticed it.
        witness: For a survivor, the smallest complaint that it and the rule decide differently, if one was found.
    """

    mutant: Mutant
    state: State
    killer: str | None = None
    witness: Mapping[str, Any] | None = None


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


# --- mutants ---------------------------------------------------------------------------------------------------------------


def mutants(pack: Pack, rule: Rule) -> Iterator[Mutant]:
    """Every small change of a rule, in the order of its parts."""
    known: tuple[Demand, ...] = ((rule.recognise, True),)
    yield from _of_condition(rule, rule.recognise, (), lambda c: replace(rule, recognise=c))
    yield from _of_condition(rule, rule.elements, known, lambda c: replace(rule, elements=c))
    for index, exception in enumerate(rule.exceptions):

        def put(c: Condition, index: int = index) -> Rule:
            return replace(rule, exceptions=_at(rule.exceptions, index, replace(rule.exceptions[index], when=c)))

        applying = (*known, (rule.elements, True), *((e.when, False) for e in rule.exceptions if e is not exception))
        yield from _of_condition(rule, exception.when, applying, put)
        gone = replace(rule, exceptions=rule.exceptions[:index] + rule.exceptions[index + 1 :])
        never = (exception.when, AnyOf(()), applying)
        yield Mutant(gone, "exception", f"- id: {exception.id}", "", exception.span, never)
        for tier in pack.manifest.tiers:
            if exception.tier is not None and tier != exception.tier:
                moved = replace(exception, tier=tier)
                changed = replace(rule, exceptions=_at(rule.exceptions, index, moved))
                before, after = f"then: {{refer: {exception.tier}}}", f"then: {{refer: {tier}}}"
                yield Mutant(changed, "tier", before, after, exception.span)
                break
    yield from _of_settle(pack, rule, known)
    yield from _of_refer(pack, rule, known)
    for index, override in enumerate(rule.overrides):
        fewer = replace(rule, overrides=rule.overrides[:index] + rule.overrides[index + 1 :])
        yield Mutant(fewer, "override", f"overrides: {{rule: {override.rule}}}", "", override.span)


def _at(items: tuple[Any, ...], index: int, item: Any) -> tuple[Any, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _of_settle(pack: Pack, rule: Rule, known: tuple[Demand, ...]) -> Iterator[Mutant]:
    settle = rule.settle
    if settle is None:
        return
    applying = (*known, (rule.elements, True), *((e.when, False) for e in rule.exceptions))
    if settle.when is not None:
        yield from _of_condition(rule, settle.when, applying, lambda c: replace(rule, settle=replace(settle, when=c)))
    for name, grade in sorted(settle.needs.items()):
        if grade > Grade.PRESUMED:
            lower = Grade(grade - 1)
            needs = MappingProxyType({**settle.needs, name: lower})
            before, after = f"needs: {{{name}: {grade.word}}}", f"needs: {{{name}: {lower.word}}}"
            yield Mutant(replace(rule, settle=replace(settle, needs=needs)), "grade", before, after, rule.span)
    if settle.limit is not None:
        for step in (-1, 1):
            if settle.limit + step > pack.manifest.settle_limit:
                continue  # the pack's own limit stands before it
            limit = replace(rule, settle=replace(settle, limit=settle.limit + step))
            before, after = f"limit: {yuan(settle.limit)}", f"limit: {yuan(settle.limit + step)}"
            yield Mutant(limit, "limit", before, after, rule.span)
    for index, remedy in enumerate(settle.remedies):
        fewer = settle.remedies[:index] + settle.remedies[index + 1 :]
        shown = f"remedies: {{{remedy.kind}: {remedy.source}}}"
        yield Mutant(replace(rule, settle=replace(settle, remedies=fewer)), "remedy", shown, "", rule.span)
        if remedy.when is not None:

            def put(c: Condition, index: int = index) -> Rule:
                changed = _at(settle.remedies, index, replace(settle.remedies[index], when=c))
                return replace(rule, settle=replace(settle, remedies=changed))

            yield from _of_condition(rule, remedy.when, applying, put)


def _of_refer(pack: Pack, rule: Rule, known: tuple[Demand, ...]) -> Iterator[Mutant]:
    del known
    refer = rule.refer
    for tier in pack.manifest.tiers:
        if tier != refer.tier:
            before, after = f"refer: {{tier: {refer.tier}}}", f"refer: {{tier: {tier}}}"
            yield Mutant(replace(rule, refer=replace(refer, tier=tier)), "tier", before, after, rule.span)
            break
    for index, when in enumerate(refer.when):

        def put(c: Condition, index: int = index) -> Rule:
            return replace(
                rule, refer=replace(refer, when=_at(refer.when, index, replace(refer.when[index], condition=c)))
            )

        yield from _of_condition(rule, when.condition, ((rule.recognise, True), (rule.elements, True)), put)
        fewer = replace(rule, refer=replace(refer, when=refer.when[:index] + refer.when[index + 1 :]))
        span = next((leaf.span for leaf in leaves_of(when.condition)), rule.span)
        yield Mutant(fewer, "drop", f"refer.when: {written(when.condition)}", "", span)


def _of_condition(
    rule: Rule, whole: Condition, context: tuple[Demand, ...], put: Callable[[Condition], Rule]
) -> Iterator[Mutant]:
    for kind, before, after, changed in _variants(whole):
        span = next((leaf.span for leaf in leaves_of(before)), rule.span)
        shown = written(after) if after is not None else ""
        yield Mutant(put(changed), kind, written(before), shown, span, (whole, changed, context))


def _variants(condition: Condition) -> Iterator[tuple[str, Condition, Condition | None, Condition]]:
    """Changes of a condition: what kind, which part, what stands in its place, and the whole with it."""
    if isinstance(condition, Test):
        for kind, leaf in _of_leaf(condition):
            yield kind, condition, leaf, leaf
        return
    if isinstance(condition, Not):
        yield "flip", condition, condition.item, condition.item
        for kind, before, after, inner in _variants(condition.item):
            yield kind, before, after, Not(inner)
        return
    make = type(condition)
    items = condition.items
    if len(items) > 1:
        other: Condition = (AnyOf if make is All else All)(items)
        yield "swap", condition, other, other
        for index, item in enumerate(items):
            yield "drop", item, None, make(items[:index] + items[index + 1 :])
    for index, item in enumerate(items):
        for kind, before, after, inner in _variants(item):
            yield kind, before, after, make(_at(items, index, inner))


def _of_leaf(leaf: Test) -> Iterator[tuple[str, Test]]:
    constant = leaf.constant
    if leaf.test in _SHIFT:
        yield "shift", replace(leaf, test=_SHIFT[leaf.test])
        if isinstance(constant, int | dt.date) and not isinstance(constant, bool):
            one: Any = dt.timedelta(days=1) if isinstance(constant, dt.date) else 1
            out = constant + one if leaf.test in {"at_most", "more_than"} else constant - one
            yield "shift", replace(leaf, constant=out)
    elif leaf.test == "between" and isinstance(constant, tuple):
        for place, end in enumerate(constant):
            if isinstance(end, int | dt.date) and not isinstance(end, bool):
                unit: Any = dt.timedelta(days=1) if isinstance(end, dt.date) else 1
                moved = end - unit if place == 0 else end + unit
                ends = (moved, constant[1]) if place == 0 else (constant[0], moved)
                yield "shift", replace(leaf, constant=ends)
    elif leaf.test in {"is", "is_not"}:
        yield "flip", replace(leaf, test="is_not" if leaf.test == "is" else "is")
    elif leaf.test in {"in", "not_in"}:
        yield "flip", replace(leaf, test="not_in" if leaf.test == "in" else "in")
    if isinstance(constant, frozenset) and leaf.test in {"in", "not_in", "contains_any"} and len(constant) > 1:
        for member in sorted(constant):
            yield "drop", replace(leaf, constant=constant - {member})


def written(condition: Condition) -> str:
    """A condition as in the file, on one line."""
    if isinstance(condition, Test):
        return f"{{{condition.fact}: {{{condition.test}: {_constant(condition.constant)}}}}}"
    if isinstance(condition, Not):
        return f"{{not: {written(condition.item)}}}"
    word = "all" if isinstance(condition, All) else "any"
    return f"{{{word}: [{', '.join(written(item) for item in condition.items)}]}}"


def _constant(value: Any) -> str:
    if isinstance(value, ParamRef):
        return f"param.{value.name}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(value))}]"
    if isinstance(value, tuple):
        return f"[{', '.join(_constant(end) for end in value)}]"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


# --- running ---------------------------------------------------------------------------------------------------------------


def mutate(
    compiled: Compiled,
    tests: Sequence[ScenarioTest],
    rules: Iterable[str] | None = None,
    *,
    as_of: dt.date,
    on_progress: Callable[[int, int], None] | None = None,
) -> Mutation:
    """Mutate rules and run, for each mutant, the tests that can see it: those of its rule and of rules it competes with.

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
        found += [runner.outcome(mutant) for mutant in mutants(compiled.pack, rule)]
    return Mutation(tuple(found))


class _Runner:
    def __init__(self, compiled: Compiled, tests: Sequence[ScenarioTest], day: dt.date) -> None:
        self.compiled = compiled
        self.pack = compiled.pack
        self.day = day
        self.parameters: Parameters = compiled.table.on(day)
        self.regions = Regions(self.pack, self.parameters)
        self.tests = tests
        self.taken: dict[int, Intake] = {}

    def outcome(self, mutant: Mutant) -> Outcome:
        changed = self._with(mutant.rule)
        killer = self._killer(changed, mutant)
        if killer is not None:
            return Outcome(mutant, "killed", killer)
        if mutant.changed is None:
            return Outcome(mutant, "survived")
        try:
            witness, possible = self._witness(changed, mutant)
        except OutOfSteps:
            return Outcome(mutant, "survived")
        return Outcome(mutant, "survived" if possible else "equivalent", None, witness)

    def _with(self, rule: Rule) -> Compiled:
        pack = replace(self.pack, rules=MappingProxyType({**self.pack.rules, rule.id: rule}))
        same = rule.recognise == self.pack.rules[rule.id].recognise
        return replace(self.compiled, pack=pack, matcher=self.compiled.matcher if same else CompiledMatcher(pack))

    def _killer(self, changed: Compiled, mutant: Mutant) -> str | None:
        rule = mutant.rule
        tied = {o.rule for o in self.pack.rules[rule.id].overrides}
        own = [t for t in self.tests if t.rule == rule.id]
        near = [t for t in self.tests if t.rule in tied]
        for test in (*own, *near):
            taken = self.taken.get(id(test))
            if taken is None:
                taken = self.taken[id(test)] = read(self.compiled, test.complaint, as_of=as_of_day(self.compiled, test))
            if not run(changed, test, taken=taken).passed:
                return test.name
        return None

    def _witness(self, changed: Compiled, mutant: Mutant) -> tuple[Mapping[str, Any] | None, bool]:
        """A complaint that rule and mutant decide differently, and whether there may be one."""
        assert mutant.changed is not None  # noqa: S101 (the caller has looked)
        before, after, context = mutant.changed
        possible = False
        for truth in (True, False):
            demands = self.regions.linked([*context, (before, truth), (after, not truth)])
            space = Space(self.pack.vocabulary, [*self.regions.conditions(), *(c for c, _ in demands)], self.parameters)
            box = Solver(space, _STEPS).solve(demands)
            if box is None:
                continue
            possible = True
            content = build(self.pack, space, box, (self.pack.rules[mutant.rule.id],), self.day)
            found = None if content is None else shrink(content, lambda c: self._differ(changed, c))
            if found is not None:
                return found, True
        return None, possible

    def _differ(self, changed: Compiled, content: Mapping[str, Any]) -> bool:
        complaint = to_complaint(content)
        shown = []
        for compiled in (self.compiled, changed):
            rulings = reason(compiled, complaint, as_of=self.day).rulings
            shown.append(
                [(r.matter, r.outcome, r.tier, [x.code for x in r.reasons], r.primary.result) for r in rulings]
            )
        return shown[0] != shown[1]
