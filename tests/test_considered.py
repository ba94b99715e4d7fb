"""What is put before people to weigh: the figures that the law gives, on cases reckoned by hand; no machine pays them."""

import datetime as dt

import pytest
from shipped import ENGINE, PACK

from funnel.pack.model import leaves_of

AS_OF = dt.date(2026, 11, 26)


def recorded(value):
    return {"value": value, "grade": "record", "source": "系统"}


def decided(grievance, price, quantity=1, **facts):
    """A case of one grievance with a record of its order, which no machine may settle."""
    decision = ENGINE.decide(
        {
            "id": "t",
            "received_at": "2026-11-20T10:00:00+08:00",
            "order": {"price": price, "quantity": quantity, "paid_at": "2026-11-10T10:00:00+08:00"},
            "facts": {"grievances": [grievance], **facts},
        },
        as_of=AS_OF,
    )
    assert decision.outcome != "settle"
    return decision


def considered(grievance, price, quantity=1, **facts):
    return {c.kind: c.amount for m in decided(grievance, price, quantity, **facts).matters for c in m.considers}


def told(grievance, **facts):
    """What a person is told of an order of 300 yuan, with no figure considered beside the words."""
    decision = decided(grievance, "300.00", **facts)
    assert not any(m.considers for m in decision.matters)
    return "\n".join(line.text for line in decision.referral.reasons) if decision.referral else ""


@pytest.mark.parametrize(
    ("total", "deposit", "shown"),
    [
        ("1000.00", "200.00", {"double_deposit": "400.00"}),  # a fifth of the contract: all of it twice
        # 200 count as earnest money and are doubled, 100 are an ordinary payment and never forfeited
        ("1000.00", "300.00", {"double_deposit": "500.00", "refund": "100.00"}),
        ("1000.00", "0.01", {"double_deposit": "0.02"}),
    ],
)
def test_earnest_money_is_doubled_up_to_a_fifth_of_the_contract_and_not_of_what_was_paid(total, deposit, shown):
    facts = {"deposit_amount": recorded(deposit), "deposit_contract_total": recorded(total)}
    assert considered("deposit_kept", "300.00", deposit_word=recorded("earnest"), **facts) == shown


def test_without_the_price_of_the_contract_no_double_is_reckoned():
    facts = {"deposit_word": recorded("earnest"), "deposit_amount": recorded("300.00")}
    assert considered("deposit_kept", "300.00", **facts) == {"double_deposit": None, "refund": None}


@pytest.mark.parametrize("word", ["booking", "security"])
def test_booking_money_and_securities_are_never_doubled(word):
    facts = {"deposit_amount": recorded("200.00"), "deposit_contract_total": recorded("1000.00")}
    heard = told("deposit_kept", deposit_word=recorded(word), deposit_forfeit_agreed=recorded(value=True), **facts)
    assert heard
    assert "400.00" not in heard


def test_where_it_is_not_known_what_was_paid_the_double_is_shown_and_says_that_it_hangs_on_that():
    facts = {"deposit_amount": recorded("200.00"), "deposit_contract_total": recorded("1000.00")}
    (matter,) = decided("deposit_kept", "300.00", **facts).matters
    (double,) = matter.considers
    assert (double.kind, double.amount, double.hangs_on) == ("double_deposit", "400.00", ("deposit_word",))
    assert PACK.vocabulary.label("deposit_word", "zh") in double.note


def test_who_cancelled_a_journey_himself_is_not_shown_what_one_without_a_room_may_ask():
    assert considered("travel_cancelled", "680.00", replacement_price=recorded("880.00")) == {}


@pytest.mark.parametrize("problem", ["mandatory_missing", "false_content"])
def test_a_label_that_lacks_something_or_lies_may_give_tenfold(problem):
    assert "3000.00" in told("food_label_wrong", label_problem=recorded(problem))


@pytest.mark.parametrize("known", [{"label_problem": recorded("flaw")}, {}])
def test_a_mere_flaw_of_a_label_gives_no_tenfold_nor_does_one_of_an_unknown_kind(known):
    heard = told("food_label_wrong", **known)
    assert heard
    assert "3000.00" not in heard


@pytest.mark.parametrize(("price", "tenfold"), [("50.00", "1000.00"), ("100.00", "1000.00"), ("100.01", "1000.10")])
def test_tenfold_for_a_drug_has_the_floor_of_the_drug_law(price, tenfold):
    assert considered("drug_fake", price)["tenfold"] == tenfold


@pytest.mark.parametrize(("other", "difference"), [("880.00", "200.00"), ("600.00", "0.00")])
def test_without_a_room_on_arrival_people_see_what_an_equal_one_cost_more(other, difference):
    shown = considered("travel_cancelled", "680.00", travel_no_room=True, replacement_price=recorded(other))
    assert shown == {"refund": "680.00", "price_difference": difference}


@pytest.mark.parametrize(("other", "difference"), [("199.00", "100.00"), ("350.00", "0.00")])
def test_a_personal_price_is_compared_with_what_the_other_account_saw(other, difference):
    seen = {"value": other, "grade": "evidence", "source": "截图"}
    assert considered("price_discrimination", "299.00", pd_lower_price=seen) == {"price_difference": difference}


def test_a_personal_price_counts_for_every_piece_of_the_order():
    seen = {"value": "80.00", "grade": "evidence", "source": "截图"}
    assert considered("price_discrimination", "100.00", 3, pd_lower_price=seen) == {"price_difference": "60.00"}


@pytest.mark.parametrize("rule", list(PACK.rules.values()), ids=lambda r: r.id)
def test_multiples_of_punitive_damages_stand_in_the_register_and_not_as_bare_figures_in_a_rule(rule):
    for weighed in rule.refer.considers:
        if weighed.kind in {"treble", "tenfold"}:
            assert "param." in weighed.source, weighed.source
            assert not any(figure in weighed.source for figure in ("3 *", "10 *")), weighed.source


@pytest.mark.parametrize("rule", [r for r in PACK.live_rules if r.settle is not None], ids=lambda r: r.id)
def test_no_rule_settles_over_the_evidence_of_a_merchant(rule):
    heard = {t.fact for e in rule.exceptions if e.tier is not None for t in leaves_of(e.when)}
    assert "merchant_counter_evidence" in heard
