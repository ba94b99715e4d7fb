"""The arithmetic of the measure on complaints with complete records, on complaints of a few lines."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from shipped import ENGINE
from tool_helper import tool

import funnel
from funnel.facts.likeness import NEVER

M = tool("measure_settling")
PLAIN = {
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "才收到三天，不喜欢想退，店家死活不给退",
    "order": {"price": "199.00", "quantity": 1, "category": "general", "signed_at": "2026-11-07T15:00:00+08:00"},
    "facts": {"goods_intact": True},
}
SETTLE = {"outcome": "settle", "refund": "199.00"}


def row(id_, expected, **change):
    return {"id": id_, "complaint": PLAIN | change, "expected": expected}


def test_a_settlement_for_the_sum_is_told_from_one_for_another_and_both_from_what_is_asked_or_referred():
    rows = [
        row("a", SETTLE),
        row("b", SETTLE | {"refund": "198.00"}),
        row("c", SETTLE, facts={}),
        row("d", SETTLE, text="才收到三天，不喜欢想退，店家死活不给退。我手被划伤去了医院"),
        row("e", {"outcome": "refer", "refund": None}),
    ]
    found, odd = M.measure(ENGINE, rows)
    assert found["settle"] == M.Row(4, 1, 1, 1, 0, 1, 0)
    assert found["refer"] == M.Row(1, 1, 0, 0, 0, 0, 0)
    assert odd == [
        ("b", "settle", "other_sum"),
        ("c", "settle", "asked"),
        ("d", "settle", "referred"),
        ("e", "refer", "settled"),
    ]


def test_what_the_writer_could_defend_as_well_is_counted_apart_and_not_odd():
    found, odd = M.measure(ENGINE, [row("a", {"outcome": "refer", "refund": None, "also_right": ["settle"]})])
    assert (found["refer"], odd) == (M.Row(1, 1, 0, 0, 0, 0, 1), [])


def test_what_is_settled_once_the_consumer_says_that_nothing_he_is_asked_about_is_so_is_counted_apart():
    text = "才收到三天，不喜欢想退，店家死活不给退。拆开吃了一大半"
    rows = [
        row("a", SETTLE, text=text),
        row("b", SETTLE | {"refund": "198.00"}, text=text),
        row("c", SETTLE, text=text, facts={}),
        row("d", {"outcome": "refer", "refund": None}, text=text),
    ]
    asks = funnel.Engine(replace(ENGINE.pack, likeness=replace(ENGINE.pack.likeness, clear=NEVER)))
    found, _ = M.measure(asks, rows)
    assert found["settle"] == M.Row(3, 0, 0, 3, 1, 0, 0)
    assert found["refer"] == M.Row(1, 0, 0, 1, 1, 0, 0)


def test_money_that_the_consumer_pays_is_no_money_that_he_gets():
    assert M.paid(ENGINE.decide(PLAIN | {"id": "a"})) == Decimal("199.00")


def test_of_a_file_held_out_nothing_is_listed(tmp_path, capsys):
    for name in ("records-dev.jsonl", "records-heldout.jsonl"):
        (tmp_path / name).write_text(json.dumps(row("odd-one", {"outcome": "refer", "refund": None})) + "\n", "utf-8")
    assert M.main(["--details", "--rows", str(tmp_path / "records-heldout.jsonl")]) == 0
    assert "odd-one" not in capsys.readouterr().out
    assert M.main(["--details", "--rows", str(tmp_path / "records-dev.jsonl")]) == 0
    assert "odd-one: refer expected, settled" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["{", '{"id": "a"}', None])
def test_what_is_wrong_with_a_file_is_a_line(tmp_path, capsys, content):
    path = tmp_path / "r.jsonl"
    if content is not None:
        path.write_text(content, "utf-8")
    assert M.main(["--rows", str(path)]) == 2
    assert str(path) in capsys.readouterr().err


def test_the_files_shipped_have_ids_of_their_own_and_facts_that_the_vocabulary_knows():
    rows = [
        json.loads(line) for path in M.FOLDER.glob("records-*.jsonl") for line in path.read_text("utf-8").splitlines()
    ]
    assert len({row["id"] for row in rows}) == len(rows) > 300
    for one in rows:
        assert one["complaint"].get("facts", {}).keys() <= ENGINE.pack.vocabulary.facts.keys()
        assert one["expected"]["outcome"] in M.OUTCOMES
