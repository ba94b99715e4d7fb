"""What the text says of facts that gates and tiers ask about, with near matches that must say nothing.

The sentences are made up; each stands for a kind of wording.
"""

import pytest
from said_kit import pairs, value

SAYS = {
    "group_incident": (
        "几百个人都接到自称客服的电话",
        "一百多个会员退不了卡",
        "健身房关门，三百多名学员联系不上老板",
        "上千用户被骗，平台不管",
        "几十个家长都在维权",
    ),
    "pii_many_people": (
        "几百个人都接到骚扰电话，信息肯定泄露了",
        "很多用户的手机号被泄露",
        "数据库外泄影响上千用户",
        "好多客户收到诈骗短信，说得出订单",
    ),
    "crossborder_seller_abroad": (
        "卖家在日本，说退货要自己寄回去",
        "店铺公司注册地在香港",
        "境外卖家不理人",
        "代购人在韩国，东西是假的",
    ),
    "drug_folk_recipe": (
        "他说是祖传秘方配的膏药，没有批号",
        "药丸是家传的配方",
        "卖的是民间偏方熬的药",
    ),
    "injury_defect_later": (
        "厂家说出厂的时候检测合格，是我用坏的",
        "商家坚称发货前是好的",
        "生产商答复投入流通时不存在这个缺陷",
    ),
    "minor_under_eight": (
        "孩子不满八周岁，偷偷充了三千",
        "我女儿才六岁，自己点的付款",
        "7岁的儿子拿手机打赏主播",
        "孙子还在上幼儿园就误点充值了",
    ),
}

SAYS_NOT = {
    "group_incident": (
        "几百个人都说好用，就我的坏",
        "群里上百人都买了，口碑不错",
        "几百个会员都收到货了，就我没发",
        "几十个人用一台，效果不好",
    ),
    "pii_many_people": (
        "我的手机号被泄露，天天骚扰电话",
        "很多人都收到货了",
        "没有泄露很多用户的信息吧",
    ),
    "crossborder_seller_abroad": (
        "东西从国外寄来，等了一个月",
        "我在国外，收不到货",
        "卖家不在国外，是国内发货",
        "说是海外直邮，其实是国内的",
    ),
    "drug_folk_recipe": (
        "祖传秘方做的酱牛肉很好吃",
        "传统工艺的配方，口感不错",
        "这个药没有批准文号",
    ),
    "injury_defect_later": (
        "刚收到就是坏的，商家不管",
        "希望出厂前好好检查",
        "发货前没有检查",
    ),
    "minor_under_eight": (
        "我儿子今年十七岁，偷偷充值",
        "27岁的女儿下单买的",
        "孩子才16岁，打赏了两千",
        "适合五岁孩子玩的积木，少了零件",
        "孩子十岁，用我手机充的",
    ),
}


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS))
def test_the_text_says_it(engine, fact, text):
    assert value(engine, fact, text) is True


@pytest.mark.parametrize(("fact", "text"), pairs(SAYS_NOT))
def test_a_near_match_says_nothing(engine, fact, text):
    assert value(engine, fact, text) is not True


def test_an_automatic_renewal_is_no_stolen_payment(engine):
    said = value(engine, "grievances", "会员莫名其妙自动续费扣了二百元")
    assert "auto_renewed" in said
    assert "payment_stolen" not in said


def test_money_that_goes_without_a_renewal_is_still_a_stolen_payment(engine):
    assert "payment_stolen" in value(engine, "grievances", "银行卡莫名其妙被扣了二百元，不是我操作的")
