"""What deciding costs above the floor: decode a line, one pass of the automaton, encode. By hand: python bench/floor.py FILE.jsonl.

The floor does no more than any program must that reads complaints, looks for the pack's phrases and writes something: orjson,
ahocorasick-rs over the same phrases (all overlaps), orjson. `decide` is the whole: facts, rules, law, questions, reasons
in words, the contract as JSON. Times are CPU times, the best of several rounds taken in turn, so that a busy machine
disturbs both alike. `first` decides each text once with an engine that has decided nothing before (but for the first
hundred lines, which fill the tables of the pack); `anew` remembers nothing at all; `again` has met all of them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

import funnel
from funnel.engine._memory import Memory

ROUNDS = 5
WARM = 100


def timed(work: Callable[[bytes], object], lines: list[bytes]) -> list[float]:
    times = []
    for line in lines:
        begin = time.process_time_ns()
        work(line)
        times.append((time.process_time_ns() - begin) / 1000)
    return times


def engine(pack: funnel.Pack, *, remember: bool) -> Callable[[bytes], str]:
    made = funnel.Engine(pack)
    if not remember:
        object.__setattr__(made._compiled, "memory", Memory(0))

    def whole(line: bytes) -> str:
        return made.decide(orjson.loads(line)).model_dump_json()

    return whole


def main() -> None:
    lines = [line for line in Path(sys.argv[1]).read_bytes().splitlines() if line.strip()][:3000]
    start = time.perf_counter()
    pack = funnel.load_pack("cn-ecommerce")
    loaded = time.perf_counter() - start
    automaton = pack.lexicon._automaton

    def floor(line: bytes) -> bytes:
        row = orjson.loads(line)
        hits = automaton.find_matches_as_indexes(row["text"], overlapping=True)
        return orjson.dumps({"id": row["id"], "hits": len(hits)})

    met, anew = engine(pack, remember=True), engine(pack, remember=False)
    for line in lines:
        met(line)
    best: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        fresh = engine(pack, remember=True)
        for line in lines[:WARM]:
            fresh(line)
            anew(line)
        rounds = {"floor": floor, "decide, first": fresh, "decide, anew": anew, "decide, again": met}
        for name, work in rounds.items():
            times = timed(work, lines[WARM:])
            if name not in best or sum(times) < sum(best[name]):
                best[name] = times
    print(f"rows {len(lines) - WARM:,}, phrases {pack.lexicon.literal_count:,}, rules {len(pack.live_rules)}")
    mean = {name: sum(times) / len(times) for name, times in best.items()}
    for name, times in best.items():
        times.sort()
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        print(
            f"{name:<16}{1e6 / mean[name]:>10,.0f}/s{mean[name]:>9.1f} µs{p50:>9.1f} p50{p99:>9.1f} p99"
            f"{mean[name] / mean['floor']:>8.1f}x the floor"
        )
    print(f"pack load             {loaded:>12.2f} s")
    for name, code in (("funnel --help", ["--help"]), ("funnel explain TEXT", ["explain", "买了半个月还不发货"])):
        spans = []
        for _ in range(5):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-m", "funnel", *code], check=True, stdout=subprocess.DEVNULL)
            spans.append(time.perf_counter() - begin)
        print(f"{name:<21} {min(spans):>12.2f} s")


if __name__ == "__main__":
    main()
