"""Records of the human queue: frozen, typed, each a row of the store. All can be pickled, copied, hashed and written as JSON.

Instants are timezone-aware datetimes in UTC, exact to the microsecond; money is integer fen. Nothing here holds personal
data: that stands in the vault alone (see `funnel.queue.service.Funnel.reveal`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal, NoReturn, cast

from funnel.decision import Decision
from funnel.errors import InvalidCommandError

State = Literal[
    "asked",
    "offered",
    "queued",
    "claimed",
    "waiting_consumer",
    "waiting_merchant",
    "waiting_third_party",
    "resolved",
    "cancelled",
    "merged",
]
"""Where a case stands. ``asked``: the consumer's answers are awaited; ``offered``: a settlement draft is before the
parties; ``queued``: it waits for a person; ``claimed`` and ``waiting_*``: a person owns it; the rest are closed."""

HELD: frozenset[str] = frozenset({"claimed", "waiting_consumer", "waiting_merchant", "waiting_third_party"})
"""States in which a case has an owner."""

CLOSED: frozenset[str] = frozenset({"resolved", "cancelled", "merged"})
"""States of a case that is no longer open."""

WaitFor = Literal["consumer", "merchant", "third_party"]
"""Whom an owner waits for."""

CaseOutcome = Literal["settled", "mediated", "rejected", "withdrawn", "referred"]
"""How a case ended. ``referred``: handed to an authority, a court or another body outside."""

OfferState = Literal["drafted", "offered", "accepted", "countered", "declined", "lapsed", "withdrawn"]
"""Where a settlement offer stands."""

Side = Literal["merchant", "consumer"]
"""A party to a settlement."""


class Frozen(dict[Any, Any]):
    """A mapping that does not change. Plain to whatever writes JSON or pickles; ``dict(…)`` of it may be changed.

    Lists in it are the reader's own: each reading of the store makes new ones.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this mapping is frozen; change a copy of it: dict(…)")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        """By its keys: values may be lists."""
        return hash(frozenset(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """How to copy it, in another process, too."""
        return Frozen, (dict(self),)


def plain(value: Any) -> Any:
    """A value of records as JSON has it: instants and days in ISO 8601, sets in order, pairs of words joined by a stroke."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {"/".join(k) if isinstance(k, tuple) else str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [plain(v) for v in (sorted(value) if isinstance(value, frozenset) else value)]
    if isinstance(value, Decision):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    return value


class JsonReady:
    """What all records have."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON: ``json.dumps(event.to_dict())``."""
        return cast("dict[str, Any]", plain(self))


@dataclass(frozen=True, slots=True)
class Case(JsonReady):
    """A complaint on its way through people's hands.

    Attributes:
        id: UUIDv7, so ids sort by time of creation.
        tenant: Whose case it is.
        complaint_id: The stored complaint's id (`StoredComplaint.id`), not the sender's.
        external_id: The sender's id of the complaint.
        state: See `State`.
        tier: Who handles it: ``agent``, ``mediator`` or ``lawyer``, as the pack names them.
        scenario: The scenario of the hardest matter, or None where none was recognised.
        skills: What its owner must know; see `Agent.skills`.
        priority: Higher is served sooner; see `funnel.queue.policy.QueuePolicy.ageing`.
        owner: The agent who holds it; set exactly in the states of `HELD`.
        lease_epoch: Grows with every change of ownership. An owner's command carries it: a stale one is refused.
        lease_until: When an owner's hold ends by itself; None: it lasts until it is given up.
        wait_reason: Why the owner waits, in his words.
        wait_until: When the case comes back to its owner by itself, or a question or an offer lapses.
        outcome: How it ended.
        code: The resolution code of whoever ended it.
        opened_at: When the case was opened.
        queued_at: Since when it waits for a person; ageing counts from here.
        closed_at: When it was closed.
        next_due: The nearest deadline of its running clocks.
        cycle: 1 at first, one more with each reopening; clocks are kept by cycle.
        rounds: How often the consumer was asked.
        reopen_count, return_count: How often it was reopened, and handed back a tier.
        merged_into: The case it was merged into.
        incident_id: The incident it belongs to.
        merchant_id: Whom it is about.
        version: The number of its events.
    """

    id: str
    tenant: str
    complaint_id: str
    external_id: str
    state: State
    tier: str
    scenario: str | None
    skills: tuple[str, ...]
    priority: int
    owner: str | None
    lease_epoch: int
    lease_until: dt.datetime | None
    wait_reason: str | None
    wait_until: dt.datetime | None
    outcome: CaseOutcome | None
    code: str | None
    opened_at: dt.datetime
    queued_at: dt.datetime | None
    closed_at: dt.datetime | None
    next_due: dt.datetime | None
    cycle: int
    rounds: int
    reopen_count: int
    return_count: int
    merged_into: str | None
    incident_id: str | None
    merchant_id: str | None
    version: int

    @property
    def is_open(self) -> bool:
        """Whether anybody still has to do something."""
        return self.state not in CLOSED


@dataclass(frozen=True, slots=True)
class Event(JsonReady):
    """One thing that happened, never changed afterwards.

    Attributes:
        tenant: Whose.
        seq: Its place in the tenant's chain, from 1 without gaps.
        case_id: The case, or None for what concerns the tenant (an agent, an incident, an erasure).
        version: The case's version after it.
        type: What happened, such as ``claimed``.
        actor: Who did it: an agent's id, ``consumer``, ``merchant`` or ``system``.
        at: When.
        data: Particulars, masked. ``set`` holds the fields of the case that changed, with their new values.
        command_id: The command that caused it, where the caller named one.
        prev_hash, hash: The chain; see `funnel.queue.audit`.
    """

    tenant: str
    seq: int
    case_id: str | None
    version: int | None
    type: str
    actor: str
    at: dt.datetime
    data: Mapping[str, Any]
    command_id: str | None
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Agent(JsonReady):
    """A person (or a bot) who works cases.

    Attributes:
        id: The desk's own name for the person; not a real name.
        tier: The highest tier the agent may take; lower ones are open too.
        skills: What the agent knows, such as ``food`` or ``en``. A case needs all of its own among them.
        wip_cap: How many cases the agent may hold at once, waiting ones included.
        supervisor: May assign, cancel, and decide on a merchant's standing.
        active: Whether the agent takes cases at present. Who is not may end those he holds until the next sweep, which
            returns them to the queue.

    Raises:
        InvalidCommandError: The skills are one text, the cap is no number, or a yes or no is none.
    """

    id: str
    tier: str
    skills: frozenset[str] = frozenset()
    wip_cap: int = 10
    supervisor: bool = False
    active: bool = True

    def __post_init__(self) -> None:
        # One text would be taken letter by letter, and the agent would be fit for nothing.
        skills = self.skills
        if isinstance(skills, str) or not isinstance(skills, Iterable) or not all(isinstance(s, str) for s in skills):
            raise InvalidCommandError(
                "skills should be a set of texts, such as frozenset({'food'})",
                "技能应为一组文字，如 frozenset({'food'})",
            )
        object.__setattr__(self, "skills", frozenset(skills))
        if isinstance(self.wip_cap, bool) or not isinstance(self.wip_cap, int):
            raise InvalidCommandError("wip_cap should be a whole number of cases", "同时在办上限应为整数")
        if not isinstance(self.supervisor, bool) or not isinstance(self.active, bool):
            raise InvalidCommandError(
                "supervisor and active should be True or False", "supervisor 和 active 应为 True 或 False"
            )


@dataclass(frozen=True, slots=True)
class Offer(JsonReady):
    """A settlement proposed to both sides. It binds nobody until both have taken it.

    Attributes:
        id: UUIDv7.
        case_id: The case.
        seq: 1 for the first offer of a case.
        rung: 0 for the settlement itself, n for the n-th concession of the strategy; None for one made by a person.
        state: See `OfferState`.
        text: What is proposed, in the words put to the parties. Masked.
        amount: Fen that the merchant or platform would pay; None where it is not about money.
        made_at: When it was drafted.
        sent_at: When it went to the parties.
        respond_by: When it lapses.
        merchant, consumer: What each side said: ``accept``, ``counter``, ``reject``, or None.
        note: What came with the last answer. Masked.
        closed_at: When it ended.
    """

    id: str
    case_id: str
    seq: int
    rung: int | None
    state: OfferState
    text: str
    amount: int | None
    made_at: dt.datetime
    sent_at: dt.datetime | None
    respond_by: dt.datetime
    merchant: str | None
    consumer: str | None
    note: str | None
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class StoredComplaint(JsonReady):
    """A complaint as the queue keeps it: masked; the words as they came are in the vault.

    Attributes:
        id: UUIDv7.
        tenant, source, external_id: Its name in the outer world, unique together.
        received_at: When it was received.
        created_at: When it was taken in here.
        merchant_id: Whom it is about.
        consumer_ref, order_ref: Keyed digests of the consumer's and the order's id: equal means the same, no more.
        trade: The category of goods.
        masked: The complaint in the contract's shape, with personal data masked.
        erased_at: When the consumer's personal data was erased.
    """

    id: str
    tenant: str
    source: str
    external_id: str
    received_at: dt.datetime
    created_at: dt.datetime
    merchant_id: str | None
    consumer_ref: str | None
    order_ref: str | None
    trade: str | None
    masked: Mapping[str, Any]
    erased_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class StoredDecision(JsonReady):
    """A decision as it was made, kept for replay.

    Attributes:
        id: UUIDv7.
        complaint_id: The stored complaint.
        seq: 1 for the first; one more with each round of answers.
        pack_id, pack_digest: What decided.
        engine_version: The library's version.
        as_of: The day whose law was applied.
        lang: Language of its texts.
        context: Facts the queue itself added, such as an incident under way.
        outcome, tier, scenario: As decided.
        input_digest, output_digest: Keyed digests of what was decided on and of the decision's JSON, byte for byte.
        decision: The decision, masked.
        decided_at: When.
    """

    id: str
    complaint_id: str
    seq: int
    pack_id: str
    pack_digest: str
    engine_version: str
    as_of: dt.date
    lang: str
    context: Mapping[str, Any]
    outcome: str
    tier: str | None
    scenario: str | None
    input_digest: str
    output_digest: str
    decision: Mapping[str, Any]
    decided_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ClockRow(JsonReady):
    """A running promise of a case.

    Attributes:
        case_id, cycle, kind: Which one.
        unit: ``hour``, ``calendar_day`` or ``workday``.
        target: How many.
        started_at: From when it counts.
        pauses: Intervals that do not count, each ``(from, to)``; ``to`` is None while it lasts.
        due_at: When it is due; None while paused, as that cannot be known then.
        provisional: The calendar does not reach so far: holidays not yet announced may move it.
        stopped_at: When the promise was kept, or fell away.
        breached_at: When it was broken: the due instant itself, however late that was noticed.
    """

    case_id: str
    cycle: int
    kind: str
    unit: str
    target: int
    started_at: dt.datetime
    pauses: tuple[tuple[dt.datetime, dt.datetime | None], ...]
    due_at: dt.datetime | None
    provisional: bool
    stopped_at: dt.datetime | None
    breached_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Ingested(JsonReady):
    """What became of a complaint that was taken in.

    Attributes:
        case: Its case.
        decision: The decision; for a duplicate, None: look at `Funnel.decisions`.
        duplicate: The sender had delivered it before: nothing was changed.
        changed: A duplicate whose contents differ from what was taken in first. Use `Funnel.answer` to add facts.
        suspects: Cases about the same order, of the same consumer with an order of that number, or with nearly the same words:
            perhaps the same matter.
        incident_id: The incident the complaint fell into.
        same_order: Cases about the same order, for which a person has this one though the decision settles it: the money may
            be on its way by one of them.
    """

    case: Case
    decision: Decision | None = field(hash=False)
    duplicate: bool = False
    changed: bool = False
    suspects: tuple[str, ...] = ()
    incident_id: str | None = None
    same_order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept(JsonReady):
    """What a sweep did.

    Attributes:
        leases_expired, resumed, asks_lapsed, offers_lapsed, breached, moved: Ids of the cases concerned; a person's own
            offer that lapsed is in ``resumed``, too, as he has the case back; ``moved``: a
            provisional deadline was reckoned anew, as the calendar has grown.
        incidents_closed: Ids of incidents.
        pulled: Cases taken out of the machine's hands because an incident opened.
        owners_inactive: Cases that went back to the queue, as who held them is not active any more.
        errors: Cases that could not be swept, each with the error's text; they are tried again next time.
    """

    leases_expired: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()
    asks_lapsed: tuple[str, ...] = ()
    offers_lapsed: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    incidents_closed: tuple[str, ...] = ()
    pulled: tuple[str, ...] = ()
    owners_inactive: tuple[str, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return self == Swept()


@dataclass(frozen=True, slots=True)
class Replayed(JsonReady):
    """A stored decision made again.

    Attributes:
        complaint_id, seq: Which decision.
        status: ``same``: byte for byte; ``differs``: another pack, and another result; ``broken``: the same pack, and yet
            another result or none, as the engine failed, so that the record or the library is at fault; ``erased``: the words are gone, and only the
            record of the decision is left.
        changes: What differs, as path, then, now.
    """

    complaint_id: str
    seq: int
    status: Literal["same", "differs", "broken", "erased"]
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AuditReport(JsonReady):
    """What checking a tenant's chain found.

    Attributes:
        events: How many were read.
        head: The last hash: keep it elsewhere, as whoever owns the database can rewrite a whole chain.
        broken_at: The first bad row's sequence number, or None.
        why: What is wrong with it.
        set_back: Sequence numbers of events that are dated before the one before them by more than `QueuePolicy.skew`: a clock
            was set back, or a sweep was done for an earlier time. The chain is whole all the same.
    """

    events: int
    head: str
    broken_at: int | None = None
    why: str | None = None
    set_back: tuple[int, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class MerchantStanding(JsonReady):
    """A decision on a merchant.

    Attributes:
        id: UUIDv7.
        merchant_id: Whom it is about.
        level: ``watch``, ``restricted`` or ``blacklisted``.
        reason: Why. Masked.
        evidence: Ids of the cases it rests on.
        articles: The articles it rests on.
        from_at, to_at: When it holds, half-open.
        decided_by: Who decided.
        state: ``in_force``, ``appealed``, ``upheld`` or ``lifted``.
        appeal: The grounds of the appeal. Masked.
        closed_at: When it was lifted.
    """

    id: str
    merchant_id: str
    level: str
    reason: str
    evidence: tuple[str, ...]
    articles: tuple[str, ...]
    from_at: dt.datetime
    to_at: dt.datetime
    decided_by: str
    state: str
    appeal: str | None
    closed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Stats(JsonReady):
    """Counters of a tenant, as they stand.

    Attributes:
        cases: Open and closed cases by (state, tier).
        outcomes: Closed cases by outcome.
        decisions: First decisions by outcome.
        breached: Broken promises by kind.
        overdue: Running clocks past their due instant, by kind, not yet swept.
        oldest_queued: Since when the longest-waiting case waits.
    """

    cases: Mapping[tuple[str, str], int] = field(default_factory=Frozen)
    outcomes: Mapping[str, int] = field(default_factory=Frozen)
    decisions: Mapping[str, int] = field(default_factory=Frozen)
    breached: Mapping[str, int] = field(default_factory=Frozen)
    overdue: Mapping[str, int] = field(default_factory=Frozen)
    oldest_queued: dt.datetime | None = None
