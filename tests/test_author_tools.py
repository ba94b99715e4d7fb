"""Formats for machines, the hooks of pre-commit, and the watch."""

import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.author.scenario_tests import load_suite, scenario_files
from funnel.author.scenario_tests import run as run_test
from funnel.author.watch import changed, stamps, touched
from funnel.cli._main import group
from funnel.diagnostics import Span
from funnel.diagnostics._machine import Finding, junit, sarif

ROOT = Path(__file__).parent.parent


def run(*args):
    return CliRunner().invoke(group, [str(a) for a in args])


@pytest.fixture
def small(tmp_path):
    """A pack of one rule, with its tests."""
    pack = tmp_path / "rules" / "small"
    assert run("init", "pack", pack).exit_code == 0
    return pack


@pytest.fixture
def broken(small):
    """The same with a fact that nobody declared and a test that fails."""
    rule = next(p for p in small.rglob("*.yaml") if p.name == "late-parcel.yaml")
    rule.write_text(
        rule.read_text("utf-8").replace("elements: {late_parcel_shown", "elements: {late_parcel_shwn"), "utf-8"
    )
    return small


def check_sarif(log):
    """What SARIF 2.1.0 requires of the parts we write (OASIS standard, sections 3.13 to 3.30)."""
    assert log["version"] == "2.1.0"
    for one in log["runs"]:
        driver = one["tool"]["driver"]
        assert driver["name"] == "funnel"
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(ids) == len(set(ids))
        assert one["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        for result in one["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in {"none", "note", "warning", "error"}
            assert result["message"]["text"]
            for location in (*result["locations"], *result["relatedLocations"]):
                place = location["physicalLocation"]
                assert " " not in place["artifactLocation"]["uri"]
                region = place.get("region", {"startLine": 1})
                assert region["startLine"] >= 1
                assert region.get("endColumn", 10**9) > region.get("startColumn", 0)


def test_a_clean_pack_has_no_results(small):
    found = run("check", small, "--format", "sarif")
    assert found.exit_code == 0
    log = json.loads(found.output)
    check_sarif(log)
    assert log["runs"][0]["results"] == []
    root = ET.fromstring(run("check", small, "--format", "junit").output)  # noqa: S314 (our own output)
    assert root.find("testsuite").get("failures") == "0"
    assert root.find("testsuite/testcase") is not None


def test_findings_stand_at_their_line_in_both_formats(broken):
    found = run("check", broken, "--format", "sarif", "--lang", "en")
    assert found.exit_code == 1
    log = json.loads(found.output)
    check_sarif(log)
    result = next(r for r in log["runs"][0]["results"] if r["ruleId"] == "F301")
    line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
    rule = next(p for p in broken.rglob("late-parcel.yaml") if "rules" in p.parts)
    assert "late_parcel_shwn" in rule.read_text("utf-8").splitlines()[line - 1]
    assert "late_parcel_shown" in result["message"]["text"], "the way out is said too"
    root = ET.fromstring(run("check", broken, "--format", "junit").output)  # noqa: S314 (our own output)
    assert int(root.find("testsuite").get("failures")) == len(log["runs"][0]["results"])


def test_a_failing_scenario_test_is_a_result_at_its_line(small):
    tests = next(p for p in small.parent.parent.rglob("late-parcel.yaml") if "scenarios" in p.parts)
    tests.write_text(tests.read_text("utf-8").replace("outcome: refer", "outcome: settle"), "utf-8")
    found = run("test", "--pack", small, "--format", "sarif")
    assert found.exit_code == 4
    log = json.loads(found.output)
    check_sarif(log)
    assert {r["ruleId"] for r in log["runs"][0]["results"]} == {"scenario-test"}


@pytest.mark.parametrize(
    ("given", "expected", "code"),
    [
        ("received_at: 2026-11-10T10:00:00+08:00", "basis: [law/1]", 0),
        ("received_at: 2026-11-10T10:00:00+08:00", "not_cited: [law/1]", 4),
        ("received_at: 1999-12-31T10:00:00+08:00", "not_cited: [law/1]", 0),
        ("received_at: 1999-12-31T10:00:00+08:00", "basis: [law/1]", 4),
    ],
    ids=["in force: cited", "in force: not left out", "not yet in force: left out", "not yet in force: not cited"],
)
def test_an_article_that_is_not_to_be_cited_is_one_that_is_not_in_force(small, given, expected, code):
    tests = next(p for p in small.parent.parent.rglob("late-parcel.yaml") if "scenarios" in p.parts)
    text = tests.read_text("utf-8").replace("given: {text: 包裹迟到}", f"given: {{text: 包裹迟到, {given}}}")
    tests.write_text(text.replace("outcome: refer", f"outcome: refer, {expected}"), "utf-8")
    assert run("test", "--pack", small).exit_code == code


def test_that_an_article_of_another_rule_is_not_cited_cannot_be_expected(small):
    tests = next(p for p in small.parent.parent.rglob("late-parcel.yaml") if "scenarios" in p.parts)
    tests.write_text(tests.read_text("utf-8").replace("outcome: refer", "outcome: refer, not_cited: [law/2]"), "utf-8")
    found = run("test", "--pack", small)
    assert found.exit_code == 1
    assert "F204" in found.output


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        ("outcome: refer", "outcome: refer, asks: []", 0),
        ("outcome: refer", "outcome: refer, basis: []", 4),
    ],
    ids=["nothing is asked of what goes to people", "an article is cited"],
)
def test_an_empty_list_expects_none(small, text, expected, code):
    tests = next(p for p in small.parent.parent.rglob("late-parcel.yaml") if "scenarios" in p.parts)
    tests.write_text(tests.read_text("utf-8").replace(text, expected), "utf-8")
    assert run("test", "--pack", small).exit_code == code


def test_an_empty_list_of_questions_fails_where_something_is_asked(suite, compiled):
    asking = next(t for t in suite.tests if t.expect.get("outcome") == "ask")
    (found,) = run_test(compiled, replace(asking, expect={"asks": ()})).mismatches
    assert found.key == "asks"
    assert found.got != "[]"


words = st.text(max_size=20)


@given(rule=st.text(min_size=1, max_size=8), text=words, path=st.text(min_size=1, max_size=12), line=st.integers(0, 9))
def test_whatever_stands_in_a_message_both_formats_stay_readable(rule, text, path, line):
    item = Finding(rule, "error", text or "x", Span(path, line, line and 3, line and 5), ((Span(path), text),), text)
    try:
        check_sarif(json.loads(json.dumps(sarif([item], "1"))))
    except UnicodeEncodeError:
        assert any("\ud800" <= c <= "\udfff" for c in path)
    assert ET.fromstring(junit([item], "n")) is not None  # noqa: S314 (our own output)


def test_the_hooks_run_commands_that_there_are_with_options_they_take(small):
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert {hook["id"] for hook in hooks} == {"funnel-check", "funnel-test"}
    for hook in hooks:
        args = [str(small) if a == "rules/cn-ecommerce" else a for a in hook["args"]]
        done = run(*hook["entry"].split()[1:], *args)
        assert done.exit_code == 0, done.output
        assert hook["pass_filenames"] is False
        assert hook["language"] == "python"


def test_changes_are_files_written_made_or_removed(tmp_path):
    (tmp_path / "a.yaml").write_text("1")
    (tmp_path / "b.yaml").write_text("1")
    (tmp_path / "c.txt").write_text("1")
    before = stamps(tmp_path)
    (tmp_path / "a.yaml").write_text("12")
    (tmp_path / "b.yaml").unlink()
    (tmp_path / "d.yml").write_text("1")
    (tmp_path / "c.txt").write_text("12")
    assert [p.name for p in changed(before, stamps(tmp_path))] == ["a.yaml", "b.yaml", "d.yml"]
    assert changed(before, before) == ()


def test_what_a_file_touches_comes_first_and_nothing_is_left_out(engine):
    pack = engine.pack
    folder = ROOT / "scenarios" / "cn-ecommerce"
    suite = load_suite(pack, list(scenario_files(folder)), folder)
    rules = Path(pack.root)
    for file, wanted in (
        (rules / "delivery" / "nondelivery.yaml", {"delivery.nondelivery"}),
        (rules / "signals" / "nondelivery.yaml", {"delivery.nondelivery"}),
        (folder / "delivery" / "nondelivery.yaml", {"delivery.nondelivery"}),
        (rules / "gates.yaml", set()),
    ):
        near, far = touched(pack, suite, [file])
        assert {t.rule for t in near} == wanted, file
        assert len(near) + len(far) == len(suite.tests)
        if wanted and "scenarios" not in file.parts:
            assert not any(t.rule in wanted for t in far)


def test_the_watch_says_what_a_save_broke_and_that_it_is_mended(small):
    rule = next(p for p in small.rglob("late-parcel.yaml") if "rules" in p.parts)
    good = rule.read_text("utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "funnel", "watch", str(small), "--lang", "en", "--interval", "0.05", "--rounds", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", bufsize=1,
    )  # fmt: skip
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
    reader.start()

    def wait(word):
        end = time.monotonic() + 60
        while not any(word in line for line in lines):
            assert time.monotonic() < end, lines
            assert process.poll() is None or any(word in line for line in lines), lines
            time.sleep(0.02)

    wait("all: 2 tests, 0 fail")
    rule.write_text(good.replace("elements: {late_parcel_shown", "elements: {late_parcel_shwn"), "utf-8")
    wait("not loaded")
    assert any("F301" in line for line in lines)
    rule.write_text(good + "\n", "utf-8")
    wait("touched: 2 tests, 0 fail")
    assert process.wait(60) == 0
    reader.join(60)
    process.stdout.close()


def test_watching_what_is_no_pack_is_a_line(tmp_path):
    found = run("watch", tmp_path)
    assert found.exit_code == 2
    assert "pack.yaml" in found.output


def test_the_copy_of_a_pack_is_clean(tmp_path):
    """The fixture of the tests above is what an author gets."""
    pack = tmp_path / "rules" / "cn-ecommerce"
    shutil.copytree(ROOT / "rules" / "cn-ecommerce", pack)
    assert funnel.check_pack(pack).pack.digest == funnel.load_pack(ROOT / "rules" / "cn-ecommerce").digest
