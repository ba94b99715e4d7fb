"""What is done with every case of a tier: `tier_steps` of a pack."""

import shutil
from pathlib import Path

import pytest

import funnel
from funnel.author._wording import rewordings
from funnel.author.explain import explain

MINI = Path(__file__).parent / "packs" / "mini"
STEPS = "tier_steps:\n  TIER: [{who: agent, within: 24h, do: {zh: 打电话, en: telephone}}]\n"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(MINI, tmp_path / "mini")


def put(folder, tier):
    path = folder / "pack.yaml"
    path.write_text(path.read_text("utf-8").rstrip() + "\n" + STEPS.replace("TIER", tier), "utf-8")


def test_a_case_of_the_tier_has_its_steps_and_a_case_of_another_has_not(folder):
    before = funnel.load_pack(folder)
    tier, *_, other = before.manifest.tiers
    told = {"id": "x", "text": "说不清楚的一件事"}
    referral = funnel.Engine(before).decide(told).referral
    assert (referral.tier, referral.steps) == (tier, ())
    put(folder, tier)
    (step,) = funnel.Engine(folder, lang="en").decide(told).referral.steps
    assert (step.who, step.within, step.do) == ("agent", "24h", "telephone")
    path = folder / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace(f"  {tier}: [{{who", f"  {other}: [{{who"), "utf-8")
    assert funnel.Engine(folder).decide(told).referral.steps == ()


def test_steps_of_a_tier_that_is_none_are_told_which_there_are(folder):
    put(folder, "agnet")
    (found,) = funnel.check_pack(folder).diagnostics
    assert found.code == "F204"
    assert "“agent”" in found.help("en")


def test_another_wording_of_a_step_of_a_tier_is_shown_as_one_and_changes_the_digest(folder):
    put(folder, "agent")
    old = funnel.load_pack(folder)
    path = folder / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace("telephone", "call"), "utf-8")
    new = funnel.load_pack(folder)
    assert old.digest != new.digest
    (change,) = rewordings(old, new)
    assert (change.kind, change.name, change.before, change.after) == ("tier", "agent", "telephone", "call")


@pytest.mark.parametrize(
    ("lang", "head", "do"), [("zh", "# 接手的人要做的", "打电话"), ("en", "# What whoever takes it does", "telephone")]
)
def test_an_explanation_shows_the_steps_of_whoever_takes_the_case(folder, lang, head, do):
    put(folder, funnel.load_pack(folder).manifest.tiers[0])
    engine, told = funnel.Engine(folder, lang=lang), {"id": "x", "text": "说不清楚的一件事"}
    lines = explain(engine.pack, engine.reason(told), engine.decide(told), lang).splitlines()
    assert lines[lines.index(head) + 1] == f"  agent 24h: {do}"
