"""What is none of the pack's business is recognised as such, told so, and never forced into a scenario."""

import shutil
from pathlib import Path

import pytest

import funnel
from funnel.batch.summary import render_text
from funnel.batch.tally import Tally, counted

MINI = Path(__file__).parent / "packs" / "mini"
OUTSIDE = """
funnel: 1
id: outside.loans
scenario: out_of_scope_loans
revision: 1
title: {zh: 借贷, en: loans}
status: stable
reviewed: 2026-01-01
recognise: {signal: loan}
elements: {signal: loan}
basis:
  - {article: law/25, supports: [recognise], gist: {zh: 不归这里, en: not here}}
strategy:
  opening: {zh: 请找金融监管部门, en: ask the financial regulator}
  floor: {zh: 无, en: none}
refer: {tier: agent}
out_of_scope: true
"""
SIGNAL = "  loan: {title: {zh: 借贷, en: loan}, phrases: [网贷, 借款利息]}\n"


def engine(tmp_path, *, special=False, lang="zh"):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "outside").mkdir()
    (target / "outside" / "loans.yaml").write_text(OUTSIDE, "utf-8")
    signals = target / "signals" / "all.yaml"
    signals.write_text(signals.read_text("utf-8").rstrip() + "\n" + SIGNAL, "utf-8")
    if special:
        rule = target / "goods" / "return.yaml"
        rule.write_text(
            rule.read_text("utf-8")
            + "overrides: [{rule: outside.loans, basis: law/25, why: {zh: 专门, en: special}}]\n",
            "utf-8",
        )
    return funnel.Engine(funnel.load_pack(target), lang=lang)


def complaint(text):
    return {
        "id": "x",
        "received_at": "2026-11-10T10:00:00+08:00",
        "text": text,
        "order": {"price": "100", "quantity": 1, "signed_at": "2026-11-08T10:00:00+08:00", "category": "general"},
        "facts": {"goods_intact": True},
    }


def test_a_matter_out_of_scope_is_told_so_and_other_rules_step_aside(tmp_path):
    decision = engine(tmp_path, lang="en").decide(complaint("卖家不给退，网贷利息太高"))
    assert [m.rule for m in decision.matters] == ["outside.loans"]
    assert decision.matters[0].out_of_scope
    assert decision.matters[0].strategy.opening == "ask the financial regulator"
    assert (decision.outcome, decision.tier, decision.recognised) == ("refer", "agent", False)
    assert [r.code for r in decision.referral.reasons] == ["out-of-scope"]
    assert any(e.step == "out-of-scope" and e.rule == "goods.return" for e in decision.explanation)


def test_without_it_the_same_complaint_is_decided_as_ever(tmp_path):
    plain = funnel.Engine(funnel.load_pack(MINI))
    text = complaint("卖家不给退")
    with_rule, without = engine(tmp_path).decide(text), plain.decide(text)
    assert with_rule.outcome == without.outcome == "settle"
    assert with_rule.matters == without.matters


def test_a_more_special_rule_that_overrides_it_decides_instead(tmp_path):
    decision = engine(tmp_path, special=True).decide(complaint("卖家不给退，网贷利息太高"))
    assert [m.rule for m in decision.matters] == ["goods.return"]
    assert (decision.outcome, decision.recognised) == ("settle", True)


def test_an_open_gate_refers_it_to_the_gates_tier(tmp_path):
    decision = engine(tmp_path).decide(complaint("网贷催收，人住院了"))
    assert decision.tier == "lawyer"
    assert {r.gate for r in decision.referral.reasons} >= {"injury"}


@pytest.mark.parametrize(("lang", "words"), [("zh", "不属受理范围"), ("en", "out of scope: loans, 1")])
def test_a_batch_counts_it_apart_from_what_is_recognised(tmp_path, lang, words):
    decide, tally = engine(tmp_path, lang=lang).decide, Tally()
    for text in ("卖家不给退", "网贷"):
        item = funnel.Complaint.model_validate(complaint(text))
        tally.add(counted(decide(item), item, generated=False))

    class NoHeaders:
        class headers:  # noqa: N801
            passed = frozenset()

    summary = tally.summary(1.0, ("mini", "digest"), NoHeaders)
    assert (summary.decided, summary.recognised, sum(summary.out_of_scope.values())) == (2, 1, 1)
    assert [s.scenario for s in summary.scenarios] == ["return7_refused"]
    assert words in render_text(summary, lang)
