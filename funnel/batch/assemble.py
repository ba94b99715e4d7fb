"""From a row to a complaint: cells are read by what their column means; nothing is guessed, nothing silently changed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from funnel.batch.headers import HeaderReader
from funnel.batch.rows import Row, RowProblem, excerpt
from funnel.complaint import Complaint
from funnel.engine.engine import problems_of

_AMOUNTS = frozenset({"claimed_amount", "order.price", "order.total_paid"})
_INTEGERS = frozenset({"order.quantity", "consumer.age", "consumer.prior_complaints"})
_INSTANTS = frozenset({"received_at", "order.paid_at", "order.ship_by", "order.shipped_at", "order.delivered_at", "order.signed_at", "order.cancelled_at"})  # fmt: skip
_BOOLS = frozenset({"merchant.self_operated"})
_EVENTS = frozenset({"order.shipped_at", "order.cancelled_at"})
"""Columns in which an empty cell says that it has not happened, since the record has the column."""
_MONEY = re.compile(
    r"^(?:￥|¥|rmb|cny)?\s*([0-9]{1,3}(?:[,，][0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*(?:元|块|圆|rmb|cny)?$", re.IGNORECASE
)
_CHINESE_DATE = re.compile(
    r"^(\d{4})[年/.\-](\d{1,2})[月/.\-](\d{1,2})日?(?:[ T]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?秒?分?)?$"
)
_COMPACT = re.compile(r"^(19|20|21|22)(\d{2})(\d{2})(\d{2})$")
_TRUE, _FALSE = (
    frozenset({"是", "true", "yes", "y", "1", "有", "对"}),
    frozenset({"否", "false", "no", "n", "0", "无", "没有", "不是"}),
)
_SPLIT = re.compile(r"[、,，;；/|+]+")
_SERIAL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 (Excel's serial days have no timezone)


class _CellError(ValueError):
    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Assembler:
    """Turns rows into complaints.

    Attributes:
        headers: What headers mean.
        fact_types: Types of facts by name, for table columns that fill facts.
    """

    headers: HeaderReader
    fact_types: Mapping[str, str]

    def assemble(
        self, row: Row, paths: Mapping[str, str], prefix: str = "row-"
    ) -> tuple[Complaint | None, RowProblem | None]:
        """A complaint, or why there is none.

        Args:
            row: The row.
            paths: What each header of the table means; empty for JSON.
            prefix: What precedes the row number in the id of a complaint that has none.
        """
        if row.content is None:
            return None, row.problem
        try:
            content = self._table(row, paths) if row.table else self._object(row.content)
        except _CellProblem as error:
            return None, error.problem
        content.setdefault("id", f"{prefix}{row.number}")
        try:
            return Complaint.model_validate(content), None
        except ValidationError as error:
            first, *more = problems_of(error)
            tail = f" (+{len(more)})" if more else ""
            field = first.field or "complaint"
            return None, RowProblem(
                "bad-field", f"{field}：{first.message}{tail}", f"{field}: {first.message}{tail}", first.field
            )

    # --- JSON -----------------------------------------------------------------------------------------------------------

    def _object(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A JSON object in the contract's shape; Chinese or flat keys at the top are understood too."""
        found: dict[str, Any] = {}
        for key, value in content.items():
            path = key if key in Complaint.model_fields else self.headers.path(key)
            if path is None or path == key or path.startswith("extra."):
                found[key] = value
            elif value is not None:
                _put(found, path, _SPLIT.split(value) if path == "claims" and isinstance(value, str) else value)
        for key in ("id",):
            if isinstance(found.get(key), int) and not isinstance(found[key], bool):
                found[key] = str(found[key])
        if isinstance(found.get("claims"), str):
            found["claims"] = [word for word in _SPLIT.split(found["claims"]) if word.strip()]
        return {k: v for k, v in found.items() if not (v is None and k in Complaint.model_fields)}

    # --- tables -----------------------------------------------------------------------------------------------------------

    def _table(self, row: Row, paths: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        recorded = False
        empty: list[str] = []
        for header, cell in (row.content or {}).items():
            path = paths.get(header, f"extra.{header}")
            blank = cell is None or (isinstance(cell, str) and not cell.strip())
            if blank:
                empty.append(path)
                continue
            try:
                value = self._cell(path, cell)
            except _CellError as error:
                shown = excerpt(cell)
                raise _CellProblem(
                    RowProblem(
                        "bad-field", f"“{header}”的“{shown}”：{error.zh}", f"{header!r}: {shown!r}: {error.en}", path
                    )
                ) from None
            recorded = recorded or path == "order.paid_at"
            _put(found, path, value)
        if recorded:
            for path in empty:
                if path in _EVENTS:
                    _put(found, path, None)
        return found

    def _cell(self, path: str, cell: Any) -> Any:
        if path.startswith("extra."):
            return _plain(cell)
        if path.startswith("facts."):
            return self._fact(self.fact_types.get(path.removeprefix("facts."), "enum"), cell)
        if path in _AMOUNTS:
            return amount(cell)
        if path in _INTEGERS:
            return integer(cell)
        if path in _INSTANTS:
            return instant(cell)
        if path in _BOOLS:
            return boolean(cell)
        if path == "claims":
            return [word.strip() for word in _SPLIT.split(_text(cell)) if word.strip()]
        return _text(cell)

    @staticmethod
    def _fact(kind: str, cell: Any) -> Any:
        if kind == "bool":
            return boolean(cell)
        if kind == "money":
            return str(amount(cell))
        if kind == "integer":
            return integer(cell)
        if kind == "date":
            value = instant(cell)
            return value.isoformat() if isinstance(value, dt.datetime) else value
        if kind == "set":
            return [word.strip() for word in _SPLIT.split(_text(cell)) if word.strip()]
        return _text(cell)


class _CellProblem(Exception):  # noqa: N818 (it carries a problem up one level, no error of the program)
    def __init__(self, problem: RowProblem) -> None:
        super().__init__(problem.en)
        self.problem = problem


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    if path.startswith("extra."):
        name = path.removeprefix("extra.")
        found[path if name in Complaint.model_fields else name] = value  # must not take a contract field's place
        return
    head, dot, rest = path.partition(".")
    if not dot:
        found[head] = value
    else:
        inner = found.setdefault(head, {})
        if isinstance(inner, dict):
            inner[rest] = value


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int | float | bool) or cell is None else str(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets keep order numbers as floats
    return str(cell) if not isinstance(cell, dt.datetime | dt.date) else cell.isoformat()


def amount(cell: Any) -> Decimal:
    """An amount in yuan: ``1,299.00元``, ``￥99``, ``99``.

    Raises:
        ValueError: It is none, negative, not finite, or finer than a fen.
    """
    if isinstance(cell, bool):
        raise _CellError("不是金额", "not an amount")
    if isinstance(cell, int | float | Decimal):
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    else:
        match = _MONEY.match(str(cell).strip())
        if match is None:
            raise _CellError("不是金额；写成 1299.00", "not an amount; write it as 1299.00")
        try:
            value = Decimal(match.group(1).replace(",", "").replace("，", "") + (match.group(2) or ""))
        except InvalidOperation:  # pragma: no cover (the pattern admits only decimals)
            raise _CellError("不是金额", "not an amount") from None
    if not value.is_finite():
        raise _CellError("金额不是有限的数", "an amount must be a finite number")
    if value < 0:
        raise _CellError("金额不能是负数", "an amount must not be negative")
    return value


def integer(cell: Any) -> int:
    """A whole number.

    Raises:
        ValueError: It is none.
    """
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    text = str(cell).strip().removesuffix("件").removesuffix("岁").removesuffix("次")
    if isinstance(cell, bool) or not re.fullmatch(r"[+-]?\d{1,15}(\.0+)?", text):
        raise _CellError("不是整数", "not a whole number")
    return int(text.split(".")[0])


def boolean(cell: Any) -> bool:
    """是 or 否.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(cell, bool):
        return cell
    word = _text(cell).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _CellError("应为“是”或“否”", "expected yes or no")


def instant(cell: Any) -> dt.datetime:
    """A date or time: ISO 8601, ``2026/11/3 15:04``, ``2026年11月3日``, ``20261103``, an Excel serial day.

    Raises:
        ValueError: It is none, or lies before 1990 or after 2099.
    """
    value: dt.datetime | None = None
    if isinstance(cell, dt.datetime):
        value = cell
    elif isinstance(cell, dt.date):
        value = dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 (given its timezone at intake)
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        value = _serial(float(cell))
    else:
        value = _written(str(cell).strip())
    if value is None:
        raise _CellError(
            "不是日期；写成 2026-11-03 或 2026-11-03 15:04", "not a date; write it as 2026-11-03 or 2026-11-03 15:04"
        )
    if not 1990 <= value.year < 2100:  # noqa: PLR2004 (the contract's bounds)
        raise _CellError("日期不在 1990 至 2099 年之间", "the date is not between 1990 and 2099")
    return value


def _written(text: str) -> dt.datetime | None:
    compact = _COMPACT.match(text)
    if compact:
        text = f"{compact[1]}{compact[2]}-{compact[3]}-{compact[4]}"
    match = _CHINESE_DATE.match(text)
    if match:
        parts = [int(part) if part else 0 for part in match.groups()]
        try:
            return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 (six figures; timezone at intake)
        except ValueError:
            return None
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return _serial(float(text))
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def _serial(days: float) -> dt.datetime | None:
    """Excel's days since 1899-12-30."""
    if not 32_000 < days < 74_000:  # noqa: PLR2004 (1987 to 2102; anything else is no serial day)
        return None
    return (_SERIAL_EPOCH + dt.timedelta(days=days)).replace(microsecond=0)
