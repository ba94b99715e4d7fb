"""What is shipped for others' tests: scenario files as pytest items, complaints drawn from a pack."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import ENGINE, PACK

from funnel.testing import complaints, facts_of, values

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[1]
DEPOSIT = ROOT / "scenarios" / "cn-ecommerce" / "prices" / "deposit.yaml"
COUNT = DEPOSIT.read_text("utf-8").count("- name:")


@pytest.fixture
def project(pytester):
    folder = pytester.path / "scenarios"
    folder.mkdir()
    shutil.copy(DEPOSIT, folder / "deposit.yaml")
    pytester.makeini("[pytest]\nfunnel_pack = cn-ecommerce\nfunnel_scenarios = scenarios\n")
    return folder


def run(pytester):
    return pytester.runpytest("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest", "scenarios")


def test_each_sentence_is_an_item_that_passes(project, pytester):
    run(pytester).assert_outcomes(passed=COUNT)


def test_a_failing_item_says_what_came_and_why_without_a_traceback(project, pytester):
    path = project / "deposit.yaml"
    path.write_text(path.read_text("utf-8").replace("{refund: 2000.00}", "{refund: 1999.00}"), "utf-8")
    result = run(pytester)
    result.assert_outcomes(passed=COUNT - 1, failed=1)
    output = result.stdout.str()
    assert "应为 {refund: 1999.00}, 实为 {refund: 2000.00}" in output
    assert "Traceback" not in output


def test_a_file_that_cannot_be_read_is_one_error_with_its_place(project, pytester):
    path = project / "deposit.yaml"
    path.write_text(path.read_text("utf-8").replace("rule: prices.deposit", "rule: prices.deposits"), "utf-8")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    assert "F306" in result.stdout.str()


def test_without_the_setting_no_yaml_file_is_touched(pytester):
    (pytester.path / "other.yaml").write_text("a: [", "utf-8")
    assert pytester.runpytest("-p", "no:cacheprovider", "-p", "no:xdist").ret == 5  # nothing collected


@settings(max_examples=60)
@given(complaint=complaints(PACK))
def test_every_drawn_complaint_is_read_and_decided_the_same_twice(complaint):
    first = ENGINE.decide(complaint)
    assert first == ENGINE.decide(complaint)
    assert first.outcome in {"settle", "ask", "refer"}


@given(data=st.data())
def test_drawn_values_are_values_of_their_fact(data):
    name = data.draw(st.sampled_from(facts_of(PACK)))
    value = data.draw(values(PACK.vocabulary[name]))
    reasoning = ENGINE.reason({"id": "x", "facts": {name: {"value": value, "grade": "record"}}})
    assert name not in reasoning.intake.facts.unclear
