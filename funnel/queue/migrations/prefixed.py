"""`alembic.op` for tables with a prefix: what a migration names is made and dropped under the prefix of the store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op


def _prefix() -> str:
    return str(context.config.attributes["prefix"])


def create_table(name: str, *parts: Any) -> None:
    """A table."""
    op.create_table(_prefix() + name, *parts)


def drop_table(name: str) -> None:
    """A table."""
    op.drop_table(_prefix() + name)


def add_column(table: str, column: Any) -> None:
    """A column."""
    op.add_column(_prefix() + table, column)


def drop_column(table: str, column: str) -> None:
    """A column."""
    op.drop_column(_prefix() + table, column)


def copy_column(table: str, source: str, target: str) -> None:
    """What stands in a column, into another one of the same row."""
    rows = sa.table(_prefix() + table, sa.column(source), sa.column(target))
    op.execute(rows.update().values({target: rows.c[source]}))


def create_index(name: str, table: str, columns: list[str], **more: Any) -> None:
    """An index: its name is unique in the database, as a table's is."""
    op.create_index(_prefix() + name, _prefix() + table, columns, **more)


def drop_index(name: str, *, table_name: str, **more: Any) -> None:
    """An index."""
    op.drop_index(_prefix() + name, table_name=_prefix() + table_name, **more)


def f(name: str) -> str:
    """The name of a constraint, such as ``pk_agent``: its kind stands before the prefix, as the naming convention has it."""
    kind, _, rest = name.partition("_")
    return op.f(f"{kind}_{_prefix()}{rest}")
