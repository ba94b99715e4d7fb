"""The arithmetic of the measure on sentences that bar a settlement, on a pair of complaints and a few sentences."""

import json
from dataclasses import replace

import pytest
from shipped import COMPILED, SUITE
from tool_helper import tool

from funnel.engine.decide import compile_pack
from funnel.facts.likeness import NEVER

M = tool("measure_sentences")
TWO = M.complaints(COMPILED, SUITE.tests)[:2]
BARS = {"gate": "injury", "text": "孩子手被烫伤送医院了"}
HARMLESS = {"gate": None, "text": "我打过三次电话"}


def test_the_complaints_are_of_different_rules_and_settle():
    every = M.complaints(COMPILED, SUITE.tests)
    assert {test.rule for test in every} == set(M.RULES)
    assert {M.stops(M.behind(COMPILED, test, "")) for test in every} == {(False, False)}


def test_what_bars_is_counted_apart_from_what_is_harmless_and_the_harmless_come_last():
    rows = M.measure(COMPILED, TWO, [HARMLESS, BARS, BARS | {"gate": "minor"}])
    assert list(rows) == ["injury", "minor", M.HARMLESS]
    assert rows["injury"] == M.Row(1, 2, 2, 0, 1, 0)
    assert rows[M.HARMLESS] == M.Row(1, 2, 0, 0, 0, 1)
    *_, last = M.lines(rows)
    assert last.split() == ["all", "that", "bar", "2", "4", "of", "4", "100%", "0", "2", "0"]


def test_where_the_consumer_is_asked_what_he_meant_a_pair_is_stopped_and_counted_apart():
    asks = compile_pack(replace(COMPILED.pack, likeness=replace(COMPILED.pack.likeness, clear=NEVER)))
    rows = M.measure(asks, TWO, [{"gate": "claims-else", "text": "给我换台新的"}])
    assert rows["claims-else"] == M.Row(1, 2, 2, 2, 1, 0)


def test_a_plain_complaint_is_counted_once_for_a_sentence_and_once_for_words():
    texts = [
        "一周了还不发货。要求退款",
        "一周了还不发货。孩子手被烫伤送医院了。店里已经另给了一台。新的那台已经送来顶上了",
    ]
    assert M.measure_plain(COMPILED, texts) == M.Plain(2, 1, 0, 1)


@pytest.mark.parametrize(("content", "code"), [(json.dumps(BARS, ensure_ascii=False), 0), ("{", 2), (None, 2)])
def test_a_file_is_measured_or_what_is_wrong_with_it_is_a_line(tmp_path, capsys, content, code):
    path = tmp_path / "s.jsonl"
    if content is not None:
        path.write_text(content, "utf-8")
    assert M.main(["--sentences", str(path)]) == code
    out, err = capsys.readouterr()
    assert ("injury" in out) == (code == 0)
    assert (str(path) in err) == (code == 2)


def test_a_file_of_complaints_that_is_not_there_is_a_line(capsys, tmp_path):
    assert M.main(["--complaints", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl" in capsys.readouterr().err


def test_the_sentences_held_out_are_of_gates_that_the_pack_has():
    rows = [json.loads(line) for line in M.SENTENCES.read_text("utf-8").splitlines()]
    assert {row["gate"] for row in rows} - {None} <= COMPILED.pack.gates.keys()
    assert len({row["text"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)
