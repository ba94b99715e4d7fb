"""A witness: the smallest complaint that shows a finding, run through the engine before it is shown to anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from funnel.author.analysis._search import Found
from funnel.facts.intake import member
from funnel.facts.values import Grade, Value
from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX, FactSpec, yuan
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
    values = {name: _said(pack, found, name) for name in found.given}
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
        elif spec.type == "set" and not value and found.values.get(name):
            continue  # all of it is told in words
        elif not (spec.world == "raised" and value == spec.unraised.value):
            facts[name] = {"value": plain(spec.type, value), "grade": "record", "source": "witness"}
    content: dict[str, Any] = {"id": "witness", "received_at": f"{day.isoformat()}T12:00:00"}  # in the pack's timezone
    if text:
        content["text"] = pack.lexicon.language.stop.join(text)
    if facts:
        content["facts"] = facts
    return content if text or facts else None


def _said(pack: Pack, found: Found, name: str) -> Value:
    """The value of a fact, without what of a set is told in words: the facts that are read from its field lack it."""
    value = found.values[name]
    if not isinstance(value, frozenset):
        return value
    beside = [s for s in pack.vocabulary.facts.values() if s.origin is not None and s.origin.path == name != s.name]
    told: set[str] = set()
    for signal, spec in pack.lexicon.signals.items():
        if found.values.get(f"{SIGNAL_PREFIX}{signal}") is True:
            told.update(*(members for fact, members in spec.sets if fact == name and isinstance(members, frozenset)))
    return frozenset(slug for slug in value if slug not in told or all(_agrees(s, found, slug) for s in beside))


def _agrees(spec: FactSpec, found: Found, slug: str) -> bool:
    """Whether a fact that is read from a field as a set is may be so where the field names a value."""
    read = member(spec, slug)
    if read is None or (spec.name not in found.values and spec.name not in found.unknown):
        return True
    value = found.values.get(spec.name)
    return read in value if isinstance(value, frozenset) else read == value


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


def shrink(
    complaint: dict[str, Any], shows: Callable[[dict[str, Any]], bool], likely: Collection[str] = ()
) -> dict[str, Any] | None:
    """The complaint without every fact it does not need to show its point; None if it does not show it.

    Args:
        complaint: The complaint.
        shows: Whether a complaint shows it.
        likely: Facts that are likely needed; of the others as many as can be are tried without at once.
    """
    if not shows(complaint):
        return None
    names = list(complaint.get("facts", ()))
    rest = [name for name in names if name not in likely]
    tries = [*([rest] if likely and rest else [[name] for name in rest]), *([n] for n in names if n in likely)]
    while tries:
        gone = tries.pop(0)
        fewer = {**complaint, "facts": {k: v for k, v in complaint["facts"].items() if k not in gone}}
        if (fewer["facts"] or fewer.get("text")) and shows(fewer):
            complaint = fewer
        elif len(gone) > 1:
            middle = len(gone) // 2
            tries[:0] = [gone[:middle], gone[middle:]]
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
