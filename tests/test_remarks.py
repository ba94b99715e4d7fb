"""A remark beside the real matter is no matter of its own, whatever the matter is."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped import ENGINE, PACK

import funnel
from funnel.author.coverage import measure
from funnel.author.diff import compare
from funnel.author.explain import explain
from funnel.author.mutation import mutate
from funnel.author.scenario_tests import load_suite, scenario_files
from funnel.author.suggest import suggest
from funnel.engine.decide import compile_pack, put_in_words, reason
from funnel.engine.engine import to_complaint
from funnel.facts.phrases import parse
from funnel.facts.signals import Lexicon, Signal

DAY = dt.date(2026, 11, 26)
IGNORED = "complaint_ignored"
REMARKS = {IGNORED, "platform_duty", "unfair_terms", "advertised_falsely"}
"""They yield to what is none of them; the first of them yields to each of the others as well."""
OTHERS = sorted(set(PACK.vocabulary.facts["grievances"].members) - {IGNORED})


def scenarios(text, grievances=()):
    complaint = {
        "id": "1",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": text,
        "facts": {"grievances": list(grievances)},
    }
    return {m.scenario for m in ENGINE.decide(complaint, as_of=DAY).matters}


@pytest.mark.parametrize("other", OTHERS)
def test_not_dealt_with_stands_alone_or_not_at_all(other):
    """Whichever grievance a rule is recognised by."""
    assert "complaint_handling_delay" in scenarios("", [IGNORED])
    assert "complaint_handling_delay" not in scenarios("", [IGNORED, other])


@pytest.mark.parametrize(
    ("remark", "scenario"),
    [("霸王条款", "unfair_terms"), ("虚假宣传", "false_ad"), ("平台偏袒商家", "platform_liability")],
)
def test_a_word_of_reproach_is_a_matter_only_where_there_is_no_other(remark, scenario):
    assert scenario in scenarios(f"这家店{remark}，太过分")
    left_out = REMARKS | {"empty_parcel", "no_tracking", "counterfeit", "shop_closed"}
    for other in sorted(set(OTHERS) - left_out):
        assert scenario not in scenarios(f"这家店{remark}，太过分", [other]), other


MINI = Path(__file__).parent / "packs" / "mini"
LATE = """
funnel: 1
id: goods.late
scenario: late
revision: 1
title: {zh: 客服不理, en: nobody answers}
status: stable
reviewed: 2026-01-01
recognise: {signal: ignored}
REMARK
elements: {signal: ignored}
basis:
  - {article: law/25, supports: [elements], gist: {zh: 要答复, en: must answer}}
strategy:
  opening: {zh: 会有人答复, en: a person answers}
  floor: {zh: 答复, en: an answer}
refer: {tier: agent}
"""
SIGNALS = """
  ignored: {title: {zh: 不理, en: ignored}, phrases: [不理人, 没人理]}
  swears: {title: {zh: 骂, en: swears}, phrases: [太差劲]}
  ordered: {title: {zh: 要的, en: ordered}, phrases: [要的是]}
  came: {title: {zh: 来的, en: came}, phrases: [来的是]}
  swapped: {title: {zh: 货不对, en: swapped}, sets: {grievances: refused}, all: [ordered, came]}
"""


def mini(folder, remark="remark: true", tests=""):
    """The small pack with a rule for not being answered, and scenario tests of that rule."""
    target = folder / "rules" / "mini"
    shutil.copytree(MINI, target)
    (target / "goods" / "late.yaml").write_text(LATE.replace("REMARK", remark), "utf-8")
    signals = target / "signals" / "all.yaml"
    signals.write_text(signals.read_text("utf-8").rstrip() + SIGNALS, "utf-8")
    scenarios = folder / "scenarios" / "mini" / "goods"
    scenarios.mkdir(parents=True)
    (scenarios / "late.yaml").write_text(f"funnel: 1\nrule: goods.late\ntests:\n{tests}", "utf-8")
    return funnel.load_pack(target)


def decided(pack, text):
    complaint = {"id": "x", "received_at": "2026-11-10T10:00:00+08:00", "text": text}
    return funnel.Engine(pack, lang="en").decide(complaint, as_of=DAY)


def rules(decision):
    return [m.rule for m in decision.matters]


def test_a_remark_steps_aside_beside_a_matter_and_the_decision_says_so(tmp_path):
    pack = mini(tmp_path)
    assert rules(decided(pack, "客服不理人")) == ["goods.late"]
    beside = decided(pack, "卖家不给退，客服不理人")
    assert rules(beside) == ["goods.return"]
    assert [(e.step, e.rule) for e in beside.explanation if e.step == "remark"] == [("remark", "goods.late")]
    assert beside.outcome == decided(pack, "卖家不给退").outcome


def test_a_condition_says_when_it_is_a_remark(tmp_path):
    pack = mini(tmp_path, "remark: {signal: swears}")
    assert rules(decided(pack, "卖家不给退，没人理")) == ["goods.return", "goods.late"]
    assert rules(decided(pack, "卖家不给退，没人理，太差劲")) == ["goods.return"]
    assert rules(decided(pack, "没人理，太差劲")) == ["goods.late"]


def test_remark_false_is_no_remark(tmp_path):
    assert rules(decided(mini(tmp_path, "remark: false"), "卖家不给退，客服不理人")) == ["goods.return", "goods.late"]


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """The small pack without the mark, and with it."""
    return mini(tmp_path_factory.mktemp("plain"), ""), mini(tmp_path_factory.mktemp("marked"))


@given(
    text=st.lists(
        st.sampled_from(["客服不理人", "卖家不给退", "坏了", "太差劲", "谢谢", "要的是甲", "来的是乙"]), min_size=1
    ).map("，".join)
)
def test_a_remark_never_takes_the_last_matter_away(twins, text):
    """What is recognised without the mark is recognised with it; at most the remark goes, and only beside another."""
    one, two = (decided(pack, text) for pack in twins)
    assert one.recognised is two.recognised
    assert set(rules(two)) <= set(rules(one))
    assert set(rules(one)) - set(rules(two)) <= {"goods.late"}
    assert not rules(one) or rules(two)


@pytest.mark.parametrize("text", ["要的是甲，来的是乙", "来的是乙。前天下的单，等了很久，要的是甲"])
def test_two_halves_make_a_signal_in_any_order_and_however_far_apart(tmp_path, text):
    decision = decided(mini(tmp_path), text)
    assert rules(decision) == ["goods.return"]


@pytest.mark.parametrize("text", ["要的是甲", "来的是乙", "要的是甲，没有来的是乙", "如果来的是乙，要的是甲"])
def test_one_half_or_a_half_denied_or_supposed_makes_none(tmp_path, text):
    assert rules(decided(mini(tmp_path), text)) == []


@given(
    words=st.lists(st.sampled_from(["要的是", "来的是", "没有来的是", "天", "很久", "，"]), max_size=14),
    within=st.integers(2, 30),
)
def test_a_signal_of_others_stands_where_some_of_their_mentions_are_near_enough(words, within):
    """Against every combination tried: which mentions are taken, and that the limit counts to the end of the last."""
    halves = (Signal("a", {}, tuple(parse("要的是", {}))), Signal("b", {}, tuple(parse("来的是", {}))))
    joint = Signal("both", {}, (), together=("a", "b"), within=within)
    hits = Lexicon((*halves, joint), negators=("没有",)).scan("".join(words)).hits
    said = {name: [h for h in hits if h.signal == name and not h.negated] for name in ("a", "b")}
    spans = [max(x.end, y.end) - min(x.start, y.start) for x in said["a"] for y in said["b"]]
    found = [h for h in hits if h.signal == "both"]
    assert bool(found) is (bool(spans) and min(spans) <= within)
    assert all(h.end - h.start == min(spans) and len(h.places) == 2 for h in found)


def test_explain_shows_both_halves_and_the_remark(tmp_path):
    compiled = compile_pack(mini(tmp_path))
    complaint = to_complaint(
        {"id": "x", "text": "要的是甲，来的是乙，客服不理人", "received_at": "2026-11-10T10:00:00+08:00"}
    )
    reasoning = reason(compiled, complaint, as_of=DAY)
    shown = explain(compiled.pack, reasoning, put_in_words(compiled, reasoning, lang="en"), lang="en")
    assert "signal.swapped ← “要的是 … 来的是”   [要的是 + 来的是]" in shown
    assert "a remark beside another matter: this rule steps aside" in shown


TEST = "  - {name: 只说不理人的, given: {received_at: 2026-11-10T10:00:00+08:00, text: 客服不理人}, expect: {recognised: true, outcome: refer, tier: agent}}\n"
ASIDE = "  - {name: 正事之外的, given: {received_at: 2026-11-10T10:00:00+08:00, text: 卖家不给退，客服不理人}, expect: {recognised: false}}\n"


def suite(folder, pack):
    return load_suite(pack, list(scenario_files(folder / "scenarios" / "mini"))).tests


def test_coverage_asks_for_a_test_that_sees_it_step_aside_and_drafts_one(tmp_path):
    pack = mini(tmp_path, tests=TEST)
    compiled = compile_pack(pack)
    missing = [i for i in measure(compiled, suite(tmp_path, pack), ["goods.late"]).missing if i.wanted == "aside"]
    assert [(i.kind, i.where) for i in missing] == [("outcome", "decision")]
    (draft,) = suggest(compiled, missing, as_of=DAY)
    assert reason(compiled, to_complaint(draft.given), as_of=DAY).remarks == ("goods.late",)
    second = tmp_path / "second"
    pack = mini(second, tests=TEST + ASIDE)
    assert not [
        i for i in measure(compile_pack(pack), suite(second, pack), ["goods.late"]).missing if i.wanted == "aside"
    ]


@pytest.mark.parametrize(("tests", "status"), [(TEST, "survived"), (TEST + ASIDE, "killed")])
def test_a_remark_dropped_is_a_mutant_that_only_a_test_beside_another_matter_kills(tmp_path, tests, status):
    pack = mini(tmp_path, tests=tests)
    found = [
        o
        for o in mutate(compile_pack(pack), suite(tmp_path, pack), ["goods.late"], as_of=DAY).outcomes
        if o.mutant.kind == "remark"
    ]
    assert [o.state for o in found] == [status]
    if status == "survived":
        assert reason(compile_pack(pack), to_complaint(found[0].witness), as_of=DAY).remarks == ("goods.late",)


def test_diff_shows_a_complaint_that_a_new_remark_decides_otherwise(tmp_path):
    old, new = mini(tmp_path / "a", ""), mini(tmp_path / "b")
    (change,) = compare(old, new, as_of=DAY).changed
    assert (change.rule, [p.where for p in change.parts]) == ("goods.late", ["remark"])
    assert change.shifts
