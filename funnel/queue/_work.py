"""One unit of work: rows read under lock, changed together with their events, clocks kept true."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from funnel.errors import (
    AlreadyClaimedError,
    InvalidCommandError,
    InvalidTransitionError,
    NotEligibleError,
    StaleClaimError,
    StaleVersionError,
    UnknownCaseError,
)
from funnel.law.time_limits import Calendar
from funnel.queue._arguments import a_name, case_key
from funnel.queue._rows import (
    agent_of,
    case_changes,
    from_us,
    maybe_at,
    new_id,
    span_us,
    to_us,
)
from funnel.queue._store import FAR, Row, Test, TransientError, Unit
from funnel.queue.audit import GENESIS, canonical, event_hash
from funnel.queue.clocks import Clock, due_at
from funnel.queue.model import HELD, Agent, Case
from funnel.queue.policy import Promise, QueuePolicy


@dataclass(frozen=True, slots=True)
class Desk:
    """What every unit of a tenant's queue needs to know."""

    tenant: str
    tiers: tuple[str, ...]
    policy: QueuePolicy
    calendar: Calendar
    zone: ZoneInfo
    masker: Callable[[str], str]
    civil_code: bool = True
    """Whether periods are reckoned after the Civil Code of China."""


class Work:
    """A transaction on a tenant's queue.

    Locks are taken in one order everywhere, so that two units never wait for each other in a ring: agent, cases by id,
    then the tenant's chain, which `event` locks until the unit ends.
    """

    def __init__(self, desk: Desk, unit: Unit, now: dt.datetime, command_id: str | None = None) -> None:
        self.desk, self.unit, self.now, self.command_id = desk, unit, now, command_id
        self.at = to_us(now)

    # -- the chain -----------------------------------------------------------------------------------------------

    def chain(self) -> Row:
        """The head of the tenant's chain, locked: until this unit ends, no other one changes anything."""
        tenant = self.unit.get("tenant", lock=True, id=self.desk.tenant)
        if tenant is None:
            raise TransientError("the tenant's row is gone")
        return tenant

    def event(self, kind: str, actor: str, data: Mapping[str, Any], case: Row | None = None) -> int:
        """Append an event; returns its number in the chain."""
        a_name(actor, "actor")
        tenant = self.chain()
        row: Row = {
            "tenant": self.desk.tenant,
            "seq": tenant["head_seq"] + 1,
            "case_id": case["id"] if case else None,
            "version": case["version"] if case else None,
            "type": kind,
            "actor": actor,
            "at": self.at,
            "data": canonical(data),
            "command_id": self.command_id,
        }
        row |= {"prev_hash": tenant["head_hash"], "hash": event_hash(tenant["head_hash"], row)}
        self.unit.insert("event", row)
        self.unit.update("tenant", {"id": self.desk.tenant}, {"head_seq": row["seq"], "head_hash": row["hash"]})
        return int(row["seq"])

    # -- agents --------------------------------------------------------------------------------------------------

    def agent(self, agent_id: str, *, lock: bool = False) -> Agent:
        """A known and active agent."""
        row = self.unit.get("agent", lock=lock, tenant=self.desk.tenant, id=agent_id)
        if row is None:
            raise UnknownCaseError(
                f"no agent {agent_id!r} here; make it known first: `put_agent`",
                f"没有坐席“{agent_id}”；先登记：`put_agent`",
            )
        agent = agent_of(row)
        if not agent.active:
            raise NotEligibleError(f"agent {agent_id!r} is not active", f"坐席“{agent_id}”已停用")
        return agent

    def works(self, agent_id: str) -> bool:
        """Whether somebody is an active agent."""
        row = self.unit.get("agent", tenant=self.desk.tenant, id=agent_id)
        return row is not None and bool(row["active"])

    def supervisor(self, agent_id: str) -> Agent:
        """An agent with a supervisor's rights."""
        agent = self.agent(agent_id)
        if not agent.supervisor:
            raise NotEligibleError(
                f"only a supervisor may do this; {agent_id!r} is none", f"这件事要主管来做，“{agent_id}”不是主管"
            )
        return agent

    def level(self, tier: str) -> int:
        """How high a tier is."""
        try:
            return self.desk.tiers.index(tier)
        except ValueError:
            tiers = self.desk.tiers
            raise InvalidCommandError(
                f"no tier {tier!r}; this pack has {', '.join(tiers)}",
                f"没有“{tier}”这个层级；规则包有 {'、'.join(tiers)}",
            ) from None

    def expect_fit(self, agent: Agent, case: Row) -> None:
        """Refuse an agent whose tier or skills do not suffice for a case."""
        if self.level(agent.tier) < self.level(case["tier"]):
            raise NotEligibleError(
                f"the case is for tier {case['tier']!r}; {agent.id!r} is {agent.tier!r}",
                f"案件属于 {case['tier']} 层级，“{agent.id}”是 {agent.tier}",
            )
        if lacking := set(json.loads(case["skills"])) - agent.skills:
            raise NotEligibleError(
                f"the case needs skills that {agent.id!r} has not: {', '.join(sorted(lacking))}",
                f"案件要的技能“{agent.id}”没有：{'、'.join(sorted(lacking))}",
            )

    def expect_room(self, agent: Agent) -> None:
        """Refuse an agent who holds as many cases as he may. Call it with the agent's row locked."""
        held = self.held(agent.id)
        if held >= agent.wip_cap:
            raise NotEligibleError(
                f"{agent.id!r} holds {held} cases and may hold {agent.wip_cap}",
                f"“{agent.id}”在办 {held} 件，上限 {agent.wip_cap} 件；先结案或放回",
            )

    def held(self, agent_id: str) -> int:
        """How many cases an agent holds; those whose lease has run out do not count."""
        mine: tuple[Test, ...] = (("tenant", "=", self.desk.tenant), ("owner", "=", agent_id))
        count = self.unit.tally("queue_case", (), *mine)
        lapsed = self.unit.tally("queue_case", (), *mine, ("lease_until", "<=", self.at))
        return sum(count.values()) - sum(lapsed.values())

    # -- cases ---------------------------------------------------------------------------------------------------

    def case(self, case_id: str, *, version: int | None = None) -> Row:
        """A case of this tenant, locked."""
        row = self.unit.get("queue_case", lock=True, id=case_key(case_id), tenant=self.desk.tenant)
        if row is None:
            raise UnknownCaseError(f"no case {case_id!r} here", f"没有案件“{case_id}”")
        if version is not None and row["version"] != version:
            raise StaleVersionError(
                f"case {case_id} is at version {row['version']}, you read {version}",
                f"案件 {case_id} 已到第 {row['version']} 版，读到的是第 {version} 版；重新读取",
            )
        return row

    def owned(self, claim: Case, *states: str) -> Row:
        """A case that the caller holds, by owner and epoch, in one of some states."""
        row = self.case(claim.id)
        if claim.owner is None:
            raise InvalidCommandError(
                "this is not a claim: the case as given has no owner; claim it first", "案件没有经办人；先认领"
            )
        if row["state"] not in HELD or (row["owner"], row["lease_epoch"]) != (claim.owner, claim.lease_epoch):
            raise StaleClaimError(
                f"{claim.owner!r} does not hold case {claim.id} any more", f"案件 {claim.id} 已不由“{claim.owner}”经办"
            )
        if row["lease_until"] is not None and row["lease_until"] <= self.at:
            raise StaleClaimError(
                f"the lease of {claim.owner!r} on case {claim.id} has run out",
                f"“{claim.owner}”对案件 {claim.id} 的租约已到期；重新认领",
            )
        if states and row["state"] not in states:
            raise self._not_now(row, states)
        return row

    def expect(self, row: Row, *states: str) -> None:
        """Refuse a case that is in none of some states."""
        if row["state"] not in states:
            raise self._not_now(row, states)

    @staticmethod
    def _not_now(row: Row, states: tuple[str, ...]) -> InvalidTransitionError:
        return InvalidTransitionError(
            f"case {row['id']} is {row['state']}; this needs {' or '.join(states)}",
            f"案件 {row['id']} 现在是 {row['state']}，要在 {'、'.join(states)} 时才行",
        )

    def save(
        self, row: Row, kind: str, actor: str, changes: Mapping[str, Any], data: Mapping[str, Any] | None = None
    ) -> Row:
        """Change a case and record it, both or neither."""
        new = row | case_changes(changes) | {"version": row["version"] + 1}
        new["rank"] = self.rank(new)
        changed = {name: value for name, value in new.items() if value != row[name]}
        told = {name: value for name, value in changed.items() if name not in {"lease_until", "version"}}
        if not self.unit.update("queue_case", {"id": row["id"], "version": row["version"]}, changed):
            raise TransientError("the case changed under its lock")
        self.event(kind, actor, {**(data or {}), "set": told}, new)
        return new

    def rank(self, row: Row) -> int:
        """Where a case stands among those that wait: earlier is smaller. Does not change as time goes by."""
        if row["queued_at"] is None:
            return 0
        return int(row["queued_at"] - row["priority"] * span_us(self.desk.policy.ageing))

    def free(self, row: Row) -> dict[str, Any]:
        """What a case that goes (back) to the queue looks like."""
        return {
            "state": "queued",
            "owner": None,
            "lease_until": None,
            "wait_reason": None,
            "wait_until": None,
            "queued_at": maybe_at(row["queued_at"]) or self.now,
        }

    def agent_claims(self, row: Row, agent: Agent) -> dict[str, Any]:
        """What a case that an agent takes looks like."""
        lease = self.desk.policy.lease
        return {
            "state": "claimed",
            "owner": agent.id,
            "lease_epoch": row["lease_epoch"] + 1,
            "lease_until": self.now + lease if lease else None,
            "wait_reason": None,
            "wait_until": None,
        }

    def take(self, row: Row, agent: Agent) -> Row:
        """Give a queued case to an agent."""
        if row["state"] in HELD:
            if row["lease_until"] is not None and row["lease_until"] <= self.at:
                row = self.expire(row)
            else:
                raise AlreadyClaimedError(
                    f"case {row['id']} is held by {row['owner']!r}", f"案件 {row['id']} 已由“{row['owner']}”经办"
                )
        if row["state"] in {"asked", "offered"}:
            raise InvalidTransitionError(
                f"case {row['id']} is {row['state']}: it is with the parties; `request_human` brings it to the queue",
                f"案件 {row['id']} 现在是 {row['state']}，还在双方那里；`request_human` 把它转入人工",
            )
        self.expect(row, "queued")
        self.expect_fit(agent, row)
        self.expect_room(agent)
        return self.save(row, "claimed", agent.id, self.agent_claims(row, agent))

    def expire(self, row: Row) -> Row:
        """Put a case back whose lease has run out."""
        return self.save(row, "lease_expired", "system", self.free(row), {"owner": row["owner"]})

    def to_queue(self, row: Row, kind: str, actor: str, data: Mapping[str, Any], **extra: Any) -> Row:
        """Bring a case to people: its offer is withdrawn, its pauses end."""
        self.close_offer(row, "withdrawn")
        return self.save(row, kind, actor, self.free(row) | {"next_due": self.resume_clocks(row)} | extra, data)

    # -- clocks --------------------------------------------------------------------------------------------------

    def start_clocks(
        self, case_id: str, cycle: int, started: dt.datetime, promises: Iterable[Promise]
    ) -> dt.datetime | None:
        """Start every promise; returns the nearest deadline."""
        nearest: dt.datetime | None = None
        for promise in promises:
            due = due_at(Clock(promise.unit, promise.target, started), self.desk.calendar, self.desk.zone)
            self.unit.insert(
                "clock",
                {
                    "case_id": case_id,
                    "cycle": cycle,
                    "kind": promise.kind,
                    "tenant": self.desk.tenant,
                    "unit": promise.unit,
                    "target": promise.target,
                    "started_at": to_us(started),
                    "due_at": None if due.at is None else to_us(due.at),
                    "provisional": int(due.provisional),
                    "stopped_at": None,
                    "breached_at": None,
                },
            )
            if due.at is not None and (nearest is None or due.at < nearest):
                nearest = due.at
        return nearest

    def clocks(self, row: Row, *, running: bool = True) -> list[Row]:
        """The clocks of a case's present cycle."""
        found = self.unit.find("clock", ("case_id", "=", row["id"]), ("cycle", "=", row["cycle"]), order=("kind",))
        return [clock for clock in found if not running or clock["stopped_at"] is None]

    def stop_clocks(self, row: Row, on: Iterable[str]) -> list[str]:
        """Stop the promises that end now; returns those found broken in doing so."""
        stops = {promise.kind: promise.stops_on for promise in self.desk.policy.promises}
        wanted, broken = set(on), []
        for clock in self.clocks(row):
            if stops.get(clock["kind"], "resolution") not in wanted:
                continue
            self._end_pause(clock)
            changes: Row = {"stopped_at": self.at}
            due, provisional = self.reckon(clock)
            changes |= {"due_at": due, "provisional": int(provisional)}
            if clock["breached_at"] is None and due is not None and due <= self.at:
                changes["breached_at"] = due
                broken.append(clock["kind"])
            self._set(clock, changes)
        return broken

    def pause_clocks(self, row: Row, waiting_for: str) -> list[str]:
        """Pause the promises that do not run while somebody is waited for; returns those found broken first."""
        pauses = {promise.kind for promise in self.desk.policy.promises if waiting_for in promise.paused_by}
        broken = []
        for clock in self.clocks(row):
            if clock["kind"] not in pauses or clock["breached_at"] is not None:
                continue
            if clock["due_at"] is not None and clock["due_at"] <= self.at:
                self._set(clock, {"breached_at": clock["due_at"]})
                broken.append(clock["kind"])
                continue
            key = _key(clock)
            if not self.unit.update("pause", key | {"from_at": self.at}, {"to_at": None}):
                self.unit.insert("pause", key | {"from_at": self.at, "to_at": None, "reason": waiting_for})
            self._set(clock, {"due_at": None})
        return broken

    def resume_clocks(self, row: Row) -> dt.datetime | None:
        """Let every paused promise run on; returns the nearest deadline."""
        for clock in self.clocks(row):
            if self._end_pause(clock):
                due, provisional = self.reckon(clock)
                self._set(clock, {"due_at": due, "provisional": int(provisional)})
        return self.nearest(row)

    def restart_clocks(self, row: Row, stopped: int) -> dt.datetime | None:
        """Undo a stop, as if it had never been: the promise to the consumer ran on."""
        for clock in self.clocks(row, running=False):
            if clock["stopped_at"] == stopped:
                self._set(clock, {"stopped_at": None})
        return self.nearest(row)

    def nearest(self, row: Row) -> dt.datetime | None:
        """The nearest deadline of a case's running clocks."""
        dues = [clock["due_at"] for clock in self.clocks(row) if clock["due_at"] is not None]
        return from_us(min(dues)) if dues else None

    def reckon(self, clock: Row) -> tuple[int | None, bool]:
        """A clock's due instant from its start, its pauses and the calendar."""
        due = due_at(self.clock(clock), self.desk.calendar, self.desk.zone)
        return (None if due.at is None else to_us(due.at)), due.provisional

    def reckon_anew(self, row: Row) -> bool:
        """Reckon provisional deadlines again, as the calendar may have grown; whether one moved or became firm."""
        moved = False
        for clock in self.clocks(row):
            if clock["provisional"] and clock["breached_at"] is None:
                due, provisional = self.reckon(clock)
                if (due, int(provisional)) != (clock["due_at"], clock["provisional"]):
                    self._set(clock, {"due_at": due, "provisional": int(provisional)})
                    moved = True
        return moved

    def clock(self, clock: Row) -> Clock:
        """A clock's row as what `funnel.queue.clocks` takes."""
        pauses = self.unit.find(
            "pause", *(((name), "=", value) for name, value in _key(clock).items()), order=("from_at",)
        )
        return Clock(
            clock["unit"],
            clock["target"],
            from_us(clock["started_at"]),
            tuple((from_us(pause["from_at"]), maybe_at(pause["to_at"])) for pause in pauses),
        )

    def _end_pause(self, clock: Row) -> bool:
        running = self.unit.find(
            "pause", *((name, "=", value) for name, value in _key(clock).items()), ("to_at", "is null", None)
        )
        for pause in running:
            # A clock set back between two commands must not make a pause of negative length.
            self.unit.update(
                "pause", _key(clock) | {"from_at": pause["from_at"]}, {"to_at": max(self.at, pause["from_at"])}
            )
        return bool(running)

    def _set(self, clock: Row, changes: Row) -> None:
        self.unit.update("clock", _key(clock), changes)

    # -- offers --------------------------------------------------------------------------------------------------

    def live_offer(self, row: Row) -> Row | None:
        """The offer of a case that is not closed."""
        found = self.unit.find("offer", ("case_id", "=", row["id"]), ("state", "in", ("drafted", "offered")))
        return found[0] if found else None

    def close_offer(self, row: Row, state: str) -> None:
        """Close the live offer, if there is one."""
        if offer := self.live_offer(row):
            self.unit.update("offer", {"id": offer["id"]}, {"state": state, "closed_at": self.at})

    def make_offer(
        self,
        case_id: str,
        seq: int,
        *,
        rung: int | None,
        text: str,
        amount: int | None,
        send: bool,
        respond_by: dt.datetime,
    ) -> str:
        """Draft an offer, and send it where asked; returns its id."""
        offer_id = new_id(self.now)
        self.unit.insert(
            "offer",
            {
                "id": offer_id,
                "tenant": self.desk.tenant,
                "case_id": case_id,
                "seq": seq,
                "rung": rung,
                "state": "offered" if send else "drafted",
                "text": self.desk.masker(text),
                "amount": amount,
                "made_at": self.at,
                "sent_at": self.at if send else None,
                "respond_by": to_us(respond_by),
                "merchant": None,
                "consumer": None,
                "note": None,
                "closed_at": None,
            },
        )
        return offer_id


def _key(clock: Row) -> Row:
    return {name: clock[name] for name in ("case_id", "cycle", "kind")}


def first_head() -> Row:
    """The head of a chain without events."""
    return {"head_seq": 0, "head_hash": GENESIS}


def no_deadline(value: int) -> bool:
    """Whether a column of deadlines says that there is none."""
    return value >= FAR
