"""Parquet files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from funnel.batch.rows import Row, RowProblem
from funnel.errors import SourceError

_BATCH = 4_096


_EVENTS = ("shipped_at", "cancelled_at")


def known(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its nulls, which in Parquet are no more than absent.

    As in CSV, an order that has a time of payment and the column of an event says by its null that the event has not happened.
    """
    found: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found[key] = {k: v for k, v in value.items() if v is not None}
            if key == "order" and "paid_at" in found[key]:
                found[key].update({event: value[event] for event in _EVENTS if event in value})
        elif value is not None:
            found[key] = value
    return found


def read_parquet(file: Any) -> tuple[tuple[str, ...], Iterator[Row], int]:
    """Headers, rows and how many there are. A file with nested columns (``order`` as a struct) is read as objects, and has no headers.

    Args:
        file: A path or a seekable binary file.

    Raises:
        ImportError: The extra ``arrow`` is not installed.
        SourceError: It cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415 (an extra)
    import pyarrow.parquet as pq  # noqa: PLC0415 (an extra)

    try:
        content = pq.ParquetFile(file)
    except (pa.ArrowException, OSError, ValueError):
        raise SourceError("读不出这个 Parquet 文件", "this Parquet file cannot be read") from None
    schema = content.schema_arrow
    nested = any(pa.types.is_nested(field.type) for field in schema)

    def rows() -> Iterator[Row]:
        number = 0
        try:
            for batch in content.iter_batches(batch_size=_BATCH):
                for row in batch.to_pylist():
                    number += 1
                    yield Row(number, number, known(row), table=not nested)
        except (pa.ArrowException, OSError, ValueError):
            problem = RowProblem(
                "broken-file",
                f"文件坏了，第 {number + 1} 行起读不出",
                f"the file is damaged; it cannot be read from row {number + 1} on",
            )
            yield Row(number + 1, number + 1, None, problem)
        finally:
            content.close()

    return () if nested else tuple(schema.names), rows(), content.metadata.num_rows
