"""Mutation: every change that a test could notice is made, killed by a test that sees it, or shown with a complaint that would."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import funnel
from funnel.author.mutation import mutants, mutate, written
from funnel.author.scenario_tests import load_suite, run, scenario_files
from funnel.cli._main import group
from funnel.engine.decide import compile_pack

MINI = Path(__file__).parent / "packs" / "mini"
RULE = "goods.return"
TESTS = """
funnel: 1
rule: goods.return
base:
  received_at: 2026-11-10T10:00:00+08:00
  text: 卖家不给退
  order: {category: general, price: 100.00, quantity: 1, signed_at: 2026-11-08T10:00:00+08:00}
  facts: {goods_intact: true}
tests:
  - {name: 三天内完好的, given: {}, expect: {outcome: settle, remedies: {refund: 100.00, return_freight: consumer}}}
  - {name: 第七天, given: {order: {signed_at: 2026-11-03T10:00:00+08:00}}, expect: {outcome: settle}}
  - {name: 第八天, given: {order: {signed_at: 2026-11-02T10:00:00+08:00}}, expect: {outcome: refer, tier: agent}}
  - {name: 不完好, given: {facts: {goods_intact: false}}, expect: {outcome: refer, tier: agent}}
  - {name: 定制的, given: {order: {category: custom}}, expect: {outcome: refer, tier: mediator, exception: custom}}
  - {name: 生鲜, given: {order: {category: fresh}}, expect: {outcome: refer, exception: custom}}
  - {name: 三千, given: {order: {price: 3000.00}}, expect: {outcome: settle}}
  - {name: 三千零一分, given: {order: {price: 3000.01}}, expect: {outcome: refer}}
  - name: 签收日有证据没有记录
    given: {order: {signed_at: null}, facts: {signed_on: {value: 2026-11-08, grade: evidence}}}
    expect: {outcome: ask, asks: [signed_on]}
  - {name: 完好只是推定, given: {facts: {goods_intact: {value: true, grade: presumed}}}, expect: {outcome: ask}}
"""
LAW = """
  - name: 法律生效那天签收的
    given: {received_at: 2014-01-01T20:00:00+08:00, order: {signed_at: 2014-01-01T10:00:00+08:00}}
    expect: {outcome: settle, basis: [law@1/25]}
  - name: 生效前一天签收的，机器不结
    given: {received_at: 2013-12-31T20:00:00+08:00, order: {signed_at: 2013-12-31T10:00:00+08:00}}
    expect: {outcome: refer, reason: law-uncertain}
  - name: 生效前一天签收的，超过多少天都说不上
    given: {received_at: 2014-01-08T20:00:00+08:00, order: {signed_at: 2013-12-31T10:00:00+08:00}}
    expect: {outcome: refer, reason: law-uncertain}
  - name: 修订前一天签收的，适用旧法的五天
    given: {received_at: 2025-01-06T10:00:00+08:00, order: {signed_at: 2024-12-31T10:00:00+08:00}}
    expect: {outcome: refer, basis: [law@1/25]}
  - name: 修订那天签收的，新法第七天
    given: {received_at: 2025-01-08T10:00:00+08:00, order: {signed_at: 2025-01-01T10:00:00+08:00}}
    expect: {outcome: settle, basis: [law@2/25]}
"""


@pytest.fixture
def project(tmp_path):
    shutil.copytree(MINI, tmp_path / "rules" / "mini")
    path = tmp_path / "scenarios" / "mini" / "goods" / "return.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TESTS + LAW, "utf-8")
    return tmp_path


def result(root, drop=""):
    path = root / "scenarios" / "mini" / "goods" / "return.yaml"
    if drop:
        head, *tests = path.read_text("utf-8").split("  - ")
        path.write_text("  - ".join([head, *(t for t in tests if drop not in t)]), "utf-8")
    compiled = compile_pack(funnel.load_pack(root / "rules" / "mini"))
    suite = load_suite(compiled.pack, list(scenario_files(root / "scenarios" / "mini")))
    assert all(run(compiled, test).passed for test in suite.tests)
    day = suite.tests[0].complaint.received_at.date()
    return mutate(compiled, suite.tests, [RULE], as_of=day)


def left(found):
    return {(o.mutant.kind, o.mutant.before, o.mutant.after) for o in found.survivors}


def test_a_rule_whose_tests_see_everything_leaves_no_survivor(project):
    found = result(project)
    assert left(found) == set()
    assert found.score == 100
    assert found.count("killed") >= 15


@pytest.mark.parametrize(
    ("drop", "survivor"),
    [
        ("第七天", ("shift", "{days_since_receipt: {at_most: param.return_days}}", "{days_since_receipt: {less_than: param.return_days}}")),
        ("不完好", ("drop", "{goods_intact: {is: true}}", "")),
        ("生鲜", ("drop", "{goods_kind: {in: [custom, fresh]}}", "{goods_kind: {in: [custom]}}")),
        ("三千零一分", ("limit", "limit: 3000.00", "limit: 3000.01")),
        ("生效前一天", ("law", "law@1: {from: 2014-01-01}", "law@1: {from: 2013-12-31}")),
        ("法律生效那天", ("law", "law@1: {from: 2014-01-01}", "law@1: {from: 2014-01-02}")),
        ("修订前一天", ("law", "law@2: {from: 2025-01-01}", "law@2: {from: 2024-12-31}")),
        ("修订那天", ("law", "law@2: {from: 2025-01-01}", "law@2: {from: 2025-01-02}")),
        ("生效前一天", ("parameter", "param.return_days: {from: 2014-01-01}", "param.return_days: {from: 2013-12-31}")),
        ("修订前一天", ("parameter", "param.return_days: {from: 2025-01-01}", "param.return_days: {from: 2024-12-31}")),
        ("修订那天", ("parameter", "param.return_days: {from: 2025-01-01}", "param.return_days: {from: 2025-01-02}")),
        ("三千, given", ("limit", "limit: 3000.00", "limit: 2999.99")),
    ],
)  # fmt: skip
def test_what_a_missing_test_would_have_seen_survives(project, drop, survivor):
    found = result(project, drop)
    assert survivor in left(found)
    assert found.score < 100


def test_a_survivor_comes_with_a_complaint_that_tells_it_from_the_rule(project):
    found = result(project, "第七天")
    outcome = next(o for o in found.survivors if o.mutant.kind == "shift")
    pack = funnel.load_pack(project / "rules" / "mini")
    decision = funnel.Engine(pack).decide(outcome.witness)
    assert decision.matters[0].rule == RULE
    assert outcome.witness["facts"]


def test_a_change_that_no_complaint_can_tell_is_equivalent(project):
    path = project / "rules" / "mini" / "goods" / "return.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("{goods_intact: true}]}", "{goods_intact: true}, {quantity: {at_least: 1}}]}"), "utf-8"
    )
    found = result(project)
    same = [(o.mutant.before, o.mutant.after) for o in found.outcomes if o.state == "equivalent"]
    assert same == [("{quantity: {at_least: 1}}", "{quantity: {at_least: 0}}")]


def test_mutants_differ_from_their_rule_and_are_written_as_in_the_file():
    pack = funnel.load_pack(MINI)
    rule = pack.rules[RULE]
    found = list(mutants(pack, rule))
    assert all(m.rule != rule for m in found)
    assert {m.kind for m in found} == {
        "flip", "shift", "drop", "swap", "exception", "tier", "grade", "limit", "remedy", "governs"
    }  # fmt: skip
    assert written(rule.elements) == "{all: [{days_since_receipt: {at_most: param.return_days}}, {goods_intact: {is: true}}]}"  # fmt: skip


def test_the_command_shows_survivors_and_holds_a_floor(project, monkeypatch):
    monkeypatch.chdir(project)
    args = ["mutate", RULE, "--pack", "rules/mini", "--lang", "en"]
    whole = CliRunner().invoke(group, [*args, "--fail-under", "100"])
    assert whole.exit_code == 0
    assert whole.output.rstrip().endswith("; score 100 %")
    result(project, "第七天")
    thin = CliRunner().invoke(group, [*args, "--fail-under", "100"])
    assert thin.exit_code == 1
    assert "+ {days_since_receipt: {less_than: param.return_days}}" in thin.output
    content = json.loads(CliRunner().invoke(group, [*args, "--format", "json"]).output)
    assert content["survivors"][0]["witness"]["id"] == "witness"
    assert CliRunner().invoke(group, ["mutate", "goods.retrun", "--pack", "rules/mini"]).exit_code == 2


def test_a_remedy_that_is_due_twice_is_not_what_a_test_expected(project):
    path = project / "rules" / "mini" / "goods" / "return.yaml"
    text = path.read_text("utf-8")
    both = "{return_freight: consumer}, {return_freight: merchant}"
    assert "{return_freight: consumer}" in text
    path.write_text(text.replace("{return_freight: consumer}", both), "utf-8")
    compiled = compile_pack(funnel.load_pack(project / "rules" / "mini"))
    suite = load_suite(compiled.pack, list(scenario_files(project / "scenarios" / "mini")))
    first = run(compiled, suite.tests[0])
    assert [(m.key, m.got) for m in first.mismatches] == [
        ("remedies", "{refund: 100.00, return_freight: consumer + merchant}")
    ]
