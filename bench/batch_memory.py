"""Memory and rate against the number of rows. Run by hand: python bench/batch_memory.py [--readers] [ROWS …].

With ``--readers`` a decision that costs nothing stands in for the engine: what is left is reading, assembling,
remembering ids and writing. Else it is `funnel run` as a whole.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXTS = ["一直不发货，催了也没用", "用了两天就坏了", "店家不给退货", "东西很好", "退款一直没到账"]


def readers_only(path: str) -> None:
    import datetime as dt

    from funnel.batch import open_source, run_batch
    from funnel.batch.assemble import Assembler
    from funnel.batch.headers import HeaderReader
    from funnel.batch.runner import JsonlWriter
    from funnel.decision import Decision, PackRef

    pack, day = PackRef(id="none", digest="none"), dt.date(2026, 11, 10)

    def refer(complaint):
        return Decision(
            complaint_id=complaint.id, outcome="refer", tier="agent", recognised=False, pack=pack, as_of=day
        )

    with Path(os.devnull).open("wb") as stream:
        run_batch([open_source(path)], refer, Assembler(HeaderReader(), {}), decisions=JsonlWriter(stream))


def main() -> None:
    if sys.argv[1:2] == ["--file"]:
        readers_only(sys.argv[2])
        return
    bare = "--readers" in sys.argv
    print(f"{'rows':>10}{'seconds':>10}{'rows/s':>10}{'peak MB':>10}")
    for rows in [int(a) for a in sys.argv[1:] if a != "--readers"] or [1_000, 10_000, 50_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["投诉编号", "投诉内容", "单价"])
                writer.writerows([f"c{i}", TEXTS[i % 5], "99.00"] for i in range(rows))
            start = time.perf_counter()
            command = [__file__, "--file", str(path)] if bare else ["-m", "funnel", "run", str(path)]
            process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            print(f"{rows:>10,}{seconds:>10.1f}{rows / seconds:>10,.0f}{usage.ru_maxrss / 1024:>10,.0f}")


if __name__ == "__main__":
    main()
