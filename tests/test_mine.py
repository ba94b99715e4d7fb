"""Mining: groups of what no rule recognised."""

import json
import random
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import funnel
from funnel.author.mine import MiningError, Text, mine
from funnel.cli._main import group
from funnel.statistics import wilson

ROOT = Path(__file__).parent.parent
KINDS = {
    "parking": ["停车场乱收费", "停车费收了两次", "停车场抬杆不识别车牌", "停车费比牌子上写的贵", "停车场乱收费不开门"],
    "gym": ["健身教练总是换人", "健身房器械没人修", "健身教练推销私教课", "健身房早上不开门", "健身教练态度敷衍"],
}
TAILS = ["，真让人失望", "，希望有人管一管", "，不会再去了", "，大家注意", "，太无语", "，没人理"]


def texts():
    """Two matters that no rule knows, and one that a rule does."""
    made = [
        Text(f"{kind}-{i}-{j}", head + tail, human=kind if j % 2 else None)
        for kind, heads in KINDS.items()
        for i, head in enumerate(heads)
        for j, tail in enumerate(TAILS)
    ]
    known = [Text(f"k-{i}", f"付款{i}天还不发货{tail}", ("nondelivery",)) for i, tail in enumerate(TAILS * 4)]
    return made + known


def test_two_matters_that_nobody_knew_come_out_as_two_groups_with_their_words():
    found = mine(texts(), groups=2)
    assert found.total == 84
    assert found.unmatched == 60
    for g in found.groups:
        kinds = {i.split("-")[0] for i in g.texts}
        assert len(kinds) == 1
        assert {"parking": "停车", "gym": "健身"}[kinds.pop()] in "".join(p.text for p in g.phrases[:3])
    assert sum(len(g.texts) for g in found.groups) + found.ungrouped == 60


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_the_order_of_the_texts_does_not_matter(seed, count):
    given_ = texts()
    shuffled = given_[:]
    random.Random(seed).shuffle(shuffled)
    assert mine(given_, groups=count) == mine(shuffled, groups=count)


def test_phrases_at_home_in_what_is_recognised_name_no_group():
    found = mine(texts(), groups=4)
    assert not any("发货" in p.text for g in found.groups for p in g.phrases)


def test_signals_find_their_group_and_the_back_test_counts_what_people_said():
    for g in mine(texts(), groups=2).groups:
        kind = g.texts[0].split("-")[0]
        assert g.found >= 0.6 * len(g.texts)
        test = g.back_test
        assert test.scenario == kind
        assert test.agreed == test.judged
        assert test.of_scenario == 15
        assert test.judged <= test.hits


def test_groups_are_disjoint_and_no_smaller_than_asked():
    found = mine(texts(), groups=6, least=8)
    ids = [i for g in found.groups for i in g.texts]
    assert len(ids) == len(set(ids))
    assert all(len(g.texts) >= 8 for g in found.groups)


@pytest.mark.parametrize("given_", [[], [Text("a", "停车场乱收费")], [Text(str(i), "??!!") for i in range(40)]])
def test_nothing_to_mine_is_a_typed_error(given_):
    with pytest.raises(MiningError):
        mine(given_)


@given(total=st.integers(1, 500), data=st.data())
def test_the_interval_holds_the_share_and_lies_between_nought_and_one(total, data):
    hits = data.draw(st.integers(0, total))
    low, high = wilson(hits, total)
    assert 0 <= low <= hits / total + 1e-12
    assert hits / total - 1e-12 <= high <= 1


@pytest.fixture
def batch(tmp_path):
    """A file of what no rule of the shipped pack knows, with telephone numbers in it."""
    path = tmp_path / "in.jsonl"
    rows = [{"id": t.id, "text": t.text + "，电话13800138000"} for t in texts() if not t.scenarios]
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return path


def run(*args):
    return CliRunner().invoke(group, ["mine", *map(str, args)])


def test_no_telephone_number_is_shown(batch):
    for form in ("text", "json"):
        result = run(batch, "--lang", "zh", "--format", form, "--groups", 2)
        assert result.exit_code == 0, result.output
        assert "13800138000" not in result.output
        assert "停车" in result.output


def test_labels_of_people_are_tested_against(batch, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("id,scenario\n" + "".join(f"{t.id},{t.human}\n" for t in texts() if t.human), encoding="utf-8")
    result = run(batch, "--lang", "en", "--labels", labels, "--groups", 2)
    assert "back-test" in result.output
    assert "100%" in result.output
    labels.write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(batch, "--labels", labels).exit_code == 2


def test_a_draft_passes_check_and_test_and_decides_nothing(batch, tmp_path):
    pack = tmp_path / "rules" / "cn-ecommerce"
    shutil.copytree(ROOT / "rules" / "cn-ecommerce", pack)
    before = funnel.Engine(funnel.load_pack(pack)).decide({"id": "1", "text": "停车场乱收费，没人理"})
    result = run(batch, "--pack", pack, "--groups", 2, "--draft", 1, "--as", "places.new-matter", "--title", "新问题")
    assert result.exit_code == 0, result.output
    checked = funnel.check_pack(pack)
    assert [d for d in checked.diagnostics if d.severity == "error"] == []
    assert checked.pack.rules["places.new-matter"].status == "draft"
    after = funnel.Engine(checked.pack).decide({"id": "1", "text": "停车场乱收费，没人理"})
    assert (after.outcome, after.matters) == (before.outcome, before.matters)
    tests = pack.parent.parent / "scenarios" / "cn-ecommerce" / "places" / "new-matter.yaml"
    assert CliRunner().invoke(group, ["test", "--pack", str(pack), str(tests)]).exit_code == 0
    again = run(batch, "--pack", pack, "--groups", 2, "--draft", 1, "--as", "places.new-matter")
    assert again.exit_code == 2
    assert "Traceback" not in again.output


def test_a_queue_is_mined_with_what_people_decided(tmp_path, engine):
    from funnel.queue import Agent, Funnel  # noqa: PLC0415

    url = str(tmp_path / "q.db")
    desk = Funnel(engine, url)
    desk.put_agent(Agent("lea", "lawyer", wip_cap=200, supervisor=True))
    for t in texts()[:40]:
        case = desk.ingest({"id": t.id, "text": t.text}, source="web").case
        if t.human:
            if case.state == "asked":  # it reads like something, and that is asked first
                desk.request_human(case.id, "to be decided by a person")
            claim = desk.claim(case.id, "lea")
            desk.resolve(claim, "mediated", code="x", note="y", basis=("cpl/16",), scenario="unfair_terms")
    desk.close()
    result = run(url, "--lang", "en", "--groups", 2)
    assert result.exit_code == 0, result.output
    assert "back-test" in result.output
    assert run(tmp_path / "none.db").exit_code == 2


def test_of_a_long_file_the_same_texts_are_mined_in_any_order(tmp_path):
    from funnel.cli.mine import _from_file  # noqa: PLC0415 (only here)

    engine = funnel.Engine(funnel.load_pack(Path(__file__).parent / "packs" / "mini"))
    rows = [json.dumps({"id": f"c{n}", "text": f"第{n}件说的事"}, ensure_ascii=False) for n in range(40)]
    found = []
    for name, order in (("a.jsonl", rows), ("b.jsonl", rows[::-1])):
        path = tmp_path / name
        path.write_text("\n".join(order) + "\n", "utf-8")
        found.append({text.id for text in _from_file(engine, str(path), {}, 15)})
    assert len(found[0]) == 15
    assert found[0] == found[1]
    assert len(_from_file(engine, str(tmp_path / "a.jsonl"), {}, 100)) == 40
