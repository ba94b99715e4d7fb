"""How far two readers of the same rows agree, and what both of them state.

Usage, from the repository:

    python tools/reader_agreement.py READER1 READER2 [--merge OUT]

Both files are labels in the shape of ``scenarios/cn-ecommerce/real/`` for the same rows. A program that is held against one
reader cannot do better than another reader does, so these figures say how much of what ``tools/measure_real.py`` counts as
error is the readers' own difference. *Kappa* is Cohen's (1960): agreement beyond what the two readers' habits give by chance,
1 for all, 0 for no more than chance.

``--merge`` writes the labels that a program may fairly be held against: a row states what both readers state, the main one
first if both name it first; what only one of them names is ``maybe``; a row is doubtful where anything is ``maybe``
or a reader doubted it. So nobody is blamed for what two readers disagree on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure_real import Label, Share, read_labels

NONE = "–"


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa; None of no pairs, or where both readers always say one and the same."""
    if not pairs:
        return None
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[name] * second[name] for name in first) / (n * n)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def main_of(label: Label) -> str:
    """The main scenario of a row, or what stands for none."""
    return label.scenarios[0] if label.scenarios else NONE


def paired(first: Sequence[Label], second: Sequence[Label]) -> list[tuple[Label, Label]]:
    """The two labels of each row; rows that only one reader has are an error."""
    ours, theirs = ({(x.file, x.id): x for x in labels} for labels in (first, second))
    if apart := sorted(ours.keys() ^ theirs.keys()):
        raise ValueError(f"{len(apart)} rows have one reader only, the first: {' '.join(apart[0])}")
    return [(ours[key], theirs[key]) for key in sorted(ours)]


def agreement(pairs: Sequence[tuple[Label, Label]]) -> dict[str, Share | float | None]:
    """The figures, by name. The second reader is held against the first as a program would be."""
    mains = [(main_of(a), main_of(b)) for a, b in pairs]
    either = [(str(a != NONE), str(b != NONE)) for a, b in mains]
    named = [(a, s) for a, b in pairs for s in b.scenarios]
    stating = [(a, b) for a, b in pairs if a.scenarios]
    return {
        "same main scenario, or none": Share(len(pairs), sum(a == b for a, b in mains)),
        "kappa of the main scenario": kappa(mains),
        "both say whether there is a grievance": Share(len(pairs), sum(a == b for a, b in either)),
        "kappa of whether there is one": kappa(either),
        "precision of reader 2, strict": Share(len(named), sum(s in a.scenarios for a, s in named)),
        "precision of reader 2, lenient": Share(len(named), sum(s in {*a.scenarios, *a.maybe} for a, s in named)),
        "recall of the main scenario": Share(len(stating), sum(main_of(a) in b.scenarios for a, b in stating)),
    }


def merged(a: Label, b: Label) -> Label:
    """What both readers state of a row; what one of them names is ``maybe``."""
    both = [s for s in a.scenarios if s in b.scenarios]
    if both and main_of(a) == main_of(b):
        both.sort(key=main_of(a).__ne__)  # the main one of both first, the others in the first reader's order
    named = dict.fromkeys([*a.scenarios, *b.scenarios, *a.maybe, *b.maybe])
    maybe = tuple(s for s in named if s not in both)
    gates = tuple(g for g in a.gates if g in b.gates)
    return Label(
        file=a.file,
        id=a.id,
        part=a.part,
        scenarios=tuple(both),
        maybe=maybe,
        doubtful=a.doubtful or b.doubtful or bool(maybe),
        gates=gates,
        gates_maybe=tuple(
            g for g in dict.fromkeys([*a.gates, *b.gates, *a.gates_maybe, *b.gates_maybe]) if g not in gates
        ),
        out_of_scope=a.out_of_scope if a.out_of_scope == b.out_of_scope else None,
    )


def to_line(label: Label) -> str:
    """A label as the files keep it: what is empty is left out."""
    row: Mapping[str, Any] = asdict(label)
    kept = {k: list(v) if isinstance(v, tuple) else v for k, v in row.items() if v or k == "scenarios"}
    return json.dumps(kept, ensure_ascii=False)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How far two readers agree, and what both state.")
    parser.add_argument("readers", type=Path, nargs=2)
    parser.add_argument("--merge", type=Path, metavar="OUT", help="write what both state")
    args = parser.parse_args(argv)
    try:
        pairs = paired(*(read_labels(path) for path in args.readers))
    except (OSError, ValueError, TypeError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(pairs)} rows, two readers")
    for name, figure in agreement(pairs).items():
        print(f"  {name:40}" + (f"{figure:9.2f}" if isinstance(figure, float) else str(figure or NONE)))
    if args.merge:
        args.merge.write_text("".join(to_line(merged(a, b)) + "\n" for a, b in pairs), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
