"""Shadow mode: drafts say what they would decide, and change nothing."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import funnel
from funnel.author.scenario_tests import run as run_test
from funnel.cli._main import group
from funnel.engine.decide import compile_pack
from funnel.engine.shadow import Tallies

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "examples" / "complaints.sample.csv"


def drafted(pack, *ids):
    """The pack with some of its rules made drafts."""
    return replace(pack, rules={**pack.rules, **{i: replace(pack.rules[i], status="draft") for i in ids}})


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_decision_is_the_same_to_the_byte_with_and_without_shadows(engine, suite, data):
    rules = data.draw(st.lists(st.sampled_from(sorted(engine.pack.rules)), min_size=1, max_size=3, unique=True))
    pack, seen = drafted(engine.pack, *rules), []
    plain, shadowed = funnel.Engine(pack), funnel.Engine(pack, shadow=seen.append)
    for test in data.draw(st.lists(st.sampled_from(suite.tests), min_size=1, max_size=20)):
        live = plain.decide(test.complaint, as_of=test.as_of)
        assert shadowed.decide(test.complaint, as_of=test.as_of).model_dump_json() == live.model_dump_json()
    assert {s.rule for s in seen} <= set(rules)


def test_what_a_draft_would_decide_is_what_it_decides_when_it_is_stable(engine, suite):
    rule, seen = "delivery.nondelivery", []
    shadowed = funnel.Engine(drafted(engine.pack, rule), shadow=seen.append)
    mine = [t for t in suite.tests if t.rule == rule]
    for test in mine:
        seen.clear()
        shadowed.decide(test.complaint, as_of=test.as_of)
        stable = engine.decide(test.complaint, as_of=test.as_of)
        for shadow in seen:
            assert shadow.would == stable
            assert bool(shadow.changes) == (shadow.live.outcome != stable.outcome or bool(shadow.changes))
        if any(m.rule == rule for m in stable.matters):
            assert [s.rule for s in seen] == [rule]
            assert seen[0].changes, "a matter that only the draft knows is a change"


def test_the_tests_of_a_draft_are_run_as_if_it_were_stable(engine, suite):
    rule = "delivery.nondelivery"
    drafts = compile_pack(drafted(engine.pack, rule))
    own = [test for test in suite.tests if test.rule == rule]
    assert own
    assert all(run_test(drafts, test).passed for test in own)
    assert all(rule not in {m.rule for m in funnel.Engine(drafts.pack).decide(test.complaint).matters} for test in own)


def test_a_draft_that_fails_harms_nothing_and_is_named(engine):
    rule = replace(engine.pack.rules["delivery.nondelivery"], status="draft", matter=None, forums=("nowhere",))
    seen = []
    pack = replace(engine.pack, rules={**engine.pack.rules, rule.id: rule})
    complaint = {"id": "c", "text": "付款半个月还不发货，我要退款"}
    decision = funnel.Engine(pack, shadow=seen.append).decide(complaint)
    assert decision == funnel.Engine(pack).decide(complaint)
    assert seen[0].would is None
    assert seen[0].error
    tallies = Tallies()
    tallies.add(seen[0])
    assert tallies.result()[rule.id].failed == 1


def test_tallies_add_up_and_name_examples(engine, suite):
    tallies, seen = Tallies(examples=2), []
    shadowed = funnel.Engine(drafted(engine.pack, "delivery.nondelivery"), shadow=seen.append)
    for number, test in enumerate(suite.tests[:400]):
        shadowed.decide(test.complaint.model_copy(update={"id": f"c-{number}"}), as_of=test.as_of)
    for shadow in seen:
        tallies.add(shadow)
    found = tallies.result()["delivery.nondelivery"]
    assert found.applied == len(seen)
    assert found.agreed + found.failed + sum(bool(s.changes) for s in seen) == found.applied
    assert all(1 <= len(change.examples) <= min(2, change.count) for change in found.changes)
    wanted = Counter((key, *pair) for shadow in seen for key, pair in shadow.changes.items())
    assert {(c.key, c.live, c.would): c.count for c in found.changes} == wanted
    assert [c.count for c in found.changes] == sorted(wanted.values(), reverse=True)


@pytest.fixture
def with_draft(tmp_path):
    """A copy of the shipped pack in which one rule is a draft."""
    pack = tmp_path / "rules" / "cn-ecommerce"
    shutil.copytree(ROOT / "rules" / "cn-ecommerce", pack)
    file = pack / "delivery" / "nondelivery.yaml"
    file.write_text(file.read_text("utf-8").replace("status: stable", "status: draft"), "utf-8")
    return pack


def test_the_file_has_both_sides_and_the_whole_decision_that_would_have_been(with_draft, tmp_path):
    live, stable, shadow = (tmp_path / name for name in ("live.jsonl", "stable.jsonl", "s.jsonl"))
    for pack, out, more in ((with_draft, live, ["--shadow", str(shadow)]), ("cn-ecommerce", stable, [])):
        args = ["run", str(SAMPLE), "--pack", str(pack), "--as-of", "2026-11-20", "-o", str(out), *more]
        assert CliRunner().invoke(group, args).exit_code == 0
    decided, would = (
        {d["complaint_id"]: d for d in map(json.loads, f.read_text("utf-8").splitlines())} for f in (live, stable)
    )
    lines = [json.loads(line) for line in shadow.read_text("utf-8").splitlines()]
    changed = [line for line in lines if line["changes"]]
    assert changed
    for line in lines:
        id_ = line["complaint_id"]
        assert line["live"]["outcome"] == decided[id_]["outcome"]
        assert line["would"]["outcome"] == would[id_]["outcome"]
        assert all(line["live"][key] != line["would"][key] for key in line["changes"])
        assert line["changes"].keys() == {key for key in line["live"] if line["live"][key] != line["would"][key]}
        mine, other = dict(line["decision"]), dict(would[id_])
        del mine["pack"], other["pack"]  # the draft's pack is another file
        assert mine == other


def test_what_is_told_of_shadows_is_in_the_language_asked_for(with_draft, tmp_path):
    def told(*args):
        return (
            CliRunner()
            .invoke(group, ["run", str(SAMPLE), "--pack", str(with_draft), "--shadow", str(tmp_path / "s"), *args])
            .output
        )

    zh, en = (told("--lang", lang).partition("nondelivery")[2] for lang in ("zh", "en"))
    assert "结果：转人工 → 可结案" in zh
    assert "场景：无 → “不发货、延迟发货”" in zh
    assert not re.search("outcome|scenarios|tier|refer|unmatched|mediator|agent", zh)
    assert "outcome: refer → settle" in en
    assert not re.search("[\u4e00-\u9fff]", en)
    content = json.loads(told("--format", "json"))["shadow"]["delivery.nondelivery"]
    assert content["applied"] == content["agreed"] + content["failed"] + sum(
        change["count"] for change in content["changes"] if change["key"] == "scenarios"
    )
    assert {"key", "live", "would", "count", "examples"} == content["changes"][0].keys()


def test_at_the_command_line_shadows_are_written_and_told(with_draft, tmp_path):
    pack = with_draft

    def run(*args):
        return CliRunner().invoke(group, ["run", str(SAMPLE), "--pack", str(pack), *args])

    one, two, shadow = (str(tmp_path / name) for name in ("1.jsonl", "2.jsonl", "s.jsonl"))
    assert run("-o", one, "--lang", "en").exit_code == 0
    told = run("-o", two, "--shadow", shadow, "--lang", "en")
    assert told.exit_code == 0, told.output
    assert Path(one).read_bytes() == Path(two).read_bytes()
    assert "draft delivery.nondelivery: a say in" in told.output
    lines = [json.loads(line) for line in Path(shadow).read_text("utf-8").splitlines()]
    assert lines
    assert {line["rule"] for line in lines} == {"delivery.nondelivery"}
    assert run("--shadow", str(tmp_path / "no" / "s.jsonl")).exit_code == 2
    assert (
        "no draft rules" in CliRunner().invoke(group, ["run", str(SAMPLE), "--shadow", shadow, "--lang", "en"]).output
    )
