"""A session by hand: what somebody who is no programmer writes, forgets and asks for, from the first command on."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from funnel.cli._main import group


def run(*args, code=0, stdin=None):
    result = CliRunner().invoke(group, [str(a) for a in args], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty folder with one small pack, which is not the shipped one."""
    monkeypatch.chdir(tmp_path)
    run("init", "pack", "rules/mine")
    return tmp_path


SETTLING = """funnel: 1
id: examples.late-parcel
scenario: late_parcel
revision: 1
title: {zh: 包裹迟到, en: late}
status: draft
reviewed: 2026-01-01
recognise: {signal: late_parcel}
elements: {late_parcel_days: {more_than: 3}}
basis:
  - {article: law/1, supports: [elements, remedies], gist: {zh: 要旨, en: gist}}
settle:
  needs: {late_parcel_days: record, price_paid: record}
  remedies: [{refund: price_paid}]
strategy: {opening: {zh: 根据现有材料, en: on the material}, floor: {zh: 底线, en: floor}}
refer: {tier: agent}
"""
FACTS = """funnel: 1
facts:
  late_parcel_days: {type: integer, label: {zh: 迟到天数, en: days late}, ask: system}
"""
STATUTES = """funnel: 1
statutes:
  law:
    title: {zh: 包裹法, en: parcels}
    issuer: {zh: 机关, en: issuer}
    kind: law
    versions: [{id: "1", from: 2020-01-01, verified: {how: text, when: 2026-01-01}}]
    articles: {"1": {title: {zh: 迟到, en: late}, gist: {zh: 迟到的要退钱, en: late ones are refunded}}}
"""
TESTS = """funnel: 1
rule: examples.late-parcel
base:
  received_at: 2026-11-10T10:00:00+08:00
  text: 包裹迟到
  order: {price: 10.00}
  facts: {late_parcel_days: {value: 4, grade: record}}
tests:
  - name: 迟四天的退
    given: {}
    expect: {outcome: settle, remedies: {refund: 10.00}}
"""


@pytest.fixture
def settling(desk):
    """The same pack with a draft that settles, and one test of it."""
    Path("rules/mine/examples/late-parcel.yaml").write_text(SETTLING, "utf-8")
    Path("rules/mine/vocabulary/late_parcel.yaml").write_text(FACTS, "utf-8")
    Path("rules/mine/statutes.yaml").write_text(STATUTES, "utf-8")
    Path("scenarios/mine/examples/late-parcel.yaml").write_text(TESTS, "utf-8")
    run("check", "rules/mine")
    return desk


def findings(old, new):
    """What the check of the pack says after one edit of its tests."""
    path = Path("scenarios/mine/examples/late-parcel.yaml")
    text = path.read_text("utf-8")
    assert old in text, "the change must apply"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return run("check", "rules/mine", "--lang", "zh", code=1).stdout


# --- which pack -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["check"], ["test", "-k", "，不认"], ["explain", "你好"]])
def test_who_forgets_the_pack_is_told_that_it_was_another_one(desk, command):
    del desk
    assert "--pack rules/mine" in run(*command, "--lang", "zh").stderr
    assert "rules/mine" not in run(*command, "--pack", "cn-ecommerce").stderr
    assert "cn-ecommerce" not in run(*command, "--pack", "rules/mine").stderr


def test_a_scenario_goes_into_the_only_pack_there_is(desk):
    run("init", "scenario", "prices.tip", "--title", "小费")
    assert (desk / "rules/mine/prices/tip.yaml").is_file()
    run("init", "pack", "rules/other")
    assert "--pack rules/mine" in run("init", "scenario", "prices.toll", code=2).stderr


def test_a_pack_that_is_not_there_is_said_in_the_language_asked_for_with_those_that_are(desk):
    del desk
    said = run("explain", "你好", "--pack", "rules/main", "--lang", "zh", code=3).stderr
    assert "没有规则包" in said
    assert "rules/mine" in said
    assert "no pack at" in run("explain", "你好", "--pack", "rules/main", "--lang", "en", code=3).stderr


# --- what a test gives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ("value: 4, grade: record", "value: 四, grade: record", "F206", 7, "整数"),
        ("value: 4, grade: record", "value: 4, grade: 记录", "F204", 7, "“record”"),
        ("value: 4, grade: record", "value: 4, grad: record", "F201", 7, "“grade”"),
        ("late_parcel_days: {value", "late_parcel_day: {value", "F301", 7, "“late_parcel_days”"),
        ("order: {price", "order: {prise", "F201", 6, "“price”"),
        ("  text: 包裹", "  txt: 包裹", "F201", 5, "“text”"),
        ("given: {}", "given: {facts: {late_parcel_days: 三天}}", "F206", 10, "整数"),
    ],
)
def test_a_slip_in_what_a_test_gives_is_an_error_once_and_at_its_place(settling, old, new, code, line, said):
    del settling
    found = findings(old, new)
    assert found.count(f"错误 {code}") == 1
    assert f"late-parcel.yaml:{line}:" in found
    assert said in found


def test_a_test_about_an_unreadable_value_may_give_one(settling):
    path = settling / "scenarios/mine/examples/late-parcel.yaml"
    more = (
        "  - name: 读不出的交人\n    given: {facts: {late_parcel_days: 四天}}\n    expect: {gate: unreadable-field}\n"
    )
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    run("check", "rules/mine")
    run("test", "--pack", "rules/mine")


# --- a draft can be looked at before it is stable ---------------------------------------------------------------------------


def test_the_coverage_of_a_draft_is_that_of_the_rule_it_will_be(settling):
    del settling
    draft = run("test", "--pack", "rules/mine", "--coverage", "--lang", "zh").stdout
    path = Path("rules/mine/examples/late-parcel.yaml")
    path.write_text(path.read_text("utf-8").replace("status: draft", "status: stable"), "utf-8")
    stable = run("test", "--pack", "rules/mine", "--coverage", "--lang", "zh").stdout
    assert draft == stable
    assert "覆盖 0%" not in draft


def test_a_draft_that_is_named_is_mutated_and_one_that_is_not_is_left(settling):
    del settling
    assert "变异 0 个" not in run("mutate", "examples.late-parcel", "--pack", "rules/mine", "--lang", "zh").stdout
    assert "变异 0 个" in run("mutate", "--pack", "rules/mine", "--lang", "zh").stdout


def test_the_analysis_says_which_drafts_it_left_out(settling):
    del settling
    assert "examples.late-parcel" in run("check", "rules/mine", "--deep", "--lang", "zh").stdout


def test_an_interview_can_be_held_with_a_draft(settling):
    del settling
    said = run(
        "ask", "包裹迟到", "--pack", "rules/mine", "--draft", "examples.late-parcel", "--lang", "zh", stdin="q\n"
    )
    assert "包裹迟到" in said.stdout
    no_such = run("ask", "包裹迟到", "--pack", "rules/mine", "--draft", "examples.late", "--lang", "zh", code=2)
    assert "examples.late-parcel" in no_such.stderr


# --- words, not codes -------------------------------------------------------------------------------------------------------


def test_what_may_still_come_of_a_rule_is_said_in_words(settling):
    del settling
    said = run("explain", "包裹迟到", "--pack", "rules/mine", "--draft", "examples.late-parcel", "--lang", "zh").stdout
    ends = next(line for line in said.splitlines() if "还可能的结局" in line)
    assert "由机器结案" in ends
    assert "“实付金额”" in ends
    assert "settle" not in ends
    assert "amount:" not in ends


def test_a_test_that_fails_for_want_of_a_grade_says_so_in_words(settling):
    path = settling / "scenarios/mine/examples/late-parcel.yaml"
    path.write_text(path.read_text("utf-8").replace("{value: 4, grade: record}", "4"), "utf-8")
    said = run("test", "--pack", "rules/mine", "--lang", "zh", code=4).stdout
    assert "“迟到天数”的等级不到 needs 写的那一级" in said


# --- finding the law --------------------------------------------------------------------------------------------------------


def test_the_register_is_listed_and_searched_by_words(settling):
    del settling
    assert "law  包裹法" in run("law", "show", "--pack", "rules/mine", "--lang", "zh").stdout
    for word in ("包裹", "退钱"):
        assert "law" in run("law", "show", word, "--pack", "rules/mine", "--lang", "zh").stdout
    assert "law/1" in run("law", "show", "退钱", "--pack", "rules/mine", "--lang", "zh").stdout
    run("law", "show", "量子", "--pack", "rules/mine", code=2)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["law/9"], "登记了：1"),
        (["lw/1"], "没有法规“lw”"),
        (["law@2/1"], "没有版本“2”"),
        (["law/1", "--on", "2019-12-31"], "不是有效的法律"),
    ],
)
def test_what_is_not_in_the_register_is_said_in_chinese_with_what_is(settling, asked, said):
    del settling
    assert said in run("law", "show", *asked, "--pack", "rules/mine", "--lang", "zh", code=2).stderr
