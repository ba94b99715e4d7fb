"""League tables with their doubt, standings with their evidence, suspected duplicates, masked words."""

import datetime as dt
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from queue_kit import SetClock, complaint, desk

from funnel.errors import InvalidCommandError, InvalidTransitionError, NotEligibleError, UnknownCaseError
from funnel.queue import Agent, masking
from funnel.queue.duplicates import from_text, likeness, sketch, to_text
from funnel.queue.league import Outcome, Rate, league
from funnel.queue.masking import find_personal, mask
from funnel.statistics import wilson

DAY = dt.timedelta(days=1)


@given(of=st.integers(1, 10_000), data=st.data())
def test_wilson_holds_the_share_and_solves_its_equation(of, data):
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    share, z = hits / of, 1.959963984540054
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:  # |share - p| = z * sqrt(p (1 - p) / n) at both ends
            assert math.isclose(abs(share - bound), z * math.sqrt(bound * (1 - bound) / of), rel_tol=1e-6, abs_tol=1e-9)


@given(of=st.integers(1, 200), data=st.data())
def test_ten_times_the_cases_leave_less_doubt(of, data):
    hits = data.draw(st.integers(0, of))
    few, many = wilson(hits, of), wilson(hits * 10, of * 10)
    assert many[1] - many[0] < few[1] - few[0]


def test_nothing_is_known_of_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert Rate(0, 0).value is None
    with pytest.raises(ValueError, match="no rate"):
        Rate(3, 2)


def outcomes(group, good, bad):
    return [Outcome(group, True, True, True, False)] * good + [Outcome(group, False, False, False, True)] * bad


def test_a_few_lucky_cases_do_not_win_and_small_groups_are_not_ranked():
    lines = league([*outcomes("big", 95, 5), *outcomes("lucky", 30, 0), *outcomes("tiny", 3, 0)], minimum=30)
    assert [(line.group, line.rank) for line in lines] == [("big", 1), ("lucky", 2), ("tiny", None)]
    big = next(line for line in lines if line.group == "big")
    assert (big.resolution.hits, big.resolution.of, big.reopened.hits) == (95, 100, 5)


def test_equal_figures_share_a_rank():
    lines = league([*outcomes("a", 30, 0), *outcomes("b", 30, 0), *outcomes("c", 29, 1)], minimum=10)
    assert [(line.group, line.rank) for line in lines] == [("a", 1), ("b", 1), ("c", 3)]


@pytest.fixture
def shop(engine, store):
    clock = SetClock()
    d = desk(engine, store, clock)
    d.put_agent(Agent("bob", "lawyer", supervisor=True, wip_cap=99))
    return d, clock


def resolved(d, outcome="mediated", merchant="shop"):
    case = d.ingest(complaint(merchant={"id": merchant})).case
    return d.resolve(d.claim(case.id, "bob"), outcome, code="x", note="y")


def test_the_table_counts_what_was_kept_and_leaves_out_what_was_merged(shop):
    d, clock = shop
    for outcome in ("mediated", "mediated", "rejected"):
        resolved(d, outcome)
    late = d.ingest(complaint(merchant={"id": "shop"})).case
    double = d.ingest(complaint(merchant={"id": "shop"})).case
    d.merge(double.id, late.id, by="bob", reason="同一件")
    clock.forward(days=8)
    (line,) = d.league(minimum=3)
    assert (line.group, line.cases, line.rank) == ("shop", 4, 1)
    assert (line.response.hits, line.response.of) == (3, 4)  # not swept yet, and overdue all the same
    assert (line.in_time.hits, line.in_time.of) == (3, 4)
    assert (line.resolution.hits, line.resolution.of) == (2, 3)
    assert d.league("trade", minimum=1)[0].group == "general"
    assert d.league(since=clock.now) == ()


def test_withholding_a_line_is_a_recorded_decision(shop):
    d, _ = shop
    resolved(d)
    with pytest.raises(NotEligibleError):
        d.withhold("shop", True, by="max", reason="x")
    d.withhold("shop", True, by="bob", reason="整改期内")
    assert d.league(minimum=1)[0].withheld
    assert d.events(limit=1000)[-1].type == "publication_decided"
    d.withhold("shop", False, by="bob", reason="整改结束")
    assert not d.league(minimum=1)[0].withheld


def test_a_standing_needs_evidence_that_carries_it(shop):
    d, clock = shop
    good, bad, other = resolved(d), resolved(d, "rejected"), resolved(d, merchant="else")
    fraud = {"by": "bob", "reason": "查实以假充真", "until": clock.now + 90 * DAY, "articles": ["cpl/55"]}
    for change in (
        {"evidence": []},
        {"evidence": [bad.id]},
        {"evidence": [other.id]},
        {"evidence": [good.id], "articles": []},
        {"evidence": [good.id], "articles": ["cpl/999"]},
        {"evidence": [good.id], "until": clock.now},
        {"evidence": [good.id], "until": clock.now + 2000 * DAY},
        {"evidence": [good.id], "reason": ""},
    ):
        with pytest.raises(InvalidCommandError):
            d.set_standing("shop", "blacklisted", **(fraud | change))
    with pytest.raises(InvalidCommandError):
        d.set_standing("shop", "banned", evidence=[good.id], **fraud)
    with pytest.raises(UnknownCaseError):
        d.set_standing("shop", "watch", evidence=["nope"], **fraud)
    with pytest.raises(NotEligibleError):
        d.set_standing("shop", "watch", evidence=[good.id], **(fraud | {"by": "max"}))
    assert d.standings("shop") == ()
    made = d.set_standing("shop", "blacklisted", evidence=[good.id], **fraud)
    assert d.standings("shop") == (made,)
    clock.forward(days=90)
    assert d.standings("shop") == ()
    assert d.verify_audit().intact


def test_an_appeal_is_decided_by_somebody_else(shop):
    d, clock = shop
    case = resolved(d)
    made = d.set_standing("shop", "watch", by="bob", reason="x", evidence=[case.id], until=clock.now + 30 * DAY)
    with pytest.raises(InvalidTransitionError):
        d.decide_appeal(made.id, by="lea", lift=True, reason="x")
    assert d.appeal_standing(made.id, "证据有误，电话13800138000").appeal == "证据有误，电话[mobile]"
    with pytest.raises(NotEligibleError, match="somebody else"):
        d.decide_appeal(made.id, by="bob", lift=False, reason="x")
    assert len(d.standings("shop")) == 1
    assert d.decide_appeal(made.id, by="lea", lift=True, reason="证据不足").state == "lifted"
    assert d.standings("shop") == ()
    with pytest.raises(InvalidTransitionError):
        d.appeal_standing(made.id, "再来")


# -- duplicates ----------------------------------------------------------------------------------------------------

words = st.text(alphabet="退款发货客服不理买了七天鞋子裙子abc12 ，。", min_size=1, max_size=120)


@given(a=words, b=words)
def test_likeness_is_a_share_and_knows_itself(a, b):
    one, two = sketch(a), sketch(b)
    assert 0 <= likeness(one, two) == likeness(two, one) <= 1
    assert likeness(one, one) == (1.0 if one else 0.0)
    assert from_text(to_text(one)) == one
    assert sketch(a.upper() + "！ ") == one


@given(a=words, b=words)
def test_of_short_texts_likeness_is_the_jaccard_index_itself(a, b):
    def runs(text):
        plain = "".join(c for c in text.casefold() if c.isalnum())
        return {plain[i : i + 3] for i in range(max(len(plain) - 2, 1))} if plain else set()

    x, y = runs(a), runs(b)
    if x and y and len(x | y) <= 64:
        assert likeness(sketch(a), sketch(b)) == pytest.approx(len(x & y) / len(x | y))


# -- masking -------------------------------------------------------------------------------------------------------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@st.composite
def id_cards(draw):
    day = draw(st.dates(dt.date(1940, 1, 1), dt.date(2015, 1, 1)))
    body = f"{draw(st.integers(110000, 659999))}{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 11]


@st.composite
def bank_cards(draw):
    body = f"62{draw(st.integers(10**13, 10**14 - 1))}"
    total = sum((int(c) * 2 - 9 * (int(c) > 4)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
    return body + str(-total % 10)


mobiles = st.integers(13_000_000_000, 19_999_999_999).map(str)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
HANZI = str.maketrans("0123456789", "零一二三四五六七八九")
spellings = st.sampled_from(
    [
        lambda n: n,
        lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
        lambda n: f"{n[:3]}-{n[3:7]}-{n[7:]}",
        lambda n: n.translate(WIDE),
        lambda n: n.translate(HANZI),
    ]
)


@given(number=mobiles, spelling=spellings)
def test_mobile_numbers_are_masked_however_spelled(number, spelling):
    text = f"请打{spelling(number)}找我"
    assert mask(text) == "请打[mobile]找我"


@given(number=id_cards())
def test_identity_cards_are_masked_and_a_wrong_digit_is_none(number):
    assert mask(f"身份证{number}。") == "身份证[id_card]。"
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert "id_card" not in mask(f"编号{wrong}。")


@given(number=bank_cards())
def test_bank_cards_are_masked(number):
    assert mask(f"卡号{number}，退到这里") == "卡号[bank_card]，退到这里"


@given(text=st.text(max_size=80))
def test_masking_twice_is_masking_once_and_places_lie_in_the_text(text):
    assert mask(mask(text)) == mask(text)
    found = find_personal(text)
    assert all(0 <= a.start < a.end <= len(text) for a in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


ODD = st.text(alphabet="零一三五八幺138０５①²ⅧＱqQ微信vV京沪浙A·- 收件人我叫王小明地址住在杭州路号@.a", max_size=30)


@given(text=ODD | st.text(max_size=40))
def test_the_quick_look_passes_over_nothing(text):
    """`find_personal` leaves a text alone at once where a quick look sees no sign; the long way must agree."""
    if not masking._TRIGGER.search(text):
        assert list(masking._all(masking._plain(text))) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("邮箱 a.b-c@mail.example.com 收", "邮箱 [email] 收"),
        ("座机0571-87654321转3", "座机[landline]转3"),
        ("收件人：张三丰，电话13912345678", "收件人：[name]，电话[mobile]"),
        ("地址：浙江省杭州市西湖区文三路100号2单元301室", "地址：[address]"),
        ("加我微信号abc_12345聊", "加我微信号[account]聊"),
        ("车牌浙A·12345的车", "车牌[plate]的车"),
        ("退款299.00元，3天内，2026-11-03买的", "退款299.00元，3天内，2026-11-03买的"),
        ("订单号2026110312345670001没有发货", "订单号2026110312345670001没有发货"),
        ("七天无理由，一共一千二百元", "七天无理由，一共一千二百元"),
    ],
)
def test_what_is_masked_and_what_is_left(text, masked):
    assert mask(text) == masked


def test_a_name_that_nothing_announces_is_missed():
    """Said plainly in the module: this is not a promise to find every name."""
    assert mask("那个王小明骗了我") == "那个王小明骗了我"
