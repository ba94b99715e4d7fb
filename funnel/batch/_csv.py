"""CSV as Excel and everybody else writes it. Flat memory, one record at a time, bad records do not stop the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from funnel.batch._encoding import Readable, Recoded, RowDecoder, sniff_encoding
from funnel.batch._records import CHUNK, Record, records, split_cells
from funnel.batch.rows import Row, RowProblem, short_raw
from funnel.errors import SourceError

SAMPLE = 256 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r"^sep=(.)$", re.IGNORECASE)
"""Excel's own hint in the first line."""


def sniff_delimiter(header: str) -> str:
    """The delimiter that stands most often in the header outside quotes; a comma if none does."""
    outside = "".join(part for index, part in enumerate(header.split('"')) if index % 2 == 0)
    best = max(_DELIMITERS, key=lambda d: (outside.count(d), -_DELIMITERS.index(d)))
    return best if outside.count(best) else ","


def _first_record(text: str) -> str:
    """The first record that is not blank, quoted line ends kept inside."""
    text = text.lstrip("\ufeff \r\n")
    quoted = False
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char in "\r\n" and not quoted:
            return text[:at]
    return text


def read_csv(stream: Readable, sample: bytes, *, chunk: int = CHUNK) -> tuple[list[str], Iterator[Row]]:
    """Headers and rows of a CSV file.

    Args:
        stream: The file from its beginning.
        sample: Its first bytes, for sniffing.
        chunk: Bytes to read at a time.

    Raises:
        SourceError: There is no header row that can be read.
    """
    encoding = sniff_encoding(sample)
    sure = not sample.isascii()
    beginning = sample.decode(encoding, "replace")
    first = _first_record(beginning)
    hint = _SEP.match(first)
    delimiter = hint.group(1) if hint else sniff_delimiter(first)
    if not delimiter.isascii() or delimiter in '"\r\n':
        raise SourceError("第一行 sep= 给出的分隔符不能用 the delimiter given by sep= in the first line cannot be used")
    if encoding == "utf-16" or (encoding == "gb18030" and delimiter not in ",;\t"):
        stream, encoding, sure = Recoded(stream, encoding), "utf-8", True
    newline = b"\r" if "\r" in beginning and "\n" not in beginning else b"\n"  # files of old Macs
    found = (r for r in records(stream, delimiter.encode("ascii"), newline, chunk) if r.data.strip())
    decoder = RowDecoder(encoding, sure=sure)
    header = next(found, None)
    if header is not None and hint:
        header = next(found, None)
    headers = _headers(header, delimiter, decoder)
    return headers, _rows(found, headers, delimiter, decoder)


def _headers(header: Record | None, delimiter: str, decoder: RowDecoder) -> list[str]:
    if header is None:
        raise SourceError("文件没有表头行 the file has no header row")
    if header.problem is not None:
        raise SourceError(f"表头行：{header.problem.zh} the header row: {header.problem.en}")
    text, problem = decoder.decode(header.data)
    if text is None or problem is not None:
        raise SourceError(
            "表头行的编码读不出；另存为 UTF-8 再试 the header row cannot be decoded; save the file as UTF-8"
        )
    try:
        headers = name_headers(split_cells(text.lstrip("\ufeff"), delimiter))
    except ValueError:
        raise SourceError("表头行不是有效的 CSV the header row is no valid CSV") from None
    if not headers:
        raise SourceError("表头行是空的 the header row is empty")
    return headers


def name_headers(cells: Sequence[str]) -> list[str]:
    """Headers up to the last that is not blank; a blank one is called by its place, so that its cells are not lost."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return [name or f"column-{place}" for place, name in enumerate(names, 1)]


def _rows(found: Iterator[Record], headers: Sequence[str], delimiter: str, decoder: RowDecoder) -> Iterator[Row]:
    number = 0
    for record in found:
        text, problem = (None, record.problem) if record.problem is not None else decoder.decode(record.data)
        if text is not None and not text.replace(delimiter, "").strip():
            continue  # a spreadsheet's empty row, all delimiters
        number += 1
        if text is None:
            yield Row(number, record.line, None, problem, short_raw(record.data))
        else:
            yield _row(number, record.line, text, headers, delimiter)


def _row(number: int, line: int, text: str, headers: Sequence[str], delimiter: str) -> Row:
    if "\x00" in text:
        problem = RowProblem("nul", "含有 NUL 字符", "the row has NUL characters")
        return Row(number, line, None, problem, short_raw(text))
    try:
        cells = split_cells(text, delimiter)
    except ValueError:
        problem = RowProblem(
            "bad-csv",
            "引号以外有单独的回车，分不清是一行还是两行",
            "a carriage return outside quotes: one row or two cannot be told",
        )
        return Row(number, line, None, problem, short_raw(text))
    return fit(number, line, headers, cells, text)


def fit(number: int, line: int, headers: Sequence[str], cells: Sequence[object], raw: str) -> Row:
    """A row of a table, if it has as many cells as the table has columns. Empty cells too many are no matter."""
    count = len(cells)
    while count > len(headers) and (cells[count - 1] is None or not str(cells[count - 1]).strip()):
        count -= 1
    if count == len(headers):
        return Row(number, line, dict(zip(headers, cells[:count], strict=True)), raw=raw, table=True)
    problem = RowProblem(
        "too-many-columns" if count > len(headers) else "too-few-columns",
        f"有 {count} 列，表头是 {len(headers)} 列；含分隔符的文字要加引号",
        f"{count} columns where the header has {len(headers)}; quote texts that hold the delimiter",
    )
    return Row(number, line, None, problem, short_raw(raw))
