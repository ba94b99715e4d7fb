"""What a text says against a return or a claim, told by the consumer or quoted of the merchant, with near matches.

The sentences are made up; each stands for a kind of wording.
"""

import pytest
from said_kit import pairs, value

SAYS = {
    "misuse_alleged": (
        "货退回去了，商家说我弄坏了",
        "店家非说我穿过了有汗渍",
        "客服说是人为损坏不保修",
        "仓库说衣服有污渍，不肯退",
        "售后检测后判定为人为原因",
        "卖家咬定我洗过",
        "他们说我用过了影响二次销售",
    ),
    "merchant_counter_evidence": (
        "商家拿出了监控说发的是好的",
        "卖家发来检测报告说没问题",
        "店家出示了出库记录",
        "商家说有打包视频",
        "客服甩出照片说发货时是好的",
    ),
    "swap_suspected": (
        "卖家说我掉包",
        "商家怀疑我调包了",
        "他们说退回来的不是原来那件",
        "店家咬定寄回的序列号对不上",
    ),
    "storage_alleged": (
        "客服说我没放冰箱才坏的",
        "商家说是保存不当",
        "卖家非说储存不当",
    ),
    "flaw_disclosed": (
        "下单前写明有瑕疵",
        "页面写了临期处理，便宜才买的",
        "标题写着官翻",
        "买的就是瑕疵品",
        "买之前客服告知有小瑕疵",
    ),
    "custom_made_told": (
        "定制的戒指不喜欢了",
        "按我的尺寸做的窗帘想退",
        "刻了名字的钢笔退不了",
        "我定做的，不想要了",
        "印着孩子照片的杯子不想要了",
        "师傅上门量了尺寸做的柜子",
    ),
    "no_return_confirmation_recorded": (
        "下单的时候勾选过确认不支持七天无理由",
        "下单时我点了同意不支持七天无理由",
        "买的时候确认过不能退货",
    ),
    "gift_not_returned": (
        "赠品弄丢了退不了",
        "赠品杯子我送人了",
        "小样已经用完了",
        "退货的时候忘了寄赠品",
        "送的礼品找不到了",
    ),
    "own_damage_told": (
        "我不小心弄坏了",
        "是孩子用玩具砸的",
        "电视搬的时候磕了一下屏幕碎了",
        "我把它摔坏了",
        "被我家猫打翻了",
    ),
    "fall_or_water_told": (
        "保修期内摔坏了",
        "手机进水不开机",
        "掉水里了用不了",
    ),
    "own_repair_paid": (
        "我自己花200修好了",
        "要求报销维修费",
        "找人修好了",
    ),
    "gift_cash_wanted": (
        "不要赠品了，折现给我",
        "赠品折现就行",
        "不想要赠品给我退差价",
    ),
    "activated_by_consumer_told": (
        "是我自己激活的",
        "我收到后激活的",
    ),
    "activated": ("手机激活用了两天", "开机激活并登录了"),
    "sent_for_exchange": (
        "货寄回去换货，一直不给换",
        "手表寄回去维修，现在没消息",
        "送回去换一个新的",
        "申请的换货，仓库签收了",
    ),
    "partial_return": (
        "买了两件，退回去一件",
        "买了两双鞋，寄回了一双",
        "留了一件，退了一件",
        "退一件留一件",
        "买了三件，退了两件",
        "是套装，我只留其中一件",
    ),
    "part_affected": (
        "买了两个杯子其中一个有质量问题",
        "买了三件衣服，有一件质量有问题",
        "拍了两瓶，有一瓶漏了",
    ),
}

SAYS_NOT = {
    "misuse_alleged": (
        "商家说拆了封影响二次销售",
        "客服没说我弄坏，就是不给退",
        "我跟客服说我用了一天就坏了",
        "鉴定不是人为损坏",
        "商家问我是不是摔过",
        "客服说我没用过可以退",
        "业务员说我碰瓷",
    ),
    "merchant_counter_evidence": (
        "让商家拿出监控，拿不出来",
        "商家让我提供检测报告",
        "商家要我拿出开箱视频",
        "我给商家发了检测报告",
        "商家没有出示检测报告",
        "售后发了个视频教我清洁",
        "页面上放的检测报告",
    ),
    "swap_suspected": (
        "商家没说我掉包",
        "退回来的东西他们收到了",
        "收到的不是原来那个颜色",
    ),
    "storage_alleged": ("我放冰箱了还是坏了", "商家没说保存不当", "说明书写着冷藏保存"),
    "flaw_disclosed": (
        "页面没写有瑕疵",
        "下单前没有告知是二手",
        "写着全新无瑕疵，收到有划痕",
        "收到才知道有瑕疵",
        "买的时候不知道是瑕疵品",
    ),
    "custom_made_told": (
        "店家说是定制的戒指不给退",
        "只是选了个尺码，凭什么算定制的衣服",
        "又不是定制的戒指",
        "瓶身印着生产日期",
        "忘了刻名字",
        "我没要求刻字，他们自作主张刻了字",
        "字刻错了",
        "机身上刻着字看不清",
    ),
    "no_return_confirmation_recorded": (
        "页面默认勾选了不支持七天无理由",
        "我没有勾选不支持无理由",
        "系统自动勾选不支持退货",
        "客服让我确认不退货才发货",
        "店家不支持七天无理由",
    ),
    "gift_not_returned": (
        "赠品没用过，一起退",
        "赠品也一起寄回了",
        "说好送的赠品没给",
        "赠品商家弄丢了没寄",
        "买一送一的那件没寄",
        "赠品没拆",
    ),
    "own_damage_told": (
        "快递搬的时候磕了一下屏幕碎了",
        "商家说是我摔坏的",
        "商家说是孩子砸的",
        "不是我弄坏的",
        "我摔断了腿",
        "收到就是碎的",
        "架子倒了砸到孩子",
    ),
    "fall_or_water_told": (
        "洗衣机不进水",
        "进水阀坏了",
        "快递摔坏的",
        "从来没摔过就黑屏",
        "说是防摔的，结果碎了",
        "商家说我摔坏的",
        "商家说进水坏的",
    ),
    "own_repair_paid": (
        "要收我200维修费",
        "让我自己花钱修",
        "我不想自己出钱修",
        "修了两次都修不好",
    ),
    "gift_cash_wanted": (
        "商家想折现，我不接受",
        "赠品不能折现，我要赠品",
        "赠品没给",
    ),
    "activated_by_consumer_told": (
        "不是我自己激活的",
        "我自己激活的时候发现已经被激活过",
        "商家说是我自己激活的",
        "三个月前就被激活了",
    ),
    "activated": ("没有激活并使用过", "手机没激活"),
    "sent_for_exchange": (
        "退货寄回去了一直不退款",
        "商家不给退换货",
        "寄回去退货，不是换货",
        "我想换货",
    ),
    "partial_return": (
        "买了两件，退回去两件",
        "买了两个杯子，退回去一个月了",
        "我留了一个电话让客服回我",
        "留了一条差评，退货一直不退款",
        "买了一件，退回去一件",
    ),
    "part_affected": ("有一个质量问题想反映", "买了两个都坏了"),
}

USED = (
    "衣服我穿了一天",
    "已经洗过一次了",
    "衣服弄脏了",
    "东西已经不在我这里了",
    "鞋底磨了",
    "我不小心弄坏了",
    "吊牌我剪掉了",
)

NOT_USED = (
    "试穿了一下不合适",
    "商家说我穿过了",
    "店家说鞋底磨了不能退",
    "穿了一天就开线",
    "我洗过一次就掉色",
    "收到的衣服人家穿过",
    "收到就是脏的",
    "东西卖了三千块",
    "快递说包裹丢了",
    "没穿过没洗过",
)


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS))
def test_the_text_says_it(engine, fact, text):
    assert value(engine, fact, text) is True


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS_NOT))
def test_a_near_match_says_nothing(engine, fact, text):
    assert value(engine, fact, text) is not True


@pytest.mark.parametrize("text", USED)
def test_what_was_used_is_not_intact(engine, text):
    assert value(engine, "goods_intact", text) is False


@pytest.mark.parametrize("text", NOT_USED)
def test_trying_on_and_what_others_say_or_did_is_no_use(engine, text):
    assert value(engine, "goods_intact", text) is not False


@pytest.mark.parametrize("text", ["商家说好退货包运费", "页面写着退换货包运费", "承诺无理由退货免运费"])
def test_a_promise_of_free_returns_is_heard(engine, text):
    assert value(engine, "signal.free_return_said", text) is True


@pytest.mark.parametrize("text", ["没说退货包运费", "要求退货并承担运费", "退货运费要我出", "商家说好退款一直没退"])
def test_freight_without_a_promise_is_none(engine, text):
    assert value(engine, "signal.free_return_said", text) is not True


def test_ticking_a_box_is_no_refund_agreed_to(engine):
    said = value(engine, "grievances", "不喜欢想退货，店家死活不给退，下单时我点了同意不支持七天无理由")
    assert "refund_delayed" not in said


def test_a_promise_of_freight_is_no_refund_agreed_to(engine):
    text = "不喜欢想退货，店家死活不给退，商家说好退货包运费"
    assert "refund_delayed" not in value(engine, "grievances", text)
    assert value(engine, "refund_part_only", text) is False
