"""What the queue is given by callers who have no type checker: the wrong kind of thing is told with what to pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from funnel.errors import InvalidCommandError, StoreError
from funnel.law.time_limits import Calendar
from funnel.queue._sql import SqlStore
from funnel.queue._store import Store
from funnel.queue._tables import LARGEST, is_writable
from funnel.queue.model import Case, Offer
from funnel.queue.policy import QueuePolicy

_MAX_NAME: Final = 200
_MANY: Final = 2**31
"""More offers than a case has; a larger number fits in no column."""


def to_store(store: Store | str | Path) -> Store:
    """A store, or the one at an address.

    Raises:
        StoreError: It cannot be opened, or is neither.
    """
    if isinstance(store, str | Path):
        return SqlStore(store)
    if isinstance(store, sa.Engine | sa.Connection):
        raise StoreError(
            "an SQLAlchemy engine or connection is no store: give its address, such as 'funnel.db' or 'postgresql://…'; "
            "to share a transaction of yours use `desk.bind(connection)`",
            "SQLAlchemy 的 engine 或 connection 不是存储：写地址，如 'funnel.db' 或 'postgresql://…'；"
            "要和自己的事务一起提交，用 desk.bind(connection)",
        )
    if isinstance(store, type) or not all(callable(getattr(store, name, None)) for name in ("unit", "reader")):
        kind = store.__name__ if isinstance(store, type) else type(store).__name__
        raise StoreError(
            f"a store is a path, an address such as 'postgresql://…', a SqlStore(…) or a MemoryStore(), not {kind}",
            f"存储应为路径、'postgresql://…' 一类的地址、SqlStore(…) 或 MemoryStore()，不是 {kind}",
        )
    return store


def to_connection(connection: sa.Connection) -> sa.Connection:
    """A connection with a transaction that is really begun.

    Raises:
        InvalidCommandError: It is none, or nothing is begun on it.
    """
    if not isinstance(connection, sa.Connection):
        raise InvalidCommandError(
            "bind takes a connection of SQLAlchemy with a transaction begun: with store.engine.begin() as "
            f"connection (of a Session: session.connection()), not {type(connection).__name__}",
            "bind 要已开始事务的 SQLAlchemy connection：with store.engine.begin() as connection"
            f"（Session 用 session.connection()），不是 {type(connection).__name__}",
        )
    if not connection.in_transaction():
        raise InvalidCommandError(
            "begin a transaction on the connection first: with engine.begin() as connection",
            "先在 connection 上开始事务：with engine.begin() as connection",
        )
    if connection.dialect.name == "sqlite" and connection.dialect.driver == "pysqlite":
        raw = connection.connection.dbapi_connection
        # Python's driver begins by itself, and only at the first change: what is read before that holds no lock.
        if raw is not None and (raw.isolation_level is not None or not raw.in_transaction):
            raise InvalidCommandError(
                "on SQLite make the engine with funnel.queue.sqlite_engine(path), or take the engine of your SqlStore: this one "
                "leaves it to the driver to begin, which it does too late",
                "SQLite 的 engine 用 funnel.queue.sqlite_engine(path) 建，或者用 SqlStore 的 engine："
                "这一个由驱动自己开始事务，开始得太晚",
            )
    return connection


def a_name(value: str, what: str) -> str:
    """A name that can be kept.

    Raises:
        InvalidCommandError: It is no text, empty, too long, or cannot be written.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_NAME or not is_writable(value):
        raise InvalidCommandError(
            f"{what} should be a text of 1 to {_MAX_NAME} characters, without NUL or lone surrogates",
            f"{what} 应为 1 至 {_MAX_NAME} 个字，不含 NUL 和残缺的字符",
        )
    return value


def expect_parts(*, policy: object, calendar: object, clock: object, masker: object, cipher: object) -> None:
    """Refuse parts of a funnel that are of the wrong kind, which would else bite at the first command.

    Raises:
        InvalidCommandError: One is.
    """
    sealing = (getattr(cipher, "encrypt", None), getattr(cipher, "decrypt", None))
    for name, right, en, zh in (
        ("policy", policy is None or isinstance(policy, QueuePolicy), "a QueuePolicy(…)", "QueuePolicy(…)"),
        ("calendar", calendar is None or isinstance(calendar, Calendar), "a Calendar(…)", "Calendar(…)"),
        (
            "clock",
            clock is None or callable(clock),
            "a function, such as lambda: datetime.now(UTC)",
            "函数，如 lambda: datetime.now(UTC)",
        ),
        (
            "masker",
            callable(masker),
            "a function from text to text, such as funnel.queue.mask",
            "把文字变成文字的函数，如 funnel.queue.mask",
        ),
        (
            "cipher",
            cipher is None or all(map(callable, sealing)),
            "something with encrypt and decrypt",
            "有 encrypt 和 decrypt 的对象",
        ),
    ):
        if not right:
            raise InvalidCommandError(f"{name} should be {en}", f"{name} 应为{zh}")


def a_count(value: int, what: str) -> int:
    """A whole number from 0 on.

    Raises:
        InvalidCommandError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LARGEST:
        raise InvalidCommandError(f"`{what}` should be a whole number from 0 on", f"{what} 应为不小于零的整数")
    return value


def an_instant(moment: dt.datetime, what: str) -> dt.datetime:
    """A datetime with an offset.

    Raises:
        InvalidCommandError: It is none.
    """
    if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
        raise InvalidCommandError(
            f"`{what}` needs an offset: a datetime such as datetime.now(UTC)",
            f"{what} 要带时区，应为 datetime，如 datetime.now(UTC)",
        )
    return moment


def claim_key(claim: Case) -> tuple[str, int]:
    """The case and the epoch of a claim, as the commands of an owner take it.

    Raises:
        InvalidCommandError: It is no case.
    """
    if isinstance(claim, Case):
        return claim.id, claim.lease_epoch
    if claim is None:
        raise InvalidCommandError(
            "there is no claim: `claim_next` gives None where nobody waits for this agent; look before you go on",
            "没有认领到案件：没有可办的案件时 claim_next 给出 None，先判断一下",
        )
    if isinstance(claim, str):
        raise InvalidCommandError(
            "pass the claim, the case that `claim` or `claim_next` returned, and not its id",
            "要传认领得到的案件（claim 或 claim_next 的结果），不是它的编号",
        )
    raise InvalidCommandError(
        f"pass the claim, the case that `claim` or `claim_next` returned, not {type(claim).__name__}",
        f"要传认领得到的案件（claim 或 claim_next 的结果），不是 {type(claim).__name__}",
    )


def offer_key(offer: Offer | int | None, case_id: str) -> int | None:
    """The number of an offer of a case, where one is named.

    Raises:
        InvalidCommandError: It is neither an offer nor a number of one, or an offer on another case.
    """
    if isinstance(offer, Offer):
        if offer.case_id != case_id:
            raise InvalidCommandError(
                f"the offer is one on case {offer.case_id}, not on {case_id}",
                f"这是案件 {offer.case_id} 的方案，不是 {case_id} 的",
            )
        return offer.seq
    if offer is not None and (isinstance(offer, bool) or not isinstance(offer, int)):
        raise InvalidCommandError(
            f"an offer is named by its number, offer.seq, or given itself, not by {type(offer).__name__}",
            f"方案用编号（offer.seq）或 Offer 本身指定，不是 {type(offer).__name__}",
        )
    if offer is not None and not 0 < offer < _MANY:
        raise InvalidCommandError(f"offers are numbered from 1, not {offer}", f"方案从 1 起编号，不是 {offer}")
    return offer


def case_key(case_id: str) -> str:
    """The id of a case.

    Raises:
        InvalidCommandError: It is no text.
    """
    if not isinstance(case_id, str):
        raise InvalidCommandError(
            f"a case is named by its id, a text such as case.id, not by {type(case_id).__name__}",
            f"案件用编号（文字，如 case.id）指定，不是 {type(case_id).__name__}",
        )
    return case_id


def several(words: Iterable[str], what: str) -> tuple[str, ...]:
    """Words given as a list: one text alone would be taken letter by letter.

    Raises:
        InvalidCommandError: It is one text, or nothing that can be gone through.
    """
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise InvalidCommandError(
            f"`{what}` takes several texts, such as [{words!r}]"
            if isinstance(words, str)
            else f"`{what}` takes several texts, not {type(words).__name__}",
            f"{what} 应为列表" + (f"，如 [{words!r}]" if isinstance(words, str) else f"，不是 {type(words).__name__}"),
        )
    found = tuple(words)
    if not all(isinstance(word, str) for word in found):
        raise InvalidCommandError(f"`{what}` takes texts only", f"{what} 里只能是文字")
    return found
