"""What falls due by itself."""

from __future__ import annotations

import datetime as dt

from funnel.errors import (
    InvalidCommandError,
    StoreBusyError,
)
from funnel.queue._arguments import a_count, an_instant
from funnel.queue._base import Base, due_cases
from funnel.queue._rows import (
    to_us,
)
from funnel.queue._store import Row
from funnel.queue._work import Work
from funnel.queue.model import (
    HELD,
    Swept,
)


class Sweeping(Base):
    """What falls due by itself. A part of `funnel.queue.Funnel`."""

    def sweep(self, now: dt.datetime | None = None, *, limit: int = 1000) -> Swept:
        """Do what has fallen due: leases, waits, unanswered questions and offers, broken promises, incidents.

        Cases of agents who are not active any more go back to the queue; one with an offer before the parties does so once
        that is answered or lapses.

        Each case is a transaction of its own. Safe to run at any time, by several workers at once, and after any pause:
        a promise broken meanwhile is recorded once, at the instant it was broken.

        Args:
            now: The time to take it to be; never later than the clock's own.
            limit: How many cases to look at.

        Raises:
            InvalidCommandError: ``now`` lies in the future or has no offset.
            StoreError: The database failed.
        """
        if now is not None:
            an_instant(now, "now")
        a_count(limit, "limit")
        found: dict[str, list[str]] = {}
        errors: list[tuple[str, str]] = []
        at = self._run(lambda work: self._sweep_time(work, now))
        for case_id in self._read(lambda unit: due_cases(unit, self.tenant, to_us(at), limit)):
            try:

                def body(work: Work, case_id: str = case_id) -> list[str]:
                    return self._sweep_case(work, case_id, at)

                for what in self._run(body):
                    found.setdefault(what, []).append(case_id)
            except StoreBusyError as error:
                errors.append((case_id, str(error)))
        self._sweep_incidents(at, found)
        return Swept(errors=tuple(errors), **{name: tuple(ids) for name, ids in found.items()})

    def _sweep_time(self, work: Work, now: dt.datetime | None) -> dt.datetime:
        if now is not None and now > work.now + self.policy.skew:
            raise InvalidCommandError("a sweep cannot be done for the future", "不能替以后的时间扫描")
        return min(now.astimezone(dt.UTC), work.now) if now is not None else work.now

    def _sweep_case(self, work: Work, case_id: str, at: dt.datetime) -> list[str]:
        work.now, work.at = at, to_us(at)
        row, done = work.case(case_id), []
        if work.reckon_anew(row):
            row = work.save(row, "deadline_moved", "system", {"next_due": work.nearest(row)})
            done.append("moved")
        for clock in work.clocks(row):
            if clock["breached_at"] is None and clock["due_at"] is not None and clock["due_at"] <= work.at:
                work.unit.update(
                    "clock", {n: clock[n] for n in ("case_id", "cycle", "kind")}, {"breached_at": clock["due_at"]}
                )
                row = work.save(row, "breached", "system", {}, {"clock": clock["kind"], "due": clock["due_at"]})
                done.append("breached")
        if row["lease_until"] is not None and row["lease_until"] <= work.at:
            work.expire(row)
            return [*done, "leases_expired"]
        if row["state"] in HELD and not work.works(row["owner"]) and work.live_offer(row) is None:
            work.to_queue(row, "owner_inactive", "system", {"owner": row["owner"]})
            return [*done, "owners_inactive"]
        if row["wait_until"] is None or row["wait_until"] > work.at:
            return done
        if row["state"] == "asked":
            work.to_queue(row, "ask_lapsed", "system", {})
            return [*done, "asks_lapsed"]
        if row["state"] == "offered":
            work.close_offer(row, "lapsed")
            work.save(row, "offer_lapsed", "system", work.free(row))
            return [*done, "offers_lapsed"]
        if row["state"] in HELD:
            offer = work.live_offer(row)
            work.close_offer(row, "lapsed")
            told = {"offer_lapsed": offer is not None} | ({} if offer is None else {"offer": offer["id"]})
            work.save(row, "resumed", "system", self._resumed(work, row), told)
            return [*done, "resumed", *(() if offer is None else ("offers_lapsed",))]
        return done

    def _sweep_incidents(self, at: dt.datetime, found: dict[str, list[str]]) -> None:
        incidents = self._read(lambda unit: unit.find("incident", self._mine, ("state", "=", "open"), order=("id",)))
        for incident in incidents:

            def body(work: Work, incident: Row = incident) -> tuple[list[str], bool]:
                return self._sweep_incident(work, incident, at)

            pulled, closed = self._run(body)
            if pulled:
                found.setdefault("pulled", []).extend(pulled)
            if closed:
                found.setdefault("incidents_closed", []).append(incident["id"])

    def _sweep_incident(self, work: Work, incident: Row, at: dt.datetime) -> tuple[list[str], bool]:
        work.now, work.at = at, to_us(at)
        pulled = []
        members = work.unit.find(
            "queue_case",
            self._mine,
            ("incident_id", "=", incident["id"]),
            ("state", "in", ("asked", "offered")),
            order=("id",),
        )
        for member in members:
            row = work.case(member["id"])
            if row["state"] in {"asked", "offered"}:
                work.to_queue(row, "incident_pulled", "system", {"incident": incident["id"]})
                pulled.append(row["id"])
        count, _ = self._in_window(work, incident["merchant_id"], incident["scenario"], at)
        if count < self.policy.incident_close:
            key = {"id": incident["id"], "state": "open"}
            if work.unit.update("incident", key, {"state": "closed", "closed_at": work.at}):
                work.event("incident_closed", "system", {"incident": incident["id"]})
                return pulled, True
        return pulled, False
