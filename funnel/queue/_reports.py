"""What is read out of the queue: counters, league tables, differences between decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from funnel.queue._rows import from_us
from funnel.queue._store import Row, Test, Unit
from funnel.queue.league import Entry, Outcome, league
from funnel.queue.model import Frozen, Stats

_GOOD: Final = frozenset({"settled", "mediated"})
_PAGE: Final = 1000


def stats(unit: Unit, tenant: str, now: int) -> Stats:
    """Counters of a tenant."""
    mine: Test = ("tenant", "=", tenant)
    live: tuple[Test, ...] = (("stopped_at", "is null", None), ("breached_at", "is null", None))
    oldest = unit.find("queue_case", mine, ("state", "=", "queued"), order=("queued_at",), limit=1)
    return Stats(
        cases=Frozen(sorted(unit.tally("queue_case", ("state", "tier"), mine).items())),
        outcomes=_by_one(unit.tally("queue_case", ("outcome",), mine, ("outcome", "not null", None))),
        decisions=_by_one(unit.tally("decision", ("outcome",), mine, ("seq", "=", 1))),
        breached=_by_one(unit.tally("clock", ("kind",), mine, ("breached_at", "not null", None))),
        overdue=_by_one(unit.tally("clock", ("kind",), mine, ("due_at", "<=", now), *live)),
        oldest_queued=from_us(oldest[0]["queued_at"]) if oldest else None,
    )


def table(
    unit: Unit, tenant: str, by: str, span: tuple[int | None, int | None], minimum: int, now: int
) -> tuple[Entry, ...]:
    """A league table of merchants or trades. Merged and cancelled cases are not counted; a group needs a name."""
    mine: Test = ("tenant", "=", tenant)
    withheld: frozenset[str] = frozenset()
    if by == "merchant":
        rows = unit.find("publication", mine, ("withheld", "=", 1))
        withheld = frozenset(row["merchant_id"] for row in rows)
    return league(_outcomes(unit, mine, by, span, now), minimum=minimum, withheld=withheld)


def _outcomes(unit: Unit, mine: Test, by: str, span: tuple[int | None, int | None], now: int) -> Iterator[Outcome]:
    tests: list[Test] = [mine, ("state", "not in", ("merged", "cancelled"))]
    if span[0] is not None:
        tests.append(("opened_at", ">=", span[0]))
    if span[1] is not None:
        tests.append(("opened_at", "<", span[1]))
    last = ""
    while True:
        page = unit.find("queue_case", *tests, ("id", ">", last), order=("id",), limit=_PAGE)
        for case in page:
            group = case["merchant_id"] if by == "merchant" else _trade(unit, case)
            if not group:
                continue
            clocks = {c["kind"]: c for c in unit.find("clock", ("case_id", "=", case["id"]), ("cycle", "=", 1))}
            yield Outcome(
                group,
                _kept(clocks.get("response"), now),
                _kept(clocks.get("resolution"), now),
                None if case["state"] != "resolved" else case["outcome"] in _GOOD,
                case["reopen_count"] > 0,
            )
        if len(page) < _PAGE:
            return
        last = page[-1]["id"]


def _trade(unit: Unit, case: Row) -> str | None:
    complaint = unit.get("complaint", id=case["complaint_id"])
    return complaint["trade"] if complaint else None


def _kept(clock: Row | None, now: int) -> bool | None:
    """Whether a promise was kept; None while it still may be."""
    if clock is None:
        return None
    if clock["breached_at"] is not None:
        return False
    if clock["stopped_at"] is not None:
        return True
    return False if clock["due_at"] is not None and clock["due_at"] <= now else None


def _by_one(counts: dict[tuple[Any, ...], int]) -> Frozen:
    return Frozen((str(key[0]), n) for key, n in sorted(counts.items(), key=lambda item: str(item[0])))


def differences(then: Any, now: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Where two JSON values differ, as path, then, now."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted(then.keys() | now.keys()):
            yield from differences(then.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (a, b) in enumerate(zip(then, now, strict=True)):
            yield from differences(a, b, f"{path}[{index}]")
    elif isinstance(then, list) and isinstance(now, list):
        yield path, f"{len(then)} items", f"{len(now)} items"
    elif then != now:
        yield path, _short(then), _short(now)


def _short(value: Any) -> str:
    limit = 200
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
