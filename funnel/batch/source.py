"""Open a file of complaints: find out what it is, give its rows."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from funnel.batch._csv import SAMPLE, read_csv
from funnel.batch._json import read_json, read_jsonl
from funnel.batch.rows import Row, RowProblem, short_raw
from funnel.errors import SourceError

__all__ = ["FORMATS", "RowProblem", "Source", "open_source"]

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x0b\x0c")
FORMATS = ("csv", "tsv", "jsonl", "json", "xlsx", "parquet")
_BY_SUFFIX = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".xlsx": "xlsx", ".xls": "xlsx", ".parquet": "parquet"}  # fmt: skip
_MAGIC = (
    (b"PK\x03\x04", "xlsx", "Excel 工作簿或压缩包 an Excel workbook or zip archive"),
    (b"PAR1", "parquet", "Parquet 文件 a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "xlsx", "旧版 Excel 文件 an old Excel file"),
    (b"\x89PNG", None, "PNG 图片 a PNG image"),
    (b"%PDF", None, "PDF 文件 a PDF file"),
    (b"\xff\xd8\xff", None, "JPEG 图片 a JPEG image"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """An open file of complaints.

    Attributes:
        name: What to call it in messages.
        format: What it is.
        headers: Column headers of a table; empty for JSON.
        rows: Its rows; to be read once.
        size: Its size in bytes, where known, for progress.
        stream: The raw stream, whose position tells how much was read.
    """

    name: str
    format: str
    headers: tuple[str, ...]
    rows: Iterator[Row]
    size: int | None
    stream: BinaryIO

    def close(self) -> None:
        """Close the file; `funnel.batch.run_batch` does when its rows are read."""
        if self.name != "-":
            self.stream.close()


def open_source(path: str | Path, *, format: str | None = None) -> Source:  # noqa: A002 (the field's word)
    """Open a file, or ``-`` for standard input.

    Args:
        path: The file. ``.gz`` of CSV and JSON is read as it is.
        format: One of `FORMATS`; default: by content and name.

    Raises:
        SourceError: It is not there, empty, binary, of an unknown kind, or needs an extra that is not installed.
    """
    name = str(path)
    stream, size = _stream(name)
    try:
        return _source(name, stream, size, format)
    except BaseException:
        if name != "-":
            stream.close()
        raise


def _source(name: str, stream: io.BufferedReader, size: int | None, format: str | None) -> Source:  # noqa: A002
    try:
        sample = stream.peek(SAMPLE)[:SAMPLE]
    except (OSError, EOFError, zlib.error):
        raise SourceError(f"{name}：读不出，可能已损坏 cannot be read; it may be damaged") from None
    if not sample:
        raise SourceError(f"{name}：文件是空的 the file is empty; expected CSV, JSONL, JSON, XLSX or Parquet")
    kind = _kind(name, sample, format)
    if kind == "xlsx":
        headers, rows = _xlsx(name, stream)
    elif kind == "parquet":
        headers, rows = _parquet(name, stream)
    elif kind == "csv":
        try:
            found, rows = read_csv(cast("BinaryIO", stream), sample)
        except SourceError as error:
            raise SourceError(f"{name}：{error}") from None
        headers = tuple(found)
    else:
        headers = ()
        rows = (read_jsonl if kind == "jsonl" else read_json)(cast("BinaryIO", stream))
    return Source(name, kind, headers, _to_the_break(rows), size, cast("BinaryIO", stream))


def _to_the_break(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows up to where a damaged file (a cut .gz, a corrupt Parquet page) can be read no further; that is one reject."""
    number = line = 0
    try:
        for row in rows:
            number, line = row.number, row.line
            yield row
    except (OSError, EOFError, zlib.error):
        problem = RowProblem(
            "broken-file",
            f"文件在第 {number} 行之后损坏或不完整，后面的没有读",
            f"the file is damaged or cut after row {number}; what follows was not read",
        )
        yield Row(number + 1, line + 1, None, problem)


def _stream(name: str) -> tuple[io.BufferedReader, int | None]:
    if name == "-":
        return io.BufferedReader(cast("io.RawIOBase", sys.stdin.buffer), SAMPLE), None
    path = Path(name)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise SourceError(f"{name}：这是目录，要给文件 this is a folder; give a file")
        raw: Any = gzip.open(path, "rb") if name.endswith(".gz") else path.open("rb", buffering=0)  # noqa: SIM115 (lives as long as its rows are read)
    except FileNotFoundError:
        raise SourceError(f"{name}：没有这个文件 no such file") from None
    except OSError as error:
        raise SourceError(f"{name}：打不开 cannot be opened ({error.strerror})") from None
    return io.BufferedReader(raw, SAMPLE), None if name.endswith(".gz") else size


def _kind(name: str, sample: bytes, wanted: str | None) -> str:
    if wanted is not None and wanted not in FORMATS:
        raise SourceError(f"不支持的格式“{wanted}” unknown format; one of {', '.join(FORMATS)}")
    by_name = _BY_SUFFIX.get(Path(name.removesuffix(".gz")).suffix.lower())
    expected = {"tsv": "csv"}.get(wanted or "", wanted) or by_name
    for magic, kind, what in _MAGIC:
        if sample.startswith(magic):
            if kind is not None and expected in {kind, None}:
                return kind
            way = f"；加 --input-format {kind} 再试 try --input-format {kind}" if kind else ""
            raise SourceError(f"{name}：这是{what}，不是 {expected or '文本'} not what it is said to be{way}")
    if expected in {"xlsx", "parquet"}:
        raise SourceError(f"{name}：不是有效的 {expected} 文件 not a valid {expected} file")
    utf16 = sample[:2] in {b"\xff\xfe", b"\xfe\xff"}
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if not utf16 and controls > max(8, len(sample) // 50):  # a stray one is a bad row, many are no text file
        raise SourceError(f"{name}：这是二进制文件 this is a binary file; expected CSV, JSONL, JSON, XLSX or Parquet")
    if expected is not None:
        return expected
    head = sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"[":
        return "json"
    return "jsonl" if head == b"{" else "csv"


def _xlsx(name: str, stream: io.BufferedReader) -> tuple[tuple[str, ...], Iterator[Row]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 (an extra)
    except ImportError:
        raise SourceError(_extra(name, "XLSX")) from None
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(stream.read())).get_sheet_by_index(0)
        table = sheet.iter_rows()
        head = next(iter(table), None)
    except (CalamineError, ValueError, OSError):
        raise SourceError(f"{name}：读不出这个工作簿 this workbook cannot be read") from None
    headers = [str(cell).strip() for cell in head or ()]
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise SourceError(f"{name}：第一个工作表没有表头行 the first sheet has no header row")

    def rows() -> Iterator[Row]:
        number = 0
        for line, cells in enumerate(table, 2):
            if not any(str(cell).strip() for cell in cells):
                continue
            number += 1
            raw = ",".join(str(c) for c in cells)
            if any(str(cell).strip() for cell in cells[len(headers) :]):
                problem = RowProblem(
                    "too-many-columns",
                    f"有 {len(cells)} 列，表头是 {len(headers)} 列",
                    f"{len(cells)} columns where the header has {len(headers)}",
                )
                yield Row(number, line, None, problem, short_raw(raw))
                continue
            yield Row(number, line, dict(zip(headers, cells, strict=False)), raw=raw, table=True)

    return tuple(headers), rows()


def _parquet(name: str, stream: io.BufferedReader) -> tuple[tuple[str, ...], Iterator[Row]]:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.parquet as pq  # noqa: PLC0415 (an extra)
    except ImportError:
        raise SourceError(_extra(name, "Parquet")) from None
    try:
        file = pq.ParquetFile(pa.BufferReader(stream.read()) if name == "-" else name)
    except (pa.ArrowException, OSError, ValueError):
        raise SourceError(f"{name}：读不出这个 Parquet 文件 this Parquet file cannot be read") from None

    def rows() -> Iterator[Row]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=4096):
                for content in batch.to_pylist():
                    number += 1
                    yield Row(number, number, {k: v for k, v in content.items() if v is not None}, table=True)
        except pa.ArrowException as error:
            raise OSError(str(error)) from error

    return tuple(file.schema_arrow.names), rows()


def _extra(name: str, kind: str) -> str:
    return f'{name}：读 {kind} 要安装附加组件 needs an extra: pip install "funnel[arrow]"'
