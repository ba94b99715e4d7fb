"""The analysis against two oracles on drawn packs. By hand: python bench/agreement.py [3000] [--from SEED].

Each pack has two to four rules over facts that hang together (see tests/analysis_oracle.py). What `funnel check --deep`
says of it is held against every combination of facts tried one by one, and against z3. One line a disagreement, then a
table: of each finding, how often it was due. The suite does the same with a few hundred packs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from analysis_oracle import judged


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=3000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    args = parser.parse_args()
    due: Counter[str] = Counter()
    disagreements = undecided = clean = 0
    start = time.process_time()
    for seed in range(args.first, args.first + args.count):
        verdict = judged(seed)
        due.update(finding[0] for finding in verdict.expected)
        clean += not verdict.expected
        undecided += verdict.undecided
        if not verdict.agrees:
            disagreements += 1
            print(f"pack {seed}: combinations {sorted(verdict.expected)}, z3 {sorted(verdict.by_z3)}, "
                  f"analysis {sorted(verdict.found)}, undecided {verdict.undecided}")  # fmt: skip
    print(
        f"{args.count} packs, {clean} of them with nothing to find; {time.process_time() - start:.0f} s of processor time"
    )
    for code, count in sorted(due.items()):
        print(f"  {code} {count:>6}")
    print(f"disagreements {disagreements}, undecided {undecided}")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
