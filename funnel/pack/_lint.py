"""Checks that need the whole pack: overrides, gates, law in force, what a settling rule must have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from funnel.diagnostics import Diagnostics, Span
from funnel.facts.vocabulary import BUILT_IN_DATES, MEANT, FactSpec
from funnel.law.register import LawError, Register
from funnel.pack._reader import Reader, near
from funnel.pack._register import check_citation
from funnel.pack.model import REQUIRED_GATES, Gate, Rule, leaves_of, meanings


def lint(
    sink: Diagnostics,
    rules: Mapping[str, Rule],
    gates: Mapping[str, Gate],
    facts: Mapping[str, FactSpec],
    register: Register,
    *,
    gates_span: Span,
    meant_span: Span | None,
    named: frozenset[str],
) -> None:
    """Check what no single file can show. Findings go to ``sink``.

    ``named`` are the ids of all rule files, readable or not: a rule that did not load is no unknown rule.
    """
    missing = sorted(set(REQUIRED_GATES) - {gate.covers for gate in gates.values()})
    if missing:
        sink.add("F505", gates_span, missing=", ".join(missing))
    if MEANT in facts and gates:
        read = {value for gate in gates.values() for value in meanings(gate, facts)}
        for value in sorted(facts[MEANT].members.keys() - read):
            sink.add("F531", meant_span or gates_span, value=value)
    reader = Reader(sink)
    for rule in rules.values():
        if rule.status != "retired":
            _law(reader, rule, register)
            _facts(sink, rule, facts)
        for override in rule.overrides:
            if override.rule not in rules and override.rule not in named:
                sink.add("F306", override.span, name=override.rule, **near(override.rule, rules))
        for accepted in rule.accepted:
            if accepted.rule is not None and accepted.rule not in rules and accepted.rule not in named:
                sink.add("F306", accepted.span, name=accepted.rule, **near(accepted.rule, rules))
    _cycles(sink, rules)


def _law(reader: Reader, rule: Rule, register: Register) -> None:
    carried: set[str] = set()
    for basis in rule.basis:
        if not check_citation(reader, register, basis.citation, basis.span, on=rule.reviewed):
            carried |= set(basis.supports)  # that it carries nothing follows from what is said already
            continue
        newest = register.newest_version_from(register.parse_citation(basis.citation))
        if newest is not None and newest > rule.reviewed:
            reader.sink.add("F404", basis.span, citation=basis.citation, reviewed=rule.reviewed, since=newest)
        carries = set(basis.supports) & {"elements", "remedies"}
        if carries and not _verified(register, basis.citation, rule.reviewed) and rule.settle is not None:
            reader.sink.add("F405", basis.span, citation=basis.citation)
        carried |= carries
    if rule.settle is not None:
        for part in sorted({"elements", "remedies"} - carried):
            reader.sink.add("F515", rule.span, part=part)


def _verified(register: Register, citation: str, on: dt.date) -> bool:
    try:
        return register.resolve(register.parse_citation(citation), on).verified
    except LawError:
        return True  # already reported as an error of its own


def _facts(sink: Diagnostics, rule: Rule, facts: Mapping[str, FactSpec]) -> None:
    for test in leaves_of(rule.recognise):
        spec = facts[test.fact]
        from_record = spec.origin is not None or test.test == "known"
        if spec.world == "open" and not from_record:
            sink.add("F510", test.span, *test.via, fact=test.fact)
    conditions = [rule.elements, *(e.when for e in rule.exceptions)]
    seen: set[str] = set()
    for condition in conditions:
        for test in leaves_of(condition):
            spec = facts[test.fact]
            open_ = spec.world == "open" and test.test != "known"
            reachable = spec.ask != "nobody" or spec.presumption or _derivable(spec, facts)
            if open_ and not reachable and test.fact not in seen:
                seen.add(test.fact)
                sink.add("F511", test.span, *test.via, fact=test.fact)


def _derivable(spec: FactSpec, facts: Mapping[str, FactSpec], depth: int = 0) -> bool:
    if spec.derivation is None or depth > 8:  # noqa: PLR2004 (circles are reported elsewhere)
        return False
    for arg in spec.derivation.args:
        if isinstance(arg, str) and arg in facts:
            inner = facts[arg]
            settled = arg in BUILT_IN_DATES or inner.ask != "nobody" or inner.presumption
            if not settled and not _derivable(inner, facts, depth + 1) and inner.world == "open":
                return False
    return True


def _cycles(sink: Diagnostics, rules: Mapping[str, Rule]) -> None:
    """Report each circle of overrides once, with every edge."""
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            circle = (*trail[trail.index(name) :], name)
            if min(circle) == name:
                related = [(o.span, f"→ {o.rule}") for a in circle[:-1] for o in rules[a].overrides if o.rule in circle]
                sink.add("F501", rules[name].span, *related, cycle=" → ".join(circle))
            return
        if name in done or name not in rules:
            return
        for override in sorted(rules[name].overrides, key=lambda o: o.rule):
            visit(override.rule, (*trail, name))

    for name in sorted(rules):
        visit(name, ())
