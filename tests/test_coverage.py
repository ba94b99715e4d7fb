"""Coverage says what tests look at, misses nothing, and its drafted tests look at what was missing."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import funnel
from funnel.author.coverage import measure
from funnel.author.scenario_tests import load_suite, scenario_files
from funnel.author.suggest import as_yaml, suggest
from funnel.cli._main import group
from funnel.engine.decide import compile_pack

MINI = Path(__file__).parent / "packs" / "mini"
BASE = """
funnel: 1
rule: goods.return
base:
  received_at: 2026-11-10T10:00:00+08:00
  text: 卖家不给退
  order: {category: general, price: 100.00, quantity: 1, signed_at: 2026-11-08T10:00:00+08:00}
  facts: {goods_intact: true}
tests:
  - {name: 三天内完好的, given: {}, expect: {outcome: settle}}
"""
MORE = """
  - {name: 第七天, given: {order: {signed_at: 2026-11-03T10:00:00+08:00}}, expect: {outcome: settle}}
  - {name: 第八天, given: {order: {signed_at: 2026-11-02T10:00:00+08:00}}, expect: {outcome: refer}}
  - {name: 不完好, given: {facts: {goods_intact: false}}, expect: {outcome: refer}}
  - {name: 定制的, given: {order: {category: custom}}, expect: {outcome: refer, exception: custom}}
  - {name: 不知道签收日, given: {order: {signed_at: null}}, expect: {outcome: ask}}
"""


@pytest.fixture
def project(tmp_path):
    shutil.copytree(MINI, tmp_path / "rules" / "mini")
    (tmp_path / "scenarios" / "mini" / "goods").mkdir(parents=True)

    def write(text):
        path = tmp_path / "scenarios" / "mini" / "goods" / "return.yaml"
        path.write_text(text, "utf-8")
        return path

    return tmp_path, write


def looked_at(root):
    pack = funnel.load_pack(root / "rules" / "mini")
    suite = load_suite(pack, list(scenario_files(root / "scenarios" / "mini")))
    assert not [d for d in suite.diagnostics if d.severity == "error"]
    return compile_pack(pack), suite, measure(compile_pack(pack), suite.tests, ["goods.return"])


def missing(coverage):
    return {(i.where, i.leaf.fact if i.leaf else "", i.wanted) for i in coverage.missing}


def test_one_settling_test_leaves_every_other_side_unseen(project):
    root, write = project
    write(BASE)
    _, _, coverage = looked_at(root)
    assert missing(coverage) == {
        ("recognise", "grievances", "false"),
        ("elements", "days_since_receipt", "false"),
        ("elements", "days_since_receipt", "unknown"),
        ("elements", "days_since_receipt", "7"),
        ("elements", "days_since_receipt", "8"),
        ("elements", "goods_intact", "false"),
        ("elements", "goods_intact", "unknown"),
        ("unless custom", "goods_kind", "true"),
        ("unless custom", "goods_kind", "unknown"),
        ("unless custom", "", "fired"),
        ("settle.limit", "price_paid", "3000.00"),
        ("settle.limit", "price_paid", "3000.01"),
        ("decision", "", "ask"),
        ("decision", "", "refer"),
    }


def test_each_test_takes_away_what_it_looks_at(project):
    root, write = project
    write(BASE + MORE)
    _, _, coverage = looked_at(root)
    assert missing(coverage) == {
        ("recognise", "grievances", "false"),
        ("elements", "goods_intact", "unknown"),
        ("unless custom", "goods_kind", "unknown"),
        ("settle.limit", "price_paid", "3000.00"),
        ("settle.limit", "price_paid", "3000.01"),
    }
    seen, whole = coverage.counts()["condition"]
    assert (seen, whole) == (8, 11)
    assert coverage.percent == 100 * (len(coverage.items) - 5) // len(coverage.items) < 100


def test_drafted_tests_load_and_make_the_coverage_whole(project):
    root, write = project
    path = write(BASE)
    compiled, suite, coverage = looked_at(root)
    drafts = suggest(compiled, coverage.missing, as_of=suite.tests[0].complaint.received_at.date())
    assert [d.name for d in drafts if d.given is None] == []
    text = as_yaml(drafts, suite.bases["goods.return"])
    path.write_text(BASE + text + "\n", "utf-8")
    assert load_suite(compiled.pack, [path]).diagnostics, "an expectation left open is a finding"
    path.write_text(BASE + text.replace("expect: {}", "expect: {recognised: true}") + "\n", "utf-8")
    assert yaml.safe_load(path.read_text("utf-8"))
    _, _, whole = looked_at(root)
    assert missing(whole) == set()
    assert whole.percent == 100


def test_the_command_prints_what_is_missing_writes_a_page_and_holds_a_floor(project, monkeypatch):
    root, write = project
    write(BASE + MORE)
    monkeypatch.chdir(root)
    args = ["test", "--pack", "rules/mini", "scenarios/mini/goods", "--lang", "en"]
    result = CliRunner().invoke(group, [*args, "--coverage", "--coverage-html", "c.html", "--suggest"])
    assert result.exit_code == 0
    assert "coverage 7" in result.output
    assert "settle.limit: paid is at most 3000.00: paid = 3000.01" in result.output
    assert "expect: {}" in result.output
    page = (root / "c.html").read_text("utf-8")
    assert "<script" not in page
    assert "http" not in page
    assert page.count('class="missing"') == 5
    assert CliRunner().invoke(group, [*args, "--fail-under", "70"]).exit_code == 0
    assert CliRunner().invoke(group, [*args, "--fail-under", "100"]).exit_code == 1


def test_what_recognition_rules_out_is_proved_out_of_reach_and_not_counted(project):
    root, write = project
    path = root / "rules" / "mini" / "goods" / "return.yaml"
    text = path.read_text("utf-8")
    assert "{goods_intact: true}]}" in text
    path.write_text(text.replace("{goods_intact: true}]}", "{goods_intact: true}, {grievance: refused}, {price_paid: {at_least: 0.00}}]}"), "utf-8")  # fmt: skip
    write(BASE + MORE)
    _, _, coverage = looked_at(root)
    out = {(i.where, i.leaf.fact, i.wanted) for i in coverage.unreachable}
    assert out == {("elements", "grievances", "false"), ("elements", "price_paid", "false")}
    assert not any(i in coverage.items for i in coverage.unreachable)
    assert ("elements", "price_paid", "unknown") in missing(coverage), "what can be seen still counts"


def test_a_condition_of_a_rule_that_was_not_looked_at_was_not_seen(project):
    _, write = project
    elsewhere = "  - {name: 说别的, given: {text: 今天天气好, order: {signed_at: null}}, expect: {recognised: false}}\n"
    write(BASE + elsewhere)
    _, _, coverage = looked_at(project[0])
    assert ("recognise", "grievances", "false") not in missing(coverage)
    assert ("elements", "days_since_receipt", "unknown") in missing(coverage)
