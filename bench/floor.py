"""What deciding costs above the floor: decode a line, one pass of the automaton, encode. By hand: python bench/floor.py FILE.jsonl.

The floor does no more than any program must that reads complaints, looks for the pack's phrases and writes something: orjson,
ahocorasick-rs over the same phrases (all overlaps), orjson. `decide` is the whole: facts, rules, law, questions, reasons
in words, the contract as JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

import funnel
from funnel.engine._memory import Memory


def measured(lines: list[bytes]) -> dict[str, float]:
    """Seconds a line of the floor and of `decide`, the latter's spread, and what was counted.

    Times are this thread's on the processor. ``whole`` decides each line once with a fresh engine, ``anew`` with one that
    remembers nothing, ``again`` with one that has met every line before.
    """
    pack = funnel.load_pack("cn-ecommerce")
    automaton = pack.lexicon._automaton

    def floor(line: bytes) -> bytes:
        row = orjson.loads(line)
        hits = automaton.find_matches_as_indexes(row["text"], overlapping=True)
        return orjson.dumps({"id": row["id"], "hits": len(hits)})

    found = {"lines": len(lines), "phrases": pack.lexicon.literal_count, "rules": len(pack.live_rules)}
    found["floor"] = min(sum(timed(floor, lines)) for _ in range(3)) / len(lines)
    met = deciding(pack, remember=True)
    for name, whole in (("whole", met), ("anew", deciding(pack, remember=False)), ("again", met)):
        whole(b'{"id": "first", "text": "x"}')
        times = sorted(timed(whole, lines))
        found[name] = sum(times) / len(times)
        found[f"{name} p50"], found[f"{name} p99"] = times[len(times) // 2], times[int(len(times) * 0.99)]
    return found


def timed(work: Callable[[bytes], object], lines: list[bytes]) -> list[float]:
    """Seconds on the processor for each line."""
    times = []
    for line in lines:
        start = time.thread_time()
        work(line)
        times.append(time.thread_time() - start)
    return times


def deciding(pack: funnel.Pack, *, remember: bool) -> Callable[[bytes], str]:
    """From a JSON line to a JSON line, with an engine of its own."""
    engine = funnel.Engine(pack)
    if not remember:
        object.__setattr__(engine._compiled, "memory", Memory(0))

    def whole(line: bytes) -> str:
        return engine.decide(orjson.loads(line)).model_dump_json()

    return whole


def starting(*code: str, times: int = 7) -> tuple[float, float]:
    """Seconds of `funnel CODE…` as a process: on the processor, and by the clock; the least of some."""
    spans = []
    for _ in range(times):
        before, begin = os.times(), time.perf_counter()
        subprocess.run([sys.executable, "-m", "funnel", *code], check=True, stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - begin, os.times()
        spans.append(
            (after.children_user - before.children_user + after.children_system - before.children_system, wall)
        )
    return min(cpu for cpu, _ in spans), min(wall for _, wall in spans)


_LOAD = """
import resource, time
def spent():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime
import funnel
load = funnel.load_pack
before, start = spent(), time.perf_counter()
load("cn-ecommerce")
print(spent() - before, time.perf_counter() - start)
"""


def loading(times: int = 7) -> tuple[float, float]:
    """Seconds of a process's first `load_pack` of the shipped pack: on the processor, and by the clock; the least of some."""
    command = [sys.executable, "-c", _LOAD]
    made = [subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() for _ in range(times)]
    return min(float(cpu) for cpu, _ in made), min(float(wall) for _, wall in made)


def main() -> None:
    lines = [line for line in Path(sys.argv[1]).read_bytes().splitlines() if line.strip()][:3000]
    f = measured(lines)
    print(f"rows {f['lines']:,}, phrases {f['phrases']:,}, rules {f['rules']}")
    print(f"floor                 {1 / f['floor']:>12,.0f}/s")
    for name, what in (("whole", "decide, first time"), ("anew", "nothing remembered"), ("again", "all met before")):
        print(f"{what:<21} {1 / f[name]:>12,.0f}/s   {f[name] / f['floor']:,.1f}x the floor's time")
        print(f"                      p50 {f[f'{name} p50'] * 1e3:.2f} ms, p99 {f[f'{name} p99'] * 1e3:.2f} ms")
    cpu, wall = loading()
    print(f"pack load             {cpu:>12.2f} s on the processor, {wall:.2f} s by the clock")
    for name, code in (("funnel --help", ["--help"]), ("funnel explain TEXT", ["explain", "买了半个月还不发货"])):
        cpu, wall = starting(*code)
        print(f"{name:<21} {cpu:>12.2f} s on the processor, {wall:.2f} s by the clock")


if __name__ == "__main__":
    main()
