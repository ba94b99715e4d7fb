"""From a row to a complaint: cells are read by what their column means; nothing is guessed, nothing silently changed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError

from funnel.batch.headers import HeaderReader
from funnel.batch.rows import Row, RowProblem, Unreckoned, excerpt
from funnel.complaint import Complaint
from funnel.engine._problems import problems_of
from funnel.errors import Problem
from funnel.facts import _numerals
from funnel.facts._read_english import figure_of
from funnel.facts.language import CHINESE, Language

_AMOUNTS = frozenset({"claimed_amount", "order.price", "order.total_paid"})
_INTEGERS = frozenset({"order.quantity", "consumer.age", "consumer.prior_complaints"})
_INSTANTS = frozenset({"received_at", "order.paid_at", "order.ship_by", "order.shipped_at", "order.delivered_at", "order.signed_at", "order.cancelled_at"})  # fmt: skip
_BOOLS = frozenset({"merchant.self_operated"})
_EVENTS = frozenset({"order.shipped_at", "order.cancelled_at"})
"""Columns in which an empty cell says that it has not happened, since the record has the column."""
_NOTHING = frozenset({"-", "--", "—", "——", "/", "无", "n/a", "na", "none", "null"})
"""What people write into a column of times where there is none: an empty cell."""
_NOT_YET: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "order.shipped_at": frozenset(
            {
                "未发货",
                "尚未发货",
                "还未发货",
                "还没发货",
                "没有发货",
                "没发货",
                "待发货",
                "not shipped",
                "not shipped yet",
                "unshipped",
            }
        ),
        "order.cancelled_at": frozenset({"未取消", "没有取消", "not cancelled"}),
        "order.delivered_at": frozenset({"未送达", "未妥投", "not delivered", "undelivered"}),
        "order.signed_at": frozenset({"未签收", "未收货", "未确认收货"}),
    }
)
"""Words in a column of times that say it has not happened; of `_EVENTS` the contract can say so too."""
IDS = frozenset({"id", "consumer.id", "merchant.id", "order.id"})
"""Columns of ids. One that Excel has damaged is no id: the complaint's own rejects the row, another is passed through and left out."""
_SCIENTIFIC_ID = re.compile(r"^[0-9](?:\.[0-9]+)?E\+[0-9]{2,3}$")
"""What Excel shows, and writes into CSV, of a long number in a column that is not text."""
_KEPT_DIGITS = 15
"""Figures of a number that Excel keeps; what stands behind them is lost."""
_MONEY = re.compile(
    r"^(?:¥|rmb|cny|人民币)?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*(?:[元圆][整正]?|块|rmb|cny)?$",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"^([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.0+)?|[一二两三四五六七八九十百]{1,5})[件个岁次]?$"
)
_NUMBER = re.compile(r"^[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|nan|inf(?:inity)?)$", re.IGNORECASE)
_DATE = re.compile(
    r"^([0-9]{4})[年/.\-]([0-9]{1,2})[月/.\-]([0-9]{1,2})[日号]?"
    r"(?:[ T]*(上午|下午|AM|PM)? ?([0-9]{1,2})(?:[:时点]([0-9]{1,2})(?:[:分]([0-9]{1,2}))?秒?分?|[时点]整?))?$"
)
_ISO = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_COMPACT = re.compile(r"^((?:19|20|21|22)[0-9]{2})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?$")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5}
"""Full-width forms of ASCII and of the yen sign. Not NFKC, which would make 52 of 5²."""
_TRUE, _FALSE = (
    frozenset({"是", "true", "yes", "y", "1", "有", "对"}),
    frozenset({"否", "false", "no", "n", "0", "无", "没有", "不是"}),
)
_WORDS, _CHARACTERS = 6, 12
_CLAUSES = re.compile("[，。！？；,!?;]")
"""What parts clauses. A name or a place has none."""
_SPLIT = re.compile(r"[、,，;；/|+]+")
_SERIAL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 (Excel's serial days have no timezone)


class _CellError(ValueError):
    def __init__(self, zh: str, en: str, code: str = "bad-field") -> None:
        super().__init__(en)
        self.zh, self.en, self.code = zh, en, code


class _Bad(NamedTuple):
    """A field that cannot be read, with the column that it stands in."""

    field: str
    zh: str
    en: str
    code: str = "bad-field"


@dataclass(frozen=True, slots=True)
class Assembler:
    """Turns rows into complaints.

    Attributes:
        headers: What headers mean.
        fact_types: Types of facts by name, for table columns that fill facts.
        language: The pack's: how amounts and days may be written.
        currency: The pack's.
    """

    headers: HeaderReader
    fact_types: Mapping[str, str]
    language: Language = CHINESE
    currency: str = "CNY"

    def assemble(
        self, row: Row, paths: Mapping[str, str], prefix: str | None = "row-"
    ) -> tuple[Complaint | None, RowProblem | None]:
        """A complaint, or why there is none.

        Args:
            row: The row.
            paths: What each header of the table means; empty for JSON.
            prefix: What precedes the row number in the id of a complaint that has none. None: rows have no numbers, and
                one without an id is rejected.
        """
        if row.content is None:
            return None, row.problem
        bad: list[_Bad] = []
        try:
            content = self._table(row, paths, bad) if row.table else self._object(row.content)
        except _CellProblem as error:
            return None, error.problem
        if prefix is not None:
            content.setdefault("id", f"{prefix}{row.number}")
        elif "id" not in content:
            return None, RowProblem(
                "no-id",
                "没有编号；这里没有行号可代替，请给每一行一个编号",
                "there is no id, and no row number to stand in for it; give each row an id",
                "id",
            )
        try:
            complaint = Complaint.model_validate(content)
        except ValidationError as error:
            bad += self._told(problems_of(error), row, paths, bad)
        else:
            if not bad:
                return complaint, None
        code = next((item.code for item in bad if item.code != "bad-field"), "bad-field")
        return None, RowProblem(
            code, "；".join(item.zh for item in bad), "; ".join(item.en for item in bad), bad[0].field or None
        )

    def _told(
        self, problems: Iterable[Problem], row: Row, paths: Mapping[str, str], before: Iterable[_Bad]
    ) -> list[_Bad]:
        """What the contract objects to, each with the column or key that it stands in.

        ``before`` are the cells that could not be read: that nothing is left may be their doing, and is not told again.
        """
        cells = row.content or {}
        heads: dict[str, str] = {}
        for key in cells:
            path = paths.get(key) if row.table else None if key in Complaint.model_fields else self.headers.path(key)
            if path is not None:
                heads[path] = key
        found = []
        unread = any(item.field.startswith("facts.") for item in before)
        for problem in problems:
            head = heads.get(_without_index(problem.field or "text"))
            if not problem.field and unread:
                continue
            if head is None:
                found.append(_Bad(problem.field, problem.line(), problem.line("en")))
            elif (
                problem.field and row.table and problem.field != "text"
            ):  # a text is not quoted: it is all personal data
                found.append(_bad(head, problem.field, cells[head], problem.zh, problem.en))
            else:
                zh, en = _named(head, problem.field or "text")
                found.append(_Bad(problem.field, f"{zh}：{problem.zh}", f"{en}: {problem.en}"))
        return found

    def fits(self, path: str, cell: Any) -> bool:
        """Whether a cell of a table could stand for a field: a hint must not call a text a date."""
        if (
            self._blank(path, cell)
            or isinstance(cell, Unreckoned)
            or (isinstance(cell, str) and cell.strip().lower() in _NOT_YET.get(path, ()))
        ):
            return True
        try:
            self._cell(path, cell)
        except ValueError:
            return False
        told = path in _AMOUNTS | _INTEGERS | _INSTANTS | _BOOLS | {"text"} or path.startswith("facts.")
        return told or not reads_as_words(cell)

    def id_of(self, row: Row, paths: Mapping[str, str]) -> str | None:
        """The id of a row that makes no complaint, so that a reject can be told by it."""
        for key, cell in (row.content or {}).items():
            if (paths.get(key) if row.table else self.headers.path(key)) == "id":
                text = _text(cell).strip() if isinstance(cell, str | int | float) else ""
                return text[:200] or None
        return None

    # --- JSON -----------------------------------------------------------------------------------------------------------

    def _object(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A JSON object in the contract's shape; Chinese or flat keys at the top are understood too."""
        found: dict[str, Any] = {}
        flat: list[tuple[str, str, Any]] = []
        for key, value in content.items():
            path = key if key in Complaint.model_fields else self.headers.path(key)
            if path is not None and path.startswith("extra."):
                _put(found, path, value)
            elif path is None or path == key in Complaint.model_fields:
                if value is not None or path is None:
                    found[key] = dict(value) if isinstance(value, dict) else value
            elif value is not None:
                flat.append((key, path, value))
        for key, path, value in flat:  # after the nested parts, whatever their order
            if not _put(found, path, value, again=False):
                shown = excerpt(key)
                raise _CellProblem(
                    RowProblem("bad-field", f"“{shown}”：{path} 已经有了", f"{shown!r}: {path} is given already", path)
                )
        if isinstance(found.get("id"), int) and not isinstance(found["id"], bool):
            found["id"] = str(found["id"])
        if isinstance(found.get("claims"), str):
            found["claims"] = [word.strip() for word in _SPLIT.split(found["claims"]) if word.strip()]
        return found

    # --- tables -----------------------------------------------------------------------------------------------------------

    def _table(self, row: Row, paths: Mapping[str, str], bad: list[_Bad]) -> dict[str, Any]:
        """The cells by their fields; those that cannot be read go to ``bad``, all of them, so that a row is mended at once."""
        found: dict[str, Any] = {}
        recorded = False
        empty: list[str] = []
        for header, cell in (row.content or {}).items():
            path = paths.get(header, f"extra.{header}")
            if self._blank(path, cell):
                empty.append(path)
                continue
            if isinstance(cell, str) and cell.strip() in _NOT_YET.get(path, ()):
                if path in _EVENTS:
                    _put(found, path, None)
                continue
            if path in IDS - {"id"} and _damaged(cell):  # nothing hangs on it but what it would be confused with
                _put(found, f"extra.{path}", _plain(cell))
                continue
            try:
                value = self._cell(path, cell)
            except _CellError as error:
                bad.append(_bad(header, path, cell, error.zh, error.en, error.code))
                continue
            recorded = recorded or path == "order.paid_at"
            _put(found, path, value)
        if recorded:
            for path in empty:
                if path in _EVENTS:
                    _put(found, path, None)
        return found

    def _blank(self, path: str, cell: Any) -> bool:
        if cell is None:
            return True
        if not isinstance(cell, str):
            return False
        word = cell.strip()
        if not word:
            return True
        time = path in _INSTANTS or self.fact_types.get(path.removeprefix("facts.")) == "date"
        return time and word.translate(_NARROW).lower() in _NOTHING

    def _cell(self, path: str, cell: Any) -> Any:
        if path == "id" and (damage := _damaged(cell)):
            raise damage
        if path.startswith("extra."):
            return _plain(cell)
        if isinstance(cell, Unreckoned):
            raise _CellError(*cell.problem, "no-value")
        if path.startswith("facts."):
            return self._fact(self.fact_types.get(path.removeprefix("facts."), "enum"), cell)
        if path in _AMOUNTS:
            return amount(cell, self.language, self.currency)
        if path in _INTEGERS:
            return integer(cell)
        if path in _INSTANTS:
            return instant(cell, self.language)
        if path in _BOOLS:
            return boolean(cell)
        if path == "claims":
            return [word.strip() for word in _SPLIT.split(_text(cell)) if word.strip()]
        return _text(cell)

    def _fact(self, kind: str, cell: Any) -> Any:
        if kind == "bool":
            return boolean(cell)
        if kind == "money":
            return str(amount(cell, self.language, self.currency))
        if kind == "integer":
            return integer(cell)
        if kind == "date":
            value = instant(cell, self.language)
            return value.isoformat() if isinstance(value, dt.datetime) else value
        if kind == "set":
            return [word.strip() for word in _SPLIT.split(_text(cell)) if word.strip()]
        return _text(cell)


def reads_as_words(cell: Any) -> bool:
    """Whether a cell holds a sentence or two, as a complaint does, rather than a name, a number or a place."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    if text.isascii():
        return len(text.split()) >= _WORDS
    return len(text) >= _CHARACTERS and _CLAUSES.search(text) is not None


class _CellProblem(Exception):  # noqa: N818 (it carries a problem up one level, no error of the program)
    def __init__(self, problem: RowProblem) -> None:
        super().__init__(problem.en)
        self.problem = problem


def _named(head: str, path: str) -> tuple[str, str]:
    """A column with the field that it is, in Chinese and English."""
    shown = excerpt(head)
    return (f"“{shown}”（{path}）", f"{shown!r} ({path})") if head != path else (f"“{shown}”", f"{shown!r}")


def _bad(head: str, path: str, cell: object, zh: str, en: str, code: str = "bad-field") -> _Bad:
    (name_zh, name_en), shown = _named(head, path), excerpt(cell)
    return _Bad(path, f"{name_zh}的“{shown}”：{zh}", f"{name_en}: {shown!r}: {en}", code)


def _without_index(path: str) -> str:
    """The field of a path into a list."""
    return path.rstrip("0123456789").rstrip(".") if path[-1:].isdigit() else path


def _damaged(cell: Any) -> _CellError | None:
    """What Excel has done to an id that it took for a number, if it has."""
    if isinstance(cell, str) and _SCIENTIFIC_ID.match(cell.strip()):
        return _CellError(
            "Excel 把长编号变成了科学计数法，后面的数字已经丢了；回到原来的系统重新导出，打开前先把这一列设成“文本”",
            "Excel has turned a long id into scientific notation and its last figures are lost; export it again and make the column text before it is opened",
            "damaged-id",
        )
    if isinstance(cell, float) and cell.is_integer() and abs(cell) >= 10**_KEPT_DIGITS:
        return _CellError(
            f"编号在表里是数字，超过 {_KEPT_DIGITS} 位的部分 Excel 已经改成了 0；回到原来的系统重新导出，打开前先把这一列设成“文本”",
            f"the id is a number in the sheet, and Excel keeps {_KEPT_DIGITS} figures of one; export it again and make the column text before it is opened",
            "damaged-id",
        )
    return None


def _put(found: dict[str, Any], path: str, value: Any, *, again: bool = True) -> bool:
    """Put a value at its path. False, and nothing put, where there is one already (unless ``again``)."""
    inner, name = found, path.removeprefix("extra.")
    if name != path:
        name = path if name in Complaint.model_fields else name  # must not take a contract field's place
    elif "." in path:
        head, _, name = path.partition(".")
        inner = found.setdefault(head, {})
        if not isinstance(inner, dict):
            return False
    if name in inner and not again:
        return False
    inner[name] = value
    return True


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return cell if isinstance(cell, str | int | float | bool) or cell is None else str(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # spreadsheets keep order numbers as floats
    return str(cell) if not isinstance(cell, dt.datetime | dt.date) else cell.isoformat()


def amount(cell: Any, language: Language = CHINESE, currency: str = "CNY") -> Decimal:
    """An amount in the pack's currency: ``1,299.00元``, ``￥99``, ``99``; in an English pack ``€1,299.00``, ``49,99 EUR``.

    Raises:
        ValueError: It is none, negative, not finite, or finer than a hundredth.
    """
    if isinstance(cell, bool):
        raise _CellError("不是金额", "not an amount")
    if isinstance(cell, int | float | Decimal):
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    else:
        text = str(cell).translate(_NARROW).strip()
        match = _MONEY.match(text) if language is CHINESE else None
        if match is not None:
            value = Decimal(match.group(1).replace(",", "") + (match.group(2) or ""))
        elif _NUMBER.match(text):  # -5, 1e3, NaN: numbers, to be told what is wrong with them
            value = _scientific(text)
        elif (said := _said(text, language, currency)) is not None:
            value = said
        else:
            raise _CellError("不是金额；写成 1299.00", "not an amount; write it as 1299.00")
    if not value.is_finite():
        raise _CellError("金额不是有限的数", "an amount must be a finite number")
    if value < 0:
        raise _CellError("金额不能是负数", "an amount must not be negative")
    return value


def _said(text: str, language: Language, currency: str) -> Decimal | None:
    """An amount in words (1.5万元, €49.99), where the reader of complaints' texts is sure of it and it is all there is."""
    if language is not CHINESE:
        text = language.normalise(text).text
        if (figure := figure_of(text)) is not None:
            return Decimal(figure.numerator) / Decimal(figure.denominator)
    readings = language.reader(text, None, currency)
    if len(readings) != 1 or readings[0].kind != "amount" or (readings[0].start, readings[0].end) != (0, len(text)):
        return None
    value = readings[0].value
    return Decimal(value) / 100 if isinstance(value, int) else None


def _scientific(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent past all bounds
        return Decimal("Infinity")


def integer(cell: Any) -> int:
    """A whole number: ``1``, ``2件``, ``两个``, ``1,000``.

    Raises:
        ValueError: It is none.
    """
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    match = None if isinstance(cell, bool) else _COUNT.match(str(cell).translate(_NARROW).strip())
    if match is None:
        raise _CellError("不是整数；写成 2", "not a whole number; write it as 2")
    figures = match[1].split(".")[0].replace(",", "")
    value = int(figures) if figures.lstrip("+-").isdecimal() else _numerals.parse(figures)
    if value is None:
        raise _CellError("不是整数；写成 2", "not a whole number; write it as 2")
    return value


def boolean(cell: Any) -> bool:
    """是 or 否.

    Raises:
        ValueError: It is neither.
    """
    if isinstance(cell, bool):
        return cell
    word = _text(cell).translate(_NARROW).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise _CellError("应为“是”或“否”", "expected yes or no")


def instant(cell: Any, language: Language = CHINESE) -> dt.datetime:
    """A date or time: ISO 8601, ``2026/11/3 15:04``, ``2026年11月3日``, ``2026年11月3号下午3点``, ``20261103``, an Excel serial day.

    In an English pack ``12 November 2026`` as well.

    Raises:
        ValueError: It is none, or lies before 1990 or after 2099.
    """
    value: dt.datetime | None = None
    if isinstance(cell, dt.datetime):
        value = cell
    elif isinstance(cell, dt.date):
        value = dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 (given its timezone at intake)
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        value = _serial(float(cell)) or _written(_text(cell))
    else:
        text = str(cell).translate(_NARROW).strip()
        value = _written(text) or (None if language is CHINESE else _day(text, language))
    if value is None:
        raise _CellError(
            "不是日期；写成 2026-11-03 或 2026-11-03 15:04", "not a date; write it as 2026-11-03 or 2026-11-03 15:04"
        )
    if not 1990 <= value.year < 2100:  # noqa: PLR2004 (the contract's bounds)
        raise _CellError("日期不在 1990 至 2099 年之间", "the date is not between 1990 and 2099")
    return value


def _day(text: str, language: Language) -> dt.datetime | None:
    """A day with its year in words, where the reader of complaints' texts is sure of it and it is all there is."""
    text = language.normalise(text).text
    readings = language.reader(text, None, "")
    if len(readings) != 1 or readings[0].text != text or not isinstance(readings[0].value, dt.date):
        return None
    return dt.datetime.combine(readings[0].value, dt.time())  # (given its timezone at intake)


def _written(text: str) -> dt.datetime | None:
    half = None
    if compact := _COMPACT.match(text):
        figures = list(compact.groups())
    elif match := _DATE.match(text):
        *day, half, hour, minute, second = match.groups()
        figures = [*day, hour, minute, second]
    else:
        figures = []
    try:
        if figures:
            value = dt.datetime(*(int(figure or 0) for figure in figures))  # type: ignore[arg-type]  # noqa: DTZ001 (six figures; timezone at intake)
            return _half_day(value, half) if half else value
        if _ISO.match(text):
            return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return _serial(float(text)) if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text) else None


def _half_day(value: dt.datetime, half: str) -> dt.datetime | None:
    """Twelve-hour time; None where the hour contradicts the half of the day."""
    later = half in {"下午", "PM"}
    if value.hour > 12:  # noqa: PLR2004 (hours of half a day)
        return value if later else None
    return value.replace(hour=value.hour % 12 + (12 if later else 0))


def _serial(days: float) -> dt.datetime | None:
    """Excel's days since 1899-12-30."""
    if not 32_000 < days < 74_000:  # noqa: PLR2004 (1987 to 2102; anything else is no serial day)
        return None
    return (_SERIAL_EPOCH + dt.timedelta(days=days)).replace(microsecond=0)
