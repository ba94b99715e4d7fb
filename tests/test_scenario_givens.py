"""What a scenario test gives: values that no fact takes are told, and what `null` says is one thing everywhere."""

from pathlib import Path

import pytest

import funnel
from funnel.author.scenario_tests import as_of_day, load_suite
from funnel.author.suggest import one_test
from funnel.engine.decide import read
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
        "{text: x, order: {category: none}}",
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


# --- null and none ----------------------------------------------------------------------------------------------------------


def shipped(suite, compiled):
    (test,) = suite.tests
    given = test.complaint.order.model_fields_set
    known = read(compiled, test.complaint, as_of=as_of_day(compiled, test)).facts.known.get("shipped")
    return "shipped_at" in given, None if known is None else (known.value, known.grade.word)


@pytest.mark.parametrize(
    ("base", "given", "expected"),
    [
        ("{text: x, order: {paid_at: 2026-11-03}}", "{}", (False, None)),
        ("{text: x, order: {paid_at: 2026-11-03, shipped_at: 2026-11-04}}", "{}", (True, (True, "record"))),
        # null: as if it were not there, wherever it stands
        ("{text: x, order: {paid_at: 2026-11-03, shipped_at: null}}", "{}", (False, None)),
        ("{text: x, order: {paid_at: 2026-11-03}}", "{order: {shipped_at: null}}", (False, None)),
        ("{text: x}", "{order: {shipped_at: null}}", (False, None)),
        ("{text: x, order: {shipped_at: 2026-11-04}}", "{order: {shipped_at: null}}", (False, None)),
        ("{text: x, order: {shipped_at: none}}", "{order: {shipped_at: null}}", (False, None)),
        ("{text: x, order: {shipped_at: 2026-11-04}}", "{order: null}", (False, None)),
        ("{text: x, facts: {shipped: true}}", "{facts: {shipped: null}}", (False, None)),
        # none: the record has it empty, wherever it stands
        ("{text: x, order: {paid_at: 2026-11-03, shipped_at: none}}", "{}", (True, (False, "record"))),
        ("{text: x, order: {paid_at: 2026-11-03}}", "{order: {shipped_at: none}}", (True, (False, "record"))),
        ("{text: x}", "{order: {shipped_at: none}}", (True, (False, "record"))),
        ("{text: x, order: {shipped_at: 2026-11-04}}", "{order: {shipped_at: none}}", (True, (False, "record"))),
        ("{text: x, order: {shipped_at: none}}", "{order: {shipped_at: 2026-11-04}}", (True, (True, "record"))),
    ],
)
def test_null_is_not_given_and_none_is_given_as_empty_in_base_and_given_alike(
    suite_of, pack, compiled, base, given, expected
):
    suite = suite_of(written(given), f"base: {base}\n", pack=pack)
    assert [d for d in suite.diagnostics if d.severity == "error"] == []
    assert shipped(suite, compiled) == expected


def test_none_says_what_null_says_in_a_complaint(suite_of, pack, compiled):
    (test,) = suite_of(written("{text: x, order: {shipped_at: none}}"), pack=pack).tests
    whole = {"id": "test", "received_at": "2026-11-10T10:00:00", "text": "x", "order": {"shipped_at": None}}
    assert test.complaint == funnel.Complaint.model_validate(whole)


def test_a_quoted_none_and_a_none_elsewhere_are_text(suite_of, pack):
    (test,) = suite_of(written("{text: none, platform: none, order: {id: 'none'}}"), pack=pack).tests
    assert (test.complaint.text, test.complaint.platform, test.complaint.order.id) == ("none", "none", "none")


@pytest.mark.parametrize(
    ("base", "given", "line"),
    [
        ("{text: x, order: {shipped_at: null}}", "{}", 3),
        ("{text: x}", "{order: {shipped_at: null}}", 6),
        ("{text: x, order: {price: 1.00}}", "{order: {shipped_at: ~}}", 6),
        ("{text: x, order: {shipped_at: null}}", "{order: {price: null}}", 3),
    ],
)
def test_null_that_takes_nothing_away_is_told(suite_of, pack, base, given, line):
    found = suite_of(written(given), f"base: {base}\n", pack=pack).diagnostics
    assert {d.code for d in found} == {"F605"}
    assert found[0].span.line == line
    assert all(d.severity == "warning" for d in found)
    assert "none" in found[0].help("zh")
    assert "none" in found[0].help("en")


def test_null_that_takes_something_away_or_leaves_a_fact_unknown_is_not_told(suite_of, pack):
    given = "{order: {shipped_at: null, price: null}, facts: {goods_intact: null, shipped: null}, claims: null}"
    base = "{text: x, claims: [refund], order: {shipped_at: none, price: 1.00}, facts: {shipped: true}}"
    assert suite_of(written(given), f"base: {base}\n", pack=pack).diagnostics == ()


def test_a_complaint_drafted_as_a_test_keeps_what_its_record_has_empty(suite_of, pack):
    case = {"id": "x", "text": "x", "order": {"shipped_at": None, "paid_at": "2026-11-03"}}
    drafted = one_test("a", case, {}).replace("expect: {}", "expect: {outcome: refer}")
    (test,) = suite_of(drafted + "\n", pack=pack).tests
    assert "shipped_at" in test.complaint.order.model_fields_set
