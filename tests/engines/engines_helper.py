"""Complaints for the tests that start a real engine, and what tells a reject."""

import json
from pathlib import Path

MINI = Path(__file__).parent.parent / "packs" / "mini"
TEXTS = [
    "买了半个月还不发货，我要退款",
    "东西很好",
    "用了两天就坏了，要求退货",
    "一直没收到，投诉到底",
    "拆封了店家不给退",
]


def lines(count):
    """Complaints as JSON lines, three of which cannot be read."""
    found = []
    for n in range(count):
        complaint = {"id": f"c-{n}", "text": f"{TEXTS[n % 5]}（{n}）"}
        if n % 3 == 0:
            complaint["order"] = {"price": 99.9 + n, "paid_at": "2026-11-01T08:00:00+08:00", "category_text": "平板"}
        if n % 7 == 0:
            complaint["received_at"] = "2026-11-10T08:00:00+08:00"
        found.append(json.dumps(complaint, ensure_ascii=False))
    found[3] = '{"id": "c-3", "text": '
    found[5] = '{"id": "c-5", "text": "x", "text": "y"}'
    found[8] = '{"id": "c-8", "text": "x", "claimed_amount": -1}'
    return found


def reject_key(item):
    """What a reject is told by. A reason may name a line, and an engine gives each line alone."""
    return item["id"], item["code"], item["field"], item["raw"]


def split(found):
    """What an engine gave, as lines of decisions and keys of rejects, in the order of the rows."""
    assert all((item["decision"] is None) == (item["code"] is not None) for item in found)
    decisions = [item["decision"].encode() for item in found if item["decision"] is not None]
    return decisions, [reject_key(item) for item in found if item["code"] is not None]
