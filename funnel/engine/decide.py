"""Decide a complaint. Pure: pack, complaint and day in, decision out; the same inputs give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from zoneinfo import ZoneInfo

from funnel.complaint import Complaint
from funnel.decision import (
    Answer,
    Decision,
    Explanation,
    Forum,
    Matter,
    NearMiss,
    Outcome,
    PackRef,
    Question,
    Reason,
    Referral,
    Suggestion,
)
from funnel.diagnostics._model import suggestion
from funnel.engine import describe
from funnel.engine._alike import GRIEVANCES, Alike, Likenesses
from funnel.engine._checks import Check
from funnel.engine._memory import Memory, silent_signals, state
from funnel.engine._plan import CLAIMS_FACT, DEAD, ELEMENTS, PAID_FACT, RECOGNISE, REST, Plans, resolve
from funnel.engine._texts import join
from funnel.engine._wording import Wording
from funnel.engine.assess import UNRECOGNISED, Assessment, Case, assess_planned
from funnel.engine.evaluate import Parameters, cheapest, evaluate
from funnel.engine.match import CompiledMatcher, Matcher
from funnel.engine.parameters import ParameterTable
from funnel.engine.questions import Ask, may_settle, rank, roles, which_matter
from funnel.facts.derived import Context
from funnel.facts.intake import Intake, IntakeContext, intake, localise
from funnel.facts.truth import Truth
from funnel.facts.values import LIKENESS, NOT_RAISED, Facts, Grade, Known
from funnel.facts.vocabulary import pick, yuan
from funnel.pack.model import Gate, Pack

_HARDNESS: Mapping[str, int] = {"settle": 0, "ask": 1, "refer": 2}
_NEAR_MISSES = 3
_MAX_CHANGES = 4


@dataclass(frozen=True, slots=True)
class Compiled:
    """A pack with everything computed from it once. Immutable; share it between threads."""

    pack: Pack
    matcher: Matcher
    table: ParameterTable
    zone: ZoneInfo
    context: Context
    reading: IntakeContext = field(init=False, repr=False, compare=False)
    memory: Memory[Findings] = field(init=False, repr=False, compare=False)
    plans: Plans = field(init=False, repr=False, compare=False)
    words: Mapping[str, Wording] = field(init=False, repr=False, compare=False)
    gates: tuple[tuple[Gate, Check], ...] = field(init=False, repr=False, compare=False)
    remarks: Mapping[str, Check] = field(init=False, repr=False, compare=False)
    likenesses: Likenesses = field(init=False, repr=False, compare=False)
    silent: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Made from the pack, so that `replace` with another pack (a mutant) makes them anew.
        pack = self.pack
        reading = IntakeContext(pack.vocabulary, pack.lexicon, self.zone, self.context)
        object.__setattr__(self, "reading", reading)
        object.__setattr__(self, "memory", Memory())
        object.__setattr__(self, "plans", Plans(pack))
        object.__setattr__(self, "words", MappingProxyType({lang: Wording(pack, lang) for lang in ("zh", "en")}))
        gates = tuple((gate, Check(gate.when, pack.vocabulary.defaults)) for gate in pack.gates.values())
        object.__setattr__(self, "gates", gates)
        remarks = {r.id: Check(r.remark, pack.vocabulary.defaults) for r in pack.live_rules if r.remark is not None}
        object.__setattr__(self, "remarks", MappingProxyType(remarks))
        object.__setattr__(self, "likenesses", Likenesses(pack, gates))
        object.__setattr__(self, "silent", silent_signals(pack))


def compile_pack(pack: Pack, matcher: Matcher | None = None) -> Compiled:
    """Prepare a pack for deciding. Costs milliseconds; do it once."""
    return Compiled(
        pack=pack,
        matcher=matcher if matcher is not None else CompiledMatcher(pack),
        table=ParameterTable(pack.register),
        zone=ZoneInfo(pack.manifest.timezone),
        context=Context(pack.calendar),
    )


@dataclass(frozen=True, slots=True)
class Ruling:
    """One matter, decided but not yet put in words."""

    matter: str
    outcome: Outcome
    primary: Assessment
    members: tuple[Assessment, ...]
    tier: str | None
    reasons: tuple[Reason, ...]
    asks: tuple[Ask, ...] = ()
    missing: tuple[str, ...] = ()
    overridden: tuple[tuple[str, str, str], ...] = ()

    @property
    def certain(self) -> bool:
        """Whether a rule certainly recognises the complaint; else the matter may turn out to be none."""
        return any(a.recognised is True for a in self.members)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Everything that led to a decision, for `explain` and the tests.

    Attributes:
        parameters: Those in force on ``as_of``.
        recognised: Every rule whose recognition is not false.
        assessments: Those of them that decide: without the rules that step aside because the complaint is out of scope,
            because what they recognise is a remark beside another matter, or because they are doubted.
    """

    complaint: Complaint
    as_of: dt.date
    parameters: Parameters
    intake: Intake
    gates: tuple[tuple[Gate, Truth], ...]
    recognised: Mapping[str, Truth]
    assessments: Mapping[str, Assessment]
    rulings: tuple[Ruling, ...]
    findings: Findings = field(repr=False, compare=False)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The rules that stepped aside because what they recognise is a remark beside another matter."""
        return self.findings.remarks

    @property
    def alike(self) -> Alike:
        """What the likeness of the text to the pack's examples comes to; ``doubted`` holds the rules that were set aside for it."""
        return self.findings.alike

    def names(self, rule: str) -> bool:
        """Whether a complaint's words certainly name what a rule is for, and not by way of a remark."""
        alike = self.findings.alike
        guessed = alike.offers if alike.presumed is not None else ()
        return self.recognised.get(rule) is True and rule not in (*self.findings.remarks, *alike.doubted, *guessed)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules make of facts, whoever told them: the same for every complaint that comes to these facts.

    Attributes:
        said: What is said of them, by language; filled in when it is first said.
    """

    gates: tuple[tuple[Gate, Truth], ...]
    assessments: Mapping[str, Assessment]
    rulings: tuple[Ruling, ...]
    remarks: tuple[str, ...]
    alike: Alike
    said: dict[str, Said] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Said:
    """All of a decision that does not name the complaint's own words, sources and days.

    Attributes:
        reads: The facts that anything in it hangs on.
    """

    outcome: Outcome
    recognised: bool
    matters: tuple[Matter, ...]
    questions: tuple[Question, ...]
    suggestions: tuple[Suggestion, ...]
    referral: Referral | None
    jurisdiction: tuple[Forum, ...]
    explanation: tuple[Explanation, ...]
    respond_within: int
    resolve_within: int
    reads: frozenset[str]


def reason(compiled: Compiled, complaint: Complaint, *, as_of: dt.date) -> Reasoning:
    """Match and assess, without putting anything in words yet. Pure."""
    return judge(compiled, complaint, read(compiled, complaint, as_of=as_of), as_of=as_of)


def read(compiled: Compiled, complaint: Complaint, *, as_of: dt.date) -> Intake:
    """The facts of a complaint. They hang on vocabulary, signals and parameters, not on the rules."""
    parameters = compiled.table.on(as_of)
    return intake(complaint, compiled.reading, parameters, received_at=complaint.received_at, as_of=as_of)


def judge(compiled: Compiled, complaint: Complaint, taken: Intake, *, as_of: dt.date) -> Reasoning:
    """What the rules make of facts that were read."""
    parameters = compiled.table.on(as_of)
    recognised = compiled.matcher.recognised(taken.facts, parameters)

    def wordless() -> Mapping[str, Truth]:
        bare = read(compiled, complaint.model_copy(update={"text": None}), as_of=as_of)
        return compiled.matcher.recognised(bare.facts, parameters)

    alike = compiled.likenesses.of(complaint, taken, recognised, wordless)
    heard = taken
    if alike.presumed is not None:
        taken = _presume(taken, alike.presumed)
        recognised = compiled.matcher.recognised(taken.facts, parameters)
    key = state(heard, recognised, as_of, compiled.silent, alike)
    findings = None if key is None else compiled.memory.get(key)
    if findings is None:
        findings = _findings(compiled, taken.facts, heard.facts, recognised, as_of, alike)
        if key is not None:
            compiled.memory.put(key, findings)
    gates, assessments, rulings = findings.gates, findings.assessments, findings.rulings
    return Reasoning(complaint, as_of, parameters, taken, gates, recognised, assessments, rulings, findings)


def _presume(taken: Intake, grievance: str) -> Intake:
    """The same facts with the matter presumed that the text reads like."""
    told = taken.facts.value(GRIEVANCES)
    values = frozenset({grievance}) | (told if isinstance(told, frozenset) else frozenset())
    return replace(taken, facts=taken.facts.with_value(GRIEVANCES, Known(values, Grade.PRESUMED, LIKENESS)))


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
    judge_ = _Judge(compiled, facts, case, assessments, frozenset(alike.doubted))
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
    if not all(ruling.certain for ruling in rulings) or _open_elsewhere(assessments, rulings):
        return frozenset()
    return frozenset(ruling.matter for ruling in rulings if ruling.outcome == "settle")


def _open_elsewhere(assessments: Mapping[str, Assessment], rulings: Sequence[Ruling]) -> list[Assessment]:
    """The rules that may still turn out to open a matter of their own."""
    decided = {ruling.matter for ruling in rulings}
    return [a for a in assessments.values() if a.recognised is None and a.rule.matter not in decided]


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
    return _Writer(compiled, reasoning, lang).decision()


@dataclass(frozen=True, slots=True)
class _Judge:
    """Decides each matter from the assessments of its rules.

    Attributes:
        doubted: Rules that do not name a matter which others recognise as well.
    """

    compiled: Compiled
    facts: Facts
    case: Case
    assessments: Mapping[str, Assessment]
    doubted: frozenset[str]

    @property
    def pack(self) -> Pack:
        return self.compiled.pack

    def rulings(self) -> tuple[Ruling, ...]:
        matters: dict[str, list[Assessment]] = {}
        for assessment in self.assessments.values():
            matters.setdefault(assessment.rule.matter, []).append(assessment)
        overridden = self._overridden()
        found = [self._matter(name, members, overridden) for name, members in sorted(matters.items())]
        return self._sums(tuple(r for r in found if r is not None))

    def _overridden(self) -> dict[str, tuple[str, str]]:
        """Rules that a certainly applying rule sets aside: ``{general: (special, citation)}``."""
        found: dict[str, tuple[str, str]] = {}
        for name, assessment in sorted(self.assessments.items()):
            if not assessment.applies:
                continue
            for override in assessment.rule.overrides:
                if override.rule in self.assessments:
                    found.setdefault(override.rule, (name, override.basis))
        return found

    def _matter(
        self, name: str, members: Sequence[Assessment], overridden: Mapping[str, tuple[str, str]]
    ) -> Ruling | None:
        aside = tuple(
            (overridden[a.rule.id][0], a.rule.id, overridden[a.rule.id][1]) for a in members if a.rule.id in overridden
        )
        left = [a for a in members if a.rule.id not in overridden]
        candidates = [a for a in left if a.recognised is True]
        if not left:
            return None  # all set aside by rules of other matters, which decide
        live = [a for a in left if not a.dead]
        if not live and not candidates:
            return None
        base = _Base(name, self._primary(live, candidates), tuple(members), aside)
        if not live:
            return self._all_dead(base, candidates)
        if all(a.settles for a in live):
            return self._settled(base, live)
        hopeless = any(not (may_settle(a) or self._may_vanish(a) or self._may_yield(a, live)) for a in live)
        if hopeless or not any(may_settle(a) for a in live):
            return self._refer(base, live)
        asks, stuck = rank(self.pack, self.case, live)
        if not asks:
            reasons = [*self._open_reasons(live), *self._stuck(live, stuck)]
            return base.refer(self._tier(live), tuple(reasons), missing=stuck)
        return Ruling(name, "ask", base.primary, base.members, None, (), asks, stuck, aside)

    @staticmethod
    def _may_vanish(assessment: Assessment) -> bool:
        """Whether a rule may yet turn out not to decide."""
        return bool({DEAD, UNRECOGNISED} & assessment.live)

    @staticmethod
    def _may_yield(assessment: Assessment, live: Sequence[Assessment]) -> bool:
        """Whether nothing that people must look into bars a rule that cannot settle, and one that goes before it may yet."""
        barred = any(truth is True for _, truth in (*assessment.exceptions, *assessment.referrals))
        if barred or {block.code for block in assessment.blocks} - {"claim-unanswered", "rule-refers"}:
            return False
        before = (a for a in live if any(o.rule == assessment.rule.id for o in a.rule.overrides))
        return any(may_settle(a) for a in before)

    def _primary(self, live: Sequence[Assessment], candidates: Sequence[Assessment]) -> Assessment:
        """The rule that names the matter: one that is not doubted, the special before the general, the one with most at hand."""
        pool = [a for a in live if a.recognised is True] or list(candidates) or list(live)
        general = {o.rule for a in pool for o in a.rule.overrides}
        return min(pool, key=lambda a: (a.rule.id in self.doubted, a.rule.id in general, len(a.live), a.rule.id))

    def _tier(self, assessments: Sequence[Assessment]) -> str:
        return self.pack.hardest(*(a.rule.refer.tier for a in assessments))

    def _all_dead(self, base: _Base, candidates: Sequence[Assessment]) -> Ruling:
        reasons = []
        tiers = [self._tier(candidates)]
        for a in sorted(candidates, key=lambda a: a.rule.id):
            fired = [e.id for e, truth in a.exceptions if truth is True]
            code = "exception" if a.elements is True and fired else "elements-not-met"
            reasons.append(Reason(code=code, text="", rule=a.rule.id, fact=",".join(fired) or None))
        # What is a lawyer's stays a lawyer's, whether or not the elements hold, and whichever rule names the matter.
        for a in [base.primary, *(a for a in candidates if a.rule.id in self.doubted and a is not base.primary)]:
            for index, (when, truth) in enumerate(a.referrals):
                if truth is True:
                    reasons.append(Reason(code="rule-refers", text="", rule=a.rule.id, fact=f"refer:{index}"))
                    tiers.append(when.tier)
        return base.refer(self.pack.hardest(*tiers), tuple(reasons))

    def _settled(self, base: _Base, live: Sequence[Assessment]) -> Ruling:
        results = {a.result for a in live}
        if len(results) > 1:
            rules = ",".join(sorted(a.rule.id for a in live))
            return base.refer(self._tier(live), (Reason(code="conflict", text="", fact=rules),))
        return Ruling(base.matter, "settle", base.primary, base.members, None, (), overridden=base.aside)

    def _refer(self, base: _Base, live: Sequence[Assessment]) -> Ruling:
        reasons: list[Reason] = []
        tiers: list[str] = []
        for a in sorted(live, key=lambda a: a.rule.id):
            for exception, truth in a.exceptions:
                if truth is True and exception.tier is not None:
                    reasons.append(Reason(code="exception", text="", rule=a.rule.id, fact=exception.id))
                    tiers.append(exception.tier)
            for index, (when, truth) in enumerate(a.referrals):
                if truth is True:
                    reasons.append(Reason(code="rule-refers", text="", rule=a.rule.id, fact=f"refer:{index}"))
                    tiers.append(when.tier)
            for block in a.blocks:
                reasons.append(Reason(code=block.code, text="", rule=a.rule.id, fact=block.detail or None))
                tiers.append(a.rule.refer.tier)
        if not reasons:
            reasons = list(self._open_reasons(live))
        return base.refer(self.pack.hardest(*(tiers or [base.primary.rule.refer.tier])), tuple(reasons))

    def _open_reasons(self, live: Sequence[Assessment]) -> list[Reason]:
        found = []
        for a in sorted(live, key=lambda a: a.rule.id):
            found += [Reason(code="grade-too-low", text="", rule=a.rule.id, fact=s.fact) for s in a.shortfalls]
            if a.recognised is None:
                found.append(Reason(code="elements-unknown", text="", rule=a.rule.id, fact="recognise"))
            elif not a.shortfalls:
                found.append(Reason(code="elements-unknown", text="", rule=a.rule.id, fact=",".join(a.unknown)))
        return found

    def _stuck(self, live: Sequence[Assessment], stuck: Sequence[str]) -> list[Reason]:
        if not stuck:
            return []
        return [Reason(code="not-askable", text="", rule=live[0].rule.id, fact=",".join(stuck))]

    def _sums(self, rulings: tuple[Ruling, ...]) -> tuple[Ruling, ...]:
        """Settlements of several matters together may not give back more than was paid."""
        settled = [r for r in rulings if r.outcome == "settle"]
        paid = self.facts.value(PAID_FACT)
        total = sum(
            due.amount.fen
            for r in settled
            for due in r.primary.remedies or ()
            if due.amount is not None and due.spec.kind in {"refund", "loss", "price_difference"}
        )
        if len(settled) < 2 or not isinstance(paid, int) or total <= paid:  # noqa: PLR2004 (one alone is capped already)
            return rulings
        reason_ = Reason(code="conflict", text="", fact=f"{total}>{paid}")
        return tuple(
            replace(r, outcome="refer", tier=r.primary.rule.refer.tier, reasons=(reason_,))
            if r.outcome == "settle"
            else r
            for r in rulings
        )


@dataclass(frozen=True, slots=True)
class _Base:
    """What every ruling of one matter shares."""

    matter: str
    primary: Assessment
    members: tuple[Assessment, ...]
    aside: tuple[tuple[str, str, str], ...]

    def refer(self, tier: str, reasons: tuple[Reason, ...], missing: tuple[str, ...] = ()) -> Ruling:
        return Ruling(self.matter, "refer", self.primary, self.members, tier, reasons, (), missing, self.aside)


class _Writer:
    """Puts the reasoning in words and applies what stands above all matters: gates, disputes, unreadable fields."""

    def __init__(self, compiled: Compiled, reasoning: Reasoning, lang: str) -> None:
        self.compiled = compiled
        self.pack = compiled.pack
        self.r = reasoning
        self.facts = reasoning.intake.facts
        self.lang = lang
        self.words = compiled.words[lang]
        self.parameters = reasoning.parameters
        self.explanation: list[Explanation] = []

    # --- small words ----------------------------------------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        return self.words.say(key, **values)

    def label(self, name: str) -> str:
        return self.words.labels[name]

    def labels(self, names: Sequence[str]) -> str:
        return self.words.all_labels(names)

    def title(self, rule: str) -> str:
        return self.words.titles[rule]

    def note(self, step: str, text: str, rule: str | None = None, facts: Sequence[str] = ()) -> None:
        self.explanation.append(Explanation(step=step, text=text, rule=rule, facts=tuple(facts)))

    def note_fixed(self, step: str, key: str, rule: str, exception: str = "") -> None:
        self.explanation.append(self.words.note(step, key, rule, exception))

    # --- the whole ------------------------------------------------------------------------------------------------------

    def decision(self) -> Decision:
        said = self._said()
        complaint, manifest = self.r.complaint, self.pack.manifest
        received = localise(complaint.received_at, self.compiled.zone) if complaint.received_at else None
        taken = self.r.intake
        unknown = {f"facts.{name}": complaint.facts[name] for name in taken.unknown_names} | dict(taken.unknown_keys)
        passed = {key: value for key, value in {**complaint.unknown_fields, **unknown}.items() if _is_plain(value)}
        self.explanation = []
        self.note("received", self.say("received", as_of=self.r.as_of))
        self._facts_found(said.reads)
        return Decision(
            complaint_id=complaint.id,
            outcome=said.outcome,
            tier=said.referral.tier if said.referral else None,
            recognised=said.recognised,
            matters=said.matters,
            questions=said.questions,
            suggestions=said.suggestions,
            referral=said.referral,
            respond_by=received + dt.timedelta(hours=said.respond_within) if received else None,
            resolve_by=received + dt.timedelta(hours=said.resolve_within) if received else None,
            jurisdiction=said.jurisdiction,
            explanation=(*self.explanation, *said.explanation),
            pack=PackRef(id=manifest.id, digest=self.pack.digest),
            as_of=self.r.as_of,
            language=self.lang,
            passed_through=passed,
        )

    def _said(self) -> Said:
        """What is said of the findings; said once where many complaints come to them."""
        said = self.r.findings.said
        if self.lang not in said:
            said[self.lang] = self._say()
        return said[self.lang]

    def _say(self) -> Said:
        barriers, barrier_tier, pending = self._barriers()
        possible = self._possible_elsewhere()
        matters = [self._matter(r, barriers, barrier_tier, pending or possible) for r in self.r.rulings]
        recognised = any(a.recognised is True and not a.rule.out_of_scope for a in self.r.assessments.values())
        if not any(a.recognised is True for a in self.r.assessments.values()):
            self.explanation.append(self.words.note("no-rule", "no-rule"))
        doubted = self.r.alike.doubted
        with_them = {self.pack.rules[name].matter for name in doubted}
        for name in sorted({*self.r.recognised, *doubted} - self.r.assessments.keys()):
            if name in doubted:
                self.note_fixed("likeness", "doubted", name)
            elif name in self.r.remarks:
                self.note_fixed("remark", "remark", name)
            elif self.pack.rules[name].matter in with_them:
                self.note_fixed("likeness", "doubted", name)
            else:
                self.note_fixed("out-of-scope", "steps-aside", name)
        if self.r.alike.offers:
            titles = join([self.title(name) for name in self.r.alike.offers], self.lang)
            self.note("likeness", self.say("offered", titles=titles))
        outcome, referral, questions = self._outcome(matters, barriers, barrier_tier, pending, possible)
        respond, resolve = self._clocks()
        return Said(
            outcome=outcome,
            recognised=recognised,
            matters=tuple(matters),
            questions=questions,
            suggestions=self._suggestions(),
            referral=referral,
            jurisdiction=self._forums(),
            explanation=tuple(self.explanation),
            respond_within=respond,
            resolve_within=resolve,
            reads=self._reads(),
        )

    def _reads(self) -> frozenset[str]:
        """The facts that recognised rules and gates that may be open read or show, with those they are computed from."""
        found: set[str] = set()
        for name in self.r.recognised:
            plan = self.compiled.plans.of(self.pack.rules[name])
            found |= plan.reading.keys() | plan.figures | self.words.shown_by(name)
        for (_, check), (_, truth) in zip(self.compiled.gates, self.r.gates, strict=True):
            if truth is not False:
                found |= check.reads
        for name in reversed(self.pack.vocabulary.derived_order):
            derivation = self.pack.vocabulary[name].derivation
            if name in found and derivation is not None:
                found |= {arg for arg in derivation.args if isinstance(arg, str)}
        return frozenset(found)

    def _clocks(self) -> tuple[int, int]:
        """The shortest promises among the rules that decide, in hours."""
        manifest, hours = self.pack.manifest, self.words.hours
        specs = [r.primary.rule.strategy for r in self.r.rulings]
        respond = [hours[s.respond_within or manifest.respond_within] for s in specs]
        resolve = [hours[s.resolve_within or manifest.resolve_within] for s in specs]
        return (
            min(respond, default=hours[manifest.respond_within]),
            min(resolve, default=hours[manifest.resolve_within]),
        )

    def _facts_found(self, reads: frozenset[str]) -> None:
        """State what was told, and of what was computed or presumed what the decision hangs on.

        A case of a torn parcel is no clearer for the number of days by which it is not yet too late to return it.
        """
        scan, known, words = self.r.intake.scan, self.facts.known, self.words
        original = None if scan is None else scan.normal.original
        for name in words.worth_stating(self.facts):
            have = known[name]
            if have.source in {NOT_RAISED, "received_at", "as_of"}:
                continue
            presumed = self.pack.vocabulary.defaults.get(name) is have
            if name not in reads and (presumed or words.is_reckoned(name, have)):
                continue
            self.explanation.append(words.presumed(name) if presumed else words.fact(name, have, original))
        for name in self.r.intake.unknown_names:
            near = suggestion(name, self.pack.vocabulary.facts)
            self.note("unknown-fact", self.say("unknown-fact-near" if near else "unknown-fact", name=name, near=near))
        for name in self.facts.unclear:
            self.note("note", self.say("note", label=self.label(name)), facts=(name,))

    # --- barriers: what refers every matter -------------------------------------------------------------------------

    def _barriers(self) -> tuple[list[Reason], str | None, bool]:
        """Open gates, disputes and unreadable fields; and whether a gate cannot be ruled out yet."""
        first = self.pack.manifest.tiers[0]
        reasons: list[Reason] = []
        tiers: list[str] = []
        pending = False
        for gate, truth in self.r.gates:
            title = pick(gate.title, self.lang)
            if truth is True:
                why = describe.fill(self.pack, gate.why, self.facts, self.parameters, self.lang)
                reasons.append(Reason(code="gate", text=why, gate=gate.id))
                tiers.append(gate.tier)
                self.note("gate", self.say("gate-open", title=title, why=why))
            elif gate.id in self.r.alike.gates:
                text = self.words.fixed("gate-suspected", title)
                reasons.append(Reason(code="gate-suspected", text=text, gate=gate.id))
                tiers.append(first)
                self.note("gate", text)
            elif truth is None:
                pending = True
                self.note("gate", self.words.fixed("gate-unknown", title))
        for name, sources in sorted(self.facts.disputed.items()):
            text = self.say("disputed", label=self.label(name), values=self._sources(name, sources))
            reasons.append(Reason(code="disputed", text=text, gate="disputed-facts", fact=name))
            tiers.append(first)
            self.note("disputed", text, facts=(name,))
        for problem in self.r.intake.problems:
            text = self.say("unreadable-field", field=problem.field, detail=problem.text(self.lang))
            reasons.append(Reason(code="unreadable-field", text=text, gate="unreadable-field", fact=problem.field))
            tiers.append(first)
            self.note("unreadable", text)
        claimed = self.facts.value("claimed_amount")
        if isinstance(claimed, int) and claimed > self.pack.manifest.settle_limit:
            text = self.say("over-limit", amount=yuan(claimed), limit=yuan(self.pack.manifest.settle_limit))
            reasons.append(Reason(code="over-limit", text=text, gate="over-limit", fact="claimed_amount"))
            tiers.append(first)
            self.note("over-limit", text, facts=("claimed_amount",))
        return reasons, self.pack.hardest(*tiers) if tiers else None, pending

    def _sources(self, name: str, sources: Sequence[Known]) -> str:
        spec = self.pack.vocabulary[name]
        shown = (f"{spec.show(k.value, self.lang)} ({self.say(f'grade-{k.grade.word}')}, {k.source})" for k in sources)
        return " / ".join(dict.fromkeys(shown))

    def _possible_elsewhere(self) -> bool:
        """Whether a rule may still turn out to open a matter of its own."""
        open_ = _open_elsewhere(self.r.assessments, self.r.rulings)
        for a in open_:
            self._note_possible(a)
        return bool(open_) or not all(ruling.certain for ruling in self.r.rulings)

    def _note_possible(self, a: Assessment) -> None:
        unknown = a.unknown_of(RECOGNISE)
        text = self.say("possible", title=self.title(a.rule.id), facts=self.labels(unknown))
        self.note("possible", text, a.rule.id, unknown)

    # --- matters ------------------------------------------------------------------------------------------------------

    def _matter(self, ruling: Ruling, barriers: Sequence[Reason], barrier_tier: str | None, pending: bool) -> Matter:  # noqa: FBT001
        primary = ruling.primary
        rule = primary.rule
        self._reasoned(ruling)
        outcome, tier = ruling.outcome, ruling.tier
        if barriers:
            outcome = "refer"
            tiers = [t for t in (barrier_tier, ruling.tier) if t is not None]
            tier = self.pack.hardest(*tiers)
        elif pending and outcome == "settle":
            outcome, tier = "refer", rule.refer.tier
        settled = outcome == "settle"
        due = describe.remedies(self.pack, primary.remedies or (), self.facts, primary.parameters, self.lang)
        within = None
        if settled:
            words = describe.remedy_words(due, self.lang)
            self.note("settle", self.say("settle", title=self.title(rule.id), remedies=words), rule=rule.id)
            self.note_fixed("settle", "settle-draft", rule.id)
            if rule.settle is not None and rule.settle.within_days is not None:
                within = self.say(f"within-{rule.settle.within_of}", days=rule.settle.within_days)
        return Matter(
            matter=ruling.matter,
            scenario=rule.scenario,
            rule=rule.id,
            revision=rule.revision,
            title=self.title(rule.id),
            outcome=outcome,
            tier=tier,
            basis=self.words.basis(primary),
            remedies=due if settled else (),
            considers=self.words.considered(primary, self.facts),
            settle_within=within,
            strategy=self.words.strategy(primary, self.facts),
            exceptions=self.words.exceptions(primary, self.facts),
            near_misses=() if settled else self._near(ruling.members),
            competing=tuple(sorted(a.rule.id for a in ruling.members if a.rule.id != rule.id)),
            out_of_scope=rule.out_of_scope,
            presumed=self.r.alike.presumed is not None,
        )

    def _reasoned(self, ruling: Ruling) -> None:
        for special, general, basis in ruling.overridden:
            text = self.say("overridden", special=self.title(special), general=self.title(general), basis=basis)
            self.note("overridden", text, rule=general)
        for a in ruling.members:
            if a.recognised is None:
                self._note_possible(a)
                continue
            self.note_fixed("candidate", "candidate", a.rule.id)
            self._note_law(a)
            if a.elements is True:
                self.note_fixed("elements", "elements-true", a.rule.id)
            elif a.elements is False:
                text = self.say("elements-false", title=self.title(a.rule.id), facts=self._failing(a))
                self.note("elements", text, a.rule.id)
            else:
                unknown = a.unknown_of(ELEMENTS)
                text = self.say("elements-unknown", title=self.title(a.rule.id), facts=self.labels(unknown))
                self.note("elements", text, a.rule.id, unknown)
            self._reasoned_exceptions(a)

    def _note_law(self, a: Assessment) -> None:
        """Which day's law a rule was looked at under, where that may be another than the law of the day of deciding."""
        governing, deciding = self.words.window(a)
        to_ask = self._governing_day_to_ask(a)
        if governing == deciding and not to_ask:
            return
        name = a.rule.governs
        key = "law-of-day" if name in self.facts.known else "law-day-unknown"
        text = self.say(key, title=self.title(a.rule.id), label=self.label(name), day=a.governing)
        self.note("law", text, a.rule.id, (name,))

    def _governing_day_to_ask(self, a: Assessment) -> tuple[str, ...]:
        """The governing day where it is not known and the consumer can say it; days of the order stand in its record."""
        name = a.rule.governs
        asked = name not in self.facts.known and self.pack.vocabulary[name].ask == "consumer"
        return (self.label(name),) if asked else ()

    def _reasoned_exceptions(self, a: Assessment) -> None:
        if a.exceptions and all(truth is False for _, truth in a.exceptions):
            self.note_fixed("exceptions", "exceptions-false", a.rule.id)
        for index, (exception, truth) in enumerate(a.exceptions, REST):
            name = pick(exception.title, self.lang)
            if truth is True:
                self.note_fixed("exception", "exception-true", a.rule.id, name)
            elif truth is None:
                unknown = a.unknown_of(index)
                text = self.say("exception-unknown", exception=name, facts=self.labels(unknown))
                self.note("exception", text, a.rule.id, unknown)

    def _failing(self, a: Assessment) -> str:
        found = []
        for flip in cheapest(a.rule.elements, self.facts, a.parameters):
            name = flip.leaf.fact
            value = self.facts.value(name)
            if value is not None:
                found.append(f"{self.label(name)} = {self.pack.vocabulary[name].show(value, self.lang)}")
        return join(found, self.lang)

    def _near(self, members: Sequence[Assessment]) -> tuple[NearMiss, ...]:
        found = []
        for a in members:
            if a.rule.settle is None or a.recognised is not True:
                continue
            flips = a.plan.flips(self.facts, a.parameters)
            changes = tuple(self.words.change(flip, self.facts, a.parameters) for flip in flips)
            if changes:
                found.append(NearMiss(rule=a.rule.id, title=self.title(a.rule.id), changes=changes))
        found.sort(key=lambda miss: (len(miss.changes), miss.rule))
        return tuple(miss for miss in found[:_NEAR_MISSES] if len(miss.changes) <= _MAX_CHANGES or len(found) == 1)

    # --- outcome ------------------------------------------------------------------------------------------------------

    def _outcome(
        self,
        matters: Sequence[Matter],
        barriers: Sequence[Reason],
        barrier_tier: str | None,
        pending: bool,  # noqa: FBT001
        possible: bool,  # noqa: FBT001
    ) -> tuple[Outcome, Referral | None, tuple[Question, ...]]:
        reasons = list(barriers)
        tiers = [barrier_tier] if barrier_tier else []
        missing: list[str] = []
        for ruling, matter in zip(self.r.rulings, matters, strict=True):
            if matter.outcome == "refer":
                tiers.append(matter.tier or self.pack.manifest.unmatched_tier)
                reasons += [self._worded(reason_, ruling) for reason_ in ruling.reasons]
                missing += [self.label(n) for n in ruling.missing]
                missing += self._governing_day_to_ask(ruling.primary)
                if not ruling.reasons and not barriers and (pending or possible):
                    reasons.append(Reason(code="elements-unknown", text=self.say("open-elsewhere")))
            # What is open in any matter, so that whoever gets the case sees it, also where another matter referred it.
            missing += [self.label(a.fact) for a in ruling.asks]
        outcome: Outcome = max((m.outcome for m in matters), key=lambda o: _HARDNESS[o], default="refer")
        if self.r.alike.offers and not barriers and (not matters or self.r.alike.presumed is not None):
            return "ask", None, (self._kind(),)
        if not matters:
            tiers.append(self.pack.manifest.unmatched_tier)
            if not barriers or not self.r.recognised:
                reasons.append(Reason(code="unmatched", text=self.say("unmatched")))
        if outcome != "refer":
            return outcome, None, self._questions() if outcome == "ask" else ()
        referral = Referral(
            tier=self.pack.hardest(*tiers),
            reasons=tuple(dict.fromkeys(reasons)),
            missing=tuple(dict.fromkeys(missing)),
            steps=tuple(
                step
                for gate, truth in self.r.gates
                if truth is True
                for step in describe.steps(self.pack, gate.steps, self.facts, self.parameters, self.lang)
            ),
        )
        return "refer", referral, ()

    def _worded(self, reason_: Reason, ruling: Ruling) -> Reason:
        rule = reason_.rule or ruling.primary.rule.id
        assessment = self.r.assessments.get(rule, ruling.primary)
        title = self.title(rule)
        text, fact = self._reason_text(reason_, assessment, title), self._reason_fact(reason_)
        return Reason(code=reason_.code, text=text, rule=reason_.rule, gate=reason_.gate, fact=fact)

    @staticmethod
    def _reason_fact(reason_: Reason) -> str | None:
        if reason_.code in {
            "conflict",
            "over-limit",
            "claim-exceeds",
            "claim-below",
            "claim-unanswered",
            "engine-refused",
            "rule-refers",
        }:
            return None
        return reason_.fact

    def _reason_text(self, reason_: Reason, a: Assessment, title: str) -> str:
        code, detail = reason_.code, reason_.fact or ""
        if code == "exception":
            fired = [e for e in a.rule.exceptions if e.id in detail.split(",")]
            names = join([pick(e.title, self.lang) for e in fired], self.lang)
            whys = [describe.fill(self.pack, e.why, self.facts, a.parameters, self.lang) for e in fired if e.why]
            why = ("：" if self.lang != "en" else ": ") + join(whys, self.lang) if whys else ""
            return self.say("exception", title=title, exception=names, why=why)
        if code == "elements-not-met":
            return self.say("elements-not-met", title=title, facts=self._failing(a))
        if code == "elements-unknown":
            names_ = a.unknown if detail in {"", "recognise"} else tuple(detail.split(","))
            return self.say("elements-unknown-refer", title=title, facts=self.labels(names_))
        if code == "not-askable":
            return self.say("not-askable", facts=self.labels(detail.split(",")))
        if code == "grade-too-low":
            short = next(s for s in a.shortfalls if s.fact == detail)
            have, need = self.say(f"grade-{short.have.word}"), self.say(f"grade-{short.need.word}")
            return self.say("grade-too-low", label=self.label(detail), have=have, need=need)
        if code == "conflict":
            if ">" in detail:
                total, paid = (yuan(int(part)) for part in detail.split(">"))
                return self.say("conflict-sum", total=total, paid=paid)
            return self.say("conflict", titles=join([self.title(r) for r in detail.split(",")], self.lang))
        if code in {"over-limit", "claim-exceeds", "claim-below"}:
            amount, limit = (yuan(int(part)) for part in detail.split(">"))
            return self.say(code, amount=amount, limit=limit)
        if code == "claim-unanswered":
            members = self.pack.vocabulary[CLAIMS_FACT].members
            claims = join([pick(members[claim].label, self.lang) for claim in detail.split(",")], self.lang)
            return self.say(code, claims=claims, title=title)
        if code == "rule-refers" and detail.startswith("refer:"):
            when = a.rule.refer.when[int(detail.removeprefix("refer:"))]
            return describe.fill(self.pack, when.why, self.facts, a.parameters, self.lang)
        if code == "rule-refers":
            return self.say(f"rule-refers-{detail}", title=title)
        if code == "law-uncertain":
            return self._law_reason(detail, a)
        if code == "amount-unknown":
            return self.say("amount-unknown", facts=detail)
        if code == "engine-refused":
            return self.say("engine-refused", detail=detail)
        return self.say(code, title=title)

    def _law_reason(self, citation: str, a: Assessment) -> str:
        """Why no settlement rests on an article: see `Plan.law`."""
        resolved = resolve(self.pack.register, citation, a.governing, a.deciding)
        if resolved is None:
            return self.say("law-not-in-force", citation=citation, on=a.governing)
        if resolved.reach is None or not resolved.verified:
            return self.say("law-unread", citation=citation)
        reach = describe.reaches(self.pack, resolved.version, resolved.reach, self.lang)
        return self.say("law-pending", citation=citation, on=a.governing, reach=reach)

    # --- likeness -----------------------------------------------------------------------------------------------------

    def _suggestions(self) -> tuple[Suggestion, ...]:
        """What the complaint may be about, with no matter of its own: what it reads like, and what only its words name."""
        because = [(name, "reads-like") for name in self.r.alike.offers] + [
            (name, "words-only") for name in self.r.alike.doubted
        ]
        return tuple(
            Suggestion(scenario=self.pack.rules[name].scenario, rule=name, title=self.title(name), because=why)
            for name, why in because
        )

    def _kind(self) -> Question:
        """Which of those that the complaint reads like it is; an answer of none of them is an empty list."""
        picks, offers = self.compiled.likenesses.picks, self.r.alike.offers
        spec, values = self.pack.vocabulary[GRIEVANCES], dict.fromkeys(picks[name] for name in offers)
        labelled = ((value, spec.show(frozenset({value}), self.lang)) for value in values)
        answers = tuple(Answer(value=value, label=label, removes=len(values) - 1) for value, label in labelled)
        return which_matter(spec, self.lang, answers)

    # --- questions ----------------------------------------------------------------------------------------------------

    def _questions(self) -> tuple[Question, ...]:
        best: dict[str, tuple[Ask, Ruling]] = {}
        for ruling in self.r.rulings:
            for ask in ruling.asks:
                if ask.fact not in best or ask.score > best[ask.fact][0].score:
                    best[ask.fact] = (ask, ruling)
        ordered = sorted(best.values(), key=lambda pair: (-pair[0].score, pair[0].fact))
        return tuple(self._question(ask, ruling) for ask, ruling in ordered)

    def _question(self, ask: Ask, ruling: Ruling) -> Question:
        spec = self.pack.vocabulary[ask.fact]
        text = pick(spec.question, self.lang) or self.say("ask-plain", label=pick(spec.label, self.lang))
        answers: list[Answer] = []
        if spec.type in {"bool", "enum"}:
            for value, removed in ask.answers:
                word = str(value).lower() if isinstance(value, bool) else str(value)
                answers.append(Answer(value=word, label=spec.show(value, self.lang), removes=removed))
        return Question(
            fact=ask.fact,
            type=spec.type,
            text=text,
            who=spec.ask,
            grade=spec.gives.word,
            why=self._why(ask, ruling),
            answers=tuple(answers),
        )

    def _why(self, ask: Ask, ruling: Ruling) -> str:
        found: dict[str, None] = {}
        for a in ruling.members:
            if a.rule.id not in ask.rules:
                continue
            for name in ask.decides:
                for role, exception in roles(a, name):
                    title = "" if exception is None else pick(exception.title, self.lang)
                    found[self.words.fixed(f"why-{role}", self.title(a.rule.id), title)] = None
        return ("; " if self.lang == "en" else "；").join(found)

    # --- forums -------------------------------------------------------------------------------------------------------

    def _forums(self) -> tuple[Forum, ...]:
        names = dict.fromkeys(name for ruling in self.r.rulings for name in ruling.primary.rule.forums)
        found = []
        for name in names:
            spec = self.pack.forums[name]
            if spec.when is not None and evaluate(spec.when, self.facts, self.parameters) is False:
                continue
            primary = self.r.rulings[0].primary
            found.append(self.words.forum(name, primary, self.facts, self.parameters))
        return tuple(found)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool | list | dict) or value is None
