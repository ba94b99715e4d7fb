"""The gates of the shipped pack: what must reach a human is never missed, and figures of speech open nothing.

A missed gate can let a machine settle what a person must see; a gate opened by an idiom only costs a person's time. The
texts are made up, in the words people use; each stands for a kind of wording, not for one sentence.
"""

import pytest

OPENS: dict[str, tuple[str, ...]] = {
    "injury": (
        "吃完当天晚上就拉肚子了，一直没好",
        "全家食物中毒，住了两天院",
        "用了这个面霜脸上起红疹，皮肤红肿",
        "杯子突然炸裂，把我的手割破了",
        "热水袋漏水，孩子腿上烫伤了",
        "充电宝充着电自己起火了",
        "插座漏电，差点触电",
        "孩子误吞了玩具上掉下来的零件",
        "吃了三次拉了三次肚子",
        "是不是吃坏肚子了，从昨天起上吐下泻",
        "穿了一天过敏反应很严重，去医院开了药",
        "要求商家承担医药费和误工费",
        "头皮流脓了，医生说是发炎",
        "没吃几口肚子就疼，去看了急诊",
        "喝完头晕呕吐，在医院挂水",
        "锅把手断了，热油泼到脚面起了一片泡",
        "床板断了把腰摔伤",
        "奶茶里的塑料片把嗓子卡了",
        "玻璃门自己爆了，扎了一腿",
        "敷了两次面膜，整张脸肿得像猪头",
        "涂了之后嘴唇肿得老高",
        "开罐头把手指划了个大口子",
        "电动牙刷漏液把嘴烧了",
        "孩子吃了果冻噎住差点没命",
        "床架突然塌了把老人压在下面",
        "眼镜腿断了戳到眼睛",
    ),
    "minor": (
        "我儿子偷偷用我手机充值了三千多",
        "孩子背着大人给主播打赏了两万",
        "女儿误触开通了会员",
        "十二岁的小孩拿我手机玩游戏充了六百",
        "未成年人下的单，要求退款",
        "家里小朋友自己下单买了一堆东西",
        "孙子玩平板的时候乱点买了两件衣服",
        "付款的时候他还未满十八岁",
        "弟弟上初中，偷用妈妈的账号充钱买皮肤",
        "孩子才9岁，给游戏充了八百多",
        "买家属于限制民事行为能力人",
        "学生误操作付款，家长不同意",
        "外孙拿我手机给主播刷礼物",
        "五年级的儿子背着我们买了两千的游戏账号",
        "弟弟上小学，偷输了密码给主播送火箭",
        "小孩玩着玩着就把钱花出去了，一千五",
        "女儿今年九岁，误付了一千二的游戏礼包",
        "我弟弟15岁，瞒着父母贷款买手机",
    ),
    "elder": (
        "我奶奶被忽悠买了一堆保健品",
        "专骗老年人的直播间",
        "老人听课领鸡蛋，最后花了八千",
        "父母被骗买了所谓的神药",
        "爷爷不识字，被诱导下单",
        "80多岁的老太太上当买了理疗仪",
        "我妈妈被套路交了钱，老人不会用手机",
        "老父亲被洗脑，天天在直播间买东西",
        "你们就是欺负老人不懂",
        "母亲有老年痴呆，自己下了单",
        "婆婆去听讲座买回来净水器",
        "七十多岁被推销了一台按摩椅",
        "七十九岁老母亲被卖药的骗光存款",
        "爷爷记性不好了，被人连着推销了五回",
        "七十五岁的母亲眼花，被店家哄着换了手机套餐",
    ),
    "crime": (
        "有人冒充客服让我转账",
        "对方让我共享屏幕，说要退款",
        "要我把钱转到安全账户",
        "兼职刷单被骗走了八千块钱",
        "收到退款链接，点进去钱就没了",
        "银行卡被盗刷了三笔",
        "店铺卷款跑路了",
        "商家威胁我，说要上门打人",
        "快递员恐吓我撤投诉",
        "已经报警，派出所立案了",
        "再不处理我就报警了",
        "微信转账之后就把我拉黑了",
        "说要先交保证金才能提现",
        "账号被盗，不是我本人操作",
        "客服让我报警解决",
        "这是电信诈骗",
        "卖家收钱拉黑我，删好友",
        "店铺人间蒸发，货没发钱也没了",
        "强迫消费，不交钱不让走",
        "店主拿着客户的预付款跑到外地去了",
        "有人用我身份证办了贷款",
        "老板带人上门堵我要打我",
        "被他们以投资为名骗了七万",
        "收货打开是块石头，报了警",
        "有人拿我手机号注册借钱",
        "店员偷看我密码，把钱转走",
    ),
    "group": (
        "我们建了维权群，一起投诉",
        "很多人都被骗了，钱一直没退",
        "不止我一个人遇到这种情况",
        "上百人没收到货",
        "群里几十个人同样的问题",
        "准备集体投诉这家店",
        "知乎上有不少受害者",
        "同事们吃了都拉肚子",
        "无数消费者被坑，没人管",
        "小区业主们都没退到钱",
        "我们十几家联名投诉",
        "受害者群里都在说",
        "好多买家和我一样的遭遇，都在维权",
        "同小区一百来户都被这家装修公司坑了",
        "好几十个买家都碰到一样的事，正准备联名",
        "受害的不止我，光群里就有两百人",
        "全班三十多个学员都交了钱，现在机构跑了",
        "已有二百多名家长联名",
        "三百多位车主遇到同样问题",
    ),
    "professional": (
        "我是职业打假的，给我两千就撤诉",
        "不赔钱就举报你们店",
        "私下给我一千元我就撤销投诉",
        "打给我五百就撤举报",
        "专门买来打假的",
        "我投诉过几百家，没有不赔的",
        "不给钱就工商举报到底",
        "私了就算了，不然全网投诉",
        "打假群里都知道你们家",
        "转我八百，不投诉你们",
        "职业索赔人就是我",
        "不私了就去举报",
        "我打假多年了，赔一千就撤",
        "标签不合格，打款两千马上撤",
        "专盯你们这类店，赔过的都不止你一家",
        "买了五十份留证，按食品安全法赔偿",
        "我每年打假上百起，懂法",
    ),
    "litigation-or-media": (
        "我已经起诉了，等开庭",
        "已经委托律师发了律师函",
        "我们法院见",
        "准备走法律程序",
        "我要起诉你们公司",
        "已申请仲裁，仲裁委受理了",
        "电视台记者已经来采访过",
        "这件事上热搜了",
        "我在网上已经曝光了你们",
        "再不退就去法院",
        "法院的传票都到了",
        "我联系了媒体",
        "材料已递交法院",
        "仲裁申请已经交上去了",
        "我会让电视台来报道",
        "再不处理我就找记者曝光",
        "准备走仲裁程序",
        "判决都下来了还不退",
    ),
    "never-settled": (
        "要求退一赔三",
        "假一赔十是你们自己说的",
        "按消法55条赔我",
        "食品安全法148条，赔一千",
        "要求三倍赔偿",
        "赔偿十倍货款",
        "最少赔500",
        "我要求惩罚性赔偿",
        "退货款并赔我1000元",
        "过期食品，十倍赔偿",
        "能否要求三倍的赔偿",
        "是不是可以主张退一赔十",
        "保底500元赔给我",
        "价款的3倍赔给我",
    ),
}

STAYS_SHUT = (
    "头痒，头皮屑很多，感觉是假货",
    "送得慢死了，快要饿死了",
    "气死我了，再也不来了",
    "你们就是骗子，假的",
    "笑死，这也能卖",
    "难吃得想吐",
    "心都在滴血，这么贵",
    "手机屏幕有划伤，后盖也磨了",
    "苹果都破皮溃烂了，没法吃",
    "手机发烫，烫手",
    "电脑中毒，卡得要命",
    "适合过敏体质吗，有没有抗过敏的",
    "一股呕吐物的味道",
    "销量都是刷单刷出来的",
    "欺骗消费者，虚假宣传",
    "坑爹的卖家，坑死人",
    "大家别买，千万不要上当",
    "给孩子买的玩具，少了一个零件",
    "儿子很喜欢，就是包装破了",
    "大学生用还可以，就是卡",
    "给老人买的手机，声音太小",
    "买给爸妈的，质量一般",
    "烟雾报警器不响",
    "比实体店贵一倍",
    "说赔偿1000京豆也没给",
    "满1000减50的券用不了",
    "打12315投诉你们",
    "客服打了我几个电话都没说清楚",
    "快递员态度差得吓人",
    "爆炸好看，就是物流慢",
    "火爆的活动，抢不到",
    "杀人的心都有了，客服踢皮球",
    "强盗逻辑，退货还要我出运费",
    "没有拉肚子，就是味道怪",
    "担心过敏，不敢用，想退货",
    "这衣服丑哭了，想退",
    "饿到胃疼才送到",
    "苹果都摔伤了，碰烂了好几个",
    "治皮肤过敏的药膏不管用",
    "外卖员一直在医院门口等我",
    "用了不过敏，就是包装旧",
    "没两天椅子腿就断了",
    "泵头断了，洗发水按不出来",
    "给我回电了，还是说不能保修",
    "被价格伤到了，刚买就降价",
    "不要求三倍赔偿，退钱就行",
    "给外公买的保健品收到了，少一盒",
    "诈骗短信拦截功能很好用",
    "骗子广告，质量一般",
    "我们几个同事一起买的，都说小",
    "希望打假的来管管",
    "还有好多人的都没做出来呢",
    "用清水泡了一下还是掉色",
    "给上小学的女儿买的书包坏了",
    "警察同款手电筒不亮",
    "送餐的小哥摔了一跤，餐都洒了",
    "小二判我败诉，凭什么",
    "群里上百人都买了，口碑不错",
    "三个人都没吃饱",
)


def gates_of(engine, text, **more):
    reasoning = engine.reason({"id": "t", "text": text, **more})
    return {gate.id for gate, truth in reasoning.gates if truth is True}


@pytest.mark.parametrize(("gate", "text"), [(gate, text) for gate, texts in OPENS.items() for text in texts])
def test_text_opens_its_gate(engine, gate, text):
    assert gate in gates_of(engine, text)


@pytest.mark.parametrize("text", STAYS_SHUT)
def test_figure_of_speech_opens_no_gate(engine, text):
    assert gates_of(engine, text) == set()


@pytest.mark.parametrize("gate", sorted(OPENS))
def test_an_open_gate_leaves_nothing_to_the_machine(engine, pack, gate):
    """Whatever else holds, the complaint goes up at least to the gate's tier."""
    tiers = list(pack.manifest.tiers)
    least = pack.gates[gate].tier
    for text in OPENS[gate]:
        decision = engine.decide(
            {
                "id": "t",
                "received_at": "2026-11-10T10:00:00+08:00",
                "text": "专柜鉴定是假货，要求退款。" + text,
                "order": {
                    "kind": "physical",
                    "category": "cosmetics",
                    "price": "880.00",
                    "quantity": 1,
                    "paid_at": "2026-11-01",
                },
                "facts": {"merchant_reply": {"value": "admits", "grade": "record"}},
            }
        )
        assert decision.outcome == "refer", text
        assert tiers.index(decision.tier) >= tiers.index(least), text
        assert not any(matter.remedies for matter in decision.matters), text


def test_the_same_case_without_a_gate_is_settled(engine):
    """Guards the test above: it is the gate that stops the machine there, not something else."""
    decision = engine.decide(
        {
            "id": "t",
            "received_at": "2026-11-10T10:00:00+08:00",
            "text": "专柜鉴定是假货，要求退款。",
            "order": {
                "kind": "physical",
                "category": "cosmetics",
                "price": "880.00",
                "quantity": 1,
                "paid_at": "2026-11-01",
            },
            "facts": {"merchant_reply": {"value": "admits", "grade": "record"}},
        }
    )
    assert decision.outcome == "settle"


@pytest.mark.parametrize("claim", ["treble", "tenfold", "thousand"])
def test_a_punitive_claim_in_the_form_opens_the_gate_without_a_word_in_the_text(engine, claim):
    assert "never-settled" in gates_of(engine, "东西有问题", claims=[claim])


PICKED = {
    "person_injured": "injury",
    "minor_spending": "minor",
    "elder_sold": "elder",
    "fraud_call": "crime",
    "professional_claim": "professional",
}


@pytest.mark.parametrize(("grievance", "gate"), PICKED.items())
def test_the_matter_picked_in_a_form_opens_its_gate_without_a_word_of_text(engine, pack, grievance, gate):
    complaint = {"id": "t", "received_at": "2026-11-10T10:00:00+08:00", "facts": {"grievances": [grievance]}}
    assert gates_of(engine, None, **{k: v for k, v in complaint.items() if k != "id"}) == {gate}
    decision = engine.decide(complaint)
    tiers = list(pack.manifest.tiers)
    assert decision.outcome == "refer"
    assert tiers.index(decision.tier) >= tiers.index(pack.gates[gate].tier)
    assert gate in {reason.gate for reason in decision.referral.reasons}
    first = {step.do["zh"] for step in pack.gates[gate].steps}
    assert first <= {step.do for step in decision.referral.steps}


@pytest.mark.parametrize("grievance", ["return_refused", "food_unsafe", "payment_stolen", "prepaid_refund_refused"])
def test_other_matters_picked_in_a_form_open_no_gate(engine, grievance):
    assert gates_of(engine, None, facts={"grievances": [grievance]}) == set()


def test_an_age_under_eighteen_in_the_record_opens_the_gate(engine):
    assert "minor" in gates_of(engine, "要求退款", consumer={"age": 17})
    assert "minor" not in gates_of(engine, "要求退款", consumer={"age": 18})
