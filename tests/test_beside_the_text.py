"""What stands beside the words that rules read: notes of evidence, other languages, another matter that is owed more. None of it is passed over."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import COMPILED, ENGINE, PACK, SETTLING

from funnel.author.scenario_tests import as_of_day
from funnel.complaint import Complaint, Evidence
from funnel.engine.decide import decide
from funnel.facts.unread import not_chinese

ONE_A_RULE = {test.rule: test for test in reversed(SETTLING) if test.complaint.text}
DAY = dt.date(2026, 11, 10)
ON_RECORD = {"grade": "record", "source": "系统"}


def recorded(**facts):
    return {name: {"value": value, **ON_RECORD} for name, value in facts.items()}


def decided(test, **changed):
    return decide(COMPILED, test.complaint.model_copy(update=changed), as_of=as_of_day(COMPILED, test))


def reasons(decision):
    return [] if decision.referral is None else [(r.code, r.gate) for r in decision.referral.reasons]


# --- evidence -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", sorted(ONE_A_RULE))
def test_a_medical_record_among_the_evidence_brings_a_lawyer_whatever_rule_would_settle(rule):
    test = ONE_A_RULE[rule]
    assert decided(test).outcome == "settle"
    for kind in ("medical_record", "病历", "诊断证明"):
        decision = decided(test, evidence=(*test.complaint.evidence, Evidence(kind=kind)))
        assert (decision.outcome, decision.tier) == ("refer", "lawyer")
        assert ("gate", "injury") in reasons(decision)


@pytest.mark.parametrize("rule", sorted(ONE_A_RULE))
@pytest.mark.parametrize(
    ("evidence", "gate"),
    [
        (Evidence(kind="photo", note="孩子手被烫伤的照片"), "injury"),
        (Evidence(kind="other", note="派出所的报警回执"), "crime"),
        (Evidence(kind="报警回执"), "crime"),
    ],
)
def test_a_note_that_would_open_a_gate_as_words_of_the_complaint_has_a_person_look(rule, evidence, gate):
    test = ONE_A_RULE[rule]
    decision = decided(test, evidence=(*test.complaint.evidence, evidence))
    assert decision.outcome == "refer"
    (found,) = (r for r in decision.referral.reasons if r.gate == gate)
    assert found.code == "gate-suspected"
    assert (evidence.note or evidence.kind) in found.text
    looked = {name: False for r in decision.referral.reasons for name in (r.fact or "").split(",")}
    settled = decided(
        test,
        evidence=(*test.complaint.evidence, evidence),
        facts={**test.complaint.facts, **looked},
    )
    assert settled.outcome == "settle"


def test_notes_that_say_what_a_picture_shows_change_nothing():
    test = ONE_A_RULE["goods.quality-defect"]
    plain = (Evidence(kind="photo", note="开不了机的照片"), Evidence(kind="截图"), Evidence(kind="chat", note=" "))
    decision = decided(test, evidence=plain)
    assert decision.outcome == "settle"
    assert decision.matters[0].remedies == decided(test).matters[0].remedies


@given(
    test=st.sampled_from(SETTLING),
    notes=st.lists(
        st.text("已经退给我了手烫伤报警孩子没有不是调解协议照片12。，", max_size=16) | st.text(max_size=8), max_size=3
    ),
)
def test_no_note_lets_a_machine_settle_more(test, notes):
    written = tuple(Evidence(kind="other", note=note) for note in notes if "\x00" not in note)
    with_notes, without = decided(test, evidence=written), decided(test, evidence=())
    if with_notes.outcome == "settle":
        assert without.outcome == "settle"
        assert [m.remedies for m in with_notes.matters] == [m.remedies for m in without.matters]


# --- other languages ------------------------------------------------------------------------------------------------------------

FOREIGN = [
    "I got burned by it",
    "already refunded to my card",
    "please cancel this complaint, solved",
    "me quemé la mano",
    "wo yijing shoudao tuikuan le",
    "REFUND WAS PAID TO ME ALREADY",
    "やけどをしましたのでびょういんへ",
    "화상을 입었어요",
    "Мне уже вернули деньги",
]
NAMES = [
    "买的是 Apple iPhone 15 Pro Max 256 GB",
    "Nintendo Switch OLED 和 JBL Go 3",
    "the north face 那件",
    "见 https://item.example.com/100012.html?a=b&c=d",
    "made in China 的",
    "size: L, color: black",
]


@pytest.mark.parametrize("rule", sorted(ONE_A_RULE))
def test_a_sentence_in_another_language_is_not_read_and_so_not_settled(rule):
    test = ONE_A_RULE[rule]
    for words in FOREIGN[:3]:
        decision = decided(test, text=f"{test.complaint.text}。{words}")
        assert decision.outcome == "refer"
        assert ("unreadable-field", "unreadable-field") in reasons(decision)


def test_a_note_of_evidence_in_another_language_is_not_read_either_and_a_name_of_a_file_is_no_sentence():
    test = ONE_A_RULE["returns.no-reason-refused"]
    decision = decided(test, evidence=(Evidence(kind="photo", note="photo of my burned hand"),))
    assert [(r.code, r.fact) for r in decision.referral.reasons] == [("unreadable-field", "evidence.0.note")]
    assert decided(test, evidence=(Evidence(kind="photo", note="IMG_2031.JPG"),)).outcome == "settle"


@pytest.mark.parametrize("words", FOREIGN)
def test_a_sentence_in_another_language_is_one(words):
    assert not_chinese(f"用了两天就坏了。{words}。要求退款") == words


@pytest.mark.parametrize("words", NAMES)
def test_names_of_goods_addresses_and_labels_are_no_sentences(words):
    assert not_chinese(f"用了两天就坏了，{words}，要求退款") is None


@given(st.text() | st.text("the is my refund 退款 iPhone 15 .,'", max_size=60))
def test_what_is_not_read_is_a_passage_of_the_text(text):
    found = not_chinese(text)
    assert found is None or (found in text and found)


def test_a_text_made_to_take_long_ends_at_once():
    for text in ("a " * 2_000, "가 " * 2_000, "の" * 2_000, "aaa-" * 2_000, "a1" * 2_000):
        not_chinese(text * 20)


@pytest.mark.parametrize("text", ["x", "x1", "x'", "аб", "x!"])
def test_a_word_without_end_takes_time_by_its_length_and_not_by_its_square(text):
    """16,000 letters in a row took two seconds, and 200,000 would have taken six minutes."""
    started = time.perf_counter()
    not_chinese("不发货" + text * 200_000)
    assert time.perf_counter() - started < 5


# --- another matter ------------------------------------------------------------------------------------------------------------

RETURNED = recorded(return_received_on="2026-11-01", refund_paid=False, refund_sent=False)
VISIT = recorded(svc_booked=True, svc_performed=False, svc_cancel_by_consumer=False, svc_fee=80.0)
HIRED = recorded(
    deposit_paid=True,
    deposit_word="security",
    deposit_forfeit_agreed=False,
    deposit_due_back=True,
    deposit_amount=100.0,
)
SHORT = {
    "all_affected": True,
    **recorded(missing_pieces=1, parcel_underweight=True, merchant_reply="silent"),
    "shortage_shown": {"value": True, "grade": "evidence", "source": "视频"},
}
UNLIKE = {"mismatch_shown": {"value": True, "grade": "evidence", "source": "照片"}}
TWO = {
    "goods went back, and nobody came to install": (
        "热水器不想要了退回去了，店家签收十来天一直不退款；约好的上门安装师傅也没来过",
        {"category": "appliance", "price": "1299.00", "paid_at": "2026-10-20", "signed_at": "2026-10-23"},
        RETURNED | VISIT,
    ),
    "a return refused, and nobody came to install": (
        "不喜欢想退货，店家死活不给退，另外预约的安装师傅也一直没来",
        {"category": "general", "price": "1299.00", "paid_at": "2026-11-04", "signed_at": "2026-11-07"},
        {"goods_intact": True, **VISIT},
    ),
    "a security deposit, and other goods that went back": (
        "租的相机押金不退，另外买的三脚架退货商家早就签收了，一直不退款",
        {"category": "general", "price": "500.00", "paid_at": "2026-10-20", "signed_at": "2026-10-23"},
        RETURNED | HIRED,
    ),
}


PIECE = (
    "三件少发了一件，收到的两件也货不对板，页面写羊毛，实际是腈纶",
    {"category": "clothing", "price": "60.00", "quantity": 3, "paid_at": "2026-11-04", "signed_at": "2026-11-08"},
    SHORT | UNLIKE,
)


def of(text, order, facts):
    return Complaint(
        id="two",
        received_at="2026-11-10T10:00:00+08:00",
        text=text,
        claims=["refund"],
        order={"kind": "physical", "quantity": 1, **order},
        facts=facts,
    )


@pytest.mark.parametrize("case", TWO)
def test_a_rule_that_goes_before_those_for_goods_does_not_cover_goods_that_went_back_besides(case):
    decision = ENGINE.decide(of(*TWO[case]))
    assert decision.outcome == "refer"
    assert {("gate", "goods-besides"), ("rule-refers", None)} & set(reasons(decision))


def test_a_piece_missing_and_the_others_shown_to_be_unlike_go_to_a_person_and_only_said_to_be_it_ends_with_the_piece():
    text, order, facts = PIECE
    shown = ENGINE.decide(of(text, order, facts))
    assert (shown.outcome, shown.tier) == ("refer", "mediator")
    said = ENGINE.decide(
        of("三件少发了一件，货不对板", order, {name: facts[name] for name in facts if name not in UNLIKE})
    )
    assert (said.outcome, said.matters[0].remedies[0].amount) == ("settle", "60.00")


def test_a_counterfeit_that_was_broken_on_the_way_is_a_counterfeit():
    facts = {
        "transit_kind": "damaged",
        "transit_damage_shown": {"value": True, "grade": "evidence", "source": "照片"},
        **recorded(carrier_confirmed_lost=False, merchant_reply="admits"),
    }
    order = {
        "category": "cosmetics",
        "price": "120.00",
        "paid_at": "2026-11-04",
        "signed_at": "2026-11-08T15:00:00+08:00",
    }
    complaint = of("快递箱子压烂了，里面的香水全碎了，专柜鉴定了是假货，要求退款", order, facts)
    decision = ENGINE.decide(
        complaint.model_copy(update={"received_at": dt.datetime.fromisoformat("2026-11-08T20:00:00+08:00")})
    )
    (matter,) = decision.matters
    assert matter.scenario == PACK.rules["goods.fake-fraud"].scenario
    assert matter.considers  # threefold, for people
