"""What the consumer adds that stands against a settlement in delivery and orders, with near matches; and who pays.

The sentences are made up; each stands for a kind of wording.
"""

import pytest
from said_kit import pairs, value

from funnel import Complaint

SAYS = {
    "shipped": (
        "刚刚看已经发出了",
        "今天早上商家发货了",
        "昨天发了",
        "刚刚看物流已经在路上了",
        "后来又有货发出来了",
        "下午寄出了",
        "今天中午显示揽件了",
        "终于给发了",
    ),
    "tracking_started": (
        "今天物流动了",
        "已经有物流了，在派送中",
        "新单号有轨迹了",
        "包裹昨天已经在派送了",
        "物流有更新了",
    ),
    "part_affected": (
        "三样里有一样没货",
        "三件里错了一件",
        "五件里就有一件没发",
        "商家先发了一部分",
        "只有赠品缺货，主商品发了",
        "只缺其中一件",
        "有一样没货，其他都发了",
    ),
    "collected": (
        "问了是我老婆拿的",
        "后来才知道是我妈代收的",
        "东西在她那",
        "结果在门口鞋柜里",
        "后来在小区门卫那找到了",
        "昨天快递员又给我送来了",
        "邻居帮我拿了",
        "室友替我收了",
        "合租的室友拿进屋了",
        "原来我老公拿了没告诉我",
    ),
    "proxy_agreed": ("我让快递放门口", "我说放门口就行", "我填的是公司前台代收", "我备注了放门口", "我同意放驿站的"),
    "presale_told": (
        "双十一预售买的",
        "预售商品",
        "是预售的",
        "页面说十二月才发",
        "详情页写的是年后统一发货",
        "商品标题写了预售15天",
    ),
    "presale_agreed_later": (
        "我当时同意等到月底",
        "客服说月底发我说行",
        "客服说下周补货再发，我答应了",
        "是我让他晚点发的",
        "我后来改要别的颜色了",
        "我可以再等几天",
        "我答应他晚一周",
        "我跟客服说过不急",
        "下单就知道要等一个月",
    ),
    "substitute_agreed": ("我愿意等", "我可以等到补货"),
    "own_delivery_told": ("同城商家自己送的，没有快递单号", "老板亲自开车送来的"),
    "goods_obtained": ("我在店里自提的", "货今天寄到了", "我自己去取回来了", "早上我去店里拿了"),
    "order_cancelled_already": (
        "订单早就取消了",
        "我自己取消了订单",
        "订单昨天已经取消了",
        "我把订单取消了",
        "订单我取消过了",
        "我已经退掉这单了",
    ),
    "cancelled_by": ("我同意取消的", "其实是我让他取消的", "是我自己点的取消", "是我申请退款后店家取消了订单"),
    "over_limit_told": ("我限购一件却下了十单", "页面限购一件但我拍了三单"),
    "missing_is_gift": ("少的是赠品", "少的是送的那件", "少了送的那瓶"),
    "rest_sent_apart": ("少的那件别的包裹分开发的", "剩下的还在路上", "拆单发的", "还有一件在另一个包裹里"),
    "pieces_priced_apart": ("三件价格不一样", "少的是最便宜的", "少的那件只值五块钱", "少的那件是换购的"),
    "part_of_unit_told": ("买了一箱二十四瓶的水少了三瓶", "一箱橙子少了六个", "套装里少了一支口红", "一盒面膜少了两片"),
    "nothing_broken_told": (
        "里面的杯子没碎",
        "箱子破了但是东西没事",
        "里面的杯子碎没碎还不知道",
        "不知道里面是不是碎了",
    ),
    "own_damage_told": (
        "是我拆的时候不小心打碎的",
        "拆箱的时候没拿稳摔碎了",
        "拆的时候用刀划破的",
        "是我家猫推下来碎的",
    ),
    "whole_refund_wanted": (
        "我要求全部退款",
        "要求全额退款",
        "给我整单退",
        "必须全退",
        "要求退全款",
        "把全部的钱退给我",
        "整箱退掉",
    ),
}

SAYS_NOT = {
    "shipped": (
        "商家说昨天已经发了",
        "显示已发货其实没有",
        "别人昨天拍的都发货了",
        "今天商家发了消息说再等等",
        "到今天也没发货",
        "昨天我寄出了退货",
        "客服说已经揽收了",
        "待揽收好几天",
        "今天发货了吗",
    ),
    "tracking_started": ("昨天物流更新了一条就不动了", "商家说物流今天就会更新", "好几天没动了", "今天物流还是没更新"),
    "part_affected": (
        "不是只有赠品没货",
        "三样都没货",
        "路走了一半",
        "其他人都收到了",
        "其他店都发了",
        "别的订单都到了",
    ),
    "collected": (
        "我老婆也没收到",
        "说是我妈签收的",
        "显示家人代收",
        "门卫说没见过",
        "邻居也没帮我收",
        "快递员说送到了",
        "找到了快递员，他说不知道",
        "给我老婆买的",
        "去驿站问了，没有找到",
    ),
    "proxy_agreed": (
        "我没让放门口",
        "我让快递员不要放门口",
        "我备注了不要放驿站",
        "没有经过我同意放驿站",
        "我选的是送货上门",
        "快递员说放门口了",
    ),
    "presale_told": ("不是预售", "商家擅自改成预售", "页面写的是次日发货", "页面写的三天内发货"),
    "presale_agreed_later": (
        "我没同意延期",
        "我不愿意等",
        "客服让我再等等",
        "商家说月底发，现在都下个月了",
        "商家不给我改颜色",
        "商家让我同意延期",
        "不知道要等这么久",
    ),
    "substitute_agreed": ("我不愿意等", "客服问我愿不愿意等，我不等"),
    "own_delivery_told": ("商家说自己送的，根本没送", "让商家自己送来"),
    "goods_obtained": ("让我到店自提的", "货到了驿站", "包裹昨天到了转运中心", "我没去店里拿"),
    "order_cancelled_already": ("商家不让取消订单", "我要求取消订单", "商家擅自取消了我的订单", "我想取消了订单再买"),
    "cancelled_by": (
        "我没有同意取消",
        "没经过我同意就取消了",
        "商家让我自己申请取消",
        "商家说是我取消的",
        "取消原因写的是我申请的",
        "只好自己点了取消",
    ),
    "over_limit_told": ("我没超过限购", "商家说我超了限购"),
    "missing_is_gift": ("少的不是赠品", "赠品都在"),
    "rest_sent_apart": ("商家说分开发的", "没有分开发的", "为什么分开发"),
    "pieces_priced_apart": ("每件价格一样", "少的不是最便宜的"),
    "part_of_unit_told": ("两箱少了一箱", "三件少了一件"),
    "nothing_broken_told": ("外包装没破，里面碎了", "商家说发货时东西是好的", "没有一个没坏的"),
    "own_damage_told": ("商家说我不小心摔的", "不是我不小心弄的", "拆的时候不小心划伤了手", "我用刀划开胶带看到碎了"),
    "whole_refund_wanted": ("不用全退", "团长说要全部退回才给退", "商家要求全部退回", "要求退差价"),
}


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS))
def test_what_the_consumer_adds_is_heard(engine, fact, text):
    assert value(engine, fact, text) in (True, "consumer")


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS_NOT))
def test_a_near_match_says_nothing(engine, fact, text):
    assert value(engine, fact, text) in (None, False)


def record(known):
    return {name: {"value": given, "grade": "record"} for name, given in known.items()}


@pytest.mark.parametrize("seller", ["merchant", "platform"])
def test_short_weight_is_paid_by_who_sold(engine, seller):
    facts = {"group_short_verified": True, "group_ordered_grams": 5000, "group_delivered_grams": 4000}
    decision = engine.decide(
        Complaint(
            id="weight",
            received_at="2026-11-10T10:00:00+08:00",
            text="社区团购的苹果缺斤少两，团长不管，要求退差价",
            order={
                "kind": "physical",
                "category": "fresh",
                "price": "50.00",
                "quantity": 1,
                "paid_at": "2026-11-08T09:00:00+08:00",
                "signed_at": "2026-11-09T18:00:00+08:00",
            },
            facts=record({**facts, "group_seller": seller}),
        )
    )
    assert decision.outcome == "settle"
    assert [(due.kind, due.payer) for matter in decision.matters for due in matter.remedies] == [("refund", seller)]


@pytest.mark.parametrize("seller", ["merchant", "platform"])
def test_a_cancelled_order_is_paid_back_by_who_sold(engine, seller):
    decision = engine.decide(
        Complaint(
            id="cancelled",
            received_at="2026-11-10T10:00:00+08:00",
            text="付了款订单被取消，要求退款并补差价",
            claims=["refund", "price_difference"],
            order={
                "kind": "physical",
                "category": "general",
                "price": "200.00",
                "quantity": 1,
                "paid_at": "2026-11-01T00:05:00+08:00",
            },
            merchant={"self_operated": seller == "platform"},
            facts=record(
                {
                    "cancelled_by": seller,
                    "cancel_reason": "out_of_stock",
                    "still_on_sale": True,
                    "replacement_price": "350.00",
                    "refund_paid": False,
                }
            ),
        )
    )
    assert decision.outcome == "settle"
    assert [(due.kind, due.payer) for matter in decision.matters for due in matter.remedies] == [
        ("refund", seller),
        ("price_difference", seller),
    ]
