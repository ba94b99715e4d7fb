"""What a mediator reads first: true of every case of its kind, whatever the facts turn out to be."""

import datetime as dt
import re

import pytest
from shipped import PACK

import funnel
from funnel.engine.describe import _OPPOSITES

TENDS = "倾向于"


@pytest.mark.parametrize("rule", [r for r in PACK.live_rules if r.settle is not None], ids=lambda r: r.id)
def test_an_opening_says_what_tends_to_be_right_only_under_its_condition(rule):
    """The opening is printed with a referral too, where the elements may have failed: it may not assert that they hold."""
    opening = rule.strategy.opening["zh"]
    if TENDS not in opening:
        assert rule.id == "orders.invoice-refused"  # a duty that depends on nothing but being asked
        return
    for clause in re.split(r"[。；]", opening):
        if TENDS in clause:
            assert re.search(rf"的，?[^，]*{TENDS}", clause), clause
            assert "根据现有材料" in opening


@pytest.fixture(scope="module")
def refused():
    complaint = {
        "id": "t",
        "received_at": "2026-11-20T10:00:00+08:00",
        "order": {
            "kind": "subscription",
            "category": "subscription",
            "price": 25,
            "paid_at": "2026-11-18T10:00:00+08:00",
        },
        "facts": {
            "grievances": ["auto_renewed"],
            "renewal_notice_given": {"value": False, "grade": "record", "source": "提醒日志"},
            "period_used": {"value": True, "grade": "record", "source": "播放日志"},
        },
    }
    return lambda lang: funnel.Engine(PACK, lang=lang).decide(complaint, as_of=dt.date(2026, 11, 26))


def test_what_was_reckoned_says_from_what_in_words_and_not_in_names_of_functions(refused):
    for lang, expected in (
        ("zh", "付款后天数：2（记录，由付款日、投诉日推算）"),
        ("en", "days since payment: 2 (on record, reckoned from paid on, complained on)"),
    ):
        texts = [e.text for e in refused(lang).explanation]
        assert expected in texts
        assert not [t for t in texts if re.search(r"[a-z_]+\(", t)]


def test_a_near_miss_says_outright_what_would_have_to_be_so(refused):
    for lang, now, needed in (("zh", "是", "本期服务已使用 为 否"), ("en", "yes", "service used in this period is no")):
        (miss,) = refused(lang).matters[0].near_misses
        (change,) = [c for c in miss.changes if c.fact == "period_used"]
        assert (change.now, change.needed) == (now, needed)


@pytest.mark.parametrize(
    ("test", "opposite"),
    [("is", "is_not"), ("in", "not_in"), ("at_most", "more_than"), ("less_than", "at_least")],
)
def test_the_opposite_of_the_opposite_is_the_test_itself(test, opposite):
    assert (_OPPOSITES[test], _OPPOSITES[opposite]) == (opposite, test)
