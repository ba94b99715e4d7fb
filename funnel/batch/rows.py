"""Rows of any source: what was read, or why it could not be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LONG_DIGITS = re.compile(r"\d{5,}")
_EXCERPT = 20


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is unreadable. ``code`` is stable; the message never holds more than a masked excerpt of a cell.

    Attributes:
        code: Such as ``too-many-columns``, ``undecodable``, ``bad-json``, ``bad-field``, ``duplicate-id``.
        zh, en: What is wrong and what was expected.
        field: The contract path, if one field is to blame.
    """

    code: str
    zh: str
    en: str
    field: str | None = None

    def text(self, lang: str) -> str:
        """The message in ``zh`` or ``en``."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: Its number among the data rows, from 1.
        line: The physical line (or sheet row) on which it begins, from 1.
        content: Header to cell for tables, the object for JSON; None where it could not be read.
        raw: What was there, for the rejects file; cut where it is huge.
        table: Whether the cells are texts of a table, to be read by what their column means.
        sheet: The sheet of a workbook on which it stands.
    """

    number: int
    line: int
    content: Mapping[str, Any] | None
    problem: RowProblem | None = None
    raw: str = ""
    table: bool = False
    sheet: str | None = None


class Unreckoned(str):
    """What stands in a cell of a workbook that has no value: an error such as ``#N/A``, or a formula that was never reckoned."""

    __slots__ = ()

    @property
    def problem(self) -> tuple[str, str]:
        """Why it has no value and the way out, in Chinese and English."""
        if self.startswith("="):
            return (
                "这个公式没有算过，文件里没有它的值；用 Excel 打开后保存一次，或者把这一列粘贴成“值”",
                "the formula was never reckoned and the file has no value of it; open and save the file in Excel, or paste the column as values",
            )
        return (
            "Excel 里这一格是错误值；改好公式，或者清空这一格",
            "the cell is an error in Excel; mend the formula, or clear the cell",
        )


def excerpt(value: object) -> str:
    """At most twenty characters of a cell or header, runs of five digits and more masked, on one line."""
    text = " ".join(_LONG_DIGITS.sub("***", str(value)[: 4 * _EXCERPT]).split())
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"


def excerpts(values: Sequence[str], limit: int = 30) -> str:
    """Some headers for a message. A file without a header row has a complaint in their place, so they are masked too."""
    more = f"…(+{len(values) - limit})" if len(values) > limit else ""
    return "、".join(excerpt(value) for value in values[:limit]) + more


def short_raw(data: bytes | str, limit: int = 1_000_000) -> str:
    """What a rejects file keeps of an unreadable row: all of it, unless it is huge."""
    text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
    return text if len(text) <= limit else text[:limit] + f"…(+{len(text) - limit})"
