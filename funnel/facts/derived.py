"""Derived facts: named functions computed before matching, so that a condition is only *fact, test, constant*.

Each function takes values (never None: an unknown input makes the result unknown before it is called, save for the
three-valued `all_of` and `any_of`) and returns a value or None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType

from funnel.facts.truth import all_of, any_of
from funnel.facts.values import Known, Value
from funnel.law.time_limits import Calendar, last_day

ArgType = str
"""``date``, ``number`` (integer or money), ``bool``, ``enum`` (or bool) or ``any``, or a ``member`` of the enum before it; a trailing ``*``
takes one or more of them."""


@dataclass(frozen=True, slots=True)
class Context:
    """What functions may use besides their arguments."""

    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Function:
    """A derived function: its argument types, its result type, and how it is computed."""

    args: tuple[ArgType, ...]
    gives: str
    compute: Callable[[Sequence[Known], Context], Value | None]
    three_valued: bool = False


def _date(known: Known) -> dt.date:
    assert isinstance(known.value, dt.date)  # noqa: S101 (the loader has checked the argument types)
    return known.value


def _number(known: Known) -> int:
    assert isinstance(known.value, int)  # noqa: S101 (the loader has checked the argument types)
    return known.value


def half_up(value: Fraction) -> int:
    """Round an exact fraction to a whole number, halves upwards."""
    return floor(value + Fraction(1, 2))


def _days_between(args: Sequence[Known], _: Context) -> Value:
    return (_date(args[1]) - _date(args[0])).days


def _days_past(args: Sequence[Known], context: Context) -> Value | None:
    return last_day(_date(args[0]), _number(args[1]), context.calendar).days_past(_date(args[2]))


_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)


def _time_of_day(known: Known) -> dt.datetime | None:
    """The instant of a date, if it has a time of day: midnight is how a bare day is written."""
    instant = known.instant
    return None if instant is None or instant.time() == dt.time() else instant


def _span(known: Known) -> tuple[dt.datetime, dt.datetime] | None:
    """The first and the last instant that a date may stand for; a bare day may be any of its own. None without an instant."""
    instant = known.instant
    if instant is None:
        return None
    return (instant, instant + (_DAY if _time_of_day(known) is None else dt.timedelta()))


def _hours_between(args: Sequence[Known], _: Context) -> Value | None:
    """The whole hours that have passed at least: 24 hours and 59 minutes are 24."""
    start, end = _span(args[0]), _span(args[1])
    if start is None or end is None:
        return None
    least, most = floor((end[0] - start[1]) / _HOUR), floor((end[1] - start[0]) / _HOUR)
    return least if most < 0 else max(least, 0)  # two days that are bare and the same are in order


def _hours_begun(args: Sequence[Known], _: Context) -> Value | None:
    """The hours that have begun at most: 24 hours and a minute are 25."""
    start, end = _span(args[0]), _span(args[1])
    if start is None or end is None:
        return None
    return ceil((end[1] - start[0]) / _HOUR)


def _later(args: Sequence[Known], _: Context) -> Value:
    """Whether one date cannot have come before another: on a later day, or on the same day by more than an hour."""
    one, other = _date(args[0]), _date(args[1])
    if one != other:
        return one > other
    at, against = _time_of_day(args[0]), _time_of_day(args[1])
    return at is not None and against is not None and at - against > _HOUR


def _given(args: Sequence[Known], _: Context) -> Value | None:
    return True if args[0].words is None else None


def _sum(args: Sequence[Known], _: Context) -> Value:
    return sum(_number(a) for a in args)


def _difference(args: Sequence[Known], _: Context) -> Value:
    return _number(args[0]) - _number(args[1])


def _product(args: Sequence[Known], _: Context) -> Value:
    result = 1
    for arg in args:
        result *= _number(arg)
    return result


def _part(args: Sequence[Known], _: Context) -> Value | None:
    amount, count, of = (_number(a) for a in args)
    if of <= 0:
        return None
    return half_up(Fraction(amount * count, of))


def _truths(args: Sequence[Known]) -> list[bool | None]:
    return [arg.value if isinstance(arg.value, bool) else None for arg in args]


def _is(value: Value, member: Value) -> bool:
    return (str(value).lower() if isinstance(value, bool) else value) == member


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "days_between": Function(("date", "date"), "integer", _days_between),
        "days_past": Function(("date", "number", "date"), "integer", _days_past),
        "hours_between": Function(("date", "date"), "integer", _hours_between),
        "hours_begun": Function(("date", "date"), "integer", _hours_begun),
        "sum": Function(("number*",), "number", _sum),
        "difference": Function(("number", "number"), "number", _difference),
        "product": Function(("number*",), "number", _product),
        "larger": Function(("number*",), "number", lambda a, _: max(_number(x) for x in a)),
        "smaller": Function(("number*",), "number", lambda a, _: min(_number(x) for x in a)),
        "same": Function(("any", "any"), "bool", lambda a, _: a[0].value == a[1].value),
        "is": Function(("enum", "member"), "bool", lambda a, _: _is(a[0].value, a[1].value)),
        "known": Function(("any",), "bool", lambda _, __: True),
        "given": Function(("any",), "bool", _given),
        "later": Function(("date", "date"), "bool", _later),
        "less": Function(("number", "number"), "bool", lambda a, _: _number(a[0]) < _number(a[1])),
        "all_of": Function(("bool*",), "bool", lambda a, _: all_of(_truths(a)), three_valued=True),
        "any_of": Function(("bool*",), "bool", lambda a, _: any_of(_truths(a)), three_valued=True),
        "part": Function(("number", "number", "number"), "number", _part),
    }
)
