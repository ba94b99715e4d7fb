"""Shared by the queue's tests: complaints of each outcome, a clock to set, the three stores."""

import datetime as dt
import itertools

from funnel.queue import Agent, Funnel

START = dt.datetime(2026, 11, 10, 2, 0, tzinfo=dt.UTC)
COUNT = itertools.count(1)
_ORDER = {
    "kind": "physical",
    "category": "general",
    "price": 89.00,
    "quantity": 1,
    "paid_at": "2026-11-03T10:00:00+08:00",
    "ship_by": "2026-11-05T10:00:00+08:00",
}


def complaint(outcome="refer", **more):
    """A complaint that the shipped pack settles, asks about, or refers."""
    n = next(COUNT)
    base = {
        "id": f"c-{n}",
        "received_at": "2026-11-10T10:00:00+08:00",
        "consumer": {"id": f"u-{n}"},
        "merchant": {"id": f"m-{n}"},
        "facts": {"shipped": {"value": False, "grade": "record", "source": "物流"}},
    }
    if outcome == "settle":
        base |= {"text": "付款一周了还不发货，我要退款", "order": _ORDER | {"id": f"o-{n}"}}
    elif outcome == "ask":
        base |= {"text": "付款一周了还不发货，我要退款", "order": {**_ORDER, "ship_by": None, "id": f"o-{n}"}}
    else:
        base |= {
            "text": "付款一周了还不发货",
            "claims": ["deliver", "price_difference"],
            "order": _ORDER | {"id": f"o-{n}"},
        }
    return base | more


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now

    def forward(self, **span):
        self.now += dt.timedelta(**span)
        return self.now


def desk(pack, store, clock, tenant=None, **more):
    """A funnel for a tenant of its own, with three agents: ann (agent), max (mediator), lea (lawyer, supervisor)."""
    funnel = Funnel(pack, store, tenant=tenant or f"t-{next(COUNT)}", clock=clock, **more)
    funnel.put_agent(Agent("ann", "agent", wip_cap=3))
    funnel.put_agent(Agent("max", "mediator", wip_cap=3))
    funnel.put_agent(Agent("lea", "lawyer", wip_cap=3, supervisor=True))
    return funnel


def dump(store, tenant=None):
    """Every row of every table, of one tenant where asked, in an order of its own."""
    from funnel.queue._tables import TABLES  # noqa: PLC0415

    with store.reader() as unit:
        return {
            name: sorted(
                (tuple(sorted(row.items(), key=lambda i: i[0])) for row in unit.find(name)),
                key=repr,
            )
            for name in TABLES
        }
