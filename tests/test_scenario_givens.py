"""What a scenario test gives: values that no fact takes are told, and what `null` says is one thing everywhere."""

from pathlib import Path

import pytest

from funnel.author.scenario_tests import load_suite
from funnel.pack.loader import data_folder

MINI = Path(__file__).parent / "packs" / "mini"


@pytest.fixture
def suite_of(mini, tmp_path):
    """Reads the text of a scenario file; the suite."""

    def read(tests, base="", pack=mini):
        path = tmp_path / "t.yaml"
        rule = next(iter(sorted(pack.rules)))
        path.write_text(f"funnel: 1\nrule: {rule}\n{base}tests:\n{tests}", "utf-8")
        return load_suite(pack, [path])

    return read


def written(given, expect="{outcome: refer}"):
    return f"  - name: a\n    given: {given}\n    expect: {expect}\n"


@pytest.mark.parametrize(
    ("given", "column", "near"),
    [
        ("{text: x, order: {category: genral}}", 40, "general"),
        ("{text: x, claims: [refund, trebel]}", 39, "treble"),
    ],
)
def test_a_value_that_no_fact_takes_is_told_once_at_its_place_with_the_nearest(suite_of, given, column, near):
    (found,) = suite_of(written(given)).diagnostics
    assert (found.code, found.severity) == ("F604", "warning")
    assert (found.span.line, found.span.column) == (5, column)
    assert found.span.source[column - 1 :].startswith(found.values["value"])
    for lang in ("zh", "en"):
        assert f"“{near}”" in found.help(lang)
        assert "expect" in found.help(lang)


@pytest.mark.parametrize(
    "given",
    [
        "{text: x, order: {category: general}}",
        "{text: x, order: {category: 生鲜}}",  # a label names its value
        "{text: x, order: {category_text: 随便什么}}",
        "{text: x, order: {category: null}}",
        "{text: x, claims: [treble, 退款]}",
        "{text: x, claims: []}",
    ],
)
def test_what_a_fact_takes_is_not_told(suite_of, given):
    assert suite_of(written(given)).diagnostics == ()


def test_a_slip_in_the_base_is_told_once_for_all_tests(suite_of):
    base = "base: {text: x, order: {category: genral}}\n"
    found = suite_of(written("{}") + written("{}").replace("name: a", "name: b"), base).diagnostics
    assert [d.code for d in found] == ["F604"]
    assert found[0].span.line == 3


def test_a_test_that_looks_at_what_comes_of_an_unknown_value_may_give_one(suite_of):
    given = "{text: x, order: {category: genral}}"
    suite = suite_of(written(given, "{outcome: refer, facts: {goods_kind: null}}"))
    assert suite.diagnostics == ()
    assert suite.tests[0].complaint.order.category == "genral"


def test_kinds_of_evidence_are_looked_at_through_their_list(suite_of, pack):
    given = "{text: x, evidence: [{kind: photo}, {kind: photoo}]}"
    (found,) = suite_of(written(given), pack=pack).diagnostics
    assert (found.code, found.values["field"], found.values["value"]) == ("F604", "evidence.kind", "photoo")


def test_the_shipped_tests_give_no_value_that_no_fact_takes(pack):
    folder = data_folder("scenarios") / "cn-ecommerce"
    suite = load_suite(pack, sorted(folder.rglob("*.yaml")), folder)
    assert [str(d.span) for d in suite.diagnostics if d.code == "F604"] == []
