"""Where a case about an order stands, the machine makes no offer on another one about it: a person looks first."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queue_kit import SetClock, complaint, desk
from shipped import ENGINE

from funnel._orders import apart, order_of
from funnel.complaint import Complaint
from funnel.engine.engine import Engine
from funnel.queue import Funnel, MemoryStore, SqlStore
from funnel.queue._tables import COMPLAINT
from funnel.queue.migrations import HEAD
from funnel.queue.policy import QueuePolicy


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def desk_(engine, store, clock):
    return desk(engine, store, clock)


def about(first, outcome="settle", **more):
    """Another complaint, of somebody else, about the order of one."""
    made = complaint(outcome, platform=first.get("platform"), merchant=first["merchant"])
    made["order"] = made["order"] | {"id": first["order"]["id"]}
    return {name: value for name, value in (made | more).items() if value is not None}


def live(d):
    """Cases with an offer of the machine's that stands or was taken."""
    return {c.id for c in d.cases(limit=1_000) if any(o.rung is not None and o.state in {"drafted", "offered", "accepted"} for o in d.offers(c.id))}  # fmt: skip


def test_a_second_case_about_an_order_goes_to_a_person_with_the_number_of_the_first(desk_, engine):
    sent = complaint("settle")
    one = desk_.ingest(sent)
    assert (one.case.state, one.same_order) == ("offered", ())
    second = about(sent)
    two = desk_.ingest(second, source="elsewhere")
    assert (two.case.state, two.same_order, two.suspects) == ("queued", (one.case.id,), (one.case.id,))
    assert desk_.offers(two.case.id) == ()
    assert two.decision == engine.decide(second).model_copy(
        update={"respond_by": two.decision.respond_by, "resolve_by": two.decision.resolve_by}
    ), "the decision is of its complaint alone"
    assert two.decision.outcome == "settle"
    (opened,) = desk_.events(two.case.id)
    assert opened.data["same_order"] == [one.case.id]
    assert [case.id for case in desk_.same_order(two.case.id)] == [one.case.id]
    assert [case.id for case in desk_.same_order(one.case.id)] == [two.case.id]
    assert [replayed.status for replayed in desk_.replay()] == ["same", "same"]
    again = desk_.ingest(second, source="elsewhere")
    assert (again.duplicate, again.same_order, again.case) == (True, (), two.case)


@pytest.mark.parametrize("first", ["refer", "ask", "settle"])
def test_whatever_became_of_the_first_a_second_is_a_persons(desk_, first):
    sent = complaint(first)
    one = desk_.ingest(sent)
    assert desk_.ingest(about(sent)).same_order == (one.case.id,)


def ended(d, case, how):
    """End a case some way."""
    if how == "accepted":
        d.answer_offer(case.id, "merchant", "accept")
        d.answer_offer(case.id, "consumer", "accept")
        return
    d.request_human(case.id, "要人工")
    if how == "cancelled":
        d.cancel(case.id, by="lea", reason="测试")
        return
    d.resolve(d.claim(case.id, "lea"), how.partition(",")[0], code="x", note="y", basis=["ecl/20"])
    if how.endswith("reopened, cancelled"):
        d.reopen(case.id, by="consumer", reason="没兑现")
        d.cancel(case.id, by="lea", reason="误")


@pytest.mark.parametrize(
    ("how", "state"),
    [
        ("accepted", "queued"),
        ("settled", "queued"),
        ("mediated", "queued"),
        ("rejected", "queued"),
        ("withdrawn", "queued"),
        ("cancelled", "offered"),  # it should never have been a case
        ("settled, reopened, cancelled", "queued"),  # money may have been paid before
    ],
)
def test_a_case_that_has_ended_stands_unless_it_was_a_mistake_however_long_ago(desk_, clock, how, state):
    sent = complaint("settle")
    ended(desk_, desk_.ingest(sent).case, how)
    clock.forward(days=200)
    assert desk_.ingest(about(sent)).case.state == state


def test_an_offer_that_both_took_is_money_though_the_case_is_cancelled_afterwards(desk_):
    sent = complaint("refer")
    claim = desk_.claim(desk_.ingest(sent).case.id, "lea")
    desk_.propose(claim, "退一半", amount=4450)
    for side in ("merchant", "consumer"):
        desk_.answer_offer(claim.id, side, "accept")
    desk_.cancel(claim.id, by="lea", reason="误")
    assert desk_.ingest(about(sent)).same_order == (claim.id,)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ({"merchant": {"id": "a"}}, {"merchant": {"id": "b"}}, "offered"),
        ({"platform": "甲"}, {"platform": "乙"}, "offered"),
        ({"merchant": {"name": "甲店"}}, {"merchant": {"name": "乙店"}}, "offered"),
        ({"merchant": {"id": "a", "name": "甲店"}}, {"merchant": {"id": "b", "name": "甲店"}}, "offered"),
        ({"merchant": {"id": "a", "name": "甲店"}}, {"merchant": {"id": "a", "name": "甲店（旗舰）"}}, "queued"),
        ({"merchant": {"id": "a", "name": "甲店"}}, {"merchant": {"name": "甲店"}}, "queued"),
        ({"merchant": {"id": "a"}}, {"merchant": {"name": "甲店"}}, "queued"),  # nothing sets them apart
        ({"merchant": {"id": "a"}}, {"merchant": {}}, "queued"),
        ({"merchant": {}}, {"merchant": {"id": "a"}}, "queued"),
        ({"merchant": {"id": "a"}, "platform": "甲"}, {"merchant": {"id": "a"}}, "queued"),
        ({"merchant": {"id": "Ａ"}}, {"merchant": {"id": "a "}}, "queued"),
    ],
)
def test_another_merchant_or_platform_is_another_order_and_what_is_left_out_is_not(desk_, first, second, state):
    sent = complaint("settle", **first)
    desk_.ingest(sent)
    assert desk_.ingest(about(sent) | {"platform": None} | second).case.state == state


@pytest.mark.parametrize("nothing", ["-", "无", "N/A", "0"])
def test_what_stands_for_no_order_number_holds_nothing_up(desk_, nothing):
    for _ in range(2):
        sent = complaint("settle", merchant={"id": "m"})
        sent["order"]["id"] = nothing
        assert desk_.ingest(sent).case.state == "offered"


def test_tenants_do_not_hold_each_others_cases_up(engine, store, clock):
    sent = complaint("settle")
    assert [desk(engine, store, clock).ingest(sent).case.state for _ in range(2)] == ["offered", "offered"]


def test_an_answer_that_settles_makes_no_offer_beside_another_case(desk_):
    """Both were asked; whichever is answered goes to a person, and so does the other one then."""
    sent = complaint("ask")
    one, two = desk_.ingest(sent).case, desk_.ingest(about(sent, "ask")).case
    assert {one.state, two.state} == {"asked"}
    shipped = {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}
    for case, other in ((one, two), (two, one)):
        moved = desk_.answer(case.id, shipped, actor="warehouse")
        assert (moved.state, desk_.decisions(case.id)[-1].outcome) == ("queued", "settle")
        assert desk_.events(case.id)[-1].data["same_order"] == [other.id]
    assert live(desk_) == set()


def test_what_was_given_back_goes_out_by_itself_only_once_no_other_case_stands(desk_):
    sent = complaint("settle")
    one, two = desk_.ingest(sent).case, desk_.ingest(about(sent)).case
    back = desk_.release(desk_.claim(two.id, "ann"))
    assert (back.state, live(desk_)) == ("queued", {one.id})
    desk_.cancel(one.id, by="lea", reason="测试")
    sent_out = desk_.release(desk_.claim(two.id, "ann"))
    assert (sent_out.state, live(desk_)) == ("offered", {two.id})


def test_a_case_merged_into_this_one_is_no_other_and_one_merged_elsewhere_is_where_it_went(desk_):
    sent = complaint("settle")
    one, two = desk_.ingest(sent).case, desk_.ingest(about(sent)).case
    elsewhere = desk_.ingest(complaint("refer")).case
    desk_.merge(one.id, two.id, by="lea", reason="同一件")
    assert desk_.same_order(two.id) == ()
    assert desk_.release(desk_.claim(two.id, "ann")).state == "offered"
    desk_.merge(two.id, elsewhere.id, by="lea", reason="同一件")
    three = desk_.ingest(about(sent))
    assert three.same_order == (elsewhere.id,)


def test_a_person_may_still_offer_what_he_finds_right(desk_):
    sent = complaint("settle")
    desk_.ingest(sent)
    claim = desk_.claim(desk_.ingest(about(sent)).case.id, "ann")
    assert desk_.propose(claim, "另一件商品，退 20 元", amount=2000).state == "waiting_merchant"


def test_without_offers_sent_by_itself_a_second_draft_is_not_made_either(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(auto_offer=False))
    sent = complaint("settle")
    assert [d.ingest(one).case.state for one in (sent, about(sent))] == ["offered", "queued"]


def test_words_that_were_erased_leave_the_order_known(desk_):
    sent = complaint("settle")
    one = desk_.ingest(sent)
    assert desk_.erase(sent["consumer"]["id"], by="lea", reason="申请") == 1
    assert desk_.ingest(about(sent)).same_order == (one.case.id,)


@pytest.mark.parametrize("count", [60])
def test_among_many_complaints_about_an_order_number_the_one_that_stands_is_found(engine, store, clock, count):
    """However many of them were mistakes."""
    desk_ = desk(engine, store, clock, policy=QueuePolicy(incident_open=1_000))
    sent = complaint("settle")
    one = desk_.ingest(sent)
    for n in range(count):
        other = desk_.ingest(about(sent, "refer") if n % 2 else about(sent, "refer", merchant={})).case
        desk_.cancel(other.id, by="lea", reason="测试")
    assert desk_.ingest(about(sent)).same_order == (one.case.id,)


def test_of_deliveries_at_once_one_alone_is_offered(engine, store, clock):
    """The second unit waits for the first one where it looks: there is no moment at which both see nothing."""
    d, sent = desk(engine, store, clock), complaint("settle")
    several = [sent, *(about(sent, **({"merchant": {}} if n % 2 else {})) for n in range(7))]
    gate = threading.Barrier(len(several))

    def deliver(one):
        gate.wait()
        return d.ingest(one)

    with ThreadPoolExecutor(len(several)) as pool:
        found = list(pool.map(deliver, several))
    assert sorted(taken.case.state for taken in found) == ["offered"] + ["queued"] * 7
    assert len(live(d)) == 1
    assert d.verify_audit().intact


def test_answers_at_once_make_one_offer_at_most(engine, store, clock):
    d, sent = desk(engine, store, clock), complaint("ask")
    cases = [d.ingest(one).case for one in (sent, *(about(sent, "ask") for _ in range(3)))]
    for case in cases[1:]:
        d.cancel(case.id, by="lea", reason="测试")
    fresh = about(sent)
    gate = threading.Barrier(2)

    def answered():
        gate.wait()
        return d.answer(cases[0].id, {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}, actor="warehouse")

    def delivered():
        gate.wait()
        return d.ingest(fresh).case

    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(answered), pool.submit(delivered)]:
            one.result()
    assert len(live(d)) <= 1


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_in_the_hosts_own_transactions_the_second_sees_the_first_or_is_refused(engine, kind, tmp_path, request):
    """What one has not committed yet, the other waits for."""
    store = SqlStore(tmp_path / "q.db" if kind == "sqlite" else request.getfixturevalue("postgres"), busy_seconds=20)
    d, sent = desk(engine, store, SetClock()), complaint("settle")
    second, begun = about(sent), threading.Event()
    found = {}

    def late():
        begun.wait()
        with store.engine.begin() as connection:
            found["two"] = d.bind(connection).ingest(second)

    thread = threading.Thread(target=late)
    thread.start()
    with store.engine.begin() as connection:
        found["one"] = d.bind(connection).ingest(sent)
        begun.set()
        thread.join(timeout=0.5)
        assert "two" not in found, "it waits"
    thread.join()
    assert (found["one"].case.state, found["two"].case.state) == ("offered", "queued")
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("prefix", ["", "f_"])
def test_a_queue_of_the_revision_before_is_brought_up_to_date_and_its_cases_count(
    engine, kind, prefix, tmp_path, request
):
    url = f"sqlite:///{tmp_path / 'q.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_alone")
    sent = complaint("settle")
    store = SqlStore(url, prefix=prefix)
    one = desk(engine, store, SetClock(), tenant="t").ingest(sent).case
    with store.engine.begin() as connection:
        connection.execute(sa.text(f"DROP INDEX {prefix}ix_complaint_order"))
        for column in ("order_key", "platform_ref", "merchant_ref", "shop_ref"):
            connection.execute(sa.text(f"ALTER TABLE {prefix}complaint DROP COLUMN {column}"))
        connection.execute(sa.text(f"UPDATE {prefix}funnel_version SET version_num = '0001'"))  # noqa: S608 (our own names)
    store.close()
    store = SqlStore(url, prefix=prefix)
    assert store.revision() == HEAD
    d = Funnel(engine, store, tenant="t", clock=SetClock())
    assert d.case(one.id) == one
    assert d.ingest(about(sent)).same_order == (one.id,)
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_cases_about_an_order_are_found_by_an_index(engine, kind, tmp_path, request):
    """Else each settled complaint would read all there are."""
    store = SqlStore(tmp_path / "q.db" if kind == "sqlite" else request.getfixturevalue("postgres_alone"))
    d, asked = desk(engine, store, SetClock()), []

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT") and "order_key =" in statement:
            asked.append((statement, parameters))

    sent = complaint("settle")
    d.ingest(sent)
    with store.engine.begin() as connection:
        (row,) = connection.execute(sa.select(COMPLAINT)).mappings()
        many = [dict(row) | {"id": f"{n}", "external_id": f"{n}", "order_key": f"{n}"} for n in range(3_000)]
        connection.execute(COMPLAINT.insert(), many)
        connection.execute(sa.text("ANALYZE"))
    d.ingest(about(sent))
    with store.engine.connect() as connection:
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN" if kind == "sqlite" else "EXPLAIN"
            plan = "\n".join(map(str, connection.exec_driver_sql(f"{explain} {statement}", parameters)))
            assert "ix_complaint_order" in plan
    assert len(asked) > 4
    store.close()


NAMES = st.sampled_from([None, "a", "b"])
SENT = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), NAMES, NAMES, NAMES, st.sampled_from(["settle", "ask", "refer", "cancel"])),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(SENT)
def test_whatever_comes_no_two_cases_about_one_order_have_an_offer_of_the_machines(sent):
    """And whoever is the first about an order gets his: a person looks only where there is something to look at."""
    d, known = desk(ENGINE, MemoryStore(), SetClock()), []
    for number, platform, merchant, shop, what in sent:
        given_ = complaint(
            "settle" if what == "cancel" else what, platform=platform, merchant={"id": merchant, "name": shop}
        )
        given_["order"] |= {"id": number}
        given_ = {name: value for name, value in given_.items() if value is not None}
        taken = d.ingest(given_)
        named = order_of(Complaint.model_validate(given_))
        others = {id_ for id_, other in known if other.number == named.number and not apart(named.told, other.told)}
        assert {case.id for case in d.same_order(taken.case.id)} == set(sorted(others)[-10:])
        if taken.decision.outcome == "settle":
            assert taken.case.state == ("queued" if others else "offered")
            assert set(taken.same_order) == set(sorted(others)[-10:])
        if what == "cancel":
            d.cancel(taken.case.id, by="lea", reason="测试")
        else:
            known.append((taken.case.id, named))
    offered = live(d)
    orders = [named for id_, named in known if id_ in offered]
    for n, one in enumerate(orders):
        for other in orders[n + 1 :]:
            assert one.number != other.number or apart(one.told, other.told)


def test_where_the_engine_fails_over_an_answer_the_case_is_a_persons(tmp_path, monkeypatch):
    """With an engine that hands over; a plain one says what it says, and nothing is changed."""
    from funnel.batch import HandingOver  # noqa: PLC0415

    store = MemoryStore()
    d = desk(HandingOver(ENGINE.pack), store, SetClock(), tenant="t")
    case = d.ingest(complaint("ask")).case

    def failing(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr("funnel.engine.engine.judge", failing)
    monkeypatch.setattr("funnel.engine.decide.judge", failing)
    plain = Funnel(Engine(ENGINE.pack), store, tenant="t", clock=SetClock())
    facts = {"address_wrong": False}
    with pytest.raises(ZeroDivisionError):
        plain.answer(case.id, facts)
    assert d.case(case.id) == case
    moved = d.answer(case.id, facts)
    assert moved.state == "queued"
    assert d.decisions(case.id)[-1].decision["referral"]["reasons"][0]["code"] == "engine-error"
    d.escalate(moved, by="lea", reason="难", note="看")
    assert d.steps(case.id), "what stands beside the decision is told all the same"
