"""Civil Code arts. 200-204 against a naive reckoning day by day."""

import calendar as gregorian
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from register_helper import read_calendar

from funnel.law.time_limits import Calendar, add_working_days, days_past, is_rest_day, last_day, last_day_months

D = dt.date
DAY = dt.timedelta(days=1)
CHINA = read_calendar()
NONE = Calendar()

starts = st.dates(D(2019, 1, 1), D(2026, 12, 31))
lengths = st.integers(0, 400)
rests = st.sampled_from(["all", "statutory"])


@st.composite
def calendars(draw):
    """Any calendar: some days off, some of them statutory, some weekend days worked."""
    offsets = st.sets(st.integers(0, 60), max_size=25)
    holidays = frozenset(D(2026, 1, 1) + n * DAY for n in draw(offsets))
    workdays = frozenset(D(2026, 1, 1) + n * DAY for n in draw(offsets)) - holidays
    statutory = frozenset(draw(st.sets(st.sampled_from(sorted(holidays))))) if holidays else frozenset()
    return Calendar(holidays, workdays, statutory, draw(st.none() | st.just(D(2026, 2, 10))))


def naive_rest(day, calendar, rest_days):
    if rest_days == "statutory":
        return day in calendar.statutory
    if day in calendar.workdays:
        return False
    return day in calendar.holidays or day.strftime("%a") in {"Sat", "Sun"}


def naive_last_day(start, days, calendar, rest_days):
    """Walk: count each day after the first; then walk on while it is a day of rest."""
    day = start
    for _ in range(days):
        day += DAY
    while naive_rest(day, calendar, rest_days):
        day += DAY
    return day


@given(start=starts, days=lengths, rest=rests)
def test_last_day_agrees_with_a_walk_day_by_day_on_the_shipped_calendar(start, days, rest):
    assert last_day(start, days, CHINA, rest_days=rest).day == naive_last_day(start, days, CHINA, rest)


@given(start=st.dates(D(2025, 12, 20), D(2026, 3, 20)), days=st.integers(0, 60), calendar=calendars(), rest=rests)
def test_last_day_agrees_with_a_walk_day_by_day_on_any_calendar(start, days, calendar, rest):
    assert last_day(start, days, calendar, rest_days=rest).day == naive_last_day(start, days, calendar, rest)


@given(start=starts, days=lengths, rest=rests)
def test_last_day_is_never_before_the_plain_end_and_says_when_it_moved(start, days, rest):
    found = last_day(start, days, CHINA, rest_days=rest)
    plain = start + days * DAY
    assert found.day >= plain
    assert found.moved_from == (plain if found.day != plain else None)
    assert [step.day for step in found.steps if step.rule == "rest"] == [
        plain + n * DAY for n in range((found.day - plain).days)
    ]
    assert not is_rest_day(found.day, CHINA, rest_days=rest)


@given(start=starts, days=lengths, calendar=calendars(), rest=rests)
def test_a_longer_period_or_a_later_start_never_ends_sooner(start, days, calendar, rest):
    found = last_day(start, days, calendar, rest_days=rest).day
    assert last_day(start, days + 1, calendar, rest_days=rest).day >= found
    assert last_day(start + DAY, days, calendar, rest_days=rest).day >= found


@given(start=starts, days=lengths)
def test_counting_weekends_as_rest_never_shortens_a_period(start, days):
    assert last_day(start, days, CHINA).day >= last_day(start, days, CHINA, rest_days="statutory").day


@given(start=starts, months=st.integers(0, 60), rest=rests)
def test_months_end_on_the_same_date_or_the_last_of_the_month(start, months, rest):
    year, month = start.year, start.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    plain = None
    for number in range(start.day, 0, -1):  # the corresponding date, or the nearest before it that exists
        if number <= gregorian.monthrange(year, month)[1]:
            plain = D(year, month, number)
            break
    found = last_day_months(start, months, CHINA, rest_days=rest)
    assert found.day == naive_last_day(plain, 0, CHINA, rest)
    assert found.moved_from in {None, plain}
    assert found.steps[0].rule == ("month" if plain.day == start.day else "month_end")


@given(start=starts, months=st.integers(0, 60))
def test_more_months_never_end_sooner(start, months):
    assert last_day_months(start, months + 1, CHINA).day >= last_day_months(start, months, CHINA).day


@given(start=starts, days=lengths, on=starts, rest=rests)
def test_days_past_is_positive_exactly_after_the_last_day(start, days, on, rest):
    past = days_past(start, days, on, CHINA, rest_days=rest)
    final = last_day(start, days, CHINA, rest_days=rest).day
    assert (past > 0) == (on > final)
    assert final + past * DAY == on


@given(start=starts, n=st.integers(0, 60), calendar=calendars())
def test_working_days_agree_with_a_count_of_days_that_are_not_rest(start, n, calendar):
    found = add_working_days(start, n, calendar).day
    passed = [start + k * DAY for k in range(1, (found - start).days + 1)]
    assert sum(not naive_rest(day, calendar, "all") for day in passed) == n
    assert not passed or not naive_rest(passed[-1], calendar, "all")


@given(start=starts, days=lengths)
def test_an_end_beyond_the_known_calendar_is_provisional_and_only_such(start, days):
    found = last_day(start, days, CHINA)
    assert found.provisional == (found.day >= D(2027, 1, 1))


def test_an_end_before_the_calendar_begins_is_provisional():
    assert last_day(D(2018, 6, 1), 7, CHINA).provisional
    assert last_day_months(D(2018, 6, 1), 1, CHINA).provisional
    assert add_working_days(D(2018, 12, 20), 3, CHINA).provisional


def test_a_period_over_the_year_end_is_provisional():
    assert last_day(D(2026, 12, 28), 7, CHINA).provisional
    assert not last_day(D(2026, 12, 24), 7, CHINA).provisional
    assert add_working_days(D(2026, 12, 30), 2, CHINA).provisional
    assert not add_working_days(D(2026, 12, 30), 1, CHINA).provisional
    assert last_day_months(D(2026, 12, 1), 1, CHINA).provisional
    # Rest that begins in the known calendar and may go on beyond it.
    known = Calendar(holidays=frozenset({D(2026, 12, 31)}), until=D(2027, 1, 1))
    assert last_day(D(2026, 12, 30), 1, known).provisional


def test_the_first_day_is_not_counted():
    assert last_day(D(2026, 11, 3), 7, CHINA).day == D(2026, 11, 10)
    assert last_day(D(2026, 11, 3), 7, CHINA).steps[0].day == D(2026, 11, 4)


@pytest.mark.parametrize(
    ("start", "rest", "expected"),
    [
        (D(2026, 9, 25), "all", D(2026, 10, 8)),  # plain end 2 October
        (D(2026, 9, 25), "statutory", D(2026, 10, 4)),  # only 1 to 3 October are statutory
        (D(2026, 9, 29), "all", D(2026, 10, 8)),  # plain end 6 October, a day off by arrangement
        (D(2026, 9, 29), "statutory", D(2026, 10, 6)),
        (D(2026, 10, 3), "all", D(2026, 10, 10)),  # a Saturday, but a make-up workday
        (D(2026, 10, 10), "all", D(2026, 10, 19)),  # plain end Saturday 17 October
        (D(2026, 10, 10), "statutory", D(2026, 10, 17)),
        (D(2026, 2, 10), "all", D(2026, 2, 24)),  # Spring Festival
        (D(2026, 2, 10), "statutory", D(2026, 2, 20)),
    ],
)
def test_the_seven_days_move_past_rest(start, rest, expected):
    assert last_day(start, 7, CHINA, rest_days=rest).day == expected


def test_make_up_saturdays_are_workdays():
    assert D(2026, 10, 10).strftime("%a") == "Sat"
    assert not is_rest_day(D(2026, 10, 10), CHINA)
    assert is_rest_day(D(2026, 10, 17), CHINA)
    assert not is_rest_day(D(2026, 10, 17), CHINA, rest_days="statutory")
    assert add_working_days(D(2026, 10, 9), 1, CHINA).day == D(2026, 10, 10)


def test_a_month_without_the_date_ends_on_its_last_day():
    assert last_day_months(D(2026, 8, 31), 3, CHINA).day == D(2026, 11, 30)
    assert last_day_months(D(2024, 1, 31), 1, NONE).day == D(2024, 2, 29)
    assert last_day_months(D(2024, 2, 29), 12, NONE).day == D(2025, 2, 28)


def test_negative_lengths_are_refused():
    for call in (last_day, last_day_months, add_working_days):
        with pytest.raises(ValueError, match="no negative length"):
            call(D(2026, 1, 1), -1, CHINA)


def test_ends_beyond_the_calendar_of_python_are_refused():
    for call in (last_day, last_day_months, add_working_days):
        with pytest.raises(OverflowError):
            call(D(9999, 12, 1), 50, NONE)


def test_a_calendar_that_contradicts_itself_is_refused():
    day = D(2026, 1, 1)
    with pytest.raises(ValueError, match="both a holiday and a workday"):
        Calendar(frozenset({day}), frozenset({day}))
    with pytest.raises(ValueError, match="not among the holidays"):
        Calendar(statutory=frozenset({day}))
    with pytest.raises(ValueError, match="before it begins"):
        Calendar(since=day, until=day)


def test_the_shipped_calendar_has_the_days_the_regulation_names():
    by_year = {year: sum(day.year == year for day in CHINA.statutory) for year in range(2019, 2027)}
    # 11 a year and 13 from 2025; in 2020 the Mid-Autumn Festival fell on National Day.
    assert by_year == {2019: 11, 2020: 10, 2021: 11, 2022: 11, 2023: 11, 2024: 11, 2025: 13, 2026: 13}
    assert all(day.weekday() >= 5 for day in CHINA.workdays)
    assert all(CHINA.knows(day) for day in CHINA.holidays | CHINA.workdays)
