"""Fields beside the contract's that change what is due: currency, status and refunds of the order."""

import datetime as dt

import pytest
from shipped import COMPILED

from funnel.engine.decide import decide
from funnel.engine.engine import to_complaint

ORDER = {
    "kind": "physical", "category": "general", "price": "199.00", "quantity": 1,
    "paid_at": "2026-11-04T09:00:00+08:00", "signed_at": "2026-11-07T15:00:00+08:00",
}  # fmt: skip


def decided(**more):
    complaint = {
        "id": "x",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": "不喜欢想退货，店家死活不给退",
        "order": {**ORDER, **more},
        "facts": {"goods_intact": True},
    }
    return decide(COMPILED, to_complaint(complaint), as_of=dt.date(2026, 11, 10))


@pytest.mark.parametrize(
    ("more", "gate"),
    [
        ({"currency": "USD"}, "other-currency"),
        ({"currency": "美元"}, "other-currency"),
        ({"currency": "HKD"}, "other-currency"),
        ({"status": "已退款"}, "refunded"),
        ({"status": "退款成功"}, "refunded"),
        ({"status": "已取消，已退款"}, "refunded"),
        ({"status": "退款中"}, "refund-begun"),
        ({"status": "部分退款"}, "refund-begun"),
        ({"status": "待付款"}, "unpaid"),
        ({"status": "未支付成功"}, "unpaid"),
        ({"status": "Unpaid"}, "unpaid"),
        ({"status": "待发货"}, "records-out-of-order"),
        ({"status": "unshipped"}, "records-out-of-order"),
        ({"status": "部分已发货"}, "status-not-known"),
        ({"status": "已退货"}, "status-not-known"),
        ({"status": "拒收"}, "status-not-known"),
        ({"status": "换货处理中"}, "status-not-known"),
        ({"status": "退款申请中"}, "status-not-known"),
        ({"status": "风控拦截"}, "status-not-known"),
        ({"status": "not received"}, "status-not-known"),
        ({"status": "看不懂"}, "status-not-known"),
        ({"refunded": True}, "refunded"),
        ({"refunded": "50.00"}, "refunded"),
        ({"refunded_at": "2026-11-09T10:00:00+08:00"}, "refunded"),
        ({"refunded_amount": "50.00"}, "refund-begun"),
        ({"refunded_amount": "五十"}, "unreadable-field"),
    ],
)
def test_another_currency_or_a_refund_by_the_order_sends_the_case_to_a_person(more, gate):
    decision = decided(**more)
    assert decision.outcome == "refer"
    assert gate in {reason.gate for reason in decision.referral.reasons}


@pytest.mark.parametrize("status", ["交易关闭", "已取消", "closed", "Cancelled"])
def test_an_order_closed_by_its_status_counts_as_cancelled(status):
    decision = decided(status=status)
    assert decision.outcome == "refer"
    assert "cancelled" in {e.id for m in decision.matters for e in m.exceptions if e.truth == "true"}


@pytest.mark.parametrize(
    "more",
    [
        {"currency": "CNY"}, {"currency": "rmb"}, {"currency": "人民币"}, {"currency": "元"}, {"currency": None},
        {"status": "交易成功"}, {"status": "已签收"}, {"status": 5},
        {"status": "已完成"}, {"status": "待评价"}, {"status": "待收货"}, {"status": "已发货"}, {"status": "已付款"}, {"status": "Paid"},
        {"status": "售后处理中"}, {"status": "delivered"}, {"status": "order received"}, {"status": ""}, {"status": None},
        {"refunded": False}, {"refunded": 0},
        {"refunded_amount": "0.00"}, {"refunded_amount": None}, {"refunded_at": None},
    ],
)  # fmt: skip
def test_yuan_and_an_order_without_a_refund_settle_as_ever(more):
    assert decided(**more).outcome == "settle"


def unsent(status):
    complaint = {
        "id": "x",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": "付款一周了还不发货",
        "claims": ["refund"],
        "order": {
            "kind": "physical", "category": "general", "price": "89.00", "quantity": 1,
            "paid_at": "2026-11-03T10:00:00+08:00", "ship_by": "2026-11-05T10:00:00+08:00", "shipped_at": None, "status": status,
        },
    }  # fmt: skip
    return decide(COMPILED, to_complaint(complaint), as_of=dt.date(2026, 11, 10))


@pytest.mark.parametrize(
    "status",
    [
        "已签收",
        "已收货",
        "已送达",
        "交易成功",
        "订单完成",
        "已发货",
        "运输中",
        "待收货",
        "等待买家确认收货",
        "Shipped",
        "completed",
        "in_transit",
    ],
)
def test_a_status_of_goods_under_way_or_there_contradicts_that_nothing_was_sent(status):
    decision = unsent(status)
    assert decision.outcome == "refer"
    assert "records-out-of-order" in {reason.gate for reason in decision.referral.reasons}


@pytest.mark.parametrize(
    "status",
    [
        "已付款",
        "支付成功",
        "待发货",
        "等待卖家发货",
        "备货中",
        "未发货",
        "to be delivered",
        "paid",
        "payment received",
        "driver assigned",
        "售后中",
    ],
)
def test_a_status_that_contradicts_nothing_leaves_goods_that_were_not_sent_to_the_machine(status):
    assert unsent(status).outcome == "settle"
