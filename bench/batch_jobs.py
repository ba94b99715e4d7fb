"""A batch in one process and in two, against the floor of the same run. By hand: python bench/batch_jobs.py FILE.jsonl [ROWS].

ROWS complaints (default 6,000) are made of the texts in FILE, repeated and renumbered, as JSON Lines and as CSV, in a temporary
folder. The floor decodes each row, passes the pack's automaton over its text once and encodes a line: orjson, or the standard
csv module, in one process. All are whole programs, started anew and timed from outside, in turn, and the fastest of three
rounds counts; the seconds of processor time tell how much a busy machine has to do with it.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
FLOOR = """
import csv, sys
from pathlib import Path
import orjson
import funnel
automaton = funnel.load_pack("cn-ecommerce").lexicon._automaton
source, target = sys.argv[1:3]
import time
start = time.perf_counter()
with open(target, "wb") as out:
    if source.endswith(".csv"):
        with open(source, encoding="utf-8", newline="") as file:
            for id_, text, _ in csv.reader(file):
                hits = automaton.find_matches_as_indexes(text, overlapping=True)
                out.write(orjson.dumps({"id": id_, "hits": len(hits)}) + b"\\n")
    else:
        with open(source, "rb") as file:
            for line in file:
                row = orjson.loads(line)
                hits = automaton.find_matches_as_indexes(row["text"], overlapping=True)
                out.write(orjson.dumps({"id": row["id"], "hits": len(hits)}) + b"\\n")
print(time.perf_counter() - start)
"""


def make(texts: list[str], rows: int, path: Path) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["投诉编号", "投诉内容", "商品类目"])
            writer.writerows([f"n{n}", texts[n % len(texts)], ""] for n in range(rows))
        return
    with path.open("w", encoding="utf-8") as file:
        for n in range(rows):
            file.write(json.dumps({"id": f"n{n}", "text": texts[n % len(texts)]}, ensure_ascii=False) + "\n")


def timed(command: list[str]) -> tuple[float, float, int, str]:
    """Seconds on the clock, of the processor (children included), peak MB of the largest process, and output."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"failed: {command}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, output


def main() -> None:
    texts = [json.loads(line)["text"] for line in Path(sys.argv[1]).read_text("utf-8").splitlines() if line.strip()]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 6_000
    print(f"{rows:,} rows; load before {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        floor = root / "floor.py"
        floor.write_text(FLOOR)
        for suffix in ("jsonl", "csv"):
            source, out = root / f"c.{suffix}", root / "d.jsonl"
            make(texts, rows, source)
            run = [sys.executable, "-m", "funnel", "run", str(source), "-o", str(out), "--format", "json"]
            kinds = {
                "floor": [sys.executable, str(floor), str(source), str(root / "f.jsonl")],
                "one process": [*run, "--jobs", "1", "--checkpoint-every", "1000000000"],
                "one, checkpoint each 5,000": [*run, "--jobs", "1"],
                "one, checkpoint each 500": [*run, "--jobs", "1", "--checkpoint-every", "500"],
                "two processes": [*run, "--jobs", "2"],
            }
            best: dict[str, tuple[float, float, int, float]] = {}
            kept: dict[str, bytes] = {}
            for _ in range(ROUNDS):
                for name, command in kinds.items():
                    seconds, cpu, memory, output = timed(command)
                    inner = float(output) if name == "floor" else json.loads(output)["seconds"]
                    before = best.get(name, (1e9, 1e9, 0, 1e9))
                    best[name] = (min(seconds, before[0]), min(cpu, before[1]), max(memory, before[2]), min(inner, before[3]))  # fmt: skip
                    if name != "floor":
                        kept[name] = out.read_bytes()
            if len(set(kept.values())) != 1:
                sys.exit("the outputs differ")
            print(
                f"\n{suffix} to jsonl{'':<22}{'rows/s':>9}{'whole s':>9}{'inside s':>9}{'cpu s':>8}{'MB':>6}{'times floor':>13}"
            )
            for name, (seconds, cpu, memory, inner) in best.items():
                print(f"  {name:<34}{rows / inner:>9,.0f}{seconds:>9.2f}{inner:>9.2f}{cpu:>8.2f}{memory:>6}{inner / best['floor'][3]:>13.0f}")  # fmt: skip
            print(f"  two processes are {best['one process'][3] / best['two processes'][3]:.2f} times as fast as one")
    print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
