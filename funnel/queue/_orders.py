"""Cases about one order: where one stands, no second one is settled by the machine alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import Final

from funnel._orders import Told, apart, order_of
from funnel.complaint import Complaint
from funnel.queue._store import Row, Test, Unit

_TOLD: Final = ("platform_ref", "merchant_ref", "shop_ref")
_AT_ONCE: Final = 50
MOST: Final = 10
"""Cases about one order that are named."""


def order_columns(complaint: Complaint, ref: Callable[[str | None], str | None]) -> Row:
    """The order of a complaint as columns: keyed digests, so that equal means the same and no more.

    Args:
        complaint: The complaint.
        ref: Makes a keyed digest.
    """
    named = order_of(complaint)
    told: Told[str] = (None, None, None) if named is None else named.told
    return {"order_key": None if named is None else ref(named.number)} | dict(zip(_TOLD, map(ref, told), strict=True))


def about_the_order(unit: Unit, mine: Test, complaint: Row) -> Iterator[list[Row]]:
    """Other complaints about the order of one, the newest first, some at a time."""
    if complaint["order_key"] is None:
        return
    # One that an earlier version took in is found by its number as it was written.
    keys = dict.fromkeys((complaint["order_key"], complaint["order_ref"]))
    merchant = complaint["merchant_ref"]
    # Each as an index has it in order: a shop's own short numbers stand once for every shop.
    parts: tuple[tuple[Test, ...], ...] = (
        ((),) if merchant is None else ((("merchant_ref", "=", merchant),), (("merchant_ref", "is null", None),))
    )
    for key, part in product(keys, parts):
        before: tuple[Test, ...] = ()
        while True:
            tests = (mine, ("order_key", "=", key), *part, *before)
            found = unit.find("complaint", *tests, order=("id",), descending=True, limit=_AT_ONCE)
            same = [row for row in found if row["id"] != complaint["id"] and not apart(_told(complaint), _told(row))]
            if same:
                yield same
            if len(found) < _AT_ONCE:
                break
            before = (("id", "<", found[-1]["id"]),)


def order_cases(unit: Unit, mine: Test, complaint: Row, case_id: str) -> list[Row]:
    """Other cases about the order of a complaint, oldest first; of very many the newest ten.

    One that was merged counts as the case it went into, and not where that is ours. One that was cancelled does not count,
    unless money was agreed on in it before.

    Args:
        unit: A transaction.
        mine: The test for the tenant.
        complaint: The row of the complaint.
        case_id: Its own case.
    """
    found: dict[str, Row] = {}
    for rows in about_the_order(unit, mine, complaint):
        for row in unit.find("queue_case", ("complaint_id", "in", tuple(one["id"] for one in rows)), order=("id",)):
            end = _end_of(unit, row)
            if end["id"] != case_id and not _mistaken(unit, end):
                found[end["id"]] = end
        if len(found) >= MOST:
            break
    return sorted(islice(sorted(found.values(), key=_id, reverse=True), MOST), key=_id)


def _end_of(unit: Unit, row: Row) -> Row:
    """Where a case is handled that may have been merged, and that one, too."""
    passed = set()
    while row["state"] == "merged" and row["id"] not in passed:
        passed.add(row["id"])
        target = unit.get("queue_case", id=row["merged_into"])
        if target is None:
            break
        row = target
    return row


def _mistaken(unit: Unit, row: Row) -> bool:
    """Whether a case should never have been one. One that was resolved before, or in which both sides took an offer, was one."""
    if row["state"] != "cancelled" or row["reopen_count"]:
        return False
    return not unit.find("offer", ("case_id", "=", row["id"]), ("state", "=", "accepted"), limit=1)


def _told(row: Row) -> Told[str]:
    platform, merchant, shop = (row[name] for name in _TOLD)
    return platform, merchant, shop


def _id(row: Row) -> str:
    return str(row["id"])
