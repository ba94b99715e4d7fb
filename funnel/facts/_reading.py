"""The one result type of the reader."""

from __future__ import annotations

import datetime as dt
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
