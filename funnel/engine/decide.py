"""Decide a complaint. Pure: pack, complaint and day in, decision out; the same inputs give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from funnel.complaint import Complaint
from funnel.decision import Decision, Question
from funnel.engine._alike import Alike, Overheard
from funnel.engine._memory import state
from funnel.engine._reasoning import Compiled, Findings, Reasoning, Ruling, compile_pack
from funnel.engine._rulings import Judge, open_elsewhere
from funnel.engine._unasked import asks_of
from funnel.engine._writer import Writer
from funnel.engine.assess import Assessment, Case, assess_planned
from funnel.engine.evaluate import Parameters
from funnel.engine.questions import Ask
from funnel.facts.intake import Intake, given, intake, member, values_of
from funnel.facts.likeness import Margins
from funnel.facts.truth import Truth
from funnel.facts.values import LIKENESS, RECORDS, Facts, Grade, Known
from funnel.facts.vocabulary import CLAIMS, GRIEVANCES

__all__ = [
    "Compiled",
    "Reasoning",
    "compile_pack",
    "decide",
    "judge",
    "put_in_words",
    "read",
    "reason",
    "shown_by_records",
]


_EVIDENCE = "evidence_kinds"
_NOT_SO = (None, False)


def reason(compiled: Compiled, complaint: Complaint, *, as_of: dt.date) -> Reasoning:
    """Match and assess, without putting anything in words yet. Pure."""
    return judge(compiled, complaint, read(compiled, complaint, as_of=as_of), as_of=as_of)


def read(
    compiled: Compiled,
    complaint: Complaint,
    *,
    as_of: dt.date,
    instead: Mapping[str, Known | None] = MappingProxyType({}),
) -> Intake:
    """The facts of a complaint. They hang on vocabulary, signals and parameters, not on the rules."""
    parameters = compiled.table.on(as_of)
    received_at = complaint.received_at
    return intake(complaint, compiled.reading, parameters, received_at=received_at, as_of=as_of, instead=instead)


def judge(compiled: Compiled, complaint: Complaint, taken: Intake, *, as_of: dt.date) -> Reasoning:
    """What the rules make of facts that were read.

    Sources that differ within a fact's tolerance are no dispute as long as nothing hangs on it. Where a settlement does,
    as on the last day of a term, they are one.
    """
    reasoning = _judge(compiled, complaint, taken, as_of)
    if not taken.nearly or not _settles(reasoning.rulings):
        return reasoning

    def otherwise(instead: Mapping[str, Known | None]) -> Reasoning:
        return _judge(compiled, complaint, read(compiled, complaint, as_of=as_of, instead=instead), as_of)

    result = _result(reasoning)
    decisive = {
        name
        for name, others in taken.nearly.items()
        if any(_result(otherwise({name: other})) != result for other in others)
    }
    return otherwise(dict.fromkeys(decisive)) if decisive else reasoning


def _settles(rulings: Sequence[Ruling]) -> bool:
    return any(ruling.outcome == "settle" for ruling in rulings)


def _result(reasoning: Reasoning) -> tuple[object, ...]:
    """What is decided, and by which gates anything would be barred."""
    rulings = tuple((r.matter, r.outcome, r.primary.rule.id, r.primary.result) for r in reasoning.rulings)
    return rulings, tuple(gate.id for gate, truth in reasoning.gates if truth is not False)


def _judge(compiled: Compiled, complaint: Complaint, taken: Intake, as_of: dt.date) -> Reasoning:
    parameters = compiled.table.on(as_of)
    shown = shown_by_records(compiled, complaint, taken, parameters)
    margins = compiled.likenesses.compare(taken)
    named = named_in_words(compiled, taken, margins, shown, parameters) if complaint.claims else frozenset[str]()
    if named:
        taken = _raise(taken, named, Grade.RECORD, RECORDS)
    recognised = compiled.matcher.recognised(taken.facts, parameters)
    # Words that name a matter which no rule takes up here (客服不理 beside a claim for money) name none.
    if shown and (not taken.facts.value(GRIEVANCES) or True not in recognised.values()):

        def may_be(rule: str, grievance: str) -> bool:
            picked = _raise(taken, frozenset({grievance}), Grade.STATED, GRIEVANCES)
            return compiled.matcher.recognised(picked.facts, parameters).get(rule) is True

        if borne_out := compiled.likenesses.bears_out(taken, margins, shown, may_be):
            taken = _raise(taken, borne_out, Grade.RECORD, RECORDS)
            recognised = compiled.matcher.recognised(taken.facts, parameters)

    def wordless() -> Mapping[str, Truth]:
        bare = read(compiled, complaint.model_copy(update={"text": None}), as_of=as_of)
        if shown:
            bare = _raise(bare, shown, Grade.RECORD, RECORDS)
        return compiled.matcher.recognised(bare.facts, parameters)

    alike = compiled.likenesses.of(complaint, taken, margins, recognised, wordless)
    if compiled.likenesses.reads_like(margins, named):
        alike = replace(alike, offers=(), presumed=None, borne_out=frozenset())
    if borne_out := shown & alike.borne_out:
        # Records show what the consumer would be asked about: nobody has to be asked whether it is so.
        taken = _raise(taken, borne_out, Grade.RECORD, RECORDS)
        recognised = compiled.matcher.recognised(taken.facts, parameters)
        alike = replace(alike, offers=(), doubted=(), presumed=None, borne_out=frozenset())
    heard = taken
    if alike.presumed is not None:
        taken = _raise(taken, frozenset({alike.presumed}), Grade.PRESUMED, LIKENESS)
        recognised = compiled.matcher.recognised(taken.facts, parameters)
    key = state(heard, recognised, as_of, compiled.silent, alike)
    findings = None if key is None else compiled.memory.get(key)
    if findings is None:
        findings = _findings(compiled, taken.facts, heard.facts, recognised, as_of, alike)
        if key is not None:
            compiled.memory.put(key, findings)
    gates, assessments, rulings = findings.gates, findings.assessments, findings.rulings
    overheard: tuple[Overheard, ...] = ()
    unheeded: tuple[str, ...] = ()
    if _settles(rulings):
        overheard = compiled.likenesses.overhears(complaint, heard, parameters, _answered(compiled, complaint, rulings))
        shut = {gate.id for gate, truth in gates if truth is False} - {one.gate for one in overheard}
        overheard += _in_evidence(compiled, complaint, shut, parameters, as_of)
        unheeded = _unheeded(compiled, complaint, taken.facts, rulings)
    return Reasoning(
        complaint, as_of, parameters, taken, gates, recognised, assessments, rulings, findings, overheard, unheeded
    )


def _answered(compiled: Compiled, complaint: Complaint, rulings: Sequence[Ruling]) -> frozenset[str]:
    """The claims that a form makes, other than the words of the text, and that what would be settled gives."""
    spec = compiled.pack.vocabulary.facts.get(CLAIMS)
    if spec is None:
        return frozenset()
    settled = (ruling.primary.remedies or () for ruling in rulings if ruling.outcome == "settle")
    given = {due.spec.kind for remedies in settled for due in remedies}
    made = {member(spec, claim) for claim in complaint.claims}
    return frozenset(
        slug for slug in made if slug is not None and not given.isdisjoint(spec.members[slug].answered_by or ())
    )


def _unheeded(compiled: Compiled, complaint: Complaint, facts: Facts, rulings: Sequence[Ruling]) -> tuple[str, ...]:
    """What is told of a case and read by no rule that would settle it, nor by a gate.

    A raised fact is told because somebody thinks that it matters: a child, a threat, goods that are gone. The rules of its own
    scenario read it; where others are recognised it must not vanish. What the text says is read by gates and by likeness.
    """
    specs = compiled.pack.vocabulary.facts
    told = [
        name
        for name, raw in complaint.facts.items()
        if name in specs and specs[name].heed and facts.value(name) not in _NOT_SO and _affirmed(raw)
    ]
    if not told:
        return ()
    deciding = (a for r in rulings if r.outcome == "settle" for a in r.members if a.recognised is True and not a.dead)
    plans = [compiled.plans.of(a.rule) for a in deciding]
    read = {name for plan in plans for name in (*plan.reading, *plan.figures)}
    read |= {name for _, check in compiled.gates for name in check.reads}
    return tuple(sorted(set(told) - compiled.pack.vocabulary.with_inputs(read)))


def _affirmed(raw: object) -> bool:
    """Whether a fact is told as true, or as anything but a no: what is computed of it besides says nothing of who told it."""
    return any(value not in _NOT_SO for value in values_of(raw))


def _in_evidence(
    compiled: Compiled, complaint: Complaint, shut: set[str], parameters: Parameters, as_of: dt.date
) -> tuple[Overheard, ...]:
    """The gates, of those that are shut, that what is written of the evidence would open, or reads like, were it the complaint's own text.

    A note is words of a party, and so is a kind that the pack does not know: they establish nothing, and are not passed over.
    """
    found: dict[str, Overheard] = {}
    for words in dict.fromkeys(_written(compiled, complaint)):
        note = complaint.model_copy(update={"text": words, "evidence": ()})
        taken = read(compiled, note, as_of=as_of)
        opened = tuple(
            Overheard(gate.id, words, facts)
            for gate, check in compiled.gates
            if gate.id in shut and check.truth(taken.facts.known, taken.facts.told, parameters) is True
            if (facts := compiled.likenesses.asked(gate.id, complaint)) is not None
        )
        for one in (*opened, *compiled.likenesses.overhears(note, taken, parameters, asking=False)):
            if one.gate in shut:
                found.setdefault(one.gate, one)
    return tuple(found.values())


def _written(compiled: Compiled, complaint: Complaint) -> Iterator[str]:
    spec = compiled.pack.vocabulary.facts.get(_EVIDENCE)
    for item in complaint.evidence:
        if spec is None or member(spec, item.kind) is None:
            yield item.kind
        if item.note and item.note.strip():
            yield item.note


def shown_by_records(compiled: Compiled, complaint: Complaint, taken: Intake, parameters: Parameters) -> frozenset[str]:
    """The grievances that records show, but where a form says what it is about: none, too, is said."""
    facts = taken.facts
    if not compiled.shown or GRIEVANCES in given(complaint.facts) or GRIEVANCES in facts.disputed:
        return frozenset()
    shown = [one for one, check in compiled.shown if check.truth(facts.known, facts.told, parameters) is True]
    every = {one.grievance for one in shown}
    return frozenset(one.grievance for one in shown if every.isdisjoint(one.yields_to))


def named_in_words(
    compiled: Compiled, taken: Intake, margins: Margins | None, shown: frozenset[str], parameters: Parameters
) -> frozenset[str]:
    """Which of what records show the words name, though no rule knows how: 押金 beside a deposit that is due back.

    Only where a form claims something, for praise and questions name it too; not beside a matter that the words name and that this
    one yields to, and not what they deny.
    """
    facts, checks = taken.facts, compiled.named
    told = facts.value(GRIEVANCES)
    told = told if isinstance(told, frozenset) else frozenset()
    names = {name for name in shown - told if name in checks and told.isdisjoint(compiled.pack.shown[name].yields_to)}
    found = {name for name in names if checks[name].truth(facts.known, facts.told, parameters) is True}
    return compiled.likenesses.ungainsaid(taken, margins, frozenset(found))


def _raise(taken: Intake, grievances: frozenset[str], grade: Grade, source: str) -> Intake:
    """The same facts with some grievances besides those that were told."""
    told = taken.facts.value(GRIEVANCES)
    values = grievances | (told if isinstance(told, frozenset) else frozenset())
    return replace(taken, facts=taken.facts.with_value(GRIEVANCES, Known(values, grade, source)))


def _findings(
    compiled: Compiled, facts: Facts, heard: Facts, recognised: Mapping[str, Truth], as_of: dt.date, alike: Alike
) -> Findings:
    """What the rules make of facts.

    Args:
        compiled: The pack.
        facts: The facts, with what is presumed of the matter.
        heard: The same without it, for the gates: a presumption opens none, what is suspected is suspected by the gate's own examples.
        recognised: The rules that recognise ``facts``.
        as_of: The day.
        alike: What the likeness of the text comes to.
    """
    pack, plan = compiled.pack, compiled.plans.of
    parameters = compiled.table.on(as_of)
    case = Case(facts, compiled.table, as_of)
    gates = tuple((gate, check.truth(heard.known, heard.told, parameters)) for gate, check in compiled.gates)
    remarks = _beside_others(compiled, case, recognised, parameters) if compiled.remarks else ()
    every = {
        name: assess_planned(plan(pack.rules[name]), pack, case, truth)
        for name, truth in recognised.items()
        if name not in remarks
    }
    assessments = in_scope = _in_scope(every)
    passing = frozenset(name for name in alike.doubted if name in assessments and pack.rules[name].out_of_scope)
    if passing:
        assessments = _in_scope({name: a for name, a in every.items() if name not in passing})
    judge_ = Judge(compiled, facts, case, assessments, frozenset(alike.doubted))
    rulings = judge_.rulings()
    aside = _doubted_matters(assessments, alike)
    if aside:
        left = {name: a for name, a in assessments.items() if a.rule.matter not in aside}
        rest = replace(judge_, assessments=left).rulings()
        # A doubt may spare the consumer a question and a person a matter. It may not be what lets a machine settle.
        before, after = _settled_matters(assessments, rulings), _settled_matters(left, rest)
        whole = len(before) == len(rulings) or len(after) < len(rest)
        if alike.offers or (rest and after <= before and whole):
            assessments, rulings = left, rest
    if passing and not alike.picked and any(ruling.outcome == "settle" for ruling in rulings):
        assessments = in_scope
        rulings = replace(judge_, assessments=assessments).rulings()
    if alike.presumed is not None:  # nobody has said so yet, so nothing is decided on it: that is asked
        rulings = tuple(replace(r, outcome="ask", tier=None, reasons=(), asks=(), missing=()) for r in rulings)
    # Beside a matter that is presumed a rule may be a remark, or recognise the complaint no more: it is named all the same.
    known = {*assessments, *(name for name in every if pack.rules[name].out_of_scope and name not in passing)}
    if alike.presumed is None:
        known |= {*remarks}
    doubted = tuple(name for name in alike.doubted if name not in known)
    if doubted != alike.doubted:
        alike = replace(alike, doubted=doubted)
    return Findings(gates, MappingProxyType(assessments), rulings, remarks, alike)


def _doubted_matters(assessments: Mapping[str, Assessment], alike: Alike) -> frozenset[str]:
    """The matters that are doubted as a whole: every rule that recognises the complaint there is.

    Within a matter nothing is taken away, for its rules are readings of one thing and each may bar the others. And a matter
    stays whose rule goes before another by law: who tells of a fault and of a return refused has the law of the fault,
    however much more he says of the return.
    """
    certain = [a.rule for a in assessments.values() if a.recognised is True]
    kept = {rule.id for rule in certain if rule.id not in alike.doubted}
    stays = {rule.matter for rule in certain if rule.id in kept}
    if not alike.offers:
        stays |= {rule.matter for rule in certain if any(override.rule in kept for override in rule.overrides)}
    return frozenset(rule.matter for rule in certain) - stays


def _settled_matters(assessments: Mapping[str, Assessment], rulings: Sequence[Ruling]) -> frozenset[str]:
    """The matters that a machine settles, gates aside: none where another rule may still turn out to decide."""
    if not all(ruling.certain for ruling in rulings) or open_elsewhere(assessments, rulings):
        return frozenset()
    return frozenset(ruling.matter for ruling in rulings if ruling.outcome == "settle")


def _beside_others(
    compiled: Compiled, case: Case, recognised: Mapping[str, Truth], parameters: Parameters
) -> tuple[str, ...]:
    """The rules whose words are a remark beside the matter of another rule; two remarks alone are two matters."""
    checks, rules = compiled.remarks, compiled.pack.rules
    said = tuple(
        name for name in recognised if name in checks and checks[name].truth(case.known, case.told, parameters) is True
    )
    if not said:
        return ()
    matters = any(
        truth is True and name not in said and not rules[name].out_of_scope for name, truth in recognised.items()
    )
    return said if matters else ()


def _in_scope(assessments: dict[str, Assessment]) -> dict[str, Assessment]:
    """What decides: where a rule for what is out of scope is recognised, such rules alone, unless another overrides them."""
    certain = [a.rule for a in assessments.values() if a.recognised is True]
    special = {override.rule for rule in certain if not rule.out_of_scope for override in rule.overrides}
    outside = {rule.id for rule in certain if rule.out_of_scope}
    if outside - special:
        return {name: a for name, a in assessments.items() if name in outside - special}
    return {name: a for name, a in assessments.items() if name not in outside}


def decide(compiled: Compiled, complaint: Complaint, *, as_of: dt.date, lang: str = "zh") -> Decision:
    """Decide a complaint.

    Args:
        compiled: The prepared pack.
        complaint: The complaint.
        as_of: The day for which the law and all periods are taken.
        lang: Language of the texts, ``zh`` or ``en``.
    """
    return put_in_words(compiled, reason(compiled, complaint, as_of=as_of), lang=lang)


def put_in_words(compiled: Compiled, reasoning: Reasoning, *, lang: str = "zh") -> Decision:
    """The decision that a reasoning leads to; for who wants both."""
    return Writer(compiled, reasoning, lang).decision()


def ask_on(
    compiled: Compiled, reasoning: Reasoning, asked: Collection[str], *, lang: str = "zh"
) -> tuple[Question, ...]:
    """What an interview may still ask before what was decided stands, the most telling first.

    Args:
        compiled: The prepared pack.
        reasoning: What the complaint comes to as it stands.
        asked: Facts that were asked for already: whoever did not know them is not asked again, nor for what hangs on them.
        lang: Language of the texts, ``zh`` or ``en``.
    """
    findings, facts = reasoning.findings, reasoning.intake.facts
    if findings.alike.presumed is not None or not findings.rulings:
        return _not_asked(put_in_words(compiled, reasoning, lang=lang), asked)
    case = Case(facts, compiled.table, reasoning.as_of)
    doubted = frozenset(findings.alike.doubted)
    judge_ = Judge(compiled, facts, case, findings.assessments, doubted, asked=frozenset(asked))
    rulings = tuple(_perhaps_a_remark(compiled, reasoning, ruling, asked) for ruling in judge_.rulings())
    gates = reasoning.gates
    if rulings and not any(ruling.outcome == "refer" for ruling in rulings):
        first = rulings[0]
        asks: dict[str, tuple[Ask, ...]] = {}
        for (gate, check), (_, truth) in zip(compiled.gates, gates, strict=True):
            if truth is True:
                asks[gate.id] = asks_of(compiled.pack, facts, check, reasoning.parameters, asked, gate=gate.id)
        if all(asks.values()):  # one that stays open keeps the case with people
            gates = tuple((gate, None if gate.id in asks else truth) for gate, truth in gates)
            besides = [ask for found in asks.values() for ask in found]
            rulings = (
                (replace(first, outcome="ask", asks=(*first.asks, *besides)), *rulings[1:]) if besides else rulings
            )
    findings = replace(findings, rulings=rulings, gates=gates, said={})
    again = replace(reasoning, rulings=rulings, gates=gates, findings=findings)
    return _not_asked(put_in_words(compiled, again, lang=lang), asked)


def _not_asked(decision: Decision, asked: Collection[str]) -> tuple[Question, ...]:
    return tuple(question for question in decision.questions if question.fact not in asked)


def _perhaps_a_remark(compiled: Compiled, reasoning: Reasoning, ruling: Ruling, asked: Collection[str]) -> Ruling:
    """A matter that would go to people: first it is asked whether it is one at all, or what people also say beside another."""
    if ruling.outcome != "refer" or len(reasoning.rulings) == 1:
        return ruling
    rules = [a.rule.id for a in ruling.members if a.rule.id in compiled.remarks]
    facts, parameters = reasoning.intake.facts, reasoning.parameters
    asks = tuple(
        ask
        for rule in rules
        for ask in asks_of(compiled.pack, facts, compiled.remarks[rule], parameters, asked, remark=rule)
    )
    return replace(ruling, outcome="ask", tier=None, reasons=(), asks=asks) if asks else ruling
