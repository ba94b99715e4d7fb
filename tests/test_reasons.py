"""A signal that counts `alone`: the bare reason of a form says what a word inside a story does not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import ENGINE, PACK

from funnel.facts.phrases import parse
from funnel.facts.signals import Lexicon, Signal

LEXICON = Lexicon(
    [
        Signal("unsent", {"zh": "不发货"}, parse("(不|拖延)发货", {}), alone=True),
        Signal("unpaid", {"zh": "不退款"}, parse("不退款", {}), alone=True),
        Signal("story", {"zh": "退款"}, parse("退款", {})),
    ]
)


def found(text):
    return {hit.signal for hit in LEXICON.scan(text).hits}


@given(st.text(alphabet="，。！？ \n（）…“”#*", max_size=6), st.text(alphabet="，。！？ \n（）…“”#*", max_size=6))
def test_punctuation_around_it_says_nothing_more(before, after):
    assert found(before + "不发货" + after) == {"unsent"}


@given(st.text(alphabet="我问过客服a1", min_size=1, max_size=6), st.booleans())
def test_beside_any_word_it_says_nothing_and_others_say_what_they_say(words, before):
    text = f"{words}，不退款" if before else f"不退款，{words}"
    assert found(text) == {"story"}


def test_several_reasons_stand_beside_each_other():
    assert found("不发货，不退款") == {"unsent", "unpaid", "story"}
    assert found("不发货不退款") == {"unsent", "unpaid", "story"}
    assert found("不发货、拖延发货、发票") == set()


def test_many_reasons_are_looked_through_once():
    start = time.process_time()
    found("不发货" * 20_000)
    assert time.process_time() - start < 10, "generous: the square of it would be minutes"


REASONS = {
    "不发货": "nondelivery",
    "延迟发货": "nondelivery",
    "未按约定时间发货": "nondelivery",
    "不退款": "refund_delay",
    "退款延迟": "refund_delay",
    "拒绝退货": "return7_refused",
    "七天无理由被拒": "return7_refused",
    "质量问题": "quality_defect",
    "商品与描述不符": "not_as_described",
    "货不对板": "not_as_described",
    "假货": "fake_fraud",
    "涉嫌售假": "fake_fraud",
    "虚假发货": "fake_shipping",
    "空包裹": "fake_shipping",
    "商家单方取消订单": "cancel_order",
    "缺货": "oos_after_pay",
    "少发": "wrong_missing",
    "发错货": "wrong_missing",
    "运输破损": "transit_damage",
    "未收到货": "signed_dispute",
    "不送货上门": "signed_dispute",
    "退货运费纠纷": "return_freight",
    "拒绝保修": "warranty_refused",
    "二手充新": "used_as_new",
    "先涨价后打折": "price_fraud",
    "食品过期": "food_unsafe",
    "虚假宣传": "false_ad",
    "自动续费": "autorenew",
    "不开发票": "invoice",
    "定金不退": "deposit",
    "健身卡不给退": "prepaid_refund",
    "优惠券不能用": "coupon_denied",
    "价保失败": "price_protect",
    "赠品没发": "gift_quality",
    "机票不给退": "travel_ota",
    "账号被封": "virtual_account",
    "客服不处理": "complaint_handling_delay",
    "未成年人充值": "minor_recharge",
    "团购缺斤少两": "group_buying",
}


@pytest.mark.parametrize("text", REASONS)
def test_the_reason_of_a_form_is_recognised_and_nothing_is_settled_on_it(text):
    decision = ENGINE.decide({"id": "c", "text": text + "。"})
    assert REASONS[text] in {matter.scenario for matter in decision.matters}
    assert decision.outcome != "settle"


def test_every_bare_reason_of_the_shipped_pack_has_an_example_here():
    raised = {
        hit.signal for text in REASONS for hit in PACK.lexicon.scan(text).hits if PACK.lexicon.signals[hit.signal].alone
    }
    assert {name for name, signal in PACK.lexicon.signals.items() if signal.alone} == raised
