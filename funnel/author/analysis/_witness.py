"""A witness: the smallest complaint that shows a finding, run through the engine before it is shown to anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from funnel.author.analysis._space import Box, Space
from funnel.facts.derived import Context
from funnel.facts.intake import compute
from funnel.facts.values import Grade, Known, Value
from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX, yuan
from funnel.pack.formulas import names_of
from funnel.pack.model import FactRef, Pack, Rule, leaves_of

_PERIOD = 40
"""Longest period, in days, that is looked for between a day and what is counted from its end."""
_AMOUNT = 10_000
"""A hundred yuan, where any amount will do."""


def build(pack: Pack, space: Space, box: Box, rules: Iterable[Rule], day: dt.date) -> dict[str, Any] | None:
    """A complaint within a box, with what the rules need for computing a settlement; None if it cannot be written down."""
    values: dict[str, Value] = {}
    members: dict[str, set[str]] = {}
    for variable, mask in box.items():
        fact, member = variable
        value = space.value(variable, mask)
        if member:
            members.setdefault(fact, set())
            if value is True:
                members[fact].add(member)
        else:
            values[fact] = value
    values.update({fact: frozenset(found) for fact, found in members.items()})
    if values.keys() & set(BUILT_IN_DATES):
        return None
    held = _from_dates(pack, space, box, values, day)
    for rule in rules:
        for name in _needed(rule):
            spec = pack.vocabulary[name]
            if name in values or name in held or spec.world == "raised":
                continue
            if spec.type == "date":
                values[name] = day
            elif spec.type == "money":
                values[name] = _AMOUNT
            elif spec.type != "set":
                values[name] = space.value((name, ""), space.whole((name, "")))
    text = []
    facts: dict[str, Any] = {}
    for name in sorted(values):
        spec, value = pack.vocabulary[name], values[name]
        if name.startswith(SIGNAL_PREFIX):
            if value is True:
                phrase = _phrase(pack, name.removeprefix(SIGNAL_PREFIX), day)
                if phrase is None:
                    return None
                text.append(phrase)
        elif not (spec.world == "raised" and value == spec.unraised.value):
            facts[name] = {"value": plain(spec.type, value), "grade": "record", "source": "witness"}
    content: dict[str, Any] = {"id": "witness", "received_at": f"{day.isoformat()}T12:00:00+08:00"}
    if text:
        content["text"] = "。".join(text)
    if facts:
        content["facts"] = facts
    return content if text or facts else None


def _from_dates(pack: Pack, space: Space, box: Box, values: dict[str, Value], day: dt.date) -> set[str]:
    """Say days where numbers of days are counted from them, in place of the numbers; the names counted so.

    Several numbers may be counted from one day: the day is chosen so that all of them lie where the box wants them.
    """
    context = Context(pack.calendar)
    parameters = {name: p.values[-1].value for name, p in pack.register.parameters.items()}
    counted: dict[str, list[str]] = {}
    for name in sorted(values):
        spec = pack.vocabulary[name]
        if spec.derivation is not None and spec.derivation.function in {"days_between", "days_past"}:
            start, end = str(spec.derivation.args[0]), str(spec.derivation.args[-1])
            if end not in BUILT_IN_DATES:
                values.setdefault(end, day)
            if start not in values and start not in BUILT_IN_DATES:
                counted.setdefault(start, []).append(name)
    held: set[str] = set()
    for start, names in counted.items():
        for days in sorted({abs(int(values[n])) + more for n in names for more in range(_PERIOD)}):  # type: ignore[arg-type]  # numbers of days
            chosen = day - dt.timedelta(days=days)
            known = {n: Known(v, Grade.RECORD, "witness") for n, v in values.items() if n not in names}
            known |= {n: Known(day, Grade.RECORD, "witness") for n in BUILT_IN_DATES}
            known[start] = Known(chosen, Grade.RECORD, "witness")
            found = {n: compute(pack.vocabulary[n], known, parameters, context) for n in names}
            if all(k is not None and space.within(n, box[n, ""], k.value) for n, k in found.items()):
                values[start] = chosen
                held |= set(names)
                break
    for name in held:
        del values[name]
    return held


def lower(pack: Pack, content: dict[str, Any], name: str, grade: Grade) -> dict[str, Any]:
    """The complaint with a fact no better established than a grade, and with it what the fact is computed from."""
    facts = dict(content.get("facts", {}))
    for source in sources(pack, name):
        if source in facts:
            facts[source] = {**facts[source], "grade": grade.word}
    return {**content, "facts": facts}


def sources(pack: Pack, name: str) -> tuple[str, ...]:
    """A fact and the facts it is derived from, near and far."""
    found: dict[str, None] = {}
    agenda = [name]
    while agenda:
        fact = agenda.pop()
        if fact in found:
            continue
        found[fact] = None
        derivation = pack.vocabulary[fact].derivation
        agenda += [
            a
            for a in (derivation.args if derivation is not None else ())
            if isinstance(a, str) and a in pack.vocabulary
        ]
    return tuple(found)


def shrink(complaint: dict[str, Any], shows: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """The complaint without every fact it does not need to show its point; None if it does not show it."""
    if not shows(complaint):
        return None
    for name in tuple(complaint.get("facts", ())):
        fewer = {**complaint, "facts": {k: v for k, v in complaint["facts"].items() if k != name}}
        if (fewer["facts"] or fewer.get("text")) and shows(fewer):
            complaint = fewer
    return complaint


def plain(kind: str, value: Value) -> object:
    """A value as JSON holds it."""
    if kind == "money" and isinstance(value, int):
        return yuan(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else value


def _needed(rule: Rule) -> list[str]:
    """Facts that a settlement of a rule is computed from."""
    if rule.settle is None:
        return [rule.governs]
    found = dict.fromkeys([rule.governs, *rule.settle.needs])
    for remedy in rule.settle.remedies:
        found.update(dict.fromkeys(test.fact for test in leaves_of(remedy.when)))
        if remedy.formula is not None:
            found.update(dict.fromkeys(n.name for n in names_of(remedy.formula) if isinstance(n, FactRef)))
    found["price_paid"] = None
    return [name for name in found if name not in BUILT_IN_DATES]


def _phrase(pack: Pack, signal: str, day: dt.date) -> str | None:
    """Words that a signal is found in."""
    for phrase in pack.lexicon.signals[signal].phrases:
        text = "".join(segment[0] for segment in phrase.segments)
        scan = pack.lexicon.scan(text, received_on=day)
        if any(hit.signal == signal and not hit.negated for hit in scan.hits):
            return text
    return None
