"""What deciding costs above the floor: decode a line, one pass of the automaton, encode. By hand: python bench/floor.py FILE.jsonl.

The floor does no more than any program must that reads complaints, looks for the pack's phrases and writes something: orjson,
ahocorasick-rs over the same phrases (all overlaps), orjson. `decide` is the whole: facts, rules, law, questions, reasons
in words, the contract as JSON.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import orjson

import funnel


def rate(work, lines: list[bytes], repeat: int = 3) -> float:
    best = 0.0
    for _ in range(repeat):
        start = time.perf_counter()
        for line in lines:
            work(line)
        best = max(best, len(lines) / (time.perf_counter() - start))
    return best


def main() -> None:
    lines = [line for line in Path(sys.argv[1]).read_bytes().splitlines() if line.strip()][:3000]
    start = time.perf_counter()
    pack = funnel.load_pack("cn-ecommerce")
    loaded = time.perf_counter() - start
    engine = funnel.Engine(pack)
    automaton = pack.lexicon._automaton

    def floor(line: bytes) -> bytes:
        row = orjson.loads(line)
        hits = automaton.find_matches_as_indexes(row["text"], overlapping=True)
        return orjson.dumps({"id": row["id"], "hits": len(hits)})

    def whole(line: bytes) -> str:
        return engine.decide(orjson.loads(line)).model_dump_json()

    low, high = rate(floor, lines), rate(whole, lines)
    times = []
    for line in lines:
        begin = time.perf_counter()
        whole(line)
        times.append(time.perf_counter() - begin)
    times.sort()
    print(f"rows {len(lines):,}, phrases {pack.lexicon.literal_count:,}, rules {len(pack.live_rules)}")
    print(f"floor                 {low:>12,.0f}/s")
    print(f"decide, line to line  {high:>12,.0f}/s   {low / high:,.1f}x the floor's time")
    print(
        f"                      p50 {times[len(times) // 2] * 1e3:.2f} ms, p99 {times[int(len(times) * 0.99)] * 1e3:.2f} ms"
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
