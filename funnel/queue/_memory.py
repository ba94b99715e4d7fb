"""The in-memory twin: the same behaviour without a database, for tests and for trying things out.

It knows nothing of SQL. Keys and unique constraints are read from the table definitions, so that both agree on what a
row is; everything else is written apart, so that each store checks the other.
"""

from __future__ import annotations

import copy
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from funnel.queue._store import ConflictError, Row, Test, asked
from funnel.queue._tables import TABLES, expect_storable
from funnel.queue.model import CLOSED

_ALL: Callable[[Row], bool] = lambda row: True  # noqa: E731, ARG005 (a table entry reads best as one)

# The conditions of the partial unique indexes, said once more in Python.
_PARTIAL: Mapping[str, Callable[[Row], bool]] = MappingProxyType(
    {
        "uq_case_open": lambda row: row["state"] not in CLOSED,
        "uq_offer_live": lambda row: row["state"] in {"drafted", "offered"},
        "uq_incident_open": lambda row: row["state"] == "open",
        "uq_pause_running": lambda row: row["to_at"] is None,
    }
)


def _uniques(table: sa.Table) -> list[tuple[tuple[str, ...], Callable[[Row], bool]]]:
    whole = [
        (tuple(column.name for column in constraint.columns), _ALL)
        for constraint in table.constraints
        if isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint)
    ]
    partial = [
        (tuple(column.name for column in index.columns), _PARTIAL[str(index.name)])
        for index in table.indexes
        if index.unique
    ]
    return whole + partial


class MemoryStore:
    """Keeps everything in this process. Units run one after the other.

    Example:
        >>> MemoryStore()
        MemoryStore()
    """

    def __init__(self) -> None:
        self._tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        self._uniques = {name: _uniques(table) for name, table in TABLES.items()}
        self._columns = {name: frozenset(table.columns.keys()) for name, table in TABLES.items()}
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        """Name it."""
        return "MemoryStore()"

    @contextmanager
    def unit(self) -> Iterator[_MemoryUnit]:
        """A transaction: rows are copied when first changed and put back on an exception."""
        with self._lock:
            before = {name: list(rows) for name, rows in self._tables.items()}
            try:
                yield _MemoryUnit(self._tables, self._uniques, self._columns)
            except BaseException:
                self._tables = before
                raise

    @contextmanager
    def reader(self) -> Iterator[_MemoryUnit]:
        """As `unit`."""
        with self._lock:
            yield _MemoryUnit(self._tables, self._uniques, self._columns)

    def forget(self) -> None:
        """Nothing to do: there are no files."""

    def close(self) -> None:
        """Nothing to do."""

    def dump(self) -> dict[str, list[Row]]:
        """Every row of every table, for comparing."""
        with self._lock:
            return copy.deepcopy(self._tables)


class _MemoryUnit:
    def __init__(
        self,
        tables: dict[str, list[Row]],
        uniques: Mapping[str, list[tuple[tuple[str, ...], Callable[[Row], bool]]]],
        columns: Mapping[str, frozenset[str]],
    ) -> None:
        self._tables, self._uniques, self._columns = tables, uniques, columns

    def now(self) -> dt.datetime | None:
        return None

    def insert(self, table: str, row: Row) -> None:
        if stray := set(row) - self._columns[table]:
            raise KeyError(f"{table} has no column {sorted(stray)}")
        whole = {name: row.get(name) for name in self._columns[table]}
        expect_storable(table, whole.items(), kept=True)
        self._check(table, whole, None)
        self._tables[table] = [*self._tables[table], whole]

    def get(self, table: str, *, lock: bool = False, **key: Any) -> Row | None:
        del lock  # units run one after the other
        expect_storable(table, key.items(), kept=False)
        for row in self._tables[table]:
            if all(row[name] == value for name, value in key.items()):
                return dict(row)
        return None

    def find(
        self, table: str, *tests: Test, order: Sequence[str] = (), descending: bool = False, limit: int | None = None
    ) -> list[Row]:
        expect_storable(table, asked(tests), kept=False)
        rows = [dict(row) for row in self._tables[table] if _holds(row, tests)]
        if order:
            rows.sort(key=lambda row: tuple(row[name] for name in order), reverse=descending)
        return rows[:limit]

    def tally(self, table: str, by: Sequence[str], *tests: Test) -> dict[tuple[Any, ...], int]:
        return dict(Counter(tuple(row[name] for name in by) for row in self._tables[table] if _holds(row, tests)))

    def update(self, table: str, key: Row, changes: Row) -> int:
        expect_storable(table, key.items(), kept=False)
        expect_storable(table, changes.items(), kept=True)
        count, rows = 0, []
        for row in self._tables[table]:
            if all(row[name] == value for name, value in key.items()):
                changed = row | changes
                self._check(table, changed, row)
                rows.append(changed)
                count += 1
            else:
                rows.append(row)
        self._tables[table] = rows
        return count

    def delete(self, table: str, *tests: Test) -> int:
        kept = [row for row in self._tables[table] if not _holds(row, tests)]
        gone = len(self._tables[table]) - len(kept)
        self._tables[table] = kept
        return gone

    def next_queued(self, tenant: str, tier: str, skills: frozenset[str]) -> Row | None:
        needed: dict[str, set[str]] = {}
        for row in self._tables["case_skill"]:
            needed.setdefault(row["case_id"], set()).add(row["skill"])
        fit = [
            row
            for row in self._tables["queue_case"]
            if row["tenant"] == tenant
            and row["state"] == "queued"
            and row["tier"] == tier
            and needed.get(row["id"], set()) <= skills
        ]
        return dict(min(fit, key=lambda row: (row["rank"], row["next_due"], row["id"]))) if fit else None

    def _check(self, table: str, row: Row, old: Row | None) -> None:
        for columns, concerned in self._uniques[table]:
            if not concerned(row):
                continue
            key = tuple(row[name] for name in columns)
            if None in key:
                continue  # NULLs are never equal
            for other in self._tables[table]:
                if other is not old and concerned(other) and tuple(other[name] for name in columns) == key:
                    raise ConflictError(f"{table} {columns}")


def _holds(row: Row, tests: Sequence[Test]) -> bool:
    return all(_test(row[column], how, value) for column, how, value in tests)


def _test(have: Any, how: str, value: Any) -> bool:
    if how == "is null":
        return have is None
    if how == "not null":
        return have is not None
    if have is None:
        return False
    match how:
        case "=":
            return bool(have == value)
        case "<":
            return bool(have < value)
        case "<=":
            return bool(have <= value)
        case ">":
            return bool(have > value)
        case ">=":
            return bool(have >= value)
        case "in":
            return have in value
        case "not in":
            return have not in value
        case _:
            raise ValueError(f"no such test: {how}")
