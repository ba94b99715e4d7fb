"""A witness: the smallest complaint that shows a finding, run through the engine before it is shown to anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from funnel.author.analysis._search import Found
from funnel.facts.values import Grade, Value
from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX, yuan
from funnel.pack.formulas import names_of
from funnel.pack.model import FactRef, Pack, Rule, leaves_of

_AMOUNT = 10_000
"""A hundred yuan, where any amount will do."""


def build(pack: Pack, found: Found, rules: Iterable[Rule], day: dt.date) -> dict[str, Any] | None:
    """A complaint with facts that were found, and what rules may need to compute a settlement; None if it cannot be said.

    Args:
        pack: The pack.
        found: The facts.
        rules: Rules whose remedies may be due.
        day: When the complaint is received.
    """
    values = {name: found.values[name] for name in found.given}
    unsaid = {source for name in found.unknown for source in sources(pack, name)}
    for rule in rules:
        for name in _useful(rule):
            spec = pack.vocabulary[name]
            if name in found.values or name in unsaid or spec.world == "raised" or spec.derivation is not None:
                continue
            if spec.type == "date":
                values[name] = day
            elif spec.type == "money":
                values[name] = _AMOUNT
            elif spec.type == "integer":
                values[name] = max(1, spec.low or 1)
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
    content: dict[str, Any] = {"id": "witness", "received_at": f"{day.isoformat()}T12:00:00"}  # in the pack's timezone
    if text:
        content["text"] = pack.lexicon.language.stop.join(text)
    if facts:
        content["facts"] = facts
    return content if text or facts else None


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


def _useful(rule: Rule) -> list[str]:
    """Facts that a settlement of a rule may be computed from."""
    if rule.settle is None:
        return [rule.governs]
    found = dict.fromkeys([rule.governs])
    for remedy in rule.settle.remedies:
        found.update(dict.fromkeys(test.fact for test in leaves_of(remedy.when)))
        if remedy.formula is not None:
            found.update(dict.fromkeys(n.name for n in names_of(remedy.formula) if isinstance(n, FactRef)))
    found["price_paid"] = None
    return [name for name in found if name not in BUILT_IN_DATES]


def _phrase(pack: Pack, signal: str, day: dt.date) -> str | None:
    """Words that a signal is found in."""
    spec = pack.lexicon.signals[signal]
    parts = [part for part in (_phrase(pack, name, day) for name in spec.together) if part is not None]
    if parts and len(parts) == len(spec.together):
        texts = [pack.lexicon.language.comma.join(parts)] if spec.later is None else _timed(parts)
        for text in texts:
            if _affirms(pack, text, signal, day):
                return text
    for phrase in spec.phrases:
        text = pack.lexicon.language.blank.join(segment[0] for segment in phrase.segments)
        if _affirms(pack, text, signal, day):
            return text
    return None


def _timed(parts: Sequence[str]) -> list[str]:
    """An earlier and a later mention with times before them, in the ways that phrases may leave room for."""
    first, second = parts
    return [
        f"{early}{a}{first}，{late}{b}{second}"
        for early, late, mark in (("1", "28", "号"), ("8", "20", "点"))
        for a in (mark, "")
        for b in (mark, "")
    ]


def _affirms(pack: Pack, text: str, signal: str, day: dt.date) -> bool:
    scan = pack.lexicon.scan(text, received_on=day)
    return any(hit.signal == signal and not hit.negated for hit in scan.hits)
