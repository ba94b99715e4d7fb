"""Records to rows and back. Instants become microseconds, sets become sorted JSON, absent deadlines become `FAR`."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final, cast

from funnel.queue._store import FAR, Row
from funnel.queue.audit import canonical
from funnel.queue.model import Agent, Case, ClockRow, Event, Frozen, Offer, StoredComplaint, StoredDecision

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICRO: Final = dt.timedelta(microseconds=1)
_CASE_INSTANTS: Final = ("lease_until", "wait_until", "opened_at", "queued_at", "closed_at")
_CASE_FIELDS: Final = tuple(field.name for field in fields(Case))


def to_us(moment: dt.datetime) -> int:
    """Microseconds since 1970 in UTC, exact."""
    return (moment - _EPOCH) // _MICRO


def from_us(value: int) -> dt.datetime:
    """What `to_us` made."""
    return _EPOCH + value * _MICRO


def maybe_us(moment: dt.datetime | None) -> int | None:
    """`to_us`, None kept."""
    return None if moment is None else to_us(moment)


def maybe_at(value: int | None) -> dt.datetime | None:
    """`from_us`, None kept."""
    return None if value is None else from_us(value)


def span_us(span: dt.timedelta) -> int:
    """A length in microseconds."""
    return span // _MICRO


def new_id(now: dt.datetime) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then chance. Sorts by time, within a millisecond by chance."""
    milliseconds = to_us(now) // 1000 if now else time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def case_of(row: Mapping[str, Any]) -> Case:
    """A case from its row."""
    values: dict[str, Any] = {name: row[name] for name in _CASE_FIELDS}
    for name in _CASE_INSTANTS:
        values[name] = maybe_at(values[name])
    values["next_due"] = None if row["next_due"] == FAR else from_us(row["next_due"])
    values["skills"] = tuple(json.loads(row["skills"]))
    return Case(**values)


def case_changes(changes: Mapping[str, Any]) -> Row:
    """Fields of a case as columns."""
    row: Row = dict(changes)
    for name in _CASE_INSTANTS:
        if name in row:
            row[name] = maybe_us(row[name])
    if "next_due" in row:
        row["next_due"] = FAR if row["next_due"] is None else to_us(row["next_due"])
    if "skills" in row:
        row["skills"] = canonical(sorted(row["skills"]))
    return row


def case_row(case: Case) -> Row:
    """A whole case as a row; ``rank`` is added by the caller."""
    return case_changes({name: getattr(case, name) for name in _CASE_FIELDS})


def event_of(row: Mapping[str, Any]) -> Event:
    """An event from its row."""
    return Event(
        tenant=row["tenant"],
        seq=row["seq"],
        case_id=row["case_id"],
        version=row["version"],
        type=row["type"],
        actor=row["actor"],
        at=from_us(row["at"]),
        data=json.loads(row["data"], object_hook=Frozen),
        command_id=row["command_id"],
        prev_hash=row["prev_hash"],
        hash=row["hash"],
    )


def offer_of(row: Mapping[str, Any]) -> Offer:
    """An offer from its row."""
    return Offer(
        id=row["id"],
        case_id=row["case_id"],
        seq=row["seq"],
        rung=row["rung"],
        state=row["state"],
        text=row["text"],
        amount=row["amount"],
        made_at=from_us(row["made_at"]),
        sent_at=maybe_at(row["sent_at"]),
        respond_by=from_us(row["respond_by"]),
        merchant=row["merchant"],
        consumer=row["consumer"],
        note=row["note"],
        closed_at=maybe_at(row["closed_at"]),
    )


def agent_of(row: Mapping[str, Any]) -> Agent:
    """An agent from its row."""
    return Agent(
        id=row["id"],
        tier=row["tier"],
        skills=frozenset(json.loads(row["skills"])),
        wip_cap=row["wip_cap"],
        supervisor=bool(row["supervisor"]),
        active=bool(row["active"]),
    )


def complaint_of(row: Mapping[str, Any]) -> StoredComplaint:
    """A stored complaint from its row."""
    return StoredComplaint(
        id=row["id"],
        tenant=row["tenant"],
        source=row["source"],
        external_id=row["external_id"],
        received_at=from_us(row["received_at"]),
        created_at=from_us(row["created_at"]),
        merchant_id=row["merchant_id"],
        consumer_ref=row["consumer_ref"],
        order_ref=row["order_ref"],
        trade=row["trade"],
        masked=json.loads(row["masked"], object_hook=Frozen),
        erased_at=maybe_at(row["erased_at"]),
    )


def decision_of(row: Mapping[str, Any]) -> StoredDecision:
    """A stored decision from its row."""
    return StoredDecision(
        id=row["id"],
        complaint_id=row["complaint_id"],
        seq=row["seq"],
        pack_id=row["pack_id"],
        pack_digest=row["pack_digest"],
        engine_version=row["engine_version"],
        as_of=dt.date.fromisoformat(row["as_of"]),
        lang=row["lang"],
        context=json.loads(row["context"], object_hook=Frozen),
        outcome=row["outcome"],
        tier=row["tier"],
        scenario=row["scenario"],
        input_digest=row["input_digest"],
        output_digest=row["output_digest"],
        decision=json.loads(row["decision"], object_hook=Frozen),
        decided_at=from_us(row["decided_at"]),
    )


def clock_of(row: Mapping[str, Any], pauses: Iterable[Mapping[str, Any]]) -> ClockRow:
    """A clock from its row and those of its pauses."""
    return ClockRow(
        case_id=row["case_id"],
        cycle=row["cycle"],
        kind=row["kind"],
        unit=row["unit"],
        target=row["target"],
        started_at=from_us(row["started_at"]),
        pauses=tuple(
            (from_us(pause["from_at"]), maybe_at(pause["to_at"])) for pause in pauses if pause["kind"] == row["kind"]
        ),
        due_at=maybe_at(row["due_at"]),
        provisional=bool(row["provisional"]),
        stopped_at=maybe_at(row["stopped_at"]),
        breached_at=maybe_at(row["breached_at"]),
    )


def fold(events: Iterable[Event]) -> dict[str, Any]:
    """The columns of a case as its events leave them: what `_Work.save` wrote into each.

    A case's row must equal this, but for ``lease_until``, which `renew` moves without an event.
    """
    row: dict[str, Any] = {}
    for event in events:
        row |= cast("Mapping[str, Any]", event.data.get("set", {}))
        row["version"] = event.version
    return row
