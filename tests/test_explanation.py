"""An explanation states what was told, and of what was computed or presumed what the decision hangs on."""

import datetime as dt

import pytest
from shipped import SUITE

from funnel.author.scenario_tests import as_of_day
from funnel.engine.decide import put_in_words, reason
from funnel.engine.engine import to_complaint
from funnel.facts.values import NOT_RAISED
from funnel.facts.vocabulary import SIGNAL_PREFIX
from funnel.pack.model import leaves_of


@pytest.fixture(scope="module")
def decided(compiled):
    """Every eighth scenario test: what led to its decision, and the facts that the explanation states."""
    found = []
    for test in SUITE.tests[::8]:
        reasoning = reason(compiled, test.complaint, as_of=as_of_day(compiled, test))
        steps = put_in_words(compiled, reasoning).explanation
        found.append((reasoning, {step.facts[0] for step in steps if step.step == "fact"}))
    return found


def computed(pack, name, known):
    """Whether nobody told a value: it was reckoned from others, or is what the law presumes."""
    derivation = pack.vocabulary[name].derivation
    reckoned = derivation is not None and known.source.startswith(derivation.function)
    return reckoned or pack.vocabulary.defaults.get(name) is known


def stateable(reasoning):
    return {
        name: known
        for name, known in reasoning.intake.facts.known.items()
        if not name.startswith(SIGNAL_PREFIX) and known.source not in {NOT_RAISED, "received_at", "as_of"}
    }


def read_by(pack, reasoning):
    """The facts that conditions of recognised rules and of gates that may be open read, and all they are computed from."""
    rules = [pack.rules[name] for name in reasoning.recognised]
    conditions = [gate.when for gate, truth in reasoning.gates if truth is not False]
    for rule in rules:
        conditions += [rule.recognise, rule.elements, *(e.when for e in rule.exceptions)]
        conditions += [when.condition for when in rule.refer.when]
        conditions += [remedy.when for remedy in rule.refer.considers if remedy.when is not None]
        conditions += [when for name in rule.forums if (when := pack.forums[name].when) is not None]
        if rule.settle is not None:
            conditions += [c for c in (rule.settle.when, *(r.when for r in rule.settle.remedies)) if c is not None]
    found = {leaf.fact for condition in conditions for leaf in leaves_of(condition)}
    while True:
        derivations = [d for name in found if name in pack.vocabulary and (d := pack.vocabulary[name].derivation)]
        more = {arg for d in derivations for arg in d.args if isinstance(arg, str)} - found
        if not more:
            return found
        found |= more


def test_everything_that_was_told_is_stated(pack, decided):
    for reasoning, stated in decided:
        told = {name for name, known in stateable(reasoning).items() if not computed(pack, name, known)}
        assert told <= stated


def test_everything_that_a_condition_reads_is_stated(pack, decided):
    checked = 0
    for reasoning, stated in decided:
        read = read_by(pack, reasoning) & stateable(reasoning).keys()
        checked += len(read)
        assert read <= stated
    assert checked > 1_000


def test_most_of_what_is_computed_and_never_read_is_not_stated(pack, decided):
    """Never read: by no condition. Figures in texts and amounts are shown for their own sake, such as the price paid."""
    idle = shown = 0
    for reasoning, stated in decided:
        read = read_by(pack, reasoning)
        names = {name for name, known in stateable(reasoning).items() if computed(pack, name, known)} - read
        idle += len(names)
        shown += len(names & stated)
    assert idle > 500
    assert shown < idle / 4


def test_a_case_of_a_defect_says_nothing_of_returns(compiled):
    order = {"price": "10.00", "quantity": 1, "paid_at": "2026-11-01", "signed_at": "2026-11-07", "category": "general"}
    content = {"id": "x", "text": "衣服拉链是坏的", "received_at": "2026-11-10T10:00:00+08:00", "order": order}
    reasoning = reason(compiled, to_complaint(content), as_of=dt.date(2026, 11, 10))
    assert reasoning.recognised.keys() == {"goods.quality-defect"}
    stated = {step.facts[0] for step in put_in_words(compiled, reasoning).explanation if step.step == "fact"}
    assert "quality_overrun" in stated
    assert "price_paid" in stated
    assert stated.isdisjoint({"return7_overrun", "damage_report_hours", "days_since_payment"})
    assert {"return7_overrun", "damage_report_hours", "days_since_payment"} <= reasoning.intake.facts.known.keys()
