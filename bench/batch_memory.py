"""Memory and rate of `funnel run` against the number of rows. Run by hand: python bench/batch_memory.py [ROWS …]."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXTS = ["一直不发货，催了也没用", "用了两天就坏了", "店家不给退货", "东西很好", "退款一直没到账"]


def main() -> None:
    print(f"{'rows':>10}{'seconds':>10}{'rows/s':>10}{'peak MB':>10}")
    for rows in [int(a) for a in sys.argv[1:]] or [1_000, 10_000, 50_000]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "c.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["投诉编号", "投诉内容", "单价"])
                writer.writerows([f"c{i}", TEXTS[i % 5], "99.00"] for i in range(rows))
            start = time.perf_counter()
            process = subprocess.Popen([sys.executable, "-m", "funnel", "run", str(path)], stdout=subprocess.DEVNULL)
            _, _, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            print(f"{rows:>10,}{seconds:>10.1f}{rows / seconds:>10,.0f}{usage.ru_maxrss / 1024:>10,.0f}")


if __name__ == "__main__":
    main()
