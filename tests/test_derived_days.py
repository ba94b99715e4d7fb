"""`given`, `later`, `days_past` and hours: what is told outside the text, which date is later, and time that has run."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.facts.derived import FUNCTIONS, Context
from funnel.facts.values import Grade, Known
from funnel.law.time_limits import Calendar

MINI = Path(__file__).parent / "packs" / "mini"
FACTS = """funnel: 1
facts:
  intact_given:
    type: bool
    world: raised
    why: {zh: 没有另外说过就不算, en: what is only in the text does not count}
    derived: {given: [goods_intact]}
    label: {zh: 另外说过是否完好, en: intactness is told outside the text}
  signed_late:
    type: bool
    world: raised
    why: {zh: 没有签收日就不看, en: without a day it is not looked at}
    derived: {later: [signed_on, complained_on]}
    label: {zh: 签收晚于投诉, en: signed for after the complaint}
"""
ZONE = dt.timezone(dt.timedelta(hours=8))


@pytest.fixture
def engine(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "vocabulary" / "more.yaml").write_text(FACTS, "utf-8")
    return funnel.Engine(funnel.load_pack(target))


@pytest.mark.parametrize("grade", ["record", "evidence", "stated"])
@pytest.mark.parametrize("value", [True, False])
def test_what_a_record_a_document_or_a_form_says_is_given(engine, value, grade):
    facts = {"goods_intact": {"value": value, "grade": grade}}
    assert engine.reason({"id": "c", "text": "卖家不给退", "facts": facts}).intake.facts.value("intact_given") is True


@pytest.mark.parametrize("text", ["卖家不给退，东西完好", "卖家不给退"])
def test_what_only_the_text_says_or_nobody_is_not_given(engine, text):
    assert engine.reason({"id": "c", "text": text}).intake.facts.value("intact_given") is False


@pytest.mark.parametrize(
    ("signed", "received", "truth"),
    [
        ("2026-11-11", "2026-11-10T10:00:00+08:00", True),
        ("2026-11-09", "2026-11-10T10:00:00+08:00", False),
        ("2026-11-10T18:00:00+08:00", "2026-11-10T10:00:00+08:00", True),
        ("2026-11-10T11:00:00+08:00", "2026-11-10T10:00:00+08:00", False),
        ("2026-11-10T11:00:01+08:00", "2026-11-10T10:00:00+08:00", True),
        ("2026-11-10T18:00:00+08:00", "2026-11-10", False),
        ("2026-11-10", "2026-11-10T10:00:00+08:00", False),
        ("2026-11-10T16:30:00+00:00", "2026-11-10T23:00:00+08:00", True),
    ],
)
def test_a_day_is_later_or_an_hour_of_the_same_day_where_both_have_one(engine, signed, received, truth):
    complaint = {"id": "c", "text": "卖家不给退", "received_at": received, "order": {"signed_at": signed}}
    assert engine.reason(complaint, as_of=dt.date(2026, 11, 12)).intake.facts.value("signed_late") is truth


def test_midnight_is_no_time_of_day():
    day, midnight = dt.date(2026, 11, 10), dt.datetime(2026, 11, 10, tzinfo=ZONE)
    at = [Known(day, Grade.RECORD, "x", instant=i) for i in (midnight.replace(hour=9), midnight)]
    assert FUNCTIONS["later"].compute(at, None) is False


# --- days_past and the end of the calendar ----------------------------------------------------------------------------------------

UNTIL = dt.date(2027, 1, 1)
KNOWN = Context(Calendar(until=UNTIL))
RESTS = st.frozensets(st.dates(UNTIL, UNTIL + dt.timedelta(days=9)))


def days_past(start, days, on, context):
    args = [Known(value, Grade.RECORD, "") for value in (start, days, on)]
    return FUNCTIONS["days_past"].compute(args, context)


@given(
    st.dates(dt.date(2026, 12, 10), dt.date(2027, 1, 5)), st.dates(dt.date(2026, 12, 10), dt.date(2027, 1, 25)), RESTS
)
def test_what_is_said_of_a_period_at_the_end_of_the_calendar_holds_whatever_days_off_are_announced(
    start, on, announced
):
    said = days_past(start, 7, on, KNOWN)
    if said is not None:
        then = days_past(start, 7, on, Context(Calendar(holidays=announced)))
        assert (said > 0) == (then > 0)


def test_inside_the_calendar_and_long_after_a_period_is_reckoned():
    assert days_past(dt.date(2026, 12, 18), 7, dt.date(2026, 12, 30), KNOWN) == 5
    assert days_past(dt.date(2026, 12, 25), 7, dt.date(2026, 12, 31), KNOWN) == -1
    assert days_past(dt.date(2026, 12, 25), 7, dt.date(2027, 1, 12), KNOWN) == 11
    assert days_past(dt.date(2026, 12, 25), 7, dt.date(2027, 1, 2), KNOWN) is None


# --- hours ------------------------------------------------------------------------------------------------------------------------

INSTANTS = st.datetimes(dt.datetime(2026, 11, 1), dt.datetime(2026, 11, 20), timezones=st.just(ZONE))


def hours(function, start, end):
    args = [Known(instant.date(), Grade.RECORD, "", instant=instant) for instant in (start, end)]
    return FUNCTIONS[function].compute(args, None)


def as_written(instant, *, bare):
    return instant.replace(hour=0, minute=0, second=0, microsecond=0) if bare else instant


@given(INSTANTS, INSTANTS, st.booleans(), st.booleans())
def test_no_more_hours_are_said_to_have_passed_and_no_fewer_to_have_begun_than_did(one, other, bare_start, bare_end):
    start, end = sorted([one, other])
    ran = (end - start) / dt.timedelta(hours=1)
    written = as_written(start, bare=bare_start), as_written(end, bare=bare_end)
    assert 0 <= hours("hours_between", *written) <= ran <= hours("hours_begun", *written)


@given(INSTANTS.filter(lambda i: i.time() != dt.time()), st.integers(0, 90), st.integers(0, 3599))
def test_with_two_times_of_day_whole_hours_are_counted_down_and_begun_ones_up(start, whole, seconds):
    end = start + dt.timedelta(hours=whole, seconds=seconds)
    if end.time() != dt.time():
        assert hours("hours_between", start, end) == whole
        assert hours("hours_begun", start, end) == whole + bool(seconds)


def test_without_an_instant_no_hours_are_counted():
    day = Known(dt.date(2026, 11, 10), Grade.RECORD, "")
    at = Known(dt.date(2026, 11, 11), Grade.RECORD, "", instant=dt.datetime(2026, 11, 11, 9, tzinfo=ZONE))
    assert all(
        FUNCTIONS[f].compute(args, None) is None
        for f in ("hours_between", "hours_begun")
        for args in ([day, at], [at, day])
    )
