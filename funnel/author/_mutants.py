"""The small changes of a rule that `funnel mutate` makes, and where each of them may show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from funnel.author.analysis._regions import Regions
from funnel.author.analysis._solve import Demand
from funnel.diagnostics import Span
from funnel.facts.values import Grade
from funnel.facts.vocabulary import yuan
from funnel.pack.model import All, Condition, Not, Pack, ParamRef, Rule, Test, leaves_of
from funnel.pack.model import Any as AnyOf

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
        regions: Where it may show, the likeliest first, where it is no condition.
        lowered: For a grade: the fact, and the grade that is enough now.
    """

    rule: Rule
    kind: str
    before: str
    after: str
    span: Span
    changed: tuple[Condition, Condition, tuple[Demand, ...]] | None = None
    regions: tuple[tuple[Demand, ...], ...] = ()
    lowered: tuple[str, Grade] | None = None


def mutants(pack: Pack, rule: Rule, regions: Regions | None = None) -> Iterator[Mutant]:
    """Every small change of a rule, in the order of its parts.

    Args:
        pack: The pack.
        rule: The rule.
        regions: Those of the pack on the day looked at; without them no place is said where a change may show.
    """
    regions = regions if regions is not None else Regions(pack, {})
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
                fired = ((rule.recognise, True), (rule.elements, True), (exception.when, True))
                alone = (*fired, *((e.when, False) for e in rule.exceptions if e is not exception))
                where = (*_closed(pack, alone), *_closed(pack, fired))
                yield Mutant(changed, "tier", before, after, exception.span, regions=where)
                break
    yield from _of_settle(pack, rule, known, regions)
    yield from _of_refer(pack, rule, known)
    for index, override in enumerate(rule.overrides):
        fewer = replace(rule, overrides=rule.overrides[:index] + rule.overrides[index + 1 :])
        shown = f"overrides: {{rule: {override.rule}}}"
        yield Mutant(fewer, "override", shown, "", override.span, regions=_beside(pack, rule, override.rule, regions))


def _closed(pack: Pack, demands: tuple[Demand, ...]) -> tuple[tuple[Demand, ...], ...]:
    """Demands with every gate closed, then as they are."""
    return ((*demands, *((gate.when, False) for gate in pack.gates.values())), demands)


def _beside(pack: Pack, rule: Rule, other: str, regions: Regions) -> tuple[tuple[Demand, ...], ...]:
    """Where a rule sets another aside: both settle, one of them does, or the other is recognised at all."""
    general = pack.rules[other]
    applies = tuple(regions.applies(rule))
    settles = tuple(regions.settles(rule))
    found = [(*settles, *regions.settles(general)), (*settles, (general.recognise, True), (general.elements, True))]
    found += _closed(pack, (*applies, (general.recognise, True), (general.elements, True)))
    found += [(*settles, (general.recognise, True)), *_closed(pack, (*applies, (general.recognise, True)))]
    return tuple(found)


def _at(items: tuple[Any, ...], index: int, item: Any) -> tuple[Any, ...]:
    return (*items[:index], item, *items[index + 1 :])


def _of_settle(pack: Pack, rule: Rule, known: tuple[Demand, ...], regions: Regions) -> Iterator[Mutant]:
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
            changed = replace(rule, settle=replace(settle, needs=needs))
            where = tuple(_hanging(rule, name, tuple(regions.settles(rule))))
            yield Mutant(changed, "grade", before, after, rule.span, regions=where, lowered=(name, lower))
    if settle.limit is not None:
        for step in (-1, 1):
            if settle.limit + step > pack.manifest.settle_limit:
                continue  # the pack's own limit stands before it
            limit = replace(rule, settle=replace(settle, limit=settle.limit + step))
            before, after = f"limit: {yuan(settle.limit)}", f"limit: {yuan(settle.limit + step)}"
            amount = regions.limited(rule)
            at = settle.limit + max(step, 0)
            where = () if amount is None else ((*regions.settles(rule, limited=False), _exactly(amount, at, rule)),)
            yield Mutant(limit, "limit", before, after, rule.span, regions=where)
    for index, remedy in enumerate(settle.remedies):
        fewer = settle.remedies[:index] + settle.remedies[index + 1 :]
        shown = f"remedies: {{{remedy.kind}: {remedy.source}}}"
        due: tuple[Demand, ...] = () if remedy.when is None else ((remedy.when, True),)
        where = ((*regions.settles(rule), *due),)
        changed = replace(rule, settle=replace(settle, remedies=fewer))
        yield Mutant(changed, "remedy", shown, "", rule.span, regions=where)
        if remedy.when is not None:

            def put(c: Condition, index: int = index) -> Rule:
                moved = _at(settle.remedies, index, replace(settle.remedies[index], when=c))
                return replace(rule, settle=replace(settle, remedies=moved))

            yield from _of_condition(rule, remedy.when, applying, put)


def _exactly(fact: str, value: int, rule: Rule) -> Demand:
    return Test(fact, "is", value, rule.span), True


def _hanging(rule: Rule, name: str, settling: tuple[Demand, ...]) -> Iterator[tuple[Demand, ...]]:
    """Where a settlement hangs on a fact: without it, one of its conditions would come out otherwise."""
    for condition, wanted in rule.settling_conditions:
        if any(leaf.fact == name for leaf in leaves_of(condition)):
            for constant in (AnyOf(()), All(())):
                yield (*settling, (_without(condition, name, constant), not wanted))
    yield settling


def _without(condition: Condition, name: str, constant: Condition) -> Condition:
    """A condition with a constant truth in place of what it asks of a fact."""
    if isinstance(condition, Test):
        return constant if condition.fact == name else condition
    if isinstance(condition, Not):
        return Not(_without(condition.item, name, constant))
    return type(condition)(tuple(_without(item, name, constant) for item in condition.items))


def _of_refer(pack: Pack, rule: Rule, known: tuple[Demand, ...]) -> Iterator[Mutant]:
    refer = rule.refer
    for tier in pack.manifest.tiers:
        if tier != refer.tier:
            before, after = f"refer: {{tier: {refer.tier}}}", f"refer: {{tier: {tier}}}"
            failing: tuple[Demand, ...] = (*known, (rule.elements, False))
            applying = (*known, (rule.elements, True), *((e.when, False) for e in rule.exceptions))
            unreferred = (*applying, *((w.condition, False) for w in refer.when))
            where = (*_closed(pack, failing), *_closed(pack, unreferred))
            changed = replace(rule, refer=replace(refer, tier=tier))
            yield Mutant(changed, "tier", before, after, rule.span, regions=where)
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
