"""CSV as Excel and everybody else writes it. Flat memory, one record at a time, bad records do not stop the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from funnel.batch._encoding import Readable, Recoded, RowDecoder, sniff_encoding
from funnel.batch._records import CHUNK, Record, records, split_cells
from funnel.batch.headers import HeaderReader, twin
from funnel.batch.reading import LOOK, Part, header_row
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
    return next(_first_records(text), "")


def _first_records(text: str) -> Iterator[str]:
    """The records of a text that are not blank, one after the other."""
    while text := text.lstrip("\ufeff \r\n"):
        quoted = False
        end = len(text)
        for at, char in enumerate(text):
            if char == '"':
                quoted = not quoted
            elif char in "\r\n" and not quoted:
                end = at
                break
        yield text[:end]
        text = text[end:]


def _delimiter_of(beginning: str, headers: HeaderReader | None) -> str:
    """The delimiter of the header row. A title above it has none, or a comma of its own."""
    found: list[tuple[str, list[str]]] = []
    for record in islice(_first_records(beginning), LOOK):
        delimiter = sniff_delimiter(record)
        try:
            found.append((delimiter, name_headers(split_cells(record, delimiter))))
        except ValueError:
            found.append((delimiter, []))
    return found[header_row([cells for _, cells in found], headers)][0] if found else _DELIMITERS[0]


def read_csv(
    stream: Readable, sample: bytes, *, headers: HeaderReader | None = None, chunk: int = CHUNK
) -> tuple[list[str], Iterator[Row], Part]:
    """Headers and rows of a CSV file, and where the header stands.

    Args:
        stream: The file from its beginning.
        sample: Its first bytes, for sniffing.
        headers: What headers mean, to find the header below a title; without, the first row is the header.
        chunk: Bytes to read at a time.

    Raises:
        SourceError: There is no header row that can be read.
    """
    encoding = sniff_encoding(sample)
    sure = not sample.isascii()
    beginning = sample.decode(encoding, "replace")
    first = _first_record(beginning)
    hint = _SEP.match(first)
    delimiter = hint.group(1) if hint else _delimiter_of(beginning, headers)
    if not delimiter.isascii() or delimiter in '"\r\n':
        raise SourceError(
            "第一行 sep= 给出的分隔符不能用", "the delimiter given by sep= in the first line cannot be used"
        )
    if encoding == "utf-16" or (encoding == "gb18030" and delimiter not in ",;\t"):
        stream, encoding, sure = Recoded(stream, encoding), "utf-8", True
    newline = b"\r" if "\r" in beginning and "\n" not in beginning else b"\n"  # files of old Macs
    found = (r for r in records(stream, delimiter.encode("ascii"), newline, chunk) if r.data.strip())
    decoder = RowDecoder(encoding, sure=sure)
    if hint:
        next(found, None)
    ahead = list(islice(found, 1))
    if headers is not None and ahead and not headers.makes_complaints(_cells(ahead[0], delimiter, decoder)):
        ahead += islice(found, LOOK - 1)
    place = header_row([_cells(record, delimiter, decoder) for record in ahead], headers)
    header = ahead[place] if ahead else None
    names = _headers(header, delimiter, decoder)
    part = Part(None, header.line if header is not None else 1, sum(map(bool, _bare(ahead[:place], delimiter))))
    return names, _rows(chain(ahead[place + 1 :], found), names, delimiter, decoder), part


def _bare(above: Sequence[Record], delimiter: str) -> Iterator[bytes]:
    """Records without their delimiters: a spreadsheet's empty row has nothing else."""
    return (record.data.replace(delimiter.encode("ascii"), b"").strip() for record in above)


def _cells(record: Record, delimiter: str, decoder: RowDecoder) -> list[str]:
    """The cells of a record that may be the header; none where it cannot be read, which is told once it is taken for one."""
    text = None if record.problem is not None else decoder.decode(record.data)[0]
    try:
        return [] if text is None else name_headers(split_cells(text.lstrip("\ufeff"), delimiter))
    except ValueError:
        return []


def _headers(header: Record | None, delimiter: str, decoder: RowDecoder) -> list[str]:
    if header is None:
        raise SourceError("文件没有表头行", "the file has no header row")
    if header.problem is not None:
        raise SourceError(f"表头行：{header.problem.zh}", f"the header row: {header.problem.en}")
    text, problem = decoder.decode(header.data)
    if text is None or problem is not None:
        raise SourceError(
            "表头行的编码读不出；另存为 UTF-8 再试", "the header row cannot be decoded; save the file as UTF-8"
        )
    try:
        headers = name_headers(split_cells(text.lstrip("\ufeff"), delimiter))
    except ValueError:
        raise SourceError("表头行不是有效的 CSV", "the header row is no valid CSV") from None
    if not headers:
        raise SourceError("表头行是空的", "the header row is empty")
    return headers


def name_headers(cells: Sequence[str]) -> list[str]:
    """Headers up to the last that is not blank, no two of them the same, so that no cell is lost.

    A blank one is called by its place, and one that stood there before is numbered (`twin`).
    """
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    found: dict[str, None] = {}
    given = frozenset(names)
    counts: Counter[str] = Counter()
    for place, name in enumerate(names, 1):
        base = shown = name or f"column-{place}"
        counts[base] += 1
        while shown in found or (shown != name and shown in given):
            counts[base] += shown != base
            shown = twin(base, max(2, counts[base]))
        found[shown] = None
    return list(found)


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


def fit(
    number: int, line: int, headers: Sequence[str], cells: Sequence[object], raw: str, sheet: str | None = None
) -> Row:
    """A row of a table, if it has as many cells as the table has columns. Empty cells too many are no matter."""
    count = len(cells)
    while count > len(headers) and (cells[count - 1] is None or not str(cells[count - 1]).strip()):
        count -= 1
    if count == len(headers):
        return Row(number, line, dict(zip(headers, cells[:count], strict=True)), raw=raw, table=True, sheet=sheet)
    if count < len(headers):
        code = "too-few-columns"
        zh, en = "有换行的文字要加引号，空的格子也要留分隔符", "quote texts that hold a line end, and keep the delimiters of empty cells"  # fmt: skip
    elif sheet is None:
        code, zh, en = "too-many-columns", "含分隔符的文字要加引号", "quote texts that hold the delimiter"
    else:  # a workbook has no delimiters
        code = "too-many-columns"
        zh, en = "给多出来的列补上表头，或清空那些格子", "give the columns beyond it a header, or clear their cells"
    problem = RowProblem(
        code,
        f"有 {count} 列，表头是 {len(headers)} 列；{zh}",
        f"{count} {'column' if count == 1 else 'columns'} where the header has {len(headers)}; {en}",
    )
    return Row(number, line, None, problem, short_raw(raw), sheet=sheet)
