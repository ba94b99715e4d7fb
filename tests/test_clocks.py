"""Times of day and days in a text, and signals that ask how much later one is than another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel.facts._clocks import Lateness, Moment, later_by, moments
from funnel.facts.phrases import parse
from funnel.facts.signals import Lexicon, Signal


def said(text):
    return [(text[m.start : m.end], m.values) for m in moments(text)]


def clock(hour, minute=0):
    return hour * 60 + minute


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("十点半", (clock(10, 30), clock(22, 30))),
        ("13:30", (clock(13, 30),)),
        ("下午两点", (clock(14),)),
        ("中午十二点", (clock(12),)),
        ("中午1点", (clock(13),)),
        ("晚上12点", (clock(24),)),
        ("凌晨12点", (clock(0),)),
        ("早上8点05分", (clock(8, 5),)),
        ("三点一刻", (clock(3, 15), clock(15, 15))),
        ("12点40", (clock(12, 40), clock(24, 40))),
        ("十月三号", (10, 3)),
        ("9月28日", (9, 28)),
        ("二十三号", (0, 23)),
    ],
)
def test_a_time_is_read_as_people_write_it(text, values):
    assert said(text) == [(text, values)]


@pytest.mark.parametrize(
    "text",
    ["一点都不好", "有一点慢", "一点儿", "25点", "12:75", "99号", "生日子", "2.5小时", "几点", "100点积分", "13月40号"],
)
def test_what_is_no_time_is_not_read(text):
    assert moments(text) == ()


@given(st.text(alphabet="一二十三0123456789点半刻分:号日月上午下晚凌晨到送 ", max_size=60))
def test_any_text_is_read_without_error_and_times_stand_in_its_order(text):
    found = moments(text)
    assert list(found) == sorted(found)
    for moment in found:
        assert 0 <= moment.start < moment.end <= len(text)
    for one in found:
        for other in found:
            apart = later_by(one, other)
            assert apart is None or one.kind == other.kind


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_two_certain_clocks_are_as_far_apart_as_the_day_says_or_nothing_is_known(h, m, other_h, other_m):
    one = Moment(0, 1, "clock", (clock(h, m),))
    other = Moment(2, 3, "clock", (clock(other_h, other_m),))
    apart = clock(other_h, other_m) - clock(h, m)
    assert later_by(one, other) == (apart if apart >= 0 else None)


@given(st.integers(1, 12), st.integers(1, 12))
def test_of_two_clocks_without_a_half_of_the_day_the_shortest_wait_is_taken_and_never_one_over_eight_hours(a, b):
    one, other = (Moment(0, 1, "clock", (clock(h), clock(h + 12))) for h in (a, b))
    apart = later_by(one, other)
    shortest = (b - a) % 12 * 60
    assert apart == (shortest if shortest <= clock(8) else None)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("九号买的十三号到", 4),
        ("9月28日前10月9号到", 11 + 1),  # months count as 31 days; a day more or less is not what anybody asks
        ("12月30号买1月3号到", 4),
        ("28号买的3号到", 5),
        ("10月9号买的13号到", 4),
        ("10月19号买的13号到", None),
    ],
)
def test_days_are_compared_over_the_ends_of_months_and_of_the_year(text, days):
    assert later_by(*moments(text)) == days


def lexicon(later, within=None):
    ordered = Signal("ordered", {}, parse("(点|号|:)<4>(订|买)", {}))
    came = Signal("came", {}, parse("(点|号|:)<4>(才到|送到)", {}))
    return Lexicon(
        [ordered, came, Signal("late", {}, (), together=("ordered", "came"), within=within, later=Lateness.of(later))]
    )


@pytest.mark.parametrize(
    ("text", "later", "found"),
    [
        ("10点订的，12点40才到", "2h", True),
        ("10点订的，11点40才到", "2h", False),
        ("10点订的，12点才到", "2h", True),  # exactly as much
        ("11:31订的，13:30送到", "2h", False),
        ("11:30订的，13:30送到", "2h", True),
        ("六点订的，五点半送到", "2h", False),  # before, not half a day after
        ("10点订的，10点15才到", "15m", True),
        ("10点订的，10点14才到", "15m", False),
        ("9号买的，13号才到", "4d", True),
        ("9号买的，13号才到", "5d", False),
        ("9号买的，13号才到", "2h", False),  # days are no clocks
        ("点订的，点才到", "1m", False),
        ("订的10点，才到", "1m", False),
    ],
)
def test_a_signal_with_later_is_raised_where_the_second_time_is_at_least_that_much_later(text, later, found):
    hits = [hit for hit in lexicon(later).scan(text).hits if hit.signal == "late"]
    assert bool(hits) is found
    if found:
        assert next(text[a:b] for a, b in hits[0].places).endswith(("订", "买"))


def test_later_and_within_hold_together():
    text = "10点订的，" + "等" * 30 + "，13点才到"
    assert not any(h.signal == "late" for h in lexicon("2h", 20).scan(text).hits)
    assert any(h.signal == "late" for h in lexicon("2h", 60).scan(text).hits)


def test_whoever_writes_thousands_of_times_is_read_in_a_moment():
    text = "10点订的10点才到，" * 5000
    assert not any(h.signal == "late" for h in lexicon("2h").scan(text).hits)
