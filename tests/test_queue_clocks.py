"""Deadlines against a minute-by-minute oracle, and what must hold of every clock."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.law.time_limits import Calendar, is_rest_day
from funnel.queue.clocks import Clock, due_at, elapsed, explain_deadline

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
# National Day 2026 as an example: off from 1 to 7 October, worked on Saturday 10 October.
CALENDAR = Calendar(
    holidays=frozenset(dt.date(2026, 10, d) for d in range(1, 8)),
    workdays=frozenset({dt.date(2026, 10, 10)}),
    until=dt.date(2027, 1, 1),
)


def oracle(clock, calendar, zone):
    """Walks minute by minute: counts those that count, and stops when the budget is used up."""
    start = clock.started_at.astimezone(dt.UTC)
    first = start.astimezone(zone).date()

    def counts(moment):
        day = moment.astimezone(zone).date()
        if clock.unit == "hour":
            return True
        if day <= first:
            return False
        return clock.unit == "calendar_day" or not is_rest_day(day, calendar)

    def paused(moment):
        return any(a <= moment and (b is None or moment < b) for a, b in clock.pauses)

    if clock.unit == "hour":
        budget = clock.target * 60
    else:  # as many minutes as the days without pauses have
        days, day = [], first
        while len(days) < clock.target:
            day += DAY
            if clock.unit == "calendar_day" or not is_rest_day(day, calendar):
                days.append(day)
        moment, budget = start, 0
        end = dt.datetime.combine(days[-1] + DAY, dt.time(), zone).astimezone(dt.UTC)
        while moment < end:
            budget += counts(moment)
            moment += MINUTE
    moment = start
    while budget:
        if paused(moment) and any(a <= moment and b is None for a, b in clock.pauses):
            return None
        if counts(moment) and not paused(moment):
            budget -= 1
        moment += MINUTE
    return moment


starts = st.integers(0, 60 * 24 * 20).map(lambda m: dt.datetime(2026, 9, 25, tzinfo=dt.UTC) + m * MINUTE)


@st.composite
def clocks(draw):
    start = draw(starts)
    unit = draw(st.sampled_from(["hour", "calendar_day", "workday"]))
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(st.integers(-600, 60 * 24 * 6)) * MINUTE
        pauses.append((begin, begin + draw(st.integers(0, 60 * 24 * 2)) * MINUTE))
    if draw(st.booleans()) and draw(st.booleans()):
        pauses.append((start + draw(st.integers(0, 60 * 24 * 9)) * MINUTE, None))
    return Clock(unit, draw(st.integers(1, 60 if unit == "hour" else 4)), start, tuple(pauses))


@settings(max_examples=150)
@given(clock=clocks(), zone=st.sampled_from([SHANGHAI, BERLIN]))
def test_a_deadline_is_what_counting_minute_by_minute_gives(clock, zone):
    assert due_at(clock, CALENDAR, zone).at == oracle(clock, CALENDAR, zone)


@given(clock=clocks(), at=st.integers(0, 60 * 24 * 8), length=st.integers(0, 60 * 24 * 3))
def test_another_pause_never_moves_a_deadline_earlier(clock, at, length):
    begin = clock.started_at + at * MINUTE
    more = Clock(clock.unit, clock.target, clock.started_at, (*clock.pauses, (begin, begin + length * MINUTE)))
    before, after = due_at(clock, CALENDAR, SHANGHAI).at, due_at(more, CALENDAR, SHANGHAI).at
    assert after is None or before is None or after >= before
    assert (after is None) >= (before is None)


@given(clock=clocks())
def test_what_has_run_by_the_deadline_is_the_whole_and_a_minute_before_it_is_less(clock):
    due = due_at(clock, CALENDAR, SHANGHAI).at
    if due is None:
        return
    bare = Clock(clock.unit, clock.target, clock.started_at)
    whole = elapsed(bare, due_at(bare, CALENDAR, SHANGHAI).at, CALENDAR, SHANGHAI)
    assert elapsed(clock, due, CALENDAR, SHANGHAI) == whole
    assert elapsed(clock, due - MINUTE, CALENDAR, SHANGHAI) < whole


@given(clock=clocks())
def test_the_order_of_pauses_makes_no_difference(clock):
    turned = Clock(clock.unit, clock.target, clock.started_at, clock.pauses[::-1])
    assert due_at(clock, CALENDAR, SHANGHAI) == due_at(turned, CALENDAR, SHANGHAI)


def shanghai(*args):
    return dt.datetime(*args, tzinfo=SHANGHAI)


def test_a_make_up_saturday_is_a_working_day():
    # Friday 9 October; the Saturday after it is worked
    due = due_at(Clock("workday", 1, shanghai(2026, 10, 9, 10)), CALENDAR, SHANGHAI)
    assert due.at == shanghai(2026, 10, 11)
    assert not due.provisional


def test_a_holiday_week_does_not_count():
    due = due_at(Clock("workday", 1, shanghai(2026, 9, 30, 23, 59)), CALENDAR, SHANGHAI)
    assert due.at == shanghai(2026, 10, 9)


def test_beyond_the_calendar_a_deadline_is_provisional():
    due = due_at(Clock("workday", 2, shanghai(2026, 12, 30, 10)), CALENDAR, SHANGHAI)
    assert due.provisional
    assert not due_at(Clock("workday", 1, shanghai(2026, 12, 30, 10)), CALENDAR, SHANGHAI).provisional
    assert not due_at(Clock("calendar_day", 7, shanghai(2026, 12, 30, 10)), CALENDAR, SHANGHAI).provisional


def test_the_arithmetic_is_shown_in_both_languages():
    clock = Clock(
        "workday", 3, shanghai(2026, 9, 29, 10), ((shanghai(2026, 10, 8, 12), shanghai(2026, 10, 8, 15, 30)),)
    )
    lines = explain_deadline(clock, CALENDAR, SHANGHAI)
    assert [line.zh for line in lines] == [
        "起算：2026-09-29 10:00:00 +08:00",
        "当天不计，数 3 个工作日，到最后一天的 24 点（民法典第二百零一条）",
        "放假不计：2026-10-01、2026-10-02、2026-10-03、2026-10-04、2026-10-05、2026-10-06、2026-10-07",
        "调休上班，计入：2026-10-10",
        "暂停：2026-10-08 12:00:00 +08:00 至 2026-10-08 15:30:00 +08:00，3 小时 30 分 0 秒不计",
        "期限：2026-10-10 03:30:00 +08:00",
    ]
    assert lines[-1].en == "due 2026-10-10 03:30:00 +08:00"


def test_a_pause_that_moves_nothing_is_not_shown_as_time_that_does_not_count():
    start = shanghai(2026, 10, 8, 10)
    after = (shanghai(2026, 10, 10), shanghai(2026, 10, 11))
    before = (shanghai(2026, 10, 7), shanghai(2026, 10, 8))
    clock = Clock("hour", 24, start, (after, before, (shanghai(2026, 10, 12), None)))
    assert due_at(clock, CALENDAR, SHANGHAI).at == shanghai(2026, 10, 9, 10)
    said = [line.en for line in explain_deadline(clock, CALENDAR, SHANGHAI)]
    assert said[2:] == [
        "paused 2026-10-07 00:00:00 +08:00 to 2026-10-08 00:00:00 +08:00: before the start, changes nothing",
        "paused since 2026-10-10 00:00:00 +08:00: after the deadline, changes nothing",
        "paused since 2026-10-12 00:00:00 +08:00: after the deadline, changes nothing",
        "due 2026-10-09 10:00:00 +08:00",
    ]


@given(clock=clocks())
def test_every_pause_is_said_once_and_the_two_languages_say_as_much(clock):
    lines = explain_deadline(clock, CALENDAR, SHANGHAI)
    assert all(line.zh and line.en for line in lines)
    due = due_at(clock, CALENDAR, SHANGHAI)
    changed = sum("not counted" in line.en and line.en.startswith("paused") for line in lines)
    bare = due_at(Clock(clock.unit, clock.target, clock.started_at), CALENDAR, SHANGHAI)
    if due.at != bare.at and due.at is not None:
        assert changed > 0  # a deadline that moved is explained by a pause


moments = st.datetimes(dt.datetime(2026, 9, 28), dt.datetime(2026, 10, 12), timezones=st.just(dt.UTC))


@given(
    start=moments,
    pause=st.tuples(moments, moments).map(sorted),
    target=st.integers(1, 200),
    unit=st.sampled_from(["hour", "calendar_day", "workday"]),
)
def test_a_deadline_is_exact_to_the_microsecond(start, pause, target, unit):
    clock = Clock(unit, target if unit == "hour" else target % 7 + 1, start, (tuple(pause),))
    due = due_at(clock, CALENDAR, SHANGHAI).at
    if unit == "hour":
        lost = max(dt.timedelta(0), pause[1] - max(pause[0], start))
        plain = start + clock.target * dt.timedelta(hours=1)
        assert due == plain + (lost if pause[0] < plain else dt.timedelta(0))
    tick = dt.timedelta(microseconds=1)
    assert elapsed(clock, due, CALENDAR, SHANGHAI) - elapsed(clock, due - tick, CALENDAR, SHANGHAI) == tick


def test_a_fraction_of_a_second_is_shown_where_there_is_one():
    lines = explain_deadline(Clock("hour", 1, shanghai(2026, 10, 8, 10, 0, 0, 250)), CALENDAR, SHANGHAI)
    assert lines[-1].en == "due 2026-10-08 11:00:00.000250 +08:00"


def test_when_somebody_asks_is_told_to_the_second():
    asked = shanghai(2026, 10, 8, 10, 30, 0, 250)
    lines = explain_deadline(Clock("hour", 1, shanghai(2026, 10, 8, 10, 0, 0, 750)), CALENDAR, SHANGHAI, now=asked)
    assert lines[-1].en == "now 2026-10-08 10:30:00 +08:00, left: 0 h 30 min 0 s"


def test_what_has_run_by_an_instant_without_an_offset_is_not_guessed():
    clock = Clock("hour", 24, shanghai(2026, 10, 8, 10))
    with pytest.raises(ValueError, match="offset"):
        elapsed(clock, dt.datetime(2026, 10, 9), CALENDAR, SHANGHAI)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Clock("hour", 0, shanghai(2026, 1, 1)),
        lambda: Clock("hour", 1, dt.datetime(2026, 1, 1)),
        lambda: Clock("hour", 1, shanghai(2026, 1, 1), ((shanghai(2026, 1, 2), shanghai(2026, 1, 1)),)),
    ],
)
def test_a_clock_that_makes_no_sense_is_refused(bad):
    with pytest.raises(ValueError, match=r"target|offset|ends"):
        bad()


def test_a_deadline_says_what_it_rests_on_and_how_it_stands():
    clock = Clock("hour", 24, shanghai(2026, 10, 8, 10))

    def said(**more):
        return [line.en for line in explain_deadline(clock, CALENDAR, SHANGHAI, **more)]

    assert said(articles=("cpl/46", "civil_code/201"))[1] == "rests on cpl/46, civil_code/201"
    assert said(now=shanghai(2026, 10, 9, 9, 30))[-1] == "now 2026-10-09 09:30:00 +08:00, left: 0 h 30 min 0 s"
    assert said(now=shanghai(2026, 10, 9, 11))[-1] == "now 2026-10-09 11:00:00 +08:00, broken for 1 h 0 min 0 s"
    assert said(stopped_at=shanghai(2026, 10, 9, 10))[-1] == "ended 2026-10-09 10:00:00 +08:00, in time"
    assert said(stopped_at=shanghai(2026, 10, 9, 11))[-1] == "ended 2026-10-09 11:00:00 +08:00, after the deadline"
