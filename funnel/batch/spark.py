"""funnel inside Apache Spark: a data frame of complaints in, a data frame of decisions out. Needs the extra ``spark`` and Java.

Spark spreads, retries and writes; see ``docs/scale.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnel.batch.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

SCHEMA = "id string, outcome string, tier string, scenarios array<string>, decision string, code string, field string, reason string, raw string"
"""`funnel.batch.arrow.SCHEMA` in Spark's words."""


def decide_frame(frame: DataFrame, plan: Plan, *, column: str | None = None) -> DataFrame:
    """Decide every row of a data frame. Lazy, like any transformation.

    Args:
        frame: Complaints: columns of the contract or of a table, or JSON text in one column, such as ``value`` of
            ``spark.read.text``.
        plan: What to decide with; see `funnel.batch.plan.plan_for`. It travels to the executors with the task.
        column: The name of the column with JSON text; None: the columns are the complaint.

    Returns:
        A frame of `SCHEMA`, as many rows as came in. `funnel.batch.arrow.decide_batches` says what is in it, and what
        fails a task.

    Example:
        >>> lines = spark.read.text("complaints.jsonl")  # doctest: +SKIP
        >>> decide_frame(lines, plan_for(load_pack()), column="value").write.parquet("decided")  # doctest: +SKIP
    """

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from funnel.batch.arrow import decide_batches  # noqa: PLC0415 (in the executor's process)

        return decide_batches(batches, plan, column=column)

    return frame.mapInArrow(run, SCHEMA)
