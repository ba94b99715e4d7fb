"""Until when something promised is due: one reckoning for the engine, which tells it, and the queue, which keeps it.

Three units. An **hour** counts from the instant of the start. A **calendar day** counts from the end of the first day,
which is not counted (Civil Code art. 201), to 24:00 of the last. A **workday** counts days that are not of rest,
make-up workdays included, in the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal
from zoneinfo import ZoneInfo

from funnel.law.time_limits import Calendar, is_rest_day

Unit = Literal["hour", "calendar_day", "workday"]
"""What is counted."""

_DAY = dt.timedelta(days=1)


def counted(within: str) -> tuple[Unit, int]:
    """What a rule's ``24h`` or ``7d`` counts, and how many. Days are calendar days."""
    return ("calendar_day" if within.endswith("d") else "hour"), int(within[:-1])


def end_of(unit: Unit, target: int, start: dt.datetime, calendar: Calendar, zone: ZoneInfo) -> tuple[dt.datetime, bool]:
    """When what was promised is due, if nothing pauses it.

    Args:
        unit: What is counted.
        target: How many; positive.
        start: From when, with an offset.
        calendar: Days of rest and make-up workdays; only workdays need it.
        zone: The zone whose midnights divide days.

    Returns:
        The instant, in UTC, and whether the calendar does not know every day that mattered.
    """
    start = start.astimezone(dt.UTC)
    if unit == "hour":
        return start + dt.timedelta(hours=target), False
    day = start.astimezone(zone).date()
    if unit == "calendar_day":
        return midnight(day + (target + 1) * _DAY, zone), False
    left, unknown = target, False
    while left:
        day += _DAY
        unknown |= not calendar.knows(day)
        left -= not is_rest_day(day, calendar)
    return midnight(day + _DAY, zone), unknown


def soonest(within: Iterable[str], start: dt.datetime, calendar: Calendar, zone: ZoneInfo) -> str:
    """Which of some durations of rules ends first: by its end and not by its hours, as 25 hours may be over before one day is."""
    return min(within, key=lambda said: end_of(*counted(said), start, calendar, zone))


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The first instant of a day in a zone, in UTC."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
