"""The small changes of a rule that `funnel mutate` makes, and where each of them may show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from funnel.author.analysis._regions import Regions, matters_beside
from funnel.author.analysis._solve import Demand
from funnel.author.analysis._space import NOT_FALSE, NOT_TRUE
from funnel.diagnostics import Span
from funnel.facts.values import Grade
from funnel.facts.vocabulary import yuan
from funnel.law.register import LawError, Parameter, Register, Statute, parse_citation
from funnel.pack.citations import parameters_in
from funnel.pack.model import All, Condition, Not, Pack, ParamRef, Rule, Settle, Test, leaves_of
from funnel.pack.model import Any as AnyOf

T = TypeVar("T")
Region = tuple[Demand, ...]
"""What must hold together."""

_SHIFT: Mapping[str, str] = {
    "at_most": "less_than",
    "less_than": "at_most",
    "at_least": "more_than",
    "more_than": "at_least",
}
"""Each threshold one unit off."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule, or the law it rests on, with one thing changed.

    Attributes:
        kind: ``flip``, ``shift``, ``drop``, ``swap``, ``remark``, ``exception``, ``tier``, ``grade``, ``limit``, ``remedy``,
            ``override``, ``governs``, ``law`` or ``parameter``.
        before, after: What stood there and what stands there now, as in the file.
        span: Where.
        regions: Where it may show, all facts known, the likeliest first.
        bounds: Everywhere it may show, facts known or not: where none of them is possible, it is equivalent.
        lowered: For a grade: the fact, and the grade that is enough now.
        register: For a law date: the register with it moved.
        day: For a law date: the day on which the law is another now.
    """

    rule: Rule
    kind: str
    before: str
    after: str
    span: Span
    regions: tuple[Region, ...] = ()
    bounds: tuple[Region, ...] = ()
    lowered: tuple[str, Grade] | None = None
    register: Register | None = None
    day: dt.date | None = None


def mutants(pack: Pack, rule: Rule, regions: Regions | None = None) -> Iterator[Mutant]:
    """Every small change of a rule, in the order of its parts.

    Args:
        pack: The pack.
        rule: The rule.
        regions: Those of the pack on the day looked at; without them no place is said where a change may show.
    """
    yield from _Mutator(pack, rule, regions if regions is not None else Regions(pack, {})).all()


class _Mutator:
    """The changes of one rule."""

    def __init__(self, pack: Pack, rule: Rule, regions: Regions) -> None:
        self.pack = pack
        self.rule = rule
        self.regions = regions
        self.known: Region = ((rule.recognise, True),)
        self.applying: Region = tuple(regions.applies(rule))
        # What lets each part be looked at at all: no more than the engine itself asks.
        self.assessed: Region = ((rule.recognise, NOT_FALSE),)
        self.alive: Region = (*self.assessed, (rule.elements, NOT_FALSE))
        self.settling: Region = (
            *self.alive,
            *((e.when, NOT_TRUE) for e in rule.exceptions),
            *((w.condition, NOT_TRUE) for w in rule.refer.when),
        )

    def all(self) -> Iterator[Mutant]:
        rule = self.rule
        yield from self._condition(rule.recognise, (), (), lambda c: replace(rule, recognise=c))
        yield from self._remark()
        yield from self._condition(rule.elements, self.known, self.assessed, lambda c: replace(rule, elements=c))
        if isinstance(rule.elements, Test | Not):
            yield self._whole(rule.elements, self.known, self.assessed, replace(rule, elements=All(())))
        for index in range(len(rule.exceptions)):
            yield from self._exception(index)
        yield from self._settle()
        yield from self._refer()
        for index, override in enumerate(rule.overrides):
            fewer = replace(rule, overrides=_but(rule.overrides, index))
            general = self.pack.rules[override.rule]
            bounds = ((*self.applying, (general.recognise, NOT_FALSE)),)
            shown = f"overrides: {{rule: {override.rule}}}"
            yield Mutant(fewer, "override", shown, "", override.span, self._beside(general), bounds)
        yield from self._governs()

    # --- conditions -----------------------------------------------------------------------------------------------------

    def _condition(
        self, whole: Condition, context: Region, weak: Region, put: Callable[[Condition], Rule]
    ) -> Iterator[Mutant]:
        for kind, before, after, changed in _variants(whole):
            span = next((leaf.span for leaf in leaves_of(before)), self.rule.span)
            shown = written(after) if after is not None else ""
            where, bounds = _apart(whole, changed, context, weak)
            yield Mutant(put(changed), kind, written(before), shown, span, where, bounds)

    def _whole(self, condition: Condition, context: Region, weak: Region, changed: Rule) -> Mutant:
        """A condition gone as a whole."""
        span = next((leaf.span for leaf in leaves_of(condition)), self.rule.span)
        where, bounds = _apart(condition, All(()), context, weak)
        return Mutant(changed, "drop", written(condition), "", span, where, bounds)

    def _remark(self) -> Iterator[Mutant]:
        """A remark that is a matter of its own beside another; then what makes it one."""
        rule, remark = self.rule, self.rule.remark
        if remark is None:
            return
        beside: Region = (*self.known, (matters_beside(self.pack, rule), True))
        weak: Region = (*self.assessed, (matters_beside(self.pack, rule, remarks=True), NOT_FALSE))
        shown = f"remark: {'true' if remark == All(()) else written(remark)}"
        where, bounds = ((*beside, (remark, True)),), ((*weak, (remark, NOT_FALSE)),)
        yield Mutant(replace(rule, remark=None), "remark", shown, "", rule.span, where, bounds)
        if remark != All(()):
            yield from self._condition(remark, beside, weak, lambda c: replace(rule, remark=c))
            if isinstance(remark, Test | Not):
                yield self._whole(remark, beside, weak, replace(rule, remark=All(())))

    def _exception(self, index: int) -> Iterator[Mutant]:
        rule, exception = self.rule, self.rule.exceptions[index]

        def put(c: Condition) -> Rule:
            return replace(rule, exceptions=_at(rule.exceptions, index, replace(exception, when=c)))

        others = _but(rule.exceptions, index)
        applying = (*self.known, (rule.elements, True), *((e.when, False) for e in others))
        yield from self._condition(exception.when, applying, self.assessed, put)
        where, bounds = _apart(exception.when, AnyOf(()), applying, self.assessed)
        gone = replace(rule, exceptions=others)
        yield Mutant(gone, "exception", f"- id: {exception.id}", "", exception.span, where, bounds)
        if exception.tier is None:
            return
        tier = next(t for t in self.pack.manifest.tiers if t != exception.tier)
        changed = replace(rule, exceptions=_at(rule.exceptions, index, replace(exception, tier=tier)))
        before, after = f"then: {{refer: {exception.tier}}}", f"then: {{refer: {tier}}}"
        fired = (*self.known, (rule.elements, True), (exception.when, True))
        alone = (*fired, *((e.when, False) for e in others))
        # A harder tier that is due whenever this one is would hide the change.
        level = max(self.pack.tier_rank(t) for t in (tier, exception.tier))
        harder = [e.when for e in others if e.tier is not None and self.pack.tier_rank(e.tier) >= level]
        harder += [w.condition for w in rule.refer.when if self.pack.tier_rank(w.tier) >= level]
        harder += [gate.when for gate in self.pack.gates.values() if self.pack.tier_rank(gate.tier) >= level]
        bound: Region = (*self.alive, (exception.when, True), *((condition, NOT_TRUE) for condition in harder))
        where = (*self._closed(alone), *self._closed(fired))
        yield Mutant(changed, "tier", before, after, exception.span, where, (bound,))

    def _closed(self, demands: Region) -> tuple[Region, ...]:
        """Demands with every gate closed, then as they are."""
        return ((*demands, *((gate.when, False) for gate in self.pack.gates.values())), demands)

    def _beside(self, general: Rule) -> tuple[Region, ...]:
        """Where the rule sets another aside: both settle, one of them does, or the other is recognised at all."""
        settles = tuple(self.regions.settles(self.rule))
        holds: Region = ((general.recognise, True), (general.elements, True))
        found = [(*settles, *self.regions.settles(general)), (*settles, *holds)]
        found += self._closed((*self.applying, *holds))
        found += [(*settles, (general.recognise, True)), *self._closed((*self.applying, (general.recognise, True)))]
        return tuple(found)

    # --- settling and referring -----------------------------------------------------------------------------------------

    def _settle(self) -> Iterator[Mutant]:
        rule, settle = self.rule, self.rule.settle
        if settle is None:
            return
        if settle.when is not None:
            yield from self._condition(
                settle.when, self.applying, self.settling, lambda c: replace(rule, settle=replace(settle, when=c))
            )
            gone = replace(rule, settle=replace(settle, when=None))
            if isinstance(settle.when, Test | Not):
                yield self._whole(settle.when, self.applying, self.settling, gone)
        if rule.scope is not None:
            yield from self._condition(rule.scope, self.applying, self.settling, lambda c: replace(rule, scope=c))
        for name, grade in sorted(settle.needs.items()):
            if grade > Grade.PRESUMED:
                lower = Grade(grade - 1)
                needs = MappingProxyType({**settle.needs, name: lower})
                before, after = f"needs: {{{name}: {grade.word}}}", f"needs: {{{name}: {lower.word}}}"
                changed = replace(rule, settle=replace(settle, needs=needs))
                where = tuple(self._hanging(name))
                bounds = (self.settling,)
                yield Mutant(changed, "grade", before, after, rule.span, where, bounds, lowered=(name, lower))
        yield from self._limits(settle)
        for index in range(len(settle.remedies)):
            yield from self._remedy(settle, index)

    def _limits(self, settle: Settle) -> Iterator[Mutant]:
        if settle.limit is None:
            return
        for step in (-1, 1):
            if settle.limit + step > self.pack.manifest.settle_limit:
                continue  # the pack's own limit stands before it
            changed = replace(self.rule, settle=replace(settle, limit=settle.limit + step))
            before, after = f"limit: {yuan(settle.limit)}", f"limit: {yuan(settle.limit + step)}"
            amount = self.regions.limited(self.rule)
            where: tuple[Region, ...] = ()
            bounds: tuple[Region, ...] = (self.settling,)
            if amount is not None:
                exactly: Demand = (Test(amount, "is", settle.limit + max(step, 0), self.rule.span), True)
                where = ((*self.regions.settles(self.rule, limited=False), exactly),)
                bounds = ((*self.settling, exactly),)
            yield Mutant(changed, "limit", before, after, self.rule.span, where, bounds)

    def _remedy(self, settle: Settle, index: int) -> Iterator[Mutant]:
        rule, remedy = self.rule, settle.remedies[index]
        shown = f"remedies: {{{remedy.kind}: {remedy.source}}}"
        due: Region = () if remedy.when is None else ((remedy.when, True),)
        may: Region = () if remedy.when is None else ((remedy.when, NOT_FALSE),)
        changed = replace(rule, settle=replace(settle, remedies=_but(settle.remedies, index)))
        where = ((*self.regions.settles(rule), *due),)
        yield Mutant(changed, "remedy", shown, "", rule.span, where, ((*self.settling, *may),))
        if remedy.when is None:
            return

        def put(c: Condition | None) -> Rule:
            moved = _at(settle.remedies, index, replace(remedy, when=c))
            return replace(rule, settle=replace(settle, remedies=moved))

        yield from self._condition(remedy.when, tuple(self.regions.settles(rule)), self.settling, put)
        if isinstance(remedy.when, Test | Not):
            yield self._whole(remedy.when, tuple(self.regions.settles(rule)), self.settling, put(None))

    def _hanging(self, name: str) -> Iterator[Region]:
        """Where a settlement hangs on a fact: without it, one of its conditions would come out otherwise."""
        settles = tuple(self.regions.settles(self.rule))
        for condition, wanted in self.rule.ruling_conditions:
            if any(leaf.fact == name for leaf in leaves_of(condition)):
                for constant in (AnyOf(()), All(())):
                    yield (*settles, (replaced(condition, name, constant), not wanted))
        yield settles

    def _refer(self) -> Iterator[Mutant]:
        rule, refer = self.rule, self.rule.refer
        tier = next((t for t in self.pack.manifest.tiers if t != refer.tier), None)
        if tier is not None:
            before, after = f"refer: {{tier: {refer.tier}}}", f"refer: {{tier: {tier}}}"
            failing: Region = (*self.known, (rule.elements, False))
            unreferred = (*self.applying, *((w.condition, False) for w in refer.when))
            where = (*self._closed(failing), *self._closed(unreferred))
            changed = replace(rule, refer=replace(refer, tier=tier))
            yield Mutant(changed, "tier", before, after, rule.span, where, (self.assessed,))
        for index, when in enumerate(refer.when):

            def put(c: Condition, index: int = index) -> Rule:
                return replace(
                    rule, refer=replace(refer, when=_at(refer.when, index, replace(refer.when[index], condition=c)))
                )

            others = tuple((w.condition, False) for w in _but(refer.when, index))
            context = (*self.applying, *others)
            yield from self._condition(when.condition, context, self.alive, put)
            fewer = replace(rule, refer=replace(refer, when=_but(refer.when, index)))
            span = next((leaf.span for leaf in leaves_of(when.condition)), rule.span)
            where, bounds = _apart(when.condition, AnyOf(()), context, self.alive)
            yield Mutant(fewer, "drop", f"refer.when: {written(when.condition)}", "", span, where, bounds)
        for index in range(len(refer.considers)):
            yield from self._considered(index)

    def _considered(self, index: int) -> Iterator[Mutant]:
        """When people are shown what they may weigh. What it is and how much is theirs to weigh, whatever a test says."""
        rule, refer = self.rule, self.rule.refer
        remedy = refer.considers[index]

        def put(c: Condition | None) -> Rule:
            considers = _at(refer.considers, index, replace(remedy, when=c))
            return replace(rule, refer=replace(refer, considers=considers))

        if remedy.when is not None:
            yield from self._condition(remedy.when, self.known, self.assessed, put)
            if isinstance(remedy.when, Test | Not):
                yield self._whole(remedy.when, self.known, self.assessed, put(None))

    # --- law ------------------------------------------------------------------------------------------------------------

    def _governs(self) -> Iterator[Mutant]:
        """Another day governs: that of the complaint, or, where it was that, one of the order's."""
        rule = self.rule
        facts = self.pack.vocabulary.facts
        dates = [n for n, spec in facts.items() if spec.type == "date" and spec.derivation is None]
        dates.sort(key=lambda n: facts[n].origin is None)
        other = next((n for n in ("complained_on", *dates) if n != rule.governs), None)
        if other is None:
            return
        changed = replace(rule, governs=other)
        # Without law, without figures and without a settlement it is all one which day governs.
        hangs = rule.settle is not None or _citations(rule) or _parameters(self.pack, rule)
        before, after = f"governs: {rule.governs}", f"governs: {other}"
        yield Mutant(changed, "governs", before, after, rule.span, (), (self.assessed,) if hangs else ())


def law_mutants(pack: Pack, rules: Sequence[Rule]) -> Iterator[Mutant]:
    """Every date of the law that rules rest on, a day earlier and a day later: of statutes' versions, of parameters.

    The first day of a pack's own figure is no date of the law: it stands before every case.

    Args:
        pack: The pack.
        rules: The rules; each change is named after the first of them that it bears on.
    """
    register = pack.register
    for name in sorted(register.statutes):
        statute = register.statutes[name]
        citing = [r for r in rules if any(_cites(c, name) for c in _citations(r))]
        for index, version in enumerate(statute.versions if citing else ()):
            if not any(_differs(register, c, version.from_) for r in citing for c in _citations(r) if _cites(c, name)):
                continue
            for step in (-1, 1):
                moved = _version_moved(statute, index, step)
                if moved is not None:
                    changed = replace(register, statutes={**register.statutes, name: moved})
                    yield _moved(citing[0], "law", f"{name}@{version.id}", version.from_, step, changed)
    for name in sorted(register.parameters):
        parameter = register.parameters[name]
        reading = [r for r in rules if name in _parameters(pack, r)]
        for index, value in enumerate(parameter.values if reading else ()):
            if index and parameter.values[index - 1].value == value.value:
                continue  # the same figure in another article
            for step in (-1, 1) if index or not parameter.policy else ():
                figure = _value_moved(parameter, index, step)
                if figure is not None:
                    changed = replace(register, parameters={**register.parameters, name: figure})
                    yield _moved(reading[0], "parameter", f"param.{name}", value.from_, step, changed)


def _moved(rule: Rule, kind: str, name: str, day: dt.date, step: int, register: Register) -> Mutant:
    moved = day + dt.timedelta(days=step)
    shows = day if step > 0 else moved  # the one day on which the law is another now
    before, after = f"{name}: {{from: {day}}}", f"{name}: {{from: {moved}}}"
    # Whether any complaint tells is not proved: an empty region is always possible.
    return Mutant(rule, kind, before, after, rule.span, bounds=((),), register=register, day=shows)


def _citations(rule: Rule) -> list[str]:
    return [basis.citation for basis in rule.basis]


def _cites(citation: str, statute: str) -> bool:
    return parse_citation(citation).statute == statute


def _differs(register: Register, citation: str, day: dt.date) -> bool:
    """Whether a citation means something else from a day on."""
    found = []
    for on in (day - dt.timedelta(days=1), day):
        try:
            found.append(register.resolve(citation, on).version.id)
        except LawError:
            found.append("")
    return found[0] != found[1]


def _version_moved(statute: Statute, index: int, step: int) -> Statute | None:
    """The statute with one version beginning a day off, and the one before it ending with it; None where it cannot."""
    versions = list(statute.versions)
    day = versions[index].from_
    moved = day + dt.timedelta(days=step)
    versions[index] = replace(versions[index], from_=moved)
    if index and versions[index - 1].until == day:
        versions[index - 1] = replace(versions[index - 1], until=moved)
    try:
        return replace(statute, versions=tuple(versions))
    except ValueError:
        return None


def _value_moved(parameter: Parameter, index: int, step: int) -> Parameter | None:
    values = list(parameter.values)
    day = values[index].from_
    moved = day + dt.timedelta(days=step)
    values[index] = replace(values[index], from_=moved)
    if index and values[index - 1].until == day:
        values[index - 1] = replace(values[index - 1], until=moved)
    try:
        return replace(parameter, values=tuple(values))
    except ValueError:
        return None


def _parameters(pack: Pack, rule: Rule) -> frozenset[str]:
    """The parameters that a rule reads, without the amounts that a person may consider."""
    return parameters_in(pack, rule.conditions, () if rule.settle is None else rule.settle.remedies)


def _apart(
    before: Condition, after: Condition, context: Region, weak: Region
) -> tuple[tuple[Region, ...], tuple[Region, ...]]:
    """Where two conditions come out differently: with all facts known, and at all."""
    where = tuple((*context, (before, truth), (after, not truth)) for truth in (True, False))
    opposite = {True: NOT_TRUE, False: NOT_FALSE}
    bounds = tuple(
        (*weak, (one, truth), (two, opposite[truth]))
        for one, two in ((before, after), (after, before))
        for truth in (True, False)
    )
    return where, bounds


def _but(items: tuple[T, ...], index: int) -> tuple[T, ...]:
    return items[:index] + items[index + 1 :]


def replaced(condition: Condition, leaf: Test | str, constant: Condition) -> Condition:
    """A condition with a constant truth in place of a leaf, or of all leaves on a fact."""
    if isinstance(condition, Test):
        return constant if leaf in (condition, condition.fact) else condition
    if isinstance(condition, Not):
        return Not(replaced(condition.item, leaf, constant))
    return type(condition)(tuple(replaced(item, leaf, constant) for item in condition.items))


def _at(items: tuple[Any, ...], index: int, item: Any) -> tuple[Any, ...]:
    return (*items[:index], item, *items[index + 1 :])


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


def _of_leaf(leaf: Test) -> Iterator[tuple[str, Test | Not]]:
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
    elif leaf.test in {"contains_any", "contains_all"}:
        yield "flip", Not(leaf)
    if (
        isinstance(constant, frozenset)
        and leaf.test in {"in", "not_in", "contains_any", "contains_all"}
        and len(constant) > 1
    ):
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
