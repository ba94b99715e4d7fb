"""The record: its chain, decisions made again, erasure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

from funnel.engine._arguments import to_complaint
from funnel.engine.engine import Engine
from funnel.errors import (
    CipherError,
    ErasedError,
)
from funnel.pack.model import Pack
from funnel.queue import _reports
from funnel.queue._arguments import an_instant
from funnel.queue._base import _PAGE, DEADLINES, Base, wording
from funnel.queue._kept import ERASED, kept, without_words
from funnel.queue._rows import (
    maybe_us,
    span_us,
)
from funnel.queue._store import Row, Test
from funnel.queue._work import Work, first_head
from funnel.queue.audit import GENESIS, canonical, verify
from funnel.queue.model import (
    AuditReport,
    Replayed,
)


class Record(Base):
    """The record: its chain, decisions made again, erasure. A part of `funnel.queue.Funnel`."""

    def verify_audit(self) -> AuditReport:
        """Check the tenant's whole chain of events against itself and its head."""
        seq, head, before, back, skew = 0, GENESIS, 0, list[int](), span_us(self.policy.skew)
        while True:
            rows = self._page("event", "seq", seq)
            seq, head, broken = verify(rows, seq=seq, head=head)
            for row in rows:
                if row["seq"] <= seq and row["at"] < before - skew:
                    back.append(row["seq"])
                before = row["at"]
            if broken is not None:
                return AuditReport(seq, head, broken.seq, broken.why, tuple(back))
            if len(rows) < _PAGE:
                break
        tenant = self._read(lambda unit: unit.get("tenant", id=self.tenant)) or first_head()
        if tenant["head_seq"] > seq:
            why = f"events {seq + 1} to {tenant['head_seq']} are missing at the end"
            return AuditReport(seq, head, seq + 1, why, tuple(back))
        if tenant["head_seq"] == seq and tenant["head_hash"] != head:
            return AuditReport(seq, head, seq, "is not the event that the head names", tuple(back))
        return AuditReport(seq, head, set_back=tuple(back))

    def replay(self, pack: Pack | str | Path | None = None, *, since: dt.datetime | None = None) -> Iterator[Replayed]:
        """Make stored decisions again: with the same pack each must come out the same, byte for byte.

        Args:
            pack: The pack to decide with, itself or its name or folder; default: this funnel's. Another one shows what it
                would change, deadlines apart: what a case was promised stays.
            since: Only decisions made from then on.

        Returns:
            What came out, oldest decision first, each made when it is asked for; `AsyncFunnel.replay` gives all at once.

        Raises:
            InvalidCommandError: ``since`` has no offset.
            PackError: A pack given by name cannot be loaded.
        """
        if since is not None:
            an_instant(since, "since")
        engine = self._engine if pack is None else Engine(pack)
        return self._replayed(engine, maybe_us(since) or 0)

    def _replayed(self, engine: Engine, start: int) -> Iterator[Replayed]:
        last = ""
        while True:
            rows = self._page("decision", "id", last, ("decided_at", ">=", start))
            for row in rows:
                yield self._again(row, engine.speaking(row["lang"]))
            if len(rows) < _PAGE:
                return
            last = rows[-1]["id"]

    def _page(self, table: str, column: str, after: int | str, *tests: Test) -> list[Row]:
        return self._read(
            lambda unit: unit.find(table, self._mine, *tests, (column, ">", after), order=(column,), limit=_PAGE)
        )

    def _again(self, row: Row, engine: Engine) -> Replayed:
        name = (row["complaint_id"], row["seq"])
        try:
            raw = self._read(lambda unit: self._open_vault(unit, *name))
        except ErasedError:
            return Replayed(*name, "erased")
        except CipherError as error:
            return Replayed(*name, "broken", (("vault", "", str(error)),))
        complaint, then = to_complaint(raw), json.loads(row["decision"])
        # Deadlines are the case's: what it was promised stays so, whatever decides it by now.
        by = {name: dt.datetime.fromisoformat(at) if (at := then.get(name)) else None for name in DEADLINES}
        try:
            again = engine.decide(complaint, as_of=dt.date.fromisoformat(row["as_of"]))
        except Exception as error:  # noqa: BLE001 (one over which the engine fails must not hide all that come after it)
            return Replayed(*name, "broken", (("engine", "", type(error).__name__),))
        text = again.model_copy(update=by).model_dump_json()
        if self._digest(text.encode()) == row["output_digest"]:
            return Replayed(*name, "same")
        now = kept(json.loads(text), complaint.text, self._desk.masker)
        changes = tuple(_reports.differences(then, now))
        same_pack = row["pack_digest"] == engine.pack.digest
        return Replayed(*name, "broken" if same_pack else "differs", changes)

    def erase(self, consumer_id: str, *, by: str, reason: str) -> int:
        """Erase a consumer's personal data: the vault's rows, the masked words and every quote of them in decisions.

        The record of events stays whole.

        Args:
            consumer_id: As in ``consumer.id`` of the complaints.
            by: A supervisor, for the record.
            reason: Why.

        Returns:
            How many complaints were concerned; what was erased before counts no more, and keeps its day.

        Raises:
            NotEligibleError: ``by`` is no supervisor.
        """
        words = wording(reason)

        def body(work: Work) -> int:
            work.supervisor(by)
            ref = self._ref(wording(consumer_id, "consumer_id"))
            found = work.unit.find("complaint", self._mine, ("consumer_ref", "=", ref), order=("id",))
            return self._erase(work, found, by, {"subject": ref, "reason": self._desk.masker(words)})

        count = self._run(body)
        self._store.forget()
        return count

    def erase_case(self, case_id: str, *, by: str, reason: str) -> None:
        """Erase the personal data of one case's complaint: for those that name no consumer, or one request only.

        Raises:
            UnknownCaseError: This tenant has none of that id.
            NotEligibleError: ``by`` is no supervisor.
        """
        words = wording(reason)

        def body(work: Work) -> int:
            work.supervisor(by)
            row = work.case(case_id)
            found = work.unit.find("complaint", self._mine, ("id", "=", row["complaint_id"]))
            return self._erase(work, found, by, {"case": case_id, "reason": self._desk.masker(words)})

        self._run(body)
        self._store.forget()

    def _erase(self, work: Work, complaints: list[Row], by: str, told: dict[str, object]) -> int:
        complaints = [row for row in complaints if row["erased_at"] is None]
        if not complaints:
            return 0
        for row in complaints:
            work.unit.delete("vault", self._mine, ("complaint_id", "=", row["id"]))
            gone = {"masked": canonical({"id": row["external_id"], "erased": True}), "fingerprint": ""}
            work.unit.update("complaint", {"id": row["id"]}, gone | {"erased_at": work.at})
            for case in work.unit.find("queue_case", ("complaint_id", "=", row["id"]), order=("id",)):
                held = work.case(case["id"])
                if held["wait_reason"] not in {None, ERASED, "offer"}:
                    work.save(held, "reason_erased", by, {"wait_reason": ERASED})
            for decision in self._decisions(work.unit, row["id"]):
                left = without_words(json.loads(decision["decision"]))
                work.unit.update("decision", {"id": decision["id"]}, {"decision": canonical(left)})
        work.event("erased", by, told | {"complaints": [row["id"] for row in complaints]})
        return len(complaints)
