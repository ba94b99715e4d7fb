"""Times of day and calendar days in Chinese text, and how much later one is than another. Exact or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from funnel.facts import _numerals

_CN = "[一二两三四五六七八九十]{1,3}"
_PARTS = "凌晨|清晨|早晨|早上|上午|中午|下午|傍晚|晚上|夜里|半夜"
# An hour is named with 点 or a colon; 时 begins too many words. 一点 before 都, 也, 儿 … is "a little".
_CLOCK = re.compile(
    rf"(?P<part>{_PARTS})?"
    rf"(?:(?<![0-9:.])(?P<h>[0-9]{{1,2}}):(?P<m>[0-5][0-9])(?![0-9:])"
    rf"|(?P<hour>(?<![0-9.])[0-9]{{1,2}}|(?<![零一二两三四五六七八九十百有差]){_CN})点"
    rf"(?![都也儿点没不])(?:(?P<minutes>半|一刻|三刻|[0-5]?[0-9](?![0-9])|{_CN})分?)?)"
)
_DAY = re.compile(
    rf"(?:(?<![0-9.])(?P<month>[0-9]{{1,2}}|{_CN})月(?:份)?)?"
    rf"(?:(?<![0-9.])(?P<day>[0-9]{{1,2}}|{_CN})(?:号|日(?!子|常|用|本|达|期))"
    r"|(?<=月)(?P<bare>[0-9]{1,2})(?=[前之送到才收发下就]))"
)
_MORNING = frozenset({"凌晨", "清晨", "早晨", "早上", "上午"})
_QUARTERS: Mapping[str, int] = MappingProxyType({"半": 30, "一刻": 15, "三刻": 45})
_NOON, _MIDNIGHT, _HOUR = 12, 24, 60
_LAST_BEFORE_NOON = 10
"""中午十点 is said of the morning; from one to three at noon is after it."""
_LONGEST_GUESS = 8 * _HOUR
"""Farther apart, two clocks without a half of the day are not known to be in the order in which they are named."""
_MONTH_DAYS, _MONTHS = 31, 12
"""Every month counts as 31 days: a day more or less is not what anybody asks."""
_YEAR = _MONTHS * _MONTH_DAYS


class Moment(NamedTuple):
    """A time of day or a calendar day in a text.

    Attributes:
        start, end: Where it stands.
        kind: ``clock`` or ``day``.
        values: For a clock, the minutes of the day that it may mean (10点 is one of two). For a day, the month (0 where
            none is named) and the day.
    """

    start: int
    end: int
    kind: Literal["clock", "day"]
    values: tuple[int, ...]


class Lateness(NamedTuple):
    """How much later a moment must be.

    Attributes:
        kind: What is compared: times of day or calendar days.
        least: Minutes of clocks, days of days.
    """

    kind: Literal["clock", "day"]
    least: int

    @classmethod
    def of(cls, said: str) -> Lateness:
        """``15m`` and ``2h`` are of clocks, ``1d`` of days.

        >>> Lateness.of("2h")
        Lateness(kind='clock', least=120)
        """
        number, unit = int(said[:-1]), said[-1]
        return cls("day", number) if unit == "d" else cls("clock", number * (_HOUR if unit == "h" else 1))


def moments(text: str) -> tuple[Moment, ...]:
    """The times of day and calendar days of a normalised text, in its order. Linear in its length."""
    return tuple(sorted([*_clocks(text), *_days(text)]))


def later_by(first: Moment, second: Moment) -> int | None:
    """How many minutes (of clocks) or days (of days) ``second`` is later than ``first``; None where that is not known.

    Of the hours that two clocks may mean, those that lie nearest to each other, so that nobody waits longer than was said;
    where they would lie more than eight hours apart, the second was rather the earlier one (六点 and 五点半).
    Days without months are of one month or of two that follow each other; a month named once holds for the other day if that
    is later.
    """
    if first.kind != second.kind:
        return None
    if first.kind == "clock":
        apart = min((b - a for a in first.values for b in second.values if b >= a), default=None)
        is_certain = len(first.values) == len(second.values) == 1
        return apart if is_certain or apart is None or apart <= _LONGEST_GUESS else None
    (month, day), (other_month, other_day) = first.values, second.values
    if (month == 0) != (other_month == 0):
        return other_day - day if other_day > day else None
    apart_days = (other_month - month) * _MONTH_DAYS + other_day - day
    if month and apart_days < -_YEAR // 2:
        return apart_days + _YEAR  # over the new year
    if not month and apart_days < 0:
        return apart_days + _MONTH_DAYS - 1
    return apart_days


def _clocks(text: str) -> Iterator[Moment]:
    for found in _CLOCK.finditer(text):
        hour = _number(found["h"] or found["hour"])
        said = found["m"] or found["minutes"]
        minutes = 0 if said is None else _QUARTERS.get(said, _number(said))
        if hour is None or minutes is None or hour > _MIDNIGHT or minutes >= _HOUR:
            continue
        yield Moment(*found.span(), "clock", tuple(h * _HOUR + minutes for h in _hours(hour, found["part"])))


def _hours(hour: int, part: str | None) -> tuple[int, ...]:
    if hour > _NOON or hour == 0:
        return (hour,)
    if part is None:
        return (hour, hour + _NOON)
    if part in _MORNING:
        return (hour % _NOON,) if part == "凌晨" else (hour,)
    if part == "中午":
        return (hour,) if hour >= _LAST_BEFORE_NOON else (hour + _NOON,)
    return (hour + _NOON,)


def _days(text: str) -> Iterator[Moment]:
    for found in _DAY.finditer(text):
        month = _number(found["month"]) if found["month"] else 0
        day = _number(found["day"] or found["bare"])
        if month is not None and day is not None and month <= _MONTHS and 1 <= day <= _MONTH_DAYS:
            yield Moment(*found.span(), "day", (month, day))


def _number(word: str) -> int | None:
    return int(word) if word.isascii() else _numerals.parse(word)
