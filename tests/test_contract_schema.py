"""Integrators validate against the schema of a complaint: what it takes the engine takes, and the other way round."""

import datetime as dt

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnel import ComplaintError
from funnel.engine._arguments import to_complaint
from funnel.schemas import schema

SCHEMA = jsonschema.Draft202012Validator(schema("complaint"))
FIELDS = {
    "price": lambda value: {"order": {"price": value}},
    "claimed_amount": lambda value: {"claimed_amount": value},
    "quantity": lambda value: {"order": {"quantity": value}},
    "age": lambda value: {"consumer": {"age": value}},
    "prior": lambda value: {"consumer": {"prior_complaints": value}},
    "received_at": lambda value: {"received_at": value},
    "signed_at": lambda value: {"order": {"signed_at": value}},
    "self_operated": lambda value: {"merchant": {"self_operated": value}},
    "claims": lambda value: {"claims": value},
    "evidence": lambda value: {"evidence": value},
    "note": lambda value: {"evidence": [{"kind": "photo", "note": value}]},
    "region": lambda value: {"consumer": {"region": value}},
    "facts": lambda value: {"facts": value},
    "order": lambda value: {"order": value},
    "text": lambda value: {"text": value},
    "id": lambda value: {"id": value},
}


def taken(content):
    try:
        to_complaint(content)
    except ComplaintError:
        return False
    return True


def agree(field, value):
    content = {"id": "a", "text": "x", **FIELDS[field](value)}
    assert SCHEMA.is_valid(content) == taken(content), (field, value)


AMOUNTS = ["199", "199.5", "199.00", "1.100", "0007", " 199 ", "1.234", "-1", "+1", ".5", "5.", "1e3", "1_000", "１９９", "￥1", "NaN", "inf", "", "1000000000000", "999999999999.99", 199, 199.5, 0, -1, 1e12, True, None]  # fmt: skip
WHOLE = [1, 1.0, 0, -1, 1.5, True, 150, 151, 1_000_000, 1_000_001, 10**30, None, "many", ""]
TIMES = ["2026-11-10", "2026-11-10T10:00", "2026-11-10 10:00:00", "2026-11-10T10:00:00Z", "2026-11-10t10:00:00.123456z", "2026-11-10T10:00:00.1234567", "2026-11-10T10:00:00+0800", "2026-11-10T10:00:00+08:00", "2026-11-10T10:00:00+30:00", "2026-11-10T24:00:00", "2026-11-10T10", "2026-11-10_10:00", " 2026-11-10", "2026/11/10", "20261110", "1764000000", 1764000000, "1764000000.5", "1989-12-31", "1990-01-01", "2099-12-31T23:59:59-08:00", "2100-01-01", "2026-13-01", "2026-11-00", "", True, None]  # fmt: skip
OTHERS = {
    "self_operated": [True, False, None, "perhaps", 2, []],
    "claims": [["refund"], [], ["退款", ""], "refund", [1], None, ["a\0"], ["x" * 2_001]],
    "evidence": [[{"kind": "photo"}], [], ["photo"], [{"note": "x"}], None, [{"kind": None}]],
    "note": ["x", "", None, 5, "a\0b"],
    "region": ["x" * 2_000, "x" * 2_001, "", None, "a\0", 5],
    "facts": [{}, {"goods_intact": True}, None, [], "x"],
    "order": [{}, None, [], {"colour": 5}],
    "text": ["x", "a\0b", "x" * 1_000_001, 5],
    "id": ["a", "", " ", "a\nb", "x" * 200, "x" * 201, "a\0", 5, None],
}
CASES = [
    *((field, value) for field in ("price", "claimed_amount") for value in AMOUNTS),
    *((field, value) for field in ("quantity", "age", "prior") for value in WHOLE),
    *((field, value) for field in ("received_at", "signed_at") for value in TIMES),
    *((field, value) for field, values in OTHERS.items() for value in values),
]


@pytest.mark.parametrize(("field", "value"), CASES, ids=lambda item: repr(item)[:30])
def test_the_schema_and_the_engine_take_the_same(field, value):
    agree(field, value)


@given(st.from_regex(r"[0-9.,eE_+\- ]{0,16}", fullmatch=True) | st.from_regex(r" ?[0-9]{1,13}(\.[0-9]{1,3})? ?", fullmatch=True))  # fmt: skip
def test_no_way_to_write_an_amount_parts_the_schema_from_the_engine(text):
    agree("price", text)


@given(st.from_regex(r"(19[89]|20[0-9])[0-9]-[01][0-9]-[0-3][0-9]([Tt _][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{0,8})?)?)?( ?[Zz]|[+-][0-3][0-9]:?[0-9]{0,2})?", fullmatch=True))  # fmt: skip
def test_no_way_to_write_a_time_parts_the_schema_from_the_engine_but_a_day_that_does_not_exist(text):
    try:
        dt.date.fromisoformat(text[:10])
    except ValueError:
        assert not taken({"id": "a", "text": "x", "received_at": text})
    else:
        agree("received_at", text)


@pytest.mark.parametrize(("field", "value"), [("quantity", "2"), ("age", "30"), ("self_operated", "yes"), ("self_operated", 1)])  # fmt: skip
def test_what_the_engine_takes_beyond_the_schema_is_on_the_page_of_the_contract(field, value):
    content = {"id": "a", "text": "x", **FIELDS[field](value)}
    assert (SCHEMA.is_valid(content), taken(content)) == (False, True)


@pytest.mark.parametrize(("field", "value"), [("price", 1.234), ("received_at", "2026-02-30"), ("region", "\ud800")])
def test_what_a_schema_cannot_say_is_refused_all_the_same(field, value):
    content = {"id": "a", "text": "x", **FIELDS[field](value)}
    assert (SCHEMA.is_valid(content), taken(content)) == (True, False)
