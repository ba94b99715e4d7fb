"""Slips of whoever embeds the library: a misspelt field, the wrong kind of thing. Nothing vanishes, nothing is acted on."""

import pytest

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
