"""What somebody took the trouble to state of a case is not passed over, whichever rule is recognised."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shipped import COMPILED, PACK, SETTLING

from funnel.author.scenario_tests import as_of_day
from funnel.engine.decide import decide, reason

ONE_A_RULE = {test.rule: test for test in reversed(SETTLING)}
HEEDED = [s.name for s in PACK.vocabulary.facts.values() if s.heed and s.type == "bool" and "." not in s.name]


def stated(test, name, value, grade="stated"):
    facts = {**test.complaint.facts, name: {"value": value, "grade": grade, "source": "工单"}}
    return test.complaint.model_copy(update={"facts": facts})


def read_by(test):
    """The facts that the rules of a settlement and the gates read, with those they are computed from."""
    done = reason(COMPILED, test.complaint, as_of=as_of_day(COMPILED, test))
    rules = [a.rule for r in done.rulings for a in r.members if a.recognised is True and not a.dead]
    plans = [COMPILED.plans.of(rule) for rule in rules]
    names = {name for plan in plans for name in (*plan.reading, *plan.figures)}
    return PACK.vocabulary.with_inputs(names | {name for _, check in COMPILED.gates for name in check.reads})


@pytest.mark.parametrize("rule", sorted(ONE_A_RULE))
def test_a_fact_that_no_rule_of_the_settlement_reads_has_a_person_look_and_is_named(rule):
    test = ONE_A_RULE[rule]
    day = as_of_day(COMPILED, test)
    unread = [name for name in HEEDED if name not in read_by(test) and name not in test.complaint.facts]
    unread = unread[sorted(ONE_A_RULE).index(rule) % 3 :: 3]  # a third each: all of them are some thousand decisions
    assert unread
    for name in unread:
        decision = decide(COMPILED, stated(test, name, True), as_of=day)
        assert decision.outcome != "settle", name
        codes = [(r.code, r.fact) for r in decision.referral.reasons] if decision.referral else []
        # A fact may also be what another fact, or the recognition of a further rule, is computed from.
        assert ("unread-fact", name) in codes or any(code != "unread-fact" for code, _ in codes) or decision.questions


@example("goods.not-as-described", "mismatch_known", "stated")  # computed of another fact as true all the same
@given(st.sampled_from(sorted(ONE_A_RULE)), st.sampled_from(HEEDED), st.sampled_from(["stated", "evidence", "record"]))
def test_a_fact_told_as_not_so_changes_no_settlement(rule, name, grade):
    test = ONE_A_RULE[rule]
    if name in test.complaint.facts:
        return
    day = as_of_day(COMPILED, test)
    codes = [
        r.code for r in getattr(decide(COMPILED, stated(test, name, False, grade), as_of=day).referral, "reasons", ())
    ]
    assert "unread-fact" not in codes


@pytest.mark.parametrize("name", ["inspection_failed", "parcel_empty_confirmed", "minor_under_eight", "shop_gone"])
def test_what_an_office_or_a_test_found_is_not_passed_over_in_a_return_without_reasons(name):
    test = ONE_A_RULE["returns.no-reason-refused"]
    decision = decide(COMPILED, stated(test, name, True, "record"), as_of=as_of_day(COMPILED, test))
    assert decision.outcome == "refer"


def test_a_counterfeit_that_the_platforms_own_test_shows_is_one_whatever_the_words_are():
    test = ONE_A_RULE["returns.no-reason-refused"]
    decision = decide(COMPILED, stated(test, "platform_test_fake", True, "record"), as_of=as_of_day(COMPILED, test))
    (matter,) = decision.matters
    assert matter.rule == "goods.fake-fraud"
    assert [(r.kind, r.payer) for r in matter.remedies] == [("refund", "merchant"), ("return_freight", "merchant")]
    assert "treble" in {remedy.kind for remedy in matter.considers}


def test_the_rule_whose_own_fact_it_is_still_decides():
    test = next(t for t in SETTLING if t.rule == "goods.fake-fraud" and "platform_test_fake" in t.complaint.facts)
    assert decide(COMPILED, test.complaint, as_of=as_of_day(COMPILED, test)).outcome == "settle"


def test_raised_facts_are_heeded_and_open_ones_only_where_the_pack_says_so():
    facts = PACK.vocabulary.facts
    assert facts["cosm_allergy"].heed
    assert not facts["refund_part_offered"].heed
    assert not facts["quantity"].heed
    assert facts["inspection_failed"].heed
