"""A sum that the form claims and the sums that the text names: no part of what is claimed is ever dropped."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from shipped import COMPILED

from funnel.complaint import Complaint
from funnel.engine.decide import decide, read

RECEIVED = dt.datetime(2026, 11, 10, 10, tzinfo=dt.timezone(dt.timedelta(hours=8)))
PRICE = 200
YUAN = st.integers(1, 400)


def cancelled(text, claimed, now):
    """An order over 200 yuan that the merchant broke off and offers at ``now``."""
    order = {"kind": "physical", "category": "general", "price": f"{PRICE}.00", "quantity": 1}
    order |= {"paid_at": "2026-11-01T00:05:00+08:00", "cancelled_at": "2026-11-02T02:15:00+08:00"}
    records = {
        "cancelled_by": "merchant", "cancel_reason": "none", "still_on_sale": True,
        "replacement_price": f"{now}.00", "refund_paid": False,
    }  # fmt: skip
    facts = {name: {"value": value, "grade": "record"} for name, value in records.items()}
    claims = ["refund", "price_difference"]
    return Complaint(
        id="c", received_at=RECEIVED, text=text, claims=claims, claimed_amount=f"{claimed}.00", order=order, facts=facts
    )


def claimed_of(complaint):
    facts = read(COMPILED, complaint, as_of=RECEIVED.date()).facts
    return None if "claimed_amount" in facts.disputed else facts.value("claimed_amount") // 100


@given(YUAN, YUAN, YUAN, st.integers(PRICE, PRICE + 199))
def test_the_form_stands_only_where_it_names_all_that_the_text_does(refund, more, claimed, now):
    text = f"店家把我的订单取消了，退我{refund}元，再赔我{more}元差价"
    told = {refund, more}
    rest = claimed - sum(told)
    adds_up = (
        claimed == max(told) or (rest == 0 and len(told) > 1) or (rest > 0 and rest in {PRICE, now - PRICE} - told)
    )
    assert claimed_of(cancelled(text, claimed, now)) == (claimed if adds_up else None)


@given(YUAN, YUAN, YUAN, st.integers(PRICE, PRICE + 199))
def test_what_settles_is_no_less_than_any_sum_that_was_named(refund, more, claimed, now):
    decision = decide(
        COMPILED,
        cancelled(f"店家把我的订单取消了，退我{refund}元，再赔我{more}元差价", claimed, now),
        as_of=RECEIVED.date(),
    )
    if decision.outcome == "settle":
        paid = sum(float(r.amount) for m in decision.matters for r in m.remedies if r.amount)
        assert paid >= max(refund, more, claimed)


@given(YUAN, YUAN)
def test_what_was_paid_for_the_way_back_is_not_the_price(told, freight):
    order = {"kind": "physical", "category": "general", "price": "1299.00", "quantity": 1}
    facts = {"return_freight_paid": {"value": f"{freight}.00", "grade": "record"}}
    complaint = Complaint(
        id="c", received_at=RECEIVED, text=f"说好包邮的，结果我自己付了{told}块", order=order, facts=facts
    )
    facts = read(COMPILED, complaint, as_of=RECEIVED.date()).facts
    assert ("price_paid" in facts.disputed) is (told != freight)
