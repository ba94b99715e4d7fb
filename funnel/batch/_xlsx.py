"""Workbooks of Excel: every sheet with complaints whose header is the same. Held in memory whole."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from funnel.batch._csv import fit, name_headers
from funnel.batch._xlsx_faults import Faults, Place
from funnel.batch.headers import HeaderReader
from funnel.batch.reading import LOOK, LeftSheet, Part, Why, header_row
from funnel.batch.rows import Row, Unreckoned, excerpts
from funnel.errors import SourceError

_Line = tuple[int, list[Any]]
"""A row that is not blank, with its number on the sheet."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """What was found in a workbook.

    Attributes:
        headers: The headers of the sheets that are read; those of a later sheet may stand in another order.
        rows: Their rows, to be read once.
        total: How many rows there are at most.
        parts: The sheets that are read.
        left: The sheets with rows that are not.
    """

    headers: tuple[str, ...]
    rows: Iterator[Row]
    total: int
    parts: tuple[Part, ...]
    left: tuple[LeftSheet, ...]


class _Sheet:
    """A sheet with at least one row that is not blank."""

    def __init__(self, name: str, rows: Iterable[list[Any]], height: int, headers: HeaderReader | None) -> None:
        self.name, self.height = name, height
        lines = ((line, row) for line, row in enumerate(rows, 1) if not _blank(row))
        first = [found for _, found in zip(range(LOOK), lines, strict=False)]
        names = [name_headers(_texts(row)) for _, row in first]
        self.above = header_row(names, headers)
        self.headers = names[self.above] if names else []
        self.told = headers is not None and headers.makes_complaints(self.headers)
        self.part = Part(name, first[self.above][0] if first else 1, self.above)
        self._first, self._lines = first, lines

    def rows(self, number: int) -> Iterator[Row]:
        """Its rows, numbered after ``number``."""
        for number_, (line, row) in enumerate(chain(self._first[self.above + 1 :], self._lines), number + 1):
            yield fit(number_, line, self.headers, row, ",".join(_texts(row)), self.name)

    def left(self, why: Why) -> LeftSheet:
        """It, as one that is not read."""
        return LeftSheet(self.name, len(self._first) + sum(1 for _ in self._lines), why)


def read_xlsx(data: bytes, headers: HeaderReader | None = None, wanted: Sequence[str] = ()) -> Workbook:
    """The complaints of a workbook.

    Without ``wanted``, the first sheet that is not hidden and has a column for a complaint's text or facts is read, and every
    other one with the same headers; what else has rows is told in ``left``, never dropped in silence.

    Args:
        data: The file.
        headers: What headers mean; without, the first sheet with rows is read, its first row that is not blank being the header.
        wanted: The sheets to read, and no others.

    Raises:
        ImportError: The extra ``arrow`` is not installed.
        SourceError: It cannot be read, has no header row or not the sheets that are wanted, or these have different headers.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415 (an extra)

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        known = [found for found in book.sheets_metadata if found.typ == SheetTypeEnum.WorkSheet]
        _check(wanted, [found.name for found in known])
        hidden = {found.name for found in known if found.visible != SheetVisibleEnum.Visible}
        sheets = []
        faults = Faults(data)
        for found in known:
            if not wanted or found.name in wanted:
                sheet = book.get_sheet_by_name(found.name)
                rows = _with_faults(sheet.iter_rows(), faults.of(found.name), (sheet.start or (0, 0))[1])
                sheets.append(_Sheet(found.name, rows, sheet.height, headers))
    except (CalamineError, ParseError, BadZipFile, zlib.error, RuntimeError, ValueError, OSError, IndexError):
        raise SourceError(
            "读不出这个工作簿；在 Excel 里另存为 .xlsx 或 CSV 再试",
            "this workbook cannot be read; save it as .xlsx or CSV in Excel and try again",
        ) from None
    blank = [sheet.name for sheet in sheets if not sheet.headers]
    sheets = [sheet for sheet in sheets if sheet.headers]
    if not sheets or (wanted and blank):
        zh, en = (f"（{excerpts(blank)}）", f" of these ({excerpts(blank)})") if wanted else ("", "")
        raise SourceError(f"工作表{zh}没有表头行", f"no sheet{en} has a header row")
    open_ = sheets if wanted else [sheet for sheet in sheets if sheet.name not in hidden]
    lead = next((sheet for sheet in open_ if sheet.told), (open_ or sheets)[0])
    read = [sheet for sheet in open_ if sheet is lead or sorted(sheet.headers) == sorted(lead.headers)] or [lead]
    if wanted and len(read) < len(sheets):
        raise SourceError(
            f"这几个工作表的表头不一样，一次读一个（{excerpts(wanted)}）",
            f"the sheets have different headers; read one at a time ({excerpts(wanted)})",
        )
    left = [sheet.left(_why(sheet, headers, hidden)) for sheet in sheets if sheet not in read]
    total = sum(max(0, sheet.height - 1) for sheet in read)
    return Workbook(tuple(lead.headers), _rows(read), total, tuple(sheet.part for sheet in read), tuple(left))


def _check(wanted: Sequence[str], known: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            raise SourceError(
                f"没有工作表“{name}”（现有：{excerpts(known)}）",
                f"there is no sheet {name!r} (sheets: {excerpts(known)})",
            )


def _why(sheet: _Sheet, headers: HeaderReader | None, hidden: set[str]) -> Why:
    if sheet.name in hidden:
        return "hidden"
    return "no-text" if headers is not None and not sheet.told else "other-header"


def _rows(sheets: Iterable[_Sheet]) -> Iterator[Row]:
    number = 0
    for sheet in sheets:
        for row in sheet.rows(number):
            number = row.number
            yield row


def _with_faults(rows: Iterable[list[Any]], faults: Mapping[Place, Unreckoned], left: int) -> Iterator[list[Any]]:
    """The rows, with what stands in cells that have no value. ``left`` is the column of the first cell of each."""
    by_row: dict[int, list[tuple[int, Unreckoned]]] = {}
    for (row, column), fault in faults.items():
        by_row.setdefault(row, []).append((column - left, fault))
    for number, cells in enumerate(rows):
        for column, fault in by_row.get(number, ()):
            if 0 <= column < len(cells) and cells[column] == "":
                cells[column] = fault
        yield cells


def _texts(row: list[Any]) -> list[str]:
    return [str(cell).strip() for cell in row]


def _blank(row: list[Any]) -> bool:
    return not any(str(cell).strip() for cell in row)
