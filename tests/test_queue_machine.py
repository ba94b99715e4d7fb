"""The invariants of the queue as a state machine: any sequence of commands, over the three stores."""

import datetime as dt
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from queue_kit import SetClock, complaint, desk
from shipped import ENGINE

from funnel.errors import QueueError
from funnel.queue import MemoryStore, QueuePolicy, SqlStore
from funnel.queue._rows import case_row, fold
from funnel.queue.clocks import Clock, due_at
from funnel.queue.model import CLOSED, HELD

AGENTS = ("ann", "max", "lea")
ZONE = ZoneInfo("Asia/Shanghai")
pick = st.integers(0, 10_000)


class Queue(RuleBasedStateMachine):
    """Commands as a desk would send them, some of them wrong. What is refused must change nothing."""

    url = None

    @initialize(lease=st.sampled_from([None, 30, 300]), auto=st.booleans())
    def begin(self, lease, auto):
        self.clock = SetClock()
        if self.url is None:
            self.folder, self.store = None, MemoryStore()
        elif self.url == "sqlite":
            self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            self.store = SqlStore(str(Path(self.folder.name) / "q.db"))
        else:
            self.folder, self.store = None, SqlStore(self.url)
        policy = QueuePolicy(
            lease=None if lease is None else dt.timedelta(minutes=lease),
            auto_offer=auto,
            incident_open=4,
            incident_close=2,
            reopen_window=dt.timedelta(days=5),
        )
        self.desk = desk(ENGINE, self.store, self.clock, policy=policy)
        self.ids, self.sent, self.claims, self.epochs, self.breaches = [], [], [], {}, {}
        self.orders, self.paid = {}, {}

    def teardown(self):
        if hasattr(self, "store"):
            assert self.desk.verify_audit().intact
            self.store.close()
            if self.folder:
                self.folder.cleanup()

    def attempt(self, call):
        """Send a command; where it is refused, the chain must not have grown."""
        before = self.desk.verify_audit().events
        try:
            result = call()
        except QueueError:
            assert self.desk.verify_audit().events == before
            return None
        if result is not None and result.owner is not None:
            self.claims.append(result)
        return result

    def some(self, n):
        return self.ids[n % len(self.ids)]

    @rule(
        outcome=st.sampled_from(["refer", "ask", "settle", "suspect"]),
        shop=st.sampled_from([None, "a", "b"]),
        order=st.sampled_from([None, None, "1", "2"]),
    )
    def ingest(self, outcome, shop, order):
        more = {"merchant": {"id": shop}} if shop else {}
        if outcome == "suspect":
            outcome, more["text"] = "settle", "付款一周了还不发货，我要退款。老爷子让人洗了脑"
        sent = complaint(outcome, received_at=self.clock.now.isoformat(), **more)
        if order:
            sent["order"] = sent["order"] | {"id": order}
        self.sent.append(sent)
        taken = self.desk.ingest(sent)
        self.ids.append(taken.case.id)
        self.orders[taken.case.id] = (sent["merchant"]["id"], sent["order"]["id"])

    @precondition(lambda self: self.sent)
    @rule(n=pick)
    def ingest_again(self, n):
        count = len(self.desk.cases(limit=10_000))
        assert self.desk.ingest(self.sent[n % len(self.sent)]).duplicate
        assert len(self.desk.cases(limit=10_000)) == count

    @precondition(lambda self: self.ids)
    @rule(n=pick, agent=st.sampled_from(AGENTS))
    def claim(self, n, agent):
        self.attempt(lambda: self.desk.claim(self.some(n), agent))

    @rule(agent=st.sampled_from(AGENTS))
    def claim_next(self, agent):
        self.attempt(lambda: self.desk.claim_next(agent))

    @precondition(lambda self: self.claims)
    @rule(
        n=pick,
        what=st.sampled_from(
            ["release", "renew", "respond", "wait_c", "wait_m", "resume", "propose", "escalate", "return", "resolve"]
        ),
    )
    def as_owner(self, n, what):
        claim = self.claims[-1 - n % min(len(self.claims), 4)]
        d = self.desk
        soon = self.clock.now + dt.timedelta(hours=n % 50 + 1)
        calls = {
            "release": lambda: d.release(claim, note="放下"),
            "renew": lambda: d.renew(claim),
            "respond": lambda: d.respond(claim, "已回复"),
            "wait_c": lambda: d.wait(claim, "consumer", "等", until=soon),
            "wait_m": lambda: d.wait(claim, "merchant", "等"),
            "resume": lambda: d.resume(claim),
            "propose": lambda: d.propose(claim, "退一半", amount=100),
            "escalate": lambda: d.escalate(claim, by=claim.owner, reason="难", note="看"),
            "return": lambda: d.return_(claim, reason="易"),
            "resolve": lambda: d.resolve(claim, "mediated", code="x", note="y", basis=["ecl/20"]),
        }
        self.attempt(calls[what])

    @precondition(lambda self: self.ids)
    @rule(
        n=pick,
        m=pick,
        what=st.sampled_from(
            ["human", "answer", "ship", "looked", "yes", "no", "counter", "buyer", "send", "reopen", "cancel"]
        ),
    )
    def on_a_case(self, n, m, what):
        d, case = self.desk, self.some(n)
        calls = {
            "human": lambda: d.request_human(case, "转人工"),
            "answer": lambda: d.answer(case, {"address_wrong": bool(m % 2)}),
            "ship": lambda: d.answer(
                case, {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}, actor="warehouse"
            ),
            "looked": lambda: d.answer(case, {"elder_vulnerable": False}, actor=AGENTS[m % 3]),
            "yes": lambda: d.answer_offer(case, "merchant", "accept"),
            "no": lambda: d.answer_offer(case, "merchant", "reject"),
            "counter": lambda: d.answer_offer(case, "merchant", "counter", note="一半"),
            "buyer": lambda: d.answer_offer(case, "consumer", "accept"),
            "send": lambda: d.send_offer(case),
            "reopen": lambda: d.reopen(case, by="consumer", reason="没兑现"),
            "cancel": lambda: d.cancel(case, by=AGENTS[m % 3], reason="误报"),
        }
        self.attempt(calls[what])

    @precondition(lambda self: self.ids)
    @rule(n=pick, to=st.sampled_from(AGENTS), force=st.booleans())
    def assign(self, n, to, force):
        self.attempt(lambda: self.desk.assign(self.some(n), to, by="lea", reason="调配", force=force))

    @precondition(lambda self: len(self.ids) > 1)
    @rule(n=pick, m=pick, by=st.sampled_from(AGENTS))
    def merge(self, n, m, by):
        self.attempt(lambda: self.desk.merge(self.some(n), self.some(m), by=by, reason="同一件"))

    @precondition(lambda self: self.ids)
    @rule(n=pick)
    def unmerge(self, n):
        self.attempt(lambda: self.desk.unmerge(self.some(n), by="max", reason="看错"))

    @rule(hours=st.integers(1, 100), sweep=st.booleans())
    def time_passes(self, hours, sweep):
        self.clock.forward(hours=hours)
        if sweep:
            swept = self.desk.sweep()
            assert not swept.errors
            assert self.desk.sweep().idle, "a second sweep at once finds nothing to do"

    @invariant()
    def everything_holds(self):
        if not hasattr(self, "desk"):
            return
        cases = {case.id: case for case in self.desk.cases(limit=10_000)}
        assert set(self.ids) == set(cases), "nothing is lost"
        held = dict.fromkeys(AGENTS, 0)
        for case in cases.values():
            assert (case.owner is not None) == (case.state in HELD)
            assert case.lease_until is None or case.state == "claimed"
            assert case.lease_epoch >= self.epochs.get(case.id, 0)
            self.epochs[case.id] = case.lease_epoch
            assert (case.wait_until is not None) or case.state not in {"asked", "offered"}, "none waits for ever"
            assert (case.merged_into is not None) == (case.state == "merged")
            assert (case.closed_at is not None) == (case.state in CLOSED)
            assert case.next_due is None or case.state not in CLOSED
            if case.owner:
                held[case.owner] += case.lease_until is None or case.lease_until > self.clock.now
            events = self.desk.events(case.id)
            assert [event.version for event in events] == list(range(1, case.version + 1))
            row = {k: v for k, v in case_row(case).items() if k != "lease_until"}
            assert row == {k: v for k, v in fold(events).items() if k not in {"rank", "lease_until"}}
            self.check_clocks(case)
            live = [offer for offer in self.desk.offers(case.id) if offer.state in {"drafted", "offered"}]
            assert len(live) <= 1
            assert bool(live) >= (case.state == "offered")
            self.check_order(case)
        self.check_merges(cases)

    def check_order(self, case):
        """An offer of the machine's is new only where no other case about the order stands."""
        drawn = {offer.id for offer in self.desk.offers(case.id) if offer.rung == 0}
        if drawn - self.paid.setdefault(case.id, set()):
            self.paid[case.id] = drawn
            assert not self.desk.same_order(case.id)

    def check_clocks(self, case):
        running = []
        for clock in self.desk.clocks(case.id):
            due = due_at(
                Clock(clock.unit, clock.target, clock.started_at, clock.pauses), self.desk.engine.pack.calendar, ZONE
            )
            assert due.at == clock.due_at, "a deadline can be rebuilt"
            key = (case.id, clock.cycle, clock.kind)
            if clock.breached_at is not None:
                assert self.breaches.setdefault(key, clock.breached_at) == clock.breached_at, "broken once"
                assert clock.breached_at <= self.clock.now
            else:
                assert key not in self.breaches
                assert clock.stopped_at is None or clock.due_at is None or clock.stopped_at < clock.due_at
            assert sum(end is None for _, end in clock.pauses) <= (clock.stopped_at is None)
            if clock.cycle == case.cycle and clock.stopped_at is None:
                running.append(clock)
        if case.state in CLOSED:
            assert not running
        dues = [clock.due_at for clock in running if clock.due_at is not None]
        assert case.next_due == (min(dues) if dues else None)

    def check_merges(self, cases):
        for start in cases:
            seen, at = set(), start
            while cases[at].merged_into is not None:
                assert at not in seen, "merges make no ring"
                seen.add(at)
                at = cases[at].merged_into


SMALL = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
def test_any_sequence_of_commands_keeps_every_invariant(kind, request):
    from hypothesis.stateful import run_state_machine_as_test  # noqa: PLC0415

    url = {"memory": None, "sqlite": "sqlite"}.get(kind) if kind != "postgres" else request.getfixturevalue("postgres")
    machine = type(f"Queue_{kind}", (Queue,), {"url": url})
    run_state_machine_as_test(machine, settings=settings(SMALL, max_examples=60 if kind == "memory" else 12))
