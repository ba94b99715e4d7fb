"""What the engine is given by callers who have no type checker: the wrong kind of thing is told with what to pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from funnel.complaint import Complaint
from funnel.engine._problems import problems_of
from funnel.errors import ComplaintError, PackNotFoundError, Problem
from funnel.facts.vocabulary import Source
from funnel.pack.loader import load_pack
from funnel.pack.model import Pack

_DEEPEST: Final = 100
"""Levels of lists and mappings in a field that is passed through; what writes JSON gives up at some 250."""


def to_pack(pack: Pack | str | Path) -> Pack:
    """A pack, or the one of a name or folder.

    Raises:
        PackNotFoundError: There is none, or it is neither.
        PackError: It has errors.
    """
    if isinstance(pack, Pack):
        return pack
    if isinstance(pack, str | Path):
        return load_pack(pack)
    kind = type(pack).__name__
    raise PackNotFoundError(
        f"规则包写成 Pack、名字或目录，不是 {kind}", f"a pack is given as a Pack, a name or a folder, not as {kind}"
    )


def to_complaint(complaint: Complaint | Mapping[str, Any]) -> Complaint:
    """Read a mapping as a complaint.

    Raises:
        ComplaintError: It does not fit the contract, is no mapping, or holds what JSON cannot.
    """
    parsed = _parsed(complaint)
    if wrong := [_no_json(path) for path, value in _free_values(parsed) if not _is_json(path, value)]:
        raise ComplaintError(wrong)
    return parsed


def _free_values(complaint: Complaint) -> Iterator[tuple[str, Any]]:
    """What the contract lets pass as it comes: fields it does not know, and the values of facts."""
    yield from complaint.unknown_fields.items()
    yield from ((f"facts.{name}", value) for name, value in complaint.facts.items())


def _is_json(path: str, value: Any) -> bool:
    if isinstance(value, bool | int | float) or value is None:
        return True
    try:
        to_json({path: value})
    except (PydanticSerializationError, RecursionError, ValueError):
        return False
    level, deep = [value], 0
    while level and deep <= _DEEPEST:
        level, deep = [inner for outer in level for inner in _inside(outer)], deep + 1
    return not level


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple | set | frozenset) else ()


def _no_json(path: str) -> Problem:
    return Problem(
        path.encode("utf-8", "replace").decode(),
        f"应为 JSON 能写的值：文字不能有残缺的字符，不能是字节或对象，最多嵌套 {_DEEPEST} 层",
        f"expected what JSON can hold: no lone surrogates, bytes or objects, and at most {_DEEPEST} levels",
    )


def _parsed(complaint: Complaint | Mapping[str, Any]) -> Complaint:
    if isinstance(complaint, Complaint):
        return complaint
    if not isinstance(complaint, Mapping):
        raise ComplaintError([_no_complaint(complaint)])
    try:
        return Complaint.model_validate(dict(complaint))
    except ValidationError as error:
        raise ComplaintError(problems_of(error)) from None


def several(complaints: Iterable[Complaint | Mapping[str, Any]]) -> Iterable[Complaint | Mapping[str, Any]]:
    """What may be many complaints: one alone is iterable too, and its keys are no complaints.

    Raises:
        ComplaintError: It is one complaint, or nothing that can be gone through.
    """
    if isinstance(complaints, Mapping | Complaint):
        zh, en = "这是一件投诉；用 decide，或者放进列表", "this is one complaint; use `decide`, or put it in a list"
        raise ComplaintError([Problem("", zh, en)])
    if isinstance(complaints, str | bytes) or not isinstance(complaints, Iterable):
        raise ComplaintError([_no_complaint(complaints)])
    return complaints


def to_day(as_of: dt.date | None) -> dt.date | None:
    """The day to decide as of, if one is given.

    Raises:
        ComplaintError: It is no date. An instant is none either: which day it is hangs on the timezone.
    """
    if as_of is None or (isinstance(as_of, dt.date) and not isinstance(as_of, dt.datetime)):
        return as_of
    kind = type(as_of).__name__
    en = f"expected a datetime.date, not a {kind}; a text is read by date.fromisoformat(…), an instant has .date()"
    zh = f"应为 datetime.date，不是 {kind}；文字用 date.fromisoformat(…) 读，时刻用 .date() 取日期"
    raise ComplaintError([Problem("as_of", zh, en)])


def to_kinds(who: Collection[str] | None) -> frozenset[str] | None:
    """Whom questions may be put to; None: everybody.

    Raises:
        ValueError: It names somebody whom no question is for.
    """
    if who is None:
        return None
    words = [word for word in get_args(Source) if word != "nobody"]
    given = [who] if isinstance(who, str) or not isinstance(who, Iterable) else list(who)
    strange = [kind for kind in given if kind not in words]
    if strange or isinstance(who, str):
        shown = ", ".join(repr(kind) for kind in strange or given)
        raise ValueError(f"who should be a list with any of {', '.join(words)}, or None for everybody; not {shown}")
    return frozenset(given)


def _no_complaint(given: object) -> Problem:
    """That something is no complaint, and what to do with it. The thing itself is not shown."""
    kind = type(given).__name__
    zh, en = "", ""
    if isinstance(given, str | bytes | bytearray):
        zh, en = "；JSON 文字先用 json.loads 读出来", "; read a JSON text with json.loads first"
    elif isinstance(given, list | tuple | set | frozenset):
        zh, en = "；多件用 decide_many，或者一件一件给", "; give several one by one, or to `decide_many`"
    elif isinstance(given, BaseModel):
        zh, en = "；先用 .model_dump() 变成键值对", "; make a mapping of it with .model_dump() first"
    return Problem(
        "",
        f"应为键值对，如 {{'id': 'c-1', 'text': '…'}}，或者 Complaint，不是 {kind}{zh}",
        f"expected a mapping such as {{'id': 'c-1', 'text': '…'}}, or a Complaint, not {kind}{en}",
    )
