"""What there is to see."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import get_args

from funnel.complaint import Complaint
from funnel.decision import Decision, Step
from funnel.engine._arguments import to_complaint
from funnel.engine.describe import steps
from funnel.errors import (
    ErasedError,
    InvalidCommandError,
    NotEligibleError,
    UnknownCaseError,
)
from funnel.facts.values import Facts
from funnel.queue import _reports
from funnel.queue._arguments import a_count, an_instant, several
from funnel.queue._base import Base, newest_case, present, wording
from funnel.queue._orders import order_cases
from funnel.queue._rows import (
    case_of,
    clock_of,
    complaint_of,
    decision_of,
    event_of,
    maybe_at,
    maybe_us,
    offer_of,
    to_us,
)
from funnel.queue._store import Row, Test, Unit
from funnel.queue._work import Work
from funnel.queue.clocks import Line, explain_deadline
from funnel.queue.league import Entry
from funnel.queue.model import (
    HELD,
    Case,
    ClockRow,
    Event,
    Offer,
    State,
    Stats,
    StoredComplaint,
    StoredDecision,
)


class Reading(Base):
    """What there is to see. A part of `funnel.queue.Funnel`."""

    def case(self, case_id: str) -> Case:
        """A case as it stands.

        Raises:
            UnknownCaseError: This tenant has none of that id.
        """
        return self._read(lambda unit: case_of(self._case_row(unit, case_id)))

    def find(self, external_id: str, *, source: str = "api") -> Case:
        """The newest case of a sender's complaint.

        Raises:
            UnknownCaseError: It was never taken in.
        """

        def body(unit: Unit) -> Case:
            row = unit.get("complaint", tenant=self.tenant, source=source, external_id=external_id)
            if row is None:
                raise UnknownCaseError(
                    f"no complaint {external_id!r} of source {source!r} here",
                    f"没有来源“{source}”的投诉“{external_id}”",
                )
            return case_of(newest_case(unit, row["id"]))

        return self._read(body)

    def cases(
        self,
        *,
        state: str | Iterable[str] | None = None,
        tier: str | None = None,
        owner: str | None = None,
        incident: str | None = None,
        external_id: str | None = None,
        limit: int = 100,
    ) -> tuple[Case, ...]:
        """Cases: those in the queue, to be served first first, then those that people hold, then all others.

        Args:
            state: Only in this state or these.
            tier: Only of this tier.
            owner: Only those this agent holds.
            incident: Only members of this incident.
            external_id: Only of the complaint that its sender calls so, of whichever source.
            limit: How many at most.

        Raises:
            InvalidCommandError: There is no such state or tier, or the limit is no whole number.
        """
        tests: list[Test] = [self._mine]
        a_count(limit, "limit")
        if tier is not None and tier not in self._desk.tiers:
            tiers = self._desk.tiers
            raise InvalidCommandError(
                f"no tier {tier!r}; this pack has {', '.join(tiers)}",
                f"没有“{tier}”这个层级；规则包有 {'、'.join(tiers)}",
            )
        if state is not None:
            states = (state,) if isinstance(state, str) else several(state, "state")
            if wrong := [word for word in states if word not in get_args(State)]:
                raise InvalidCommandError(
                    f"no state {wrong[0]!r}; there are {', '.join(get_args(State))}",
                    f"没有“{wrong[0]}”这个状态；有 {'、'.join(get_args(State))}",
                )
            tests.append(("state", "=", states[0]) if len(states) == 1 else ("state", "in", states))
        for column, value in (("tier", tier), ("owner", owner), ("incident_id", incident)):
            if value is not None:
                tests.append((column, "=", value))
        order = ("rank", "next_due", "id")
        parts: tuple[Test, ...] = (
            ("state", "=", "queued"),
            ("state", "in", tuple(HELD)),
            ("state", "not in", ("queued", *HELD)),
        )

        def body(unit: Unit) -> tuple[Case, ...]:
            if external_id is not None:
                known = unit.find("complaint", self._mine, ("external_id", "=", external_id))
                tests.append(("complaint_id", "in", tuple(row["id"] for row in known)))
            rows: list[Row] = []
            for part in parts:
                if left := limit - len(rows):
                    rows += unit.find("queue_case", *tests, part, order=order, limit=left)
            return tuple(case_of(row) for row in rows)

        return self._read(body)

    def complaint(self, case_id: str) -> StoredComplaint:
        """The complaint of a case, masked. For the words as they came: `reveal`."""

        def body(unit: Unit) -> StoredComplaint:
            return complaint_of(present(unit.get("complaint", id=self._case_row(unit, case_id)["complaint_id"])))

        return self._read(body)

    def reveal(self, case_id: str, *, by: str, reason: str) -> Complaint:
        """The complaint with the consumer's own words and data. Who looked, and why, is recorded.

        Raises:
            ErasedError: It has been erased.
            NotEligibleError: ``by`` neither holds the case nor is a supervisor.
        """
        words = wording(reason)

        def body(work: Work) -> Complaint:
            person = work.agent(by)
            row = work.case(case_id)
            if row["owner"] != by and not person.supervisor:
                raise NotEligibleError(
                    f"{by!r} does not hold case {case_id}; claim it first", f"案件 {case_id} 不由“{by}”经办；先认领"
                )
            last = self._decisions(work.unit, row["complaint_id"])[-1]
            complaint = to_complaint(self._open_vault(work.unit, row["complaint_id"], last["seq"]))
            work.save(row, "revealed", by, {}, {"reason": self._desk.masker(words)})
            return complaint

        return self._run(body)

    def decisions(self, case_id: str) -> tuple[StoredDecision, ...]:
        """Every decision made on the complaint of a case, oldest first."""

        def body(unit: Unit) -> tuple[StoredDecision, ...]:
            row = self._case_row(unit, case_id)
            return tuple(decision_of(found) for found in self._decisions(unit, row["complaint_id"]))

        return self._read(body)

    def steps(self, case_id: str) -> tuple[Step, ...]:
        """What whoever has a case does with it: the steps of the gates that are open, then those of its present tier.

        Empty while it is with the parties.
        """

        def body(unit: Unit) -> tuple[Step, ...]:
            row = self._case_row(unit, case_id)
            if row["state"] in {"asked", "offered"}:
                return ()
            last = self._decisions(unit, row["complaint_id"])[-1]
            decision = Decision.model_validate(json.loads(last["decision"]))
            told = decision.referral.steps if decision.referral is not None else ()
            if decision.tier == row["tier"]:
                return told
            theirs = self._tier_steps(unit, last, decision, decision.tier)
            if theirs and (last["pack_digest"] == self._engine.pack.digest or told[-len(theirs) :] == theirs):
                told = told[: -len(theirs)]
            return (*told, *self._tier_steps(unit, last, decision, row["tier"]))

        return self._read(body)

    def _tier_steps(self, unit: Unit, last: Row, decision: Decision, tier: str | None) -> tuple[Step, ...]:
        """What is done with every case of a tier, with the figures of this one while its words are kept."""
        pack = self._engine.pack
        specs = pack.manifest.tier_steps.get(tier or "", ())
        if not specs:
            return ()
        facts, parameters = Facts({}), dict[str, int]()
        with suppress(ErasedError):
            complaint = to_complaint(self._open_vault(unit, last["complaint_id"], last["seq"]))
            if (reasoning := self._reasoned(complaint, decision.as_of)) is not None:
                facts, parameters = reasoning.intake.facts, dict(reasoning.parameters)
        return steps(pack, specs, facts, parameters, decision.language)

    def offers(self, case_id: str) -> tuple[Offer, ...]:
        """Every offer on a case, oldest first."""

        def body(unit: Unit) -> tuple[Offer, ...]:
            row = self._case_row(unit, case_id)
            return tuple(offer_of(o) for o in unit.find("offer", ("case_id", "=", row["id"]), order=("seq",)))

        return self._read(body)

    def clocks(self, case_id: str) -> tuple[ClockRow, ...]:
        """Every clock of a case, those of earlier cycles first."""

        def body(unit: Unit) -> tuple[ClockRow, ...]:
            row = self._case_row(unit, case_id)
            found = unit.find("clock", ("case_id", "=", row["id"]), order=("cycle", "kind"))
            pauses = unit.find("pause", ("case_id", "=", row["id"]), order=("from_at",))
            return tuple(clock_of(c, [p for p in pauses if p["cycle"] == c["cycle"]]) for c in found)

        return self._read(body)

    def explain_deadline(self, case_id: str, kind: str = "resolution") -> tuple[Line, ...]:
        """The arithmetic of a deadline of a case's present cycle, in both languages.

        Raises:
            UnknownCaseError: There is no such clock.
        """

        def body(unit: Unit) -> tuple[Line, ...]:
            row = self._case_row(unit, case_id)
            now = self._now(unit)
            work = Work(self._desk, unit, now)
            articles = {promise.kind: promise.articles for promise in self._desk.policy.promises}
            for clock in work.clocks(row, running=False):
                if clock["kind"] == kind:
                    return explain_deadline(
                        work.clock(clock),
                        self._desk.calendar,
                        self._desk.zone,
                        articles=articles.get(kind, ()),
                        now=now,
                        stopped_at=maybe_at(clock["stopped_at"]),
                        civil_code=self._desk.civil_code,
                    )
            raise UnknownCaseError(f"case {case_id} has no clock {kind!r}", f"案件 {case_id} 没有“{kind}”这个期限")

        return self._read(body)

    def events(self, case_id: str | None = None, *, after: int = 0, limit: int = 1000) -> tuple[Event, ...]:
        """What happened, oldest first: of one case, or of the whole tenant from a number of the chain on.

        Feed the last ``seq`` back as ``after`` to follow the queue without missing anything.
        """
        a_count(after, "after")
        a_count(limit, "limit")

        def body(unit: Unit) -> tuple[Event, ...]:
            tests: list[Test] = [self._mine, ("seq", ">", after)]
            if case_id is not None:
                tests.append(("case_id", "=", self._case_row(unit, case_id)["id"]))
            return tuple(event_of(row) for row in unit.find("event", *tests, order=("seq",), limit=limit))

        return self._read(body)

    def suspects(self, case_id: str) -> tuple[tuple[str, str, int], ...]:
        """Cases that may be about the same thing, as (case id, kind of likeness, percent)."""

        def body(unit: Unit) -> tuple[tuple[str, str, int], ...]:
            me = self._case_row(unit, case_id)["complaint_id"]
            links = [
                *((link["b"], link) for link in unit.find("complaint_link", ("a", "=", me), order=("b", "kind"))),
                *((link["a"], link) for link in unit.find("complaint_link", ("b", "=", me), order=("a", "kind"))),
            ]
            return tuple((newest_case(unit, other)["id"], link["kind"], link["score"]) for other, link in links)

        return self._read(body)

    def same_order(self, case_id: str) -> tuple[Case, ...]:
        """Other cases about the order of a case as they stand, oldest first; of very many the newest ten.

        While there are any, the machine makes no offer on the case, whatever is decided. One that was merged is told as the
        case it went into; one that was cancelled as a mistake is left out.
        """

        def body(unit: Unit) -> tuple[Case, ...]:
            row = self._case_row(unit, case_id)
            complaint = present(unit.get("complaint", id=row["complaint_id"]))
            return tuple(case_of(other) for other in order_cases(unit, self._mine, complaint, row["id"]))

        return self._read(body)

    def stats(self) -> Stats:
        """Counters, as they stand."""
        return self._read(lambda unit: _reports.stats(unit, self.tenant, to_us(self._now(unit))))

    def league(
        self,
        by: str = "merchant",
        *,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        minimum: int = 30,
    ) -> tuple[Entry, ...]:
        """A league table of merchants or trades; see `funnel.queue.league`.

        Args:
            by: ``merchant`` or ``trade``.
            since: Only cases opened then or later.
            until: Only cases opened before.
            minimum: Closed cases a group needs to be ranked.
        """
        if by not in {"merchant", "trade"}:
            raise InvalidCommandError(
                f"league tables are by 'merchant' or 'trade', not {by!r}", f"榜单按 merchant 或 trade，不是 {by!r}"
            )
        for moment, what in ((since, "since"), (until, "until")):
            if moment is not None:
                an_instant(moment, what)
        a_count(minimum, "minimum")
        span = (maybe_us(since), maybe_us(until))
        return self._read(lambda unit: _reports.table(unit, self.tenant, by, span, minimum, to_us(self._now(unit))))
