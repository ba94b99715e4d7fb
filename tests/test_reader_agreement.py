"""Two readers of the same rows: their agreement, and what both of them state."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_helper import tool

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT / "scenarios" / "cn-ecommerce" / "real"


R = tool("reader_agreement")


def label(row_id, *scenarios, **more):
    row = {"file": "x.jsonl", "id": row_id, "part": "random", "scenarios": list(scenarios), **more}
    return R.Label.of(row)


def test_kappa_has_the_textbook_value():
    # Two readers of 50: both yes 20, both no 15, yes/no 5, no/yes 10: 0.7 observed, 0.5 by chance.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert R.kappa(pairs) == pytest.approx(0.4)
    assert R.kappa([("y", "y")] * 3) is None
    assert R.kappa([]) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30))
def test_kappa_is_at_most_one_and_the_same_from_either_side(pairs):
    ours, theirs = R.kappa(pairs), R.kappa([(b, a) for a, b in pairs])
    assert ours is theirs is None or (ours == pytest.approx(theirs) and ours <= 1)


def test_only_what_both_readers_state_is_stated_and_their_common_main_scenario_comes_first():
    one = label("1", "late", "broken", "rude", gates=["injury", "crime"])
    two = label("1", "broken", "late", "fake", gates=["injury"])
    both = R.merged(one, two)
    assert both.scenarios == ("late", "broken")
    assert set(both.maybe) == {"rude", "fake"}
    assert both.doubtful
    assert (both.gates, both.gates_maybe) == (("injury",), ("crime",))
    same = R.merged(label("1", "late", "broken"), label("1", "late", "broken"))
    assert (same.scenarios, same.maybe, same.doubtful) == (("late", "broken"), (), False)
    apart = R.merged(label("1", "late"), label("1"))
    assert (apart.scenarios, apart.maybe, apart.doubtful) == ((), ("late",), True)


def test_the_second_reader_is_held_against_the_first_as_a_program_would_be():
    pairs = [
        (label("1", "late"), label("1", "late")),
        (label("2", "late", maybe=["fake"], doubtful=True), label("2", "fake")),
        (label("3"), label("3", "late")),
    ]
    figures = R.agreement(pairs)
    assert str(figures["same main scenario, or none"]).startswith("   1/3")
    assert (figures["precision of reader 2, strict"].hit, figures["precision of reader 2, strict"].of) == (1, 3)
    assert figures["precision of reader 2, lenient"].hit == 2
    assert (figures["recall of the main scenario"].hit, figures["recall of the main scenario"].of) == (1, 2)


def test_a_row_that_only_one_reader_has_is_an_error(tmp_path, capsys):
    for name, ids in (("a", "12"), ("b", "1")):
        rows = [{"file": "x.jsonl", "id": i, "part": "random", "scenarios": []} for i in ids]
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    assert R.main([str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "x.jsonl 2" in capsys.readouterr().err


def test_the_committed_labels_of_two_readers_are_what_the_script_makes_of_their_files(tmp_path, capsys):
    readers = [REAL / f"labels-heldout2-reader{n}.jsonl" for n in (1, 2)]
    out = tmp_path / "merged.jsonl"
    assert R.main([*map(str, readers), "--merge", str(out)]) == 0
    assert "kappa" in capsys.readouterr().out
    assert out.read_text("utf-8") == (REAL / "labels-heldout2.jsonl").read_text("utf-8")
