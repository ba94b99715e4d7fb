"""Packs of many rules: what loading them, holding them and deciding by them costs. By hand: python bench/packs.py [50 500 2000].

A pack of N rules is made in a temporary folder from the shipped one. Its rules with their signals are taken in turn as
shapes; from the second turn on, each copy has an id, a scenario and signals of its own, and each of its phrases has the
copy's own word of two characters at one end, drawn at random, as the same trouble with one more kind of goods would be
written. So phrases grow with rules, while one end of half of them is shared with every other turn. Vocabulary, law and gates
stay. The seed is fixed: the same N gives the same files.

Complaints are the sample's, and in turn with them a sentence that a rule of that pack, drawn at random, is recognised by. A
small pack has nothing to say of many of the sample's, and the words of a copy are the words of its shape too: complaints
come to more matters in large packs, which cost more whatever the size. So a second figure, ``same``, is of the same complaints
in each pack: those that only rules of the smallest pack are recognised by. No two complaints are alike and each is decided
once, so that nothing is answered from memory. Times are this thread's time on the processor.
Each size is measured in a process of its own, since memory does not come back.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPO = Path(__file__).resolve().parents[1]
SHIPPED = REPO / "rules" / "cn-ecommerce"
SAMPLE = REPO / "examples" / "complaints.sample.csv"
SIZES = (50, 500, 2000)
FOLDERS = ("vocabulary", "signals", "statutes", "conditions", "likeness")
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar as written
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TURN, _WORD = "TURN", "WORD"


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (it makes nothing but texts)


def _text(data: Any) -> str:
    return yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=200)


def _named(condition: Any) -> Iterator[tuple[str, str]]:
    """Signals and grievances that a condition names."""
    if isinstance(condition, dict):
        for key, value in condition.items():
            if key in {"signal", "grievance", "grievances"}:
                values = next(iter(value.values())) if isinstance(value, dict) else value
                for name in values if isinstance(values, list) else [values]:
                    yield key.removesuffix("s"), name
            elif key.startswith("signal."):
                yield "signal", key.removeprefix("signal.")
            else:
                yield from _named(value)
    elif isinstance(condition, list):
        for item in condition:
            yield from _named(item)


def _cut(data: dict, kept: set[str]) -> dict:
    """A rule without what it says of rules that are not there."""
    for field, other in (("overrides", "rule"), ("accepted", "with")):
        left = [item for item in data.pop(field, []) if item.get(other, next(iter(kept))) in kept]
        if left:
            data[field] = left
    return data


class Shapes:
    """The shipped rules in a fixed order, each with the signals that recognise it."""

    def __init__(self) -> None:
        self.signals: dict[str, dict] = {}
        self.files: dict[Path, dict] = {}
        for path in sorted((SHIPPED / "signals").glob("*.yaml")):
            self.files[path] = _read(path)
            self.signals |= self.files[path].get("signals", {})
        raising: dict[str, list[str]] = {}
        for name, signal in self.signals.items():
            grievances = signal.get("sets", {}).get("grievances", [])
            for grievance in grievances if isinstance(grievances, list) else [grievances]:
                raising.setdefault(grievance, []).append(name)
        self.rules: dict[str, tuple[Path, dict, tuple[str, ...]]] = {}
        for path in sorted(SHIPPED.rglob("*.yaml")):
            below = path.relative_to(SHIPPED)
            if len(below.parts) == 1 or below.parts[0] in FOLDERS:
                continue
            data = _read(path)
            names = {
                name
                for kind, word in _named(data["recognise"])
                for name in ([word] if kind == "signal" else raising.get(word, []))
            }
            self.rules[data["id"]] = (below, data, tuple(sorted(names)))

    def order(self) -> list[str]:
        ids = sorted(self.rules)
        random.Random(0).shuffle(ids)
        return ids


def make(folder: Path, count: int) -> Path:
    """Write a pack of ``count`` rules into ``folder`` and return where it is."""
    shapes, rnd = Shapes(), random.Random(count)
    root = folder / SHIPPED.name
    order = shapes.order()
    kept = set(order[:count])
    shutil.copytree(SHIPPED, root, ignore=lambda _, names: [n for n in names if n == "signals"])
    (root / "signals").mkdir()
    if count < len(order):
        (root / "likeness.json").unlink()  # it knows rules that are not there
    used = {name for id_ in kept for _, data, _ in [shapes.rules[id_]] for _, name in _named(data)}
    used |= {name for id_ in kept for name in shapes.rules[id_][2]}
    used |= {name for _, name in _named(_read(SHIPPED / "gates.yaml"))}
    used |= {part for name in used if name in shapes.signals for part in shapes.signals[name].get("all", ())}
    only_dropped = {n for id_ in order[count:] for n in shapes.rules[id_][2]} - used
    for path, data in shapes.files.items():
        if count < len(order) and "signals" in data:
            data["signals"] = {n: s for n, s in data["signals"].items() if n not in only_dropped}
        (root / "signals" / path.name).write_text(_text(data), encoding="utf-8")
    for id_, (below, data, _) in shapes.rules.items():
        if id_ in kept:
            (root / below).write_text(_text(_cut(dict(data), kept)), encoding="utf-8")
        else:
            (root / below).unlink()
    copied = [id_ for id_ in order if shapes.rules[id_][2]]
    templates = {id_: _template(shapes, id_) for id_ in copied} if count > len(order) else {}
    for number in range(count - len(order)):
        id_ = copied[number % len(copied)]
        turn, below = f"k{1 + number // len(copied)}", shapes.rules[id_][0]
        word = "".join(chr(rnd.randrange(0x4E00, 0x9FA0)) for _ in range(2))
        rule, signals = templates[id_]
        path = root / below.with_stem(f"{below.stem}-{turn}")
        path.write_text(rule.replace(_TURN, turn), encoding="utf-8")
        text = re.sub(
            f"{_WORD}([^\n]*?){_WORD}",
            lambda m, w=word: f"{w}{m[1]}" if rnd.random() < 0.5 else f"{m[1]}{w}",
            signals.replace(_TURN, turn),
        )
        (root / "signals" / f"{id_.replace('.', '_')}_{turn}.yaml").write_text(text, encoding="utf-8")
    return root


def _template(shapes: Shapes, id_: str) -> tuple[str, str]:
    _, data, names = shapes.rules[id_]
    suffix = f"{id_.replace('.', '_')}_{_TURN}"  # two rules may share a signal
    data = {k: v for k, v in data.items() if k not in {"overrides", "accepted", "matter", "out_of_scope"}}
    data |= {
        "id": f"{id_}-{_TURN}",
        "scenario": f"{data['scenario']}_{_TURN}",
        "recognise": {"signal": [f"{name}_{suffix}" for name in names]},
    }
    data.pop("remark", None)  # its signals and grievances are the shipped ones
    parts = {part for name in names for part in shapes.signals[name].get("all", ())}
    signals = {f"{name}_{suffix}": _turned(shapes.signals[name], suffix) for name in sorted({*names, *parts})}
    return _text(data), "\n".join(
        json.dumps({"funnel": "1", "signals": signals}, ensure_ascii=False, indent=1).splitlines()
    )


def _turned(signal: dict, suffix: str) -> dict:
    found = {k: v for k, v in signal.items() if k not in {"sets", "phrases", "all"}}
    if "phrases" in signal:
        found["phrases"] = [f"{_WORD}{phrase}{_WORD}" for phrase in signal["phrases"]]
    if "all" in signal:
        found["all"] = [f"{part}_{suffix}" for part in signal["all"]]
    return found


def complaints(pack: Any, count: int = 600) -> list[dict]:
    """The sample's texts, in turn with sentences that the pack has phrases for."""
    rnd = random.Random(1)
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    column = max(range(len(rows[0])), key=lambda c: sum(len(row[c]) for row in rows[1:]))
    texts = [row[column] for row in rows[1:] if row[column].strip()]
    by_rule = [found for rule in pack.live_rules if (found := _phrases_of(pack, rule))]
    made = []
    for number in range(count):
        said = "".join(rnd.choice(segment) for segment in rnd.choice(rnd.choice(by_rule)).segments)
        row = {"id": f"c{number}", "text": f"{texts[number % len(texts)] if number % 2 else said}，付了{number + 20}元"}
        made.append(row | {"received_at": "2026-11-10T09:00:00+08:00"})
    return made


def same_complaints(pack: Any, count: int = 600) -> list[dict]:
    """Complaints that only rules of the smallest pack are recognised by; the same whatever the size, given the shipped pack."""
    import funnel

    kept, engine = set(Shapes().order()[: SIZES[0]]), funnel.Engine(pack)
    candidates = complaints(pack, 8 * count)
    return [row for row in candidates if engine.reason(row).recognised.keys() <= kept][:count]


def _phrases_of(pack: Any, rule: Any) -> list[Any]:
    from funnel.pack.model import leaves_of

    named = {test.fact: test.constant for test in leaves_of(rule.recognise)}
    return [
        phrase
        for signal in pack.lexicon.signals.values()
        if f"signal.{signal.id}" in named
        or any(n == "grievances" and isinstance(v, frozenset) and v & named.get(n, frozenset()) for n, v in signal.sets)
        for phrase in signal.phrases
    ]


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _peak() -> float:
    # Not ru_maxrss, which begins with what the process had that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def measure(root: str) -> dict[str, float]:
    """Load, hold and decide by one pack, in this process."""
    import funnel

    load, engine_of = funnel.load_pack, funnel.Engine  # their modules are loaded here, before anything is timed
    before, spans = _rss(), []
    for _ in range(3):
        start = time.process_time()
        pack = load(root)
        spans.append(time.process_time() - start)
        if spans[0] > 5:
            break
    held = _rss() - before
    start = time.process_time()
    engine_of(pack)
    compiled = time.process_time() - start
    peak = _peak()
    items = [funnel.Complaint.model_validate(row) for row in complaints(pack)]
    same = [funnel.Complaint.model_validate(row) for row in same_complaints(load(SHIPPED))]
    times, matters = _decided(engine_of, pack, items)
    alike, alike_matters = _decided(engine_of, pack, same)
    scan: list[float] = []
    for item in items:
        start = time.thread_time()
        pack.lexicon.scan(item.text or "")
        scan.append(time.thread_time() - start)
    return {
        "rules": len(pack.rules),
        "phrases": pack.lexicon.literal_count,
        "load": min(spans),
        "engine": compiled,
        "held": held,
        "peak": peak,
        "mean": statistics.mean(times) * 1e6,
        "p50": statistics.median(times) * 1e6,
        "p99": times[int(len(times) * 0.99) - 1] * 1e6,
        "scan": statistics.mean(scan) * 1e6,
        "matters": matters / len(items),
        "same": statistics.mean(alike) * 1e6,
        "same matters": alike_matters / len(same),
    }


def _decided(engine_of: Any, pack: Any, items: list[Any]) -> tuple[list[float], int]:
    """What deciding each took, from the least on, and how many matters there were: the best round of three.

    Each round is an engine's first: it has met one complaint before.
    """
    rounds = []
    for _ in range(3):
        engine = engine_of(pack)
        engine.decide(items[0])
        times, matters = [], 0
        for item in items:
            start = time.thread_time()
            decision = engine.decide(item)
            times.append(time.thread_time() - start)
            matters += len(decision.matters)
        rounds.append((sorted(times), matters))
    return min(rounds, key=lambda found: sum(found[0]))


def measured(sizes: list[int]) -> dict[int, dict[str, float]]:
    """Figures by size, each from a process of its own."""
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = make(Path(folder), size)
            command = [sys.executable, __file__, "--pack", str(root)]
            found[size] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    if sys.argv[1:2] == ["--pack"]:
        print(json.dumps(measure(sys.argv[2])))
        return
    if sys.argv[1:2] == ["--make"]:
        print(make(Path(sys.argv[2]), int(sys.argv[3])))
        return
    found = measured([int(a) for a in sys.argv[1:]] or list(SIZES))
    print(
        f"{'rules':>6}{'phrases':>10}{'load s':>8}{'engine s':>10}{'held MB':>9}{'peak MB':>9}"
        f"{'decide µs':>11}{'p50':>8}{'p99':>8}{'of it scan':>12}{'matters':>9}{'same µs':>10}{'matters':>9}"
    )
    for f in found.values():
        print(
            f"{f['rules']:>6.0f}{f['phrases']:>10,.0f}{f['load']:>8.2f}{f['engine']:>10.2f}{f['held']:>9.0f}{f['peak']:>9.0f}"
            f"{f['mean']:>11,.0f}{f['p50']:>8,.0f}{f['p99']:>8,.0f}{f['scan']:>12,.0f}{f['matters']:>9.2f}"
            f"{f['same']:>10,.0f}{f['same matters']:>9.2f}"
        )


if __name__ == "__main__":
    main()
