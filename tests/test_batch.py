"""Batches: every kind of file, every bad input, nothing lost, nothing silently changed."""

import csv
import datetime as dt
import gzip
import io
import json
import os
import tracemalloc
from contextlib import suppress

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.batch import _csv, _records
from funnel.batch.assemble import Assembler, amount, instant
from funnel.batch.headers import HeaderReader, parse_pairs
from funnel.batch.ids import SeenIds
from funnel.batch.runner import JsonlWriter, run_batch
from funnel.batch.source import open_source
from funnel.batch.summary import render_text
from funnel.batch.writers import CsvWriter, safe_cell, whole_file
from funnel.decision import Decision, PackRef
from funnel.errors import MappingError, SourceError

HEAD = ["投诉编号", "投诉内容", "单价", "付款时间"]
ROWS = [
    ["a1", "一直不发货，\n催了也没用", "1,299.00元", "2026年11月3日"],
    ["a2", '他说"不退"', "99", "2026-11-03 15:04"],
]


def fake(complaint):
    return Decision(
        complaint_id=complaint.id,
        outcome="refer",
        tier="agent",
        recognised=False,
        pack=PackRef(id="p", digest="d"),
        as_of="2026-11-10",
    )


def assembler(**options):
    return Assembler(HeaderReader(["goods_intact"], {"商品完好": "goods_intact"}, **options), {"goods_intact": "bool"})


def run(path, *, decide=fake, bad=None, **options):
    seen = []
    rejects = io.BytesIO()
    source = open_source(path)

    def keep(complaint):
        seen.append(complaint)
        return decide(complaint)

    summary = run_batch([source], keep, assembler(**options), rejects=rejects)
    lines = [json.loads(line) for line in rejects.getvalue().splitlines()]
    assert summary.rows == summary.decided + sum(summary.rejected.values()) == summary.decided + len(lines)
    return summary, seen, lines


def table(rows, delimiter=",", head=HEAD):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([head, *rows])
    return buffer.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("head", [HEAD, ["ID", "Description", "Unit Price", "Paid At"]])
def test_every_encoding_delimiter_and_language_of_headers_needs_no_options(tmp_path, delimiter, encoding, head):
    path = tmp_path / "c.csv"
    path.write_bytes(table(ROWS, delimiter, head).encode(encoding))
    summary, seen, _ = run(path)
    assert summary.decided == 2
    assert [c.id for c in seen] == ["a1", "a2"]
    assert seen[0].text == ROWS[0][1]
    assert str(seen[0].order.price) == "1299.00"
    assert seen[0].order.paid_at.date().isoformat() == "2026-11-03"
    assert seen[1].text == ROWS[1][1]


TEXTS = st.text(st.characters(codec="gb18030", exclude_characters="\x00\r"), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=60)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    size=st.integers(1, 9),
)
def test_what_the_csv_module_writes_reads_back_equal_whatever_the_chunks(texts, encoding, size):
    data = table([[str(i), t, "1", ""] for i, t in enumerate(texts)]).encode(encoding)
    headers, rows, _ = _csv.read_csv(Slow(data, size), data)
    assert headers == HEAD
    assert [row.content["投诉内容"] for row in rows] == texts


class Slow:
    """A stream that gives few bytes at a time."""

    def __init__(self, data, size):
        self._stream = io.BytesIO(data)
        self._size = size

    def read(self, _):
        return self._stream.read(self._size)


@settings(max_examples=80)
@given(data=st.binary(min_size=1, max_size=400), suffix=st.sampled_from(["csv", "jsonl", "json"]))
def test_any_bytes_end_in_decisions_rejects_or_one_clear_error(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("x") / f"c.{suffix}"
    path.write_bytes(data)
    with suppress(SourceError, MappingError):
        run(path)


def test_an_empty_file_says_so(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="empty"):
        open_source(path)


@pytest.mark.parametrize(("data", "word"), [(b"\x89PNG\r\n\x1a\n" + b"x" * 99, "PNG"), (b"PK\x03\x04" + b"\x00" * 99, "Excel"), (bytes(range(256)) * 9 + b"\x00" * 500, "binary")])  # fmt: skip
def test_a_binary_file_is_named_for_what_it_is(tmp_path, data, word):
    path = tmp_path / "c.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=word):
        open_source(path)


def test_a_missing_file_and_a_folder_are_plain_errors(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        open_source(tmp_path / "nope.csv")
    with pytest.raises(SourceError, match="folder"):
        open_source(tmp_path)


def test_truncated_json_keeps_what_stands_before_the_break(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('[{"id": "a", "text": "x"}, {"id": "b", "text": "y"}, {"id": "c", "te', "utf-8")
    summary, seen, lines = run(path)
    assert [c.id for c in seen] == ["a", "b"]
    assert lines[0]["code"] == "bad-json"
    assert summary.rows == 3


def test_a_json_object_that_wraps_a_list_is_read(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"complaints": [{"id": "a", "text": "x[{}"}, {"id": "b", "text": 'y"}'}]}), "utf-8")
    assert [c.id for c in run(path)[1]] == ["a", "b"]


def test_bad_lines_of_jsonl_are_rejected_with_line_and_column_and_the_rest_goes_on(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": "a", "text": "x"}\n'
        b'{"id": "b", "text": \n'
        b'{"id": "c", "text": "\\ud800"}\n'
        b'{"id": "d", "text": "x", "claimed_amount": NaN}\n'
        b'{"id": "e", "text": "x", "claimed_amount": 1e400}\n'
        b'{"id": "f", "text": "x", "claimed_amount": -5}\n'
        b'{"id": "g", "text": "x", "order": {"signed_at": "1900-01-01"}}\n'
        b'{"id": "h", "text": "x", "order": {"signed_at": "2200-01-01"}}\n'
        b"[1]\n\n"
        b'{"id": "a", "text": "again"}\n'
        b'{"id": "i", "text": "x\\u0000y"}\n'
        b'{"id": "j", "text": "last"}\n'
    )
    summary, seen, lines = run(path)
    assert [c.id for c in seen] == ["a", "j"]
    assert summary.rejected["duplicate-id"] == 1
    assert [line["row"] for line in lines] == list(range(2, 12))
    assert "2" in lines[0]["reason"]
    assert [line["field"] for line in lines[2:7]] == [
        None,
        None,
        "claimed_amount",
        "order.signed_at",
        "order.signed_at",
    ]


def test_bad_rows_of_a_table_are_rejected_with_their_reason_and_the_rest_goes_on(tmp_path):
    rows = [
        "a,x,1,",
        "b,x,1,2,3,4",
        "c,x",
        "d,x\x00y,1,",
        "e,x,NaN,",
        "f,x,1e400,",
        "g,x,-5,",
        "h,x,1,1900-01-01",
        "i,x,1,2200/1/1",
        "a,x,1,",
        'j,"quoted, ""x"", 好",1,2026-11-03',
        "k,,1,",
    ]
    path = tmp_path / "c.csv"
    path.write_bytes("\n".join([",".join(HEAD), *rows]).encode())
    summary, seen, lines = run(path)
    assert [c.id for c in seen] == ["a", "j"]
    codes = {line["code"] for line in lines}
    assert codes == {"too-many-columns", "too-few-columns", "nul", "bad-field", "duplicate-id"}
    assert summary.rows == 12
    assert {line["line"] for line in lines} == {3, 4, 5, 6, 7, 8, 9, 10, 11, 13}


def test_mixed_encodings_reject_the_odd_row_only(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(
        "投诉编号,投诉内容\na,一直不发货\n".encode() + "b,乱码的行".encode("gb18030") + "\nc,第三行\n".encode()
    )
    _, seen, lines = run(path)
    assert [c.id for c in seen] == ["a", "c"]
    assert lines[0]["code"] == "undecodable"


def test_a_field_of_fifty_megabytes_is_one_reject_in_flat_memory(tmp_path):
    path = tmp_path / "c.csv"
    with path.open("wb") as file:
        file.write(b"id,text\na,x\nb,")
        for _ in range(50):
            file.write(b"y" * 1_000_000)
        file.write(b"\nc,z\n")
    tracemalloc.start()
    summary, seen, lines = run(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [c.id for c in seen] == ["a", "c"]
    assert lines[0]["code"] == "field-too-large"
    assert summary.rows == 3
    assert peak < 30_000_000


def test_line_ends_of_old_macs_are_read_too(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes(b"id,text\ra,x\rb,y\r")
    assert [c.id for c in run(path)[1]] == ["a", "b"]


def test_an_unclosed_quote_rejects_its_line_and_not_the_file(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text('id,text\na,"never closed\nb,fine\nc,fine\n', "utf-8")
    _, seen, lines = run(path)
    assert [c.id for c in seen] == ["b", "c"]
    assert [line["code"] for line in lines] == ["unclosed-quote"]


def test_an_unknown_header_is_passed_through_and_named_with_a_suggestion(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("编号,投诉内容,投诉时闻,颜色\na,x,2026-11-03,红\n", "utf-8")
    summary, seen, _ = run(path)
    assert summary.unknown_fields["投诉时闻"] == (1, "received_at")
    assert seen[0].extra == {"投诉时闻": "2026-11-03", "颜色": "红"}
    assert "--map 投诉时闻=received_at" in render_text(summary)


def test_a_mapping_serves_odd_headers_and_wrong_mappings_are_errors(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("甲,乙\n1,一直不发货\n", "utf-8")
    assert run(path, mapping=parse_pairs(["甲=id", "乙=text"]))[1][0].id == "1"
    with pytest.raises(SourceError, match="--map"):
        run(path)
    with pytest.raises(MappingError, match="text"):
        HeaderReader(mapping={"甲": "txet"})
    with pytest.raises(MappingError, match="丙"):
        run(path, mapping={"丙": "text"})
    with pytest.raises(MappingError, match="HEADER=FIELD"):
        parse_pairs(["甲"])


def test_two_headers_of_one_meaning_are_an_error_that_names_both(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("编号,投诉内容,问题描述\na,x,y\n", "utf-8")
    with pytest.raises(MappingError, match=r"投诉内容.*问题描述"):
        run(path)


def test_facts_columns_and_claims_are_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("编号,投诉内容,诉求,商品完好,付款时间,发货时间\na,x,退款、赔偿,是,2026-11-03,\n", "utf-8")
    complaint = run(path)[1][0]
    assert complaint.claims == ("退款", "赔偿")
    assert complaint.facts == {"goods_intact": True}
    assert "shipped_at" in complaint.order.model_fields_set, "an empty column of the record says: not shipped"


def test_rows_without_ids_get_their_number(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("投诉内容\nx\ny\n", "utf-8")
    summary, seen, _ = run(path)
    assert [c.id for c in seen] == ["row-1", "row-2"]
    assert summary.generated_ids == 2


def test_xlsx_parquet_and_gzip_are_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append([12300001.0, "一直不发货", 99.5, dt.datetime(2026, 11, 3, 15, 4)])
    book.save(tmp_path / "c.xlsx")
    complaint = run(tmp_path / "c.xlsx")[1][0]
    assert (complaint.id, str(complaint.order.price)) == ("12300001", "99.50")
    pq.write_table(pa.table({"id": ["a"], "text": ["一直不发货"], "price": [12.5]}), tmp_path / "c.parquet")
    assert str(run(tmp_path / "c.parquet")[1][0].order.price) == "12.50"
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(table(ROWS).encode()))
    assert len(run(tmp_path / "c.csv.gz")[1]) == 2


def test_a_crash_while_deciding_is_a_reject_without_personal_data(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("id,text\na,秘密\nb,x\n", "utf-8")

    def crash(complaint):
        if complaint.id == "a":
            raise RuntimeError(complaint.text)
        return fake(complaint)

    summary, _, lines = run(path, decide=crash)
    assert summary.decided == 1
    assert lines[0]["code"] == "engine-error"
    assert "秘密" not in lines[0]["reason"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_leaves_as_a_formula(cell):
    assert safe_cell(cell).startswith("'")


def test_decisions_in_csv_are_safe_and_have_a_bom():
    stream = io.BytesIO()
    writer = CsvWriter(stream)
    writer.write(fake(type("C", (), {"id": "=cmd"})))
    assert stream.getvalue().startswith(b"\xef\xbb\xbf")
    assert "'=cmd" in stream.getvalue().decode("utf-8-sig")


def test_an_output_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.jsonl"
    with pytest.raises(RuntimeError), whole_file(path) as stream:
        JsonlWriter(stream).write(fake(type("C", (), {"id": "a"})))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with whole_file(path) as stream:
        stream.write(b"x")
    assert path.read_bytes() == b"x"


@settings(max_examples=30)
@given(st.lists(st.text(max_size=3), max_size=60))
def test_the_first_row_of_a_repeated_id_is_remembered_also_on_disk(ids):
    firsts = {}
    with SeenIds(in_memory=5) as seen:
        for row, id_ in enumerate(ids, 1):
            assert seen.first(id_, row) == firsts.get(id_)
            firsts.setdefault(id_, row)


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [("1,299.00元", "1299.00"), ("￥99", "99"), ("99.5 元", "99.5"), (99.9, "99.9"), (5, "5"), ("1，299", "1299")],
)
def test_amount_cells(cell, yuan):
    assert str(amount(cell)) == yuan


@pytest.mark.parametrize(
    "cell", ["2026/11/3 15:04", "2026-11-03T15:04:00", "2026年11月3日 15:04", "2026.11.3 15:04", 46329.6278]
)
def test_date_cells(cell):
    assert instant(cell).strftime("%Y-%m-%d %H:%M") == "2026-11-03 15:04"


@pytest.mark.parametrize("cell", ["20261103", "2026-11-03", "2026年11月3日", 46329, "46329"])
def test_day_cells(cell):
    assert instant(cell).date().isoformat() == "2026-11-03"


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_inch_marks_in_unquoted_cells_swallow_no_rows(tmp_path):
    text = '编号,投诉内容\n1,15" 屏幕坏了\n2,第二件\n3,27" 屏幕坏了\n4,"引号\n换行"\n'
    summary, seen, _ = run(write(tmp_path / "c.csv", text))
    assert [c.id for c in seen] == ["1", "2", "3", "4"]
    assert seen[3].text == "引号\n换行"
    assert summary.rows == 4


CELLS = st.lists(st.sampled_from(['"', '""', "a", "坏", " ", '15"', 'b"c']), max_size=4).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=6), st.integers(1, 7), st.sampled_from([",", ";", "\t"]))
def test_records_end_where_the_csv_module_ends_them(cells, size, delimiter):
    text = "".join(f"k{i}{delimiter}{cell}{delimiter}z\n" for i, cell in enumerate(cells)) + f'k{delimiter}""\n'
    records = list(_records.records(io.BytesIO(text.encode()), delimiter.encode(), chunk=size))
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        assert any(record.problem for record in records), "what is no CSV is rejected and not mended"
        return
    assert [_records.split_cells(r.data.decode(), delimiter) for r in records] == expected


def test_a_line_end_outside_quotes_rejects_the_row_and_cuts_no_text(tmp_path):
    _, seen, bad = run(write(tmp_path / "c.csv", "编号,投诉内容\n1,前半\r后半\n2,好\n"))
    assert [c.id for c in seen] == ["2"]
    assert bad[0]["code"] == "bad-csv"


def test_any_number_of_oversized_records_is_read_without_recursion(monkeypatch):
    monkeypatch.setattr(_records, "MAX_RECORD", 100)
    data = b"".join(b"x" * 300 + b"\nk%d,ok\n" % i for i in range(1500))
    records = list(_records.records(io.BytesIO(data), b",", chunk=64))
    assert [r.line for r in records] == list(range(1, 3001))
    assert [r.data for r in records if r.problem is None] == [b"k%d,ok" % i for i in range(1500)]


def test_a_utf8_row_in_a_gb18030_file_is_rejected_and_never_read_as_other_characters(tmp_path):
    gb = "编号,投诉内容\n1,一直不发货\n".encode("gb18030")
    odd = "2,退款没有到账\n3,客服不理人了\n".encode()
    assert odd.splitlines()[1].decode("gb18030")  # other characters, and no error
    _, seen, bad = run(write(tmp_path / "c.csv", gb + odd))
    assert [c.text for c in seen] == ["一直不发货"]
    assert [line["code"] for line in bad] == ["undecodable", "undecodable"]


def test_half_a_character_of_utf16_rejects_its_row(tmp_path):
    head, row = "编号,投诉内容\n".encode("utf-16"), "1,坏".encode("utf-16-le")
    data = head + row + b"\x00\xd8" + "了\n2,好\n".encode("utf-16-le")
    _, seen, bad = run(write(tmp_path / "c.csv", data))
    assert [c.id for c in seen] == ["2"]
    assert bad[0]["code"] == "undecodable"
    _, seen, bad = run(write(tmp_path / "d.csv", head + "1,好\n2,坏".encode("utf-16-le") + b"\x00"))
    assert [c.id for c in seen] == ["1"]
    assert bad[0]["code"] == "undecodable"


def test_files_without_ids_do_not_collide(tmp_path):
    paths = [write(tmp_path / name, "投诉内容\n甲\n乙\n") for name in ("a.csv", "b.csv")]
    summary = run_batch((open_source(p) for p in paths), fake, assembler())
    assert (summary.decided, summary.generated_ids) == (4, 4)


def test_a_damaged_gzip_is_an_error_or_one_reject_and_keeps_what_was_read(tmp_path):
    with pytest.raises(SourceError, match="damaged"):
        open_source(write(tmp_path / "a.csv.gz", b"not gzip"))
    whole = gzip.compress(table([[f"c{i}", f"内容{i * 7919}", "1", ""] for i in range(60_000)]).encode())
    summary, _, bad = run(write(tmp_path / "b.csv.gz", whole[: len(whole) // 2]))
    assert summary.decided > 1000
    assert [line["code"] for line in bad] == ["broken-file"]


def test_a_corrupt_page_of_parquet_is_one_reject(tmp_path):
    path = tmp_path / "c.parquet"
    ids = [str(i) for i in range(20_000)]
    pq.write_table(pa.table({"id": ids, "text": [f"坏{i}" for i in ids]}), path, row_group_size=1000)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    _, seen, bad = run(path)
    assert seen
    assert bad[-1]["code"] == "broken-file"


def test_a_sheet_row_with_more_cells_than_headers_is_rejected(tmp_path):
    book = openpyxl.Workbook()
    for row in (["编号", "投诉内容"], ["1", "坏了", "多出来的"], ["2", "好"]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    _, seen, bad = run(tmp_path / "c.xlsx")
    assert [c.id for c in seen] == ["2"]
    assert bad[0]["code"] == "too-many-columns"


@pytest.mark.parametrize("text", ['[{"id":"1","text":"a"}', '{"data":[{"id":"1","text":"a"},'])
def test_json_cut_between_two_objects_is_told(tmp_path, text):
    _, seen, bad = run(write(tmp_path / "c.json", text))
    assert [c.id for c in seen] == ["1"]
    assert bad[0]["code"] == "bad-json"


def test_a_passed_through_column_never_takes_the_place_of_a_field(tmp_path):
    path = write(tmp_path / "c.csv", "编号,投诉内容,text,order\n1,真正的,别的,A1\n")
    _, seen, bad = run(path, mapping={"text": "extra.text"})
    assert not bad
    assert seen[0].text == "真正的"
    assert seen[0].extra == {"extra.text": "别的", "extra.order": "A1"}


def test_every_unknown_column_is_named_even_when_no_row_is_read(tmp_path):
    names = [f"怪{i}列" for i in range(30)]
    head = ["编号", "投诉内容", "单价", *names]
    summary, _, _ = run(write(tmp_path / "c.csv", table([["1", "坏", "abc", *["v"] * 30]], head=head)))
    assert set(summary.unknown_fields) == set(names)


def test_an_output_that_is_no_regular_file_is_written_and_not_replaced(tmp_path):
    pipe, link, target = tmp_path / "pipe", tmp_path / "link", tmp_path / "target"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(pipe) as stream:
        stream.write(b"x")
    assert os.read(reader, 9) == b"x"
    os.close(reader)
    assert pipe.is_fifo()
    target.write_bytes(b"old")
    target.chmod(0o600)
    link.symlink_to(target)
    with whole_file(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o600)


def test_rows_without_a_day_of_receipt_are_counted_and_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("投诉内容,投诉时间\n不发货,2026-11-10\n不发货,\n不发货,\n", "utf-8")
    summary, _, _ = run(path)
    assert summary.undated == summary.to_dict()["undated"] == 2
    assert "2 行" in render_text(summary)
    assert "2 rows do not say when" in render_text(summary, "en")
