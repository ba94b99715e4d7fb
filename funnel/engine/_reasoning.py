"""A prepared pack, and what a decision is reasoned in: findings, rulings, and what is said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from zoneinfo import ZoneInfo

from funnel.complaint import Complaint
from funnel.decision import Explanation, Forum, Matter, Outcome, Question, Reason, Referral, Suggestion
from funnel.engine._alike import Alike, Likenesses, Overheard
from funnel.engine._checks import Check
from funnel.engine._memory import Memory, silent_signals
from funnel.engine._plan import Plans
from funnel.engine._wording import Wording
from funnel.engine.assess import Assessment
from funnel.engine.evaluate import Parameters
from funnel.engine.match import CompiledMatcher, Matcher
from funnel.engine.parameters import ParameterTable
from funnel.engine.questions import Ask
from funnel.facts.derived import Context
from funnel.facts.intake import Intake, IntakeContext
from funnel.facts.truth import Truth
from funnel.pack.model import Gate, Pack, Shown


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
    shown: tuple[tuple[Shown, Check], ...] = field(init=False, repr=False, compare=False)
    named: Mapping[str, Check] = field(init=False, repr=False, compare=False)
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
        shown = tuple((one, Check(one.when, pack.vocabulary.defaults)) for one in pack.shown.values())
        object.__setattr__(self, "shown", shown)
        named = {
            n: Check(one.named, pack.vocabulary.defaults) for n, one in pack.shown.items() if one.named is not None
        }
        object.__setattr__(self, "named", MappingProxyType(named))
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
        overheard: Gates that a sentence reads like, where a matter would be settled.
        unheeded: Facts to be heeded that were told outside the text and that no rule of a settlement reads.
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
    overheard: tuple[Overheard, ...] = ()
    unheeded: tuple[str, ...] = ()

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
    respond_within: tuple[str, ...]
    resolve_within: tuple[str, ...]
    reads: frozenset[str]
