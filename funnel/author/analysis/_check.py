"""`funnel check --deep`: what no test run can show, found exactly, each finding with a witness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from funnel.author.analysis._regions import Regions
from funnel.author.analysis._search import Found, Search
from funnel.author.analysis._solve import Demand, OutOfSteps
from funnel.author.analysis._space import NOT_TRUE, Wanted
from funnel.author.analysis._witness import build, shrink
from funnel.diagnostics import Diagnostic, Span
from funnel.diagnostics._model import Diagnostics
from funnel.engine._arguments import to_complaint
from funnel.engine.assess import Case, assess_planned
from funnel.engine.decide import Reasoning, compile_pack, judge, read, reason
from funnel.engine.describe import leaf
from funnel.facts.values import Grade
from funnel.facts.vocabulary import pick
from funnel.pack.model import Accepted, Condition, Not, Pack, RemedySpec, Rule, Test, leaves_of
from funnel.pack.model import Any as AnyOf

_PLACES = 4
"""Places that a finding names at most, each with where a named condition of it is defined."""
STEPS = 2_000_000
"""Branches that one analysis may take before it says that it has not finished."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        diagnostic: What and where, in both languages.
        witness: The smallest complaint that shows it, in the contract's shape; None where the point is that there is none.
    """

    diagnostic: Diagnostic
    witness: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an analysis found.

    Attributes:
        findings: In file order.
        accepted: Those that the rule's author lets stand, with his reason in the rule file (``accepted``).
        undecided: What was not found out, a sentence each: the budget ran out, or the facts of a combination hang
            together in a way that conditions do not show, so that it could not be reproduced.
        rules: How many rules were analysed.
        steps: How many branches it took.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    undecided: tuple[str, ...]
    rules: int
    steps: int


def analyse(pack: Pack, *, as_of: dt.date, steps: int = STEPS, lang: str = "zh") -> Report:
    """Analyse the rules of a pack against each other, with the law and the parameters of a day.

    Every fact is taken as known and free: what holds for no combination of facts holds for none at all, so that *never*
    is exact. What a free combination shows is run through the engine, and reported only if the engine shows it too.

    Args:
        pack: The pack.
        as_of: The day.
        steps: The budget. When it runs out, what is left is `Report.undecided`, never clean.
        lang: Language of the conditions quoted, ``zh`` or ``en``.
    """
    return _Analysis(pack, as_of, steps, lang).run()


class _Analysis:
    def __init__(self, pack: Pack, day: dt.date, steps: int, lang: str) -> None:
        self.pack = pack
        self.day = day
        self.lang = lang
        self.compiled = compile_pack(pack)
        self.parameters = self.compiled.table.on(day)
        self.regions = Regions(pack, self.parameters)
        self.search = Search(pack, self.parameters, day, self.regions.conditions(), steps=steps)
        self.steps = steps
        self.found: list[Finding] = []
        self.undecided: list[str] = []
        self.open: list[frozenset[str]] = []
        """The rules of each question that was not decided."""

    def run(self) -> Report:
        rules = self.pack.live_rules
        for rule in rules:
            self._guarded(self._alone, rule)
        for one, two in self._pairs(rules):
            self._guarded(self._conflict, one, two)
        self._outlived(rules)
        found = sorted(
            self.found,
            key=lambda f: (f.diagnostic.span.path, f.diagnostic.span.line, f.diagnostic.span.column, f.diagnostic.code),
        )
        accepted = tuple(f for f in found if self._is_accepted(f))
        left = tuple(f for f in found if f not in accepted)
        return Report(left, accepted, tuple(self.undecided), len(rules), self.steps - max(0, self.search.solver.left))

    def _is_accepted(self, finding: Finding) -> bool:
        names = _rules_of(finding) & self.pack.rules.keys()
        return any(
            _accepts(self.pack.rules[name], a, finding) for name in names for a in self.pack.rules[name].accepted
        )

    def _outlived(self, rules: Sequence[Rule]) -> None:
        """What authors let stand though it no longer arises; not where it may, for all that was found out."""
        live = {rule.id for rule in rules}
        for rule in rules:
            for accepted in rule.accepted:
                if accepted.rule is not None and accepted.rule not in live:
                    continue
                may_be = {rule.id} if accepted.rule is None else {rule.id, accepted.rule}
                decided = not any(may_be & names == names or may_be <= names for names in self.open)
                if decided and not any(_accepts(rule, accepted, finding) for finding in self.found):
                    about = "" if accepted.rule is None else f" {accepted.rule}"
                    self._add("F709", accepted.span, rule=rule.id, finding=f"{accepted.code}{about}")

    def _guarded(self, look: Callable[..., None], *rules: Rule) -> None:
        try:
            look(*rules)
        except OutOfSteps:
            what = "步数用完" if self.lang != "en" else "the steps ran out"
            self.undecided.append(f"{', '.join(rule.id for rule in rules)}: {what}")
            self.open.append(frozenset(rule.id for rule in rules))

    def _pairs(self, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
        matters: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.settle is not None:
                matters.setdefault(rule.matter, []).append(rule)
        for members in matters.values():
            yield from combinations(members, 2)

    def _solve(self, demands: Sequence[Demand], *settling: Rule) -> Found | None:
        return self.search.find(demands, [name for rule in settling for name in self.regions.needed(rule)])

    def _add(
        self,
        code: str,
        span: Span,
        *related: tuple[Span, str],
        witness: Mapping[str, Any] | None = None,
        **values: object,
    ) -> None:
        sink = Diagnostics()
        sink.add(code, span, *related, **values)
        self.found.append(Finding(sink.sorted()[0], witness))

    # --- one rule -------------------------------------------------------------------------------------------------------

    def _alone(self, rule: Rule) -> None:
        applying: list[Demand] = [(rule.recognise, True), (rule.elements, True)]
        if self._solve(applying) is None:
            core = self._core(applying)
            self._add("F702", rule.span, *self._places(core), rule=rule.id, core=self._words(core))
            return
        for exception in rule.exceptions:
            demands: list[Demand] = [*applying, (exception.when, True)]
            if self._solve(demands) is None:
                core = self._core(demands)
                words = self._words(core)
                self._add("F704", exception.span, *self._places(core), rule=rule.id, exception=exception.id, core=words)
        self._shadow(rule)
        self._settling(rule)
        for remedy in rule.refer.considers:
            self._remedy(rule, remedy, [(rule.recognise, True)])
        self._gap(rule)

    def _shadow(self, rule: Rule) -> None:
        above = [r for r in self.pack.live_rules if any(o.rule == rule.id for o in r.overrides)]
        if not above:
            return
        demands = [*self.regions.applies(rule), *((self.regions.certain(r), False) for r in above)]
        if self._solve(demands) is None and self._solve(self.regions.applies(rule)) is not None:
            names = ", ".join(r.id for r in above)
            self._add("F703", rule.span, *((r.span, r.id) for r in above), rule=rule.id, other=names)

    def _settling(self, rule: Rule) -> None:
        if rule.settle is None:
            return
        demands = self.regions.settles(rule)
        if self._solve(demands) is None:
            core = self._core(demands)
            self._add("F706", rule.span, *self._places(core), rule=rule.id, core=self._words(core))
        else:
            for remedy in rule.settle.remedies:
                self._remedy(rule, remedy, demands)
        for name, grade in sorted(rule.settle.needs.items()):
            if not self._suppliable(name, grade, 0):
                label = pick(self.pack.vocabulary[name].label, self.lang)
                self._add("F707", rule.span, rule=rule.id, label=f"{label} {name}", grade=grade.word)

    def _remedy(self, rule: Rule, remedy: RemedySpec, where: Sequence[Demand]) -> None:
        """A remedy whose own condition rules it out wherever it could be given or weighed."""
        if remedy.when is None or self._solve([*where, (remedy.when, True)]) is not None:
            return
        core = self._core([*where, (remedy.when, True)])
        span = next((test.span for test in leaves_of(remedy.when)), rule.span)
        self._add("F708", span, *self._places(core), rule=rule.id, kind=remedy.kind, core=self._words(core))

    def _suppliable(self, name: str, grade: Grade, depth: int) -> bool:
        """Whether a fact can come to a grade: from the record, from an answer, from the law, or from its inputs."""
        spec = self.pack.vocabulary[name]
        if grade <= Grade.PRESUMED and (spec.world == "raised" or spec.presumption is not None):
            return True
        if spec.origin is not None and spec.origin.grade >= grade:
            return True
        if spec.ask != "nobody" and spec.gives >= grade:
            return True
        if spec.derivation is None or depth > len(self.pack.vocabulary.facts):
            return name in {"complained_on", "today"}
        inputs = [a for a in spec.derivation.args if isinstance(a, str) and a in self.pack.vocabulary]
        return all(self._suppliable(a, grade, depth + 1) for a in inputs)

    def _gap(self, rule: Rule) -> None:
        if rule.scope is None:
            return
        others = [r for r in self.pack.live_rules if r.scenario == rule.scenario and r.id != rule.id]
        demands: list[Demand] = [
            (rule.recognise, True),
            (rule.scope, True),
            (rule.elements, False),
            *((AnyOf((Not(r.recognise), Not(r.elements))), True) for r in others),
            *((gate.when, False) for gate in self.pack.gates.values()),
        ]
        found = self._solve(demands)
        if found is None:
            return
        witness = self._witness(found, (rule,), lambda r: _dead(r, rule))
        if witness is None:
            self._unconfirmed("F705", rule)
            return
        self._add("F705", rule.span, witness=witness, rule=rule.id)

    # --- two rules ------------------------------------------------------------------------------------------------------

    def _conflict(self, one: Rule, two: Rule) -> None:
        if _overrides(one, two) or _overrides(two, one):
            return
        aside = [r for r in self.pack.live_rules if r.id not in {one.id, two.id}]
        both: list[Demand] = [
            *self.regions.settles(one),
            *self.regions.settles(two),
            *self.regions.pays(one),
            *self.regions.pays(two),
            *((self.regions.certain(r), False) for r in aside if _overrides(r, one) or _overrides(r, two)),
            *(
                (r.remark, NOT_TRUE)
                for r, other in ((one, two), (two, one))
                if r.remark is not None and other.remark is None
            ),
        ]
        left = False
        for difference in _differences(one, two):
            third: dict[str, Demand] = {}
            while True:
                found = self._solve([*both, *difference, *third.values()], one, two)
                if found is None:
                    break
                complaint = build(self.pack, found, (one, two), self.day)
                witness = None if complaint is None else self._clash(complaint, one, two)
                if witness is not None:
                    self._add("F701", one.span, (two.span, two.id), witness=witness, rule=one.id, other=two.id)
                    return
                # Other rules may join in; the next complaint keeps out those that did in this one.
                more = {} if complaint is None else self._joining(complaint, one, two)
                if not more.keys() - third.keys():
                    left = True
                    break
                third |= more
        if left:
            self._unconfirmed("F701", one, two)

    def _joining(self, complaint: dict[str, Any], one: Rule, two: Rule) -> dict[str, Demand]:
        """The rules that keep two from settling a complaint, each with what keeps it out of it."""
        reasoning = reason(self.compiled, to_complaint(complaint), as_of=self.day)
        found: dict[str, Demand] = {}
        for name, assessment in reasoning.assessments.items():
            rule = assessment.rule
            if (
                name not in {one.id, two.id}
                and rule.matter == one.matter
                and not assessment.settles
                and not assessment.dead
            ):
                found[name] = (self.regions.quiet(rule), True)
        for name, truth in reasoning.recognised.items():
            gone_before = any(_overrides(r, self.pack.rules[name]) for r in self.pack.live_rules)
            if truth is True and self.pack.rules[name].out_of_scope and not gone_before:
                found[name] = (self.pack.rules[name].recognise, NOT_TRUE)
        return found

    # --- words and witnesses ----------------------------------------------------------------------------------------------

    def _clash(self, complaint: dict[str, Any], one: Rule, two: Rule) -> dict[str, Any] | None:
        """The smallest complaint that two rules settle differently; None if this one is not."""

        def shows(content: dict[str, Any]) -> bool:
            complaint = to_complaint(content)
            taken = read(self.compiled, complaint, as_of=self.day)
            case = Case(taken.facts, self.compiled.table, self.day)
            for rule in (one, two):  # most complaints fail here already, without a question ranked
                if not assess_planned(self.compiled.plans.of(rule), self.pack, case, recognised=True).settles:
                    return False
            return _contradict(judge(self.compiled, complaint, taken, as_of=self.day), one, two)

        conditions = (
            c for r in (one, two) for c in (r.recognise, *(condition for condition, _ in r.settling_conditions))
        )
        named = [leaf.fact for condition in conditions for leaf in leaves_of(condition)]
        named += [name for rule in (one, two) for name in self.regions.needed(rule)]
        return shrink(complaint, shows, self.pack.vocabulary.with_inputs(named))

    def _witness(
        self, found: Found, rules: Sequence[Rule], shows: Callable[[Reasoning], bool]
    ) -> dict[str, Any] | None:
        complaint = build(self.pack, found, rules, self.day)
        if complaint is None:
            return None
        return shrink(complaint, lambda c: shows(reason(self.compiled, to_complaint(c), as_of=self.day)))

    def _unconfirmed(self, code: str, *rules: Rule) -> None:
        names = ", ".join(r.id for r in rules)
        self.open.append(frozenset(r.id for r in rules))
        self.undecided.append(
            f"{code} {names}: 事实之间另有关联，找到的组合没有复现"
            if self.lang != "en"
            else f"{code} {names}: facts hang together otherwise; the combination found was not reproduced"
        )

    def _core(self, demands: Sequence[Demand]) -> tuple[Demand, ...]:
        return self.search.core(demands)

    def _words(self, core: Sequence[Demand]) -> str:
        shown = [self._demand(condition, wanted) for condition, wanted in core]
        return ("; " if self.lang == "en" else "；").join(dict.fromkeys(shown))

    def _demand(self, condition: Condition, wanted: Wanted) -> str:
        names = [leaf(self.pack, test, self.parameters, self.lang) for test in leaves_of(condition)]
        text = (" / ").join(names)
        if isinstance(condition, Test) and wanted is True:
            return text
        if wanted is True:
            return f"({text})"
        return f"并非({text})" if self.lang != "en" else f"not ({text})"

    def _places(self, core: Sequence[Demand]) -> tuple[tuple[Span, str], ...]:
        places = {test.span: test.via for condition, _ in core for test in leaves_of(condition)}
        here = "这里" if self.lang != "en" else "here"
        return tuple(place for span in list(places)[:_PLACES] for place in ((span, here), *places[span]))


def _rules_of(finding: Finding) -> set[str]:
    values = finding.diagnostic.values
    return {values.get("rule", ""), values.get("other", "")} - {""}


def _accepts(rule: Rule, accepted: Accepted, finding: Finding) -> bool:
    """Whether what a rule's author lets stand is a finding."""
    names = _rules_of(finding)
    about = rule.id in names if accepted.rule is None else names == {rule.id, accepted.rule}
    return accepted.code == finding.diagnostic.code and about


def _overrides(one: Rule, two: Rule) -> bool:
    return any(o.rule == two.id for o in one.overrides)


def _differences(one: Rule, two: Rule) -> Iterator[list[Demand]]:
    """What must hold for a remedy to be due by one of two rules and not by the other."""
    first, second = ((r.settle.remedies if r.settle is not None else ()) for r in (one, two))
    for mine, theirs in ((first, second), (second, first)):
        for remedy in mine:
            same = [r for r in theirs if (r.kind, r.payer, r.source) == (remedy.kind, remedy.payer, remedy.source)]
            if any(r.when is None or r.when == remedy.when for r in same):
                continue
            due: list[Demand] = [] if remedy.when is None else [(remedy.when, True)]
            yield due + [(r.when, False) for r in same if r.when is not None]


def _contradict(reasoning: Reasoning, one: Rule, two: Rule) -> bool:
    found = [reasoning.assessments.get(r.id) for r in (one, two)]
    return all(a is not None and a.settles for a in found) and any(
        reason_.code == "conflict" and {one.id, two.id} <= set((reason_.fact or "").split(","))
        for ruling in reasoning.rulings
        for reason_ in ruling.reasons
    )


def _dead(reasoning: Reasoning, rule: Rule) -> bool:
    found = reasoning.assessments.get(rule.id)
    return (
        found is not None
        and found.elements is False
        and all(reason_.code == "elements-not-met" for ruling in reasoning.rulings for reason_ in ruling.reasons)
    )
