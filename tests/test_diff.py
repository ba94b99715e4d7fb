"""Diff: what means something else is found and shown by a complaint; words and layout are no change."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import funnel
from funnel.author.diff import compare, on_batch
from funnel.cli._main import group

MINI = Path(__file__).parent / "packs" / "mini"
RETURN = "goods/return.yaml"


def changed(tmp_path, *changes):
    target = tmp_path / "new" / "mini"
    shutil.copytree(MINI, target)
    for name, old, new in changes:
        path = target / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
    return target


def day():
    return funnel.Complaint(id="x", text="x", received_at="2026-11-10T10:00:00+08:00").received_at.date()


def diff(tmp_path, *changes):
    return compare(funnel.load_pack(MINI), funnel.load_pack(changed(tmp_path, *changes)), as_of=day())


@pytest.mark.parametrize(
    "change",
    [
        ("goods/return.yaml", "title: {zh: 退货被拒, en: return refused}", "title: {zh: 不给退, en: refused}"),
        ("goods/return.yaml", "funnel: 1\n", "# a comment\nfunnel: 1\n"),
        ("goods/return.yaml", 'strategy:\n  opening: {zh: "请退', 'strategy:\n  opening: {zh: "麻烦退'),
    ],
)  # fmt: skip
def test_words_and_layout_are_no_change(tmp_path, change):
    found = diff(tmp_path, change)
    assert found.empty
    assert found.unrevised == ()


@pytest.mark.parametrize(
    ("change", "kind", "name", "where", "after"),
    [
        ((RETURN, "title: {zh: 退货被拒, en: return refused}", "title: {zh: 不给退, en: return refused}"), "rule", "goods.return", "title.zh", "不给退"),
        ((RETURN, 'strategy:\n  opening: {zh: "请退', 'strategy:\n  opening: {zh: "麻烦退'), "rule", "goods.return", "strategy.opening.zh", "麻烦退"),
        (("gates.yaml", "why: {zh: 提到受伤,", "why: {zh: 有人受伤,"), "gate", "injury", "why.zh", "有人受伤"),
        (("signals/all.yaml", "zh: 被拒", "zh: 不给退"), "signal", "refused", "title.zh", "不给退"),
        (("vocabulary/facts.yaml", "question: {zh: ", "question: {zh: 请问"), "fact", "goods_intact", "question.zh", "请问"),
        (("statutes.yaml", "label: {zh: 天数,", "label: {zh: 多少天,"), "parameter", "return_days", "label.zh", "多少天"),
    ],
)  # fmt: skip
def test_what_only_reads_differently_is_listed_and_fails_nothing(tmp_path, change, kind, name, where, after):
    found = diff(tmp_path, change)
    assert found.empty
    assert [(w.kind, w.name, w.where) for w in found.words] == [(kind, name, where)]
    assert found.words[0].after.startswith(after)
    args = ["diff", str(MINI), str(tmp_path / "new" / "mini"), "--as-of", "2026-11-10", "--lang", "en"]
    result = CliRunner().invoke(group, args)
    assert result.exit_code == 0
    assert "no change of meaning" in result.output
    assert f"words only:\n  {kind} {name}\n    {where}\n" in result.output
    (listed,) = json.loads(CliRunner().invoke(group, [*args, "--format", "json"]).output)["words"]
    assert listed["where"] == where


@pytest.mark.parametrize(
    ("change", "where", "before", "after"),
    [
        ((RETURN, "at_most: param.return_days", "at_most: 5"), "elements", "settle", "refer"),
        ((RETURN, "{in: [custom, fresh]}", "{in: [custom]}"), "unless custom", "refer", "settle"),
        ((RETURN, "limit: {amount: 3000.00}", "limit: {amount: 100.00}"), "settle", "settle", "refer"),
        ((RETURN, "{return_freight: consumer}", "{return_freight: merchant}"), "settle", "settle", "settle"),
        ((RETURN, "then: {refer: mediator}", "then: {refer: lawyer}"), "unless custom", "refer mediator", "refer lawyer"),
        ((RETURN, "goods_intact: stated}", "goods_intact: evidence}"), "settle", None, None),
    ],
)  # fmt: skip
def test_a_change_of_meaning_is_named_with_a_complaint_that_shows_it(tmp_path, change, where, before, after):
    (found,) = diff(tmp_path, change).changed
    assert found.rule == "goods.return"
    assert where in {part.where for part in found.parts}
    assert found.same_revision
    if before is not None:
        assert any(s.before.startswith(before) and s.after.startswith(after) for s in found.shifts), found.shifts
        old, new = funnel.Engine(funnel.load_pack(MINI)), funnel.Engine(funnel.load_pack(tmp_path / "new" / "mini"))
        assert all(old.decide(s.complaint).matters != new.decide(s.complaint).matters for s in found.shifts)


def test_a_new_revision_owns_up_to_a_change(tmp_path):
    found = diff(tmp_path, (RETURN, "at_most: param.return_days", "at_most: 5"), (RETURN, "revision: 1", "revision: 2"))
    assert found.unrevised == ()
    assert found.changed[0].revisions == (1, 2)


def test_what_a_rule_reads_touches_it(tmp_path):
    found = diff(tmp_path, ("signals/all.yaml", "拒绝退货]", "拒绝退货, 不让退]"), ("vocabulary/facts.yaml", "range: [1, 1000]", "range: [1, 10]"))  # fmt: skip
    assert found.changed == ()
    assert found.names == {"facts": ("quantity",), "signals": ("refused",)}


def test_a_batch_is_grouped_by_what_it_went_from_and_to(tmp_path):
    new = changed(tmp_path, (RETURN, "limit: {amount: 3000.00}", "limit: {amount: 100.00}"))
    base = {"received_at": "2026-11-10T10:00:00+08:00", "text": "卖家不给退", "facts": {"goods_intact": True}}
    batch = [
        funnel.Complaint.model_validate({**base, "id": f"c{n}", "order": {"price": price, "quantity": 1, "category": "general", "signed_at": "2026-11-08T10:00:00+08:00"}})
        for n, price in enumerate(["50", "100", "101", "200"])
    ]  # fmt: skip
    packs = funnel.load_pack(MINI), funnel.load_pack(new)
    changes = compare(*packs, as_of=day())
    transitions, count = on_batch(*packs, batch, as_of=None, changes=changes)
    assert count == 4
    assert [(t.after, t.count, t.examples) for t in transitions] == [
        ("refer agent [return7_refused]", 1, ("c2",)),
        ("refer agent [return7_refused]", 1, ("c3",)),
    ]
    assert "return.yaml" in transitions[0].rules[0]


def test_the_command_compares_with_a_git_revision_and_fails_on_a_silent_change(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(MINI, tmp_path / "rules" / "mini")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for args in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *args], check=True)
    path = tmp_path / "rules" / "mini" / RETURN
    path.write_text(path.read_text("utf-8").replace("amount: 3000.00", "amount: 100.00"), "utf-8")
    (tmp_path / "b.jsonl").write_text('{"id": "a", "text": "卖家不给退"}\nnot json\n', "utf-8")
    args = ["diff", "HEAD:rules/mini", "rules/mini", "--as-of", "2026-11-10", "--batch", "b.jsonl", "--lang", "en"]
    result = CliRunner().invoke(group, args)
    assert result.exit_code == 1
    assert "~ goods.return  r1 → r1" in result.output
    assert "1 complaints, 0 decided differently" in result.output
    content = json.loads(CliRunner().invoke(group, [*args[:3], "--as-of", "2026-11-10", "--format", "json"]).output)
    assert content["changed"][0]["same_revision"] is True
    assert CliRunner().invoke(group, ["diff", "nosuch:rules/mini", "rules/mini"]).exit_code == 2
    assert CliRunner().invoke(group, ["diff", "--", "--output=x:rules/mini", "rules/mini"]).exit_code == 2
