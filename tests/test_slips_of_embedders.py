"""Slips of whoever embeds the library: a misspelt field, the wrong kind of thing. Nothing vanishes, nothing is acted on."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

import funnel
from funnel.queue import Funnel

COMPLAINT = {
    "id": "c-1",
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "才收到三天，不喜欢想退，店家死活不给退",
    "order": {"price": "199.00", "quantity": 1, "category": "general", "signed_at": "2026-11-07T15:00:00+08:00"},
    "facts": {"goods_intact": True},
}


def test_a_misspelt_field_inside_a_part_is_passed_through_under_its_path_and_changes_nothing_else(engine):
    slips = {
        "consumer": {"agee": 12},
        "merchant": {"nam": "某店"},
        "order": {**COMPLAINT["order"], "pirce": "5"},
        "evidence": [{"kind": "photo"}, {"kind": "photo", "nte": "x"}],
    }
    clean = {"consumer": {}, "merchant": {}, "order": COMPLAINT["order"], "evidence": [{"kind": "photo"}] * 2}
    found = engine.decide({**COMPLAINT, **slips, "colour": "red"})
    assert found.passed_through == {
        "colour": "red",
        "consumer.agee": 12,
        "merchant.nam": "某店",
        "order.pirce": "5",
        "evidence.1.nte": "x",
    }
    plain = engine.decide({**COMPLAINT, **clean})
    assert plain.passed_through == {}
    assert found.model_copy(update={"passed_through": {}}) == plain


def test_a_key_at_the_top_that_is_written_like_a_path_keeps_its_place(engine):
    found = engine.decide({**COMPLAINT, "consumer.agee": 1, "consumer": {"agee": 2, "agge": 3}})
    assert found.passed_through == {"consumer.agee": 1, "consumer.agge": 3}


def test_what_a_sender_adds_to_a_fact_is_passed_through_and_changes_nothing_else(engine):
    bare = {"value": True, "grade": "record"}
    facts = {"goods_intact": {**bare, "checked_by": "amy"}}
    found = engine.decide({**COMPLAINT, "facts": facts})
    assert found.passed_through == {"facts.goods_intact.checked_by": "amy"}
    plain = engine.decide({**COMPLAINT, "facts": {"goods_intact": bare}})
    assert found.model_copy(update={"passed_through": {}}) == plain
    two = engine.decide({**COMPLAINT, "facts": {"goods_intact": [bare, {**bare, "checked_by": "amy"}]}})
    assert two.passed_through == {"facts.goods_intact.1.checked_by": "amy"}


@pytest.mark.parametrize(
    ("fact", "field", "near"),
    [
        ({"value": True, "grde": "record"}, "facts.goods_intact.grde", "grade"),
        ({"value": True, "Grade": "record"}, "facts.goods_intact.Grade", "grade"),
        ({"vlaue": True, "grade": "record"}, "facts.goods_intact.value", "vlaue"),
        ({"grade": "record"}, "facts.goods_intact.value", "{value, grade, source}"),
        ({}, "facts.goods_intact.value", "{value, grade, source}"),
        ([{"value": True}, {"value": True, "grde": "record"}], "facts.goods_intact.grde", "grade"),
    ],
    ids=str,
)
def test_a_slip_in_a_facts_mapping_never_lowers_a_grade_quietly_but_sends_the_case_to_a_person(
    engine, fact, field, near
):
    found = engine.decide({**COMPLAINT, "facts": {"goods_intact": fact}})
    assert found.outcome == "refer"
    (reason,) = (r for r in found.referral.reasons if r.code == "unreadable-field")
    assert reason.fact == field
    assert near in reason.text


def test_a_fact_told_as_null_is_not_known_as_before(engine):
    found = engine.decide({**COMPLAINT, "facts": {"goods_intact": {"value": None, "grade": "record"}}})
    assert found == engine.decide({**COMPLAINT, "facts": {"goods_intact": None}})
    assert found.outcome == "ask"


class Ticket(BaseModel):
    id: str = "13812345678"


@pytest.mark.parametrize(
    ("given", "out"),
    [
        (None, "NoneType"),
        ('{"id": "c-1", "text": "13812345678"}', "json.loads"),
        (b'{"id": "c-1", "text": "13812345678"}', "json.loads"),
        ([COMPLAINT], "decide_many"),
        ([("id", "c-1"), ("text", "x")], "decide_many"),
        (Ticket(), ".model_dump()"),
        (13812345678, "int"),
    ],
    ids=str,
)
def test_what_is_no_complaint_is_refused_with_what_to_pass_and_without_its_words(engine, store, given, out):
    desk = Funnel(engine, store, tenant="slips")
    interview = (lambda: engine.interview(given)) if not isinstance(given, str) and given is not None else None
    coroutine = lambda: asyncio.run(engine.adecide(given))  # noqa: E731 (one of a row)
    for call in (engine.decide, engine.reason, desk.ingest, desk.evaluate):
        with pytest.raises(funnel.ComplaintError) as error:
            call(given)
        (problem,) = error.value.problems
        assert problem.field == ""
        assert out in problem.zh
        assert out in problem.en
        assert "'text'" in problem.en
        assert "13812345678" not in str(error.value)
    for more in filter(None, (interview, coroutine)):
        with pytest.raises(funnel.ComplaintError, match="expected a mapping"):
            more()
    assert desk.stats().cases == {}


@pytest.mark.parametrize(
    ("given", "out"),
    [
        (COMPLAINT, "put it in a list"),
        (funnel.Complaint(id="a", text="x"), "put it in a list"),
        ("[]", "json.loads"),
        (None, "NoneType"),
        (5, "int"),
    ],
    ids=["a mapping", "a complaint", "a text", "nothing", "a number"],
)
def test_one_complaint_where_several_belong_is_refused_before_the_first_is_decided(engine, given, out):
    with pytest.raises(funnel.ComplaintError, match=out):
        engine.decide_many(given)


def test_several_complaints_are_decided_lazily_and_in_order(engine):
    def endless():
        yield COMPLAINT
        yield {**COMPLAINT, "id": "c-2"}
        yield None

    found = engine.decide_many(endless())
    assert [next(found).complaint_id, next(found).complaint_id] == ["c-1", "c-2"]
    with pytest.raises(funnel.ComplaintError):
        next(found)


@pytest.mark.parametrize("day", ["2026-11-10", dt.datetime(2026, 11, 10, tzinfo=dt.UTC), 20261110], ids=str)
def test_a_day_that_is_no_date_is_refused_with_the_way_to_one(engine, day):
    for call in (engine.decide, engine.reason, engine.interview, lambda c, as_of: engine.decide_many([c], as_of=as_of)):
        with pytest.raises(funnel.ComplaintError, match=r"date\.fromisoformat") as error:
            call(COMPLAINT, as_of=day)
        assert error.value.problems[0].field == "as_of"


@pytest.mark.parametrize("who", [("konsument",), "consumer", ("consumer", "nobody"), 5, [["consumer"]]], ids=str)
def test_an_interview_asks_only_those_whom_questions_are_for(engine, who):
    with pytest.raises(ValueError, match="consumer, merchant, system, or None"):
        engine.interview("买了半个月还不发货", who=who)


def test_an_engine_takes_a_packs_name_or_folder_as_a_desk_does(pack):
    for given in ("cn-ecommerce", Path(pack.root), pack):
        assert funnel.Engine(given).pack.digest == pack.digest
    with pytest.raises(funnel.PackNotFoundError, match="cn-ecommerce"):
        funnel.Engine("cn-ecomerce")
    for wrong in (5, None):
        with pytest.raises(funnel.PackNotFoundError, match="a name or a folder, not as"):
            funnel.Engine(wrong)


def test_a_complaint_built_by_hand_that_does_not_fit_never_shows_what_was_given():
    for wrong in ({"id": 13812345678}, {"id": "a", "text": "x", "order": {"price": "-13812345678"}}):
        with pytest.raises(ValidationError) as error:
            funnel.Complaint(**wrong)
        assert "13812345678" not in str(error.value)


def test_a_key_that_is_no_text_is_named_in_both_languages(engine):
    with pytest.raises(funnel.ComplaintError) as error:
        engine.decide({**COMPLAINT, "order": {3: 1}})
    assert [(p.field, p.zh, p.en) for p in error.value.problems] == [
        ("order.3", "键应为文字", "a key should be a text")
    ]
    with pytest.raises(funnel.ComplaintError) as error:
        engine.decide({**COMPLAINT, "facts": {3: True}})
    assert [(p.field, p.en) for p in error.value.problems] == [("facts.3", "a key should be a text")]
