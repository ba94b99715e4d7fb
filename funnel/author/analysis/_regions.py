"""What must hold for a rule to apply, to settle, to be set aside: each as demands that the solver understands."""

from __future__ import annotations

from collections.abc import Iterable

from funnel.author.analysis._solve import Demand
from funnel.author.analysis._space import NOT_FALSE
from funnel.diagnostics import Span
from funnel.engine.assess import PAID_FACT
from funnel.engine.evaluate import Parameters
from funnel.facts.vocabulary import CLAIMS, Member
from funnel.pack.formulas import names_of
from funnel.pack.model import All, Any, Condition, FactRef, Not, Pack, ParamRef, RemedySpec, Rule, Test, leaves_of


class Regions:
    """The regions of a pack's rules on one day.

    Args:
        pack: The pack.
        parameters: The dated parameters in force that day.
    """

    def __init__(self, pack: Pack, parameters: Parameters) -> None:
        self.pack = pack
        self.parameters = parameters

    def conditions(self) -> Iterable[Condition]:
        """Every condition whose constants cut the space."""
        for rule in self.pack.rules.values():
            for condition, _ in (*self.applies(rule), *self.settles(rule)):
                yield condition
            for when in rule.refer.when:
                yield when.condition
            yield from (condition for condition in (rule.scope, rule.remark) if condition is not None)
            yield from (condition for condition, _ in self.pays(rule) if rule.settle is not None)
            yield from (remedy.when for remedy in rule.refer.considers if remedy.when is not None)
        for gate in self.pack.gates.values():
            yield gate.when

    def applies(self, rule: Rule) -> list[Demand]:
        """Recognised, its elements hold, no exception does."""
        return [
            (rule.recognise, True),
            (rule.elements, True),
            *((exception.when, False) for exception in rule.exceptions),
        ]

    def certain(self, rule: Rule) -> Condition:
        """`applies` as one condition."""
        return _all_of(self.applies(rule))

    def quiet(self, rule: Rule) -> Condition:
        """It does not decide, is set aside, or settles too: it keeps no other rule of its matter from settling."""
        outright = [Not(rule.recognise), Not(rule.elements), _all_of(self.settles(rule))]
        above = [r for r in self.pack.live_rules if any(o.rule == rule.id for o in r.overrides)]
        steps = [
            All((e.when, *(Not(o.when) for o in rule.exceptions if o.tier is not None)))
            for e in rule.exceptions
            if e.tier is None
        ]
        remark = () if rule.remark is None else (rule.remark,)
        return Any((*outright, *steps, *remark, *(self.certain(r) for r in above)))

    def settles(self, rule: Rule, *, limited: bool = True) -> list[Demand]:
        """It applies, and a machine settles it: no referral, no gate, within its limit if that is to count."""
        demands = self.applies(rule)
        if rule.settle is None:
            return demands
        demands += [(condition, True) for condition in (rule.settle.when, rule.scope) if condition is not None]
        demands += [(when.condition, False) for when in rule.refer.when]
        demands += [(gate.when, False) for gate in self.pack.gates.values()]
        limit = self._limit(rule) if limited else None
        return [*demands, (limit, True)] if limit is not None else demands

    def pays(self, rule: Rule) -> list[Demand]:
        """What a settlement takes besides `settles`: it is clear what is due, something is, and every claim is answered."""
        remedies = () if rule.settle is None else rule.settle.remedies
        demands: list[Demand] = [(Any(tuple(_due(remedy) for remedy in remedies)), True)]
        for remedy in remedies:
            if remedy.when is not None:
                names = [] if remedy.formula is None else names_of(remedy.formula)
                known = (Test(n.name, "known", True, rule.span) for n in names if isinstance(n, FactRef))
                demands.append((Any((Not(remedy.when), All((remedy.when, *known)))), True))
        spec = self.pack.vocabulary.facts.get(CLAIMS)
        claims = [] if spec is None else [claim for claim in spec.members.values() if claim.answered_by is not None]
        for claim in claims:  # of a group one that is answered is enough
            group = [one for one in claims if one is claim or (one.group is not None and one.group == claim.group)]
            met = (All((_claims(one.slug, rule.span), _answered(one, remedies))) for one in group)
            demands.append((Any((Not(_claims(claim.slug, rule.span)), *met)), NOT_FALSE))
        return demands

    @staticmethod
    def limited(rule: Rule) -> str | None:
        """The fact that the limit of a settlement is on; None where it is on a sum that is computed."""
        settle = rule.settle
        if settle is None or settle.limit_of is not None:
            return None if settle is None else settle.limit_of
        amounts = [remedy.formula for remedy in settle.remedies if remedy.formula is not None]
        return amounts[0].name if len(amounts) == 1 and isinstance(amounts[0], FactRef) else None

    def _limit(self, rule: Rule) -> Test | None:
        name = self.limited(rule)
        if rule.settle is None or name is None:
            return None
        bounds = [b for b in (rule.settle.limit, self.pack.manifest.settle_limit) if b is not None]
        return Test(name, "at_most", min(bounds), rule.span)

    @staticmethod
    def needed(rule: Rule) -> list[str]:
        """Facts without which a rule does not settle, besides those that its conditions hang on."""
        if rule.settle is None:
            return []
        found = dict.fromkeys([rule.governs])
        used = {leaf.fact for condition, _ in rule.ruling_conditions for leaf in leaves_of(condition)}
        found.update(dict.fromkeys(name for name in rule.settle.needs if name not in used))
        formulas = [r.formula for r in rule.settle.remedies if r.formula is not None and r.when is None]
        found.update(dict.fromkeys(n.name for f in formulas for n in names_of(f) if isinstance(n, FactRef)))
        if rule.settle.limit_of is not None:
            found[rule.settle.limit_of] = None
        if formulas and PAID_FACT not in found:
            found[PAID_FACT] = None
        return list(found)

    def constant(self, value: object) -> object:
        """A constant with its parameter resolved."""
        return self.parameters.get(value.name) if isinstance(value, ParamRef) else value


def matters_beside(pack: Pack, rule: Rule, *, remarks: bool = False) -> Condition:
    """That another rule is recognised: one that a remark steps aside for.

    Args:
        pack: The pack.
        rule: The rule that may be a remark.
        remarks: Whether to count rules that may be remarks themselves.
    """
    others = (r for r in pack.live_rules if r.id != rule.id and not r.out_of_scope)
    return Any(tuple(r.recognise for r in others if remarks or r.remark is None))


def _due(remedy: RemedySpec) -> Condition:
    return All(()) if remedy.when is None else remedy.when


def _answered(claim: Member, remedies: Iterable[RemedySpec]) -> Condition:
    return Any(tuple(_due(remedy) for remedy in remedies if remedy.kind in (claim.answered_by or ())))


def _claims(slug: str, span: Span) -> Test:
    return Test(CLAIMS, "contains_any", frozenset({slug}), span)


def _all_of(demands: list[Demand]) -> Condition:
    """Demands, each for a truth, as one condition."""
    return All(tuple(condition if wanted else Not(condition) for condition, wanted in demands))
