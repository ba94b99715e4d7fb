"""What the service needs of a store: units of work over plain rows.

A row is a mapping of column names to plain values (text, int, bytes, None). The service is the same over every store;
what differs is how a unit becomes one transaction, and how a case is locked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

Row = dict[str, Any]
"""A row of a table."""

Test = tuple[str, Literal["=", "<", "<=", ">", ">=", "in", "not in", "is null", "not null"], Any]
"""A condition on a column. A comparison with NULL never holds, as in SQL."""


def asked(tests: Sequence[Test]) -> Iterator[tuple[str, Any]]:
    """Each column of some conditions with each value that it is held against."""
    for column, how, value in tests:
        yield from ((column, one) for one in (value if how in {"in", "not in"} else (value,)))


FAR = 2**62
"""Stands for "no deadline" where a column is ordered by: NULLs sort first in SQLite and last in PostgreSQL."""


class ConflictError(Exception):
    """A row with that key is there already. The unit is lost; never leaves the package."""


class TransientError(Exception):
    """Two units met (a deadlock, a failed serialisation). The unit is lost and may be run again."""


class Unit(Protocol):
    """A transaction at work."""

    def now(self) -> dt.datetime | None:
        """The store's own clock, where it has one that all workers share."""
        ...

    def insert(self, table: str, row: Row) -> None:
        """Add a row. Raises `ConflictError` where a unique key is taken."""
        ...

    def get(self, table: str, *, lock: bool = False, **key: Any) -> Row | None:
        """The one row of a key, locked against other units where asked."""
        ...

    def find(
        self, table: str, *tests: Test, order: Sequence[str] = (), descending: bool = False, limit: int | None = None
    ) -> list[Row]:
        """Rows for which every test holds, in order."""
        ...

    def tally(self, table: str, by: Sequence[str], *tests: Test) -> dict[tuple[Any, ...], int]:
        """How many rows there are of each combination of values."""
        ...

    def update(self, table: str, key: Row, changes: Row) -> int:
        """Change rows of a key; returns how many."""
        ...

    def delete(self, table: str, *tests: Test) -> int:
        """Remove rows; returns how many."""
        ...

    def next_queued(self, tenant: str, tier: str, skills: frozenset[str]) -> Row | None:
        """The first queued case of a tier that these skills suffice for, locked; one locked elsewhere is passed over."""
        ...


class Store(Protocol):
    """Where the queue lives."""

    def unit(self) -> AbstractContextManager[Unit]:
        """A transaction: kept on leaving, undone on an exception."""
        ...

    def reader(self) -> AbstractContextManager[Unit]:
        """A transaction that only reads and holds nobody up."""
        ...

    def forget(self) -> None:
        """Make sure that what was deleted is gone from the files as well, as far as the store can."""
        ...

    def close(self) -> None:
        """Give back what the store holds open."""
        ...
