"""What the consumer claims and a settlement does not give keeps the machine from settling."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
from shipped import ENGINE, PACK, SETTLING

import funnel
from funnel.engine.engine import to_complaint

MINI = Path(__file__).parent / "packs" / "mini"
MEMBERS = PACK.vocabulary["claims"].members
CLAIMS = """{
      refund: {zh: 退款, en: refund, answered_by: [refund], group: main},
      exchange: {zh: 换货, en: exchange, answered_by: [exchange], group: main},
      apology: {zh: 道歉, en: apology, answered_by: []},
      treble: {zh: 三倍, en: treble},
      other: {zh: 其他, en: other}}"""
WRITTEN = "{refund: {zh: 退款, en: refund}, treble: {zh: 三倍, en: treble}, other: {zh: 其他, en: other}}"
SETTLES = {
    "id": "c",
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "卖家不给退",
    "order": {"category": "general", "price": "100.00", "signed_at": "2026-11-08T10:00:00+08:00"},
    "facts": {"goods_intact": True, "grievances": ["refused"]},
}


def answers(slug, kinds):
    return not kinds.isdisjoint(MEMBERS[slug].answered_by)


@pytest.mark.parametrize("rest", range(0, 7, 2))
def test_whatever_is_claimed_a_settlement_of_the_shipped_pack_answers_it_or_what_stands_for_it(rest):
    """Of every settling scenario test, with each claim in turn instead of those it has (four sevenths of the pairs)."""
    tried = settled = 0
    for number, test in enumerate(SETTLING):
        complaint = to_complaint(test.complaint)
        for place, slug in enumerate(MEMBERS):
            if (number + place) % 7 != rest:
                continue
            tried += 1
            changed = complaint.model_copy(update={"claims": (slug,)})
            reasoning = ENGINE.reason(changed, as_of=test.as_of)
            decision = ENGINE.decide(changed, as_of=test.as_of)
            if decision.outcome != "settle":
                continue
            settled += 1
            made = reasoning.intake.facts.value("claims")
            for matter in decision.matters:
                kinds = {remedy.kind for remedy in matter.remedies}
                met = {MEMBERS[c].group for c in made if answers(c, kinds)} - {None}
                left = [c for c in made if not answers(c, kinds) and MEMBERS[c].group not in met]
                assert not left, (test.name, slug, left)
    assert tried > 500
    assert settled > 100, "many are answered, or nothing is shown"


def test_every_claim_of_the_shipped_pack_says_what_answers_it():
    assert [slug for slug, member in MEMBERS.items() if member.answered_by is None] == []


@pytest.fixture
def pack(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    facts = target / "vocabulary" / "facts.yaml"
    text = facts.read_text("utf-8")
    assert WRITTEN in text
    facts.write_text(text.replace(WRITTEN, CLAIMS), "utf-8")
    return target


def decide(pack, *claims, lang="zh"):
    engine = funnel.Engine(funnel.load_pack(pack), lang=lang)
    return engine.decide(SETTLES | {"claims": list(claims)}, as_of=dt.date(2026, 11, 10))


@pytest.mark.parametrize("claims", [(), ("refund",), ("refund", "exchange"), ("other",), ("refund", "other")])
def test_what_is_answered_or_stands_in_a_group_with_it_or_says_nothing_of_answers_is_settled(pack, claims):
    assert decide(pack, *claims).outcome == "settle"


@pytest.mark.parametrize(
    ("claims", "zh", "en"),
    [
        (("exchange",), "换货", "exchange"),
        (("refund", "apology"), "道歉", "apology"),
        (("exchange", "apology"), "换货、道歉", "exchange, apology"),
    ],
)
def test_what_is_not_answered_goes_to_the_people_of_the_rule_and_is_named(pack, claims, zh, en):
    for lang, named in (("zh", zh), ("en", en)):
        decision = decide(pack, *claims, lang=lang)
        assert (decision.outcome, decision.tier) == ("refer", "agent")
        (reason,) = [r for r in decision.referral.reasons if r.code == "claim-unanswered"]
        assert named in reason.text
        assert not decision.matters[0].remedies


def test_a_remedy_that_no_machine_settles_answers_nothing(pack):
    facts = pack / "vocabulary" / "facts.yaml"
    facts.write_text(facts.read_text("utf-8").replace("answered_by: []", "answered_by: [treble]"), "utf-8")
    found = [d for d in funnel.check_pack(pack).diagnostics if d.severity == "error"]
    assert [d.code for d in found] == ["F204"]
