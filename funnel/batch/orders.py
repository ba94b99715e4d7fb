"""Orders that more than one complaint of a batch is about: exact in practice and flat in memory, as `funnel.batch.ids` is.

They are kept by 63-bit hashes in a private SQLite file that the system removes by itself, behind a small cache.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from funnel._orders import Told, order_of
from funnel.batch.ids import key_of
from funnel.complaint import Complaint

EXAMPLES = 20
"""Orders settled more than once that the summary names."""
ROWS = 10
"""Rows of each that it names."""
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Mention:
    """The order that a complaint is about. Small and plain, since it travels between processes.

    Attributes:
        shown: Its number, as it came; cut where it is long.
        key: A hash of its number.
        told: Hashes of what sets it apart from another order of that number.
    """

    shown: str
    key: int
    told: Told[int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a complaint stands: which source, from 1, which of its rows, from 1, and its id."""

    source: int
    row: int
    id: str


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of an order before a complaint about it.

    Attributes:
        name: Which order it is, in this run: the same however often the run was interrupted.
        complaints: How many there were about it.
        settled: How many of them would be settled.
        first: The first of those.
    """

    name: str
    complaints: int
    settled: int
    first: Place | None


def mention_of(complaint: Complaint) -> Mention | None:
    """The order that a complaint is about; None where it names none."""
    named = order_of(complaint)
    if named is None:
        return None
    platform, merchant, shop = (None if word is None else key_of(word) for word in named.told)
    shown = " ".join((complaint.order.id or "").split())
    return Mention(shown[:_LONGEST], key_of(named.number), (platform, merchant, shop))


class SeenOrders:
    """Remembers orders with how many complaints about them there were. Use as a context manager.

    Args:
        log: Where each complaint with an order goes as well, for `again`; None: nowhere.
    """

    def __init__(self, log: BinaryIO | None = None) -> None:
        self._log = log
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()

    def add(self, order: Mention, at: Place, *, settled: bool) -> Before:
        """Remember a complaint that was decided. Returns what was known of its order before.

        Raises:
            sqlite3.Error: There is no room for the temporary file.
            OSError: The log cannot be written.
        """
        before = self._add(order.key, order.told, at, settled=settled)
        if self._log is not None:
            self._log.write(orjson.dumps([order.key, order.told, at.source, at.row, at.id, settled]) + b"\n")
        return before

    def again(self, entries: Iterable[Any]) -> None:
        """Remember what the log of an earlier part of the run holds; see `entries_of`."""
        for key, told, source, row, id_, settled in entries:
            self._add(key, tuple(told), Place(source, row, id_), settled=settled)

    def _add(self, key: int, told: Told[int], at: Place, *, settled: bool) -> Before:
        database = self._database or self._open()
        mine = dict(zip(_TOLD, (word or 0 for word in told), strict=True))
        found = database.execute(
            f"SELECT rowid, complaints, settled, source, row, id FROM seen WHERE {_same(mine)} ORDER BY rowid LIMIT 1",  # noqa: S608 (our own words)
            {"key": key, **mine},
        ).fetchone()
        if found is None:
            first = (at.source, at.row, at.id) if settled else (None, None, None)
            new = database.execute(_INSERT, (key, *mine.values(), settled, *first))
            return Before(str(new.lastrowid), 0, 0, None)
        rowid, complaints, settlements, *first = found
        if settled and not settlements:
            database.execute(
                "UPDATE seen SET source = ?, row = ?, id = ? WHERE rowid = ?", (at.source, at.row, at.id, rowid)
            )
        database.execute(_UPDATE, {"rowid": rowid, "by": settled, **mine})
        return Before(str(rowid), complaints, settlements, Place(*first) if settlements else None)

    def _open(self) -> sqlite3.Connection:
        # No name: a file that is gone with the connection, however the process ends, and stays in the cache while it is small.
        self._database = database = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16384", "locking_mode=EXCLUSIVE"):
            database.execute(f"PRAGMA {pragma}")
        database.execute(
            "CREATE TABLE seen (key INTEGER, platform INTEGER, merchant INTEGER, shop INTEGER, "
            "complaints INTEGER, settled INTEGER, source INTEGER, row INTEGER, id TEXT)"
        )
        database.execute("CREATE INDEX same ON seen (key, merchant, shop)")
        database.execute("BEGIN")
        return database


_TOLD = ("platform", "merchant", "shop")
_INSERT = "INSERT INTO seen VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?)"
# What an earlier complaint left out is known from now on, and sets later ones apart.
_UPDATE = """UPDATE seen SET complaints = complaints + 1, settled = settled + :by,
    platform = CASE platform WHEN 0 THEN :platform ELSE platform END,
    merchant = CASE merchant WHEN 0 THEN :merchant ELSE merchant END,
    shop = CASE shop WHEN 0 THEN :shop ELSE shop END WHERE rowid = :rowid"""


def _same(mine: Mapping[str, int]) -> str:
    """The condition that an order is not `apart` from ours; 0 stands for what is not told."""
    parts = ["key = :key"]
    if mine["platform"]:
        parts.append("platform IN (:platform, 0)")
    if mine["merchant"] and mine["shop"]:
        parts.append("(merchant = :merchant OR merchant = 0 AND shop IN (:shop, 0))")
    elif mine["merchant"]:
        parts.append("merchant IN (:merchant, 0)")
    elif mine["shop"]:
        parts.append("shop IN (:shop, 0)")
    return " AND ".join(parts)


def entries_of(lines: Iterable[bytes]) -> Iterator[Any]:
    """What a log of orders holds, for `SeenOrders.again`."""
    return map(orjson.loads, lines)
