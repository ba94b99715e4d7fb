"""What of a file was read as a table: on which line its header stands, which sheets of a workbook were read and which were not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from funnel.batch.headers import HeaderReader
from funnel.batch.rows import excerpt

LOOK = 10
"""Rows at the beginning of a table among which its header is looked for: above it stand a title, who made the list, a date."""

Why = Literal["no-text", "other-header", "hidden"]
_WHY: Mapping[str, tuple[str, str]] = {
    "no-text": ("没有投诉内容这一列", "no column with the complaint's text"),
    "other-header": ("表头和读的那个不一样", "its header is not that of the sheet that was read"),
    "hidden": ("是隐藏的", "it is hidden"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A table that was read.

    Attributes:
        sheet: Its name in a workbook; None elsewhere.
        line: The line, or the sheet's row, that was taken as the header.
        above: Rows above it that are not blank and were not read.
    """

    sheet: str | None
    line: int
    above: int = 0


@dataclass(frozen=True, slots=True)
class LeftSheet:
    """A sheet with rows that was not read, with their number and the reason."""

    sheet: str
    rows: int
    why: Why


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a file was read.

    Attributes:
        file: What the file is called in messages.
        parts: The tables that were read, in order; none for what is no table.
        left: The sheets that were not.
    """

    file: str
    parts: tuple[Part, ...] = ()
    left: tuple[LeftSheet, ...] = ()

    @property
    def telling(self) -> bool:
        """Whether there is anything to tell of it: a table that is whole and begins with its header is as everybody expects."""
        return bool(self.left) or len(self.parts) > 1 or any(part.above for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--format json`` and for runs that can be resumed."""
        return {
            "file": self.file,
            "read": [{"sheet": p.sheet, "header_line": p.line, "rows_above": p.above} for p in self.parts],
            "not_read": [{"sheet": s.sheet, "rows": s.rows, "why": s.why} for s in self.left],
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Reading:
        """What `to_dict` put down."""
        return cls(
            state["file"],
            tuple(Part(p["sheet"], int(p["header_line"]), int(p["rows_above"])) for p in state["read"]),
            tuple(LeftSheet(s["sheet"], int(s["rows"]), s["why"]) for s in state["not_read"]),
        )

    def lines(self, lang: str = "zh") -> list[str]:
        """What there is to tell, in ``zh`` or ``en``."""
        english = lang == "en"
        found = []
        if len(self.parts) > 1:
            names = ("、", ", ")[english].join(f"“{excerpt(part.sheet)}”" for part in self.parts)
            found.append(
                f"{self.file}: sheets with one header, all read: {names}"
                if english
                else f"{self.file}：表头相同的工作表都读了：{names}"
            )
        for part in self.parts:
            if part.above:
                where = f" “{excerpt(part.sheet)}”" if part.sheet is not None else ""
                found.append(
                    f"{self.file}{where}: line {part.line} was taken as the header; {part.above} above it not read"
                    if english
                    else f"{self.file}{where}：第 {part.line} 行当作表头，它上面 {part.above} 行没有读"
                )
        return found + self.left_lines(lang)

    def left_lines(self, lang: str = "zh") -> list[str]:
        """A line for each sheet that was not read, with the way to read it."""
        index = 1 if lang == "en" else 0
        return [
            (
                f"{self.file}：工作表“{excerpt(s.sheet)}”没有读（{s.rows:,} 行；{_WHY[s.why][0]}）；要读它，加 --sheet {excerpt(s.sheet)}",
                f"{self.file}: the sheet “{excerpt(s.sheet)}” was not read ({s.rows:,} rows; {_WHY[s.why][1]}); to read it, add --sheet {excerpt(s.sheet)}",
            )[index]
            for s in self.left
        ]


def header_row(rows: Sequence[Sequence[str]], headers: HeaderReader | None) -> int:
    """Which of the first rows of a table is its header, from 0.

    The first, unless it has no column that makes a complaint and a later one has one for the text. Without ``headers`` nobody
    knows what columns mean, and the first it is.
    """
    if headers is None or not rows or headers.makes_complaints(rows[0]):
        return 0
    return next((n for n, row in enumerate(rows[:LOOK]) if any(headers.path(name) == "text" for name in row)), 0)
