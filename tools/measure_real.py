"""Hold the pack against labelled real texts: what it recognises rightly, what it misses, which gates it opens.

Usage, from the repository:

    python tools/measure_real.py --texts DIR [--details [--show]] [--pack NAME] [--labels FILE…] [--as-of DATE] [--json]

``DIR`` holds the files that the labels name (``complaints.jsonl``, ``reviews.jsonl``): one complaint a line, in the
contract's shape. For the invented sets that is ``scenarios/cn-ecommerce/invented``, with its own ``--labels``. The real
texts are no part of this repository; the labels, and what they mean, are in ``scenarios/cn-ecommerce/real/``.
``--details`` lists ids of the rows behind every figure that is not a success; ``--show`` prints their texts too: do not
keep that output. Neither says anything of the rows that are held out: whoever has seen which of them fail can write
phrases for them, and then nothing is held out. ``--json`` gives the figures for machines.

How it counts. A scenario is recognised in a row if the decision has a matter with that scenario (out-of-scope matters are
counted apart). *Strict*: only the scenarios that the label states are right. *Lenient*: ``maybe`` is right as
well. *Covered*: the pack has a rule of that scenario that takes part in decisions. Recall is over rows that state a covered
grievance: *main* asks for the main scenario (over rows whose main scenario is covered), *any* for any stated one, *certain*
is main over rows that are not doubtful. *Recognised or suggested* counts as found what is suggested by name, to the consumer as a
question or to a person, because no rule recognises the words and the text reads like it; how often that is right stands below it.
A matter that is only presumed counts as recognised. Parts are never added up:
``random``, ``dev``, ``read``, ``read2`` and those held out are each a fair sample of their file, the others are not. Of the real rows only those held
out are fair: the pack has learnt from the others (``funnel learn --history``), as phrases were written for them before.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import funnel

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT / "scenarios" / "cn-ecommerce" / "real"
LABELS = tuple(
    REAL / f"{name}.jsonl"
    for name in (
        "labels",
        *(f"labels-{part}" for part in ("dev", "read", "read2", "heldout", "heldout2", "heldout3", "heldout4")),
    )
)
PARTS = (
    "all",
    "random",
    "keyword",
    "dev",
    "read",
    "read2",
    "heldout",
    "heldout2",
    "heldout3",
    "heldout4",
    "invented-dev",
    "invented-heldout",
)
HELD_OUT = frozenset({"heldout", "heldout2", "heldout3", "heldout4", "invented-heldout"})
TITLES = {
    "random": "random sample: the fair one",
    "keyword": "chosen by words: not a fair sample",
    "dev": "a later random sample, labelled blind: dev, may be read row by row and written for",
    "heldout": "a later random sample, labelled blind: held out, figures only",
    "read": "a great random sample, labelled blind: learnt from",
    "heldout2": "a random sample, what two blind readers both state: held out, figures only",
    "read2": "the rest of the reviews, labelled blind: learnt from",
    "heldout3": "a later random sample, labelled blind: held out, figures only",
    "heldout4": "the newest random sample, labelled blind: held out, figures only",
    "invented-dev": "invented texts, hard on purpose: dev, may be read row by row and written for",
    "invented-heldout": "invented texts, hard on purpose: held out, figures only",
}
GATES = ("injury", "minor", "elder", "crime", "group", "professional", "litigation-or-media", "never-settled")
OUTSIDE = "out_of_scope_"
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader says a row states. See the folder's README for the fields."""

    file: str
    id: str
    part: str
    scenarios: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    doubtful: bool = False
    gates: tuple[str, ...] = ()
    gates_maybe: tuple[str, ...] = ()
    out_of_scope: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Label:
        """Read one line; a name that is not known is an error, because it would silently count as nothing."""
        lists = {"scenarios", "maybe", "gates", "gates_maybe"}
        label = cls(**{key: tuple(value) if key in lists else value for key, value in row.items()})
        if label.part not in PARTS:
            raise ValueError(f"{label.file} {label.id}: part must be one of {', '.join(PARTS)}, not {label.part!r}")
        if wrong := {*label.gates, *label.gates_maybe} - set(GATES):
            raise ValueError(f"{label.file} {label.id}: no such gate: {', '.join(sorted(wrong))}")
        return label


@dataclass(frozen=True, slots=True)
class Seen:
    """What the program says of a row. ``suggested``: the scenarios that it reads like, where no rule recognises its words."""

    scenarios: frozenset[str] = frozenset()
    outside: frozenset[str] = frozenset()
    gates: frozenset[str] = frozenset()
    outcome: str = "refer"
    suggested: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the Wilson interval at 95 %."""

    of: int
    hit: int

    @property
    def rate(self) -> float | None:
        return self.hit / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The bounds; None of an empty sample, which says nothing."""
        if not self.of:
            return None
        p, z2 = self.hit / self.of, Z95 * Z95
        centre = (p + z2 / (2 * self.of)) / (1 + z2 / self.of)
        half = Z95 / (1 + z2 / self.of) * math.sqrt(p * (1 - p) / self.of + z2 / (4 * self.of * self.of))
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        if self.interval is None:
            return f"{self.hit:4d}/{self.of:<4d}    –            "
        low, high = self.interval
        return f"{self.hit:4d}/{self.of:<4d} {self.hit / self.of:6.1%} [{low:4.0%}, {high:4.0%}]"

    def to_json(self) -> dict[str, Any]:
        return {"hit": self.hit, "of": self.of, "rate": self.rate, "interval": self.interval}


@dataclass(slots=True)
class Measure:
    """The figures of one part."""

    rows: int = 0
    stated: int = 0
    covered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    precision: dict[str, dict[str, Share]] = field(default_factory=dict)
    precision_all: dict[str, Share] = field(default_factory=dict)
    silent: dict[str, Share] = field(default_factory=dict)
    suggested: dict[str, Share] = field(default_factory=dict)
    recall: dict[str, Share] = field(default_factory=dict)
    recall_by: dict[str, Share] = field(default_factory=dict)
    gates: dict[str, dict[str, int]] = field(default_factory=dict)
    outside: Counter[tuple[str, str]] = field(default_factory=Counter)
    uncovered: Counter[str] = field(default_factory=Counter)
    details: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def measure(pairs: Sequence[tuple[Label, Seen]], covered: Iterable[str]) -> Measure:
    """Count one part's rows. Pure: labels and what was seen in, figures out."""
    known = frozenset(covered)
    out = Measure(rows=len(pairs), outcomes=Counter(seen.outcome for _, seen in pairs))
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    lenient: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    tally: Counter[str] = Counter()
    for label, seen in pairs:
        states, may = set(label.scenarios), {*label.scenarios, *label.maybe}
        _precision(label, seen, (found, right, lenient), out)
        if seen.suggested:
            tally["suggested"] += 1
            tally["rightly"] += bool(may & seen.suggested)
        if not states:
            # A row without a grievance ought to stay unrecognised; one with `maybe` only is nobody's fault.
            tally["silent"] += 1
            tally["silent hit"] += not seen.scenarios
            if not may:
                tally["surely silent"] += 1
                tally["surely silent hit"] += not seen.scenarios
        else:
            out.stated += 1
            if label.scenarios[0] not in known:
                out.uncovered[label.scenarios[0]] += 1
        if states & known:
            out.covered += 1
            tally["any hit"] += bool(states & seen.scenarios)
            tally["lenient hit"] += bool(may & seen.scenarios)
            if not states & seen.scenarios:
                out.details["missed altogether"].append(f"{label.id} {','.join(label.scenarios)}")
        if states and label.scenarios[0] in known:
            main = label.scenarios[0]
            tally["main"] += 1
            tally["main hit"] += main in seen.scenarios
            tally["reached"] += main in seen.scenarios | seen.suggested
            if not label.doubtful:
                tally["certain"] += 1
                tally["certain hit"] += main in seen.scenarios
            if main not in seen.scenarios and states & seen.scenarios:
                out.details["main scenario missed, another found"].append(f"{label.id} {main}")
        for scenario in states & known:
            stated[scenario] += 1
            hit[scenario] += scenario in seen.scenarios
        _outside(label, seen, out)
    for scenario in sorted(known | set(found)):
        n = found[scenario]
        out.precision[scenario] = {"strict": Share(n, right[scenario]), "lenient": Share(n, lenient[scenario])}
        out.recall_by[scenario] = Share(stated[scenario], hit[scenario])
    out.precision_all = {
        "strict": Share(found.total(), right.total()),
        "lenient": Share(found.total(), lenient.total()),
    }
    out.silent = {
        "states none": Share(tally["silent"], tally["silent hit"]),
        "states none, nor maybe": Share(tally["surely silent"], tally["surely silent hit"]),
    }
    out.recall = {
        "main": Share(tally["main"], tally["main hit"]),
        "any": Share(out.covered, tally["any hit"]),
        "any, lenient": Share(out.covered, tally["lenient hit"]),
        "main, certain rows": Share(tally["certain"], tally["certain hit"]),
        "main, recognised or suggested": Share(tally["main"], tally["reached"]),
    }
    out.suggested = {"right or maybe among them": Share(tally["suggested"], tally["rightly"])}
    out.gates = _gates(pairs, out)
    return out


def _precision(label: Label, seen: Seen, counts: tuple[Counter[str], Counter[str], Counter[str]], out: Measure) -> None:
    found, right, lenient = counts
    for scenario in sorted(seen.scenarios):
        found[scenario] += 1
        right[scenario] += scenario in label.scenarios
        lenient[scenario] += scenario in label.scenarios or scenario in label.maybe
        if scenario not in label.scenarios:
            kind = "recognised, only maybe" if scenario in label.maybe else "recognised wrongly"
            out.details[kind].append(f"{label.id} {scenario} (stated: {','.join(label.scenarios) or '–'})")


def _outside(label: Label, seen: Seen, out: Measure) -> None:
    if label.out_of_scope is None and not seen.outside:
        return
    wanted, got = label.out_of_scope or "in scope", ",".join(sorted(seen.outside)) or "in scope"
    out.outside[wanted, got] += 1
    if wanted != got:
        out.details["out of scope, confused"].append(f"{label.id} label: {wanted}, program: {got}")


def _gates(pairs: Sequence[tuple[Label, Seen]], out: Measure) -> dict[str, dict[str, int]]:
    table = {}
    for gate in GATES:
        count = Counter[str]()
        for label, seen in pairs:
            wanted, arguable, opened = gate in label.gates, gate in label.gates_maybe, gate in seen.gates
            kind = {
                (True, True): "right",
                (True, False): "missed",
                (False, True): "arguable" if arguable else "wrong",
            }.get((wanted, opened))
            if kind is None:
                continue
            count[kind] += 1
            if kind in {"missed", "wrong"}:
                out.details[f"gate {kind}"].append(f"{label.id} {gate}")
        if count:
            table[gate] = {kind: count[kind] for kind in ("right", "missed", "wrong", "arguable")}
    return table


def seen_in(decision: funnel.Decision) -> Seen:
    """What a decision says, in the labels' words."""
    inside = frozenset(m.scenario for m in decision.matters if not m.out_of_scope)
    outside = frozenset(m.scenario.removeprefix(OUTSIDE) for m in decision.matters if m.out_of_scope)
    reasons = decision.referral.reasons if decision.referral is not None else ()
    gates = frozenset(r.gate for r in reasons if r.gate is not None) & frozenset(GATES)
    suggested = frozenset(s.scenario for s in decision.suggestions if s.because == "reads-like")
    return Seen(inside, outside, gates, decision.outcome, suggested)


def read_labels(*paths: Path) -> list[Label]:
    """The labels of all files; a row labelled twice would count twice, in one file or in two, and is an error."""
    labels = []
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            labels += [Label.of(json.loads(line)) for line in lines if line.strip()]
    if twice := [key for key, n in Counter((x.file, x.id) for x in labels).items() if n > 1]:
        raise ValueError(f"{', '.join(path.name for path in paths)}: labelled twice: {twice[:3]}")
    return labels


def read_texts(folder: Path, labels: Iterable[Label]) -> dict[tuple[str, str], dict[str, Any]]:
    """The complaints behind the labels; a label without its row is an error, or figures would be of other rows."""
    wanted = {(label.file, label.id) for label in labels}
    found = {}
    for name in sorted({file for file, _ in wanted}):
        with (folder / name).open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip() and (name, (row := json.loads(line))["id"]) in wanted:
                    found[name, row["id"]] = row
    if missing := sorted(wanted - set(found)):
        raise ValueError(f"{len(missing)} labelled rows are not in {folder}, the first: {' '.join(missing[0])}")
    return found


def run(
    pack: funnel.Pack, labels: Iterable[Label], texts: Mapping[tuple[str, str], Mapping[str, Any]], as_of: dt.date
) -> list[tuple[Label, Seen]]:
    engine = funnel.Engine(pack)
    return [(label, seen_in(engine.decide(texts[label.file, label.id], as_of=as_of))) for label in labels]


def covered_by(pack: funnel.Pack) -> frozenset[str]:
    """The scenarios that the pack can recognise today."""
    return frozenset(r.scenario for r in pack.rules.values() if r.status == "stable" and not r.out_of_scope)


def render(part: str, m: Measure) -> str:
    lines = [
        f"== {TITLES.get(part, part)}",
        f"{m.rows} rows; {m.stated} state a grievance, {m.covered} one that the pack covers. "
        "Outcomes: " + ", ".join(f"{name} {n}" for name, n in sorted(m.outcomes.items())),
        "",
        f"{'precision and recall by scenario':33}{'right (strict)':28}{'right or maybe (lenient)':28}found of stated",
    ]
    lines += [
        f"  {scenario:31}{shares['strict']!s:28}{shares['lenient']!s:28}{m.recall_by[scenario]}"
        for scenario, shares in m.precision.items()
        if shares["strict"].of or m.recall_by[scenario].of
    ]
    lines.append(f"  {'all recognised matters':31}{m.precision_all['strict']!s:28}{m.precision_all['lenient']}")
    lines += ["", "recall over rows that state a covered grievance"]
    lines += [f"  {name:31}{share}" for name, share in m.recall.items()]
    if m.suggested["right or maybe among them"].of:
        lines += ["", "rows with suggestions"]
        lines += [f"  {name:31}{share}" for name, share in m.suggested.items()]
    lines += ["", "left unrecognised, of rows without a grievance"]
    lines += [f"  {name:31}{share}" for name, share in m.silent.items()]
    if m.gates:
        lines += ["", f"{'gates':33}right  missed  wrong  arguable"]
        lines += [
            f"  {gate:31}{n['right']:5d}{n['missed']:8d}{n['wrong']:7d}{n['arguable']:10d}"
            for gate, n in m.gates.items()
        ]
    if m.outside:
        lines += ["", "out of scope (label -> program)"]
        lines += [f"  {wanted} -> {got}: {n}" for (wanted, got), n in sorted(m.outside.items())]
    if m.uncovered:
        lines += ["", "main scenarios that the pack has no rule for"]
        lines.append("  " + ", ".join(f"{name} {n}" for name, n in m.uncovered.most_common()))
    return "\n".join(lines)


def render_details(m: Measure, texts: Mapping[str, str] | None) -> str:
    lines = []
    for kind in sorted(m.details):
        lines.append(f"-- {kind} ({len(m.details[kind])})")
        for item in m.details[kind]:
            lines.append(f"  {item}")
            if texts is not None:
                lines.append(f"      {texts[item.split(' ')[0]]}")
    return "\n".join(lines)


def to_json(m: Measure) -> dict[str, Any]:
    return {
        "rows": m.rows,
        "stated": m.stated,
        "covered": m.covered,
        "outcomes": dict(m.outcomes),
        "precision": {s: {k: v.to_json() for k, v in shares.items()} for s, shares in m.precision.items()},
        "precision_all": {k: v.to_json() for k, v in m.precision_all.items()},
        "recall": {k: v.to_json() for k, v in m.recall.items()},
        "recall_by_scenario": {k: v.to_json() for k, v in m.recall_by.items()},
        "suggested": {k: v.to_json() for k, v in m.suggested.items()},
        "silent": {k: v.to_json() for k, v in m.silent.items()},
        "gates": m.gates,
        "out_of_scope": [{"label": a, "program": b, "rows": n} for (a, b), n in sorted(m.outside.items())],
        "uncovered": dict(m.uncovered.most_common()),
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure a pack on labelled real texts.")
    parser.add_argument("--texts", type=Path, required=True, help="folder of the files that the labels name")
    parser.add_argument("--labels", type=Path, nargs="+", default=LABELS)
    parser.add_argument("--pack", default="cn-ecommerce", help="a pack's name or folder")
    parser.add_argument("--as-of", type=dt.date.fromisoformat, default=dt.datetime.now(dt.UTC).date())
    parser.add_argument("--details", action="store_true", help="list the ids behind the failures")
    parser.add_argument("--show", action="store_true", help="with --details: print the texts too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    try:
        labels = read_labels(*args.labels)
        texts = read_texts(args.texts, labels)
        pack = funnel.load_pack(args.pack)
    except (OSError, ValueError, TypeError, funnel.FunnelError) as error:
        print(error, file=sys.stderr)
        return 2
    covered = covered_by(pack)
    pairs = run(pack, labels, texts, args.as_of)
    parts = {part: measure([p for p in pairs if p[0].part == part], covered) for part in PARTS}
    if args.json:
        print(json.dumps({part: to_json(m) for part, m in parts.items()}, ensure_ascii=False, indent=2))
        return 0
    print(f"{pack.manifest.id} {pack.digest[:12]} as of {args.as_of}; {len(covered)} scenarios covered")
    shown = {row_id: str(row.get("text", "")) for (_, row_id), row in texts.items()} if args.show else None
    for part, m in parts.items():
        if m.rows:
            print("\n" + render(part, m))
            if args.details and part not in HELD_OUT:
                print("\n" + render_details(m, shown))
    return 0


if __name__ == "__main__":
    sys.exit(main())
