"""What scenario tests look at: every condition true, false and unknown, every exception, both sides of every threshold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from funnel.author.analysis._regions import Regions
from funnel.author.analysis._search import Search
from funnel.author.analysis._solve import Demand, OutOfSteps
from funnel.author.analysis._space import NOT_FALSE, NOT_TRUE, may_be_unknown
from funnel.author.scenario_tests import ScenarioTest, as_of_day
from funnel.diagnostics import Span
from funnel.engine.assess import Assessment
from funnel.engine.decide import Compiled, reason
from funnel.engine.evaluate import Parameters, test
from funnel.facts.truth import Truth
from funnel.facts.values import Facts, Value
from funnel.pack.model import Condition, FactRef, Pack, ParamRef, RemedySpec, Rule, Test, leaves_of

_STEPS = 20_000
_ONE_SIDED = ("at_most", "less_than", "at_least", "more_than")
_NUMBERS = ("integer", "money", "date")
ASIDE = "aside"
"""The outcome of a remark beside another matter: the rule steps aside."""
_WORDS = {True: "true", False: "false", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a test should look at.

    Attributes:
        rule: The rule.
        kind: ``condition``, ``exception``, ``threshold`` or ``outcome``.
        where: The part of the rule: ``recognise``, ``elements``, ``unless custom-made``, ``settle.when`` …
        leaf: The condition, for conditions and thresholds.
        wanted: What is to be seen: ``true``, ``false``, ``unknown``, ``fired``, an outcome (``aside`` where a remark steps
            aside), or the value at a threshold.
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
    """What the tests of a pack look at. Only stable rules count.

    Attributes:
        items: What there is to be seen.
        unreachable: What no complaint can show, proved; not among the items.
    """

    items: tuple[Item, ...]
    unreachable: tuple[Item, ...] = ()

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
    recognised: bool


def measure(
    compiled: Compiled,
    tests: Iterable[ScenarioTest],
    rules: Iterable[str] | None = None,
    *,
    as_of: dt.date | None = None,
) -> Coverage:
    """Run tests and note what each of them sees of its own rule.

    A condition of a rule is seen where the rule is looked at: one of its recognition by every test, any other by those
    whose complaint is recognised, or may be.

    Args:
        compiled: The pack.
        tests: Its scenario tests.
        rules: Only these; default: every stable rule.
        as_of: The day under whose law it is proved what cannot be seen; default: the latest day of a test.
    """
    looks: dict[str, list[_Look]] = {}
    days = [as_of] if as_of is not None else []
    for item in tests:
        looks.setdefault(item.rule, []).append(_look(compiled, item))
        if as_of is None:
            days.append(as_of_day(compiled, item))
    wanted = None if rules is None else set(rules)
    live = [rule for rule in compiled.pack.live_rules if wanted is None or rule.id in wanted]
    found = [item for rule in live for item in _rule(compiled.pack, rule, looks.get(rule.id, []))]
    if not days:
        return Coverage(tuple(found))
    proof = _Proof(compiled, max(days))
    never = [item for item in found if not item.seen and proof.never(item)]
    gone = {id(item) for item in never}
    return Coverage(tuple(item for item in found if id(item) not in gone), tuple(never))


class _Proof:
    """What no complaint can show, under the law of a day and under every earlier figure of its parameters."""

    def __init__(self, compiled: Compiled, day: dt.date) -> None:
        self.pack = compiled.pack
        register = compiled.pack.register
        starts = {value.from_ for parameter in register.parameters.values() for value in parameter.values}
        tables = {day: compiled.table.on(day), **{d: compiled.table.on(d) for d in starts if d < day}}
        self.searches: list[Search] = []
        for on in sorted(tables, reverse=True):
            conditions = Regions(self.pack, tables[on]).conditions()
            self.searches.append(Search(self.pack, tables[on], day, conditions, steps=_STEPS))

    def never(self, item: Item) -> bool:
        """Whether it is proved that nothing shows an item. What was not found out is taken to be possible."""
        rule = self.pack.rules[item.rule]
        demands: list[Demand] = [] if item.where == "recognise" else [(rule.recognise, NOT_FALSE)]
        if item.kind == "exception":
            demands += [(e.when, True) for e in rule.exceptions if item.where == f"unless {e.id}"]
        elif item.leaf is None:
            return False
        elif item.value is not None:
            demands.append((Test(item.leaf.fact, "is", item.value, item.span), True))
        elif item.wanted == _WORDS[None]:
            demands += [(item.leaf, NOT_TRUE), (item.leaf, NOT_FALSE)]
        else:
            demands.append((item.leaf, item.wanted == _WORDS[True]))
        return all(self._impossible(search, demands) for search in self.searches)

    @staticmethod
    def _impossible(search: Search, demands: Sequence[Demand]) -> bool:
        search.solver.left = _STEPS
        try:
            return search.find(demands) is None
        except OutOfSteps:
            return False


def _look(compiled: Compiled, item: ScenarioTest) -> _Look:
    as_of = as_of_day(compiled, item)
    reasoning = reason(compiled, item.complaint, as_of=as_of)
    assessment = reasoning.assessments.get(item.rule)
    outcome = None
    for ruling in reasoning.rulings:
        if any(member.rule.id == item.rule for member in ruling.members):
            outcome = ruling.outcome
    parameters = assessment.parameters if assessment is not None else reasoning.parameters
    recognised = item.rule in reasoning.recognised
    return _Look(
        reasoning.intake.facts, parameters, assessment, ASIDE if item.rule in reasoning.remarks else outcome, recognised
    )


def _rule(pack: Pack, rule: Rule, looks: Sequence[_Look]) -> Iterator[Item]:
    assessed = [look for look in looks if look.assessment is not None]
    shown = {"recognise": looks, "remark": [look for look in looks if look.recognised]}
    for where, condition in parts(rule):
        for leaf in dict.fromkeys(leaves_of(condition)):
            yield from _leaf(pack, rule, where, leaf, shown.get(where, assessed))
    for exception in rule.exceptions:
        seen = any(
            truth is True
            for look in looks
            if look.assessment is not None
            for e, truth in look.assessment.exceptions
            if e.id == exception.id
        )
        yield Item(rule.id, "exception", f"unless {exception.id}", "fired", exception.span, seen)
    yield from _limit(pack, rule, assessed)
    outcomes = ("settle", "ask", "refer") if rule.settle is not None else ("refer",)
    for outcome in (*outcomes, *((ASIDE,) if rule.remark is not None else ())):
        yield Item(rule.id, "outcome", "decision", outcome, rule.span, any(k.outcome == outcome for k in looks))


def parts(rule: Rule) -> Iterator[tuple[str, Condition]]:
    """The conditions of a rule with the names of their parts."""
    yield "recognise", rule.recognise
    if rule.remark is not None:
        yield "remark", rule.remark
    yield "elements", rule.elements
    for exception in rule.exceptions:
        yield f"unless {exception.id}", exception.when
    if rule.scope is not None:
        yield "scope", rule.scope
    if rule.settle is not None:
        if rule.settle.when is not None:
            yield "settle.when", rule.settle.when
        yield from _remedies("settle.remedies", rule.settle.remedies)
    for index, when in enumerate(rule.refer.when, 1):
        yield f"refer.when {index}", when.condition
    yield from _remedies("refer.considers", rule.refer.considers)


def _remedies(where: str, remedies: Iterable[RemedySpec]) -> Iterator[tuple[str, Condition]]:
    """By number too: a kind may stand there twice, each time with a condition of its own."""
    for index, remedy in enumerate(remedies, 1):
        if remedy.when is not None:
            yield f"{where} {index} {remedy.kind}", remedy.when


def _leaf(pack: Pack, rule: Rule, where: str, leaf: Test, looks: Sequence[_Look]) -> Iterator[Item]:
    spec = pack.vocabulary[leaf.fact]
    truths: list[Truth] = [True, False]
    if leaf.test == "known":
        truths = [bool(leaf.constant)]
    parameters = looks[0].parameters if looks else {}
    if may_be_unknown(pack.vocabulary, leaf.fact, parameters):
        truths.append(None)
    seen = {test(leaf, look.facts, look.parameters) for look in looks}
    for truth in truths:
        yield Item(rule.id, "condition", where, _WORDS[truth], leaf.span, truth in seen, leaf)
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
