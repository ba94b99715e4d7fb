"""CSV: no row is lost, joined, split or mended without a word."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnel.batch import _records, render_text
from funnel.batch._csv import SAMPLE, read_csv
from funnel.batch._records import lines, records, split_cells
from funnel.errors import SourceError

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]


class Dribble:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data, size):
        self._stream, self._size = io.BytesIO(data), size

    def read(self, size):
        return self._stream.read(min(size, self._size))


@settings(max_examples=150)
@given(
    cells=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=5),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    # With "\n" for line end the writer leaves "\r" unquoted, and what it writes cannot be told from "\r\n".
    style=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_ALL, "\n")]),
    size=st.integers(1, 9),
)
def test_any_text_in_any_cell_reads_back_equal(cells, encoding, delimiter, style, size):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=style[0], lineterminator=style[1])
    # A character that is not ASCII in the header, as a Chinese file has: else a row alone decides on the encoding.
    writer.writerow(["编号", "投诉内容", "备注"])
    writer.writerows([f"n{i}", *row] for i, row in enumerate(cells))
    data = buffer.getvalue().encode(encoding)
    headers, rows, _ = read_csv(Dribble(data, size), data[:SAMPLE])
    assert headers == ["编号", "投诉内容", "备注"]
    found = [tuple(row.content.values()) if row.content else row.problem.code for row in rows]
    expected = [(f"n{i}", *row) for i, row in enumerate(cells)]
    assert [f for f, e in zip(found, expected, strict=True) if f != e] == []


def parsed(data):
    return [
        (record.line, None if record.problem else tuple(split_cells(record.data.decode(), ",")))
        for record in records(io.BytesIO(data), b",")
        if record.data
    ]


@settings(max_examples=400)
@given(st.text('a",\n', max_size=40))
def test_whatever_the_csv_module_takes_strictly_is_read_as_it_reads_it(text):
    try:
        rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return
    assert [cells for _, cells in parsed(text.encode())] == rows


@settings(max_examples=300)
@given(data=st.lists(st.sampled_from([b"a", b'"', b",", b"\n", b"\r\n", b"\xb0\xa1"]), max_size=60), chunk=st.integers(1, 7))  # fmt: skip
def test_every_byte_is_in_exactly_one_record_whatever_the_quotes(data, chunk):
    whole = b"".join(data)
    found = list(records(io.BytesIO(whole), b",", chunk=chunk))
    joined = b"\n".join(record.data for record in found)
    assert joined.replace(b"\r", b"") == whole.replace(b"\r", b"").removesuffix(b"\n")
    assert [r.line for r in found] == sorted({r.line for r in found})
    assert found == list(records(io.BytesIO(whole), b","))


@settings(max_examples=200)
@given(data=st.lists(st.sampled_from([b"a", b'"', b",", b"\n", b"xxxxxxxxxx"]), max_size=80), limit=st.integers(8, 40))
def test_no_record_outgrows_the_limit_and_lines_after_it_are_read(data, limit):
    whole = b"".join(data) + b"\nlast,row"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_records, "MAX_RECORD", limit)
        found = list(records(io.BytesIO(whole), b",", chunk=3))
        count = sum(1 for _ in lines(io.BytesIO(whole), chunk=3))
    assert all(len(r.data) <= limit + 1 for r in found if not r.problem or r.problem.code != "field-too-large")
    assert count == whole.count(b"\n") + 1
    if b'"' not in whole:
        assert found[-1].data == b"last,row"
        assert len(found) == count


def test_inches_are_no_quotes(run):
    """Two stray quotes once joined two rows, of which the second was lost without a word."""
    assert run("c.csv", 'id,text\na,5" screen\nb,6" screen\nc,ok\n').ids == ["a", "b", "c"]
    assert run("d.csv", 'id,text\na,5" screen\nb,ok\n').ids == ["a", "b"]


def test_a_quote_that_is_not_doubled_is_rejected_and_not_mended(run):
    found = run("c.csv", 'id,text\na,"he said "hi" to me"\nb,ok\n')
    assert (found.ids, found.codes) == (["b"], ["bad-quote"])
    assert found.rejects[0]["line"] == 2
    assert found.rejects[0]["raw"] == 'a,"he said "hi" to me"'


def test_a_quote_never_closed_costs_its_own_line_even_when_a_later_row_is_quoted(run):
    found = run("c.csv", 'id,text\na,"never closed\nb,fine\nc,"quoted"\nd,"two\nlines"\ne,fine\n')
    assert [c.id for c in found.seen] == ["b", "c", "d", "e"]
    assert found.seen[2].text == "two\nlines"
    assert found.codes == ["unclosed-quote"]


def test_many_rows_over_the_limit_do_not_nest(run, monkeypatch):
    """Each once opened a generator inside the last: a few hundred ended the batch."""
    monkeypatch.setattr(_records, "MAX_RECORD", 100)
    found = run("c.csv", "id,text\n" + "".join(f"a{i},{'y' * 200}\nb{i},ok\n" for i in range(1_500)))
    assert found.codes == ["field-too-large"] * 1_500
    assert len(found.ids) == 1_500


def test_the_longest_text_of_the_contract_fits_a_row(run):
    found = run("c.csv", "id,text\na," + "好" * 1_000_000 + "\nb," + "好" * 1_000_001 + "\n")
    assert found.ids == ["a"]
    assert found.codes == ["bad-field"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_lone_surrogates_and_half_characters_of_utf16_reject_their_row(run, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}[encoding]
    lone = {"utf-16-le": b"\x00\xd8", "utf-16-be": b"\xd8\x00"}[encoding]
    data = mark + "id,text\na,x".encode(encoding) + lone + "\nb,ok\nc,cut".encode(encoding) + b"\x01"
    found = run("c.csv", data)
    assert (found.ids, found.codes) == (["b"], ["undecodable"] * 2)


def test_a_utf8_row_in_a_gb18030_file_is_rejected_and_not_read_as_nonsense(run):
    head = "编号,投诉内容\na,一直不发货\n".encode("gb18030")
    found = run("c.csv", head + "b,第二行中文好\n".encode() + "c,尾行\n".encode("gb18030"))
    assert (found.ids, found.codes) == (["a", "c"], ["undecodable"])


def test_one_odd_row_at_the_top_does_not_turn_a_utf8_file_into_gb18030(run):
    data = b"id,text\n" + "a,乱码的行\n".encode("gb18030") + "b,第二行\nc,第三行\n".encode()
    assert run("c.csv", data).ids == ["b", "c"]


def test_the_encoding_may_show_only_after_the_sample(run):
    plain = "".join(f"p{i},x\n" for i in range(50_000))
    assert len(plain) > SAMPLE
    found = run("c.csv", b"id,text\n" + plain.encode() + "z,一直不发货\n".encode("gb18030"))
    assert found.seen[-1].text == "一直不发货"


def test_bars_and_gb18030_do_not_mix_up(run):
    """0x7C, the bar, is the second byte of characters such as 東 (traditional) in GB18030."""
    text = "".join(chr(c) for c in range(0x4E00, 0x9FA6) if chr(c).encode("gb18030")[-1:] == b"|")[:50]
    assert text
    found = run("c.csv", f'编号|投诉内容|备注\na|{text}"|"{text}"\n'.encode("gb18030"))
    assert found.seen[0].text == text + '"'
    assert found.seen[0].extra == {"备注": text}


def test_excels_hint_of_the_delimiter_is_heeded(run):
    assert run("c.csv", "sep=;\nid;text\na;x, y, z\n").seen[0].text == "x, y, z"


def test_a_column_without_a_header_keeps_its_cells(run):
    found = run("c.csv", "id,,text,\na,left,x,\nb,,y,\nc,,z,right\n")
    assert found.seen[0].extra == {"column-2": "left"}
    assert found.seen[1].extra == {}
    assert set(found.summary.unknown_fields) == {"column-2"}
    assert found.codes == ["too-many-columns"]


def test_empty_rows_of_a_spreadsheet_are_no_complaints(run):
    assert run("c.csv", "id,text\na,x\n,\n   ,\t\n\nb,y\n").summary.rows == 2


@pytest.mark.parametrize("data", ["sep=\u00b7\nid\u00b7text\n", '"id,text\na,x\n', "\n\n,,\n"])
def test_a_header_row_that_cannot_be_read_is_one_clear_error(run, data):
    with pytest.raises(SourceError, match=r"header|sep="):
        run("c.csv", data)


def test_the_header_decides_on_the_encoding_even_against_most_rows(run):
    data = "编号,投诉内容\na,一直不发货\n".encode("gb18030") + "".join(f"u{n},第几行中文\n" for n in range(9)).encode()
    assert run("c.csv", data).ids == ["a"]
    data = "编号,投诉内容\na,一直不发货\n".encode() + "".join(f"u{n},第几行中文\n" for n in range(9)).encode("gb18030")
    assert run("d.csv", data).ids == ["a"]


@pytest.mark.parametrize(("row", "code", "words"), [("a", "too-few-columns", "1 column where the header has 2; quote texts that hold a line end"), ("a,b,c", "too-many-columns", "3 columns where the header has 2; quote texts that hold the delimiter")])  # fmt: skip
def test_a_row_of_too_few_cells_is_told_what_makes_too_few(run, row, code, words):
    found = run("c.csv", f"id,text\n{row}\n", lang="en")
    (line,) = found.rejects
    assert f"1 row rejected: {code}" in render_text(found.summary, "en")
    assert line["code"] == code
    assert line["reason"].startswith(words)
