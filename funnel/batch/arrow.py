"""From record batches to record batches: what engines for more than one machine are given to run.

A row in is a complaint, a row out what became of it, in the same order. The column ``decision`` holds the bytes that
``funnel run`` writes as a line. Needs the extra ``arrow``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from funnel.batch._json import parse
from funnel.batch._parquet import known
from funnel.batch.deciding import Decided, Table, raw_of
from funnel.batch.plan import Plan, ready
from funnel.batch.rows import Row, RowProblem, excerpts
from funnel.errors import SourceError

if TYPE_CHECKING:
    from funnel.batch.plan import Ready

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("outcome", pa.string()),
        ("tier", pa.string()),
        ("scenarios", pa.list_(pa.string())),
        ("decision", pa.string()),
        ("code", pa.string()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
    ]
)
"""What comes out. Decided rows have ``outcome`` and ``decision`` (the contract as JSON) and the first columns of it for
filtering; rejected ones ``code``, ``field``, ``reason`` and ``raw``, as in a rejects file."""

_SLICE = 256
"""Rows of one batch out: two megabytes or so of decisions, whatever the size of the batches in."""


def decide_batches(
    batches: Iterable[pa.RecordBatch], plan: Plan, *, column: str | None = None
) -> Iterator[pa.RecordBatch]:
    """Decide every row of some record batches. Lazy, in order, and flat in memory; keeps nothing between batches.

    Nobody here sees the whole: a row without an id is rejected (``no-id``), since rows of a distributed table have no
    numbers; ids that stand twice are all decided.

    Args:
        batches: Record batches of one schema. Columns are what columns of a Parquet file are to ``funnel run``: a table
            whose headers are mapped, or, where any is nested, the complaint of the contract.
        plan: What to decide with; see `funnel.batch.plan.plan_for`.
        column: The name of a column that holds whole complaints as JSON text, such as the lines of a JSONL file. Exact:
            no engine has read anything into it. Other columns are not looked at.

    Yields:
        Record batches of `SCHEMA`, as many rows as came in.

    Raises:
        WorkerError: This process has another pack or another version of funnel than the plan says.
        SourceError: There is no column of that name, or none with a complaint's text or facts.
        MappingError: Columns clash, or the plan's mapping names one that is not there.
    """
    made = ready(plan)
    table: Table | None = None
    for batch in batches:
        if table is None:
            table = _table(made, batch.schema, column)
        for start in range(0, batch.num_rows, _SLICE):
            rows = _rows(batch.slice(start, _SLICE), table, column)
            yield _batch([(row, made.decider(row, table)) for row in rows], plan.lang)


def _table(made: Ready, schema: pa.Schema, column: str | None) -> Table:
    names = tuple(schema.names)
    if column is not None:
        if column not in names:
            raise SourceError(
                f"没有“{column}”这一列；现有：{excerpts(names)}", f"no column {column!r}; there are: {excerpts(names)}"
            )
        return Table("", {}, None)
    if any(pa.types.is_nested(field.type) for field in schema):
        return Table("", {}, None)
    paths = made.headers.table(names).paths
    if not made.headers.makes_complaints(names):
        raise SourceError(
            f"没有找到投诉内容这一列（现有：{excerpts(names)}）；在计划里用 mapping 指定",
            f"no column with the complaint's text ({excerpts(names)}); name it in the plan's mapping",
        )
    return Table("", dict(paths), None)


def _rows(batch: pa.RecordBatch, table: Table, column: str | None) -> list[Row]:
    if column is None:
        return [Row(0, 0, known(row), table=bool(table.paths)) for row in batch.to_pylist()]
    return [_parsed(value) for value in batch.column(column).to_pylist()]


def _parsed(value: object) -> Row:
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    if not isinstance(data, bytes) or not data.strip():
        problem = RowProblem("not-an-object", "应当是一个 JSON 对象 {…}", "expected a JSON object {…}")
        return Row(0, 0, None, problem)
    return parse(1, 1, data.strip(b" \t\r\n"))


def _batch(found: list[tuple[Row, Decided]], lang: str) -> pa.RecordBatch:
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    for row, decided in found:
        add, problem = decided.counted, decided.problem
        data = decided.data
        values = (
            decided.id,
            None if add is None else add.outcome,
            None if add is None else add.tier or None,
            None if add is None else [matter[0] for matter in add.matters],
            None if data is None else data.removesuffix(b"\n").decode("utf-8"),
            None if problem is None else problem.code,
            None if problem is None else problem.field,
            None if problem is None else problem.text(lang),
            None if problem is None else raw_of(row),
        )
        for name, value in zip(columns, values, strict=True):
            columns[name].append(value)
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)
