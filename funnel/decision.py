"""The decision: what goes out. See the contract in ``docs/contract.md``.

All parts are frozen and round-trip through JSON: ``Decision.model_validate_json(d.model_dump_json()) == d``.
Amounts are decimal strings in the pack's currency. Names are stable; new ones may be added.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["settle", "ask", "refer"]
"""What the machine does: propose a settlement, ask for facts, or hand the case to people."""

Yuan = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$")]
"""An amount in the pack's currency with two decimals, as a string."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Citation(_Part):
    """An article that carries a part of the decision, in the version in force on the governing date.

    ``reach`` is set where that version came into force later and reaches the case as one not finally judged: it says from
    when and by which article.
    """

    statute: str
    article: str
    version: str
    title: str
    gist: str
    supports: tuple[str, ...] = ()
    verified: bool = True
    reach: str | None = None


class Remedy(_Part):
    """One thing that a party is to do. ``amount`` is None for kinds without money; ``formula`` shows the figures.

    ``hangs_on``: of what is only considered, the facts that are not known and decide whether it comes into question.
    """

    kind: str
    amount: Yuan | None = None
    payer: str
    formula: str | None = None
    note: str | None = None
    hangs_on: tuple[str, ...] = ()


class Step(_Part):
    """Who does what by when."""

    who: str
    within: str
    do: str


class Strategy(_Part):
    """How to mediate the matter, filled with the case's own figures."""

    opening: str
    concessions: tuple[str, ...] = ()
    floor: str
    evidence: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class FiredException(_Part):
    """An exception of a rule, with its truth on the facts at hand: true, false or unknown."""

    id: str
    title: str
    truth: Literal["true", "false", "unknown"]
    basis: tuple[Citation, ...] = ()
    why: str | None = None


class Change(_Part):
    """One change of fact."""

    fact: str
    label: str
    now: str
    needed: str


class NearMiss(_Part):
    """A rule that would have settled had a few facts been otherwise, smallest change first."""

    rule: str
    title: str
    changes: tuple[Change, ...]


class Matter(_Part):
    """One thing complained of, with its own outcome.

    ``presumed``: no rule recognises the words; the text reads like it, and the consumer is asked whether it is.
    """

    matter: str
    scenario: str
    rule: str
    revision: int
    title: str
    outcome: Outcome
    tier: str | None = None
    basis: tuple[Citation, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    considers: tuple[Remedy, ...] = ()
    settle_within: str | None = None
    strategy: Strategy | None = None
    exceptions: tuple[FiredException, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    competing: tuple[str, ...] = ()
    out_of_scope: bool = False
    presumed: bool = False


class Answer(_Part):
    """A possible answer to a question, and how many live outcomes it would remove."""

    value: str
    label: str
    removes: int


class Question(_Part):
    """A fact whose answer would change the decision. ``who`` can supply it, at ``grade``."""

    fact: str
    type: str
    text: str
    who: str
    grade: str
    why: str
    answers: tuple[Answer, ...] = ()


class Suggestion(_Part):
    """What a complaint may also be about; nothing is decided on it.

    ``because`` says why it is named: ``reads-like``: no rule recognises the words, and they read like the pack's examples of
    it, the likest first; ``words-only``: words of it stand in the text, which reads nothing like it.
    """

    scenario: str
    rule: str
    title: str
    because: Literal["reads-like", "words-only"]


class Reason(_Part):
    """Why a case goes to people. ``code`` is stable; ``text`` is for reading."""

    code: str
    text: str
    rule: str | None = None
    gate: str | None = None
    fact: str | None = None


class Referral(_Part):
    """To whom a case goes and why, with what a person needs to act."""

    tier: str
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Forum(_Part):
    """Where the consumer can turn if mediation fails."""

    id: str
    title: str
    text: str
    basis: tuple[Citation, ...] = ()


class Explanation(_Part):
    """One step of the reasoning, in order."""

    step: str
    text: str
    rule: str | None = None
    facts: tuple[str, ...] = ()


class PackRef(_Part):
    """Which pack decided, to the byte of its meaning."""

    id: str
    digest: str


class Decision(_Part):
    """A reasoned draft that binds nobody until both sides take it.

    ``respond_by`` and ``resolve_by`` are until when an answer and an end are promised, reckoned as the queue's clocks are
    (`funnel.law.promised`): hours from the instant of receipt, days to 24:00 of the last. None where nobody knows when the
    complaint was received.
    """

    complaint_id: str
    outcome: Outcome
    tier: str | None = None
    recognised: bool
    matters: tuple[Matter, ...] = ()
    questions: tuple[Question, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    referral: Referral | None = None
    respond_by: dt.datetime | None = None
    resolve_by: dt.datetime | None = None
    jurisdiction: tuple[Forum, ...] = ()
    explanation: tuple[Explanation, ...] = ()
    pack: PackRef
    as_of: dt.date
    language: str = "zh"
    passed_through: dict[str, Any] = Field(default_factory=dict)
