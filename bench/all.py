"""Every measurement in one run and one table, each with its target beside it. By hand: python bench/all.py [--quick] [FILE.jsonl].

Without a file the complaints decided are those of `packs.py`, no two alike; with one, its lines (an id and a text each).
Engines that are not installed are said to be missing (pip install -e '.[bench,durable,arrow]'). Batches in one process and two,
and memory against rows, take minutes of their own: `batch_jobs.py` and `batch_memory.py`.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import floor
import matching
import orjson
import packs
import text

import funnel


class Wanted(NamedTuple):
    """Less of everything, for a look; and a file of complaints, if one was named."""

    quick: bool
    file: str | None


class Row(NamedTuple):
    """What was measured; the figure; its ratio against the target; whether that is met, None where there is no target."""

    what: str
    figure: str
    against: str = ""
    met: bool | None = None


def at_least(ratio: float, target: float, other: str) -> tuple[str, bool]:
    return f"{ratio:,.1f}x {other} (target {target:g}x)", ratio >= target


def at_most(ratio: float, target: float, other: str) -> tuple[str, bool]:
    return f"{ratio:,.2f}x {other} (target at most {target:g}x)", ratio <= target


def matching_rows(wanted: Wanted) -> Iterator[Row]:
    for size, found in matching.measured(
        [1000] if wanted.quick else [10, 100, 1000], 0.5 if wanted.quick else 1.5
    ).items():
        ours = found["funnel compiled"]["rate"]
        for name, f in found.items():
            what = f"matching, {size:,} rules: {name}"
            if isinstance(f, str):
                yield Row(what, f)
                continue
            figure = f"{f['rate']:,.0f}/s, p50 {f['p50']:,.1f} µs, p99 {f['p99']:,.1f} µs"
            if size == 1000 and name == "zen-engine":
                yield Row(what, figure, *at_least(ours / f["rate"], 20, "as fast is funnel"))
            elif size == 1000 and name == "durable-rules alone":
                yield Row(what, figure, *at_least(ours / f["rate"], 10, "as fast is funnel"))
            else:
                yield Row(
                    what, figure, "" if name == "funnel compiled" else f"{ours / f['rate']:,.1f}x as fast is funnel"
                )


def text_rows(_: Wanted) -> Iterator[Row]:
    for size, found in text.measured([1000, 5000]).items():
        base = found["ahocorasick-rs alone"]
        for name, f in found.items():
            what = f"text, {size:,} phrases: {name}"
            if isinstance(f, str):
                yield Row(what, f)
                continue
            figure = f"{1e6 / f['mean']:,.0f}/s, {f['mean']:,.1f} µs, p99 {f['p99']:,.1f} µs, {f['hits']:.1f} hits"
            ratio = (
                ""
                if isinstance(base, str) or f is base
                else f"{f['mean'] / base['mean']:,.1f}x the time of ahocorasick-rs"
            )
            yield Row(what, figure, ratio)


def deciding_rows(wanted: Wanted) -> Iterator[Row]:
    if wanted.file is not None:
        lines = [line for line in Path(wanted.file).read_bytes().splitlines() if line.strip()][
            : 600 if wanted.quick else 3000
        ]
    else:
        made = packs.complaints(funnel.load_pack("cn-ecommerce"), 300 if wanted.quick else 3000)
        lines = [orjson.dumps(row) for row in made]
    f = floor.measured(lines)
    yield Row("floor: decode, one pass of the automaton, encode", f"{1 / f['floor']:,.0f}/s")
    for name, what in (("whole", "first time"), ("anew", "nothing remembered"), ("again", "all met before")):
        figure = f"{1 / f[name]:,.0f}/s, p50 {f[f'{name} p50'] * 1e3:.2f} ms, p99 {f[f'{name} p99'] * 1e3:.2f} ms"
        against = at_most(f[name] / f["floor"], 4, "the floor's time")
        yield Row(f"decide, JSON line to JSON line, {what}", figure, *against)


def starting_rows(_: Wanted) -> Iterator[Row]:
    cpu, wall = floor.starting("--help")
    yield Row("funnel --help", _both(cpu, wall), *at_most(cpu / 0.2, 1, "of 0.2 s"))
    yield Row("funnel explain TEXT", _both(*floor.starting("explain", "买了半个月还不发货", times=3)))
    cpu, wall = floor.loading()
    yield Row("load of the shipped pack", _both(cpu, wall), *at_most(cpu / 0.3, 1, "of 0.3 s"))


def _both(cpu: float, wall: float) -> str:
    return f"{cpu:.2f} s on the processor, {wall:.2f} s by the clock"


def packs_rows(wanted: Wanted) -> Iterator[Row]:
    found = packs.measured([50, 500] if wanted.quick else list(packs.SIZES))
    first = next(iter(found.values()))
    for size, f in found.items():
        what = f"pack of {size:,} rules, {f['phrases']:,.0f} phrases"
        yield Row(f"{what}: load", f"{f['load']:.2f} s")
        yield Row(f"{what}: memory", f"{f['held']:,.0f} MB held, {f['peak']:,.0f} MB at the peak of the process")
        figure = f"{f['mean']:,.0f} µs, p50 {f['p50']:,.0f}, p99 {f['p99']:,.0f}, of it text {f['scan']:,.0f}; {f['matters']:.2f} matters"
        for name, what_, shown in (
            ("mean", "decide", figure),
            ("same", "decide the same complaints", f"{f['same']:,.0f} µs; {f['same matters']:.2f} matters"),
        ):
            against = at_most(f[name] / first[name], 2, f"that at {first['rules']:.0f} rules") if f is not first else ()
            yield Row(f"{what}: {what_}", shown, *against)


def main() -> None:
    files = [a for a in sys.argv[1:] if not a.startswith("--")]
    wanted = Wanted("--quick" in sys.argv, files[0] if files else None)
    cpu = next(
        (x.split(":")[1].strip() for x in _lines("/proc/cpuinfo") if x.startswith("model name")), platform.machine()
    )
    load = _lines("/proc/loadavg")
    print(f"{time.strftime('%d %B %Y')}, CPython {platform.python_version()}, {platform.system()}, {cpu}")
    print(f"load of the machine when it began: {load[0] if load else 'unknown'}\n")
    print("| what | figure | against | target |\n|---|---|---|---|")
    for part in (matching_rows, text_rows, deciding_rows, starting_rows, packs_rows):
        for row in part(wanted):
            met = "" if row.met is None else "met" if row.met else "**missed**"
            print(f"| {row.what} | {row.figure} | {row.against} | {met} |", flush=True)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


if __name__ == "__main__":
    main()
