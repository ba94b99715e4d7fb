"""A reasoning put in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest

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
from funnel.engine._plan import ELEMENTS, RECOGNISE, REST, resolve
from funnel.engine._reasoning import Compiled, Reasoning, Ruling, Said
from funnel.engine._rulings import open_elsewhere
from funnel.engine._texts import BETWEEN, join, shortened
from funnel.engine.assess import Assessment
from funnel.engine.evaluate import cheapest, evaluate
from funnel.engine.questions import Ask, roles, which_matter
from funnel.facts.intake import localise
from funnel.facts.values import NOT_RAISED, Known
from funnel.facts.vocabulary import CLAIMS, GRIEVANCES, MEANT, pick, yuan
from funnel.law.promised import counted, end_of, soonest
from funnel.pack.model import OTHER

_HARDNESS: Mapping[str, int] = {"settle": 0, "ask": 1, "refer": 2}
_NEAR_MISSES = 3
_MAX_CHANGES = 4


class Writer:
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
            respond_by=self._until(said.respond_within, received),
            resolve_by=self._until(said.resolve_within, received),
            jurisdiction=said.jurisdiction,
            explanation=(*self.explanation, *said.explanation),
            pack=PackRef(id=manifest.id, digest=self.pack.digest),
            as_of=self.r.as_of,
            language=self.lang,
            passed_through=passed,
        )

    def _said(self) -> Said:
        """What is said of the findings; said once where many complaints come to them."""
        if self.r.overheard or self.r.unheeded:  # they name the complaint's own words, and who told what
            return self._say()
        said = self.r.findings.said
        if self.lang not in said:
            said[self.lang] = self._say()
        return said[self.lang]

    def _say(self) -> Said:
        barriers, barrier_tier, pending = self._barriers()
        possible = self._possible_elsewhere()
        heard: tuple[Question, ...] = ()
        if not (barriers or pending or possible):
            heard = self._heard()
            if not heard:
                barriers, barrier_tier = self._second_looks()
        matters = [
            self._matter(r, barriers, barrier_tier, pending or possible, to_confirm=bool(heard)) for r in self.r.rulings
        ]
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
        outcome, referral, questions = self._outcome(matters, barriers, barrier_tier, pending, possible, heard)
        respond, resolve = self.pack.promised(ruling.primary.rule.id for ruling in self.r.rulings)
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
        return self.pack.vocabulary.with_inputs(found)

    def _until(self, within: tuple[str, ...], received: dt.datetime | None) -> dt.datetime | None:
        """When the first of some promises is due."""
        if received is None:
            return None
        calendar, zone = self.pack.calendar, self.compiled.zone
        return end_of(*counted(soonest(within, received, calendar, zone)), received, calendar, zone)[0].astimezone(zone)

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

    def _heard(self) -> tuple[Question, ...]:
        """What the consumer is asked of sentences that read like a gate: which of the things that bar he means, if any.

        Nothing where a person has the case anyway, or has to look at one of them: then he sees all.
        """
        overheard = self.r.overheard
        if self.r.unheeded or not overheard or not all(one.means for one in overheard):
            return ()
        if any(ruling.outcome == "refer" for ruling in self.r.rulings):
            return ()
        spec = self.pack.vocabulary[MEANT]
        for one in overheard:
            title = pick(self.pack.gates[one.gate].title, self.lang)
            text = self.say("gate-asked", title=title, words=shortened(one.words))
            self.note("gate", text, facts=(spec.name,))
        # What each sentence reads like most comes before what any of them reads like less.
        ranks = zip_longest(*(one.means for one in overheard))
        values = [value for value in dict.fromkeys(chain.from_iterable(ranks)) if value is not None]
        text = self.say(
            "heard",
            question=pick(spec.question, self.lang),
            words=BETWEEN.join(shortened(one.words) for one in overheard),
        )
        labelled = ((value, spec.show(frozenset({value}), self.lang)) for value in values)
        return (
            Question(
                fact=spec.name,
                type=spec.type,
                text=text,
                who="consumer",
                grade="stated",
                why=self.say("heard-why"),
                answers=tuple(Answer(value=value, label=label, removes=1) for value, label in labelled),
            ),
        )

    def _second_looks(self) -> tuple[list[Reason], str | None]:
        """What was told and is read by no rule that settles, and gates that a sentence reads like.

        Where a person has the case anyway, neither tells him anything: the facts stand in the explanation.
        """
        reasons = []
        for name in self.r.unheeded:
            text = self.say("unread-fact", label=self.label(name))
            reasons.append(Reason(code="unread-fact", text=text, gate="unread-fact", fact=name))
            self.note("gate", text, facts=(name,))
        for one in self.r.overheard:
            title = pick(self.pack.gates[one.gate].title, self.lang)
            text = self.say("gate-overheard", title=title, words=shortened(one.words))
            reasons.append(Reason(code="gate-suspected", text=text, gate=one.gate, fact=",".join(one.facts) or None))
            self.note("gate", text)
        return reasons, self.pack.manifest.tiers[0] if reasons else None

    def _sources(self, name: str, sources: Sequence[Known]) -> str:
        spec = self.pack.vocabulary[name]
        shown = (f"{spec.show(k.value, self.lang)} ({self.say(f'grade-{k.grade.word}')}, {k.source})" for k in sources)
        return " / ".join(dict.fromkeys(shown))

    def _possible_elsewhere(self) -> bool:
        """Whether a rule may still turn out to open a matter of its own."""
        open_ = open_elsewhere(self.r.assessments, self.r.rulings)
        for a in open_:
            self._note_possible(a)
        return bool(open_) or not all(ruling.certain for ruling in self.r.rulings)

    def _note_possible(self, a: Assessment) -> None:
        unknown = a.unknown_of(RECOGNISE)
        text = self.say("possible", title=self.title(a.rule.id), facts=self.labels(unknown))
        self.note("possible", text, a.rule.id, unknown)

    # --- matters ------------------------------------------------------------------------------------------------------

    def _matter(
        self,
        ruling: Ruling,
        barriers: Sequence[Reason],
        barrier_tier: str | None,
        pending: bool,  # noqa: FBT001
        *,
        to_confirm: bool,
    ) -> Matter:
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
        elif to_confirm and outcome == "settle":
            outcome = "ask"
        settled = outcome == "settle"
        due = describe.remedies(self.pack, primary.remedies or (), self.facts, primary.parameters, self.lang)
        within = None
        if settled:
            words = describe.remedy_words(due, self.lang, self.pack.manifest.currency)
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
        heard: tuple[Question, ...],
    ) -> tuple[Outcome, Referral | None, tuple[Question, ...]]:
        # What protects somebody comes first, then what the matters themselves say; what would only bar a settlement, last: a
        # person has the case for the others' sake, and may find that it was misheard.
        other = {gate.id for gate, _ in self.r.gates if gate.covers == OTHER}
        reasons = [reason_ for reason_ in barriers if reason_.gate not in other]
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
            return outcome, None, (*self._questions(), *heard) if outcome == "ask" else ()
        reasons += [reason_ for reason_ in barriers if reason_.gate in other]
        tier = self.pack.hardest(*tiers)
        specs = [step for gate, truth in self.r.gates if truth is True for step in gate.steps]
        specs += self.pack.manifest.tier_steps.get(tier, ())
        referral = Referral(
            tier=tier,
            reasons=tuple(dict.fromkeys(reasons)),
            missing=tuple(dict.fromkeys(missing)),
            steps=describe.steps(self.pack, tuple(specs), self.facts, self.parameters, self.lang),
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
            members = self.pack.vocabulary[CLAIMS].members
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
        later = self._later()
        best: dict[str, tuple[Ask, Ruling]] = {}
        for ruling in self.r.rulings:
            for ask in ruling.asks:
                if ask.rules and later.issuperset(ask.rules):
                    continue
                if ask.fact not in best or ask.score > best[ask.fact][0].score:
                    best[ask.fact] = (ask, ruling)
        ordered = sorted(best.values(), key=lambda pair: (-pair[0].score, pair[0].fact))
        return tuple(self._question(ask, ruling) for ask, ruling in ordered)

    def _later(self) -> frozenset[str]:
        """The rules of which nothing is asked yet: general ones, while one that goes before them is open and asks itself.

        Whoever waits for the price of a flight is not asked which goods he sent back.
        """
        asking = {name for ruling in self.r.rulings for ask in ruling.asks for name in ask.rules}
        before = (a for name, a in self.r.assessments.items() if name in asking and a.recognised is True and not a.dead)
        return frozenset(override.rule for a in before for override in a.rule.overrides)

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
        if ask.gate is not None:
            return self.words.fixed("why-gate", pick(self.pack.gates[ask.gate].title, self.lang))
        if ask.remark:
            return self.words.fixed("why-recognise", self.title(ask.rules[0]))
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
