"""Two sources that differ by a day make no dispute, unless something hangs on the day."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import COMPILED

from funnel.complaint import Complaint
from funnel.engine.decide import decide, read

RECEIVED = dt.datetime(2026, 11, 10, 10, tzinfo=dt.timezone(dt.timedelta(hours=8)))
LAST_DAY = dt.date(2026, 11, 3)
"""Signed then, a complaint of 10 November is made on the seventh day; signed the day before, it is late."""


def returned(signed, *, carrier=None, grade="record", source="快递"):
    """A no-reason return that was refused, by the order's day of signing and, where given, by the carrier's."""
    facts = {"goods_intact": True}
    if carrier is not None:
        facts["signed_on"] = {"value": carrier.isoformat(), "grade": grade, "source": source}
    order = {"kind": "physical", "category": "general", "price": "199.00", "quantity": 1}
    order |= {"paid_at": "2026-10-25T09:00:00+08:00", "signed_at": f"{signed.isoformat()}T10:00:00+08:00"}
    text = "不喜欢想退货，店家死活不给退"
    return Complaint(id="c", received_at=RECEIVED, text=text, order=order, facts=facts)


def decided(complaint):
    return decide(COMPILED, complaint, as_of=RECEIVED.date())


def results(decision):
    return decision.outcome, [(r.kind, r.amount, r.payer) for m in decision.matters for r in m.remedies]


@pytest.mark.parametrize(("signed", "carrier"), [(0, -1), (-1, 0)])
def test_records_a_day_apart_are_in_dispute_where_the_one_is_in_time_and_the_other_late_and_settle_nothing(
    signed, carrier
):
    late, day = dt.timedelta(days=signed), dt.timedelta(days=carrier)
    decision = decided(returned(LAST_DAY + late, carrier=LAST_DAY + day))
    if signed < carrier:  # late by the order's own day: nothing would be settled, and he is asked when he gave notice
        assert decision.outcome == "ask"
    else:
        assert [(r.code, r.fact) for r in decision.referral.reasons] == [("disputed", "signed_on")]


def test_records_a_day_apart_settle_where_both_are_in_time():
    one = decided(returned(LAST_DAY + dt.timedelta(days=2), carrier=LAST_DAY + dt.timedelta(days=1)))
    assert results(one) == results(decided(returned(LAST_DAY + dt.timedelta(days=2))))
    assert one.outcome == "settle"


def test_a_record_stands_against_a_word_that_is_a_day_off_even_on_the_last_day():
    decision = decided(returned(LAST_DAY, carrier=LAST_DAY - dt.timedelta(days=1), grade="stated", source="消费者"))
    assert decision.outcome == "settle"


@given(st.dates(dt.date(2026, 10, 28), dt.date(2026, 11, 9)), st.sampled_from([-1, 0, 1]))
def test_what_is_settled_on_two_records_is_settled_on_each_of_them_alone_and_gives_the_same(signed, apart):
    carrier = min(signed + dt.timedelta(days=apart), RECEIVED.date())
    both = decided(returned(signed, carrier=carrier))
    if both.outcome == "settle":
        assert results(decided(returned(signed))) == results(both) == results(decided(returned(carrier)))


def test_more_sources_of_a_fact_than_are_read_are_not_passed_over():
    """A contradiction at place 21 would not be seen."""
    sources = [{"value": True, "grade": "stated", "source": f"来源{n}"} for n in range(20)]
    for facts, codes in ((sources, set()), ([*sources, {"value": False, "grade": "record"}], {"unreadable-field"})):
        decision = decided(Complaint(id="c", text="不喜欢想退货，店家死活不给退", facts={"goods_intact": facts}))
        reasons = decision.referral.reasons if decision.referral else ()
        assert {reason.code for reason in reasons if reason.fact == "facts.goods_intact"} == codes


def refund_of(returned_on, grade, text):
    """A refund that is late, of goods signed for on 26 October and sent back."""
    order = {"kind": "physical", "category": "general", "price": "299.00", "quantity": 1}
    order |= {"paid_at": "2026-10-22T09:00:00+08:00", "signed_at": "2026-10-26T10:00:00+08:00"}
    facts = {"return_received_on": {"value": returned_on.isoformat(), "grade": grade, "source": "退货单"}}
    return Complaint(id="c", received_at=RECEIVED, text=text, order=order, facts=facts)


@given(
    st.dates(dt.date(2026, 10, 28), dt.date(2026, 11, 9)),
    st.dates(dt.date(2026, 10, 28), dt.date(2026, 11, 9)),
    st.sampled_from(["record", "evidence", "stated"]),
)
def test_a_day_of_signing_that_is_told_is_in_dispute_unless_the_goods_sent_back_came_on_it_by_more_than_a_word(
    told, returned_on, grade
):
    text = f"退货{told.month}月{told.day}号就签收了，一直不退款"
    facts = read(COMPILED, refund_of(returned_on, grade, text), as_of=RECEIVED.date()).facts
    explained = grade != "stated" and not COMPILED.pack.vocabulary["return_received_on"].differ(told, returned_on)
    assert ("signed_on" in facts.disputed) is not explained


@given(st.integers(1, 12), st.integers(1, 12))
def test_so_is_a_number_of_days_since_it(told, back):
    returned_on = RECEIVED.date() - dt.timedelta(days=back)
    facts = read(
        COMPILED, refund_of(returned_on, "record", f"仓库签收{told}天了，一直不退款"), as_of=RECEIVED.date()
    ).facts
    told_on = RECEIVED.date() - dt.timedelta(days=told)
    if not COMPILED.pack.vocabulary["return_received_on"].differ(told_on, returned_on):
        assert "days_since_receipt" not in facts.disputed
        assert facts.value("days_since_receipt") == 15  # by the order
