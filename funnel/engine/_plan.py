"""A rule made ready to be assessed: what hangs on the rule and the law alone is computed once, not for each complaint.

Plans are made when a rule is first met and kept by `Plans`, one for each rule of the pack. What a plan fills in later (the
articles in force in a window of time) is a function of the pack alone: two threads that fill it in write the same.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from funnel.engine._checks import Check, Checked, Told
from funnel.engine.evaluate import Flip, Parameters, thresholds
from funnel.facts.values import Facts, Grade, Known, Value
from funnel.facts.vocabulary import CLAIMS
from funnel.law.register import Citation as Cited
from funnel.law.register import LawError, Register, Resolved
from funnel.pack.formulas import names_of
from funnel.pack.model import Condition, FactRef, Formula, Operation, Pack, ParamRef, Rule, leaves_of

DEAD = "dead"
"""The end of a rule that does not decide."""
PAID_FACT = "price_paid"
"""The fact that caps a settlement."""
RECOGNISE, ELEMENTS, REST = 0, 1, 2
"""Where the checks of a rule stand: recognition, elements, then exceptions, referrals and what settling hangs on."""


_ALWAYS: Checked = (True, ())
"""What a condition that is not there comes to."""


@dataclass(frozen=True, slots=True)
class Block:
    """Why a rule cannot be settled whatever is answered: a stable code and what fills its text."""

    code: str
    detail: str = ""
    tier: str | None = None


class Needs:
    """The facts and figures that a formula takes."""

    __slots__ = ("divides", "facts", "names")

    def __init__(self, formula: Formula) -> None:
        self.names = tuple(dict.fromkeys(names_of(formula)))
        self.facts = tuple(n.name for n in self.names if isinstance(n, FactRef))
        self.divides = _divides(formula)

    def missing(self, known: Mapping[str, Known], parameters: Parameters) -> tuple[str, ...] | None:
        """What is unknown, in order; None where only computing tells (a division by nothing says nothing of names)."""
        if self.divides:
            return None
        lacking = []
        for name in self.names:
            if isinstance(name, ParamRef):
                if name.name not in parameters:
                    lacking.append(f"param.{name.name}")
                continue
            have = known.get(name.name)
            if have is None or not isinstance(have.value, int) or isinstance(have.value, bool):
                lacking.append(name.name)
        return tuple(lacking) or None


def _divides(formula: Formula) -> bool:
    return isinstance(formula, Operation) and (formula.operator == "/" or any(_divides(a) for a in formula.args))


class Plan:
    """One rule, ready.

    Attributes:
        rule: The rule.
        checks: Its conditions, compiled: see `RECOGNISE`; then ``settle.when``, the scope and the conditions of remedies.
        referring, settling, paying: Where referrals, ``settle.when`` with the scope, and remedies begin among them.
        reading: For each fact, which checks read it.
        settling_checks: What a settlement hangs on, with the truth each must have (`Rule.settling_conditions`).
        formulas: What each remedy's formula takes; None for a remedy without money.
        grading_checks: All that must come out one way for a settlement: what the grades of `settle.needs` bear on, besides
            whether each remedy is due.
        bare_needs: Facts that settling needs though no condition and no formula reads them.
        figures: Facts whose values or grades a settlement looks at whatever the conditions say.
        exception_ends, referral_ends: The end that each exception or referral brings.
        considering: Whether each remedy that people may weigh is one on a case; None where it always is. They stand apart
            from the checks: no outcome hangs on them, so nothing is asked for their sake.
    """

    __slots__ = (
        "_days",
        "_law",
        "_register",
        "_thresholds",
        "bare_needs",
        "checks",
        "considering",
        "exception_ends",
        "figures",
        "formulas",
        "grading_checks",
        "paying",
        "reading",
        "referral_ends",
        "referring",
        "rule",
        "settling",
        "settling_checks",
    )

    def __init__(self, rule: Rule, register: Register, defaults: Mapping[str, Known]) -> None:
        self.rule = rule
        self._register = register
        settle = rule.settle
        pays = () if settle is None else settle.remedies
        self.referring = REST + len(rule.exceptions)
        self.settling = self.referring + len(rule.refer.when)
        self.paying = self.settling + 2
        conditions: list[Condition | None] = [
            *(rule.recognise, rule.elements),
            *(exception.when for exception in rule.exceptions),
            *(when.condition for when in rule.refer.when),
            *(None if settle is None else settle.when, rule.scope),
            *(remedy.when for remedy in pays),
        ]
        self.checks = tuple(None if c is None else Check(c, defaults) for c in conditions)
        weighed = (remedy.when for remedy in rule.refer.considers)
        self.considering = tuple(None if c is None else Check(c, defaults) for c in weighed)
        reading: dict[str, list[int]] = {}
        for index, check in enumerate(self.checks):
            for fact in check.reads if check is not None else ():
                reading.setdefault(fact, []).append(index)
        self.reading = {fact: tuple(indexes) for fact, indexes in reading.items()}
        self.settling_checks = tuple(self._settling_checks())
        self.grading_checks = tuple(self._grading_checks())
        self.formulas = tuple(None if r.formula is None else Needs(r.formula) for r in pays)
        used = {test.fact for condition, _ in rule.ruling_conditions for test in leaves_of(condition)}
        used |= {fact for needs in self.formulas if needs is not None for fact in needs.facts}
        self.bare_needs = () if settle is None else tuple((n, g) for n, g in settle.needs.items() if n not in used)
        sums = (
            PAID_FACT,
            CLAIMS,
            "claimed_amount",
            rule.governs,
            *((settle.limit_of,) if settle and settle.limit_of else ()),
        )
        taken = (fact for needs in self.formulas if needs is not None for fact in needs.facts)
        self.figures = frozenset((*sums, *taken, *(name for name, _ in self.bare_needs)))
        self.exception_ends = tuple(DEAD if e.tier is None else f"exception:{e.id}" for e in rule.exceptions)
        self.referral_ends = tuple(f"refer:{number}" for number in range(len(rule.refer.when)))
        self._thresholds: dict[str, frozenset[Value] | None] = {}
        cited = {b.citation.partition("/")[0].partition("@")[0] for b in rule.basis}
        self._days = register.turning_days(cited & register.statutes.keys())
        self._law: dict[tuple[int, int], tuple[Block, ...]] = {}

    def _grading_checks(self) -> Iterable[tuple[Check, bool]]:
        found = [(self.checks[RECOGNISE], True), *self.settling_checks]
        found += [(check, False) for check in self.checks[self.referring : self.settling]]
        found.append((self.checks[self.settling + 1], True))
        return ((check, truth) for check, truth in found if check is not None)

    def _settling_checks(self) -> Iterable[tuple[Check, bool]]:
        wanted = [True] + [False] * len(self.rule.exceptions)
        found = list(zip(self.checks[ELEMENTS : self.referring], wanted, strict=True))
        found.append((self.checks[self.settling], True))
        return ((check, truth) for check, truth in found if check is not None)

    def weigh(self, known: Mapping[str, Known], told: Told, parameters: Parameters) -> tuple[Checked | None, ...]:
        """What every condition of the rule comes to; None where the rule has none."""
        return tuple([None if check is None else check(known, told, parameters) for check in self.checks])

    def weigh_again(
        self,
        before: Sequence[Checked | None],
        changed: str,
        known: Mapping[str, Known],
        told: Told,
        parameters: Parameters,
    ) -> Sequence[Checked | None]:
        """The same after one fact has changed: only the conditions that read it are looked at."""
        indexes = self.reading.get(changed)
        if indexes is None:
            return before
        found = list(before)
        for index in indexes:
            check = self.checks[index]
            if check is not None:
                found[index] = check(known, told, parameters)
        return found

    def considered(self, facts: Facts, parameters: Parameters) -> tuple[Checked, ...]:
        """Whether each remedy that people may weigh is one on this case, and what keeps that unknown."""
        known, told = facts.known, facts.told
        return tuple([_ALWAYS if c is None else c(known, told, parameters) for c in self.considering])

    def flips(self, facts: Facts, parameters: Parameters) -> tuple[Flip, ...]:
        """The `cheapest` leaves that must come out otherwise for a settlement; every leaf once."""
        found: dict[Flip, None] = {}
        for check, wanted in self.settling_checks:
            found |= dict.fromkeys(check.flips(facts, parameters, wanted=wanted))
        return tuple(found)

    def settling_hangs_on(self, fact: str, grade: Grade, *, weak: bool) -> bool:
        """Whether another value of a fact may change what a settlement takes, other ends aside.

        Args:
            fact: The fact.
            grade: The grade of its new value.
            weak: Whether some fact is known below its grade: then all that carries the settlement is weighed without it.
        """
        if fact in self.figures:
            return True
        need = None if self.rule.settle is None else self.rule.settle.needs.get(fact)
        first = RECOGNISE if weak or (need is not None and grade < need) else self.settling
        return any(index >= first for index in self.reading.get(fact, ()))

    def law(self, on: dt.date, deciding: dt.date) -> tuple[Block, ...]:
        """The articles that no settlement can rest on: not in force on the governing day, or known second-hand only.

        An article that came into force later and reaches the case as one not finally judged carries none either: no machine
        sees whether a court has judged it.
        """
        window = bisect_right(self._days, on), bisect_right(self._days, deciding)
        found = self._law.get(window)
        if found is None:
            found = self._law[window] = tuple(self._uncertain(on, deciding))
        return found

    def _uncertain(self, on: dt.date, deciding: dt.date) -> Iterable[Block]:
        for basis in self.rule.basis:
            if {"elements", "remedies"} & set(basis.supports):
                resolved = resolve(self._register, basis.citation, on, deciding)
                if resolved is None or not resolved.verified or resolved.reach is not None:
                    yield Block("law-uncertain", basis.citation)

    def thresholds(self, fact: str, parameters: Parameters) -> frozenset[Value]:
        """The constants that any condition of the rule compares a fact with."""
        if fact not in self._thresholds:
            checks = [check for index in self.reading.get(fact, ()) if (check := self.checks[index]) is not None]
            fixed = None if any(check.dated(fact) for check in checks) else self._compared(fact, {})
            self._thresholds[fact] = fixed
        found = self._thresholds[fact]
        return self._compared(fact, parameters) if found is None else found

    def _compared(self, fact: str, parameters: Parameters) -> frozenset[Value]:
        conditions = (self.checks[index] for index in self.reading.get(fact, ()))
        return frozenset().union(*(thresholds(c.condition, fact, parameters) for c in conditions if c is not None))


class Plans:
    """The plans of a pack's rules, each made when it is first asked for."""

    __slots__ = ("_made", "defaults", "pack")

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.defaults = pack.vocabulary.defaults
        self._made: dict[str, Plan] = {}

    def of(self, rule: Rule) -> Plan:
        """The plan of a rule."""
        found = self._made.get(rule.id)
        if found is None or found.rule is not rule:
            found = self._made[rule.id] = Plan(rule, self.pack.register, self.defaults)
        return found


def resolve(register: Register, citation: str | Cited, on: dt.date, deciding: dt.date) -> Resolved | None:
    """An article on a governing and a deciding day; None if it was not in force and does not reach the case."""
    try:
        return register.resolve(citation, on, deciding)
    except LawError:
        return None
