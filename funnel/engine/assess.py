"""Assess one rule on the facts: which ends are still live for it.

The ends of a rule are ``settle``; ``dead`` (an element fails, or it steps aside); ``unrecognised`` (its recognition may
turn out false); ``exception:ID``; ``refer:N`` (a referral condition); and open items that keep it from being decided:
``grade:FACT`` (known, but not well enough), ``amount:FACT`` and ``governs:FACT`` (needed to compute), ``cannot:CODE``
(it can never be settled). A rule is settled only when ``settle`` is the one live end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from funnel.engine._checks import Check, Checked, Told
from funnel.engine._plan import DEAD, ELEMENTS, RECOGNISE, REST, Block, Needs, Plan
from funnel.engine._plan import PAID_FACT as PAID_FACT  # noqa: PLC0414 (a name of this module, for others)
from funnel.engine.evaluate import Parameters
from funnel.engine.parameters import ParameterTable
from funnel.engine.remedies import Amount, Missing, computed
from funnel.facts.truth import Truth
from funnel.facts.values import Facts, Grade, Known, Value
from funnel.facts.vocabulary import CLAIMS
from funnel.pack.model import Pack, ReferWhen, RemedySpec, Rule, RuleException, Settle

SETTLE = "settle"
UNRECOGNISED = "unrecognised"

_CAPPED = frozenset({"refund", "loss"})
"""Kinds whose amount may not exceed what was paid, whatever a rule says."""
_PROMISED = "promised_compensation"
"""Owed in full where a merchant promised it, but one above the price is weighed by people: "ten for one" is punitive by another name."""

Result = tuple[tuple[str, int, str], ...]
"""A settlement as kinds, amounts in fen (-1: none) and payers."""
End = tuple[frozenset[str], Result]
"""The ends that an answer leaves live for a rule, and the settlement it leads to if it decides."""

_VANISHED: End = (frozenset({DEAD}), ())
_SETTLED = frozenset({SETTLE})


@dataclass(frozen=True, slots=True)
class DueRemedy:
    """A remedy of a rule on this case, computed."""

    spec: RemedySpec
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A fact that is known, but not at the grade a settlement needs."""

    fact: str
    have: Grade
    need: Grade


@dataclass(frozen=True, slots=True)
class Assessment:
    """A rule on a case.

    Attributes:
        live: The ends still possible.
        unknown: Facts whose answers could remove some of them, in the order they stand in the rule.
        remedies: What a settlement would be; None while something is missing.
        checked: What each condition of the rule's plan came to, in its order.
        settlement: What settling would take; None where it did not come to that.
    """

    rule: Rule
    recognised: Truth
    elements: Truth
    exceptions: tuple[tuple[RuleException, Truth], ...]
    referrals: tuple[tuple[ReferWhen, Truth], ...]
    live: frozenset[str]
    unknown: tuple[str, ...]
    shortfalls: tuple[Shortfall, ...]
    blocks: tuple[Block, ...]
    remedies: tuple[DueRemedy, ...] | None
    governing: dt.date
    deciding: dt.date
    parameters: Parameters
    plan: Plan = field(repr=False, compare=False)
    checked: Sequence[Checked | None] = field(repr=False, compare=False)
    settlement: Settlement | None = field(repr=False, compare=False)

    @property
    def settles(self) -> bool:
        """Whether settling is the one end left."""
        return self.live == {SETTLE}

    @property
    def dead(self) -> bool:
        """Whether the rule certainly does not decide."""
        return self.live <= {DEAD, UNRECOGNISED}

    @property
    def applies(self) -> bool:
        """Whether the rule certainly applies: recognised, its elements hold and no exception is possible."""
        certain = all(truth is False for _, truth in self.exceptions)
        return self.recognised is True and self.elements is True and certain

    def unknown_of(self, index: int) -> tuple[str, ...]:
        """What keeps one condition of the plan unknown, in the order it stands."""
        found = self.checked[index]
        return () if found is None else found[1]

    @property
    def result(self) -> Result:
        """What a settlement would give: kinds, amounts and payers, in order. Two rules with one result do not compete."""
        return result_of(self.remedies)

    @property
    def total(self) -> int:
        """Sum of the amounts of a settlement, in fen, that do not come from the consumer."""
        due = self.remedies or ()
        return sum(r.amount.fen for r in due if r.amount is not None and r.spec.payer != "consumer")


def result_of(remedies: tuple[DueRemedy, ...] | None) -> Result:
    """What remedies give: see `Assessment.result`."""
    return tuple(sorted((r.spec.kind, -1 if r.amount is None else r.amount.fen, r.spec.payer) for r in remedies or ()))


def assess(
    pack: Pack, rule: Rule, facts: Facts, table: ParameterTable, *, as_of: dt.date, recognised: Truth = True
) -> Assessment:
    """Assess one rule on a case. Pure. Who assesses many keeps their `Plans` and uses `assess_planned`."""
    plan = Plan(rule, pack.register, pack.vocabulary.defaults)
    return assess_planned(plan, pack, Case(facts, table, as_of), recognised)


def assess_planned(plan: Plan, pack: Pack, case: Case, recognised: Truth) -> Assessment:
    """Assess a rule on a case. Pure."""
    rule = plan.rule
    governing, parameters = case.law(rule.governs)
    checked = plan.weigh(case.known, case.told, parameters)
    ends = Ends(plan, checked, recognised)
    settlement = None
    if ends.may_settle:
        settlement = settle(plan, pack, case, checked, governing, parameters)
        ends.unknown.update(dict.fromkeys(settlement.unknown))
    truths = [None if c is None else c[0] for c in checked]
    return Assessment(
        rule=rule,
        recognised=recognised,
        elements=truths[ELEMENTS],
        exceptions=tuple(zip(rule.exceptions, truths[REST : plan.referring], strict=True)),
        referrals=tuple(zip(rule.refer.when, truths[plan.referring : plan.settling], strict=True)),
        live=ends.live(settlement),
        unknown=tuple(ends.unknown),
        shortfalls=() if settlement is None else settlement.shortfalls,
        blocks=() if settlement is None else settlement.blocks,
        remedies=None if settlement is None else settlement.remedies,
        governing=governing,
        deciding=case.as_of,
        parameters=parameters,
        plan=plan,
        checked=checked,
        settlement=settlement,
    )


def reassess(before: Assessment, pack: Pack, case: Case, changed: str) -> End:
    """What is left of a rule where one fact is otherwise: only what hangs on that fact is looked at again."""
    plan, governing, parameters = before.plan, before.governing, before.parameters
    checked = plan.weigh_again(before.checked, changed, case.known, case.told, parameters)
    recognised = _truth(checked, RECOGNISE)
    if recognised is False:
        return _VANISHED
    if changed == plan.rule.governs:  # another day, another law
        governing, parameters = case.law(changed)
        checked = plan.weigh(case.known, case.told, parameters)
    ends = Ends(plan, checked, recognised)
    settlement = None
    if ends.may_settle:
        settlement = before.settlement
        if settlement is None or plan.settling_hangs_on(changed, case.known[changed].grade, weak=settlement.weak):
            settlement = settle(plan, pack, case, checked, governing, parameters)
    live = ends.live(settlement)
    return live, () if settlement is None or live != _SETTLED else result_of(settlement.remedies)


class Case:
    """What rules are assessed on: facts, the law of each day, and the day itself."""

    __slots__ = ("as_of", "known", "table", "told")

    def __init__(self, facts: Facts, table: ParameterTable, as_of: dt.date) -> None:
        # A copy of one's own: hypotheses are written into it, and it answers twice as fast as a proxy.
        known = facts.known
        self.known: dict[str, Known] = known.copy() if isinstance(known, MappingProxyType) else dict(known)
        self.told: Told = facts.told
        self.table = table
        self.as_of = as_of

    def law(self, governs: str) -> tuple[dt.date, Parameters]:
        """The day that governs a matter, and the figures of the law on it.

        Where that day is not known it is the last that it can be: what is complained of had happened when the complaint
        came in, and a law that came into force later does not reach it, however late the case is looked at; save one that
        says it reaches what is not finally judged yet, which the articles are resolved for by ``as_of``.
        """
        known = self._day(governs)
        day = known if known is not None else min(self._day("complained_on") or self.as_of, self.as_of)
        return day, self.table.on(day)

    def _day(self, name: str) -> dt.date | None:
        have = self.known.get(name)
        return have.value if have is not None and isinstance(have.value, dt.date) else None


def _truth(checked: Sequence[Checked | None], index: int) -> Truth:
    """The truth of a condition; one that the rule does not have holds."""
    found = checked[index]
    return True if found is None else found[0]


class Ends:
    """The ends that recognition, elements, exceptions and referrals leave live, before settling is looked at.

    Attributes:
        unknown: What keeps them open, in order.
        may_settle: Whether nothing that certainly holds stands in the way.
    """

    __slots__ = ("_checked", "_live", "_plan", "may_settle", "unknown")

    def __init__(self, plan: Plan, checked: Sequence[Checked | None], recognised: Truth) -> None:
        self._plan = plan
        self._checked = checked
        self._live: set[str] = set()
        self.unknown: dict[str, None] = {}
        if recognised is None:
            self._open(RECOGNISE, UNRECOGNISED)
        elements = _truth(checked, ELEMENTS)
        if elements is False:
            self._live.add(DEAD)
            self.may_settle = False
        else:
            self.may_settle = self._elements(elements)

    def live(self, settlement: Settlement | None) -> frozenset[str]:
        """Every live end."""
        return frozenset(self._live) if settlement is None else settlement.live.union(self._live)

    def _open(self, index: int, end: str) -> None:
        """An end is live, and what keeps its condition unknown is worth knowing."""
        self._live.add(end)
        found = self._checked[index]
        if found is not None and found[1]:
            self.unknown.update(dict.fromkeys(found[1]))

    def _elements(self, elements: Truth) -> bool:
        plan, checked = self._plan, self._checked
        exceptions = [_truth(checked, index) for index in range(REST, plan.referring)]
        fired = True in exceptions
        if elements is True and fired:
            self._fired()
            return False
        if elements is None:
            self._open(ELEMENTS, DEAD)
        for index, truth in enumerate(exceptions):
            if truth is not False:
                self._open(REST + index, plan.exception_ends[index])
        if fired:
            return False
        certain = False
        for index, end in enumerate(plan.referral_ends, plan.referring):
            truth = _truth(checked, index)
            if truth is not False:
                certain = certain or truth is True
                self._open(index, end)
        return not certain

    def _fired(self) -> None:
        """What certainly holds ends the rule; only a referral outweighs a stepping aside."""
        found = [(REST + n, end, _truth(self._checked, REST + n)) for n, end in enumerate(self._plan.exception_ends)]
        referring = {end for _, end, truth in found if truth is True and end != DEAD}
        if referring:
            self._live |= referring
            return
        self._live.add(DEAD)
        for index, end, truth in found:  # a rule that steps aside may yet have to refer
            if truth is None and end != DEAD:
                self._open(index, end)


# --- settling -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling takes.

    Attributes:
        live: The ends it leaves: ``settle`` unless something is in the way, and every open item.
        unknown: What keeps them open, in order.
        weak: Whether a fact is known below the grade it is needed at.
    """

    live: frozenset[str]
    unknown: tuple[str, ...]
    shortfalls: tuple[Shortfall, ...]
    blocks: tuple[Block, ...]
    remedies: tuple[DueRemedy, ...] | None
    weak: bool


def settle(
    plan: Plan,
    pack: Pack,
    case: Case,
    checked: Sequence[Checked | None],
    governing: dt.date,
    parameters: Parameters,
) -> Settlement:
    """Look at what a settlement takes. It hangs on nothing that `Plan.settling_hangs_on` denies."""
    return _Settling(plan, pack, case, checked, governing, parameters).run()


class _Settling:
    def __init__(
        self,
        plan: Plan,
        pack: Pack,
        case: Case,
        checked: Sequence[Checked | None],
        governing: dt.date,
        parameters: Parameters,
    ) -> None:
        self.plan = plan
        self.pack = pack
        self.rule = plan.rule
        self.known = case.known
        self.checked = checked
        self.governing = governing
        self.deciding = case.as_of
        self.parameters = parameters
        self.unknown: dict[str, None] = {}
        self.live: set[str] = set()
        self.blocks: list[Block] = []
        self.shortfalls: list[Shortfall] = []
        self.weak = False

    def run(self) -> Settlement:
        remedies = self._settlement()
        return Settlement(
            frozenset(self.live),
            tuple(self.unknown),
            tuple(self.shortfalls),
            tuple(self.blocks),
            remedies,
            self.weak,
        )

    def _open(self, index: int, end: str) -> None:
        self.live.add(end)
        found = self.checked[index]
        if found is not None:
            self._note(*found[1])

    def _note(self, *names: str) -> None:
        for name in names:
            self.unknown[name] = None

    def _settlement(self) -> tuple[DueRemedy, ...] | None:
        settle = self.rule.settle
        if settle is None:
            self._cannot(Block("out-of-scope" if self.rule.out_of_scope else "never-settles"))
            return None
        for block in self.plan.law(self.governing, self.deciding):
            self._cannot(block)
        for index, code in ((self.plan.settling, "when"), (self.plan.settling + 1, "scope")):
            truth = _truth(self.checked, index)
            if truth is False:
                self._cannot(Block("rule-refers", code))
            elif truth is None:
                self._open(index, "refer")
        self._grades(settle)
        if self.rule.governs not in self.known:
            self.live.add(f"governs:{self.rule.governs}")
            self._note(self.rule.governs)
        remedies = self._remedies(settle)
        if remedies is not None:
            self._limits(settle, remedies)
        if not self.blocks:
            self.live.add(SETTLE)
        return remedies

    def _cannot(self, block: Block) -> None:
        self.blocks.append(block)
        self.live.add(f"cannot:{block.code}")

    def _grades(self, settle: Settle) -> None:
        """What carries the settlement must be established at the grades the rule asks for.

        A value below its grade is taken away; if every condition comes out without it as a settlement takes it, and the same
        remedies are due, nothing hung on it. Presumptions of law count, unless the rule asks for more.
        """
        weak = {n: g for n, g in settle.needs.items() if (k := self.known.get(n)) is not None and k.grade < g}
        if weak:
            self.weak = True
            for check, wanted in self.plan.grading_checks:
                self._hangs(check, wanted, weak)
            for index, pays in enumerate(self.plan.checks[self.plan.paying :], self.plan.paying):
                due = _truth(self.checked, index)
                if pays is not None and due is not None:
                    self._hangs(pays, due, weak)
        for name, need in self.plan.bare_needs:
            known = self.known.get(name)
            if known is None:
                self.live.add(f"grade:{name}")
                self._note(name)
            elif known.grade < need and f"grade:{name}" not in self.live:
                self._short(name, known.grade, need)

    def _hangs(self, check: Check, wanted: bool, weak: Mapping[str, Grade]) -> None:  # noqa: FBT001 (the truth it must have)
        """Note the weak values without which a condition would not come out as it must, and what else would carry it."""
        if check.reads.isdisjoint(weak):
            return
        strong = {n: k for n in check.reads if n not in weak and (k := self.known.get(n)) is not None}
        truth, unknown = check(strong, None, self.parameters)
        if truth is not wanted:
            for name in unknown:
                if name not in weak:
                    self._note(name)
                elif f"grade:{name}" not in self.live:
                    self._short(name, self.known[name].grade, weak[name])

    def _short(self, name: str, have: Grade, need: Grade) -> None:
        self.shortfalls.append(Shortfall(name, have, need))
        self.live.add(f"grade:{name}")
        self._note(name)

    def _remedies(self, settle: Settle) -> tuple[DueRemedy, ...] | None:
        due: list[DueRemedy] = []
        complete = True
        for number, (spec, needs) in enumerate(zip(settle.remedies, self.plan.formulas, strict=True)):
            truth = _truth(self.checked, self.plan.paying + number)
            if truth is False:
                continue
            if truth is None:
                complete = False
                self._open(self.plan.paying + number, "amount:when")
            if spec.formula is None or needs is None:
                due.append(DueRemedy(spec, None))
                continue
            amount = self._amount(spec, needs)
            if isinstance(amount, Missing):
                complete = False
                facts = [n for n in amount.names if not n.startswith("param.")]
                if not facts:
                    self._cannot(Block("amount-unknown", ", ".join(amount.names)))
                for name in facts:
                    self.live.add(f"amount:{name}")
                    self._note(name)
                continue
            self._amount_grades(settle, needs)
            due.append(DueRemedy(spec, amount))
        return tuple(due) if complete else None

    def _amount(self, spec: RemedySpec, needs: Needs) -> Amount | Missing:
        assert spec.formula is not None  # noqa: S101 (the caller has looked)
        missing = needs.missing(self.known, self.parameters)
        if missing is not None:
            return Missing(missing)
        return computed(spec.formula, self.known, self.parameters, self.pack.vocabulary, self.pack.register)

    def _amount_grades(self, settle: Settle, needs: Needs) -> None:
        """Money moves on recorded figures, unless the rule says what is enough."""
        for name in needs.facts:
            known = self.known.get(name)
            need = settle.needs.get(name, Grade.RECORD)
            if known is not None and known.grade < need and f"grade:{name}" not in self.live:
                self._short(name, known.grade, need)

    def _limits(self, settle: Settle, remedies: tuple[DueRemedy, ...]) -> None:
        total = sum(r.amount.fen for r in remedies if r.amount is not None)
        limited = total
        if settle.limit_of is not None:
            known = self.known.get(settle.limit_of)
            if known is None or not isinstance(known.value, int):
                self.live.add(f"amount:{settle.limit_of}")
                self._note(settle.limit_of)
                return
            limited = known.value
            need = settle.needs.get(settle.limit_of)
            if need is not None and known.grade < need and f"grade:{settle.limit_of}" not in self.live:
                self._short(settle.limit_of, known.grade, need)
        if settle.limit is not None and limited > settle.limit:
            self._cannot(Block("over-limit", f"{limited}>{settle.limit}"))
        elif max(total, limited) > self.pack.manifest.settle_limit:
            self._cannot(Block("over-limit", f"{max(total, limited)}>{self.pack.manifest.settle_limit}"))
        self._caps(remedies, total)

    def _caps(self, remedies: tuple[DueRemedy, ...], total: int) -> None:
        if any(r.amount is not None and r.amount.fen < 0 for r in remedies):
            self._cannot(Block("engine-refused", "negative"))
        money = [r.amount.fen for r in remedies if r.amount is not None]
        if not remedies or (money and not any(money)):
            self._cannot(Block("nothing-due"))
        claimed = self._value("claimed_amount")
        if isinstance(claimed, int) and claimed > total:
            self._cannot(Block("claim-exceeds", f"{claimed}>{total}"))
        elif (
            isinstance(claimed, int) and 0 < claimed < total
        ):  # not raised is nought; nobody is given more than he asks
            self._cannot(Block("claim-below", f"{total}>{claimed}"))
        unanswered = self._unanswered(frozenset(r.spec.kind for r in remedies))
        if unanswered:
            self._cannot(Block("claim-unanswered", ",".join(unanswered)))
        if not any(money):
            return
        paid = self._value(PAID_FACT)
        if not isinstance(paid, int) or isinstance(paid, bool):
            if PAID_FACT not in self.pack.vocabulary:
                self._cannot(Block("engine-refused", PAID_FACT))
            else:
                self.live.add(f"amount:{PAID_FACT}")
                self._note(PAID_FACT)
            return
        capped = sum(r.amount.fen for r in remedies if r.amount is not None and r.spec.kind in _CAPPED)
        promised = sum(r.amount.fen for r in remedies if r.amount is not None and r.spec.kind == _PROMISED)
        if capped > paid or promised > paid or total > 2 * paid:
            self._cannot(Block("engine-refused", f"{total}>{paid}"))

    def _unanswered(self, kinds: frozenset[str]) -> list[str]:
        """What the consumer claims and ``kinds`` of remedies do not give; of claims made in place of each other one is enough."""
        spec, claims = self.pack.vocabulary.facts.get(CLAIMS), self._value(CLAIMS)
        if spec is None or not isinstance(claims, frozenset):
            return []
        made = [m for slug, m in spec.members.items() if slug in claims and m.answered_by is not None]
        met = {m.group for m in made if m.group is not None and not kinds.isdisjoint(m.answered_by or ())}
        return [m.slug for m in made if m.group not in met and kinds.isdisjoint(m.answered_by or ())]

    def _value(self, name: str) -> Value | None:
        known = self.known.get(name)
        return None if known is None else known.value
