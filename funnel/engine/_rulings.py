"""Each matter decided from the assessments of its rules: settled, asked or referred, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from funnel.decision import Reason
from funnel.engine._plan import DEAD, PAID_FACT
from funnel.engine._reasoning import Compiled, Ruling
from funnel.engine._unasked import looked_at_again
from funnel.engine.assess import UNRECOGNISED, Assessment, Case
from funnel.engine.questions import may_settle, rank
from funnel.facts.values import Facts
from funnel.pack.model import Pack


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides each matter from the assessments of its rules.

    Attributes:
        doubted: Rules that do not name a matter which others recognise as well.
        asked: Facts that an interview has asked for already. What nobody has said anything of it may still ask for, before
            it hands a case to people (`looked_at_again`). None: no interview, a file counts as it stands.
    """

    compiled: Compiled
    facts: Facts
    case: Case
    assessments: Mapping[str, Assessment]
    doubted: frozenset[str]
    asked: frozenset[str] | None = None

    @property
    def pack(self) -> Pack:
        return self.compiled.pack

    def rulings(self) -> tuple[Ruling, ...]:
        matters: dict[str, list[Assessment]] = {}
        for assessment in self.assessments.values():
            matters.setdefault(assessment.rule.matter, []).append(assessment)
        overridden = self._overridden()
        found = [self._matter(name, members, overridden) for name, members in sorted(matters.items())]
        rulings = self._sums(tuple(r for r in found if r is not None))
        return rulings if self.asked is None else self._waiting(rulings)

    @staticmethod
    def _waiting(rulings: tuple[Ruling, ...]) -> tuple[Ruling, ...]:
        """Without the matters that go to people as long as rules of another are asked about which would set them aside."""
        asking = (a for r in rulings if r.outcome == "ask" for a in r.members if may_settle(a) and a.recognised is True)
        aside = {override.rule for a in asking for override in a.rule.overrides}
        return tuple(r for r in rulings if r.outcome != "refer" or not aside.issuperset(a.rule.id for a in r.members))

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
            return self._asked_on(base, left, certain=True) or self._all_dead(base, candidates)
        if all(a.settles for a in live):
            return self._settled(base, live)
        if self._hopeless(live):
            return self._asked_on(base, left, certain=True) or self._refer(base, live)
        asks, stuck = rank(self.pack, self.case, live, self.asked or ())
        if not asks and (asked := self._asked_on(base, left, certain=False)):
            return asked
        if not asks:
            reasons = [*self._open_reasons(live), *self._stuck(live, stuck)]
            return base.refer(self._tier(live), tuple(reasons), missing=stuck)
        return Ruling(name, "ask", base.primary, base.members, None, (), asks, stuck, aside)

    def _asked_on(self, base: _Base, left: Sequence[Assessment], *, certain: bool) -> Ruling | None:
        """What an interview still asks before a matter goes to people: only what it goes there for, as long as it may be settled."""
        if self.asked is None:
            return None
        case, again, silent = looked_at_again(self.pack, self.facts, self.case, left, self.asked, certain=certain)
        live = [a for a in again if not a.dead]
        if not silent or self._hopeless(live):
            return None
        asks, stuck = rank(self.pack, case, live, self.asked)
        if not any(silent.intersection(ask.decides) for ask in asks):
            return None
        return Ruling(base.matter, "ask", base.primary, again, None, (), asks, stuck, base.aside)

    def _hopeless(self, live: Sequence[Assessment]) -> bool:
        """Whether nothing that may be answered can settle a matter any more."""
        barred = any(not (may_settle(a) or self._may_vanish(a) or self._may_yield(a, live)) for a in live)
        return barred or not any(may_settle(a) for a in live)

    @staticmethod
    def _may_vanish(assessment: Assessment) -> bool:
        """Whether a rule may yet turn out not to decide."""
        return bool({DEAD, UNRECOGNISED} & assessment.live)

    def _may_yield(self, assessment: Assessment, live: Sequence[Assessment]) -> bool:
        """Whether nothing that people must look into bars a rule that cannot settle, and one that goes before it may yet.

        An interview has time: whatever bars a rule, it is asked first whether the one that goes before it holds.
        """
        barred = any(truth is True for _, truth in (*assessment.exceptions, *assessment.referrals))
        barred = barred or bool({block.code for block in assessment.blocks} - {"claim-unanswered", "rule-refers"})
        if barred and self.asked is None:
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
        # Of rules that give the same, the one that leaves people something to weigh besides says more: a counterfeit that was
        # broken on the way is a counterfeit.
        sure = [a for a in live if a.recognised is True and a.rule.id not in self.doubted]
        primary = max(sure, key=lambda a: (len(a.rule.refer.considers), a is base.primary), default=base.primary)
        return Ruling(base.matter, "settle", primary, base.members, None, (), overridden=base.aside)

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


def open_elsewhere(assessments: Mapping[str, Assessment], rulings: Sequence[Ruling]) -> list[Assessment]:
    """The rules that may still turn out to open a matter of their own."""
    decided = {ruling.matter for ruling in rulings}
    return [a for a in assessments.values() if a.recognised is None and a.rule.matter not in decided]
