"""Gates: no text that must go to a human slips through, and figures of speech do not open them."""

import pytest

OPEN = {
    "injury": ["用了面霜烂脸了", "吃完上吐下泻", "被热水器烫伤了", "孩子用了起疹子", "充电宝爆炸了", "去医院花了三百", "食物中毒", "手被划伤流血了", "吃坏肚子了", "过敏了很严重", "插座漏电触电了", "牙崩了住院"],
    "minor": ["小孩偷偷用手机充值八千", "未成年人打赏", "孩子误点开通会员", "儿子自己下单买了", "女儿充了三千块游戏", "我孙子偷用手机付款"],
    "elder": ["我奶奶被忽悠买了净水器", "专骗老年人", "老人被骗一万", "父母被骗买保健品"],
    "crime": ["冒充客服说给我退款", "让我共享屏幕", "钱被转走了", "我已经报警了", "遇到网络诈骗", "店家跑路了", "卖家威胁我", "银行卡被盗刷", "让我转到安全账户", "派出所已经立案"],
    "group": ["维权群里几百人", "不止我一个", "很多人都没收到货", "集体投诉"],
    "professional": ["不赔钱就举报你", "我是职业打假人", "给我两千就撤诉", "私了就撤销投诉"],
    "litigation-or-media": ["已经起诉到法院", "律师函发给你们了", "记者来采访了", "已经上热搜了", "申请了仲裁"],
    "never-settled": ["退一赔三", "假一赔十", "要求三倍赔偿", "赔我一千", "要求十倍赔偿", "要求惩罚性赔偿", "保底500"],
}  # fmt: skip

SHUT = [
    "饿死了，送得太慢", "气死我了", "客服是个骗子", "骗人的东西", "洗完头皮痒", "东西坏掉了", "给孩子买的衣服有点大", "老人手机很好用",
    "态度差得要命", "慢得要死", "我要投诉你们", "难吃死了", "假货太多", "笑死人了", "防烫伤手柄很好", "不会过敏的配方", "给老人买的，很满意",
    "再不发货我就不要了", "很多人说好用", "客服让我等两天", "买给儿子的玩具", "味道怪怪的不敢吃", "头发掉得厉害", "律师推荐的书",
]  # fmt: skip


def gates_of(engine, text):
    decision = engine.decide({"id": "x", "text": text})
    # What only reads like a gate is suspected, and has its own false alarms (test_likeness, tools/measure_real.py).
    reasons = decision.referral.reasons if decision.referral else ()
    return {r.gate for r in reasons if r.gate and r.code != "gate-suspected"}


@pytest.mark.parametrize(("gate", "text"), [(g, t) for g, texts in OPEN.items() for t in texts])
def test_a_text_that_must_go_to_a_human_opens_its_gate(engine, gate, text):
    assert gate in gates_of(engine, text)


@pytest.mark.parametrize("text", SHUT)
def test_figures_of_speech_open_no_gate(engine, text):
    assert gates_of(engine, text) == set()


def test_a_consumer_under_eighteen_by_the_record_opens_the_gate_and_an_adult_does_not(engine):
    complaint = {"id": "x", "text": "店家不给退货", "consumer": {"age": 17}}
    assert "minor" in {r.gate for r in engine.decide(complaint).referral.reasons}
    complaint["consumer"]["age"] = 18
    assert engine.decide(complaint).outcome == "ask"


def test_a_claim_above_what_machines_may_settle_opens_the_built_in_gate(engine):
    decision = engine.decide({"id": "x", "text": "店家不给退货", "claimed_amount": "5000.01"})
    assert "over-limit" in {r.gate for r in decision.referral.reasons}
