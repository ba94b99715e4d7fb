"""What scenario tests look at: every condition true, false and unknown, every exception, both sides of every threshold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from funnel.author.scenario_tests import ScenarioTest, as_of_day
from funnel.diagnostics import Span
from funnel.engine.assess import Assessment
from funnel.engine.decide import Compiled, reason
from funnel.engine.evaluate import Parameters, test
from funnel.facts.truth import Truth
from funnel.facts.values import Facts, Value
from funnel.pack.model import Condition, FactRef, Pack, ParamRef, Rule, Test, leaves_of

_ONE_SIDED = ("at_most", "less_than", "at_least", "more_than")
_NUMBERS = ("integer", "money", "date")
_WORDS = {True: "true", False: "false", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a test should look at.

    Attributes:
        rule: The rule.
        kind: ``condition``, ``exception``, ``threshold`` or ``outcome``.
        where: The part of the rule: ``recognise``, ``elements``, ``unless custom-made``, ``settle.when`` …
        leaf: The condition, for conditions and thresholds.
        wanted: What is to be seen: ``true``, ``false``, ``unknown``, ``fired``, an outcome, or the value at a threshold.
        span: Where it stands.
        seen: Whether a test of the rule saw it.
        value: The fact's value on that side of a threshold.
    """

    rule: str
    kind: str
    where: str
    wanted: str
    span: Span
    seen: bool
    leaf: Test | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the tests of a pack look at. Only stable rules count."""

    items: tuple[Item, ...]

    def of(self, rule: str) -> tuple[Item, ...]:
        """The items of one rule."""
        return tuple(item for item in self.items if item.rule == rule)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules, in order."""
        return tuple(dict.fromkeys(item.rule for item in self.items))

    @property
    def missing(self) -> tuple[Item, ...]:
        """What no test looks at."""
        return tuple(item for item in self.items if not item.seen)

    def counts(self) -> Mapping[str, tuple[int, int]]:
        """Seen and all, by kind."""
        found: dict[str, tuple[int, int]] = {}
        for item in self.items:
            seen, whole = found.get(item.kind, (0, 0))
            found[item.kind] = (seen + item.seen, whole + 1)
        return found

    @property
    def percent(self) -> int:
        """Whole percent seen, rounded down, so that a hundred means all."""
        return 100 * sum(item.seen for item in self.items) // max(1, len(self.items))


@dataclass(frozen=True, slots=True)
class _Look:
    """What one test saw."""

    facts: Facts
    parameters: Parameters
    assessment: Assessment | None
    outcome: str | None


def measure(compiled: Compiled, tests: Iterable[ScenarioTest], rules: Iterable[str] | None = None) -> Coverage:
    """Run tests and note what each of them sees of its own rule.

    Args:
        compiled: The pack.
        tests: Its scenario tests.
        rules: Only these; default: every stable rule.
    """
    looks: dict[str, list[_Look]] = {}
    for item in tests:
        looks.setdefault(item.rule, []).append(_look(compiled, item))
    wanted = None if rules is None else set(rules)
    found: list[Item] = []
    for rule in compiled.pack.live_rules:
        if wanted is None or rule.id in wanted:
            found += _rule(compiled.pack, rule, looks.get(rule.id, []))
    return Coverage(tuple(found))


def _look(compiled: Compiled, item: ScenarioTest) -> _Look:
    as_of = as_of_day(compiled, item)
    reasoning = reason(compiled, item.complaint, as_of=as_of)
    assessment = reasoning.assessments.get(item.rule)
    outcome = None
    for ruling in reasoning.rulings:
        if any(member.rule.id == item.rule for member in ruling.members):
            outcome = ruling.outcome
    parameters = assessment.parameters if assessment is not None else reasoning.parameters
    return _Look(reasoning.intake.facts, parameters, assessment, outcome)


def _rule(pack: Pack, rule: Rule, looks: Sequence[_Look]) -> Iterator[Item]:
    for where, condition in parts(rule):
        for leaf in dict.fromkeys(leaves_of(condition)):
            yield from _leaf(pack, rule, where, leaf, looks)
    for exception in rule.exceptions:
        seen = any(
            truth is True
            for look in looks
            if look.assessment is not None
            for e, truth in look.assessment.exceptions
            if e.id == exception.id
        )
        yield Item(rule.id, "exception", f"unless {exception.id}", "fired", exception.span, seen)
    yield from _limit(pack, rule, looks)
    outcomes = ("settle", "ask", "refer") if rule.settle is not None else ("refer",)
    for outcome in outcomes:
        yield Item(rule.id, "outcome", "decision", outcome, rule.span, any(k.outcome == outcome for k in looks))


def parts(rule: Rule) -> Iterator[tuple[str, Condition]]:
    """The conditions of a rule with the names of their parts."""
    yield "recognise", rule.recognise
    yield "elements", rule.elements
    for exception in rule.exceptions:
        yield f"unless {exception.id}", exception.when
    if rule.scope is not None:
        yield "scope", rule.scope
    if rule.settle is not None:
        if rule.settle.when is not None:
            yield "settle.when", rule.settle.when
        for remedy in rule.settle.remedies:
            if remedy.when is not None:
                yield f"settle.remedies {remedy.kind}", remedy.when
    for index, when in enumerate(rule.refer.when, 1):
        yield f"refer.when {index}", when.condition


def _leaf(pack: Pack, rule: Rule, where: str, leaf: Test, looks: Sequence[_Look]) -> Iterator[Item]:
    spec = pack.vocabulary[leaf.fact]
    truths: list[Truth] = [True, False]
    if leaf.test == "known":
        truths = [bool(leaf.constant)]
    if spec.world == "open" and spec.presumption is None and leaf.fact not in {"complained_on", "today"}:
        truths.append(None)
    seen = {test(leaf, look.facts, look.parameters) for look in looks}
    for truth in truths:
        yield Item(rule.id, "condition", where, _WORDS[truth], leaf.span, truth in seen, leaf)
    parameters = looks[0].parameters if looks else {}
    for value in edges(pack, leaf, parameters):
        met = any(look.facts.value(leaf.fact) == value for look in looks)
        yield Item(rule.id, "threshold", where, spec.show(value, "zh"), leaf.span, met, leaf, value)


def edges(pack: Pack, leaf: Test, parameters: Parameters) -> tuple[Value, ...]:
    """The values on both sides of a threshold, next to each other; none for tests that have none."""
    spec = pack.vocabulary[leaf.fact]
    if spec.type not in _NUMBERS or leaf.test not in {*_ONE_SIDED, "between"}:
        return ()
    constants = leaf.constant if isinstance(leaf.constant, tuple) else (leaf.constant,)
    found: list[Value] = []
    for place, constant in enumerate(constants):
        value = parameters.get(constant.name) if isinstance(constant, ParamRef) else constant
        upper = leaf.test in {"at_most", "more_than"} or (leaf.test == "between" and place == 1)
        found += [v for v in _around(value, 1 if upper else -1) if spec.accepts(v)]
    return tuple(dict.fromkeys(found))


def _around(value: object, step: int) -> tuple[Value, ...]:
    if isinstance(value, dt.date):
        return value, value + dt.timedelta(days=step)
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value + step
    return ()


def _limit(pack: Pack, rule: Rule, looks: Sequence[_Look]) -> Iterator[Item]:
    """Both sides of the limit of a settlement, where it is on a fact."""
    settle = rule.settle
    if settle is None or settle.limit is None:
        return
    name = settle.limit_of
    formulas = [r.formula for r in settle.remedies if r.formula is not None]
    if name is None and len(formulas) == 1 and isinstance(formulas[0], FactRef):
        name = formulas[0].name
    if name is None:
        return
    leaf = Test(name, "at_most", settle.limit, rule.span)
    for value in _around(settle.limit, 1):
        met = any(look.facts.value(name) == value for look in looks)
        yield Item(rule.id, "threshold", "settle.limit", pack.vocabulary[name].show(value), rule.span, met, leaf, value)
