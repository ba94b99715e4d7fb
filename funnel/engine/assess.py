"""Assess one rule on the facts: which ends are still live for it.

The ends of a rule are ``settle``; ``dead`` (an element fails, or it steps aside); ``unrecognised`` (its recognition may
turn out false); ``exception:ID``; ``refer:N`` (a referral condition); and open items that keep it from being decided:
``grade:FACT`` (known, but not well enough), ``amount:FACT`` and ``governs:FACT`` (needed to compute), ``cannot:CODE``
(it can never be settled). A rule is settled only when ``settle`` is the one live end.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from funnel.engine.evaluate import Parameters, evaluate, unknown_facts
from funnel.engine.parameters import ParameterTable
from funnel.engine.remedies import Amount, Missing, compute
from funnel.facts.truth import Truth
from funnel.facts.values import Facts, Grade
from funnel.law.register import LawError, Resolved
from funnel.pack.formulas import names_of
from funnel.pack.model import FactRef, Formula, Pack, ReferWhen, RemedySpec, Rule, RuleException, Settle, leaves_of

SETTLE = "settle"
DEAD = "dead"
UNRECOGNISED = "unrecognised"

_CAPPED = frozenset({"refund", "loss"})
"""Kinds whose amount may not exceed what was paid, whatever a rule says."""
_PROMISED = "promised_compensation"
"""Owed in full where a merchant promised it, but one above the price is weighed by people: "ten for one" is punitive by another name."""
PAID_FACT = "price_paid"
"""The fact that caps a settlement."""


Result = tuple[tuple[str, int, str], ...]
"""A settlement as kinds, amounts in fen (-1: none) and payers."""


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
class Block:
    """Why a rule cannot be settled whatever is answered: a stable code and what fills its text."""

    code: str
    detail: str = ""
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A rule on a case.

    Attributes:
        live: The ends still possible.
        unknown: Facts whose answers could remove some of them, in the order they stand in the rule.
        remedies: What a settlement would be; None while something is missing.
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
    parameters: Parameters

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

    @property
    def result(self) -> Result:
        """What a settlement would give: kinds, amounts and payers, in order. Two rules with one result do not compete."""
        due = self.remedies or ()
        return tuple(sorted((r.spec.kind, -1 if r.amount is None else r.amount.fen, r.spec.payer) for r in due))

    @property
    def total(self) -> int:
        """Sum of the amounts of a settlement, in fen, that do not come from the consumer."""
        due = self.remedies or ()
        return sum(r.amount.fen for r in due if r.amount is not None and r.spec.payer != "consumer")


def assess(
    pack: Pack, rule: Rule, facts: Facts, table: ParameterTable, *, as_of: dt.date, recognised: Truth = True
) -> Assessment:
    """Assess a rule on a case. Pure."""
    return _Assessor(pack, rule, facts, table, as_of, recognised).run()


class _Assessor:
    def __init__(
        self,
        pack: Pack,
        rule: Rule,
        facts: Facts,
        table: ParameterTable,
        as_of: dt.date,
        recognised: Truth,
    ) -> None:
        self.pack = pack
        self.rule = rule
        self.facts = facts
        self.as_of = as_of
        governing = facts.value(rule.governs)
        self.governing = governing if isinstance(governing, dt.date) else as_of
        self.parameters = table.on(self.governing)
        self.recognised = recognised
        self.unknown: dict[str, None] = {}
        self.live: set[str] = set()
        self.blocks: list[Block] = []
        self.shortfalls: list[Shortfall] = []

    def run(self) -> Assessment:
        rule, facts, parameters = self.rule, self.facts, self.parameters
        elements = evaluate(rule.elements, facts, parameters)
        exceptions = tuple((e, evaluate(e.when, facts, parameters)) for e in rule.exceptions)
        referrals = tuple((w, evaluate(w.condition, facts, parameters)) for w in rule.refer.when)
        remedies: tuple[DueRemedy, ...] | None = None
        if self.recognised is None:
            self.live.add(UNRECOGNISED)
            self._note(*unknown_facts(rule.recognise, facts, parameters))
        if elements is False:
            self.live.add(DEAD)
        else:
            remedies = self._alive(elements, exceptions, referrals)
        return Assessment(
            rule=rule,
            recognised=self.recognised,
            elements=elements,
            exceptions=exceptions,
            referrals=referrals,
            live=frozenset(self.live),
            unknown=tuple(self.unknown),
            shortfalls=tuple(self.shortfalls),
            blocks=tuple(self.blocks),
            remedies=remedies,
            governing=self.governing,
            parameters=parameters,
        )

    def _note(self, *names: str) -> None:
        for name in names:
            self.unknown[name] = None

    def _alive(
        self,
        elements: Truth,
        exceptions: tuple[tuple[RuleException, Truth], ...],
        referrals: tuple[tuple[ReferWhen, Truth], ...],
    ) -> tuple[DueRemedy, ...] | None:
        fired = [e for e, truth in exceptions if truth is True]
        if elements is True and fired:
            # What certainly holds ends the rule; only a referral outweighs a stepping aside.
            referring = [e for e in fired if e.tier is not None]
            if referring:
                self.live |= {f"exception:{e.id}" for e in referring}
                return None
            self.live.add(DEAD)
            for exception, truth in exceptions:  # a rule that steps aside may yet have to refer
                if truth is None and exception.tier is not None:
                    self.live.add(f"exception:{exception.id}")
                    self._note(*unknown_facts(exception.when, self.facts, self.parameters))
            return None
        if elements is None:
            self.live.add(DEAD)
            self._note(*unknown_facts(self.rule.elements, self.facts, self.parameters))
        for exception, truth in exceptions:
            if truth is not False:
                self.live.add(f"exception:{exception.id}" if exception.tier is not None else DEAD)
                self._note(*unknown_facts(exception.when, self.facts, self.parameters))
        if fired:
            return None
        for index, (when, truth) in enumerate(referrals):
            if truth is not False:
                self.live.add(f"refer:{index}")
                self._note(*unknown_facts(when.condition, self.facts, self.parameters))
        if any(truth is True for _, truth in referrals):
            return None
        return self._settlement()

    # --- settling -------------------------------------------------------------------------------------------------------

    def _settlement(self) -> tuple[DueRemedy, ...] | None:
        settle = self.rule.settle
        if settle is None:
            self._cannot(Block("out-of-scope" if self.rule.out_of_scope else "never-settles"))
            return None
        self._law()
        for condition in (settle.when, self.rule.scope):
            truth = True if condition is None else evaluate(condition, self.facts, self.parameters)
            if truth is False:
                self._cannot(Block("rule-refers", "scope" if condition is self.rule.scope else "when"))
            elif truth is None:
                self.live.add("refer")
                self._note(*unknown_facts(condition, self.facts, self.parameters))
        self._grades(settle)
        if self.facts.value(self.rule.governs) is None:
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

    def _law(self) -> None:
        """No settlement rests on an article that was not in force or is known second-hand only."""
        for basis in self.rule.basis:
            if not {"elements", "remedies"} & set(basis.supports):
                continue
            resolved = resolve(self.pack, basis.citation, self.governing)
            if resolved is None or not resolved.verified:
                self._cannot(Block("law-uncertain", basis.citation))

    def _grades(self, settle: Settle) -> None:
        """What carries the settlement must be established at the grades the rule asks for.

        A value below its grade is taken away; if the elements still hold and the exceptions are still ruled out without
        it, nothing hung on it. Presumptions of law count, unless the rule asks for more.
        """
        weak = {n: g for n, g in settle.needs.items() if (k := self.facts.known.get(n)) is not None and k.grade < g}
        strong = self.facts.without(weak) if weak else self.facts
        conditions = self.rule.settling_conditions
        for condition, wanted in conditions:
            if weak and evaluate(condition, strong, self.parameters) is not wanted:
                for name in unknown_facts(condition, strong, self.parameters):
                    if name in weak and f"grade:{name}" not in self.live:
                        self._short(name, self.facts.known[name].grade, weak[name])
        used = {t.fact for condition, _ in conditions for t in leaves_of(condition)}
        used |= {n for spec in settle.remedies if spec.formula is not None for n in _facts_of(spec.formula)}
        for name, need in settle.needs.items():
            known = self.facts.known.get(name)
            if name in used or (known is not None and known.grade >= need):
                continue
            if known is None:
                self.live.add(f"grade:{name}")
                self._note(name)
            elif f"grade:{name}" not in self.live:
                self._short(name, known.grade, need)

    def _short(self, name: str, have: Grade, need: Grade) -> None:
        self.shortfalls.append(Shortfall(name, have, need))
        self.live.add(f"grade:{name}")
        self._note(name)

    def _remedies(self, settle: Settle) -> tuple[DueRemedy, ...] | None:
        due: list[DueRemedy] = []
        complete = True
        for spec in settle.remedies:
            truth = True if spec.when is None else evaluate(spec.when, self.facts, self.parameters)
            if truth is False:
                continue
            if truth is None:
                complete = False
                self.live.add("amount:when")
                self._note(*unknown_facts(spec.when, self.facts, self.parameters))
            if spec.formula is None:
                due.append(DueRemedy(spec, None))
                continue
            amount = compute(spec.formula, self.facts, self.parameters, self.pack.vocabulary, self.pack.register)
            if isinstance(amount, Missing):
                complete = False
                facts = [n for n in amount.names if not n.startswith("param.")]
                if not facts:
                    self._cannot(Block("amount-unknown", ", ".join(amount.names)))
                for name in facts:
                    self.live.add(f"amount:{name}")
                    self._note(name)
                continue
            self._amount_grades(settle, spec.formula)
            due.append(DueRemedy(spec, amount))
        return tuple(due) if complete else None

    def _amount_grades(self, settle: Settle, formula: Formula) -> None:
        """Money moves on recorded figures, unless the rule says what is enough."""
        for name in _facts_of(formula):
            known = self.facts.known.get(name)
            need = settle.needs.get(name, Grade.RECORD)
            if known is not None and known.grade < need and f"grade:{name}" not in self.live:
                self._short(name, known.grade, need)

    def _limits(self, settle: Settle, remedies: tuple[DueRemedy, ...]) -> None:
        total = sum(r.amount.fen for r in remedies if r.amount is not None)
        limited = total
        if settle.limit_of is not None:
            value = self.facts.value(settle.limit_of)
            if not isinstance(value, int):
                self.live.add(f"amount:{settle.limit_of}")
                self._note(settle.limit_of)
                return
            limited = value
        if settle.limit is not None and limited > settle.limit:
            self._cannot(Block("over-limit", f"{limited}>{settle.limit}"))
        elif max(total, limited) > self.pack.manifest.settle_limit:
            self._cannot(Block("over-limit", f"{max(total, limited)}>{self.pack.manifest.settle_limit}"))
        self._caps(remedies, total)

    def _caps(self, remedies: tuple[DueRemedy, ...], total: int) -> None:
        if any(r.amount is not None and r.amount.fen < 0 for r in remedies):
            self._cannot(Block("engine-refused", "negative"))
        if not any(r.amount is not None and r.amount.fen for r in remedies):
            return
        paid = self.facts.value(PAID_FACT)
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
        claimed = self.facts.value("claimed_amount")
        if isinstance(claimed, int) and claimed > max(total, paid):
            self._cannot(Block("claim-exceeds", f"{claimed}>{max(total, paid)}"))
        elif (
            isinstance(claimed, int) and 0 < claimed < total
        ):  # not raised is nought; nobody is given more than he asks
            self._cannot(Block("claim-below", f"{total}>{claimed}"))


def _facts_of(formula: Formula) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n.name for n in names_of(formula) if isinstance(n, FactRef)))


def resolve(pack: Pack, citation: str, on: dt.date) -> Resolved | None:
    """An article on a day; None if it was not in force."""
    try:
        return pack.register.resolve(citation, on)
    except LawError:
        return None
