"""The function from record batches to record batches, without any engine around it."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from engines_helper import MINI, lines, split

from funnel.errors import PackError, SourceError, WorkerError

pa = pytest.importorskip("pyarrow", reason="needs the extra funnel[arrow]")

import funnel  # noqa: E402 (after the skip)
from funnel.batch import plan as plans  # noqa: E402 (as above)
from funnel.batch.arrow import SCHEMA, decide_batches  # noqa: E402 (as above)
from funnel.batch.plan import plan_for, ready  # noqa: E402 (as above)


def rows_of(batches):
    return pa.Table.from_batches(batches, schema=SCHEMA).to_pylist()


@pytest.mark.parametrize("size", [1, 7, 60])
def test_json_lines_in_batches_of_any_size_are_decided_as_by_one_process(plan, complaints, alone, size):
    table = pa.table({"n": range(60), "value": complaints.read_text(encoding="utf-8").splitlines()})
    batches = table.to_batches(max_chunksize=size)
    assert split(rows_of(decide_batches(batches, plan, column="value"))) == alone


def test_columns_of_the_contract_are_read_as_from_a_parquet_file(plan, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    table = pa.table(
        {
            "id": ["a", "b", None],
            "text": ["买了半个月还不发货", "坏了", "退款"],
            "order": [{"price": 5.5, "paid_at": "2026-11-01T08:00:00+08:00", "shipped_at": None}, None, None],
        }
    )
    pq.write_table(table, tmp_path / "c.parquet")
    out = tmp_path / "d.jsonl"
    command = [sys.executable, "-m", "funnel", "run", str(tmp_path / "c.parquet"), "-o", str(out), "--as-of", "2026-11-20", "--pack", str(MINI)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    found = rows_of(decide_batches(table.to_batches(), plan))
    assert [item["decision"].encode() for item in found[:2]] == out.read_bytes().splitlines()[:2]
    assert (found[2]["code"], found[2]["field"], found[2]["decision"]) == ("no-id", "id", None)


def test_a_flat_table_is_read_by_its_headers_and_a_mapping(plan):
    table = pa.table({"工单": ["a"], "话": ["买了半个月还不发货"]})
    mapped = replace(plan, mapping=(("工单", "id"), ("话", "text")))
    (found,) = rows_of(decide_batches(table.to_batches(), mapped))
    assert (found["id"], found["code"]) == ("a", None)
    with pytest.raises(SourceError, match="no column with the complaint's text"):
        rows_of(decide_batches(table.to_batches(), plan))


def test_a_column_that_is_not_there_is_one_clear_error(plan):
    with pytest.raises(SourceError, match="'nope'"):
        rows_of(decide_batches(pa.table({"value": ["{}"]}).to_batches(), plan, column="nope"))


@pytest.mark.parametrize("value", [None, "", "  ", "[]", "3", "{", '{"text": "x"}'])
def test_what_is_no_complaint_with_an_id_is_a_reject_of_its_own_row(plan, value):
    table = pa.table({"value": pa.array([value, lines(60)[0]], pa.string())})
    bad, good = rows_of(decide_batches(table.to_batches(), plan, column="value"))
    assert bad["decision"] is None
    assert bad["code"] in {"not-an-object", "bad-json", "no-id"}
    assert good["decision"] is not None


def test_no_batches_give_none_and_an_empty_batch_gives_no_rows(plan):
    assert list(decide_batches([], plan)) == []
    empty = pa.table({"value": pa.array([], pa.string())})
    assert rows_of(decide_batches(empty.to_batches(), plan, column="value")) == []


def test_a_batch_is_asked_for_only_when_its_decisions_are(plan):
    asked = []

    def source():
        for n in range(3):
            asked.append(n)
            yield pa.RecordBatch.from_pydict({"value": [lines(60)[n]]})

    found = decide_batches(source(), plan, column="value")
    assert asked == []
    next(found)
    assert asked == [0]


def test_a_worker_with_another_pack_decides_nothing(other_pack):
    with pytest.raises(WorkerError, match="the pack mini here is"):
        rows_of(decide_batches(pa.table({"value": ["{}"]}).to_batches(), other_pack, column="value"))


def test_a_worker_with_another_funnel_decides_nothing(plan):
    with pytest.raises(WorkerError, match=r"not 9\.9"):
        ready(replace(plan, version="9.9"))


def test_a_pack_that_travels_needs_no_pack_at_the_other_end(plan, monkeypatch):
    def nowhere(name):
        assert "funnel-" in str(name), "the pack was looked for here"
        return load(name)

    load = plans.load_pack
    monkeypatch.setattr(plans, "load_pack", nowhere)
    far = replace(plan, place="/nowhere/at/all", lang="en")
    (found,) = rows_of(decide_batches(pa.table({"value": lines(60)[:1]}).to_batches(), far, column="value"))
    assert '"language":"en"' in found["decision"]


def test_a_pack_that_changed_on_disk_after_it_was_loaded_makes_no_plan(tmp_path):
    shutil.copytree(MINI, tmp_path / "mini")
    pack = funnel.load_pack(tmp_path / "mini")
    manifest = tmp_path / "mini" / "pack.yaml"
    manifest.write_text(manifest.read_text("utf-8").replace("settle_limit: ", "settle_limit: 1", 1), "utf-8")
    with pytest.raises(PackError, match="changed"):
        plan_for(pack)


def test_the_same_pack_and_options_make_the_same_plan(plan):
    pack = funnel.load_pack(MINI)
    assert plan_for(pack, as_of=plan.as_of, moment=plan.moment, lang="zh") == plan
