"""The contract: a complaint means the same however it is kept, and what it takes is what its schema says."""

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import ENGINE, PACK, SUITE

from funnel import Complaint, ComplaintError
from funnel.complaint import Order
from funnel.schemas import schema
from funnel.testing import complaints

WORDS = ["买了半个月还不发货，我要退款", "才收到三天，不喜欢想退，店家死活不给退", "你好"]
DAYS = st.sampled_from([None, "2026-01-05", "2026-01-05T15:00:00", "2026-01-09T15:00:00+08:00", "2026-02-01T00:00:00Z"])
AMOUNTS = st.sampled_from([None, "199.00", 199, 0.1])
ORDERS = st.fixed_dictionaries(
    {},
    optional={
        **{n: DAYS for n in Order.model_fields if n.endswith(("_at", "_by"))},
        "price": AMOUNTS,
        "total_paid": AMOUNTS,
        "quantity": st.sampled_from([None, 1, 3]),
        "category": st.sampled_from([None, "general", "fresh", "foo"]),
        "pirce": st.just("1"),
    },
)
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(WORDS),
        "claims": st.sampled_from([(), ("refund",), ("退款", "道歉")]),
        "claimed_amount": AMOUNTS,
        "order": ORDERS,
        "consumer": st.sampled_from([{}, {"age": None}, {"age": 9}, {"id": "u", "agee": 3}]),
        "merchant": st.sampled_from([{}, {"self_operated": None}, {"self_operated": False}]),
        "evidence": st.sampled_from([[], [{"kind": "photo"}], [{"kind": "photo", "note": None, "nte": 1}]]),
        "colour": st.just("red"),
    },
)
KEPT = {
    "model_dump_json": lambda c: Complaint.model_validate_json(c.model_dump_json()),
    "model_dump": lambda c: Complaint.model_validate(c.model_dump()),
    "model_dump json": lambda c: Complaint.model_validate(c.model_dump(mode="json")),
    "exclude_unset": lambda c: Complaint.model_validate(c.model_dump(exclude_unset=True)),
    "model_copy": lambda c: c.model_copy(deep=True),
}


def decided(complaint):
    return ENGINE.decide(complaint).model_dump_json()


@settings(max_examples=60)
@given(content=complaints(PACK, facts=6), other=OTHERS)
def test_a_complaint_is_decided_the_same_to_the_byte_however_it_was_kept(content, other):
    complaint = Complaint.model_validate({**content, **other})
    wanted = decided(complaint)
    for name, keep in KEPT.items():
        again = keep(complaint)
        assert again == complaint, name
        assert decided(again) == wanted, name
        assert again.unknown_fields == complaint.unknown_fields, name


@settings(max_examples=40)
@given(test=st.sampled_from(SUITE.tests))
def test_a_complaint_of_a_scenario_test_is_the_same_after_its_json(test):
    for name, keep in KEPT.items():
        assert keep(test.complaint) == test.complaint, name
        assert decided(keep(test.complaint)) == decided(test.complaint), name


def test_what_was_not_given_is_not_written_and_what_was_given_empty_is():
    complaint = Complaint(
        id="a", text="x", colour="red", order={"shipped_at": None, "pirce": 3}, evidence=[{"kind": "photo"}]
    )
    wanted = {
        "id": "a",
        "text": "x",
        "colour": "red",
        "order": {"shipped_at": None, "pirce": 3},
        "evidence": [{"kind": "photo"}],
    }
    assert complaint.model_dump(mode="json") == wanted
    assert complaint.model_dump(include={"id", "consumer"}) == {"id": "a"}
    complaint.facts["shipped"] = False  # put in later, as an interview by hand does: it is not lost
    assert complaint.model_dump()["facts"] == {"shipped": False}
    assert complaint.model_copy(update={"channel": None}).model_dump()["channel"] is None


def test_an_order_that_says_not_shipped_is_not_equal_to_one_that_does_not_say():
    assert Order() != Order(shipped_at=None)
    assert Order(price="1") == Order(price="1.00")
    assert hash(Order(price="1")) == hash(Order(price="1.00"))
    assert Order() != "order"


def test_the_schema_of_what_is_written_still_names_every_field():
    written = Complaint.model_json_schema(mode="serialization")
    assert set(written["properties"]) == set(Complaint.model_fields)
    assert set(written["$defs"]["Order"]["properties"]) == set(Order.model_fields)
    jsonschema.validate(Complaint(id="a", text="x", order={"price": 1}).model_dump(mode="json"), written)


REFUSED = [
    {"order": {"quantity": True}},
    {"consumer": {"age": True}},
    {"consumer": {"prior_complaints": False}},
    {"received_at": "1764000000"},
    {"received_at": " 1764000000.5 "},
    {"order": {"signed_at": "1764000000"}},
    {"order": {"signed_at": 1764000000}},
    {"text": "  "},
    {"text": None},
    {"text": None, "facts": {}},
]


@pytest.mark.parametrize("change", REFUSED, ids=repr)
def test_what_is_no_number_no_time_and_no_complaint_is_refused(change):
    with pytest.raises(ComplaintError):
        ENGINE.decide({"id": "a", "text": "不发货", **change})


NEITHER = [{}, {"text": ""}, {"text": " \n"}, {"text": None}, {"facts": {}}, {"text": " ", "facts": {}}]
EITHER = [
    {"text": "x"},
    {"facts": {"shipped": False}},
    {"text": None, "facts": {"shipped": False}},
    {"text": "x", "facts": {}},
]


@pytest.mark.parametrize("content", NEITHER + EITHER, ids=repr)
def test_the_schema_asks_for_a_text_or_facts_as_the_engine_does(content):
    valid = jsonschema.Draft202012Validator(schema("complaint")).is_valid({"id": "a", **content})
    assert valid == (content in EITHER)
    try:
        ENGINE.decide({"id": "a", **content})
    except ComplaintError:
        assert not valid
    else:
        assert valid
