"""Decide JSON Lines with Dask. Needs ``pip install "funnel[dask]"``.

Run: ``python examples/dask_batch.py 'complaints/*.jsonl' decided/``; give the address of a scheduler as a third argument to use
a cluster whose workers have funnel.
"""

import json
import sys
from pathlib import Path

import dask.bag
from distributed import Client

import funnel
from funnel.batch.dask import decide_bag
from funnel.batch.plan import plan_for


def main(source: str, target: str, scheduler: str | None = None) -> None:
    """Decide ``source`` into ``target``/decisions-*.jsonl (the contract) and ``target``/rejects-*.jsonl."""
    Path(target).mkdir(parents=True, exist_ok=True)
    plan = plan_for(funnel.load_pack("cn-ecommerce"))
    with Client(scheduler, threads_per_worker=1) if scheduler is None else Client(scheduler) as client:
        # A block of a megabyte makes some thirty of decisions, which a worker holds at once.
        lines = dask.bag.read_text(source, blocksize="1MB")
        decided = decide_bag(lines, plan)
        decisions = decided.filter(lambda item: item["decision"] is not None).pluck("decision")
        rejects = decided.filter(lambda item: item["decision"] is None).map(funnel_reject)
        writes = [
            *decisions.to_textfiles(f"{target}/decisions-*.jsonl", compute=False, last_endline=True),
            *rejects.to_textfiles(f"{target}/rejects-*.jsonl", compute=False, last_endline=True),
        ]
        # One computation: both are made from the same decisions. A task that fails is tried twice more.
        client.gather(client.compute(writes, retries=2))


def funnel_reject(item: dict[str, object]) -> str:
    """A line of the rejects file."""
    return json.dumps({key: item[key] for key in ("id", "code", "field", "reason", "raw")}, ensure_ascii=False)


if __name__ == "__main__":
    main(*sys.argv[1:4])
