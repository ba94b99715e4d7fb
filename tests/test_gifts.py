"""Gifts: the reasons of a decision are the true ones, and no others."""

import datetime as dt

import pytest
from shipped import COMPILED

from funnel.complaint import Complaint
from funnel.engine.decide import decide


def told(issue, **facts):
    """Why a complaint about a gift is for people."""
    record = {
        "gift_promised": True,
        "gift_condition_met": True,
        "gift_delivered": True,
        "gift_gone": False,
        "gift_marked_price": "30.00",
        "gift_issue": issue,
        **facts,
    }
    complaint = Complaint(
        id="g",
        received_at="2026-11-10T10:00:00+08:00",
        order={
            "kind": "physical",
            "category": "general",
            "price": "199.00",
            "quantity": 1,
            "paid_at": "2026-11-01",
            "signed_at": "2026-11-05",
        },
        facts={"grievances": ["gift_dispute"]}
        | {name: {"value": value, "grade": "record"} for name, value in record.items()},
    )
    decision = decide(COMPILED, complaint, as_of=dt.date(2026, 11, 10))
    assert decision.outcome == "refer"
    return decision.referral.reasons


def reasons(issue, **facts):
    return {reason.code for reason in told(issue, **facts)}


def test_a_faulty_gift_lacks_no_element():
    assert reasons("faulty") == {"rule-refers"}


def test_a_gift_that_came_lacks_what_one_not_given_needs():
    assert reasons("not_given") == {"elements-not-met"}


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"gift_sent_back": True}, True),
        ({"gift_sent_back": True, "gift_price_marked": True, "gift_deducted": "30.00"}, True),
        ({"gift_sent_back": False, "gift_price_marked": False, "gift_deducted": "10.00"}, True),
        ({"gift_sent_back": False, "gift_price_marked": True, "gift_deducted": "30.01"}, True),
        ({"gift_sent_back": False, "gift_price_marked": True, "gift_deducted": "30.00"}, False),
    ],
)
def test_money_kept_for_a_gift_is_wrong_where_it_came_back_was_not_priced_or_cost_less(facts, wrong):
    assert ("elements-not-met" in reasons("deducted", **facts)) is not wrong


def test_the_rest_of_the_refund_is_no_second_refund_where_money_was_kept_for_a_gift():
    assert "exception" not in reasons("deducted", gift_sent_back=True, refund_paid=True)
    assert "exception" in reasons("not_given", gift_delivered=False, refund_paid=True)


def test_only_a_price_marked_beforehand_is_told_as_what_may_be_deducted():
    """return7_reg/12: where none was marked, the shop's own price, which stands in for it, bounds nothing."""
    kept = {"gift_sent_back": False, "gift_deducted": "40.00"}
    marked = " ".join(reason.text for reason in told("deducted", gift_price_marked=True, **kept))
    unmarked = " ".join(reason.text for reason in told("deducted", gift_price_marked=False, **kept))
    assert "30.00" in marked
    assert "30.00" not in unmarked
    assert "40.00" in marked
    assert "40.00" in unmarked
