"""Every scenario test of the shipped pack, one by one."""

import pytest
from shipped import FOLDER, PACK, SUITE

import funnel
from funnel.author.scenario_tests import run
from funnel.pack.model import leaves_of

TWELVE = {
    "return7_refused", "quality_defect", "not_as_described", "fake_fraud", "nondelivery", "fake_shipping", "cancel_order",
    "refund_delay", "signed_dispute", "price_fraud", "food_unsafe", "autorenew",
}  # fmt: skip


@pytest.mark.parametrize("test", SUITE.tests, ids=lambda t: f"{t.rule}: {t.name}")
def test_scenario(compiled, test):
    result = run(compiled, test)
    assert result.passed, "\n".join([*(f"{m.key}: {m.expected} / {m.got}" for m in result.mismatches), *result.killers])


def test_scenario_files_and_pack_have_no_findings():
    assert SUITE.diagnostics == ()
    assert funnel.check_pack("cn-ecommerce").diagnostics == ()


def test_the_twelve_scenarios_are_there_and_each_has_its_page():
    assert {rule.scenario for rule in PACK.live_rules} >= TWELVE
    pages = FOLDER.parents[1] / "docs" / "rules"
    if pages.is_dir():  # a checkout; an installed wheel has no docs
        for rule in PACK.live_rules:
            assert (pages / (rule.id.replace(".", "/", 1) + ".md")).is_file(), rule.id


@pytest.mark.parametrize("rule", [rule.id for rule in PACK.live_rules])
def test_each_scenario_has_ten_tests_and_every_kind_of_them(rule):
    tests = [t for t in SUITE.tests if t.rule == rule]
    assert len(tests) >= 10
    expected = [t.expect for t in tests]
    if PACK.rules[rule].settle is not None:
        assert any(e.get("outcome") == "settle" for e in expected), "one that settles"
        assert any(e.get("outcome") == "ask" for e in expected), "an unknown that asks"
        assert any(e.get("gate") == "disputed-facts" for e in expected), "a disputed fact"
    else:
        assert not any(e.get("outcome") in {"settle", "ask"} for e in expected), "what never settles always refers"
        assert any("tier" in e for e in expected), "to whom"
    assert any(e.get("gate") not in {None, "disputed-facts"} for e in expected), "a gate"
    assert any(e.get("recognised") is False for e in expected), "a text that must not match"
    assert any(e.get("recognised") is True for e in expected), "a text in everyday words"
    fired = {e["exception"] for e in expected if "exception" in e}
    assert fired == {e.id for e in PACK.rules[rule].exceptions}, "each exception"


@pytest.mark.parametrize("rule", [rule.id for rule in PACK.live_rules])
def test_each_scenario_has_at_least_25_phrases(rule):
    grievances = {
        value
        for test in leaves_of(PACK.rules[rule].recognise)
        for value in (test.constant if isinstance(test.constant, frozenset) else ())
    }
    named = {test.fact for test in leaves_of(PACK.rules[rule].recognise)}
    literals = {
        literal
        for signal in PACK.lexicon.signals.values()
        if f"signal.{signal.id}" in named
        or any(
            fact == "grievances" and value & grievances for fact, value in signal.sets if isinstance(value, frozenset)
        )
        for phrase in signal.phrases
        for segment in phrase.segments
        for literal in segment
    }
    assert len(literals) >= 25
