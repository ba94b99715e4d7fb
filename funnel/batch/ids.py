"""Which ids a batch has seen: exact in practice and flat in memory, for ten million rows and more.

The first 200,000 ids are kept in memory by a 63-bit hash; beyond that they move to a temporary SQLite file with a small
cache. Two different ids of one hash are expected once in some 10^5 batches of ten million rows.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

_IN_MEMORY = 200_000
ENTRY = struct.Struct("<QQ")
"""An id in the log of a run that can be resumed: its hash, and the row that had it first."""


def key_of(word: str) -> int:
    """The 63-bit hash that a word is remembered by: what SQLite keeps as a whole number."""
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class SeenIds:
    """Remembers ids with the number of the row that had them first. Use as a context manager.

    Args:
        in_memory: How many ids to keep in memory.
        log: Where each id that is new goes as well, for `again`; None: nowhere.
    """

    def __init__(self, in_memory: int = _IN_MEMORY, log: BinaryIO | None = None) -> None:
        self._limit = in_memory
        self._log = log
        self._memory: dict[int, int] = {}
        self._database: sqlite3.Connection | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            self._database.close()
        if self._folder is not None:
            self._folder.cleanup()

    def first(self, id_: str, row: int) -> int | None:
        """Remember an id. Returns the row that had it before, or None."""
        key = key_of(id_)
        before = self._add(key, row)
        if before is None and self._log is not None:
            self._log.write(ENTRY.pack(key, row))
        return before

    def again(self, entries: Iterable[tuple[int, int]]) -> None:
        """Remember what the log of an earlier part of the run holds, as hashes and rows."""
        for key, row in entries:
            self._add(key, row)

    def _add(self, key: int, row: int) -> int | None:
        if self._database is None:
            before = self._memory.setdefault(key, row)
            if before == row and len(self._memory) > self._limit:
                self._spill()
            return None if before == row else before
        cursor = self._database.execute("INSERT OR IGNORE INTO seen (key, row) VALUES (?, ?)", (key, row))
        if cursor.rowcount:
            return None
        found = self._database.execute("SELECT row FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])

    def _spill(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="funnel-")
        self._database = sqlite3.connect(Path(self._folder.name) / "ids.sqlite", isolation_level=None)
        # A scratch file: nothing in it outlives the run, so nothing needs to be durable.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-32768", "locking_mode=EXCLUSIVE"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, row INTEGER NOT NULL)")
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO seen VALUES (?, ?)", self._memory.items())
        self._memory.clear()
