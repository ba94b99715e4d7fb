"""The one result type of the readers, and which of several readings of the same words stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reading:
    """An amount, date or duration that a text mentions.

    Attributes:
        kind: ``amount`` (fen), ``date`` or ``days`` (calendar days).
        value: The value; None where it is mentioned but ambiguous.
        start, end: Offsets in the text that was read.
        text: The words.
        why: Why there is no value: ``vague``, ``malformed``, ``currency``, ``impossible``, ``no-year``, ``calendar``.
    """

    kind: Literal["amount", "date", "days"]
    value: int | dt.date | None
    start: int
    end: int
    text: str
    why: str | None


def longest(found: Iterable[Reading], length: int) -> list[Reading]:
    """Readings in order, non-overlapping: where two claim the same words, the longer one wins.

    Args:
        found: The readings.
        length: The length of the text.
    """
    taken = bytearray(length)
    kept = []
    for reading in sorted(found, key=lambda r: (-(r.end - r.start), r.start, r.kind)):
        if not any(taken[reading.start : reading.end]):
            taken[reading.start : reading.end] = b"\x01" * (reading.end - reading.start)
            kept.append(reading)
    return sorted(kept, key=lambda r: r.start)
