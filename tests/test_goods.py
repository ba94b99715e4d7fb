"""Goods: sellers' words give the right kind or none, and the law of each kind is written down."""

import datetime as dt
import random
import re
import shutil
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from shipped import COMPILED, PACK, SUITE

import funnel
from funnel.engine.decide import compile_pack, decide, reason
from funnel.engine.engine import to_complaint
from funnel.facts.vocabulary import Member, about_of, kind_in_words, wider_than
from funnel.law.register import LawError
from funnel.pack.loader import data_folder

KINDS = PACK.vocabulary["goods_kind"].members
MINI = Path(__file__).parent / "packs" / "mini"

MEANS = {
    "general": ["日用百货", "某品牌纸尿裤 L码 60片", "家居家纺", "手机壳 防摔", "水果刀套装", "冰箱贴 磁性", "内衣收纳盒", "宠物食品", "宠物猫粮 5斤", "宠物狗牵引绳", "空调被 夏凉被", "化妆镜 带灯", "食品包装袋 100只", "平板支架", "金鱼图案", "鸡蛋形计时器", "永生花束", "多肉花盆", "盆栽土"],
    "clothing": ["女装/连衣裙", "运动鞋 男", "羽绒服", "旅游鞋", "双肩包", "纯棉T恤"],
    "underwear": ["内衣", "服装内衣", "女士文胸 无痕", "泳衣"],
    "electronics": ["手机通讯", "智能手机 256G", "笔记本电脑", "蓝牙耳机", "数码相机", "服务器", "电子书阅读器"],
    "appliance": ["家电", "电视机 75寸", "滚筒洗衣机", "净水器", "空气炸锅 5L"],
    "food": ["休闲零食", "婴幼儿奶粉", "预包装食品", "鲜花饼", "水果罐头", "牛肉干 500g", "裙带菜", "咖啡 速溶"],
    "health_food": ["保健品", "食品/保健食品", "深海鱼油 软胶囊", "膳食营养补充剂"],
    "fresh": ["生鲜水果", "进口车厘子 JJJ 2斤", "食品生鲜", "大闸蟹 公4两", "鲜花 同城"],
    "meal": ["外卖", "餐饮美食外卖"],
    "custom_made": ["来图定制", "私人订做", "刻字"],
    "digital_content": ["正版软件", "电子书", "音像制品", "激活码"],
    "virtual": ["游戏点卡", "话费充值", "Q币", "软件 兑换码"],
    "newspaper": ["报刊", "期刊杂志"],
    "cosmetics": ["美妆护肤品", "防晒霜 SPF50", "洗发水 500ml", "补水面膜"],
    "drug": ["药品", "感冒药", "中成药 非处方药"],
    "medical_device": ["医疗器械", "隐形眼镜 月抛", "电子血压计", "计生用品"],
    "jewellery": ["珠宝首饰", "足金黄金手镯", "钻戒"],
    "service": ["家政服务", "安装服务", "上门维修"],
    "prepaid": ["健身卡 年费", "美容卡", "储值卡"],
    "travel": ["机票", "酒店住宿", "跟团游 三亚", "景区门票"],
    "subscription": ["视频会员", "连续包月"],
}  # fmt: skip

OPEN = [
    "苹果", "小米", "苹果 12", "笔记本", "维生素", "维生素C 片", "年卡", "礼盒套装", "蛋糕", "", "其他", "杂项", "虚拟", "卡券",
    "定制手机", "定制T恤 衣服", "玩具 零食", "手机 水果", "家电数码", "定制洗发水", "草莓味饼干", "酒店 电视", "手机话费", "空调安装", "食品级手机",
    "服装 化妆品", "定制蛋糕 奶粉", "手机钢化膜",
]  # fmt: skip


def kind_of(words):
    complaint = to_complaint({"id": "x", "text": "退货", "order": {"category_text": words}})
    facts = reason(COMPILED, complaint, as_of=dt.date(2026, 11, 10)).intake.facts
    return facts.value("goods_kind")


@pytest.mark.parametrize(("kind", "words"), [(k, w) for k, words in MEANS.items() for w in words])
def test_sellers_words_mean_their_kind(kind, words):
    assert kind_in_words(KINDS, words) == kind


@pytest.mark.parametrize("words", OPEN)
def test_words_of_two_things_or_of_none_leave_the_kind_open(words):
    assert kind_in_words(KINDS, words) is None


@pytest.mark.parametrize(
    ("words", "kind"), [("進口水果", "fresh"), ("Ｔ恤", "clothing"), ("手 机", "electronics"), ("定制手机", None)]
)
def test_the_words_come_from_the_order_in_any_script_or_spacing(words, kind):
    assert kind_of(words) == kind


def test_every_kind_has_a_test_of_its_words():
    assert MEANS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_name_of_a_kind_alone_means_that_kind_and_no_other(kind):
    for word in KINDS[kind].words:
        assert kind_in_words(KINDS, word) == kind, word


@given(
    one=st.sampled_from(sorted((w, k) for k, m in KINDS.items() for w in m.words)),
    two=st.sampled_from(sorted((w, k) for k, m in KINDS.items() for w in m.words)),
)
def test_words_of_two_unrelated_kinds_never_give_one_of_them(one, two):
    (word, kind), (other, second) = one, two
    assume(kind != second)
    found = kind_in_words(KINDS, f"{word}；{other}")
    if second in wider_than(KINDS, kind):
        assert found == kind
    elif kind in wider_than(KINDS, second):
        assert found == second
    else:
        assert found is None


@given(seed=st.integers(), words=st.text(alphabet="水果刀鲜花饼手机壳定制内衣服装食品保健 /", max_size=12))
def test_the_kind_does_not_depend_on_the_order_of_the_vocabulary(seed, words):
    shuffled = list(KINDS.items())
    random.Random(seed).shuffle(shuffled)
    assert kind_in_words(dict(shuffled), words) == kind_in_words(KINDS, words)


def test_a_wider_value_yields_to_its_own_kind_and_only_to_that():
    members = {
        "food": Member("food", MappingProxyType({"zh": "食品"})),
        "health": Member("health", MappingProxyType({"zh": "保健品"}), (), "food"),
        "drug": Member("drug", MappingProxyType({"zh": "药品"})),
    }
    assert kind_in_words(members, "食品 保健品") == "health"
    assert kind_in_words(members, "食品 药品") is None
    assert kind_in_words(members, "保健品 药品") is None


# --- kinds within kinds -------------------------------------------------------------------------------------------------


@pytest.fixture
def nested(tmp_path):
    def make(
        condition,
        values="general: {zh: 一般}, fresh: {zh: 生鲜}, fruit: {zh: 水果, within: fresh}, berry: {zh: 莓果, within: fruit}, custom: {zh: 定制}",
    ):
        target = tmp_path / "mini"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(MINI, target)
        facts = target / "vocabulary" / "facts.yaml"
        text = re.sub(r"values: \{general: .*", f"values: {{{values}}}", facts.read_text("utf-8"))
        facts.write_text(text, "utf-8")
        rule = target / "goods" / "return.yaml"
        old = "{goods_kind: {in: [custom, fresh]}}"
        assert old in rule.read_text("utf-8")
        rule.write_text(rule.read_text("utf-8").replace(old, condition), "utf-8")
        return funnel.check_pack(target)

    return make


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{goods_kind: fresh}", {"fresh", "fruit", "berry"}),
        ("{goods_kind: {in: [fresh, custom]}}", {"fresh", "fruit", "berry", "custom"}),
        ("{goods_kind: {is: fruit}}", {"fruit", "berry"}),
        ("{goods_kind: berry}", {"berry"}),
        ("{goods_kind: {is_not: fresh}}", {"general", "custom"}),
        ("{goods_kind: {not_in: [fruit]}}", {"general", "custom", "fresh"}),
    ],
)
def test_a_condition_on_a_kind_holds_for_the_kinds_within_it(nested, condition, holds):
    pack = nested(condition).pack
    compiled = compile_pack(pack)
    found = set()
    for kind in pack.vocabulary["goods_kind"].members:
        order = {"category": kind, "price": "100", "quantity": 1, "signed_at": "2026-11-08"}
        content = {"id": "c", "received_at": "2026-11-10T10:00:00+08:00", "text": "卖家就是不给退", "order": order, "facts": {"goods_intact": True}}  # fmt: skip
        decision = decide(compiled, to_complaint(content), as_of=to_complaint(content).received_at.date())
        (matter,) = decision.matters
        if any(e.truth == "true" for e in matter.exceptions):
            found.add(kind)
    assert found == holds


@pytest.mark.parametrize(
    "values",
    [
        "general: {zh: 一般}, fresh: {zh: 生鲜, within: fruit}, custom: {zh: 定制}",
        "general: {zh: 一般}, fresh: {zh: 生鲜, within: fresh}, custom: {zh: 定制}",
        "general: {zh: 一般, within: fresh}, fresh: {zh: 生鲜, within: general}, custom: {zh: 定制}",
    ],
)
def test_a_kind_within_none_or_within_itself_is_an_error(nested, values):
    loaded = nested("{goods_kind: fresh}", values)
    assert loaded.pack is None
    assert {d.code for d in loaded.diagnostics if d.severity == "error"} & {"F204", "F206"}


@pytest.mark.parametrize("about", ["[fruit]", "[custom]", "[fresh, nothing]"])
def test_a_kind_about_none_or_about_itself_is_an_error(nested, about):
    values = f"general: {{zh: 一般}}, fresh: {{zh: 生鲜}}, custom: {{zh: 定制, about: {about}}}"
    loaded = nested("{goods_kind: fresh}", values)
    assert loaded.pack is None
    assert "F204" in {d.code for d in loaded.diagnostics if d.severity == "error"}


# --- the law of each kind -----------------------------------------------------------------------------------------------

NO_RETURN = {"custom_made", "fresh", "digital_content", "virtual", "newspaper", "meal", "service", "prepaid", "travel", "subscription"}  # fmt: skip
BY_A_PERSON = {"drug"}  # no machine takes a drug back


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_no_reason_return_is_settled_only_for_kinds_that_the_law_lets_go_back(kind):
    content = {
        "id": "c",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": "不喜欢想退货，店家死活不给退",
        "order": {"kind": "physical", "category": kind, "price": "199.00", "quantity": 1, "paid_at": "2026-11-04", "signed_at": "2026-11-07"},
        "facts": {"goods_intact": True, "opened": False, "activated": False, "no_return_confirmed": {"value": False, "grade": "record"}},
    }  # fmt: skip
    decision = decide(COMPILED, to_complaint(content), as_of=to_complaint(content).received_at.date())
    assert decision.outcome == ("refer" if kind in NO_RETURN | BY_A_PERSON else "settle")


RETURNS = {"return7_refused", "return7_exception"}
SETTLED = [t for t in SUITE.tests if PACK.rules[t.rule].scenario in RETURNS and t.expect.get("outcome") == "settle"]


def with_kind(complaint, kind, **facts):
    order = complaint.order.model_copy(update={"category": kind, "category_text": None})
    known = {name: value for name, value in complaint.facts.items() if name != "goods_kind"}
    return complaint.model_copy(update={"order": order, "facts": {**known, **facts}})


@pytest.mark.parametrize("kind", sorted(NO_RETURN))
def test_no_settlement_of_a_refused_return_stands_for_the_kinds_that_do_not_go_back(kind):
    """Not of the rule on disputed exceptions: a merchant may have promised to take even those back."""
    for test in [t for t in SETTLED if PACK.rules[t.rule].scenario == "return7_refused"]:
        decision = decide(COMPILED, with_kind(test.complaint, kind), as_of=test.complaint.received_at.date())
        assert decision.outcome != "settle", f"{test.rule}: {test.name}"


@pytest.mark.parametrize("kind", ["food", "health_food", "cosmetics", "medical_device"])
def test_no_rule_about_no_reason_returns_settles_where_the_seal_of_such_goods_is_broken(kind):
    """Article 9 (1) of the measures: food, health food, cosmetics, medical devices and contraceptives."""
    assert SETTLED
    for test in SETTLED:
        complaint = with_kind(test.complaint, kind, opened=True)
        decision = decide(COMPILED, complaint, as_of=complaint.received_at.date())
        settled = {matter.scenario for matter in decision.matters if matter.outcome == "settle"}  # a defect may
        assert not settled & RETURNS, f"{test.rule}: {test.name}: name {kind} beside food and cosmetics"


@pytest.mark.parametrize("page", ["goods.zh-CN.md", "goods.md"])
def test_the_table_of_the_law_names_every_kind_and_articles_that_are_in_force(page):
    path = data_folder("rules").parent / "docs" / page
    if not path.is_file():
        pytest.skip("an installed wheel has no docs")
    rows = [line for line in path.read_text("utf-8").splitlines() if line.startswith("| `")]
    named = {re.match(r"\| `(\w+)`", row).group(1): row for row in rows}
    assert named.keys() == KINDS.keys()
    for kind, row in named.items():
        cited = re.findall(r"[a-z_0-9]+/[0-9]+", row.split("|")[-2])
        assert cited, kind
        for citation in cited:
            try:
                assert PACK.register.resolve(citation, PACK.rules["returns.no-reason-refused"].reviewed).verified
            except LawError as error:  # pragma: no cover (the message is what matters)
                pytest.fail(f"{kind}: {citation}: {error}")
        wider = KINDS[kind].within
        assert (f"`{wider}`" in row.split("|")[1]) is (wider is not None)


# --- a kind and a seller's words beside it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words", "means"),
    [
        ("general", "水果刀", "general"),
        ("general", "爆款好物", "general"),
        ("general", "大闸蟹 公4两", "fresh"),
        ("general", "定制刻字项链", None),
        ("food", "保健品", "health_food"),
        ("health_food", "食品", "health_food"),
        ("electronics", "蓝牙耳机", "electronics"),
        ("electronics", "手机壳", "electronics"),
        ("general", "金鱼图案挂画", "general"),
        ("general", "金鱼 三尾", "fresh"),
        ("general", "未来图书馆", "general"),
        ("general", "来图印杯", "custom_made"),
        ("general", "打印字帖", "general"),
        ("general", "电子琴送视频教程", "general"),
        ("general", "尤克里里视频教程", "digital_content"),
        ("general", "超市卡通贴纸", "general"),
        ("general", "苹果手机壳", "general"),
        ("general", "苹果 5斤", "fresh"),
        ("electronics", "定制手机", None),
    ],
)
def test_words_beside_a_kind_are_heard(kind, words, means):
    order = {"category": kind, "category_text": words}
    facts = reason(
        COMPILED, to_complaint({"id": "x", "text": "退货", "order": order}), as_of=dt.date(2026, 11, 10)
    ).intake.facts
    assert facts.value("goods_kind") == means
    assert "goods_kind" not in facts.disputed


def facts_of_order(kind, words):
    order = {"category": kind, "category_text": words}
    complaint = to_complaint({"id": "x", "text": "退货", "order": order})
    return reason(COMPILED, complaint, as_of=dt.date(2026, 11, 10)).intake.facts


@pytest.mark.parametrize(
    ("kind", "words", "also"),
    [
        ("food", "新鲜水果", "fresh"),
        ("food", "手机", "electronics"),
        ("electronics", "上门维修", "service"),
        ("clothing", "水果", "fresh"),
        ("subscription", "鲜奶 按月送", "fresh"),
        ("subscription", "杂志 全年", "newspaper"),
        ("virtual", "礼品卡", "prepaid"),
        ("meal", "手机", "electronics"),
        ("digital_content", "羽绒服", "clothing"),
    ],
)
def test_words_that_contradict_a_kind_are_in_dispute_with_it(kind, words, also):
    assert {known.value for known in facts_of_order(kind, words).disputed["goods_kind"]} == {kind, also}


@pytest.mark.parametrize(
    ("kind", "words", "means"),
    [
        ("service", "空调清洗上门", "service"),
        ("service", "相机租赁押金", "service"),
        ("service", "手机换屏", "service"),
        ("service", "油烟机维修", "service"),
        ("service", "衣服干洗", "service"),
        ("service", "手机维修 酒店上门", "travel"),
        ("prepaid", "水果店储值", "prepaid"),
        ("prepaid", "鲜花店会员卡", "prepaid"),
        ("travel", "海鲜自助 门票", "travel"),
        ("virtual", "手机充值 100元", "virtual"),
        ("virtual", "加油卡充值", "virtual"),
        ("virtual", "视频会员 月卡", "virtual"),
        ("digital_content", "电脑软件", "digital_content"),
        ("subscription", "电视会员", "subscription"),
        ("subscription", "网盘会员", "subscription"),
        ("meal", "水果捞", "meal"),
    ],
)
def test_what_a_service_is_about_is_no_other_kind(kind, words, means):
    facts = facts_of_order(kind, words)
    assert facts.value("goods_kind") == means
    assert "goods_kind" not in facts.disputed


@given(st.data())
def test_words_for_what_a_kind_may_be_about_never_dispute_it_and_those_for_other_kinds_do(data):
    """Over every kind and every name of every other: what the vocabulary says is what the engine does."""
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    other = data.draw(st.sampled_from(sorted(KINDS.keys() - {kind, "general"})))
    word = data.draw(st.sampled_from(KINDS[other].words))
    assume(kind != "general" and kind not in wider_than(KINDS, other) and other not in wider_than(KINDS, kind))
    facts = facts_of_order(kind, word)
    if other in about_of(KINDS, kind):
        assert facts.value("goods_kind") == kind
    elif kind_in_words(KINDS, word) == other:
        assert {known.value for known in facts.disputed["goods_kind"]} == {kind, other}


def test_what_holds_of_a_kind_is_about_the_same_as_the_wider_one_and_never_itself():
    for kind in KINDS:
        about = about_of(KINDS, kind)
        assert kind not in about
        for wider in wider_than(KINDS, kind):
            assert about_of(KINDS, wider) <= about


@pytest.mark.parametrize(
    ("platform", "named"),
    [("闲鱼App", {"second_hand"}), ("闲鱼/转转", {"second_hand"}), ("抖音商城", {"shops"}), ("大明的店", None), ("淘宝闲鱼", {"shops", "second_hand"})],
)  # fmt: skip
def test_a_field_of_words_says_every_value_that_it_names(platform, named):
    complaint = to_complaint({"id": "x", "text": "退货", "platform": platform})
    facts = reason(COMPILED, complaint, as_of=dt.date(2026, 11, 10)).intake.facts
    assert facts.value("platform_named") == frozenset(named or ())
