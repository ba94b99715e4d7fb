"""Deadlines as pure functions: the same clock, pauses and calendar give the same instant, so that it can be rebuilt.

What the units are and when a promise ends that nothing pauses is in `funnel.law.promised`. Time inside a pause does not
count; a pause on a day of rest takes nothing from a clock that counts workdays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from funnel.law.promised import Unit, end_of, midnight
from funnel.law.time_limits import Calendar, is_rest_day

Pause = tuple[dt.datetime, dt.datetime | None]
"""An interval ``[from, to)`` that does not count; ``to`` is None while it lasts."""

_DAY = dt.timedelta(days=1)
_HOUR = dt.timedelta(hours=1)
_SECOND = dt.timedelta(seconds=1)
_NONE = dt.timedelta(0)
_FURTHEST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise with a start.

    Attributes:
        unit: What is counted.
        target: How many; positive.
        started_at: From when, with an offset.
        pauses: Intervals that do not count, in any order, overlapping or not. At most one has no end.

    Raises:
        ValueError: The target is not positive, an instant has no offset, or a pause ends before it begins.
    """

    unit: Unit
    target: int
    started_at: dt.datetime
    pauses: tuple[Pause, ...] = ()

    def __post_init__(self) -> None:
        if self.target <= 0:
            raise ValueError(f"a clock needs a positive target, not {self.target}")
        for moment in (self.started_at, *(m for pause in self.pauses for m in pause if m is not None)):
            if moment.tzinfo is None:
                raise ValueError("an instant without an offset")
        if any(end is not None and end < begin for begin, end in self.pauses):
            raise ValueError("a pause ends before it begins")


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock is due.

    Attributes:
        at: The instant, in UTC; None while a pause lasts that began before it.
        provisional: The calendar does not know every day that mattered.
    """

    at: dt.datetime | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the arithmetic of a deadline, in both languages."""

    zh: str
    en: str


def due_at(clock: Clock, calendar: Calendar, zone: ZoneInfo) -> Due:
    """When a clock is due.

    Args:
        clock: The promise, its start and its pauses.
        calendar: Days of rest and make-up workdays; only workdays need it.
        zone: The zone whose midnights divide days.
    """
    end, provisional = end_of(clock.unit, clock.target, clock.started_at, calendar, zone)
    left = _counted(clock, clock.started_at.astimezone(dt.UTC), end, calendar, zone)[0]
    at = clock.started_at.astimezone(dt.UTC)
    for begin, finish in _merged(clock.pauses):
        if finish is not None and finish <= at:
            continue
        running, unknown = _counted(clock, at, begin, calendar, zone) if begin > at else (_NONE, False)
        if running >= left:
            break
        left -= running
        provisional |= unknown
        if finish is None:
            return Due(None, provisional)
        at = max(at, finish)
    result, unknown = _advance(clock, at, left, calendar, zone)
    return Due(result, provisional | unknown)


def elapsed(clock: Clock, until: dt.datetime, calendar: Calendar, zone: ZoneInfo) -> dt.timedelta:
    """How much of a clock had run at an instant: time that counts, pauses left out.

    Raises:
        ValueError: ``until`` has no offset.
    """
    if until.tzinfo is None:
        raise ValueError("an instant without an offset")
    at, total = clock.started_at.astimezone(dt.UTC), _NONE
    until = until.astimezone(dt.UTC)
    for begin, finish in _merged(clock.pauses):
        if begin >= until:
            break
        if begin > at:
            total += _counted(clock, at, begin, calendar, zone)[0]
        if finish is None:
            return total
        at = max(at, finish)
    return total + (_counted(clock, at, until, calendar, zone)[0] if until > at else _NONE)


def explain_deadline(
    clock: Clock,
    calendar: Calendar,
    zone: ZoneInfo,
    *,
    articles: Sequence[str] = (),
    now: dt.datetime | None = None,
    stopped_at: dt.datetime | None = None,
    civil_code: bool = True,
) -> tuple[Line, ...]:
    """The arithmetic of a deadline, to be checked by whoever doubts it.

    Args:
        clock: The promise.
        calendar: Days of rest.
        zone: In which instants are shown and days are counted.
        articles: What the promise rests on.
        now: When somebody asks; None leaves out how the promise stands.
        stopped_at: When it was kept or ended, if it was.
        civil_code: Whether periods are reckoned after the Civil Code of China, which is then cited.

    Returns:
        Lines in order: the start, what is counted and on which articles, each pause with its length, days of rest
        passed over, the result, and how it stands.
    """
    start = clock.started_at.astimezone(zone)
    lines = [Line(f"起算：{_say(start)}", f"starts {_say(start)}")]
    code = Line("（民法典第二百零一条）", " (civil_code/201)") if civil_code else Line("", "")
    if articles:
        lines.append(Line(f"依据：{'、'.join(articles)}", f"rests on {', '.join(articles)}"))
    end, _ = end_of(clock.unit, clock.target, clock.started_at, calendar, zone)
    due = due_at(clock, calendar, zone)
    match clock.unit:
        case "hour":
            lines.append(Line(f"加 {clock.target} 小时", f"plus {clock.target} hours"))
        case "calendar_day":
            lines.append(
                Line(
                    f"当天不计，数 {clock.target} 个自然日，到最后一天的 24 点{code.zh}",
                    f"the first day is not counted; {clock.target} calendar days, to 24:00 of the last{code.en}",
                )
            )
        case "workday":
            lines.append(
                Line(
                    f"当天不计，数 {clock.target} 个工作日，到最后一天的 24 点{code.zh}",
                    f"the first day is not counted; {clock.target} working days, to 24:00 of the last{code.en}",
                )
            )
            last = (max(end, due.at) if due.at is not None else end) - dt.timedelta(microseconds=1)
            lines += _special_days(start.date(), last.astimezone(zone).date(), calendar)
    for begin, finish in _merged(clock.pauses):
        since = begin.astimezone(zone)
        if due.at is not None and begin >= due.at:
            lines.append(
                Line(
                    f"暂停：自 {_say(since)} 起，在期限之后，不影响期限",
                    f"paused since {_say(since)}: after the deadline, changes nothing",
                )
            )
            continue
        if finish is None:
            lines.append(Line(f"暂停：自 {_say(since)} 起，未结束", f"paused since {_say(since)}, still"))
            continue
        until = finish.astimezone(zone)
        if finish <= clock.started_at:
            lines.append(
                Line(
                    f"暂停：{_say(since)} 至 {_say(until)}，在起算之前，不影响期限",
                    f"paused {_say(since)} to {_say(until)}: before the start, changes nothing",
                )
            )
            continue
        lost = _counted(clock, max(begin, clock.started_at), finish, calendar, zone)[0]
        lines.append(
            Line(
                f"暂停：{_say(since)} 至 {_say(until)}，{_length(lost, 'zh')}不计",
                f"paused {_say(since)} to {_say(until)}: {_length(lost, 'en')} not counted",
            )
        )
    if due.at is None:
        lines.append(Line("期限：暂停中，恢复后才能算出", "due: unknown while paused"))
    else:
        lines.append(Line(f"期限：{_say(due.at.astimezone(zone))}", f"due {_say(due.at.astimezone(zone))}"))
    if due.provisional:
        lines.append(
            Line("节假日安排尚未公布到这一天，期限可能变动", "holidays are not announced so far ahead: this may move")
        )
    if stopped_at is not None:
        said = _say(stopped_at.astimezone(zone))
        late = due.at is not None and stopped_at > due.at
        lines.append(
            Line(
                f"结束：{said}，{'已超期' if late else '未超期'}",
                f"ended {said}, {'after the deadline' if late else 'in time'}",
            )
        )
    elif now is not None and due.at is not None:
        late = now > due.at
        now = now.replace(microsecond=0)  # nobody asks to a fraction of a second
        span = abs(due.at - now) // _SECOND * _SECOND
        lines.append(
            Line(
                f"现在：{_say(now.astimezone(zone))}，{'已超期' if late else '还剩'} {_length(span, 'zh')}",
                f"now {_say(now.astimezone(zone))}, {'broken for' if late else 'left:'} {_length(span, 'en')}",
            )
        )
    return tuple(lines)


def _counted(
    clock: Clock, begin: dt.datetime, end: dt.datetime, calendar: Calendar, zone: ZoneInfo
) -> tuple[dt.timedelta, bool]:
    """Time between two instants that counts for the clock's unit, pauses apart; whether the calendar ran out."""
    begin, end = begin.astimezone(dt.UTC), end.astimezone(dt.UTC)
    if end <= begin:
        return _NONE, False
    if clock.unit == "hour":
        return end - begin, False
    first = clock.started_at.astimezone(zone).date()
    begin = max(begin, midnight(first + _DAY, zone))
    if clock.unit == "calendar_day":
        return max(end - begin, _NONE), False
    total, unknown = _NONE, False
    while begin < end:
        day = begin.astimezone(zone).date()
        until = min(midnight(day + _DAY, zone), end)
        unknown |= not calendar.knows(day)
        if not is_rest_day(day, calendar):
            total += until - begin
        begin = until
    return total, unknown


def _advance(
    clock: Clock, at: dt.datetime, left: dt.timedelta, calendar: Calendar, zone: ZoneInfo
) -> tuple[dt.datetime, bool]:
    """The first instant by which so much more has counted."""
    if clock.unit == "hour":
        return at + left, False
    at = max(at, midnight(clock.started_at.astimezone(zone).date() + _DAY, zone))
    if clock.unit == "calendar_day":
        return at + left, False
    unknown = False
    while True:
        day = at.astimezone(zone).date()
        until = midnight(day + _DAY, zone)
        unknown |= not calendar.knows(day)
        if not is_rest_day(day, calendar):
            if until - at >= left:
                return at + left, unknown
            left -= until - at
        at = until
        if at > _FURTHEST:
            raise OverflowError("a deadline beyond the year 9000")


def _merged(pauses: Iterable[Pause]) -> Sequence[Pause]:
    """Pauses in UTC and in order, those that touch made one, so that no minute is left out twice."""
    result: list[Pause] = []
    for begin, end in sorted(pauses, key=lambda pause: pause[0]):
        since, until = begin.astimezone(dt.UTC), end.astimezone(dt.UTC) if end is not None else None
        if result and (result[-1][1] is None or since <= result[-1][1]):
            before = result[-1][1]
            result[-1] = (result[-1][0], None if before is None or until is None else max(before, until))
        else:
            result.append((since, until))
    return result


def _special_days(first: dt.date, last: dt.date, calendar: Calendar) -> list[Line]:
    """Days off by arrangement and weekend days worked after one day up to another: where people miscount."""
    lines, day = [], first + _DAY
    off: list[dt.date] = []
    made_up: list[dt.date] = []
    while day <= last:
        if day in calendar.holidays and day not in calendar.workdays:
            off.append(day)
        if day in calendar.workdays:
            made_up.append(day)
        day += _DAY
    if off:
        said = "、".join(day.isoformat() for day in off)
        lines.append(Line(f"放假不计：{said}", f"days off, not counted: {said.replace('、', ', ')}"))
    if made_up:
        said = "、".join(day.isoformat() for day in made_up)
        lines.append(Line(f"调休上班，计入：{said}", f"make-up workdays, counted: {said.replace('、', ', ')}"))
    return lines


def _say(moment: dt.datetime) -> str:
    fraction = f".{moment.microsecond:06}" if moment.microsecond else ""
    # The offset, as a zone's letters are shared: CST is China's and also central America's.
    offset = moment.strftime("%z")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction} {offset[:3]}:{offset[3:5]}"


def _length(span: dt.timedelta, lang: str) -> str:
    hours, rest = divmod(span, _HOUR)
    minutes, rest = divmod(rest, dt.timedelta(minutes=1))
    seconds = rest.total_seconds()
    if lang == "zh":
        return f"{hours} 小时 {minutes} 分 {seconds:g} 秒"
    return f"{hours} h {minutes} min {seconds:g} s"
