"""What records show a complaint to be about: only where words and forms name nothing, only what the words bear out, never another sum."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import COMPILED, ENGINE, PACK, SETTLING

import funnel
from funnel.author.diff import compare
from funnel.author.scenario_tests import as_of_day
from funnel.engine.decide import decide, reason
from funnel.facts.values import RECORDS
from funnel.facts.vocabulary import GRIEVANCES
from funnel.pack.examples import read_examples

DAY = dt.date(2026, 11, 28)
WORDS_ALONE = funnel.Engine(replace(PACK, likeness=None))
MINI = Path(__file__).parent / "packs" / "mini"
OVERDUE = {
    "id": "c",
    "received_at": "2026-11-12T07:50:00+08:00",
    "claims": ["refund"],
    "order": {
        "kind": "physical",
        "category": "appliance",
        "price": "499.00",
        "quantity": 1,
        "paid_at": "2026-10-20T08:00:00+08:00",
        "shipped_at": "2026-10-20T19:00:00+08:00",
        "signed_at": "2026-10-24T12:10:00+08:00",
    },
    "facts": {
        name: {"value": value, "grade": "record", "source": "系统"}
        for name, value in {
            "return_notice_on": "2026-10-27",
            "return_received_on": "2026-11-01",
            "refund_paid": False,
            "refund_sent": False,
        }.items()
    },
}
UNKNOWN_WORDS = "破壁机11月1号到的他仓库，系统里一直显示“待商家退款”，老是这样真的寒心"


def shown(complaint, as_of=None):
    known = ENGINE.reason(complaint, as_of=as_of).intake.facts.known[GRIEVANCES]
    return known.value if known.source == RECORDS else frozenset()


def examples_of(scenario):
    """What teaches likeness of a scenario: texts that it knows."""
    found = read_examples(PACK).examples
    return [one.text for one in found if one.matters[:1] == (scenario,)]


def named_by_words(complaint):
    """The grievances that the words of a complaint name, without records and likeness."""
    bare = {key: value for key, value in complaint.items() if key in {"id", "received_at", "text"}}
    return WORDS_ALONE.reason(bare).intake.facts.value(GRIEVANCES)


def amounts(decision):
    return [(r.kind, r.amount, r.payer) for m in decision.matters for r in m.remedies]


def without_words(test):
    facts = {name: value for name, value in test.complaint.facts.items() if name != GRIEVANCES}
    return test.complaint.model_copy(update={"text": None, "facts": facts})


def test_a_refund_overdue_on_record_is_settled_in_words_that_no_rule_knows():
    decision = ENGINE.decide(OVERDUE | {"text": UNKNOWN_WORDS})
    assert (decision.outcome, decision.matters[0].rule) == ("settle", "returns.refund-delay")
    assert amounts(decision) == [("refund", "499.00", "merchant")]
    assert any("由记录看出" in step.text for step in decision.explanation)


@pytest.mark.parametrize("text", ["东西很好用，五星好评", "请问你们几点下班", "主播说是正品，我怀疑是假货"])
def test_words_that_do_not_bear_it_out_are_not_overruled(text):
    assert not shown(OVERDUE | {"text": text})


def test_without_any_words_what_records_show_is_enough():
    assert shown(OVERDUE) == {"refund_delayed"}
    assert ENGINE.decide(OVERDUE).outcome == "settle"


@pytest.mark.parametrize("picked", [[], ["quality_defect"]])
def test_what_a_form_says_goes_before_what_records_show(picked):
    facts = OVERDUE["facts"] | {GRIEVANCES: picked}
    for text in (None, UNKNOWN_WORDS):
        assert not shown(OVERDUE | {"facts": facts, "text": text})


def test_what_words_name_goes_before_what_records_show():
    told = OVERDUE | {"text": "收到就是坏的，开不了机，要求退货退款"}
    assert ENGINE.reason(told).intake.facts.value(GRIEVANCES) == {"quality_defect"}


RETURNED = OVERDUE | {
    "received_at": "2026-10-30T09:00:00+08:00",
    "claims": ["return", "refund"],
    "facts": {
        "goods_intact": True,
        "for_consumption": True,
        "return_notice_on": {"value": "2026-10-27", "grade": "record"},
        "no_return_confirmed": {"value": False, "grade": "record"},
        "merchant_reply": {"value": "silent", "grade": "record"},
    },
}


def test_words_that_no_rule_takes_up_here_name_nothing():
    """That nobody answers is no matter of its own beside a claim for the money: the records say what nobody answers to."""
    told = [RETURNED | {"text": f"{text}。卖家不处理"} for text in examples_of("return7_refused")]
    told = [one for one in told if named_by_words(one) == {"complaint_ignored"}]
    known = [ENGINE.reason(one).intake.facts.known[GRIEVANCES] for one in told]
    assert len(known) > 5
    right = {"complaint_ignored", "return_refused"}
    assert sum(one.source == RECORDS and one.value == right for one in known) > len(known) / 2


UNSIGNED = OVERDUE | {
    "facts": {
        name: {"value": False, "grade": "record"}
        for name in ("signed_by_consumer", "collected", "proxy_agreed", "still_at_point", "refund_paid")
    }
}


def test_each_value_that_picks_a_likely_rule_is_borne_out_and_not_its_first_alone():
    """Two grievances lead to the rule on what somebody else signed for; records show the one, a form would first offer the other."""
    assert COMPILED.likenesses.picks["delivery.signed-dispute"] == "left_elsewhere"
    told = [UNSIGNED | {"text": text} for text in examples_of("signed_dispute")]
    unnamed = [one for one in told if not named_by_words(one)]
    assert len(unnamed) > 20
    assert sum("signed_not_received" in shown(one) for one in unnamed) > len(unnamed) / 2


def test_records_answer_what_the_consumer_would_be_asked():
    """Words name one matter, the text reads far more like another, and that one is on record."""
    facts = {"cancelled_by": "merchant", "refund_paid": False}
    told = OVERDUE | {
        "claims": ["restore_order"],
        "text": "第二天人家招呼都不打一声就给取消了，说系统出毛病。我点进去一看，还在卖，涨了六十！钱还没退，我也不要退，按我付的价给我发来",
    }
    assert any(q.fact == GRIEVANCES for q in ENGINE.decide(told | {"facts": {}}).questions)
    told |= {"facts": {name: {"value": value, "grade": "record"} for name, value in facts.items()}}
    assert "order_cancelled" in shown(told)
    assert not any(q.fact == GRIEVANCES for q in ENGINE.decide(told).questions)


def test_what_is_not_known_shows_nothing():
    facts = {name: value for name, value in OVERDUE["facts"].items() if name != "refund_paid"}
    assert not shown(OVERDUE | {"facts": facts})


def test_of_two_that_records_show_one_yields_to_the_other():
    facts = OVERDUE["facts"] | {"defect_shown": {"value": True, "grade": "evidence"}}
    assert shown(OVERDUE | {"facts": facts}) == {"refund_delayed"}
    seen = {"refund_paid": {"value": True, "grade": "record"}}
    assert shown(OVERDUE | {"facts": facts | seen}) == {"quality_defect"}


def test_what_settles_by_records_alone_settles_to_the_fen_as_with_its_words():
    """Over every scenario test that settles, words and form taken away; and what records can show is shown by some test."""
    seen = set()
    for test in SETTLING:
        day, bare = as_of_day(COMPILED, test), without_words(test)
        known = reason(COMPILED, bare, as_of=day).intake.facts.known[GRIEVANCES]
        decision = decide(COMPILED, bare, as_of=day)
        if decision.outcome == "settle":
            assert amounts(decision) == amounts(decide(COMPILED, test.complaint, as_of=day)), test.name
        if known.source == RECORDS:
            seen |= known.value
    settling = {rule.id for rule in PACK.live_rules if rule.settle is not None}
    wanted = {value for rule, value in COMPILED.likenesses.picks.items() if rule in settling} & PACK.shown.keys()
    assert wanted - {"gift_dispute", "return_refused"} <= seen  # those two hang on claims, which tests tell in words


@given(st.sampled_from(SETTLING), st.data())
@settings(max_examples=150, deadline=None)
def test_a_gate_that_words_open_stays_open_beside_what_records_show(test, data):
    words = data.draw(
        st.sampled_from(["孩子被烫伤送医院了", "我已经收到全额退款", "我要求退一赔三", "已经起诉到法院了"])
    )
    told = without_words(test).model_copy(update={"text": words})
    assert decide(COMPILED, told, as_of=as_of_day(COMPILED, test)).outcome != "settle"


def test_each_grievance_that_records_show_is_one_that_picks_a_rule():
    """Else it would be raised and no rule would recognise it."""
    assert PACK.shown.keys() <= {*COMPILED.likenesses.picks.values(), "no_tracking", "signed_not_received"}
    for name, one in PACK.shown.items():
        assert name not in one.yields_to


def mini(tmp_path, text):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "shown.yaml").write_text(text, "utf-8")
    return target


SHOWN = "funnel: 1\nshown:\n  refused:\n    when: {goods_intact: true}\n"


def test_a_pack_without_likeness_shows_only_where_there_are_no_words(tmp_path):
    engine = funnel.Engine(funnel.load_pack(mini(tmp_path, SHOWN)))
    bare = {"id": "c", "facts": {"goods_intact": True}}
    assert engine.decide(bare).recognised
    assert not engine.decide(bare | {"text": "天气不错"}).recognised


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("refused", "refusd", "F204"),
        ("goods_intact", "goods_intcat", "F301"),
        ("when: {goods_intact: true}", "unless: {goods_intact: true}", "F202"),
        ("when: {goods_intact: true}", "when: {goods_intact: true}\n    yields_to: [nothing]", "F204"),
        ("  refused:\n    when: {goods_intact: true}", "  - refused", "F203"),
    ],
)
def test_a_slip_in_the_file_is_told_at_its_place(tmp_path, old, new, code):
    found = funnel.check_pack(mini(tmp_path, SHOWN.replace(old, new))).diagnostics
    assert code in {one.code for one in found if one.span.path.endswith("shown.yaml")}


def test_diff_names_what_records_show_otherwise(tmp_path):
    old = funnel.load_pack(mini(tmp_path / "a", SHOWN))
    new = funnel.load_pack(mini(tmp_path / "b", SHOWN.replace("true", "false")))
    assert compare(old, new, as_of=DAY).names["shown"] == ("refused",)
    assert "shown" not in compare(old, old, as_of=DAY).names


DEPOSIT = {
    "id": "c",
    "received_at": "2026-11-12T07:50:00+08:00",
    "claims": ["refund"],
    "order": {"kind": "service", "category": "service", "price": "500.00", "quantity": 1, "paid_at": "2026-10-20T08:00:00+08:00"},
    "facts": {
        name: {"value": value, "grade": "record", "source": "系统"}
        for name, value in {
            "deposit_paid": True,
            "deposit_amount": "500.00",
            "deposit_word": "security",
            "deposit_forfeit_agreed": False,
            "deposit_due_back": True,
            "refund_paid": False,
        }.items()
    },
}  # fmt: skip
NAMED = "租的相机一个月前就还了，店里验过说没问题，押金五百到现在不给我退"
"""No phrase holds it, and its words are those of a refund that is late."""


def raised(complaint):
    return ENGINE.reason(complaint).intake.facts.value(GRIEVANCES)


def test_what_words_name_and_records_show_is_raised_beside_what_else_they_name():
    told = raised(DEPOSIT | {"claims": [], "text": NAMED})
    assert "deposit_kept" not in told
    assert raised(DEPOSIT | {"text": NAMED}) == told | {"deposit_kept"}
    assert amounts(ENGINE.decide(DEPOSIT | {"text": NAMED})) == [("refund", "500.00", "merchant")]


def test_a_name_alone_raises_nothing_that_records_do_not_show():
    facts = {name: value for name, value in DEPOSIT["facts"].items() if name != "deposit_due_back"}
    assert "deposit_kept" not in raised(DEPOSIT | {"text": NAMED, "facts": facts})


@pytest.mark.parametrize("text", ["免押金租的，挺方便", "租相机很方便，押金秒退，谢谢"])
def test_praise_that_names_it_is_no_complaint_about_it(text):
    assert "deposit_kept" not in raised(DEPOSIT | {"text": text})


def test_what_a_form_says_goes_before_what_words_name():
    facts = DEPOSIT["facts"] | {GRIEVANCES: ["complaint_ignored"]}
    assert "deposit_kept" not in raised(DEPOSIT | {"text": NAMED, "facts": facts})


@given(st.sampled_from(SETTLING), st.sampled_from(sorted(PACK.shown)))
@settings(max_examples=100, deadline=None)
def test_a_name_settles_no_other_sum_than_the_words_without_it(test, grievance):
    """Whatever names the matter of a test that settles, behind its own words: the same sum, or nothing settled."""
    words = {"deposit_kept": "押金", "invoice_refused": "发票", "order_cancelled": "订单没了", "coupon_refused": "满减", "trial_charged": "试用", "service_missed": "师傅上门"}  # fmt: skip
    text = f"{test.complaint.text or ''}。{words.get(grievance, '退回去了')}"
    day = as_of_day(COMPILED, test)
    decision = decide(COMPILED, test.complaint.model_copy(update={"text": text}), as_of=day)
    if decision.outcome == "settle":
        assert amounts(decision) == amounts(decide(COMPILED, test.complaint, as_of=day))
