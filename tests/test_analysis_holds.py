"""What the analysis takes for certain holds of the complaints of the scenario tests, as the engine judges them.

A *never* is proved from how facts hang together and from what a settlement takes: here both are held against cases.
"""

from itertools import combinations

import pytest
from shipped import COMPILED, PACK, SUITE

from funnel.author.analysis import analyse
from funnel.author.analysis._regions import Regions
from funnel.author.analysis._relations import Facts, Words
from funnel.author.analysis._space import NOT_FALSE, Space
from funnel.author.scenario_tests import as_of_day
from funnel.engine.decide import reason
from funnel.engine.evaluate import evaluate

EACH = 15
"""Of so many tests one is taken: all of them take a minute."""


def of(tests):
    days = [(test, as_of_day(COMPILED, test)) for test in tests]
    return [(test.name, day, reason(COMPILED, test.complaint, as_of=day)) for test, day in days]


@pytest.fixture(scope="module")
def judged():
    return of(SUITE.tests[::EACH])


def within(space, facts, part):
    (fact, member), mask = part
    known = facts.known.get(fact)
    if member:
        return bool(mask >> (known is not None and member in known.value) & 1)
    if known is None:
        return bool(mask & ~space.known(fact))
    return bool(mask & 1) if space.vocabulary[fact].type == "set" else space.within(fact, mask, known.value)


def test_facts_hang_together_as_the_analysis_ties_them(judged):
    day = max(day for _, day, _ in judged)
    parameters = COMPILED.table.on(day)
    space = Space(PACK.vocabulary, Regions(PACK, parameters).conditions(), parameters, unknowns=True)
    links = list(Facts(space, PACK.calendar, day, Words(PACK.lexicon)).links(PACK.vocabulary.facts, set()))
    tied = 0
    for name, _, reasoning in judged:
        facts = reasoning.intake.facts
        for link in links:
            if link.way or any(fact in facts.disputed for (fact, _), _ in link.clause):
                continue
            assert any(within(space, facts, part) for part in link.clause), f"{name}: {link.fact}"
            tied += 1
    assert tied


def test_what_was_settled_meets_all_that_the_analysis_says_a_settlement_takes(judged):
    regions = {}
    settled = 0
    for name, day, reasoning in judged:
        of_day = regions.setdefault(day, Regions(PACK, COMPILED.table.on(day)))
        gates = {id(gate.when) for gate in PACK.gates.values()}  # they bar the complaint, not the rule
        for assessment in reasoning.assessments.values():
            if not assessment.settles or assessment.parameters != of_day.parameters:
                continue
            for condition, wanted in (*of_day.settles(assessment.rule), *of_day.pays(assessment.rule)):
                truth = evaluate(condition, reasoning.intake.facts, of_day.parameters)
                met = truth is not False if wanted is NOT_FALSE else truth is wanted
                assert met or id(condition) in gates, f"{name}: {assessment.rule.id}: {condition}"
            settled += 1
    assert settled


def test_rules_that_contradict_each_other_over_a_complaint_are_found_to():
    judged = of(test for test in SUITE.tests if "conflict" in test.expect.get("reason", ()))
    report = analyse(PACK, as_of=max(day for _, day, _ in judged))
    clashes = [f.diagnostic.values for f in (*report.findings, *report.accepted) if f.diagnostic.code == "F701"]
    found = {frozenset((values["rule"], values["other"])) for values in clashes}
    met = 0
    for name, _, reasoning in judged:
        for said in (said for ruling in reasoning.rulings for said in ruling.reasons if said.code == "conflict"):
            names = [n for n in (said.fact or "").split(",") if n in reasoning.assessments]
            for both in combinations([n for n in names if reasoning.assessments[n].settles], 2):
                met += 1
                assert frozenset(both) in found, f"{name}: {both}"
    assert met
