"""CSV as Excel and everybody else writes it. Flat memory, one record at a time, bad records do not stop the rest.

Records are split on bytes: in UTF-8 and GB18030 no byte of a multi-byte character is a quote, a delimiter or a line end
(GB18030 trail bytes are 0x30-0x39 and 0x40-0x7E, 0x80-0xFE). UTF-16 is turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from funnel.batch.rows import Row, RowProblem, short_raw
from funnel.errors import SourceError

MAX_RECORD = 2 * 1024 * 1024
"""Largest record, in bytes. A larger one is rejected and skipped in flat memory."""
SAMPLE = 256 * 1024
_ENOUGH = 4
_DELIMITERS = (",", ";", "\t", "|")
_MARK = re.compile(rb'["\n]')


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Record:
    data: bytes
    line: int
    problem: RowProblem | None = None


def sniff_encoding(sample: bytes) -> str:
    """The encoding of a text file from its beginning: BOM, else UTF-8 if it decodes, else GB18030."""
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(bom):
            return name
    if _decodes(sample, "utf-8"):
        return "utf-8"
    lines = [line for line in sample.splitlines()[:-1] or [sample] if not line.isascii()]
    good = sum(_decodes(line, "utf-8") for line in lines)
    return "utf-8" if good * 2 > len(lines) else "gb18030"  # a few odd rows become rejects, whichever it is


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)
    except UnicodeDecodeError:
        return False
    return True


class _Utf16ToUtf8:
    """A byte stream that recodes UTF-16 to UTF-8 as it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # A lone surrogate must stay one, so that its row is rejected as undecodable and not silently changed.
        self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
        self._ended = False

    def read(self, size: int) -> bytes:
        while not self._ended:
            data = self._stream.read(size)
            self._ended = not data
            try:
                text = self._decoder.decode(data, final=self._ended)
            except UnicodeDecodeError:  # half a character at the end
                self._ended = True
                return b"\xff"
            if text:  # half a character read is not the end
                return text.encode("utf-8", "surrogatepass")
        return b""


class _OldMacLines:
    """A byte stream whose lines end in a carriage return alone."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return self._stream.read(size).replace(b"\r", b"\n")


@dataclass(slots=True)
class _Quotes:
    """Where a quote may open a field: after one of these bytes. All delimiters, until the header has told which it is."""

    after: bytes = "".join(_DELIMITERS).encode()


def split_records(read: _Readable, *, chunk: int = 64 * 1024, quotes: _Quotes | None = None) -> Iterator[_Record]:
    """Split a stream into records, quoted line ends kept inside.

    As in the csv module a quote opens a field only where the field begins: the inch mark in ``15" screen`` is a
    character like any other and must not swallow the lines after it.
    """
    quotes = quotes or _Quotes()
    buffer = bytearray()
    line, start_line = 1, 1
    scanned, quoted, closed = 0, False, -1
    while True:
        data = read.read(chunk)
        buffer += data
        begin = 0
        while match := _MARK.search(buffer, scanned):
            at, scanned = match.start(), match.end()
            if match.group() == b'"':
                if quoted:
                    quoted, closed = False, at
                elif closed == at - 1 >= begin or _begins_field(buffer, begin, at, quotes.after):
                    quoted = True  # a doubled quote closes and opens again
                continue
            line += 1
            if not quoted:
                yield _Record(bytes(buffer[begin:scanned]).rstrip(b"\r\n"), start_line)
                begin, start_line = scanned, line
        del buffer[:begin]
        closed -= begin
        scanned = len(buffer)
        if scanned > MAX_RECORD:
            rest, problem = buffer.rpartition(b"\n")[2], None
            if len(rest) < scanned:  # a quote that was never closed
                yield from _lines(bytes(buffer[: scanned - len(rest)]), start_line)
            else:
                problem = _too_large()
                yield _Record(bytes(buffer[:1000]), start_line, problem)
                rest = bytearray(_skip_line(read, chunk))
                line += 1
            buffer, start_line = rest, line
            scanned, quoted, closed = 0, False, -1
        if not data:
            break
    if buffer and quoted and b"\n" in buffer.rstrip(b"\r\n"):
        yield from _lines(bytes(buffer), start_line)
    elif buffer:
        problem = _unclosed() if quoted else None
        yield _Record(bytes(buffer).rstrip(b"\r\n"), start_line, problem)


def _begins_field(buffer: bytearray, begin: int, at: int, after: bytes) -> bool:
    return at == begin or buffer[at - 1] in after or buffer[begin:at] == codecs.BOM_UTF8


def _skip_line(read: _Readable, chunk: int) -> bytes:
    """Read past the next line end, in flat memory. Returns what was read of the line after it."""
    while data := read.read(chunk):
        _, newline, rest = data.partition(b"\n")
        if newline:
            return rest
    return b""


def _too_large() -> RowProblem:
    size = MAX_RECORD // 1024 // 1024
    return RowProblem("field-too-large", f"单行超过 {size} MB，已跳过", f"a row over {size} MB was skipped")


def _unclosed() -> RowProblem:
    return RowProblem("unclosed-quote", "引号没有成对，这一行读不出", "a quote is not closed; this row cannot be read")


def _lines(data: bytes, line: int) -> Iterator[_Record]:
    """After an unclosed quote: its line is rejected, the lines after it are records of their own."""
    for index, part in enumerate(data.splitlines()):
        yield _Record(part, line + index, _unclosed() if index == 0 else None)


def sniff_delimiter(header: str) -> str:
    """The delimiter that stands most often in the header outside quotes; a comma if none does."""
    outside = "".join(part for index, part in enumerate(header.split('"')) if index % 2 == 0)
    best = max(_DELIMITERS, key=lambda d: (outside.count(d), -_DELIMITERS.index(d)))
    return best if outside.count(best) else ","


def read_csv(stream: BinaryIO, sample: bytes) -> tuple[list[str], Iterator[Row]]:
    """Headers and rows of a CSV file.

    Args:
        stream: The file from its beginning.
        sample: Its first bytes, for sniffing.

    Raises:
        SourceError: There is no header row.
    """
    encoding = sniff_encoding(sample)
    source: _Readable = _Utf16ToUtf8(stream) if encoding == "utf-16" else stream
    if encoding == "utf-16":
        encoding = "utf-8"
    elif b"\n" not in sample and b"\r" in sample:
        source = _OldMacLines(stream)
    csv.field_size_limit(MAX_RECORD)  # the module's own limit, 128 KB, raises in the middle of a file
    quotes = _Quotes()
    records = split_records(source, quotes=quotes)
    header_record = next((r for r in records if r.data.strip()), None)
    if header_record is None:
        raise SourceError("文件没有表头行 the file has no header row")
    if header_record.problem is not None:
        raise SourceError("表头行的引号没有成对 a quote in the header row is not closed")
    decoder = _Decoder(encoding)
    header_text, problem = decoder.decode(header_record.data)
    if problem is not None or header_text is None:
        raise SourceError(
            "表头行的编码读不出；另存为 UTF-8 再试 the header row cannot be decoded; save the file as UTF-8"
        )
    header_text = header_text.lstrip("\ufeff")
    delimiter = sniff_delimiter(header_text)
    quotes.after = delimiter.encode()
    try:
        headers = [cell.strip() for cell in next(csv.reader(io.StringIO(header_text, newline=""), delimiter=delimiter))]
    except (csv.Error, StopIteration):
        raise SourceError("表头行不是有效的 CSV the header row is no valid CSV") from None
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise SourceError("表头行是空的 the header row is empty")
    return headers, _rows(records, headers, delimiter, decoder)


class _Decoder:
    """Decodes records; a file that was plain ASCII so far may still turn out to be GB18030."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.sure = False

    def decode(self, data: bytes) -> tuple[str | None, RowProblem | None]:
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError as error:
            if not self.sure and self.encoding == "utf-8" and _decodes(data, "gb18030"):
                self.encoding, self.sure = "gb18030", True
                return self.decode(data)
            problem = RowProblem(
                "undecodable",
                f"第 {error.start + 1} 个字节起不是 {self.encoding} 编码",
                f"not {self.encoding} from byte {error.start + 1} of the row on",
            )
            return None, problem
        self.sure = self.sure or not data.isascii()
        if self.encoding == "gb18030" and _is_utf8_chinese(data):
            return None, RowProblem(
                "undecodable", "文件是 gb18030 编码，这一行却是 UTF-8", "the file is gb18030, this row is UTF-8"
            )
        return text, None


def _is_utf8_chinese(data: bytes) -> bool:
    """Whether a row of a GB18030 file is UTF-8: half of all UTF-8 rows would decode there too, to other characters.

    Four Chinese characters that decode as UTF-8 are never GB18030 by chance in earnest text.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= char <= "\u9fff" for char in text) >= _ENOUGH


def _rows(records: Iterator[_Record], headers: list[str], delimiter: str, decoder: _Decoder) -> Iterator[Row]:
    number = 0
    for record in records:
        if not record.data.strip():
            continue
        number += 1
        if record.problem is not None:
            yield Row(number, record.line, None, record.problem, short_raw(record.data))
            continue
        text, problem = decoder.decode(record.data)
        if text is None:
            yield Row(number, record.line, None, problem, short_raw(record.data))
            continue
        yield _row(number, record.line, text, headers, delimiter)


def _row(number: int, line: int, text: str, headers: list[str], delimiter: str) -> Row:
    if "\x00" in text:
        problem = RowProblem("nul", "含有 NUL 字符", "the row has NUL characters")
        return Row(number, line, None, problem, short_raw(text))
    try:
        # A record may hold line ends of its own, so it goes in whole.
        cells, *more = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    except (csv.Error, ValueError):
        cells, more = [], [[]]
    if more:  # a line end outside quotes: part of the row would be lost
        problem = RowProblem("bad-csv", "这一行不是有效的 CSV", "this row is no valid CSV")
        return Row(number, line, None, problem, short_raw(text))
    while len(cells) > len(headers) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(headers):
        code = "too-many-columns" if len(cells) > len(headers) else "too-few-columns"
        problem = RowProblem(
            code,
            f"有 {len(cells)} 列，表头是 {len(headers)} 列；含分隔符的文字要加引号",
            f"{len(cells)} columns where the header has {len(headers)}; quote texts that hold the delimiter",
        )
        return Row(number, line, None, problem, short_raw(text))
    return Row(number, line, dict(zip(headers, cells, strict=True)), raw=text, table=True)
