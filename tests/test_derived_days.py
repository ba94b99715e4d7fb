"""`given` and `later`: whether a fact is told outside the text, and whether one date cannot have come before another."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

import funnel
from funnel.facts.derived import FUNCTIONS
from funnel.facts.values import Grade, Known

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
