"""The funnel for an event loop. Written by ``tools/make_async.py``; change `funnel.queue.service.Funnel` instead.

Each command runs in a worker thread: it is one short transaction, which an async driver would not make shorter. A
cancelled task does not cancel a command that has begun; send it with a ``command_id`` and it may be sent again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from funnel.complaint import Complaint
from funnel.decision import Decision, Step
from funnel.errors import InvalidCommandError
from funnel.pack.model import Pack
from funnel.queue.clocks import Line
from funnel.queue.league import Entry
from funnel.queue.model import (
    Agent,
    AuditReport,
    Case,
    CaseOutcome,
    ClockRow,
    Event,
    Ingested,
    MerchantStanding,
    Offer,
    Replayed,
    Side,
    Stats,
    StoredComplaint,
    StoredDecision,
    Swept,
    WaitFor,
)
from funnel.queue.service import Funnel


class AsyncFunnel:
    """`Funnel` for an event loop: the same commands, to be awaited.

    Args:
        funnel: The funnel to run in worker threads.

    Raises:
        InvalidCommandError: It is none.

    Example:
        >>> desk = AsyncFunnel(Funnel(pack, "funnel.db"))  # doctest: +SKIP
        >>> taken = await desk.ingest({"id": "c-1", "text": "买了半个月还不发货"})  # doctest: +SKIP
    """

    def __init__(self, funnel: Funnel) -> None:
        if not isinstance(funnel, Funnel):
            raise InvalidCommandError(
                f"AsyncFunnel takes a Funnel(…), not {type(funnel).__name__}",
                f"AsyncFunnel 要 Funnel(…)，不是 {type(funnel).__name__}",
            )
        self._funnel = funnel

    def __repr__(self) -> str:
        """Name the funnel."""
        return f"AsyncFunnel({self._funnel!r})"

    @property
    def sync(self) -> Funnel:
        """The funnel itself."""
        return self._funnel

    def bind(self, connection: sa.Connection) -> Self:
        """As `Funnel.bind`. The connection is used in worker threads; of several commands at once one waits for the other."""
        return type(self)(self._funnel.bind(connection))

    async def __aenter__(self) -> Self:
        """Itself: ``async with AsyncFunnel(Funnel(…)) as desk`` closes it at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the store."""
        await asyncio.to_thread(self._funnel.close)

    async def replay(
        self, pack: Pack | str | Path | None = None, *, since: dt.datetime | None = None
    ) -> tuple[Replayed, ...]:
        """As `Funnel.replay`, all at once."""
        return await asyncio.to_thread(lambda: tuple(self._funnel.replay(pack, since=since)))

    async def ingest(
        self, complaint: Complaint | Mapping[str, Any], *, source: str = "api", skills: Iterable[str] = ()
    ) -> Ingested:
        """Decide a complaint and keep it with its decision and its case, in one transaction. As `Funnel.ingest`."""
        return await asyncio.to_thread(self._funnel.ingest, complaint, source=source, skills=skills)

    async def answer(
        self, case_id: str, facts: Mapping[str, Any], *, actor: str = "consumer", command_id: str | None = None
    ) -> Case:
        """Take the answers to questions in; the complaint is decided again, and the case moves on. As `Funnel.answer`."""
        return await asyncio.to_thread(self._funnel.answer, case_id, facts, actor=actor, command_id=command_id)

    async def send_offer(self, case_id: str, *, actor: str = "system", command_id: str | None = None) -> Case:
        """Send a drafted offer to both parties; the time to respond starts. As `Funnel.send_offer`."""
        return await asyncio.to_thread(self._funnel.send_offer, case_id, actor=actor, command_id=command_id)

    async def answer_offer(
        self,
        case_id: str,
        side: Side,
        reply: str,
        *,
        note: str = "",
        offer: Offer | int | None = None,
        actor: str | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Take in what a side says to the offer before it. As `Funnel.answer_offer`."""
        return await asyncio.to_thread(
            self._funnel.answer_offer, case_id, side, reply, note=note, offer=offer, actor=actor, command_id=command_id
        )

    async def propose(
        self,
        claim: Case,
        text: str,
        *,
        amount: int | None = None,
        within: dt.timedelta | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Put an offer of one's own to both parties; the case waits for the merchant until it is answered or lapses. As `Funnel.propose`."""
        return await asyncio.to_thread(
            self._funnel.propose, claim, text, amount=amount, within=within, command_id=command_id
        )

    async def request_human(
        self, case_id: str, reason: str, *, actor: str = "consumer", command_id: str | None = None
    ) -> Case:
        """Bring a case from the machine to a person. It cannot be switched off, and whoever asked need not say why twice. As `Funnel.request_human`."""
        return await asyncio.to_thread(self._funnel.request_human, case_id, reason, actor=actor, command_id=command_id)

    async def put_agent(self, agent: Agent, *, by: str = "system") -> Agent:
        """Make an agent known, or change one. As `Funnel.put_agent`."""
        return await asyncio.to_thread(self._funnel.put_agent, agent, by=by)

    async def agents(self) -> tuple[Agent, ...]:
        """Every agent of the tenant, by id. As `Funnel.agents`."""
        return await asyncio.to_thread(self._funnel.agents)

    async def claim(self, case_id: str, agent: str, *, command_id: str | None = None) -> Case:
        """Take a queued case. Claiming again what one holds changes nothing. As `Funnel.claim`."""
        return await asyncio.to_thread(self._funnel.claim, case_id, agent, command_id=command_id)

    async def claim_next(
        self,
        agent: str,
        *,
        tiers: Iterable[str] | None = None,
        skills: Iterable[str] | None = None,
        command_id: str | None = None,
    ) -> Case | None:
        """Take the case that should be served next, or None where there is none. As `Funnel.claim_next`."""
        return await asyncio.to_thread(
            self._funnel.claim_next, agent, tiers=tiers, skills=skills, command_id=command_id
        )

    async def assign(
        self,
        case_id: str,
        to: str,
        *,
        by: str,
        reason: str,
        force: bool = False,
        version: int | None = None,
        command_id: str | None = None,
    ) -> Case:
        """Give a case to an agent, taking it from whoever holds it if forced. As `Funnel.assign`."""
        return await asyncio.to_thread(
            self._funnel.assign, case_id, to, by=by, reason=reason, force=force, version=version, command_id=command_id
        )

    async def renew(self, claim: Case) -> Case:
        """Prolong one's lease. Leaves no event, so that the record is not flooded. As `Funnel.renew`."""
        return await asyncio.to_thread(self._funnel.renew, claim)

    async def release(self, claim: Case, *, note: str = "", command_id: str | None = None) -> Case:
        """Give a case back to the queue, where it keeps its place. As `Funnel.release`."""
        return await asyncio.to_thread(self._funnel.release, claim, note=note, command_id=command_id)

    async def respond(self, claim: Case, note: str, *, command_id: str | None = None) -> Case:
        """Record that the consumer has been answered: this keeps the promise of a first response. As `Funnel.respond`."""
        return await asyncio.to_thread(self._funnel.respond, claim, note, command_id=command_id)

    async def wait(
        self, claim: Case, on: WaitFor, reason: str, *, until: dt.datetime | None = None, command_id: str | None = None
    ) -> Case:
        """Wait for somebody. Only promises whose policy says so stand still meanwhile. As `Funnel.wait`."""
        return await asyncio.to_thread(self._funnel.wait, claim, on, reason, until=until, command_id=command_id)

    async def resume(self, claim: Case, *, command_id: str | None = None) -> Case:
        """Go on with a case that waited. As `Funnel.resume`."""
        return await asyncio.to_thread(self._funnel.resume, claim, command_id=command_id)

    async def escalate(
        self, case: Case, *, by: str, reason: str, note: str, to: str | None = None, command_id: str | None = None
    ) -> Case:
        """Send a case to a higher tier, with a note for whoever takes it over. As `Funnel.escalate`."""
        return await asyncio.to_thread(
            self._funnel.escalate, case, by=by, reason=reason, note=note, to=to, command_id=command_id
        )

    async def return_(self, claim: Case, *, reason: str, command_id: str | None = None) -> Case:
        """Hand a case back to the tier below. After `QueuePolicy.max_returns` only a supervisor may. As `Funnel.return_`."""
        return await asyncio.to_thread(self._funnel.return_, claim, reason=reason, command_id=command_id)

    async def resolve(
        self,
        claim: Case,
        outcome: CaseOutcome,
        *,
        code: str,
        note: str,
        basis: Iterable[str] = (),
        scenario: str | None = None,
        command_id: str | None = None,
    ) -> Case:
        """End a case, and say whether the machine had read it right: that is what rules are improved by. As `Funnel.resolve`."""
        return await asyncio.to_thread(
            self._funnel.resolve,
            claim,
            outcome,
            code=code,
            note=note,
            basis=basis,
            scenario=scenario,
            command_id=command_id,
        )

    async def reopen(self, case_id: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Open a resolved case again: it goes to the queue with new clocks; the old ones are kept. As `Funnel.reopen`."""
        return await asyncio.to_thread(self._funnel.reopen, case_id, by=by, reason=reason, command_id=command_id)

    async def merge(self, case_id: str, into: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Merge a case into another open one of the same tenant: it is then handled there. As `Funnel.merge`."""
        return await asyncio.to_thread(self._funnel.merge, case_id, into, by=by, reason=reason, command_id=command_id)

    async def unmerge(self, case_id: str, *, by: str, reason: str, command_id: str | None = None) -> Case:
        """Undo a merge: the case goes to the queue, and its clocks run as if they had never stopped. As `Funnel.unmerge`."""
        return await asyncio.to_thread(self._funnel.unmerge, case_id, by=by, reason=reason, command_id=command_id)

    async def cancel(
        self, case_id: str, *, by: str, reason: str, version: int | None = None, command_id: str | None = None
    ) -> Case:
        """End a case that should never have been one: a test, spam. Only a supervisor may. As `Funnel.cancel`."""
        return await asyncio.to_thread(
            self._funnel.cancel, case_id, by=by, reason=reason, version=version, command_id=command_id
        )

    async def sweep(self, now: dt.datetime | None = None, *, limit: int = 1000) -> Swept:
        """Do what has fallen due: leases, waits, unanswered questions and offers, broken promises, incidents. As `Funnel.sweep`."""
        return await asyncio.to_thread(self._funnel.sweep, now, limit=limit)

    async def case(self, case_id: str) -> Case:
        """A case as it stands. As `Funnel.case`."""
        return await asyncio.to_thread(self._funnel.case, case_id)

    async def find(self, external_id: str, *, source: str = "api") -> Case:
        """The newest case of a sender's complaint. As `Funnel.find`."""
        return await asyncio.to_thread(self._funnel.find, external_id, source=source)

    async def cases(
        self,
        *,
        state: str | Iterable[str] | None = None,
        tier: str | None = None,
        owner: str | None = None,
        incident: str | None = None,
        external_id: str | None = None,
        limit: int = 100,
    ) -> tuple[Case, ...]:
        """Cases: those in the queue, to be served first first, then those that people hold, then all others. As `Funnel.cases`."""
        return await asyncio.to_thread(
            self._funnel.cases,
            state=state,
            tier=tier,
            owner=owner,
            incident=incident,
            external_id=external_id,
            limit=limit,
        )

    async def complaint(self, case_id: str) -> StoredComplaint:
        """The complaint of a case, masked. For the words as they came: `reveal`. As `Funnel.complaint`."""
        return await asyncio.to_thread(self._funnel.complaint, case_id)

    async def reveal(self, case_id: str, *, by: str, reason: str) -> Complaint:
        """The complaint with the consumer's own words and data. Who looked, and why, is recorded. As `Funnel.reveal`."""
        return await asyncio.to_thread(self._funnel.reveal, case_id, by=by, reason=reason)

    async def decisions(self, case_id: str) -> tuple[StoredDecision, ...]:
        """Every decision made on the complaint of a case, oldest first. As `Funnel.decisions`."""
        return await asyncio.to_thread(self._funnel.decisions, case_id)

    async def steps(self, case_id: str) -> tuple[Step, ...]:
        """What whoever has a case does with it: the steps of the gates that are open, then those of its present tier. As `Funnel.steps`."""
        return await asyncio.to_thread(self._funnel.steps, case_id)

    async def offers(self, case_id: str) -> tuple[Offer, ...]:
        """Every offer on a case, oldest first. As `Funnel.offers`."""
        return await asyncio.to_thread(self._funnel.offers, case_id)

    async def clocks(self, case_id: str) -> tuple[ClockRow, ...]:
        """Every clock of a case, those of earlier cycles first. As `Funnel.clocks`."""
        return await asyncio.to_thread(self._funnel.clocks, case_id)

    async def explain_deadline(self, case_id: str, kind: str = "resolution") -> tuple[Line, ...]:
        """The arithmetic of a deadline of a case's present cycle, in both languages. As `Funnel.explain_deadline`."""
        return await asyncio.to_thread(self._funnel.explain_deadline, case_id, kind)

    async def events(self, case_id: str | None = None, *, after: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """What happened, oldest first: of one case, or of the whole tenant from a number of the chain on. As `Funnel.events`."""
        return await asyncio.to_thread(self._funnel.events, case_id, after=after, limit=limit)

    async def suspects(self, case_id: str) -> tuple[tuple[str, str, int], ...]:
        """Cases that may be about the same thing, as (case id, kind of likeness, percent). As `Funnel.suspects`."""
        return await asyncio.to_thread(self._funnel.suspects, case_id)

    async def same_order(self, case_id: str) -> tuple[Case, ...]:
        """Other cases about the order of a case as they stand, oldest first; of very many the newest ten. As `Funnel.same_order`."""
        return await asyncio.to_thread(self._funnel.same_order, case_id)

    async def stats(self) -> Stats:
        """Counters, as they stand. As `Funnel.stats`."""
        return await asyncio.to_thread(self._funnel.stats)

    async def league(
        self,
        by: str = "merchant",
        *,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        minimum: int = 30,
    ) -> tuple[Entry, ...]:
        """A league table of merchants or trades; see `funnel.queue.league`. As `Funnel.league`."""
        return await asyncio.to_thread(self._funnel.league, by, since=since, until=until, minimum=minimum)

    async def verify_audit(self) -> AuditReport:
        """Check the tenant's whole chain of events against itself and its head. As `Funnel.verify_audit`."""
        return await asyncio.to_thread(self._funnel.verify_audit)

    async def erase(self, consumer_id: str, *, by: str, reason: str) -> int:
        """Erase a consumer's personal data: the vault's rows, the masked words and every quote of them in decisions. As `Funnel.erase`."""
        return await asyncio.to_thread(self._funnel.erase, consumer_id, by=by, reason=reason)

    async def erase_case(self, case_id: str, *, by: str, reason: str) -> None:
        """Erase the personal data of one case's complaint: for those that name no consumer, or one request only. As `Funnel.erase_case`."""
        await asyncio.to_thread(self._funnel.erase_case, case_id, by=by, reason=reason)

    async def set_standing(
        self,
        merchant_id: str,
        level: str,
        *,
        by: str,
        reason: str,
        evidence: Iterable[str],
        articles: Iterable[str] = (),
        until: dt.datetime,
    ) -> MerchantStanding:
        """Decide on a merchant's standing. As `Funnel.set_standing`."""
        return await asyncio.to_thread(
            self._funnel.set_standing,
            merchant_id,
            level,
            by=by,
            reason=reason,
            evidence=evidence,
            articles=articles,
            until=until,
        )

    async def appeal_standing(self, standing_id: str, grounds: str, *, actor: str = "merchant") -> MerchantStanding:
        """Take a merchant's appeal in. The decision stands until it is decided. As `Funnel.appeal_standing`."""
        return await asyncio.to_thread(self._funnel.appeal_standing, standing_id, grounds, actor=actor)

    async def decide_appeal(self, standing_id: str, *, by: str, lift: bool, reason: str) -> MerchantStanding:
        """Decide an appeal. Whoever made the decision may not judge it. As `Funnel.decide_appeal`."""
        return await asyncio.to_thread(self._funnel.decide_appeal, standing_id, by=by, lift=lift, reason=reason)

    async def standings(self, merchant_id: str, *, at: dt.datetime | None = None) -> tuple[MerchantStanding, ...]:
        """What is in force about a merchant, oldest first; with the default, now. Lifted and ended ones are left out. As `Funnel.standings`."""
        return await asyncio.to_thread(self._funnel.standings, merchant_id, at=at)

    async def withhold(self, merchant_id: str, withheld: bool, *, by: str, reason: str) -> None:  # noqa: FBT001 (what is decided)
        """Decide whether a merchant's line in league tables is published. A record of a possible conflict of interest. As `Funnel.withhold`."""
        await asyncio.to_thread(self._funnel.withhold, merchant_id, withheld, by=by, reason=reason)

    async def close(self) -> None:
        """Close the store; of a bound funnel nothing, as the connection is the embedder's. As `Funnel.close`."""
        await asyncio.to_thread(self._funnel.close)

    async def evaluate(self, complaint: Complaint | Mapping[str, Any], *, as_of: dt.date | None = None) -> Decision:
        """What would be decided and promised here, without keeping anything. See `Engine.decide`. As `Funnel.evaluate`."""
        return await asyncio.to_thread(self._funnel.evaluate, complaint, as_of=as_of)
