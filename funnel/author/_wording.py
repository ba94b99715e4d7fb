"""The words of a pack: what people read, and neither outcome, tier nor remedy hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from funnel.facts.vocabulary import SIGNAL_PREFIX, FactSpec, Texts
from funnel.pack.model import Gate, Pack, RemedySpec, Rule, StepSpec

Words = Mapping[str, str]
"""Texts by the place they stand in: ``title.zh``, ``strategy.opening.zh`` …"""


@dataclass(frozen=True, slots=True)
class Rewording:
    """Words that changed, and nothing else: as they were and as they are; empty where there were none.

    Attributes:
        kind: ``rule``, ``fact``, ``gate``, ``forum``, ``tier``, ``signal``, ``parameter`` or ``condition``.
        name: Its id.
        where: The place in it.
    """

    kind: str
    name: str
    where: str
    before: str
    after: str


def rewordings(old: Pack, new: Pack) -> tuple[Rewording, ...]:
    """What reads differently in two packs, of what both have."""
    found = []
    one, two = _of_pack(old), _of_pack(new)
    for key in one.keys() & two.keys():
        was, now = one[key], two[key]
        for where in dict.fromkeys([*was, *now]):
            before, after = was.get(where, ""), now.get(where, "")
            if before != after:
                found.append(Rewording(*key, where, before, after))
    return tuple(sorted(found, key=lambda r: (r.kind, r.name, r.where)))


def _of_pack(pack: Pack) -> dict[tuple[str, str], Words]:
    found: dict[tuple[str, str], Words] = {}
    found |= {("rule", rule.id): dict(_of_rule(rule)) for rule in pack.live_rules}
    facts = pack.vocabulary.facts.items()
    found |= {("fact", name): dict(_of_fact(spec)) for name, spec in facts if not name.startswith(SIGNAL_PREFIX)}
    found |= {("gate", gate.id): dict(_of_gate(gate)) for gate in pack.gates.values()}
    found |= {("tier", tier): dict(_steps("tier_steps", steps)) for tier, steps in pack.manifest.tier_steps.items()}
    found |= {("signal", name): dict(_texts("title", signal.title)) for name, signal in pack.lexicon.signals.items()}
    for forum in pack.forums.values():
        found["forum", forum.id] = dict([*_texts("title", forum.title), *_texts("text", forum.text)])
    for name, parameter in pack.register.parameters.items():
        found["parameter", name] = dict([*_texts("label", parameter.label), *_texts("note", parameter.note)])
    found |= {("condition", name): dict(_texts("label", named.label)) for name, named in pack.conditions.items()}
    return found


def _texts(where: str, texts: Texts | None) -> Iterator[tuple[str, str]]:
    for lang, text in (texts or {}).items():
        yield f"{where}.{lang}", text


def _list(where: str, items: Iterable[Texts]) -> Iterator[tuple[str, str]]:
    for number, texts in enumerate(items, 1):
        yield from _texts(f"{where} {number}", texts)


def _steps(where: str, steps: Iterable[StepSpec]) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(steps, 1):
        yield f"{where} {number}", f"{step.who} {step.within}"
        yield from _texts(f"{where} {number}", step.do)


def _remedies(where: str, remedies: Iterable[RemedySpec]) -> Iterator[tuple[str, str]]:
    for number, remedy in enumerate(remedies, 1):
        yield from _texts(f"{where} {number} {remedy.kind}", remedy.note)


def _of_rule(rule: Rule) -> Iterator[tuple[str, str]]:
    yield from _texts("title", rule.title)
    yield "reviewed", rule.reviewed.isoformat()
    for exception in rule.exceptions:
        yield from _texts(f"unless {exception.id}.title", exception.title)
        yield from _texts(f"unless {exception.id}.why", exception.why)
    for basis in rule.basis:
        yield from _texts(f"basis {basis.citation}.gist", basis.gist)
    if rule.settle is not None:
        yield from _remedies("settle.remedies", rule.settle.remedies)
    strategy = rule.strategy
    yield from _texts("strategy.opening", strategy.opening)
    yield from _list("strategy.concessions", strategy.concessions)
    yield from _texts("strategy.floor", strategy.floor)
    yield from _list("strategy.evidence", strategy.evidence)
    yield from _steps("strategy.steps", strategy.steps)
    yield "strategy.respond_within", strategy.respond_within or ""
    yield "strategy.resolve_within", strategy.resolve_within or ""
    for number, when in enumerate(rule.refer.when, 1):
        yield from _texts(f"refer.when {number}.why", when.why)
    yield from _remedies("refer.considers", rule.refer.considers)
    yield "forums", ", ".join(rule.forums)
    for override in rule.overrides:
        yield from _texts(f"overrides {override.rule}.why", override.why)
    for accepted in rule.accepted:
        yield from _texts(f"accepted {accepted.code} {accepted.rule or ''}".strip(), accepted.why)


def _of_fact(spec: FactSpec) -> Iterator[tuple[str, str]]:
    yield from _texts("label", spec.label)
    yield from _texts("question", spec.question)
    yield from _texts("why", spec.why)
    for member in spec.members.values():
        yield from _texts(f"values {member.slug}", member.label)


def _of_gate(gate: Gate) -> Iterator[tuple[str, str]]:
    yield from _texts("title", gate.title)
    yield from _texts("why", gate.why)
    yield from _steps("steps", gate.steps)
