"""What a text says of a refund that came, of the freight of a return, of goods that are intact or not: with near matches.

The sentences are made up; each stands for a kind of wording. What the other side says or makes a condition is not the consumer's word.
"""

import pytest
from said_kit import pairs, value

SAYS = {
    "refund_come_told": (
        "昨天投诉后退款到账了",
        "退款已经收到了，就是晚了十天",
        "今天钱终于到了",
        "最后商家微信转给我299了",
        "昨晚支付宝收到了退款",
        "银行卡收到这笔退款了",
        "客服已经把钱打给我了",
        "钱已经原路退回来了",
        "刚才查了一下钱回来了",
        "钱退给我了",
        "财务今天把货款转过来了",
        "等了半个月钱终于到账了",
        "钱昨天退到我支付宝了",
    ),
    "refund_shown_told": ("货款已退还", "退款成功了", "款退了，货也留着", "后来退款了"),
    "return_not_sent_told": (
        "东西我没寄出去",
        "我还没寄",
        "货还在我手里",
        "后来没退成，东西还在我这",
        "鞋子还没寄回去",
    ),
    "freight_demanded_first": (
        "商家让我自己出运费换",
        "要我出邮费才给退",
        "鞋子想退，店家要我自己出邮费",
        "想换一件，运费让我自己掏",
    ),
    "freight_not_borne_told": (
        "寄的是上门取件，没花钱",
        "上门取件免费的",
        "寄的到付",
        "运费险赔够了",
        "运费险全赔了",
        "我一分钱没花",
    ),
    "freight_reimbursed": (
        "商家已经把十二块转我了",
        "运费退到我微信了",
        "运费商家已经转我了",
        "客服把邮费退给我了",
        "退货运费昨天收到了",
    ),
    "no_return_confirmation_recorded": (
        "下单时弹窗我点了同意不退",
        "我勾了同意不退",
        "购买的时候我点了确认不退换",
        "弹出来的不退提示我同意了",
        "弹窗说不能退我勾了",
    ),
    "custom_made_told": ("名字刻上去了", "定做的尺寸", "上面刻了我儿子的名字", "照片印上去了"),
    "gift_not_returned": ("赠品我留着用", "买一送一的，送的那件我留着了", "小样我留下了"),
    "bought_in_person": ("在实体店买的", "在他们门店买的", "商场专柜买的", "去柜台买的"),
}

SAYS_NOT = {
    "refund_come_told": (
        "还没到账",
        "客服说退款已经到账了，我查了没有",
        "平台显示退款到账了",
        "退款到账了吗",
        "什么时候能到账",
        "能不能把钱退给我",
        "要是退款到账了我就撤诉",
        "等退款到账了再说",
        "请尽快把钱退给我",
        "钱退到哪里去了",
        "别人的钱都到账了就我的没到",
        "商家说已经把钱打给我了，骗人的",
        "商家收到退货了",
        "商家承诺三天内把钱退给我了事",
        "货款我付了，货到了是坏的",
        "钱没有退给我",
        "只收到了一半",
        "仓库收到货了",
        "钱退到了一张去年注销的卡里",
        "还款日到了利息都开始算了",
        "钱到了我捐出去都行",
    ),
    "refund_shown_told": (
        "显示退款成功",
        "客服说已退款",
        "还没退款",
        "同意退款了",
        "申请退款了",
        "什么时候退款成功",
        "把货退了",
        "口口声声已退款",
    ),
    "return_not_sent_told": (
        "商家换的货还没寄出来",
        "货已经寄出去了",
        "退货还没寄到",
        "货不在我手里",
        "商家说我还没寄",
        "运费还没退给我",
    ),
    "freight_demanded_first": (
        "退货还要我自己出运费",
        "说好答应退运费，一直没给",
        "懒得退，运费太贵",
    ),
    "freight_not_borne_told": (
        "说上门取件免费的，结果收了我十二",
        "运费险没赔够",
        "运费险不够",
        "页面写着退货免费",
        "商家没出一分钱",
        "运费险赔了五块不够",
        "寄到付他们拒收，非要我自己付快递钱",
    ),
    "freight_reimbursed": (
        "说运费退到我微信一直没退",
        "运费没有退到我微信",
        "运费什么时候退给我",
        "让商家把运费退给我",
        "运费退到我微信了吗",
    ),
    "no_return_confirmation_recorded": (
        "默认勾选了不退",
        "我没点同意不退",
        "客服让我点同意不退我没点",
        "弹窗让我同意不退，我不同意",
        "商家不同意退",
    ),
    "custom_made_told": ("上面没有刻字", "店家说定做的尺寸不能退", "字印反了"),
    "gift_not_returned": ("赠品一起退", "赠品商家没送", "说好送的没留给我"),
    "bought_in_person": (
        "跟专柜买的不一样",
        "早知道在实体店买了",
        "网上买的比门店贵",
        "以后还是在实体店买",
        "在这个店里买了十三件",
        "去年在实体店买了一样的机器",
        "同事在实体店买的",
    ),
    "refund_part_only": ("运费险赔了五块不够", "运费险赔了我12元"),
    "refund_part_offered": ("运费险赔5块",),
}

INTACT = (
    "商品完好",
    "东西完好无损",
    "没拆封",
    "我没用过",
    "吊牌都在没穿过",
    "我一次没用",
    "商品完好，客服说不退",
    "要求退货，商品完好",
    "我说没拆封，他们也不退",
    "全新未用",
)

NOT_SAID_TO_BE_INTACT = (
    "说商品完好才能退",
    "客服说要完好无损才行",
    "客服说没拆封才能退",
    "平台规定商品完好就能退",
    "除非没拆封",
    "没用过几回",
    "没穿过几天",
    "没戴过两次",
    "要求没有拆封才行",
    "只有未使用才给退",
    "店家让我证明没穿过",
    "他们要求吊牌还在",
    "保证商品完好才退",
    "吊牌还在但是穿过",
    "只穿了一次，吊牌还在",
)

USED = (
    "只穿了一次",
    "洗过一水",
    "我老公已经用上了",
    "穿出去过一次聚餐",
    "穿着去吃了顿饭",
    "试穿的时候不小心沾了口红",
    "沾上粉底了",
    "弄上了油渍",
    "我妈在用",
    "孩子已经穿了",
    "已经吃完了",
    "早就扔了",
    "送人了",
    "被我卖掉了",
    "吊牌和盒子都被我扔了",
)

NOT_USED = (
    "店家非说我沾了口红",
    "我没洗过",
    "买来送给我老公的",
    "客服说穿出去过就不能退",
    "想穿着去上班",
    "收到就沾了油渍",
    "只穿了一次就开线",
    "洗过一水就掉色",
    "穿着去上班鞋底断了",
    "快递员弄上了油渍",
    "没穿过一次",
    "商家说我用过了",
    "包装盒扔掉了",
    "还没吃完",
    "快递员扔掉了",
    "本来想送人了",
    "小样送人了",
    "用过的人都说好",
    "汤洒了一袋子",
)


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS))
def test_the_text_says_it(engine, fact, text):
    assert value(engine, fact, text) is True


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS_NOT))
def test_a_near_match_says_nothing(engine, fact, text):
    assert value(engine, fact, text) is not True


@pytest.mark.parametrize("text", INTACT)
def test_his_own_word_says_that_it_is_intact(engine, text):
    assert value(engine, "goods_intact", text) is True


@pytest.mark.parametrize("text", NOT_SAID_TO_BE_INTACT)
def test_a_condition_and_a_few_uses_say_no_such_thing(engine, text):
    assert value(engine, "goods_intact", text) is not True


@pytest.mark.parametrize("text", USED)
def test_worn_washed_or_soiled_is_not_intact(engine, text):
    assert value(engine, "goods_intact", text) is False


@pytest.mark.parametrize("text", NOT_USED)
def test_what_others_say_or_what_shows_a_fault_is_no_use(engine, text):
    assert value(engine, "goods_intact", text) is not False


@pytest.mark.parametrize(
    "text", ["其实没质量问题，我编的理由", "理由是我乱选的", "其实是我不想要了", "为了省运费选的质量问题"]
)
def test_a_cause_that_was_made_up_is_none(engine, text):
    assert value(engine, "freight_cause", text) == "no_reason"


@pytest.mark.parametrize("text", ["商家说我编的理由", "我没编理由", "客服说其实没质量问题", "商家说其实是我不想要了"])
def test_what_the_merchant_says_of_the_cause_is_not_admitted(engine, text):
    assert value(engine, "freight_cause", text) is None


@pytest.mark.parametrize("text", ["退货还要我自己出运费，我要求商家承担退货运费", "要求退换货的邮费"])
def test_to_ask_for_the_freight_of_a_return_is_not_to_ask_for_a_return(engine, text):
    assert "return" not in value(engine, "claims", text)
