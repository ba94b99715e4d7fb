"""funnel inside Dask: a bag of complaints in, a bag of decisions out. Needs the extra ``dask``.

Dask spreads, retries and writes; see ``docs/scale.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import dask
import orjson
import pyarrow as pa

from funnel.batch.arrow import decide_batches
from funnel.batch.plan import Plan

if TYPE_CHECKING:
    from dask.bag import Bag

_ROWS = 256


def decide_bag(bag: Bag, plan: Plan) -> Bag:
    """Decide every item of a bag. Lazy, like any transformation, and in order.

    Args:
        bag: Complaints: JSON text, such as the lines of ``dask.bag.read_text``, or mappings in the contract's shape.
        plan: What to decide with; see `funnel.batch.plan.plan_for`. It travels to each worker once.

    Returns:
        A bag of dictionaries, one for each item; `funnel.batch.arrow.SCHEMA` says what is in them, and
        `funnel.batch.arrow.decide_batches` what fails a task.

    Example:
        >>> lines = dask.bag.read_text("complaints-*.jsonl", blocksize="1MB")  # doctest: +SKIP
        >>> decided = decide_bag(lines, plan_for(load_pack()))  # doctest: +SKIP
        >>> lines = decided.filter(lambda d: d["decision"]).pluck("decision")  # doctest: +SKIP
        >>> lines.to_textfiles("decided-*.jsonl", last_endline=True)  # doctest: +SKIP
    """
    # One value that tasks refer to; as an argument it would be in the graph once a partition.
    return bag.map_partitions(_decide, dask.delayed(plan, traverse=False))


def _decide(items: Iterable[Any], plan: Plan) -> list[dict[str, Any]]:
    # A list: Dask sends partitions from worker to worker, and a generator that it cannot send is waited for without end.
    batches = decide_batches(_batches(items), plan, column="complaint")
    return [item for batch in batches for item in batch.to_pylist()]


def _batches(items: Iterable[Any]) -> Iterator[pa.RecordBatch]:
    source = iter(items)
    while some := list(islice(source, _ROWS)):
        texts = [item if isinstance(item, str | bytes) else orjson.dumps(item) for item in some]
        values = [text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for text in texts]
        yield pa.RecordBatch.from_pydict({"complaint": pa.array(values, pa.binary())})
