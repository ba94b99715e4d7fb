"""Time of `decide` on a mixed batch: throughput, p50 and p99, and the parts of it. Run by hand: python bench/decide.py [FILE.jsonl].

A sample that is repeated would be found in memory, so that nothing is remembered but in the last line.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import orjson

import funnel
from funnel.engine._memory import Memory
from funnel.engine.decide import compile_pack, decide, reason

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "complaints.sample.csv"


def complaints() -> list[funnel.Complaint]:
    if len(sys.argv) > 1:
        lines = Path(sys.argv[1]).read_bytes().splitlines()
        return [funnel.Complaint.model_validate(orjson.loads(line)) for line in lines if line.strip()]
    from funnel.batch.assemble import Assembler
    from funnel.batch.headers import HeaderReader
    from funnel.batch.source import open_source

    source = open_source(SAMPLE)
    assembler = Assembler(HeaderReader(), {})
    paths = assembler.headers.table(source.headers).paths
    found = [assembler.assemble(row, paths)[0] for row in source.rows]
    source.close()
    return [c for c in found if c is not None]


def measure(name: str, work, items) -> None:
    times = []
    for item in items:
        start = time.perf_counter()
        work(item)
        times.append(time.perf_counter() - start)
    times.sort()
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
    print(f"{name:<28}{len(times) / sum(times):>12,.0f}/s{p50 * 1e6:>12,.0f} µs p50{p99 * 1e6:>12,.0f} µs p99")


def main() -> None:
    start = time.perf_counter()
    pack = funnel.load_pack("cn-ecommerce")
    print(f"load pack: {time.perf_counter() - start:.3f} s, {pack.lexicon.literal_count:,} phrases")
    compiled, remembering = compile_pack(pack), compile_pack(pack)
    object.__setattr__(compiled, "memory", Memory(0))
    items = complaints()
    items = (items * (2000 // len(items) + 1))[: max(2000, len(items))]
    day = funnel.Engine(pack)._day(items[0])
    measure("scan the text", lambda c: pack.lexicon.scan(c.text or "", received_on=day), items)
    measure("reason (facts, rules)", lambda c: reason(compiled, c, as_of=day), items)
    measure("decide (reasoned, in words)", lambda c: decide(compiled, c, as_of=day), items)
    measure("decide and encode", lambda c: decide(compiled, c, as_of=day).model_dump_json(), items)
    measure("the same, met before", lambda c: decide(remembering, c, as_of=day).model_dump_json(), items)


if __name__ == "__main__":
    main()
