"""Time limits after Civil Code articles 200 to 204.

A period of days starts on the day after its first day (art. 201); one of months ends on the same date of the month in
which it falls due, or on that month's last day (art. 202); a last day on a statutory rest day moves to the day after
the rest ends (art. 203).

Article 203 speaks of *statutory* rest days and does not say whether plain weekends count. ``rest_days`` chooses:
``"all"``, the default, moves past weekends and days off by arrangement as well, which is the generous reading for
whoever must act; ``"statutory"`` moves past the days named by the regulation on holidays only. Make-up workdays are
never rest days under ``"all"``.

Law or agreement may provide otherwise (art. 204): whoever knows of such a rule must not use these functions.
"""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
from dataclasses import dataclass
from typing import Literal

RestDays = Literal["statutory", "all"]

_DAY = dt.timedelta(days=1)
_SATURDAY = 5
_MONTHS = 12
_LONGEST_REST = dt.timedelta(days=10)
"""No run of days off has been longer than nine (February 2026); a period that ends in one is longer by that at most."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Holidays and make-up workdays of a country.

    Attributes:
        holidays: Days off by law or arrangement, weekend days of a holiday included.
        workdays: Weekend days that are worked to make up for a holiday.
        statutory: The holidays themselves, as the regulation names them; a part of ``holidays``.
        until: The first day the calendar does not know yet; None: it knows all that will come.
        since: The first day the calendar knows; None: it knows all that was.

    Raises:
        ValueError: A day is both off and worked, a statutory holiday is not off, or ``until`` is not after ``since``.
    """

    holidays: frozenset[dt.date] = frozenset()
    workdays: frozenset[dt.date] = frozenset()
    statutory: frozenset[dt.date] = frozenset()
    until: dt.date | None = None
    since: dt.date | None = None

    def __post_init__(self) -> None:
        if both := self.holidays & self.workdays:
            raise ValueError(f"both a holiday and a workday: {min(both)}")
        if stray := self.statutory - self.holidays:
            raise ValueError(f"a statutory holiday that is not among the holidays: {min(stray)}")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError(f"the calendar ends on {self.until}, before it begins")

    def knows(self, day: dt.date) -> bool:
        """Whether the calendar covers a day. Outside, weekends are all it can tell."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reckoning, to be shown to people.

    Attributes:
        rule: ``start`` (art. 201), ``count`` (art. 201), ``month`` (art. 202), ``month_end`` (art. 202) or ``rest``
            (art. 203).
        day: Where the step arrives; for ``rest``, the rest day that is passed over.
        article: The article it follows, as a citation.
    """

    rule: Literal["start", "count", "month", "month_end", "rest"]
    day: dt.date
    article: str


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of a period. It ends at 24:00, or when business closes where there are business hours (art. 203).

    Attributes:
        day: The last day.
        moved_from: The plain end, where that was a rest day; None where nothing moved.
        provisional: The calendar does not cover every day that mattered: holidays not yet announced may move it.
        steps: How it was reckoned.
    """

    day: dt.date
    moved_from: dt.date | None
    provisional: bool
    steps: tuple[Step, ...]

    def days_past(self, on: dt.date) -> int | None:
        """Days by which a day is later; 0 or less is in time. None where days off not announced yet decide whether it is."""
        beyond = on - (self.moved_from or self.day)
        if self.provisional and dt.timedelta() < beyond <= _LONGEST_REST:
            return None
        return (on - self.day).days


def is_rest_day(day: dt.date, calendar: Calendar, *, rest_days: RestDays = "all") -> bool:
    """Whether a day is one of rest.

    Args:
        day: The day.
        calendar: The country's calendar.
        rest_days: ``all``: holidays, days off by arrangement and weekends, save make-up workdays. ``statutory``:
            statutory holidays only.
    """
    if rest_days == "statutory":
        return day in calendar.statutory
    return day in calendar.holidays or (day.weekday() >= _SATURDAY and day not in calendar.workdays)


def last_day(start: dt.date, days: int, calendar: Calendar, *, rest_days: RestDays = "all") -> LastDay:
    """The last day of a period of days (Civil Code arts. 201 and 203).

    Args:
        start: The day of the event; not counted.
        days: Length of the period in days; 0 or more. A period of 0 ends on its first day, or after the rest it falls
            in.
        calendar: The country's calendar.
        rest_days: What counts as rest; see the module.

    Raises:
        ValueError: ``days`` is negative.
        OverflowError: The end lies beyond the last date that can be written.
    """
    if days < 0:
        raise ValueError(f"a period has no negative length: {days} days")
    plain = start + dt.timedelta(days=days)
    steps = (Step("start", start + min(days, 1) * _DAY, "civil_code/201"), Step("count", plain, "civil_code/201"))
    return _past_rest(plain, steps, calendar, rest_days)


def last_day_months(start: dt.date, months: int, calendar: Calendar, *, rest_days: RestDays = "all") -> LastDay:
    """The last day of a period of months (Civil Code arts. 202 and 203); a year is twelve.

    Args:
        start: The day of the event. Its date is the one the period ends on.
        months: Length of the period in months; 0 or more.
        calendar: The country's calendar.
        rest_days: What counts as rest; see the module.

    Raises:
        ValueError: ``months`` is negative.
        OverflowError: The end lies beyond the last date that can be written.
    """
    if months < 0:
        raise ValueError(f"a period has no negative length: {months} months")
    years, month = divmod(start.month - 1 + months, _MONTHS)
    year = start.year + years
    if year > dt.MAXYEAR:
        raise OverflowError(f"{months} months from {start} end beyond the year {dt.MAXYEAR}")
    days_in_month = gregorian.monthrange(year, month + 1)[1]
    plain = dt.date(year, month + 1, min(start.day, days_in_month))
    step = Step("month_end" if start.day > days_in_month else "month", plain, "civil_code/202")
    return _past_rest(plain, (step,), calendar, rest_days)


def days_past(start: dt.date, days: int, on: dt.date, calendar: Calendar, *, rest_days: RestDays = "all") -> int:
    """Days by which a day is later than the last day of a period; 0 or less is in time.

    Args:
        start: The day of the event; not counted.
        days: Length of the period in days; 0 or more.
        on: The day to judge.
        calendar: The country's calendar.
        rest_days: What counts as rest; see the module.

    Raises:
        ValueError: ``days`` is negative.
        OverflowError: The end lies beyond the last date that can be written.
    """
    return (on - last_day(start, days, calendar, rest_days=rest_days).day).days


def add_working_days(start: dt.date, n: int, calendar: Calendar) -> LastDay:
    """The n-th working day after a day, which is not counted itself.

    Working days are days that are not of rest in the widest sense, make-up workdays included. Consumer Protection Law
    art. 46 gives the authority seven of them.

    Args:
        start: The day of the event; not counted.
        n: Number of working days; 0 or more. 0 gives the day itself, working day or not.
        calendar: The country's calendar.

    Raises:
        ValueError: ``n`` is negative.
        OverflowError: The end lies beyond the last date that can be written.
    """
    if n < 0:
        raise ValueError(f"a period has no negative length: {n} working days")
    day, left, known = start, n, True
    while left:
        day += _DAY
        known = known and calendar.knows(day)
        left -= not is_rest_day(day, calendar)
    steps = (Step("start", start + min(n, 1) * _DAY, "civil_code/201"), Step("count", day, "civil_code/201"))
    return LastDay(day, None, not known, steps)


def _past_rest(plain: dt.date, steps: tuple[Step, ...], calendar: Calendar, rest_days: RestDays) -> LastDay:
    day, rests = plain, []
    while is_rest_day(day, calendar, rest_days=rest_days):
        rests.append(Step("rest", day, "civil_code/203"))
        day += _DAY
    # Both ends decide: whether the plain end was rest, and whether the day after was not.
    provisional = not (calendar.knows(plain) and calendar.knows(day))
    return LastDay(day, plain if rests else None, provisional, (*steps, *rests))
