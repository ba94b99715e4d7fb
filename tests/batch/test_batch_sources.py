"""Files of every kind, whole, damaged or named wrongly: rows, rejects, or one clear error."""

import gzip
import io
import json
import sys
from contextlib import suppress

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_helper import go
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.batch import _json, _records
from funnel.batch._json import read_json, read_jsonl
from funnel.batch.source import open_source
from funnel.errors import MappingError, SourceError

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
OBJECTS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=3), max_leaves=6),
    max_size=4,
)  # fmt: skip


class Dribble:
    def __init__(self, data, size):
        self._stream, self._size = io.BytesIO(data), size

    def read(self, size):
        return self._stream.read(min(size, self._size))


@settings(max_examples=150)
@given(
    items=st.lists(OBJECTS, min_size=1, max_size=5),
    indent=st.sampled_from([None, 2]),
    escape=st.booleans(),
    wrapped=st.booleans(),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    size=st.integers(1, 9),
)
def test_json_reads_back_equal_whatever_its_layout_and_the_chunks(items, indent, escape, wrapped, mark, size):
    whole = {"meta": {"n": [1, {"x": "]}"}]}, "complaints": items, "total": 3} if wrapped else items
    data = mark + json.dumps(whole, indent=indent, ensure_ascii=escape).encode()
    assert [row.content for row in read_json(Dribble(data, size))] == items
    lined = mark + b"\n".join(json.dumps(item, ensure_ascii=escape).encode() for item in items)
    assert [row.content for row in read_jsonl(Dribble(lined, size))] == items


@settings(max_examples=100)
@given(items=st.lists(OBJECTS.filter(bool), min_size=1, max_size=4), data=st.data())
def test_json_cut_anywhere_keeps_the_items_before_the_cut_and_rejects_the_rest_once(items, data):
    whole = json.dumps(items).encode()
    cut = data.draw(st.integers(1, len(whole) - 1))
    *kept, last = list(read_json(Dribble(whole[:cut], 5)))
    ends = [len(json.dumps(items[: n + 1]).encode()) - 1 for n in range(len(items))]
    assert [row.content for row in kept] == items[: sum(end <= cut for end in ends)]
    assert last.problem.code == "bad-json"


@settings(max_examples=300)
@given(st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"1", b"a", b" ", b"\n", b'"a":', b"null", b"{}"]), max_size=30))  # fmt: skip
def test_no_arrangement_of_json_marks_ends_the_reading_or_is_passed_over(marks):
    data = b"".join(marks)
    rows = list(read_json(Dribble(data, 3)))
    assert rows == list(read_json(io.BytesIO(data)))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    if data.strip() and not rows:
        assert data.translate(None, b" \n,[]") == b"", "only empty lists hold no rows"
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    if isinstance(content, list):
        assert [row.content for row in rows] == [item if isinstance(item, dict) else None for item in content]


def test_items_that_are_no_objects_are_rejected_not_passed_over(run):
    found = run("c.json", '[{"id":"a","text":"x"}, 5, "s", null, [], {"id":"b","text":"y"}]')
    assert (found.ids, found.codes) == (["a", "b"], ["not-an-object"] * 4)


def test_what_is_no_json_at_all_is_a_reject(run):
    assert run("c.json", "hello world").codes == ["bad-json"]
    assert run("d.json", '[{"id":"a","text":"x"}] trailing').codes == ["bad-json"]


def test_a_list_of_objects_inside_a_complaint_is_part_of_it(run):
    found = run("c.json", '{"evidence":[{"kind":"photo"}],"id":"a","text":"x","attachments":[{"n":1}]}')
    assert found.ids == ["a"]
    assert found.seen[0].evidence[0].kind == "photo"
    assert found.seen[0].extra == {"attachments": [{"n": 1}]}


def test_objects_one_after_the_other_are_read_from_json_too(run):
    assert run("c.json", '{"id":"a","text":"x"}\n{"id":"b","text":"y"}\n').ids == ["a", "b"]


def test_an_item_over_the_limit_is_one_reject(run, monkeypatch):
    monkeypatch.setattr(_json, "MAX_RECORD", 300)
    monkeypatch.setattr(_records, "MAX_RECORD", 300)
    big = '{"id":"b","text":"' + "y" * 200_000 + '"}'
    found = run("c.json", '[{"id":"a","text":"x"},' + big + ',{"id":"c","text":"z"}]')
    assert (found.ids, found.codes) == (["a", "c"], ["field-too-large"])
    found = run("c.jsonl", '{"id":"a","text":"x"}\n' + big + '\n{"id":"c","text":"z"}\n')
    assert (found.ids, found.codes, found.rejects[0]["line"]) == (["a", "c"], ["field-too-large"], 2)


@pytest.mark.parametrize("line", ['{"id":"a","text":"x","text":"y"}', '{"id":"a","text":"x","order":{"price":1,"price":2}}'])  # fmt: skip
def test_a_key_written_twice_is_rejected_since_either_could_be_meant(run, line):
    found = run("c.jsonl", line + '\n{"id":"b","text":"\\"k\\": \\"k\\": x","k":"{\\"k\\":1}"}\n')
    assert (found.ids, found.codes) == (["b"], ["duplicate-key"])


def test_utf16_json_lines_are_read(run):
    assert run("c.jsonl", '{"id":"a","text":"一直不发货"}\n'.encode("utf-16")).ids == ["a"]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(1, 10_000), suffix=st.sampled_from(["csv", "jsonl", "json"]))
def test_a_gzip_file_cut_anywhere_gives_whole_rows_one_reject_or_one_clear_error(tmp_path_factory, cut, suffix):
    texts = [f"投诉{n * 7919 % 100_003}" for n in range(3_000)]
    if suffix == "csv":
        plain = "id,text\n" + "".join(f"a{n},{text}\n" for n, text in enumerate(texts))
    elif suffix == "json":
        plain = json.dumps([{"id": f"a{n}", "text": text} for n, text in enumerate(texts)])
    else:
        plain = "".join(json.dumps({"id": f"a{n}", "text": text}) + "\n" for n, text in enumerate(texts))
    packed = gzip.compress(plain.encode())
    path = tmp_path_factory.mktemp("x") / f"c.{suffix}.gz"
    path.write_bytes(packed[: min(cut, len(packed) - 1)])
    with suppress(SourceError):
        found = go(path)
        assert [c.text for c in found.seen] == texts[: len(found.seen)]
        assert found.codes == ["broken-file"]


def test_what_is_no_gzip_is_one_clear_error(run):
    with pytest.raises(SourceError, match="damaged"):
        run("c.csv.gz", b"id,text\na,x\n")
    with pytest.raises(SourceError, match="gz"):
        run("c.csv", gzip.compress(b"id,text\na,x\n"))


def test_a_damaged_parquet_file_keeps_what_was_read_and_rejects_the_rest_once(tmp_path):
    path = tmp_path / "c.parquet"
    table = pa.table({"id": [str(n) for n in range(20_000)], "text": [f"t{n * 7919}" for n in range(20_000)]})
    pq.write_table(table, path, row_group_size=2_000)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2_000] = bytes(2_000)
    path.write_bytes(data)
    found = go(path)
    assert found.codes == ["broken-file"]
    assert 0 < len(found.seen) < 20_000


def test_a_null_in_a_nested_parquet_order_says_not_shipped_only_beside_a_time_of_payment(tmp_path):
    orders = [{"price": 5.5, "paid_at": "2026-11-01", "shipped_at": None}, {"price": 5.5, "paid_at": None, "shipped_at": None}]  # fmt: skip
    pq.write_table(pa.table({"id": ["a", "b"], "text": ["x", "y"], "order": orders}), tmp_path / "c.parquet")
    paid, unpaid = (complaint.order.model_fields_set for complaint in go(tmp_path / "c.parquet").seen)
    assert "shipped_at" in paid
    assert "shipped_at" not in unpaid


def test_parquet_with_nested_columns_is_read_in_the_shape_of_the_contract(tmp_path):
    pq.write_table(pa.table({"id": ["a"], "text": ["x"], "order": [{"price": 5.5}], "claims": [["refund"]]}), tmp_path / "c.parquet")  # fmt: skip
    complaint = go(tmp_path / "c.parquet").seen[0]
    assert str(complaint.order.price) == "5.50"
    assert complaint.claims == ("refund",)


def test_no_cell_of_a_sheet_is_dropped_and_lines_are_those_of_the_sheet(tmp_path):
    book = openpyxl.Workbook()
    for row in ([], ["id", None, "text"], ["a", "beside", "x"], [], [], ["b", None, None], ["c", None, "y", "right"]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    found = go(tmp_path / "c.xlsx")
    assert found.seen[0].extra == {"column-2": "beside"}
    assert [(line["line"], line["code"]) for line in found.rejects] == [(6, "bad-field"), (7, "too-many-columns")]


@pytest.mark.parametrize("module", ["pyarrow", "python_calamine"])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, module):
    name = "c.parquet" if module == "pyarrow" else "c.xlsx"
    (tmp_path / name).write_bytes((b"PAR1" if module == "pyarrow" else b"PK\x03\x04") + bytes(99))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match=r"funnel\[arrow\]"):
        open_source(tmp_path / name)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n  \n"])
@pytest.mark.parametrize("name", ["c.csv", "c.jsonl", "c.json", "c.xlsx", "c.parquet"])
def test_a_file_of_nothing_is_empty_whatever_its_name(run, name, data):
    with pytest.raises(SourceError, match="empty"):
        run(name, data)


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from([b"", b"id,text\n", "编号;投诉内容\n".encode("gb18030"), b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b'[{"id":', b'{"a":[{', b"\x1f\x8b\x08"]),
    data=st.binary(max_size=300) | st.lists(st.sampled_from([b'"', b",", b"\n", b"\r", b"\x00", b"a", b"1", b"\xc4\xe3", b"{", b"}", b"[", b"]", b":", b"\\"]), max_size=80).map(b"".join),
    name=st.sampled_from(["c.csv", "c.tsv", "c.jsonl", "c.json", "c.csv.gz", "c.xlsx", "c.parquet", "c"]),
)  # fmt: skip
def test_any_bytes_under_any_name_are_accounted_for(tmp_path_factory, start, data, name):
    path = tmp_path_factory.mktemp("x") / name
    path.write_bytes(start + data)
    with suppress(SourceError, MappingError):
        go(path)  # checks that rows == decided + rejected


def test_standard_input_is_read_as_it_comes(monkeypatch):
    """A pipe gives what it has: a few bytes must not be taken for the whole beginning."""

    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self._data = io.BytesIO(data)

        def readable(self):
            return True

        def readinto(self, buffer):
            part = self._data.read(3)
            buffer[: len(part)] = part
            return len(part)

    data = "编号;投诉内容\na;一直不发货\n".encode("gb18030")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Pipe(data))))
    assert go("-").seen[0].text == "一直不发货"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-32"])
def test_a_text_of_wide_characters_without_a_mark_is_named_as_such(run, encoding):
    """Of UTF-16 it was said to be binary; of UTF-32 the header was garbage."""
    rows = "id,text\n" + "".join(f"a{n},一直不发货，我要退款\n" for n in range(20))
    with pytest.raises(SourceError, match="UTF-16") as error:
        run("c.csv", rows.encode(encoding))
    assert "UTF-8" in error.value.zh
