"""Workbooks of Excel: the first sheet, its first row that is not blank being the header. Held in memory whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from funnel.batch._csv import fit, name_headers
from funnel.batch.rows import Row
from funnel.errors import SourceError


def read_xlsx(data: bytes) -> tuple[tuple[str, ...], Iterator[Row], int]:
    """Headers and rows of a workbook, and how many rows there are at most.

    Raises:
        ImportError: The extra ``arrow`` is not installed.
        SourceError: It cannot be read, or has no header row.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 (an extra)

    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        table = enumerate(sheet.iter_rows(), 1)
    except (CalamineError, ValueError, OSError, IndexError):
        raise SourceError("读不出这个工作簿 this workbook cannot be read") from None
    cells = next((_texts(row) for _, row in table if not _blank(row)), None)
    if cells is None:
        raise SourceError("第一个工作表没有表头行 the first sheet has no header row")
    headers = name_headers(cells)

    def rows() -> Iterator[Row]:
        number = 0
        for line, row in table:
            if not _blank(row):
                number += 1
                yield fit(number, line, headers, row, ",".join(_texts(row)))

    return tuple(headers), rows(), max(0, sheet.height - 1)


def _texts(row: list[Any]) -> list[str]:
    return [str(cell).strip() for cell in row]


def _blank(row: list[Any]) -> bool:
    return not any(str(cell).strip() for cell in row)
