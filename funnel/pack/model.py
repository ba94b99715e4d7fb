"""The frozen pack: what the YAML files mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from funnel.diagnostics import Span
from funnel.facts.likeness import Likeness
from funnel.facts.signals import Lexicon
from funnel.facts.values import Grade, Value
from funnel.facts.vocabulary import MEANT, FactSpec, Texts, Vocabulary
from funnel.law.register import Register
from funnel.law.time_limits import Calendar

# --- conditions -------------------------------------------------------------------------------------------------------

TESTS = (
    "is",
    "is_not",
    "in",
    "not_in",
    "at_most",
    "less_than",
    "at_least",
    "more_than",
    "between",
    "contains_any",
    "contains_all",
    "known",
)


@dataclass(frozen=True, slots=True)
class ParamRef:
    """A dated parameter of the register, named in a condition or formula."""

    name: str


Constant = Value | ParamRef | tuple[Value | ParamRef, Value | ParamRef]


@dataclass(frozen=True, slots=True)
class Test:
    """*fact, test, constant*: the only leaf there is.

    Attributes:
        span: Where it stands in a rule; of a named condition, where that is used.
        via: Of a named condition, where it is defined: each name on the way with the place in its definition.
    """

    __test__ = False  # not a test case, whatever pytest thinks of the name

    fact: str
    test: str
    constant: Constant
    span: Span = field(compare=False)
    via: tuple[tuple[Span, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class All:
    """Conjunction; empty is true."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Disjunction; empty is false."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    item: Condition


Condition = Test | All | Any | Not


def flat(condition: Condition) -> Condition:
    """The same without groups that say nothing of their own: one inside its like, and one of a single part.

    Which tests there are, their order and how they come out is as before; two conditions that differ only in such brackets
    are equal.
    """
    if isinstance(condition, Test):
        return condition
    if isinstance(condition, Not):
        return Not(flat(condition.item))
    kind = type(condition)
    items: list[Condition] = []
    for item in map(flat, condition.items):
        items += item.items if isinstance(item, All | Any) and type(item) is kind else (item,)
    return items[0] if len(items) == 1 else kind(tuple(items))


def leaves_of(condition: Condition | None) -> Iterator[Test]:
    """Every leaf of a condition, in order."""
    if condition is None:
        return
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves_of(condition.item)
    else:
        for item in condition.items:
            yield from leaves_of(item)


@dataclass(frozen=True, slots=True)
class NamedCondition:
    """A condition that rules, gates and forums name instead of writing it out.

    Where it is named it is written out as the pack is read: nothing behind the loader meets a name.
    """

    id: str
    label: Texts
    when: Condition
    span: Span = field(compare=False)


# --- formulas ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    """A literal figure."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class FactRef:
    """A fact's value; money in fen."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic: ``+ - * /`` or ``larger``/``smaller`` over its arguments."""

    operator: str
    args: tuple[Formula, ...]


Formula = Number | FactRef | ParamRef | Operation

# --- rules ------------------------------------------------------------------------------------------------------------

AMOUNT_KINDS = ("refund", "price_difference", "promised_compensation", "loss", "freight_refund")
"""Remedies with an amount that a machine may settle."""
PLAIN_KINDS = (
    "return_freight",
    "exchange",
    "repair",
    "reship",
    "redeliver",
    "restore_order",
    "stop_charging",
    "terminate",
    "take_down",
    "disclose",
    "apologise",
    "invoice",
    "restore_account",
    "restore_review",
    "delete_data",
    "reissue_coupon",
    "explain",
)
"""Remedies without an amount."""
SETTLED_KINDS = (*AMOUNT_KINDS, *PLAIN_KINDS)
"""Every remedy that a machine may settle."""
NEVER_SETTLED = ("treble", "tenfold", "triple_loss", "double_deposit", "injury_damages", "consequential_loss")
"""Remedies that no machine settles, whatever a rule says; they may only be weighed by people."""
PAYERS = ("merchant", "platform", "carrier", "consumer")
ACTORS = ("consumer", "merchant", "platform", "carrier", "agent", "mediator", "lawyer")
SUPPORTS = ("recognise", "elements", "exceptions", "remedies", "strategy")
REQUIRED_GATES = (
    "injury",
    "minor-or-elder",
    "crime",
    "group-incident",
    "professional-claimant",
    "litigation-or-media",
    "never-settled",
)
OTHER = "other"
"""What a gate covers that protects nobody in particular: it only bars a settlement."""


@dataclass(frozen=True, slots=True)
class Basis:
    """An article and what it carries in a rule."""

    citation: str
    supports: tuple[str, ...]
    gist: Texts | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RuleException:
    """A named, cited exception. ``tier`` None: the rule steps aside."""

    id: str
    title: Texts
    when: Condition
    basis: tuple[str, ...]
    tier: str | None
    why: Texts | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RemedySpec:
    """A remedy as a rule writes it."""

    kind: str
    formula: Formula | None
    source: str
    payer: str
    when: Condition | None
    note: Texts | None


@dataclass(frozen=True, slots=True)
class Settle:
    """When and how a machine may settle a matter."""

    when: Condition | None
    needs: Mapping[str, Grade]
    limit: int | None
    limit_of: str | None
    remedies: tuple[RemedySpec, ...]
    within_days: int | None
    within_of: str


@dataclass(frozen=True, slots=True)
class StepSpec:
    """Who does what by when."""

    who: str
    within: str
    do: Texts


@dataclass(frozen=True, slots=True)
class StrategySpec:
    """How to mediate."""

    opening: Texts
    concessions: tuple[Texts, ...]
    floor: Texts
    evidence: tuple[Texts, ...]
    steps: tuple[StepSpec, ...]
    respond_within: str | None
    resolve_within: str | None


@dataclass(frozen=True, slots=True)
class ReferWhen:
    """A condition under which the rule sends its matter to people."""

    condition: Condition
    tier: str
    why: Texts


@dataclass(frozen=True, slots=True)
class Refer:
    """To whom a matter goes when it can be neither settled nor asked."""

    tier: str
    when: tuple[ReferWhen, ...]
    considers: tuple[RemedySpec, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """If this rule applies, that one does not decide the matter."""

    rule: str
    basis: str
    why: Texts | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding of the analysis that the author has read and lets stand. ``rule``: the other rule of it, if any."""

    code: str
    rule: str | None
    why: Texts
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One scenario's rule.

    ``out_of_scope``: it recognises what is none of the pack's business and says where such a matter goes. It never
    settles, and where it is recognised other rules step aside, except those that override it.

    ``remark``: where this holds, what the rule recognises is no matter of its own beside another one (客服也不理人 beside
    the goods that were never sent): the rule steps aside if one is recognised that is neither a remark nor out of scope.
    """

    id: str
    scenario: str
    revision: int
    title: Texts
    status: Literal["draft", "stable", "retired"]
    reviewed: dt.date
    governs: str
    matter: str
    scope: Condition | None
    recognise: Condition
    elements: Condition
    exceptions: tuple[RuleException, ...]
    basis: tuple[Basis, ...]
    settle: Settle | None
    strategy: StrategySpec
    refer: Refer
    forums: tuple[str, ...]
    overrides: tuple[Override, ...]
    out_of_scope: bool
    remark: Condition | None
    accepted: tuple[Accepted, ...]
    span: Span = field(compare=False)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the rule, in the order of its parts."""
        settle = self.settle
        remedies = (*(() if settle is None else settle.remedies), *self.refer.considers)
        found = (
            *(self.recognise, self.remark, self.elements, self.scope),
            *(exception.when for exception in self.exceptions),
            None if settle is None else settle.when,
            *(remedy.when for remedy in remedies),
            *(when.condition for when in self.refer.when),
        )
        return tuple(condition for condition in found if condition is not None)

    @property
    def settling_conditions(self) -> tuple[tuple[Condition, bool], ...]:
        """What a settlement hangs on, each condition with the truth it must have: elements, exceptions, ``settle.when``."""
        found = [(self.elements, True), *((exception.when, False) for exception in self.exceptions)]
        if self.settle is not None and self.settle.when is not None:
            found.append((self.settle.when, True))
        return tuple(found)

    @property
    def ruling_conditions(self) -> tuple[tuple[Condition, bool], ...]:
        """The same and what must not refer: what decides, once the rule is recognised, whether a machine may settle."""
        return (*self.settling_conditions, *((when.condition, False) for when in self.refer.when))


@dataclass(frozen=True, slots=True)
class Gate:
    """What always goes to a human, whatever matched."""

    id: str
    covers: str
    title: Texts
    when: Condition
    tier: str
    why: Texts
    steps: tuple[StepSpec, ...]
    basis: tuple[str, ...]
    span: Span = field(compare=False)


def meanings(gate: Gate, facts: Mapping[str, FactSpec]) -> tuple[str, ...]:
    """The values of `MEANT` that open a gate, in their order: none of a gate that protects somebody, for no answer rules it out."""
    if gate.covers != OTHER or MEANT not in facts:
        return ()
    values = [leaf.constant for leaf in leaves_of(gate.when) if leaf.fact == MEANT]
    named = frozenset[str]().union(*(value for value in values if isinstance(value, frozenset)))
    return tuple(value for value in facts[MEANT].members if value in named)


@dataclass(frozen=True, slots=True)
class Shown:
    """What records show a complaint to be about.

    Attributes:
        grievance: The value of `GRIEVANCES` that they raise.
        when: What they must say; what is not known shows nothing.
        yields_to: The grievances beside which they raise it not, where records show these too.
        named: What the words say where they name the thing itself: then it is raised beside whatever else they name.
    """

    grievance: str
    when: Condition
    yields_to: tuple[str, ...]
    named: Condition | None = None


@dataclass(frozen=True, slots=True)
class ForumSpec:
    """Where a consumer can turn."""

    id: str
    title: Texts
    text: Texts
    when: Condition | None
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The pack's own particulars.

    Attributes:
        tier_steps: What is done with every case that goes to a tier, whichever rule or gate sends it there.
    """

    id: str
    version: str
    title: Texts
    language: str
    timezone: str
    currency: str
    jurisdiction: str
    respond_within: str
    resolve_within: str
    tiers: tuple[str, ...]
    unmatched_tier: str
    settle_limit: int
    tier_steps: Mapping[str, tuple[StepSpec, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    """A loaded pack: frozen, checked, named by its digest.

    Attributes:
        manifest: Its particulars.
        vocabulary: Every fact.
        lexicon: Every signal, compiled to one automaton.
        register: Statutes and dated parameters.
        calendar: Statutory holidays.
        rules: Every rule by id, drafts and retired ones included.
        gates, forums: By id.
        likeness: What its examples taught, if anything was learnt from them.
        conditions: The named conditions by name, for those who write rules and for pages; rules have them written out.
        shown: What records show a complaint to be about where its words name nothing, by grievance.
        digest: SHA-256 over the canonical form; comments, key order, file order and layout do not change it.
    """

    manifest: Manifest
    vocabulary: Vocabulary
    lexicon: Lexicon = field(compare=False)
    register: Register = field(compare=False)
    calendar: Calendar
    rules: Mapping[str, Rule]
    gates: Mapping[str, Gate]
    forums: Mapping[str, ForumSpec]
    digest: str
    likeness: Likeness | None = field(compare=False, default=None)
    root: str = field(compare=False, default="")
    conditions: Mapping[str, NamedCondition] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The pack's name."""
        return self.manifest.id

    @property
    def live_rules(self) -> tuple[Rule, ...]:
        """The rules that decide: those that are ``stable``, in the order of their ids."""
        return tuple(rule for _, rule in sorted(self.rules.items()) if rule.status == "stable")

    def with_stable(self, rule_id: str) -> Pack:
        """This pack as it will be on the day that one of its drafts becomes stable.

        Raises:
            KeyError: There is no such rule.
        """
        return replace(self, rules={**self.rules, rule_id: replace(self.rules[rule_id], status="stable")})

    def tier_rank(self, tier: str) -> int:
        """How hard a tier is; 0 is the easiest."""
        return self.manifest.tiers.index(tier)

    def hardest(self, *tiers: str) -> str:
        """The hardest of some tiers."""
        return max(tiers, key=self.tier_rank)

    def promised(self, rules: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Within what an answer and an end are promised where these rules decide: what each says, else what the pack does.

        Which of several ends first hangs on the day: `funnel.law.promised.soonest`.
        """
        own, said = self.manifest, [self.rules[name].strategy for name in rules]
        respond = tuple(dict.fromkeys(one.respond_within or own.respond_within for one in said))
        resolve = tuple(dict.fromkeys(one.resolve_within or own.resolve_within for one in said))
        return respond or (own.respond_within,), resolve or (own.resolve_within,)

    def __repr__(self) -> str:
        """Name the pack by id and digest."""
        return f"Pack({self.id!r}, {len(self.rules)} rules, digest={self.digest[:12]})"
