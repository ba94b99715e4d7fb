"""Prepaid cards: what people are told of the balance of an unlimited card and of interest."""

import datetime as dt

import pytest
from shipped import COMPILED

from funnel.complaint import Complaint
from funnel.engine.decide import decide

TERM = {"prepaid_term_from": "2026-01-01", "prepaid_term_until": "2026-12-31", "prepaid_last_day": "2026-06-30"}


def told(text="请看我的卡", **facts):
    """The reasons for which a card is for people; none where it is settled."""
    record = {
        "prepaid_single_use": True,
        "prepaid_first_time": True,
        "prepaid_used": False,
        "prepaid_asked_on": "2026-01-03",
        **facts,
    }
    complaint = Complaint(
        id="p",
        received_at="2026-01-05T10:00:00+08:00",
        text=text,
        order={"kind": "prepaid", "price": "3650.00", "quantity": 1, "paid_at": "2026-01-01"},
        facts={"grievances": ["prepaid_refund_refused"]}
        | {name: {"value": value, "grade": "record"} for name, value in record.items()},
    )
    decision = decide(COMPILED, complaint, as_of=dt.date(2026, 1, 5))
    return [reason.text for reason in decision.referral.reasons] if decision.referral else []


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"prepaid_card_kind": "unlimited", "prepaid_used": True}, True),
        ({"prepaid_card_kind": "unlimited", "prepaid_merchant_cause": True}, True),
        ({"prepaid_card_kind": "unlimited"}, False),  # the whole goes back within seven days
        ({"prepaid_card_kind": "stored", "prepaid_used": True}, False),
        ({"prepaid_card_kind": "times", "prepaid_merchant_cause": True}, False),
        ({"prepaid_used": True}, False),  # which kind it is nobody said
    ],
)
def test_the_balance_by_the_term_left_is_shown_for_unlimited_cards_only(facts, shown):
    found = [text for text in told(**facts, **TERM) if "剩余期限占全部期限" in text]
    assert bool(found) is shown
    if shown:  # 1 July to 31 December of a year: 184 of 365 days
        assert "全部 365 天，剩 184 天，实付 3650.00 元，余额 1840.00 元" in found[0]


def test_a_term_that_nobody_named_is_not_taken_for_nought():
    (found,) = [text for text in told(prepaid_card_kind="unlimited", prepaid_used=True) if "剩余期限占全部期限" in text]
    assert "余额 （待查） 元" in found


def test_interest_is_told_by_whose_cause_it_is_and_only_where_it_is_asked_for():
    (found,) = [text for text in told("卡里的钱要退，还要付利息") if "利息" in text]
    assert "第十六条" in found
    assert "一年期贷款市场报价利率" in found
    assert told() == []
