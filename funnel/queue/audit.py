"""The hash chain that makes a changed record show.

Each event's hash covers its contents and the hash before it. Whoever owns the database can rewrite a whole chain:
the chain is evidence of tampering, not proof against it. Keep the head hash elsewhere from time to time (`AuditReport`).
The chain covers masked data and keyed digests only, so that erasing a person leaves it whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
"""What the first event of a chain follows."""

_FIELDS = ("tenant", "seq", "case_id", "version", "type", "actor", "at", "data", "command_id")


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value.

    Raises:
        TypeError, ValueError: The value is not plain JSON, or holds NaN.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def event_hash(prev_hash: str, event: Mapping[str, Any]) -> str:
    """The hash of an event that follows another.

    Args:
        prev_hash: The hash before it, `GENESIS` for the first.
        event: The row: tenant, seq, case_id, version, type, actor, at (µs), data (canonical JSON), command_id.
    """
    body = canonical([prev_hash, *(event[name] for name in _FIELDS)])
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """The first row of a chain that is not as it was written."""

    seq: int
    why: str


def verify(rows: Iterable[Mapping[str, Any]], *, seq: int = 0, head: str = GENESIS) -> tuple[int, str, Break | None]:
    """Check rows of a chain in order.

    Args:
        rows: Event rows, from the one after ``seq``.
        seq: The last sequence number that was checked before.
        head: Its hash.

    Returns:
        The last good sequence number, its hash, and the first bad row or None.
    """
    for row in rows:
        if row["seq"] <= seq:
            return seq, head, Break(row["seq"], f"event {row['seq']} stands after event {seq}: twice, or out of order")
        if row["seq"] != seq + 1:
            return seq, head, Break(seq + 1, f"event {seq + 1} is missing; the next there is has number {row['seq']}")
        if row["prev_hash"] != head:
            return seq, head, Break(seq + 1, "does not follow the event before it")
        if event_hash(head, row) != row["hash"]:
            return seq, head, Break(seq + 1, "its contents are not what its hash was made of")
        seq, head = row["seq"], row["hash"]
    return seq, head, None
