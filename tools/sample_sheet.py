"""A sheet of texts to read: some recognised rows of every scenario, and some that nothing recognised.

Usage, from the repository:

    python tools/sample_sheet.py FILE… [--per 10] [--seed 1] [--pack NAME] [--as-of DATE] > sheet.md

``FILE`` is JSON lines in the contract's shape. The sheet holds the texts: it is for reading, not for keeping.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from measure_real import seen_in

import funnel

NOTHING = "(nothing recognised)"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Rows to read, by what the pack recognises in them.")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--per", type=int, default=10, help="rows a scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pack", default="cn-ecommerce")
    parser.add_argument("--as-of", type=dt.date.fromisoformat, default=dt.datetime.now(dt.UTC).date())
    args = parser.parse_args(argv)
    engine = funnel.Engine(funnel.load_pack(args.pack))
    groups = defaultdict(list)
    for path in args.files:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            seen = seen_in(engine.decide(row, as_of=args.as_of))
            for name in sorted(seen.scenarios | {f"out of scope: {x}" for x in seen.outside}) or [NOTHING]:
                groups[name].append(row)
    draw = random.Random(args.seed)  # noqa: S311 - a sample for reading, no secret
    for name in sorted(groups):
        chosen = draw.sample(groups[name], min(args.per, len(groups[name])))
        print(f"## {name} ({len(chosen)} of {len(groups[name])})\n")
        for row in chosen:
            print(f"- [ ] {row['id']}: {' '.join(str(row.get('text', '')).split())}")
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
