"""What is wrong with a complaint is said whole in the reader's language; the texts are pinned in golden files."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import funnel
from funnel.cli._main import group
from funnel.engine.engine import to_complaint
from funnel.facts.intake import expected

GOLDEN = Path(__file__).parent / "golden"
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SENTENCE = re.compile(r"[a-z]+ [a-z]+ [a-z]+")

UNFIT = [
    {"text": "x"},
    {"id": "", "text": "x"},
    {"id": "x" * 300, "text": "x"},
    {"id": "a"},
    {"id": 1, "text": 5},
    {"id": "a\x00", "text": "x\ud800"},
    {"id": "a", "text": "x", "order": 5, "claims": "refund", "evidence": [{"note": 1}], "facts": [1]},
    {"id": "a", "text": "x", "order": {"price": "abc", "quantity": 0, "paid_at": "nonsense", "shipped_at": True}},
    {"id": "a", "text": "x", "order": {"price": -1, "quantity": 1.5, "paid_at": "1850-01-01"}},
    {"id": "a", "text": "x", "order": {"price": True, "quantity": "many", "paid_at": "2026-13-45"}},
    {"id": "a", "text": "x", "order": {"price": [1], "quantity": 10**30, "paid_at": {}}},
    {"id": "a", "text": "x", "order": {"price": "NaN"}, "claimed_amount": 10**13},
    {"id": "a", "text": "x", "order": {"price": "Infinity", "total_paid": 1.005}},
    {"id": "a", "text": "x", "merchant": {"self_operated": "maybe"}, "consumer": {"age": 200, "prior_complaints": -1}},
]
UNREADABLE = {
    "goods_intact": "maybe",
    "goods_kind": "nothing",
    "grievances": ["nothing"],
    "quantity": 5000,
    "days_since_receipt": "many",
    "unit_price": "1.005",
    "signed_on": "2026-13-45",
    "defect_shown": {"value": True, "grade": "sworn"},
}


def problems(engine):
    for content in UNFIT:
        with pytest.raises(funnel.ComplaintError) as caught:
            to_complaint(content)
        yield from caught.value.problems
    yield from engine.reason({"id": "a", "facts": UNREADABLE}).intake.problems


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_texts_are_as_in_the_golden_file(mini, lang):
    shown = "".join(f"{p.line(lang)}\n" for p in problems(funnel.Engine(mini)))
    path = GOLDEN / f"problems.{lang}.txt"
    if not path.exists():  # written once, then read by a person and kept
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_no_text_mixes_languages(mini):
    for problem in problems(funnel.Engine(mini)):
        assert CHINESE.search(problem.zh), problem
        assert not SENTENCE.search(problem.zh), problem
        assert not CHINESE.search(problem.en), problem
        assert problem.zh in problem.message
        assert problem.en in problem.message


def test_what_every_fact_of_the_shipped_pack_takes_is_said_in_both_languages(pack):
    for spec in pack.vocabulary.facts.values():
        zh, en = expected(spec, pack.manifest.currency)
        assert CHINESE.search(zh) or spec.type == "bool", spec.name
        assert not SENTENCE.search(zh), spec.name
        assert not CHINESE.search(en), spec.name


def test_a_field_is_named_as_the_contract_has_it_and_once():
    with pytest.raises(funnel.ComplaintError) as caught:
        to_complaint({"id": "a", "text": "x", "order": {"paid_at": "nonsense"}, "facts": {1: 2}})
    assert [p.field for p in caught.value.problems] == ["order.paid_at", "facts.1"]


@pytest.mark.parametrize(
    ("lang", "own", "other", "colon"),
    [("zh", "应为 true 或 false", "expected", "："), ("en", "expected true or false", "应为", ": ")],
)
def test_a_decision_an_explanation_and_a_reject_are_in_one_language(mini, tmp_path, lang, own, other, colon):
    complaint = {"id": "a", "text": "refuse", "facts": {"goods_intact": "maybe"}}
    decision = funnel.Engine(mini, lang=lang).decide(complaint)
    (reason,) = (r for r in decision.referral.reasons if r.code == "unreadable-field")
    assert own in reason.text
    assert other not in reason.text
    assert any(own in step.text for step in decision.explanation)

    file = tmp_path / "a.json"
    file.write_text(json.dumps(complaint), "utf-8")
    root = Path(__file__).parent / "packs" / "mini"
    told = CliRunner().invoke(group, ["explain", str(file), "--pack", str(root), "--lang", lang]).output
    assert f"facts.goods_intact{colon}{own}" in told
    assert other not in told

    file.write_text(json.dumps({"id": "a", "text": "x", "merchant": {"self_operated": "maybe"}}), "utf-8")
    ran = CliRunner().invoke(group, ["explain", str(file), "--pack", str(root), "--lang", lang])
    assert ran.exit_code == 2
    assert f"merchant.self_operated{colon}{own}" in ran.output
    assert other not in ran.output

    rejects = tmp_path / "rejects.jsonl"
    ran = CliRunner().invoke(group, ["run", str(file), "--pack", str(root), "--lang", lang, "--rejects", str(rejects)])
    assert ran.exit_code == 1  # not one row could be read
    assert own in rejects.read_text("utf-8")
