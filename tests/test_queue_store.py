"""What the stores promise: no half state, one case for one complaint, typed errors, a chain that shows every change."""

import datetime as dt
import multiprocessing
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from queue_kit import START, SetClock, complaint, desk, dump
from shipped import PACK
from sqlalchemy import event as sa_event

import funnel
from funnel.errors import (
    CipherError,
    ErasedError,
    InvalidCommandError,
    QueueError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreSchemaError,
)
from funnel.queue import Agent, Funnel, QueuePolicy, SqlStore
from funnel.queue._sql import _engine, next_query
from funnel.queue._tables import TABLES, named
from funnel.queue.audit import GENESIS, event_hash, verify
from funnel.queue.migrations import HEAD, REVISIONS


class Stop(Exception):  # noqa: N818 (not an error of ours)
    """Raised in the middle of a command."""


def commands(d, clock):
    """Every command once, each on a case made ready for it; yields name and call."""

    def queued(**more):
        return d.ingest(complaint(**more)).case

    def claimed():
        return d.claim(queued().id, "lea")

    def released():
        for case in d.cases(owner="lea"):
            d.release(case)

    asked, offered = d.ingest(complaint("ask")).case, d.ingest(complaint("settle")).case
    sent = complaint("settle", merchant={"id": "shop"})
    yield "ingest", lambda: d.ingest(sent)
    yield (
        "answer",
        lambda: d.answer(asked.id, {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}, actor="warehouse"),
    )
    yield "merchant counters", lambda: d.answer_offer(offered.id, "merchant", "counter", note="一半")
    yield "merchant accepts", lambda: d.answer_offer(offered.id, "merchant", "accept")
    yield "consumer accepts", lambda: d.answer_offer(offered.id, "consumer", "accept")
    human = d.ingest(complaint("ask")).case
    yield "request_human", lambda: d.request_human(human.id, "转人工")
    case = queued()
    yield "claim", lambda: d.claim(case.id, "lea", command_id="k1")
    released()
    yield "claim_next", lambda: d.claim_next("lea")
    released()
    yield "assign", lambda: d.assign(case.id, "max", by="lea", reason="x", force=True)
    for name, call in (
        ("release", lambda c: d.release(c, note="x")),
        ("respond", lambda c: d.respond(c, "x")),
        ("wait", lambda c: d.wait(c, "consumer", "x")),
        ("resume", d.resume),
        ("propose", lambda c: d.propose(c, "x", amount=5)),
        ("return", lambda c: d.return_(c, reason="x")),
        ("escalate", lambda c: d.escalate(c, by="lea", reason="x", note="y")),
        ("resolve", lambda c: d.resolve(c, "mediated", code="x", note="y", basis=["ecl/20"])),
        ("reveal", lambda c: d.reveal(c.id, by="lea", reason="x")),
        ("cancel", lambda c: d.cancel(c.id, by="lea", reason="x")),
    ):
        claim = claimed()
        if name == "resume":
            claim = d.wait(claim, "consumer", "x")
        yield name, lambda call=call, claim=claim: call(claim)
        released()
    done = d.resolve(claimed(), "settled", code="x", note="y")
    yield "reopen", lambda: d.reopen(done.id, by="consumer", reason="x")
    closed = d.resolve(claimed(), "settled", code="x", note="y")
    one, two = queued(), queued()
    yield "merge", lambda: d.merge(one.id, two.id, by="max", reason="x")
    yield "unmerge", lambda: d.unmerge(one.id, by="max", reason="x")
    leased = Funnel(d.engine, d.store, tenant=d.tenant, clock=clock, policy=QueuePolicy(lease=dt.timedelta(hours=1)))
    held = leased.claim(queued().id, "lea")
    clock.forward(minutes=10)
    yield "renew", lambda: leased.renew(held)
    released()
    drafting = Funnel(d.engine, d.store, tenant=d.tenant, clock=clock, policy=QueuePolicy(auto_offer=False))
    draft = drafting.ingest(complaint("settle")).case
    yield "send_offer", lambda: drafting.send_offer(draft.id)
    until = clock.now + dt.timedelta(days=30)
    yield (
        "set_standing",
        lambda: d.set_standing(closed.merchant_id, "watch", by="lea", reason="x", evidence=[closed.id], until=until),
    )
    (standing,) = d.standings(closed.merchant_id)
    yield "appeal_standing", lambda: d.appeal_standing(standing.id, "x")
    d.put_agent(Agent("sue", "lawyer", supervisor=True))
    yield "decide_appeal", lambda: d.decide_appeal(standing.id, by="sue", lift=True, reason="x")
    yield "withhold", lambda: d.withhold("shop", True, by="lea", reason="x")
    yield "erase_case", lambda: d.erase_case(asked.id, by="lea", reason="x")
    yield "put_agent", lambda: d.put_agent(Agent("new", "agent"))
    clock.forward(days=9)
    yield "sweep", d.sweep
    yield "erase", lambda: d.erase(sent["consumer"]["id"], by="lea", reason="x")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_exception_at_any_statement_of_any_command_leaves_no_half_state(engine, kind, tmp_path, request):
    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres_alone")
    store, clock = SqlStore(url), SetClock()
    d = desk(engine, store, clock, policy=QueuePolicy(incident_open=2, incident_close=1))
    left = [10**9]

    @sa_event.listens_for(store.engine, "before_cursor_execute")
    def _count(*_args):
        left[0] -= 1
        if left[0] < 0:
            left[0] = 10**9
            raise Stop

    seen = set()
    for name, call in commands(d, clock):
        for statement in range(1000):
            # a sweep commits case by case: what must hold is that each case is whole, which the chain and versions show
            before = None if name == "sweep" else dump(store)
            left[0] = statement
            try:
                call()
            except Stop:
                assert before is None or dump(store) == before, (name, statement)
                assert d.verify_audit().intact, (name, statement)
                continue
            finally:
                left[0] = 10**9
            assert statement > 2, name
            break
        seen.add(name)
    assert len(seen) == 32
    assert d.verify_audit().intact
    store.close()


def test_twenty_deliveries_at_once_make_one_case(engine, store):
    d = desk(engine, store, None)
    sent = complaint(received_at=None)
    gate = threading.Barrier(20)

    def deliver(_):
        gate.wait()
        return d.ingest(sent)

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(deliver, range(20)))
    assert sum(not result.duplicate for result in results) == 1
    assert len({result.case.id for result in results}) == 1
    assert len(d.cases()) == 1
    assert d.verify_audit().intact


def test_many_claim_at_once_and_none_gets_what_another_has(engine, store):
    d = desk(engine, store, None)
    for n in range(4):
        d.put_agent(Agent(f"p{n}", "lawyer", wip_cap=50))
    ids = {d.ingest(complaint(received_at=None)).case.id for _ in range(24)}
    taken = []

    def work(agent):
        while case := d.claim_next(agent):
            taken.append(case.id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [f"p{n}" for n in range(4)]))
    assert sorted(taken) == sorted(ids)


def test_the_cap_holds_against_claims_at_once(engine, store):
    d = desk(engine, store, None)
    ids = [d.ingest(complaint(received_at=None)).case.id for _ in range(12)]

    def claim(case_id):
        try:
            return d.claim(case_id, "max").id
        except QueueError:
            return None

    with ThreadPoolExecutor(6) as pool:
        got = [x for x in pool.map(claim, ids) if x]
    assert len(got) == 3  # his cap
    assert len(d.cases(owner="max")) == 3


def _worker(url, tenant, name, seed):
    """Takes cases and ends them, until killed or nothing is left. Sometimes it dawdles longer than its lease."""
    import random  # noqa: PLC0415
    import time  # noqa: PLC0415

    chance = random.Random(seed)
    policy = QueuePolicy(lease=dt.timedelta(milliseconds=150))
    d = Funnel(PACK, SqlStore(url, create=False), tenant=tenant, policy=policy)
    idle = 0
    while idle < 25:
        try:
            d.sweep()
            claim = d.claim_next(name)
            if claim is None:
                idle += 1
                time.sleep(0.05)
                continue
            idle = 0
            time.sleep(chance.choice([0, 0, 0.01, 0.01, 0.25]))
            d.resolve(claim, "mediated", code="done", note=name, basis=["ecl/20"])
        except QueueError:
            time.sleep(0.01)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_workers_killed_at_random_leave_every_case_done_exactly_once(engine, kind, tmp_path, request):
    import random  # noqa: PLC0415
    import time  # noqa: PLC0415

    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres")
    store = SqlStore(url)
    d = desk(engine, store, None, policy=QueuePolicy(lease=dt.timedelta(milliseconds=150)))
    names = [f"w{n}" for n in range(3)]
    for name in names:
        d.put_agent(Agent(name, "lawyer", wip_cap=5))
    ids = {d.ingest(complaint(received_at=None)).case.id for _ in range(60)}
    context, chance, kills = multiprocessing.get_context("spawn"), random.Random(7), 0

    def start(name, seed):
        process = context.Process(target=_worker, args=(url, d.tenant, name, seed), daemon=True)
        process.start()
        return process

    workers = {name: start(name, n) for n, name in enumerate(names)}
    deadline = time.monotonic() + 90
    while d.cases(state=("queued", "claimed"), limit=1) and time.monotonic() < deadline:
        time.sleep(chance.uniform(0.5, 1.2))
        name = chance.choice(names)
        if kills < 6 and workers[name].is_alive():
            workers[name].kill()
            workers[name].join()
            kills += 1
            workers[name] = start(name, 100 + kills)
    for process in workers.values():
        process.kill()
        process.join()
    assert kills >= 1
    assert {case.id for case in d.cases(state="resolved", limit=1000)} == ids
    for case_id in ids:
        assert sum(event.type == "resolved" for event in d.events(case_id)) == 1
    assert d.verify_audit().intact
    store.close()


def test_where_nobody_crashes_no_lease_runs_out(engine, store):
    """A store that kept instants inexactly would expire leases that are good."""
    d = desk(engine, store, None, policy=QueuePolicy(lease=dt.timedelta(seconds=60)))
    for _ in range(30):
        claim = d.claim(d.ingest(complaint(received_at=None)).case.id, "lea")
        assert d.sweep().leases_expired == ()
        d.resolve(claim, "mediated", code="x", note="y")
    assert not any(event.type == "lease_expired" for event in d.events(limit=10_000))


def test_a_locked_database_is_a_typed_error_and_loses_nothing(engine, tmp_path):
    path = str(tmp_path / "q.db")
    store = SqlStore(path, busy_seconds=0.2)
    d = desk(engine, store, SetClock())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        d.ingest(complaint(id="x"))
    assert d.cases() == ()  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    assert d.ingest(complaint(id="x")).case.state == "queued"
    store.close()


def test_a_full_disk_is_a_typed_error_and_loses_nothing(engine, tmp_path):
    store = SqlStore(str(tmp_path / "q.db"))
    d = desk(engine, store, SetClock())
    kept = [d.ingest(complaint()).case.id for _ in range(3)]

    @sa_event.listens_for(store.engine, "checkout")
    def _full(connection, *_args):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    store.engine.dispose()
    with pytest.raises(StoreFullError):
        for _ in range(200):
            kept.append(d.ingest(complaint(text="付款一周了还不发货" + "很" * 5000)).case.id)  # noqa: PERF401 (it raises)
    assert {case.id for case in d.cases(limit=1000)} == set(kept)
    assert d.verify_audit().intact
    store.close()


def test_a_file_that_is_no_database_is_a_typed_error(tmp_path, engine):
    path = tmp_path / "q.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError):
        Funnel(engine, str(path))
    with pytest.raises(StoreError):
        Funnel(engine, str(tmp_path / "no" / "such" / "folder" / "q.db"))


def test_a_missing_schema_is_named_where_none_may_be_made(tmp_path):
    with pytest.raises(StoreSchemaError, match="funnel queue init"):
        SqlStore(str(tmp_path / "q.db"), create=False)


@pytest.mark.parametrize("prefix", ["", "funnel_", "a_prefix_of_20_chars"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_migrations_make_the_tables_that_the_code_knows(kind, prefix, tmp_path, request):
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres")
    store = SqlStore(url, prefix=prefix)
    assert store.revision() == HEAD
    metadata = named(prefix)["agent"].metadata

    def ours(_object, name, kind_, *_rest):
        return kind_ != "table" or name in metadata.tables

    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        assert compare_metadata(context, metadata) == []
        indexes = {i["name"] for t in metadata.tables for i in sa.inspect(connection).get_indexes(t)}
    assert {i.name for t in named(prefix).values() for i in t.indexes} <= indexes
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_with_a_prefix_the_queue_shares_a_database_whatever_tables_are_there(engine, kind, tmp_path, request):
    """The host's tables, another queue with a prefix of its own and one without, and all in one transaction of the host's."""
    url = f"sqlite:///{tmp_path / 'q.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_alone")
    host = _engine(url, 5)
    with host.begin() as connection:
        for name in TABLES:
            connection.execute(sa.text(f"CREATE TABLE {name} (id INTEGER)"))
        connection.execute(sa.text("CREATE INDEX ix_case_queued ON event (id)"))
    with pytest.raises(StoreSchemaError, match="funnel_prefix"):
        SqlStore(url)
    joint = "&" if "?" in url else "?"
    one = Funnel(engine, f"{url}{joint}funnel_prefix=funnel_", tenant="t", clock=SetClock())
    two = Funnel(engine, SqlStore(url, prefix="b_"), tenant="t", clock=SetClock())
    assert (one.store.prefix, two.store.prefix) == ("funnel_", "b_")
    sent = complaint()
    one.ingest(sent)
    assert two.ingest(sent).duplicate is False
    one.put_agent(Agent("lea", "lawyer"))
    assert one.claim_next("lea").external_id == sent["id"]
    assert (len(one.cases(owner="lea")), len(two.cases(owner="lea"))) == (1, 0)
    with host.begin() as connection:
        one.bind(connection).ingest(complaint())
        two.bind(connection).ingest(complaint())
        connection.execute(sa.text("INSERT INTO event VALUES (1)"))
    with pytest.raises(ZeroDivisionError), host.begin() as connection:
        one.bind(connection).ingest(complaint())
        raise ZeroDivisionError
    assert (len(one.cases()), len(two.cases())) == (2, 2)
    for d in (one, two):
        assert d.verify_audit().intact
        assert d.store.revision() == HEAD
        d.close()
    again = SqlStore(url, prefix="b_", create=False)
    again.close()
    with pytest.raises(StoreSchemaError, match="funnel queue init"):
        SqlStore(url, prefix="c_", create=False)
    with host.connect() as connection:
        counts = {n: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(n))) for n in TABLES}
    assert counts == dict.fromkeys(TABLES, 0) | {"event": 1}
    host.dispose()


@pytest.mark.parametrize("prefix", ["Funnel_", "a-b", "1a", "表_", "a" * 21, "a;DROP TABLE x", 5])
def test_a_prefix_that_no_database_takes_alike_is_refused_before_anything_is_made(tmp_path, prefix):
    for address, more in (
        (tmp_path / "q.db", {"prefix": prefix}),
        (f"sqlite:///{tmp_path}/q.db?funnel_prefix={prefix}-", {}),
    ):
        with pytest.raises(InvalidCommandError, match="such as funnel_") as error:
            SqlStore(address, **more)
        assert "前缀" in error.value.zh
    assert list(tmp_path.iterdir()) == []


def test_head_is_the_newest_revision():
    from importlib.resources import as_file, files  # noqa: PLC0415

    from alembic.script import ScriptDirectory  # noqa: PLC0415

    with as_file(files("funnel.queue") / "migrations") as folder:
        scripts = ScriptDirectory(str(folder))
        assert scripts.get_current_head() == HEAD
        assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == REVISIONS


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_next_case_is_read_from_its_index(kind, engine, tmp_path, request):
    """A plan that sorts or scans would take a second among a million cases."""
    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres")
    store = SqlStore(url)
    d = desk(engine, store, SetClock())
    for _ in range(30):
        d.ingest(complaint())
    dialect = store.engine.dialect
    query = next_query(TABLES, d.tenant, "mediator", frozenset({"food"}), locking=False)
    text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    with store.engine.connect() as connection:
        if kind == "sqlite":
            plan = "\n".join(str(row) for row in connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")))
            assert "USE TEMP B-TREE" not in plan
            assert "SCAN queue_case" not in plan
        else:
            connection.execute(sa.text("SET enable_seqscan = off"))
            connection.execute(sa.text("SET enable_bitmapscan = off"))
            plan = "\n".join(row[0] for row in connection.execute(sa.text(f"EXPLAIN {text}")))
            assert "Sort" not in plan
        assert "ix_case_queued" in plan
    store.close()


# -- the chain -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["type", "actor", "at", "data", "case_id", "version", "hash", "prev_hash"])
def test_a_changed_event_is_found_and_named(column, engine, tmp_path):
    store = SqlStore(str(tmp_path / "q.db"))
    d = desk(engine, store, SetClock())
    for _ in range(3):
        d.ingest(complaint())
    assert d.verify_audit().intact
    with store.engine.begin() as connection:
        value = connection.execute(sa.text(f"SELECT {column} FROM event WHERE seq = 5")).scalar_one()  # noqa: S608 (our own names)
        changed = value + 1 if isinstance(value, int) else value[:-1] + ("a" if value[-1] != "a" else "b")
        connection.execute(sa.text(f"UPDATE event SET {column} = :v WHERE seq = 5"), {"v": changed})  # noqa: S608 (our own names)
    report = d.verify_audit()
    assert report.broken_at == 5
    assert report.why
    store.close()


@pytest.mark.parametrize(("seq", "found"), [(2, 2), (6, 6)])
def test_a_deleted_event_is_found_even_the_last(seq, found, engine, tmp_path):
    store = SqlStore(str(tmp_path / "q.db"))
    d = desk(engine, store, SetClock())
    for _ in range(3):
        d.ingest(complaint())
    with store.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM event WHERE seq = :s"), {"s": seq})
    assert d.verify_audit().broken_at == found
    store.close()


events = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["a", "b"]), "actor": st.text(max_size=3), "data": st.just("{}")}),
    min_size=1,
    max_size=8,
)


def chain(items):
    rows, head = [], GENESIS
    for seq, item in enumerate(items, 1):
        row = {"tenant": "t", "seq": seq, "case_id": None, "version": None, "at": seq, "command_id": None, **item}
        row |= {"prev_hash": head, "hash": event_hash(head, row)}
        head = row["hash"]
        rows.append(row)
    return rows


@given(items=events, data=st.data())
def test_any_one_change_of_a_chain_is_found_where_it_is(items, data):
    rows = chain(items)
    assert verify(rows)[2] is None
    place = data.draw(st.integers(0, len(rows) - 1))
    how = data.draw(st.sampled_from(["change", "drop", "swap"]))
    if how == "change":
        rows[place] = rows[place] | {"actor": rows[place]["actor"] + "x"}
    elif how == "drop":
        if place == len(rows) - 1:
            return  # a chain cut off at the end is found by its head, not by itself
        del rows[place]
    else:
        if place == len(rows) - 1:
            return
        rows[place], rows[place + 1] = rows[place + 1], rows[place]
    assert verify(rows)[2].seq == place + 1


@given(items=events, data=st.data())
def test_an_event_that_stands_twice_or_too_late_is_named(items, data):
    rows = chain(items)
    again = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.integers(again + 1, len(rows)))
    good, _, broken = verify([*rows[:place], rows[again], *rows[place:]])
    assert (good, broken.seq) == (place, again + 1)
    assert "out of order" in broken.why


def test_deleted_words_are_gone_from_the_file(engine, tmp_path):
    path = tmp_path / "q.db"
    store = SqlStore(str(path))
    d = desk(engine, store, SetClock())
    word = "独一无二的羽毛球拍子"
    sent = complaint(text=f"付款一周了还不发货，{word}")
    d.ingest(sent)
    d.erase(sent["consumer"]["id"], by="lea", reason="本人要求")
    store.close()
    for file in tmp_path.iterdir():
        assert word.encode() not in file.read_bytes(), file.name


def test_a_cipher_keeps_the_vault_unreadable(engine, tmp_path):
    class Turn:
        def encrypt(self, plain):
            return bytes(b ^ 0x5A for b in plain)

        decrypt = encrypt

    store = SqlStore(str(tmp_path / "q.db"))
    d = desk(engine, store, SetClock(), cipher=Turn())
    case = d.ingest(complaint()).case
    assert "发货" not in repr([row[3] for row in dump(store)["vault"]])
    assert "发货" in d.reveal(case.id, by="lea", reason="x").text
    assert [r.status for r in d.replay()] == ["same"]
    assert d.case(case.id).next_due > START
    store.close()


def test_a_pack_can_be_given_by_name_and_a_wrong_name_is_a_typed_error(tmp_path):
    d = Funnel("cn-ecommerce", str(tmp_path / "queue.db"))
    assert d.engine.pack.manifest.id == "cn-ecommerce"
    d.close()
    with pytest.raises(funnel.PackNotFoundError, match="no-such-pack"):
        Funnel("no-such-pack", str(tmp_path / "queue.db"))


class Interrupted:
    """An engine that lets somebody else in while it decides."""

    def __init__(self, engine):
        self._engine, self.meanwhile = engine, []

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def decide(self, *args, **named):
        if self.meanwhile:
            self.meanwhile.pop()()
        return self._engine.decide(*args, **named)


@pytest.fixture
def interrupted(engine, tmp_path):
    """A desk that can be interrupted while it decides, and another on the same file that is impatient."""
    stores = [SqlStore(tmp_path / "q.db"), SqlStore(tmp_path / "q.db", busy_seconds=0.2)]

    def make(**more):
        d = desk(engine, stores[0], SetClock(), **more)
        d._engine = Interrupted(engine)
        return d, Funnel(engine, stores[1], tenant=d.tenant, clock=SetClock(), policy=d.policy)

    yield make
    for store in stores:
        store.close()


def test_nobody_waits_while_a_complaint_is_decided(interrupted):
    d, other = interrupted(policy=QueuePolicy(incident_open=2, incident_close=1))
    got = []
    shop = {"merchant": {"id": "shop"}}
    d._engine.meanwhile = [lambda: got.append(other.ingest(complaint())) for _ in range(1)]
    case = d.ingest(complaint("ask", **shop)).case
    d._engine.meanwhile = [lambda: got.append(other.ingest(complaint()))]
    d.answer(case.id, {"address_wrong": False})
    d._engine.meanwhile = [lambda: got.append(other.ingest(complaint())) for _ in range(2)]
    joined = d.ingest(complaint("ask", **shop))  # opens an incident, with which it is decided again
    assert joined.incident_id is not None
    assert d.decisions(joined.case.id)[-1].context == {"group_incident": True}
    assert (len(got), d._engine.meanwhile) == (4, [])
    assert d.verify_audit().intact


def test_a_complaint_that_is_delivered_while_it_is_decided_is_one(interrupted):
    d, other = interrupted()
    sent, got = complaint(), []
    d._engine.meanwhile = [lambda: got.append(other.ingest(sent))]
    late = d.ingest(sent)
    assert (late.duplicate, late.changed, late.case.id) == (True, False, got[0].case.id)
    assert len(d.cases()) == 1


def test_answers_that_come_at_once_are_both_in_the_last_decision(interrupted):
    d, other = interrupted()
    case = d.ingest(complaint("ask")).case
    d._engine.meanwhile = [lambda: other.answer(case.id, {"address_wrong": False})]
    d.answer(case.id, {"ship_by_on": "2026-11-05"})
    facts = d.reveal(case.id, by="lea", reason="x").facts
    assert (facts["address_wrong"]["value"], facts["ship_by_on"]["value"]) == (False, "2026-11-05")
    assert [found.seq for found in d.decisions(case.id)] == [1, 2, 3]


def test_words_erased_while_an_answer_is_decided_do_not_come_back(interrupted):
    d, other = interrupted()
    case = d.ingest(complaint("ask")).case
    d._engine.meanwhile = [lambda: other.erase_case(case.id, by="lea", reason="x")]
    with pytest.raises(ErasedError):
        d.answer(case.id, {"address_wrong": False})
    assert len(d.decisions(case.id)) == 1


def test_a_complaint_of_a_new_tenant_is_kept_with_the_tenants_own_key(engine, store):
    clock = SetClock()
    d = Funnel(engine, store, tenant="new-one", clock=clock)
    sent = complaint()
    first = d.ingest(sent)
    again = Funnel(engine, store, tenant="new-one", clock=clock).ingest(sent)
    assert (again.duplicate, again.changed) == (True, False)
    assert [r.status for r in d.replay()] == ["same"]
    assert first.case.id == again.case.id


def revision_of(url, **more):
    store = SqlStore(url, **more)
    try:
        return store.revision()
    finally:
        store.close()


def host_revision(connection):
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_host_that_uses_alembic_keeps_its_own_revision(kind, tmp_path, request):
    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres_alone")
    host = _engine(url, 5)
    with host.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(
            sa.text("INSERT INTO alembic_version VALUES ('0001')")
        )  # as it happens, ours has that name, too
    store = SqlStore(url)
    assert store.revision() == HEAD
    assert revision_of(url, create=False) == HEAD
    with host.begin() as connection:
        assert host_revision(connection) == "0001"
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'aaaa1111'"))
    assert revision_of(url) == HEAD
    with host.connect() as connection:
        assert host_revision(connection) == "aaaa1111"
    host.dispose()
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_queue_whose_revision_was_in_alembics_table_is_taken_over(engine, kind, tmp_path, request):
    url = str(tmp_path / "q.db") if kind == "sqlite" else request.getfixturevalue("postgres_alone")
    store, clock = SqlStore(url), SetClock()
    case = desk(engine, store, clock, tenant="t").ingest(complaint()).case
    with store.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE funnel_version RENAME TO alembic_version"))
    store.close()
    assert revision_of(url, create=False) == HEAD
    again = SqlStore(url)
    assert again.revision() == HEAD
    with again.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
    assert "funnel_version" in names
    assert "alembic_version" not in names
    assert Funnel(engine, again, tenant="t", clock=clock).case(case.id) == case
    again.close()


def test_tables_of_a_host_with_the_queues_names_are_named_and_left_alone(tmp_path):
    path = tmp_path / "host.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE agent (id INTEGER)")
        connection.execute("CREATE TABLE event (id INTEGER)")
    with pytest.raises(StoreSchemaError, match=r"host\.db.*agent, event.*funnel_prefix=funnel_") as error:
        SqlStore(path)
    assert "同名" in error.value.zh
    with sqlite3.connect(path) as connection:
        assert {name for (name,) in connection.execute("SELECT name FROM sqlite_master")} == {"agent", "event"}


def test_a_schema_of_its_own_keeps_the_queue_apart_in_postgresql(engine, postgres_alone):
    import psycopg  # noqa: PLC0415 (comes with the extra)

    with psycopg.connect(postgres_alone, autocommit=True) as connection:
        connection.execute("CREATE TABLE agent (id INTEGER)")
        connection.execute("CREATE SCHEMA funnel")
    with pytest.raises(StoreSchemaError, match="agent"):
        SqlStore(postgres_alone)
    joint = "&" if "?" in postgres_alone else "?"
    store = SqlStore(f"{postgres_alone}{joint}options=-csearch_path%3Dfunnel")
    assert desk(engine, store, SetClock()).ingest(complaint()).case.state == "queued"
    store.close()
    with psycopg.connect(postgres_alone) as connection:
        assert connection.execute("SELECT count(*) FROM agent").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM funnel.queue_case").fetchone() == (1,)


def test_a_schema_newer_than_the_library_says_to_update_it(tmp_path):
    store = SqlStore(tmp_path / "q.db")
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE funnel_version SET version_num = '9999'"))
    store.close()
    for create in (True, False):
        with pytest.raises(StoreSchemaError, match="update funnel") as error:
            SqlStore(tmp_path / "q.db", create=create)
        assert "升级 funnel" in error.value.zh


@pytest.mark.skipif(os.name != "posix", reason="rights of files")
def test_nobody_else_may_read_the_file_with_the_vault(engine, tmp_path):
    path = tmp_path / "q.db"
    d = desk(engine, SqlStore(path), SetClock())
    d.ingest(complaint())
    assert {p.name: oct(p.stat().st_mode & 0o077) for p in tmp_path.iterdir()} == dict.fromkeys(
        (p.name for p in tmp_path.iterdir()), "0o0"
    )
    d.close()
    path.chmod(0o640)  # whoever wants it otherwise says so once
    SqlStore(path).close()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_desk_whose_transaction_has_ended_says_so(engine, tmp_path):
    store = SqlStore(tmp_path / "q.db")
    d = desk(engine, store, SetClock())
    with store.engine.connect() as connection:
        with connection.begin():
            bound = d.bind(connection)
            case = bound.ingest(complaint()).case
        for call in (lambda: bound.case(case.id), lambda: bound.claim(case.id, "max"), bound.stats):
            with pytest.raises(InvalidCommandError, match="has ended") as error:
                call()
            assert "已经结束" in error.value.zh
    with pytest.raises(InvalidCommandError, match="has ended"):
        bound.case(case.id)
    assert d.case(case.id).state == "queued"
    store.close()


def test_counters_are_read_while_somebody_writes(engine, tmp_path):
    stores = SqlStore(tmp_path / "q.db"), SqlStore(tmp_path / "q.db", busy_seconds=0.2)
    d = desk(engine, stores[0], SetClock())
    d.ingest(complaint())
    other = Funnel(engine, stores[1], tenant=d.tenant, clock=SetClock())
    with stores[0].engine.begin() as connection:
        d.bind(connection).ingest(complaint())
        assert sum(other.stats().cases.values()) == 1
        assert [entry.cases for entry in other.league()] == [1]  # what is being written is not seen yet
        assert other.standings("m") == ()
    assert sum(other.stats().cases.values()) == 2
    for store in stores:
        store.close()


class Sealed:
    def __init__(self, key):
        self.key = key

    def encrypt(self, plain):
        return bytes(b ^ self.key for b in plain)

    decrypt = encrypt


class Down:
    def encrypt(self, plain):
        raise ConnectionError("no route to the key service at 10.0.0.7")

    decrypt = encrypt


@pytest.mark.parametrize("wrong", [None, Sealed(3), Down()])
def test_a_vault_that_does_not_open_is_an_error_of_ours_and_changes_nothing(engine, store, wrong):
    clock = SetClock()
    d = desk(engine, store, clock, cipher=Sealed(200))
    case = d.ingest(complaint("ask")).case
    other = Funnel(engine, store, tenant=d.tenant, clock=clock, cipher=wrong)
    before = dump(store)
    for call in (
        lambda: other.answer(case.id, {"address_wrong": False}),
        lambda: other.reveal(case.id, by="lea", reason="x"),
    ):
        with pytest.raises(CipherError) as error:
            call()
        assert error.value.zh != error.value.en
        assert "10.0.0.7" not in str(error.value)
    assert [replayed.status for replayed in other.replay()] == ["broken"]
    if isinstance(wrong, Down):
        with pytest.raises(CipherError):
            other.ingest(complaint())
    assert dump(store) == before
    assert [replayed.status for replayed in d.replay()] == ["same"]
