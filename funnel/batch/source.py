"""Open a file of complaints: find out what it is, give its rows."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, cast, get_args

from funnel.batch._csv import SAMPLE, read_csv
from funnel.batch._encoding import UTF16_MARKS, Readable, Recoded
from funnel.batch._json import read_json, read_jsonl
from funnel.batch._parquet import read_parquet
from funnel.batch._records import CHUNK
from funnel.batch._xlsx import read_xlsx
from funnel.batch.headers import HeaderReader
from funnel.batch.reading import LeftSheet, Part, Reading
from funnel.batch.rows import Row, RowProblem
from funnel.errors import SourceError

__all__ = ["FORMATS", "RowProblem", "Source", "open_source"]

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x0b\x0c")
Format = Literal["csv", "tsv", "jsonl", "json", "xlsx", "parquet"]
"""What a file can be."""
FORMATS: tuple[Format, ...] = get_args(Format)
_BY_SUFFIX = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".xlsx": "xlsx", ".xls": "xlsx", ".parquet": "parquet"}  # fmt: skip
_MAGIC = (
    (b"PK\x03\x04", "xlsx", "Excel 工作簿或压缩包", "an Excel workbook or zip archive"),
    (b"PAR1", "parquet", "Parquet 文件", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "xlsx", "旧版 Excel 文件", "an old Excel file"),
    (b"\x1f\x8b", None, "gzip 压缩文件（文件名要以 .gz 结尾）", "a gzip file (its name must end in .gz)"),
    (b"\x89PNG", None, "PNG 图片", "a PNG image"),
    (b"%PDF", None, "PDF 文件", "a PDF file"),
    (b"\xff\xd8\xff", None, "JPEG 图片", "a JPEG image"),
)
_UTF32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_WIDE = 5
"""One byte of so many is NUL in a text whose characters take two or four: its digits, delimiters and line ends."""
_DAMAGE = (OSError, EOFError, zlib.error)
"""What reading a damaged file or archive raises."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What was read of a file so far: enough to see later whether it is still the same file.

    Attributes:
        size: Its size in bytes when it was opened.
        changed: When it had been changed last, in nanoseconds.
        read: Bytes read from its beginning on.
        digest: BLAKE2 of those bytes, in hex.
    """

    size: int
    changed: int
    read: int
    digest: str


class _Metered(io.RawIOBase):
    """A file that remembers what was read of it. Bytes are hashed once each, in order, whatever is read twice."""

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        stat = os.fstat(file.fileno())
        self._size, self._changed = stat.st_size, stat.st_mtime_ns
        self._hash = hashlib.blake2b(digest_size=16)
        self._hashed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # (any buffer, as BufferedReader gives)
        at = self._file.tell() if self._file.seekable() else self._hashed
        count = self._file.readinto(buffer) or 0
        fresh = at + count - self._hashed
        if 0 < fresh <= count:
            self._hash.update(buffer[count - fresh : count])
            self._hashed += fresh
        return count

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()

    def state(self) -> FileState:
        return FileState(self._size, self._changed, self._hashed, self._hash.hexdigest())


def digest_of_beginning(path: Path, count: int) -> str | None:
    """The digest of a file's first bytes, as `FileState` has it; None where it has not so many.

    Raises:
        OSError: It cannot be read.
    """
    found = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while count > 0:
            data = file.read(min(count, 1024 * 1024))
            if not data:
                return None
            found.update(data)
            count -= len(data)
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of complaints.

    Attributes:
        name: What to call it in messages.
        format: What it is.
        headers: Column headers of a table; empty for JSON.
        rows: Its rows; to be read once.
        size: Its size in bytes, where known, for progress.
        stream: The raw stream.
        total: How many rows there are, for kinds of files that say so.
        reading: What of it was taken for the table: the header's line, the sheets that are read and those that are not.
    """

    name: str
    format: str
    headers: tuple[str, ...]
    rows: Iterator[Row]
    size: int | None
    stream: BinaryIO
    total: int | None = None
    reading: Reading = field(default_factory=lambda: Reading(""))
    _given: list[int] = field(default_factory=lambda: [0], repr=False)

    def position(self) -> int | None:
        """Bytes read so far, of `size`; None where the size is not known.

        Kinds of files that are not read from front to back (XLSX, Parquet) count rows, which are then put as bytes.
        """
        if self.size is None:
            return None
        if self.total is not None:
            return self.size * min(self._given[0], self.total) // max(1, self.total)
        with suppress(OSError, ValueError):
            return self.stream.tell()
        return None

    def state(self) -> FileState | None:
        """What was read of the file; None for standard input, pipes and devices."""
        raw = getattr(self.stream, "raw", None)
        return raw.state() if isinstance(raw, _Metered) else None

    def close(self) -> None:
        """Close the file; `funnel.batch.run_batch` does when its rows are read."""
        if self.name != "-":
            self.stream.close()


class _Sampled:
    """A stream whose beginning can be looked at first. Reads are short rather than late, so that no byte before a break is lost."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._pending = b""
        self._error: Exception | None = None
        pieces: list[bytes] = []
        try:
            while sum(map(len, pieces)) < SAMPLE and (data := read(CHUNK)):
                pieces.append(data)
        except _DAMAGE as error:
            self._error = error
        self.sample = self._pending = b"".join(pieces)
        if not pieces and self._error is not None:
            raise self._error

    def read(self, size: int = -1, /) -> bytes:
        if self._pending:
            data, self._pending = (self._pending[:size], self._pending[size:]) if size >= 0 else (self._pending, b"")
            return data
        if self._error is not None:
            raise self._error
        return self._read(size)

    def all(self) -> bytes:
        """Everything; for kinds of files whose index stands at their end."""
        pieces = []
        while data := self.read(CHUNK):
            pieces.append(data)
        return b"".join(pieces)


def open_source(
    path: str | Path,
    *,
    format: Format | None = None,  # noqa: A002 (the field's word)
    headers: HeaderReader | None = None,
    sheets: Sequence[str] = (),
) -> Source:
    """Open a file, or ``-`` for standard input.

    Args:
        path: The file. ``.gz`` is unpacked as it is read.
        format: One of `FORMATS`; default: by content and name.
        headers: What headers mean, as ``Assembler.headers`` has it. With it the header is looked for among the first ten rows, and
            in a workbook on every sheet; without, it is the first row of the first sheet.
        sheets: The sheets of a workbook to read; default: the first with complaints, and all with the same headers.

    Raises:
        SourceError: It is not there, empty, binary, of an unknown kind, or needs an extra that is not installed; or it is no
            workbook, or one without the sheets that are asked for.
    """
    name = str(path)
    if format is not None and format not in FORMATS:
        known = ", ".join(FORMATS)
        raise SourceError(f"不支持的格式“{format}”，可选：{known}", f"unknown format {format!r}; one of {known}")
    stream, size = _open(name)
    try:
        return _source(name, stream, size, format, headers, sheets)
    except _DAMAGE as error:
        if name != "-":
            stream.close()
        raise SourceError(
            f"{name}：读不出，文件可能坏了（{error}）", f"{name}: cannot be read; it may be damaged ({error})"
        ) from None
    except BaseException:
        if name != "-":
            stream.close()
        raise


def _open(name: str) -> tuple[BinaryIO, int | None]:
    if name == "-":
        return sys.stdin.buffer, None
    path = Path(name)
    try:
        if path.is_dir():
            raise SourceError(f"{name}：这是目录，要给文件", f"{name}: this is a folder; give a file")
        if not path.is_file():
            return path.open("rb"), None
        return io.BufferedReader(_Metered(io.FileIO(path))), path.stat().st_size
    except FileNotFoundError:
        raise SourceError(f"{name}：没有这个文件", f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{name}：打不开（{reason}）", f"{name}: cannot be opened ({reason})") from None


def _source(
    name: str,
    stream: BinaryIO,
    size: int | None,
    wanted: str | None,
    meanings: HeaderReader | None,
    sheets: Sequence[str],
) -> Source:
    packed = name.lower().endswith(".gz")
    reader = gzip.GzipFile(fileobj=stream).read1 if packed else cast("io.BufferedReader", stream).read1
    content = _Sampled(reader)
    sample = content.sample
    if not sample.strip(b"\xef\xbb\xbf\xfe\xff \t\r\n"):
        raise SourceError(
            f"{name}：文件是空的，应为 CSV、JSONL、JSON、XLSX 或 Parquet",
            f"{name}: the file is empty; expected CSV, JSONL, JSON, XLSX or Parquet",
        )
    kind = _kind(name, sample, wanted)
    if sheets and kind != "xlsx":
        raise SourceError(
            f"{name}：不是工作簿，没有工作表可选，去掉 --sheet",
            f"{name}: no workbook; it has no sheets: leave --sheet out",
        )
    headers: tuple[str, ...] = ()
    total: int | None = None
    parts: tuple[Part, ...] = ()
    left: tuple[LeftSheet, ...] = ()
    try:
        if kind == "xlsx":
            book = read_xlsx(content.all(), meanings, sheets)
            headers, rows, total, parts, left = book.headers, book.rows, book.total, book.parts, book.left
        elif kind == "parquet":
            plain = name != "-" and not packed
            headers, rows, total = read_parquet(name if plain else io.BytesIO(content.all()))
        elif kind == "csv":
            found, rows, part = read_csv(content, sample, headers=meanings)
            headers, parts = tuple(found), (part,)
        else:
            text: Readable = Recoded(content, "utf-16") if sample.startswith(UTF16_MARKS) else content
            rows = (read_jsonl if kind == "jsonl" else read_json)(text)
    except SourceError as error:
        raise error.about(name) from None
    except ImportError:
        raise SourceError(
            f'{name}：读 {kind.upper()} 要安装附加组件：pip install "funnel[arrow]"',
            f'{name}: reading {kind.upper()} needs an extra: pip install "funnel[arrow]"',
        ) from None
    given = [0]
    return Source(
        name, kind, headers, _guarded(rows, given), size, stream, total, Reading(name, parts, left), _given=given
    )


def _guarded(rows: Iterator[Row], given: list[int]) -> Iterator[Row]:
    """The rows, counted; where the file turns out to be damaged, one reject for all that cannot be read any more."""
    number = line = 0
    try:
        for row in rows:
            number, line = row.number, row.line
            given[0] += 1
            yield row
    except _DAMAGE:
        problem = RowProblem(
            "broken-file",
            f"文件坏了或没有传完，第 {line} 行以后读不出",
            f"the file is damaged or incomplete; it cannot be read after line {line}",
        )
        yield Row(number + 1, line + 1, None, problem)


def _kind(name: str, sample: bytes, wanted: str | None) -> str:
    by_name = _BY_SUFFIX.get(Path(name.lower().removesuffix(".gz")).suffix)
    expected = {"tsv": "csv"}.get(wanted or "", wanted) or by_name
    for magic, kind, what_zh, what_en in _MAGIC:
        if sample.startswith(magic):
            if kind is not None and expected in {kind, None}:
                return kind
            way = (f"；加 --input-format {kind} 再试", f"; try --input-format {kind}") if kind else ("", "")
            raise SourceError(
                f"{name}：这是{what_zh}，不是 {expected or '文本'}{way[0]}",
                f"{name}: this is {what_en}, not {expected or 'text'}{way[1]}",
            )
    if expected in {"xlsx", "parquet"}:
        raise SourceError(f"{name}：不是有效的 {expected} 文件", f"{name}: not a valid {expected} file")
    marked = sample.startswith(UTF16_MARKS)
    if sample.startswith(_UTF32_MARKS) or (not marked and sample.count(0) > len(sample) // _WIDE):
        raise SourceError(
            f"{name}：像是 UTF-16（没有标记）或 UTF-32；另存为 UTF-8 再试",
            f"{name}: it looks like UTF-16 without a mark, or UTF-32; save it as UTF-8 and try again",
        )
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if not marked and controls > max(8, len(sample) // 50):
        # A stray control character is a bad row; many are no text file.
        raise SourceError(
            f"{name}：这是二进制文件，应为 CSV、JSONL、JSON、XLSX 或 Parquet",
            f"{name}: this is a binary file; expected CSV, JSONL, JSON, XLSX or Parquet",
        )
    if expected is not None:
        return expected
    head = sample.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if head == b"[":
        return "json"
    return "jsonl" if head == b"{" else "csv"
