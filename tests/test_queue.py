"""One conformance suite over the three stores: what each command does, and what it refuses."""

import copy
import datetime as dt
import json
import pickle
import re
import shutil
from dataclasses import asdict, fields, replace
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_kit import START, SetClock, complaint, desk, dump
from shipped import A_THIRD, ENGINE

import funnel
from funnel.errors import (
    AlreadyClaimedError,
    ComplaintError,
    ErasedError,
    InvalidCommandError,
    InvalidTransitionError,
    NotEligibleError,
    StaleClaimError,
    StaleVersionError,
    UnknownCaseError,
)
from funnel.law.promised import soonest
from funnel.pack.loader import data_folder
from funnel.queue import Agent, Funnel, MemoryStore, Promise, QueuePolicy, SqlStore
from funnel.queue._answers import joined
from funnel.queue._base import bytes_of
from funnel.queue._rows import case_row, fold

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def desk_(engine, store, clock):
    return desk(engine, store, clock)


def queued(d, **more):
    return d.ingest(complaint("refer", **more)).case


def row_equals_events(d, case_id):
    case = d.case(case_id)
    events = d.events(case_id)
    assert [event.version for event in events] == list(range(1, case.version + 1))
    folded = fold(events)
    row = case_row(case)
    assert {k: v for k, v in row.items() if k != "lease_until"} == {
        k: v for k, v in folded.items() if k not in {"rank", "lease_until"}
    }


# -- taking in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "state"), [("refer", "queued"), ("ask", "asked"), ("settle", "offered")])
def test_each_outcome_opens_a_case_in_its_state(desk_, outcome, state):
    taken = desk_.ingest(complaint(outcome))
    assert taken.decision.outcome == outcome
    assert taken.case.state == state
    row_equals_events(desk_, taken.case.id)


def test_the_same_instants_in_another_offset_and_fields_in_another_order_are_no_change(desk_):
    sent = complaint(zz={"a": 1, "b": [1, 2]})
    desk_.ingest(sent)
    order = {**sent["order"], "paid_at": "2026-11-03T02:00:00Z", "price": "89"}
    same = {**sent, "received_at": "2026-11-10T02:00:00+00:00", "order": order, "zz": {"b": [1, 2], "a": 1}}
    assert desk_.ingest(dict(reversed(same.items()))).changed is False
    for other in (
        {**sent, "received_at": "2026-11-10T02:00:01+00:00"},
        {**sent, "zz": {"a": 1, "b": [2, 1]}},
        {**sent, "order": {**order, "shipped_at": None}},
    ):
        again = desk_.ingest(other)
        assert (again.duplicate, again.changed) == (True, True)


def test_a_complaint_of_an_earlier_version_is_known_again_by_its_bytes(engine, tmp_path):
    with desk(engine, SqlStore(tmp_path / "q.db"), SetClock()) as d:
        sent = complaint()
        d.ingest(sent)
        with d.store.engine.begin() as connection:
            former = d._digest(bytes_of(funnel.Complaint.model_validate(sent)))
            connection.execute(sa.text("UPDATE complaint SET content_digest = :it"), {"it": former})
        assert d.ingest(sent).changed is False


def test_a_desk_goes_by_the_clock_of_its_engine_where_it_has_none_of_its_own(pack):
    then = dt.datetime(2026, 3, 1, 20, tzinfo=dt.UTC)  # the next day in Shanghai
    told = {"id": "x", "text": "付款一周了还不发货"}
    for d in (
        Funnel(funnel.Engine(pack, clock=lambda: then), MemoryStore()),
        Funnel(funnel.Engine(pack), MemoryStore(), clock=lambda: then),
    ):
        assert d.ingest(told).case.opened_at == then
        assert d.evaluate(told).as_of == dt.date(2026, 3, 2) == d.decisions(d.find("x").id)[-1].as_of
    assert (
        Funnel(funnel.Engine(pack, clock=lambda: then), MemoryStore(), clock=SetClock()).ingest(told).case.opened_at
        == START
    )


def test_what_would_be_promised_here_is_what_is_promised_when_it_is_taken_in(desk_, engine):
    d = desk(
        engine, MemoryStore(), SetClock(), policy=QueuePolicy((Promise("resolution", "workday", 3, "resolution"),))
    )
    sent = complaint()
    assert d.evaluate(sent) == d.ingest(sent).decision


def test_a_second_delivery_changes_nothing_and_says_whether_it_differs(desk_, store):
    sent = complaint()
    first = desk_.ingest(sent)
    before = dump(store)
    again = desk_.ingest(sent)
    assert (again.duplicate, again.changed, again.case) == (True, False, first.case)
    assert desk_.ingest({**sent, "text": "另外一段话"}).changed
    assert dump(store) == before


def test_the_same_id_of_two_sources_or_two_tenants_is_two_complaints(engine, store, clock):
    one, two = desk(engine, store, clock), desk(engine, store, clock)
    sent = complaint()
    cases = {one.ingest(sent, source="a").case.id, one.ingest(sent, source="b").case.id, two.ingest(sent).case.id}
    assert len(cases) == 3


def test_tenants_never_see_each_others_cases(engine, store, clock):
    one, two = desk(engine, store, clock), desk(engine, store, clock)
    mine = queued(one)
    for call in (
        lambda: two.case(mine.id),
        lambda: two.claim(mine.id, "max"),
        lambda: two.events(mine.id),
        lambda: two.answer(mine.id, {"shipped": True}),
        lambda: two.request_human(mine.id, "x"),
        lambda: two.reveal(mine.id, by="lea", reason="x"),
        lambda: two.find(mine.external_id),
    ):
        with pytest.raises(UnknownCaseError):
            call()
    assert two.cases() == ()
    assert two.claim_next("lea") is None


def test_a_complaint_from_the_future_is_refused_and_nothing_is_kept(desk_, store):
    before = dump(store)
    with pytest.raises(InvalidCommandError, match="future"):
        desk_.ingest(complaint(received_at="2026-11-11T10:00:00+08:00"))
    assert dump(store) == before


def test_personal_data_stands_in_the_vault_alone(desk_, store):
    sent = complaint(text="付款一周还不发货，电话13800138000，收件人:张三丰，住址:杭州市西湖区文三路100号2单元301室")
    case = desk_.ingest(sent).case
    claim = desk_.claim(case.id, "max")
    desk_.release(claim, note="客户电话13800138000")
    for table, rows in dump(store).items():
        if table != "vault":
            assert "13800138000" not in repr(rows), table
            assert "张三丰" not in repr(rows), table
            assert sent["consumer"]["id"] not in repr(rows), table
    assert desk_.reveal(case.id, by="lea", reason="回访").text == sent["text"]
    assert desk_.events(case.id)[-1].type == "revealed"


def test_only_the_owner_or_a_supervisor_sees_the_words(desk_):
    case = queued(desk_)
    with pytest.raises(NotEligibleError):
        desk_.reveal(case.id, by="max", reason="好奇")
    claim = desk_.claim(case.id, "max")
    assert desk_.reveal(claim.id, by="max", reason="办案").id == case.external_id


# -- claims --------------------------------------------------------------------------------------------------------


def test_a_case_is_claimed_worked_and_resolved(desk_):
    case = queued(desk_)
    claim = desk_.claim(case.id, "max")
    assert (claim.state, claim.owner, claim.lease_epoch) == ("claimed", "max", 1)
    assert desk_.claim(case.id, "max") == claim  # again is no change
    done = desk_.resolve(claim, "mediated", code="deliver-2d", note="两天内发货", basis=["ecl/20"])
    assert (done.state, done.owner, done.outcome, done.closed_at) == ("resolved", None, "mediated", START)
    row_equals_events(desk_, case.id)


def test_a_case_held_by_one_is_refused_to_another(desk_):
    case = queued(desk_)
    desk_.claim(case.id, "max")
    with pytest.raises(AlreadyClaimedError):
        desk_.claim(case.id, "lea")


def test_tier_skill_and_cap_are_kept(desk_):
    case = queued(desk_)
    with pytest.raises(NotEligibleError, match="tier"):
        desk_.claim(case.id, "ann")
    skilled = desk_.ingest(complaint(), skills=["food"]).case
    with pytest.raises(NotEligibleError, match="food"):
        desk_.claim(skilled.id, "max")
    assert desk_.claim_next("max").id == case.id
    assert desk_.claim_next("max") is None
    desk_.put_agent(Agent("max", "mediator", frozenset({"food", "en"}), wip_cap=2))
    assert desk_.claim_next("max", skills=["en"]) is None
    assert desk_.claim_next("max").id == skilled.id
    queued(desk_)
    with pytest.raises(NotEligibleError, match="holds 2"):
        desk_.claim_next("max")


def test_an_inactive_or_unknown_agent_takes_nothing(desk_):
    queued(desk_)
    desk_.put_agent(Agent("max", "mediator", active=False))
    with pytest.raises(NotEligibleError):
        desk_.claim_next("max")
    with pytest.raises(UnknownCaseError):
        desk_.claim_next("nobody")


def test_cases_of_an_agent_who_is_not_active_any_more_go_back_to_the_queue(desk_, clock):
    """None waits for ever: held ones at the next sweep, one whose offer is before the parties with their answer."""
    held, waiting, offering = (desk_.claim(queued(desk_).id, "max") for _ in range(3))
    desk_.wait(waiting, "third_party", "等检测", until=None)
    desk_.propose(offering, "退一半", within=7 * DAY)
    other = desk_.claim(queued(desk_).id, "lea")
    desk_.put_agent(Agent("max", "mediator", active=False))
    assert set(desk_.sweep().owners_inactive) == {held.id, waiting.id}
    for case in (held, waiting):
        assert (desk_.case(case.id).state, desk_.case(case.id).owner) == ("queued", None)
        assert desk_.events(case.id)[-1].data["owner"] == "max"
        row_equals_events(desk_, case.id)
        with pytest.raises(StaleClaimError):
            desk_.resolve(case, "mediated", code="x", note="y")
    assert (desk_.case(offering.id).state, desk_.case(other.id).owner) == ("waiting_merchant", "lea")
    assert desk_.sweep().idle
    desk_.answer_offer(offering.id, "merchant", "reject", offer=1)
    assert desk_.sweep().owners_inactive == (offering.id,)
    assert desk_.claim_next("lea") is not None
    desk_.put_agent(Agent("max", "mediator"))
    assert desk_.sweep().idle


@pytest.mark.parametrize(("first", "second"), [("zh", "en"), ("en", "zh")])
def test_a_case_goes_on_in_the_language_that_it_began_in(engine, store, clock, first, second):
    d = desk(engine.speaking(first), store, clock)
    other = Funnel(engine.speaking(second), store, tenant=d.tenant, clock=clock)
    case = d.ingest(complaint("ask")).case
    other.answer(case.id, {"ship_by_on": "2026-11-05"})
    assert [found.lang for found in d.decisions(case.id)] == [first, first]
    assert {found.decision["language"] for found in d.decisions(case.id)} == {first}
    assert other.decisions(other.ingest(complaint()).case.id)[-1].lang == second
    assert {found.status for found in other.replay()} == {"same"}
    assert engine.lang == "zh"


def test_an_engine_that_speaks_another_language_decides_the_same_and_is_made_at_once(engine):
    english = engine.speaking("en")
    assert english.decide(complaint(id="x")) == funnel.Engine(engine.pack, lang="en").decide(complaint(id="x"))
    assert english._compiled is engine._compiled
    with pytest.raises(funnel.ArgumentError):
        engine.speaking("fr")


def test_a_clock_that_was_set_back_is_told_by_the_audit_and_breaks_nothing(desk_, clock):
    queued(desk_)
    clock.forward(minutes=-10)  # two workers may differ by so much
    queued(desk_)
    assert desk_.verify_audit().set_back == ()
    clock.forward(days=-10)
    first = queued(desk_, received_at=None)
    queued(desk_, received_at=None)
    report = desk_.verify_audit()
    assert (report.intact, report.set_back) == (True, (desk_.events(first.id)[0].seq,))


def test_order_is_priority_with_ageing_then_deadline(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(ageing=HOUR))
    old = queued(d)
    clock.forward(hours=39)
    grave = d.ingest(complaint(text="吃了之后上吐下泻去了医院", received_at=clock.now.isoformat())).case
    assert grave.priority == 40
    assert d.claim_next("lea").id == grave.id  # 40 points weigh more than 39 hours
    clock.forward(hours=3)
    late = d.ingest(complaint(text="吃了之后上吐下泻去了医院", received_at=clock.now.isoformat())).case
    assert d.claim_next("lea").id == old.id  # 42 hours weigh more than 40 points
    assert d.claim_next("lea").id == late.id


def test_a_stale_claim_moves_nothing(desk_, store):
    case = queued(desk_)
    claim = desk_.claim(case.id, "max")
    desk_.release(claim)
    again = desk_.claim(case.id, "max")
    before = dump(store)
    for call in (
        lambda: desk_.release(claim),
        lambda: desk_.renew(claim),
        lambda: desk_.wait(claim, "merchant", "等"),
        lambda: desk_.resolve(claim, "mediated", code="x", note="y"),
        lambda: desk_.respond(claim, "y"),
        lambda: desk_.propose(claim, "退一半"),
        lambda: desk_.return_(claim, reason="x"),
        lambda: desk_.escalate(claim, by="max", reason="x", note="y"),
    ):
        with pytest.raises(StaleClaimError):
            call()
    assert dump(store) == before
    assert again.lease_epoch == 2


def test_a_lease_runs_out_and_the_case_goes_back(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(lease=15 * dt.timedelta(minutes=1)))
    case = queued(d)
    claim = d.claim(case.id, "max")
    clock.forward(minutes=10)
    claim = d.renew(claim)
    clock.forward(minutes=10)
    assert d.sweep().idle
    clock.forward(minutes=5)
    with pytest.raises(StaleClaimError, match="run out"):
        d.resolve(claim, "mediated", code="x", note="y")
    assert d.sweep().leases_expired == (case.id,)
    assert d.case(case.id).state == "queued"
    row_equals_events(d, case.id)


def test_a_lapsed_lease_can_be_taken_over_without_a_sweep_and_does_not_count(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(lease=HOUR))
    d.put_agent(Agent("max", "mediator", wip_cap=1))
    case, other = queued(d), queued(d)
    d.claim(case.id, "max")
    clock.forward(hours=2)
    assert d.claim(other.id, "max").owner == "max"  # the lapsed one does not count
    assert d.claim(case.id, "lea").owner == "lea"
    row_equals_events(d, case.id)


def test_assign_needs_a_supervisor_and_force_to_take_away(desk_):
    case = queued(desk_)
    with pytest.raises(NotEligibleError):
        desk_.assign(case.id, "max", by="max", reason="我来")
    given = desk_.assign(case.id, "max", by="lea", reason="熟悉商家", version=case.version)
    assert given.owner == "max"
    with pytest.raises(AlreadyClaimedError):
        desk_.assign(case.id, "ann", by="lea", reason="换人")
    with pytest.raises(StaleVersionError):
        desk_.assign(case.id, "ann", by="lea", reason="换人", force=True, version=case.version)
    taken = desk_.assign(case.id, "ann", by="lea", reason="换人", force=True)
    assert (taken.owner, taken.lease_epoch) == ("ann", 2)
    with pytest.raises(StaleClaimError):
        desk_.resolve(given, "mediated", code="x", note="y")


# -- waiting, tiers, ends ------------------------------------------------------------------------------------------


def test_waiting_comes_back_by_itself(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    waiting = desk_.wait(claim, "merchant", "等出库单", until=clock.now + DAY)
    assert (waiting.state, waiting.owner) == ("waiting_merchant", "max")
    assert desk_.sweep().idle is True
    clock.forward(days=1)
    swept = desk_.sweep()
    assert swept.resumed == (claim.id,)
    assert desk_.case(claim.id).state == "claimed"
    row_equals_events(desk_, claim.id)


def test_waiting_refuses_a_past_end_and_a_stranger(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    for until in (clock.now, dt.datetime(2027, 1, 1)):  # past; without an offset
        with pytest.raises(InvalidCommandError):
            desk_.wait(claim, "merchant", "等", until=until)
    with pytest.raises(InvalidCommandError):
        desk_.wait(claim, "godot", "等")


def test_escalation_needs_reason_and_note_and_goes_up_only(desk_, store):
    claim = desk_.claim(queued(desk_).id, "max")
    before = dump(store)
    for more in ({"reason": " ", "note": "x"}, {"reason": "x", "note": ""}):
        with pytest.raises(InvalidCommandError):
            desk_.escalate(claim, by="max", **more)
    with pytest.raises(InvalidTransitionError):
        desk_.escalate(claim, by="max", reason="x", note="y", to="agent")
    with pytest.raises(InvalidCommandError, match="no tier"):
        desk_.escalate(claim, by="max", reason="x", note="y", to="judge")
    assert dump(store) == before
    up = desk_.escalate(claim, by="max", reason="涉诉", note="已联系商家")
    assert (up.state, up.tier, up.owner) == ("queued", "lawyer", None)
    with pytest.raises(InvalidTransitionError, match="highest"):
        desk_.escalate(up, by="lea", reason="x", note="y")


def test_return_goes_down_and_stops_the_ping_pong(desk_):
    case = queued(desk_)
    for _ in range(2):
        claim = desk_.claim(case.id, "max")
        down = desk_.return_(claim, reason="普通催单")
        assert down.tier == "agent"
        up = desk_.escalate(desk_.claim(case.id, "ann"), by="ann", reason="谈不拢", note="双方僵持")
        assert up.tier == "mediator"
    claim = desk_.claim(case.id, "max")
    with pytest.raises(NotEligibleError, match="supervisor"):
        desk_.return_(claim, reason="又退")
    low = desk_.ingest({"id": "low", "text": "客服态度一般般，随便说说而已"}).case
    assert low.tier == "agent"
    with pytest.raises(InvalidTransitionError, match="lowest"):
        desk_.return_(desk_.claim(low.id, "ann"), reason="x")


def test_the_highest_tier_names_its_articles(desk_):
    case = queued(desk_)
    desk_.escalate(case, by="lea", reason="疑难", note="看合同")
    claim = desk_.claim(case.id, "lea")
    with pytest.raises(InvalidCommandError, match="basis"):
        desk_.resolve(claim, "rejected", code="x", note="y")
    with pytest.raises(InvalidCommandError, match="ecl/999"):
        desk_.resolve(claim, "rejected", code="x", note="y", basis=["ecl/999"])
    with pytest.raises(InvalidCommandError, match="scenario"):
        desk_.resolve(claim, "rejected", code="x", note="y", basis=["ecl/20"], scenario="nonsense")
    with pytest.raises(InvalidCommandError, match="outcome"):
        desk_.resolve(claim, "won", code="x", note="y", basis=["ecl/20"])
    assert desk_.resolve(claim, "rejected", code="x", note="y", basis=["ecl/20"]).state == "resolved"


def test_reopening_starts_new_clocks_and_has_a_window(desk_, clock):
    case = queued(desk_)
    desk_.resolve(desk_.claim(case.id, "max"), "settled", code="x", note="y")
    clock.forward(days=5)
    again = desk_.reopen(case.id, by="consumer", reason="没有兑现")
    assert (again.state, again.cycle, again.reopen_count, again.outcome) == ("queued", 2, 1, None)
    assert {(c.cycle, c.stopped_at is None) for c in desk_.clocks(case.id)} == {(1, False), (2, True)}
    row_equals_events(desk_, case.id)
    desk_.resolve(desk_.claim(case.id, "max"), "settled", code="x", note="y")
    clock.forward(days=31)
    with pytest.raises(InvalidTransitionError, match="30 days"):
        desk_.reopen(case.id, by="consumer", reason="没有兑现")


def test_merge_and_unmerge(desk_, store):
    one, two, three = queued(desk_), queued(desk_), queued(desk_)
    due = desk_.case(one.id).next_due
    gone = desk_.merge(one.id, two.id, by="max", reason="同一订单")
    assert (gone.state, gone.merged_into) == ("merged", two.id)
    before = dump(store)
    for a, b in ((one.id, three.id), (three.id, one.id), (two.id, two.id)):
        with pytest.raises((InvalidTransitionError, InvalidCommandError)):
            desk_.merge(a, b, by="max", reason="x")
    assert dump(store) == before
    back = desk_.unmerge(one.id, by="max", reason="看错")
    assert (back.state, back.merged_into, back.next_due) == ("queued", None, due)
    row_equals_events(desk_, one.id)


def test_only_a_supervisor_cancels(desk_):
    case = queued(desk_)
    with pytest.raises(NotEligibleError):
        desk_.cancel(case.id, by="max", reason="测试数据")
    assert desk_.cancel(case.id, by="lea", reason="测试数据", version=1).state == "cancelled"
    with pytest.raises(InvalidTransitionError):
        desk_.claim(case.id, "lea")


@pytest.mark.parametrize("state", ["asked", "offered"])
def test_a_person_can_always_be_asked_for(desk_, state):
    case = desk_.ingest(complaint({"asked": "ask", "offered": "settle"}[state])).case
    with pytest.raises(InvalidTransitionError, match="request_human"):
        desk_.claim(case.id, "lea")
    got = desk_.request_human(case.id, "不要机器人")
    assert (got.state, got.wait_until) == ("queued", None)
    assert all(offer.state == "withdrawn" for offer in desk_.offers(case.id))
    assert desk_.request_human(case.id, "再说一遍") == got


# -- answers -------------------------------------------------------------------------------------------------------


def test_answers_are_decided_again_and_every_decision_is_kept(desk_):
    case = desk_.ingest(complaint("ask")).case
    moved = desk_.answer(case.id, {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}, actor="warehouse")
    assert moved.state == "offered"
    decisions = desk_.decisions(case.id)
    assert [d.outcome for d in decisions] == ["ask", "settle"]
    assert [d.seq for d in decisions] == [1, 2]
    row_equals_events(desk_, case.id)


def test_answers_that_leave_it_open_are_asked_again_until_a_person_takes_over(desk_):
    case = desk_.ingest(complaint("ask")).case
    for rounds in (2, 3):
        case = desk_.answer(case.id, {"address_wrong": False})
        assert (case.state, case.rounds) == ("asked", rounds)
    assert desk_.answer(case.id, {"address_wrong": False}).state == "queued"


def test_an_answer_never_takes_a_case_from_a_person(desk_):
    case = desk_.ingest(complaint("ask")).case
    desk_.request_human(case.id, "x")
    claim = desk_.claim(case.id, "max")
    waiting = desk_.wait(claim, "consumer", "等消费者")
    answered = desk_.answer(case.id, {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}, actor="warehouse")
    assert (answered.state, answered.owner) == ("claimed", "max")
    assert waiting.state == "waiting_consumer"
    assert desk_.resolve(answered, "settled", code="x", note="y").state == "resolved"


RETURN = {
    "text": "才收到三天，不喜欢想退，店家死活不给退",
    "order": {
        "price": "199.00",
        "quantity": 1,
        "category": "general",
        "paid_at": "2026-11-05T15:00:00+08:00",
        "signed_at": "2026-11-07T15:00:00+08:00",
    },
}


def said(value, who):
    return {"value": value, "source": who}


def known(value, grade):
    return {"value": value, "grade": grade, "source": "仓库"}


@pytest.mark.parametrize("grade", ["evidence", "record"])
def test_a_partys_answer_beside_what_is_known_better_is_disputed_and_goes_to_a_person(desk_, grade):
    case = desk_.ingest(complaint(**RETURN, facts={"goods_intact": known(False, grade)})).case
    assert desk_.decisions(case.id)[-1].outcome != "settle"
    for actor in ("consumer", "merchant"):
        case = desk_.answer(case.id, {"goods_intact": True}, actor=actor)
        decision = desk_.decisions(case.id)[-1].decision
        assert (case.state, decision["outcome"]) == ("queued", "refer")
        assert "disputed" in {reason["code"] for reason in decision["referral"]["reasons"]}
        assert desk_.offers(case.id) == ()
    # What the warehouse said stands beside it, as it was said.
    told = desk_.reveal(case.id, by="lea", reason="x").facts["goods_intact"]
    assert told == [known(False, grade), said(True, "consumer"), said(True, "merchant")]


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def ring():
    value = []
    value.append(value)
    return value


POISON = ["\ud800", {"\ud800": 1}, b"\xff", object(), nested(300), nested(20_000), ring()]
PLACES = [
    lambda value: {"zz": value},
    lambda value: {"order": {"price": 1, "zz": value}},
    lambda value: {"evidence": [{"kind": "photo", "zz": value}]},
    lambda value: {"facts": {"zz": value}},
    lambda value: {"facts": {"shipped": value}},
    lambda value: {"facts": {"shipped": {"value": True, "source": value}}},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", POISON, ids=["half", "key", "bytes", "object", "deep", "deeper", "ring"])
def test_what_json_cannot_hold_is_refused_in_both_languages_by_every_store_and_by_the_engine(
    desk_, store, engine, value, place
):
    before = dump(store)
    for take in (engine.decide, desk_.ingest):
        with pytest.raises(ComplaintError) as error:
            take(complaint(**place(value)))
        (problem,) = error.value.problems
        assert "JSON" in problem.zh
        assert "JSON" in problem.en
        str(error.value).encode()
    assert dump(store) == before


@pytest.mark.parametrize("place", PLACES[:4])
def test_what_json_can_hold_passes_through_however_odd(desk_, place):
    value = {"a": nested(60), "b": [None, True, 1.5, "文"], "": {}}
    decision = desk_.ingest(complaint(**place(value))).decision
    assert value in json.loads(decision.model_dump_json())["passed_through"].values()


@pytest.mark.parametrize("word", ["\ud800", "a\x00", None, 5])
def test_words_that_no_store_can_keep_are_refused_by_every_store(desk_, store, word):
    case = desk_.ingest(complaint("settle")).case
    asked = desk_.ingest(complaint("ask")).case
    claim = desk_.claim(queued(desk_).id, "lea")
    before = dump(store)
    for call in (
        lambda: desk_.ingest(complaint(), source=word),
        lambda: desk_.ingest(complaint(), skills=[word]),
        lambda: desk_.answer(asked.id, {"address_wrong": False}, actor=word),
        lambda: desk_.answer_offer(case.id, "merchant", "reject", note=word),
        lambda: desk_.answer_offer(case.id, "merchant", "reject", actor=word or "\ud800"),
        lambda: desk_.request_human(case.id, word),
        lambda: desk_.request_human(case.id, "x", actor=word),
        lambda: desk_.put_agent(Agent("x", "agent"), by=word),
        lambda: desk_.put_agent(Agent(word, "agent")),
        lambda: desk_.release(claim, note=word),
        lambda: desk_.respond(claim, word),
        lambda: desk_.wait(claim, "consumer", word),
        lambda: desk_.propose(claim, word),
        lambda: desk_.resolve(claim, "mediated", code=word, note="y"),
        lambda: desk_.resolve(claim, "mediated", code="x", note=word),
        lambda: desk_.erase("u", by="lea", reason=word),
        lambda: desk_.claim(case.id, "lea", command_id=word or "\ud800"),
    ):
        with pytest.raises(InvalidCommandError) as error:
            call()
        assert error.value.zh != error.value.en
        str(error.value).encode()
    assert dump(store) == before
    for call in (lambda: desk_.case("\ud800"), lambda: desk_.find("\ud800"), lambda: desk_.claim(case.id, "\ud800")):
        with pytest.raises((InvalidCommandError, UnknownCaseError)):
            call()


def test_a_party_who_agrees_with_a_record_leaves_it_a_record(desk_):
    case = desk_.ingest(complaint("settle")).case
    assert desk_.answer(case.id, {"shipped": False}).state == "offered"
    assert desk_.reveal(case.id, by="lea", reason="x").facts["shipped"][0]["grade"] == "record"


@pytest.mark.parametrize("actor", ["consumer", "merchant", " Consumer ", "MERCHANT"])
@pytest.mark.parametrize("claimed", [known(True, "record"), known(True, "evidence"), [True, known(True, "record")]])
def test_a_party_who_claims_a_grade_is_refused_in_both_languages_and_nothing_changes(desk_, store, actor, claimed):
    case = desk_.ingest(complaint(**RETURN, facts={})).case
    before = dump(store)
    with pytest.raises(ComplaintError) as error:
        desk_.answer(case.id, {"goods_intact": claimed}, actor=actor)
    (problem,) = error.value.problems
    assert problem.field == "facts.goods_intact.grade"
    assert "只能是 stated" in problem.zh
    assert "is stated, no more" in problem.en
    assert dump(store) == before


def test_whoever_has_looked_replaces_what_a_party_stated_and_what_was_known_no_better(desk_):
    case = desk_.ingest(complaint(**RETURN, facts={})).case
    desk_.answer(case.id, {"goods_intact": False})
    looked = desk_.answer(case.id, {"goods_intact": known(True, "evidence")}, actor="max")
    assert desk_.reveal(case.id, by="lea", reason="x").facts["goods_intact"] == known(True, "evidence")
    again = desk_.answer(looked.id, {"goods_intact": known(False, "evidence")}, actor="max")
    assert desk_.reveal(again.id, by="lea", reason="x").facts["goods_intact"] == known(False, "evidence")


@pytest.mark.parametrize(("first", "second"), [("consumer", "merchant"), ("merchant", "consumer")])
def test_two_parties_who_say_otherwise_are_disputed_and_a_person_looks(desk_, first, second):
    case = desk_.ingest(complaint("settle", **RETURN, facts={})).case
    desk_.answer(case.id, {"goods_intact": True}, actor=first)
    case = desk_.answer(case.id, {"goods_intact": False}, actor=second)
    decision = desk_.decisions(case.id)[-1].decision
    assert (case.state, decision["outcome"]) == ("queued", "refer")
    (reason,) = (r for r in decision["referral"]["reasons"] if r["code"] == "disputed")
    assert {"consumer", "merchant"} <= set(re.findall("consumer|merchant", reason["text"]))
    # Whoever corrects himself ends it, and so does somebody of the desk who has looked.
    assert desk_.answer(case.id, {"goods_intact": True}, actor=f" {second.upper()} ").state == "offered"
    desk_.answer(case.id, {"goods_intact": False}, actor=second)
    assert desk_.decisions(case.id)[-1].outcome == "refer"
    desk_.answer(case.id, {"goods_intact": {"value": True, "grade": "evidence"}}, actor="max")
    assert desk_.decisions(case.id)[-1].outcome == "settle"
    told = desk_.reveal(case.id, by="lea", reason="x").facts["goods_intact"]
    assert told == {"value": True, "grade": "evidence", "source": "max"}


def test_a_party_is_the_source_of_its_answer_whatever_it_names(desk_):
    """Else a consumer who writes `merchant` for his source would speak for the other side, or beside himself."""
    case = desk_.ingest(complaint(**RETURN, facts={"goods_intact": {"value": False, "source": "merchant"}})).case
    desk_.answer(case.id, {"goods_intact": {"value": True, "source": "merchant"}})
    told = desk_.reveal(case.id, by="lea", reason="x").facts["goods_intact"]
    assert told == [said(False, "merchant"), said(True, "consumer")]


@given(st.lists(st.tuples(st.sampled_from(["consumer", "merchant", "amy"]), st.booleans()), min_size=1, max_size=8))
def test_whatever_the_order_the_last_word_of_each_party_since_the_desk_spoke_stands(words):
    """They are one complaint with those words as its sources; nobody's word is lost to another party's."""
    facts, last = {}, {}
    for who, value in words:
        facts = joined(facts, {"goods_intact": value}, who)
        last = {who: value} if who == "amy" else {**last, who: value}
    told = facts["goods_intact"] if isinstance(facts["goods_intact"], list) else [facts["goods_intact"]]
    assert {one["source"]: one["value"] for one in told} == last
    assert len(told) == len(last)
    asked = {"id": "x", **RETURN, "received_at": "2026-11-10T10:00:00+08:00"}
    decision = ENGINE.decide(asked | {"facts": facts})
    codes = {r.code for r in decision.referral.reasons} if decision.referral else set()
    assert ("disputed" in codes) == (len(set(last.values())) > 1)


VALUES = {
    "bool": lambda spec: (True, False),
    "enum": lambda spec: tuple(spec.members),
    "set": lambda spec: tuple([member] for member in spec.members),
    "date": lambda spec: ("2026-11-01", "2026-11-06", "2026-11-09"),
    "money": lambda spec: ("1.00", "89.00", "5000.00"),
}
FACTS = [spec for spec in ENGINE.pack.vocabulary.facts.values() if spec.name not in {"today", "complained_on"}]


@given(st.data(), st.sampled_from(FACTS), st.sampled_from(["record", "evidence"]))
def test_no_answer_of_a_party_makes_a_case_settle_that_something_known_better_bars(data, spec, grade):
    values = VALUES.get(spec.type, lambda spec: (1, 2, 5))(spec)
    d = Funnel(ENGINE, MemoryStore(), clock=SetClock())
    sent = complaint("settle")
    sent["facts"] = {**sent["facts"], spec.name: known(data.draw(st.sampled_from(values)), grade)}
    taken = d.ingest(sent)
    if taken.decision.outcome == "settle":
        return
    for value in data.draw(st.lists(st.sampled_from(values), max_size=2)):
        for actor in ("consumer", "merchant"):
            try:
                case = d.answer(taken.case.id, {spec.name: value}, actor=actor)
            except ComplaintError:
                continue
            assert d.decisions(case.id)[-1].outcome != "settle"
            assert d.offers(case.id) == ()


LOOKED = {"elder_vulnerable": False}


def suspected(desk_, **more):
    """A case that would be settled but for a sentence that reads like a gate."""
    case = desk_.ingest(complaint("settle", text="付款一周了还不发货，我要退款。老爷子让人洗了脑", **more)).case
    (reason,) = desk_.decisions(case.id)[-1].decision["referral"]["reasons"]
    assert (case.state, reason["code"], reason["gate"]) == ("queued", "gate-suspected", "elder")
    return case


def test_a_suspicion_that_somebody_has_looked_into_leaves_the_offer_to_the_parties(desk_, clock):
    case = suspected(desk_)
    at_once = desk_.ingest(complaint("settle")).case
    clock.forward(hours=1)
    offered = desk_.answer(case.id, LOOKED, actor="ann")
    assert (offered.state, offered.tier, offered.owner) == ("offered", at_once.tier, None)
    (offer,), (same,) = desk_.offers(case.id), desk_.offers(at_once.id)
    assert (offer.text, offer.amount, offer.state, offer.rung) == (same.text, same.amount, "offered", 0)
    assert offer.respond_by == offered.wait_until == clock.now + dt.timedelta(hours=24)
    event = desk_.events(case.id)[-1]
    assert (event.type, event.actor, event.data["facts"]) == ("answered", "ann", ["elder_vulnerable"])
    assert {c.kind: c.stopped_at for c in desk_.clocks(case.id)}["response"] == clock.now
    row_equals_events(desk_, case.id)
    desk_.answer_offer(case.id, "merchant", "accept")
    assert desk_.answer_offer(case.id, "consumer", "accept").outcome == "settled"


def test_whoever_holds_it_keeps_it_and_releases_it_as_an_offer_or_decides_otherwise(desk_):
    case = suspected(desk_)
    held = desk_.answer(desk_.claim(case.id, "ann").id, LOOKED, actor="ann")
    assert (held.state, held.owner, desk_.offers(case.id)) == ("claimed", "ann", ())
    out = desk_.release(held, note="看过了")
    assert (out.state, out.owner, [o.state for o in desk_.offers(case.id)]) == ("offered", None, ["offered"])
    row_equals_events(desk_, case.id)
    other = suspected(desk_)
    held = desk_.answer(desk_.claim(other.id, "ann").id, LOOKED, actor="ann")
    waiting = desk_.propose(held, "退一半", amount=4450)
    assert (waiting.state, waiting.owner) == ("waiting_merchant", "ann")
    assert desk_.release(waiting).state == "queued", "an offer of his own was made"


def test_a_case_that_somebody_released_unseen_waits_for_the_next(desk_):
    case = suspected(desk_)
    assert desk_.release(desk_.claim(case.id, "ann")).state == "queued"
    waiting = desk_.wait(desk_.claim(case.id, "ann"), "consumer", "问问")
    held = desk_.answer(waiting.id, LOOKED)
    assert (held.state, held.owner, desk_.events(case.id)[-1].actor) == ("claimed", "ann", "consumer")
    assert desk_.release(held).state == "offered"


@pytest.mark.parametrize("when", ["queued", "claimed"])
def test_whoever_asked_for_a_person_keeps_one_whatever_is_answered(desk_, when):
    case = suspected(desk_)
    claim = desk_.claim(case.id, "ann") if when == "claimed" else None
    before = desk_.case(case.id)
    asked = desk_.request_human(case.id, "我要人工")
    assert (asked.state, asked.owner, asked.lease_epoch) == (before.state, before.owner, before.lease_epoch)
    assert desk_.request_human(case.id, "再说一遍") == asked
    answered = desk_.answer(case.id, LOOKED, actor="ann")
    assert answered.state == when
    assert claim is None or desk_.release(claim).state == "queued"
    assert desk_.offers(case.id) == ()
    row_equals_events(desk_, case.id)


def test_what_people_decided_is_not_undone_by_an_answer(desk_, clock):
    up = suspected(desk_)
    desk_.escalate(up, by="ann", reason="难", note="看")
    again = suspected(desk_)
    desk_.resolve(desk_.claim(again.id, "ann"), "mediated", code="x", note="y")
    desk_.reopen(again.id, by="consumer", reason="没兑现")
    late = desk_.ingest(complaint("ask")).case
    clock.forward(hours=80)
    desk_.sweep()
    shipped = {"ship_by_on": {"value": "2026-11-05", "grade": "record"}}
    for case, facts in ((up, LOOKED), (again, LOOKED), (late, shipped)):
        answered = desk_.answer(case.id, facts, actor="ann")
        assert (answered.state, desk_.decisions(case.id)[-1].outcome) == ("queued", "settle")
        assert desk_.offers(case.id) == ()
    assert desk_.case(up.id).tier == "mediator"


def test_a_drafted_offer_waits_to_be_sent_also_after_somebody_has_looked(engine, store):
    d = desk(engine, store, SetClock(), policy=QueuePolicy(auto_offer=False))
    case = suspected(d)
    assert d.answer(case.id, LOOKED, actor="ann").state == "offered"
    assert [o.state for o in d.offers(case.id)] == ["drafted"]
    assert d.send_offer(case.id, actor="ann").state == "offered"


def test_a_member_of_an_incident_stays_with_people_whatever_is_answered(engine, store):
    d = desk(engine, store, SetClock(), policy=QueuePolicy(incident_open=2, incident_close=1))
    first = suspected(d, merchant={"id": "m"})
    d.ingest(complaint("settle", merchant={"id": "m"}))
    assert d.case(first.id).incident_id is not None
    assert d.answer(first.id, LOOKED, actor="ann").state == "queued"


def test_what_is_erased_is_not_offered_any_more(desk_):
    case = suspected(desk_)
    held = desk_.answer(desk_.claim(case.id, "ann").id, LOOKED, actor="ann")
    desk_.erase_case(case.id, by="lea", reason="x")
    assert desk_.release(held).state == "queued"


# -- what is to be done --------------------------------------------------------------------------------------------


def test_steps_are_those_of_the_gates_and_of_the_tier_a_case_is_at_now(desk_, engine):
    of_mediators = {step.do["zh"] for step in engine.pack.manifest.tier_steps["mediator"]}
    assert of_mediators
    case = desk_.ingest(complaint(text="付款一周了还不发货，我不想活了，活着没意思")).case
    told = desk_.decisions(case.id)[-1].decision["referral"]["steps"]
    of_gates = {step["do"] for step in told} - of_mediators
    assert of_gates

    def shown():
        return [step.do for step in desk_.steps(case.id)]

    assert shown() == [step["do"] for step in told]
    while case.tier != "lawyer":
        case = desk_.escalate(desk_.case(case.id), by="lea", reason="难", note="看")
        assert shown()[: len(of_gates)] == [step["do"] for step in told][: len(of_gates)]
        assert set(shown()) == of_gates | (of_mediators if case.tier == "mediator" else set())
    case = desk_.return_(desk_.claim(case.id, "lea"), reason="退回")
    assert set(shown()) == of_gates | of_mediators


def test_a_case_that_no_decision_referred_has_its_tiers_steps_once_a_person_has_it(desk_):
    case = desk_.ingest(complaint("settle")).case
    assert desk_.steps(case.id) == ()
    desk_.request_human(case.id, "x")
    assert desk_.steps(case.id) == ()
    desk_.escalate(desk_.case(case.id), by="lea", reason="难", note="看")
    assert [step.who for step in desk_.steps(case.id)] == ["mediator"]
    shown = desk_.steps(case.id)
    desk_.erase_case(case.id, by="lea", reason="x")
    assert desk_.steps(case.id) == shown


def test_an_answer_that_cannot_be_read_changes_nothing(desk_, store):
    case = desk_.ingest(complaint("ask")).case
    before = dump(store)
    with pytest.raises(InvalidCommandError):
        desk_.answer(case.id, {})
    with pytest.raises(UnknownCaseError):
        desk_.answer("no-such-case", {"a": 1})
    for answers in (
        {"ship_by_on": "soon"},
        {"address_wrong": False, "ship_by_on": {"value": "2026-11-05", "grade": "sure"}},
    ):
        with pytest.raises(ComplaintError, match="ship_by_on"):
            desk_.answer(case.id, answers)
    assert dump(store) == before


def test_an_answer_that_names_no_fact_of_the_pack_changes_nothing_and_the_nearest_is_offered(desk_, store):
    case = desk_.ingest(complaint("ask", facts={"told_elsewhere": 1})).case
    before = dump(store)
    with pytest.raises(ComplaintError, match=r"facts\.ship_by_onn.*ship_by_on\?"):
        desk_.answer(case.id, {"ship_by_onn": "2026-11-05"})
    with pytest.raises(ComplaintError, match=r"facts\.qqqqqqqqqqqq.*`fact` of the question"):
        desk_.answer(case.id, {"ship_by_on": "2026-11-05", "qqqqqqqqqqqq": 1})
    with pytest.raises(ComplaintError, match="grade"):
        desk_.answer(case.id, {"ship_by_on": {"value": "2026-11-05", "grde": "record"}})
    assert dump(store) == before
    # What the complaint itself came with stands in nobody's way.
    assert desk_.answer(case.id, {"ship_by_on": "2026-11-05"}).version == case.version + 1


@pytest.mark.parametrize("answers", [["ship_by_on"], "ship_by_on", '{"ship_by_on": 1}', None, 5])
def test_an_answer_of_the_wrong_kind_says_what_to_write_and_changes_nothing(desk_, store, answers):
    case = desk_.ingest(complaint("ask")).case
    before = dump(store)
    with pytest.raises(ComplaintError, match=r'\{"fact": value\}'):
        desk_.answer(case.id, answers)
    assert dump(store) == before


def test_unanswered_questions_go_to_a_person(desk_, clock):
    case = desk_.ingest(complaint("ask")).case
    clock.forward(hours=71)
    assert case.id not in desk_.sweep().asks_lapsed
    clock.forward(hours=1)
    assert desk_.sweep().asks_lapsed == (case.id,)
    assert desk_.case(case.id).state == "queued"


def test_every_record_is_frozen_and_can_be_pickled_copied_hashed_and_written_as_json(desk_, clock):
    """For caches, workers and routes: what comes back is equal, in another process too."""
    taken = desk_.ingest(complaint("settle"))
    held = desk_.claim(queued(desk_).id, "lea")
    desk_.wait(held, "consumer", "x")
    d = desk_
    records = [
        taken,
        taken.case,
        *d.events(),
        d.complaint(taken.case.id),
        *d.decisions(taken.case.id),
        *d.offers(taken.case.id),
        *d.clocks(held.id),
        *d.agents(),
        d.stats(),
        d.sweep(),
        d.verify_audit(),
        *d.replay(),
        d.policy,
    ]
    for record in records:
        assert pickle.loads(pickle.dumps(record)) == record == copy.deepcopy(record)
        assert hash(copy.deepcopy(record)) == hash(record)
        if record is d.policy:
            continue
        assert list(json.loads(json.dumps(record.to_dict()))) == [f.name for f in fields(record)]
        asdict(record)
    event, stored = d.events(taken.case.id)[0], d.decisions(taken.case.id)[0]
    assert json.loads(json.dumps(event.data))["outcome"] == "settle"
    assert event.to_dict()["at"] == event.at.isoformat()
    for frozen in (event.data, event.data["set"], stored.decision, stored.decision["pack"], d.policy.gate_points):
        with pytest.raises(TypeError, match=r"dict\(…\)"):
            frozen["x"] = 1
        with pytest.raises(TypeError, match="frozen"):
            frozen.update(x=1)
        with pytest.raises(TypeError, match="frozen"):
            frozen |= {"x": 1}
        assert dict(frozen) | {"x": 1}


# -- promises ------------------------------------------------------------------------------------------------------


def promised(engine, **within):
    """An engine whose rules name other times than the shipped ones."""
    pack = engine.pack
    rules = {name: replace(rule, strategy=replace(rule.strategy, **within)) for name, rule in pack.rules.items()}
    return funnel.Engine(replace(pack, rules=rules))


@pytest.mark.parametrize(
    ("within", "unit", "target"),
    [({}, "calendar_day", 7), ({"resolve_within": "30d"}, "calendar_day", 30), ({"resolve_within": "48h"}, "hour", 48)],
)
def test_a_case_is_promised_what_its_rules_say(engine, clock, within, unit, target):
    d = desk(promised(engine, **within), MemoryStore(), clock)
    case = d.ingest(complaint()).case
    for cycle in (1, 2):
        found = {c.kind: (c.unit, c.target) for c in d.clocks(case.id) if c.cycle == cycle}
        assert found == {"response": ("hour", 24), "resolution": (unit, target)}
        if cycle == 1:
            d.resolve(d.claim(case.id, "max"), "mediated", code="x", note="y")
            d.reopen(case.id, by="consumer", reason="x")


def test_what_a_desk_promises_of_its_own_stays_whatever_the_rules_say(engine, clock):
    own = (Promise("resolution", "workday", 3, "resolution"), Promise("response", "hour", 2, "response"))
    d = desk(promised(engine, resolve_within="30d", respond_within="1d"), MemoryStore(), clock, policy=QueuePolicy(own))
    case = d.ingest(complaint()).case
    assert {(c.kind, c.unit, c.target) for c in d.clocks(case.id)} == {
        ("resolution", "workday", 3),
        ("response", "hour", 2),
    }


def told_and_kept(d, case_id, cycle=1):
    """The deadlines of a case: what its last decision tells, and what the queue keeps."""
    decision = d.decisions(case_id)[-1].decision
    due = {clock.kind: clock.due_at for clock in d.clocks(case_id) if clock.cycle == cycle}
    told = [decision[name] and dt.datetime.fromisoformat(decision[name]) for name in ("respond_by", "resolve_by")]
    return told, [due.get("response"), due.get("resolution")]


WITHIN = st.one_of(st.integers(1, 200).map("{}h".format), st.integers(1, 9).map("{}d".format))
OWN = st.builds(
    Promise,
    kind=st.sampled_from(["response", "resolution"]),
    unit=st.sampled_from(["hour", "calendar_day", "workday"]),
    target=st.integers(1, 12),
    stops_on=st.just("resolution"),
)


@settings(max_examples=60)
@given(
    received=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 20)),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"]),
    within=st.fixed_dictionaries({"respond_within": WITHIN, "resolve_within": WITHIN}),
    own=st.none() | st.lists(OWN, max_size=2, unique_by=lambda promise: promise.kind),
    outcome=st.sampled_from(["refer", "ask"]),
)
def test_a_decision_and_the_queue_promise_the_same_instant(engine, received, zone, within, own, outcome):
    """Whatever the rules say, whatever a desk promises of its own, whenever and wherever it is received."""
    pack = promised(engine, **within).pack
    other = funnel.Engine(replace(pack, manifest=replace(pack.manifest, timezone=zone)))
    at = received.replace(tzinfo=dt.UTC)
    more = {} if own is None else {"policy": QueuePolicy(tuple(own))}
    d = desk(other, MemoryStore(), SetClock(at + dt.timedelta(hours=1)), **more)
    sent = complaint(outcome, received_at=at.isoformat())
    taken = d.ingest(sent)
    told, kept = told_and_kept(d, taken.case.id)
    assert told == kept == [taken.decision.respond_by, taken.decision.resolve_by]
    if own is None:  # and whoever has no queue is told the same
        alone = other.decide(sent)
        assert told == [alone.respond_by, alone.resolve_by]
    assert [found.status for found in d.replay()] == ["same"]


def test_an_answer_moves_no_deadline_and_the_decision_made_again_tells_the_ones_that_stand(engine, clock):
    pack = engine.pack
    slow = {
        name: replace(rule, strategy=replace(rule.strategy, resolve_within="30d")) for name, rule in pack.rules.items()
    }
    d = desk(funnel.Engine(replace(pack, rules=slow)), MemoryStore(), clock)
    case = d.ingest(complaint("ask", text="我有个问题")).case  # no rule: the pack's seven days
    first = told_and_kept(d, case.id)
    assert first[0] == first[1]
    claim = d.claim(case.id, "lea")
    d.answer(case.id, {"grievances": ["not_shipped"], "wish": "refund"})
    assert d.decisions(case.id)[-1].decision["matters"]
    assert told_and_kept(d, case.id) == first
    d.wait(claim, "consumer", "x")
    clock.forward(days=2)
    d.resume(d.case(case.id))
    d.answer(case.id, {"goods_intact": True})
    told, kept = told_and_kept(d, case.id)
    assert told == kept
    assert kept[1] == first[1][1] + 2 * DAY - 14 * HOUR  # the rest of the first day counted for nothing
    d.resolve(d.case(case.id), "mediated", code="x", note="y", basis=["cpl/24"])
    d.reopen(case.id, by="consumer", reason="x")
    d.answer(case.id, {"goods_intact": True})
    told, kept = told_and_kept(d, case.id, cycle=2)
    assert told == kept
    assert {found.status for found in d.replay()} == {"same"}


@pytest.mark.parametrize("first", ["25h", "1d"])
def test_of_two_promises_the_one_that_ends_first_counts_and_not_the_one_of_fewer_hours(pack, first):
    """A day lasts to its midnight: 25 hours from ten in the morning are over before one day is."""
    morning, night = (dt.datetime(2026, 11, 10, hour, 30, tzinfo=dt.UTC) for hour in (2, 15))  # 10:30 and 23:30 there
    zone = ZoneInfo("Asia/Shanghai")
    words = [first, {"25h": "1d", "1d": "25h"}[first]]
    assert soonest(words, morning, pack.calendar, zone) == "25h"
    assert soonest(words, night, pack.calendar, zone) == "1d"
    assert soonest(["48h", "1d"], night, pack.calendar, zone) == "1d"


# -- offers --------------------------------------------------------------------------------------------------------


def test_an_offer_taken_by_both_settles_the_case(desk_):
    case = desk_.ingest(complaint("settle")).case
    (offer,) = desk_.offers(case.id)
    assert (offer.state, offer.rung, offer.amount, offer.respond_by) == ("offered", 0, 8900, START + DAY)
    half = desk_.answer_offer(case.id, "merchant", "accept")
    assert (half.state, half.wait_until) == ("offered", START + 3 * DAY)
    with pytest.raises(InvalidCommandError, match="already"):
        desk_.answer_offer(case.id, "merchant", "reject")
    done = desk_.answer_offer(case.id, "consumer", "accept")
    assert (done.state, done.outcome) == ("resolved", "settled")
    assert desk_.offers(case.id)[0].state == "accepted"
    row_equals_events(desk_, case.id)


def test_a_counter_climbs_the_ladder_and_then_a_person_takes_over(desk_, clock):
    case = desk_.ingest(complaint("settle")).case
    rungs = 0
    while case.state == "offered":
        with pytest.raises(InvalidCommandError, match="words"):
            desk_.answer_offer(case.id, "merchant", "counter")
        clock.forward(hours=5)
        case = desk_.answer_offer(case.id, "merchant", "counter", note="只退一半")
        rungs += 1
        if case.state == "offered":
            offer = desk_.offers(case.id)[-1]
            assert (offer.rung, offer.state, offer.respond_by) == (rungs, "offered", clock.now + DAY)
    assert rungs == 3  # the settlement and two concessions
    assert case.state == "queued"
    assert [o.state for o in desk_.offers(case.id)] == ["countered"] * 3


def test_a_late_answer_to_an_offer_is_not_booked_on_the_one_that_stands(desk_):
    case = desk_.ingest(complaint("settle")).case
    (first,) = desk_.offers(case.id)
    desk_.answer_offer(case.id, "merchant", "counter", note="只退一半", offer=first)
    for offer in (first, first.seq, desk_.offers(case.id)[0]):
        with pytest.raises(StaleVersionError, match="countered") as error:
            desk_.answer_offer(case.id, "consumer", "accept", offer=offer)
        assert "不再有效" in error.value.zh
    # A counter that is delivered twice burns one concession; one that is worded otherwise is another answer.
    assert desk_.answer_offer(case.id, "merchant", "counter", note="只退一半", offer=1).version == 2
    with pytest.raises(StaleVersionError):
        desk_.answer_offer(case.id, "merchant", "counter", note="一分不退", offer=1)
    with pytest.raises(UnknownCaseError):
        desk_.answer_offer(case.id, "consumer", "accept", offer=3)
    other = desk_.ingest(complaint("settle")).case
    for wrong in ("1", True, 0, -1, 10**30, desk_.offers(other.id)[0]):
        with pytest.raises(InvalidCommandError):
            desk_.answer_offer(case.id, "consumer", "accept", offer=wrong)
    assert [o.consumer for o in desk_.offers(case.id)] == [None, None]
    assert desk_.case(case.id).version == 2
    assert desk_.answer_offer(case.id, "consumer", "accept", offer=2).state == "offered"
    assert [o.consumer for o in desk_.offers(case.id)] == [None, "accept"]


def test_the_same_answer_to_the_same_offer_again_changes_nothing(desk_, store):
    case = desk_.ingest(complaint("settle")).case
    for side in ("merchant", "consumer"):
        got = desk_.answer_offer(case.id, side, "accept", offer=1)
        before = dump(store)
        assert desk_.answer_offer(case.id, side, "accept", offer=1) == got
        assert dump(store) == before
    assert desk_.answer_offer(case.id, "merchant", "accept", offer=1).state == "resolved"
    with pytest.raises(StaleVersionError):
        desk_.answer_offer(case.id, "merchant", "reject", offer=1)
    row_equals_events(desk_, case.id)


def test_an_offer_nobody_answers_lapses_to_a_person(desk_, clock):
    case = desk_.ingest(complaint("settle")).case
    clock.forward(hours=24)
    with pytest.raises(InvalidTransitionError, match="lapsed"):
        desk_.answer_offer(case.id, "merchant", "accept")
    assert desk_.sweep().offers_lapsed == (case.id,)
    assert desk_.case(case.id).state == "queued"
    assert desk_.offers(case.id)[0].state == "lapsed"


def test_a_consumer_who_declines_gets_a_person(desk_):
    case = desk_.ingest(complaint("settle")).case
    assert desk_.answer_offer(case.id, "consumer", "reject").state == "queued"
    assert desk_.offers(case.id)[0].state == "declined"


def test_drafts_wait_to_be_sent_where_the_desk_wants_it(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(auto_offer=False))
    case = d.ingest(complaint("settle")).case
    with pytest.raises(InvalidTransitionError):
        d.answer_offer(case.id, "merchant", "accept")
    clock.forward(hours=2)
    sent = d.send_offer(case.id)
    assert sent.wait_until == clock.now + DAY
    with pytest.raises(InvalidTransitionError):
        d.send_offer(case.id)


def test_a_person_offers_and_gets_the_case_back(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    out = desk_.propose(claim, "退一半，明天发货", amount=4450)
    assert out.state == "waiting_merchant"
    half = desk_.answer_offer(claim.id, "consumer", "accept")
    assert half.state == "waiting_merchant"
    back = desk_.answer_offer(claim.id, "merchant", "accept")
    assert (back.state, back.owner) == ("claimed", "max")
    assert desk_.offers(claim.id)[0].state == "accepted"
    again = desk_.propose(back, "再补十元")
    clock.forward(days=1)
    swept = desk_.sweep()
    assert (swept.resumed, swept.offers_lapsed) == ((claim.id,), (claim.id,))
    (offer,) = desk_.offers(claim.id)[1:]
    assert offer.state == "lapsed"
    assert desk_.events(claim.id)[-1].data["offer"] == offer.id
    assert again.owner == "max"


# -- clocks --------------------------------------------------------------------------------------------------------


def test_a_breach_is_recorded_once_at_the_instant_it_happened(desk_, clock):
    case = queued(desk_)
    clock.forward(days=20)  # the sweeper was down
    swept = desk_.sweep()
    assert swept.breached == (case.id, case.id)
    assert desk_.sweep().idle
    kinds = {c.kind: c.breached_at for c in desk_.clocks(case.id)}
    assert kinds["response"] == START + DAY
    assert kinds["resolution"] == dt.datetime(2026, 11, 17, 16, 0, tzinfo=dt.UTC)  # 24:00 on 17 November in Shanghai


def test_a_promise_found_broken_when_it_ends_is_still_broken(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    clock.forward(hours=25)
    desk_.respond(claim, "抱歉久等")
    (response,) = (c for c in desk_.clocks(claim.id) if c.kind == "response")
    assert (response.breached_at, response.stopped_at) == (START + DAY, clock.now)
    assert desk_.events(claim.id)[-1].data["broken"] == ["response"]
    assert desk_.sweep().breached == ()


def test_a_promise_kept_is_never_broken_later(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    desk_.respond(claim, "收到")
    desk_.resolve(claim, "mediated", code="x", note="y")
    clock.forward(days=400)
    assert desk_.sweep().breached == ()


def test_waiting_for_the_consumer_stops_the_resolution_clock_only(desk_, clock):
    claim = desk_.claim(queued(desk_).id, "max")
    before = {c.kind: c.due_at for c in desk_.clocks(claim.id)}
    waiting = desk_.wait(claim, "consumer", "等材料")
    during = {c.kind: c.due_at for c in desk_.clocks(claim.id)}
    assert (during["response"], during["resolution"]) == (before["response"], None)
    clock.forward(hours=30)
    desk_.resume(waiting)
    after = {c.kind: c.due_at for c in desk_.clocks(claim.id)}
    # the first day is not counted anyway: of thirty hours from 10:00, sixteen fall on days that count
    assert after["resolution"] == before["resolution"] + 16 * HOUR
    assert "暂停" in "".join(line.zh for line in desk_.explain_deadline(claim.id))
    assert desk_.explain_deadline(claim.id)[-1].en.startswith("now 2026-11-")


def test_waiting_for_the_merchant_stops_nothing(desk_):
    claim = desk_.claim(queued(desk_).id, "max")
    before = desk_.clocks(claim.id)
    desk_.wait(claim, "merchant", "等")
    assert desk_.clocks(claim.id) == before


def test_promises_are_the_desks_own(engine, store, clock):
    policy = QueuePolicy(promises=(Promise("statutory:acceptance", "workday", 7, "response"),))
    d = desk(engine, store, clock, policy=policy)
    case = queued(d)
    (only,) = d.clocks(case.id)
    # Tuesday 10 November; seven working days end with Thursday 19 November
    assert only.due_at == dt.datetime(2026, 11, 19, 16, 0, tzinfo=dt.UTC)


def test_a_provisional_deadline_is_reckoned_anew_when_the_holidays_are_known(engine, store):
    clock = SetClock(dt.datetime(2026, 12, 29, 2, 0, tzinfo=dt.UTC))
    policy = QueuePolicy(promises=(Promise("statutory:acceptance", "workday", 3, "response"),))
    known = replace(engine.pack.calendar, until=dt.date(2027, 1, 1))
    d = desk(engine, store, clock, policy=policy, calendar=known)
    case = queued(d, received_at="2026-12-29T10:00:00+08:00")
    (before,) = d.clocks(case.id)
    assert before.provisional
    assert d.sweep().idle
    # New Year's holiday is announced: 1 to 3 January off
    days = frozenset(dt.date(2027, 1, day) for day in (1, 2, 3))
    later = replace(known, until=dt.date(2028, 1, 1), holidays=known.holidays | days)
    again = Funnel(engine, store, tenant=d.tenant, clock=clock, policy=policy, calendar=later)
    assert again.sweep().moved == (case.id,)
    (after,) = again.clocks(case.id)
    assert not after.provisional
    assert after.due_at == dt.datetime(2027, 1, 4, 16, 0, tzinfo=dt.UTC)
    assert again.case(case.id).next_due == after.due_at
    assert again.sweep().idle
    assert again.verify_audit().intact


# -- duplicates and incidents --------------------------------------------------------------------------------------


def test_the_same_order_and_consumer_is_suggested_not_merged(desk_):
    first = complaint()
    one = desk_.ingest(first)
    two = desk_.ingest({**complaint(), "consumer": first["consumer"], "order": first["order"]})
    assert two.suspects == (one.case.id,)
    assert desk_.suspects(one.case.id) == ((two.case.id, "same_order", 100),)
    assert two.case.is_open
    assert one.case.is_open


def test_nearly_the_same_words_about_one_merchant_are_suggested(desk_):
    words = "我在店里买的羽绒服到现在已经一个星期了还没有发货，客服也一直不理人"
    one = desk_.ingest(complaint(text=words, merchant={"id": "shop"}, consumer={}))
    two = desk_.ingest(complaint(text=words + "！！", merchant={"id": "shop"}, consumer={}))
    other = desk_.ingest(complaint(text=words, merchant={"id": "shop-2"}, consumer={}))
    assert two.suspects == (one.case.id,)
    assert other.suspects == ()


def test_many_complaints_of_one_merchant_open_an_incident_that_people_handle(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(incident_open=3, incident_close=1))
    shop = {"id": "shop"}
    first = [d.ingest(complaint("settle", merchant=shop)) for _ in range(2)]
    assert [taken.case.state for taken in first] == ["offered", "offered"]
    assert all(taken.incident_id is None for taken in first)
    third = d.ingest(complaint("settle", merchant=shop))
    assert third.incident_id is not None
    assert third.decision.outcome == "refer"
    assert any(reason.gate == "group" for reason in third.decision.referral.reasons)
    assert {case.id for case in d.cases(incident=third.incident_id)} == {t.case.id for t in (*first, third)}
    # an offer of a member that is taken by both goes to a person instead
    d.answer_offer(first[0].case.id, "merchant", "accept")
    assert d.answer_offer(first[0].case.id, "consumer", "accept").state == "queued"
    assert d.sweep().pulled == (first[1].case.id,)
    clock.forward(days=4)
    assert d.sweep().incidents_closed == (third.incident_id,)
    calm = d.ingest(complaint("settle", merchant=shop, received_at=clock.now.isoformat()))
    assert calm.incident_id is None


def test_one_person_who_files_again_and_again_is_no_crowd(engine, store, clock):
    d = desk(engine, store, clock, policy=QueuePolicy(incident_open=3, incident_close=2))
    same = {"merchant": {"id": "shop"}, "consumer": {"id": "one"}}
    assert all(d.ingest(complaint("settle", **same)).incident_id is None for _ in range(5))
    # Whoever gives no name is counted as somebody else: a crowd of strangers is one.
    assert d.ingest(complaint("settle", merchant={"id": "shop"}, consumer={})).incident_id is None
    opened = d.ingest(complaint("settle", merchant={"id": "shop"}, consumer={})).incident_id
    assert opened is not None
    clock.forward(days=4)
    for _ in range(3):
        d.ingest(complaint("settle", **same, received_at=clock.now.isoformat()))
    assert d.sweep().incidents_closed == (opened,)


def test_a_shop_known_by_name_alone_is_kept_without_a_number_in_it(desk_):
    case = desk_.ingest(complaint(merchant={"name": "老王小店13800138000"})).case
    assert case.merchant_id == "老王小店[mobile]"


# -- commands twice ------------------------------------------------------------------------------------------------


def test_a_command_sent_twice_is_done_once(desk_, store):
    case = queued(desk_)
    claim = desk_.claim(case.id, "max", command_id="k-1")
    done = desk_.resolve(claim, "mediated", code="x", note="y", command_id="k-2")
    before = dump(store)
    assert desk_.resolve(claim, "mediated", code="x", note="y", command_id="k-2") == done
    assert desk_.claim(case.id, "max", command_id="k-1") == claim
    with pytest.raises(InvalidCommandError, match="another command"):
        desk_.claim(case.id, "lea", command_id="k-1")
    assert dump(store) == before


# -- the record ----------------------------------------------------------------------------------------------------


@given(st.permutations(["address_wrong", "ship_by_on", "shipped"]))
def test_a_command_is_the_same_in_whatever_order_its_keys_come(order):
    d = desk(ENGINE, MemoryStore(), SetClock())
    case = d.ingest(complaint("ask")).case
    facts = {"address_wrong": False, "ship_by_on": "2026-11-05", "shipped": {"value": False, "grade": "stated"}}
    first = d.answer(case.id, facts, command_id="w")
    again = {name: facts[name] for name in order} | {"shipped": {"grade": "stated", "value": False}}
    assert d.answer(case.id, {name: again[name] for name in order}, command_id="w") == first
    with pytest.raises(InvalidCommandError, match="used for another"):
        d.answer(case.id, facts | {"address_wrong": True}, command_id="w")


def test_what_is_waited_for_names_nobody_whom_the_complaint_names_and_goes_with_it(desk_, store):
    sent = complaint(text="我叫张小北，付款一周了还不发货")
    claim = desk_.claim(desk_.ingest(sent).case.id, "max")
    waiting = desk_.wait(claim, "consumer", "等张小北13812345678回电")
    assert waiting.wait_reason == "等[name][mobile]回电"
    assert "张小北" not in repr({name: rows for name, rows in dump(store).items() if name != "vault"})
    desk_.erase(sent["consumer"]["id"], by="lea", reason="x")
    after = desk_.case(claim.id)
    assert (after.wait_reason, after.state, after.owner) == ("[erased]", "waiting_consumer", "max")
    assert desk_.resume(waiting).state == "claimed"
    row_equals_events(desk_, claim.id)
    assert desk_.verify_audit().intact
    offered = desk_.propose(desk_.claim(queued(desk_).id, "max"), "退一半")
    desk_.erase_case(offered.id, by="lea", reason="x")
    assert desk_.case(offered.id).wait_reason == "offer"


def test_erasing_is_done_once_and_by_a_supervisor(desk_, store, clock):
    sent = complaint()
    case, who = desk_.ingest(sent).case, sent["consumer"]["id"]
    before = dump(store)
    for by, error in (("zorro", UnknownCaseError), ("max", NotEligibleError)):
        with pytest.raises(error):
            desk_.erase(who, by=by, reason="x")
        with pytest.raises(error):
            desk_.erase_case(case.id, by=by, reason="x")
    assert dump(store) == before
    assert desk_.erase(who, by="lea", reason="x") == 1
    erased = dump(store)
    clock.forward(days=3)
    assert desk_.erase(who, by="lea", reason="x") == 0
    desk_.erase_case(case.id, by="lea", reason="x")
    assert dump(store) == erased
    desk_.ingest(complaint(consumer=sent["consumer"]))
    assert desk_.erase(who, by="lea", reason="x") == 1


def test_the_chain_is_whole_and_erasing_a_person_leaves_it_whole(desk_):
    sent = complaint("settle", text="付款一周了还不发货，我要退款。我叫王小明，电话13800138000")
    case = desk_.ingest(sent).case
    assert [r.status for r in desk_.replay()] == ["same"]
    assert desk_.erase(sent["consumer"]["id"], by="lea", reason="本人要求") == 1
    assert desk_.erase(sent["consumer"]["id"], by="lea", reason="再来一次") == 0
    report = desk_.verify_audit()
    assert report.intact
    assert report.events == desk_.events(limit=10_000)[-1].seq
    assert [r.status for r in desk_.replay()] == ["erased"]
    with pytest.raises(ErasedError):
        desk_.reveal(case.id, by="lea", reason="x")
    with pytest.raises(ErasedError):
        desk_.answer(case.id, {"address_wrong": True})
    assert desk_.request_human(case.id, "仍然能转人工").state == "queued"


def test_a_complaint_that_names_no_consumer_can_be_erased_by_its_case(desk_):
    case = desk_.ingest(complaint(consumer={}, text="付款一周了还不发货，电话13800138000")).case
    other = queued(desk_)
    desk_.erase_case(case.id, by="lea", reason="本人要求")
    assert sorted(r.status for r in desk_.replay()) == ["erased", "same"]
    assert desk_.complaint(case.id).masked == {"id": case.external_id, "erased": True}
    assert desk_.complaint(other.id).erased_at is None
    assert desk_.verify_audit().intact
    with pytest.raises(UnknownCaseError):
        desk_.erase_case("nope", by="lea", reason="x")


def test_replay_with_another_pack_shows_what_it_would_change(desk_, tmp_path):
    desk_.ingest(complaint("settle"))
    desk_.ingest(complaint("refer"))
    folder = tmp_path / "cn-ecommerce"
    shutil.copytree(data_folder("rules") / "cn-ecommerce", folder)
    rule = folder / "delivery" / "nondelivery.yaml"
    rule.write_text(rule.read_text("utf-8").replace("先行退款", "先行退一部分款"), "utf-8")
    other = funnel.load_pack(folder)
    found = {r.status: r for r in desk_.replay(other)}
    assert "differs" in found
    assert any("digest" in path for path, _, _ in found["differs"].changes)
    assert all(r.status == "same" for r in desk_.replay())


# -- edges ---------------------------------------------------------------------------------------------------------


def test_bad_input_is_a_typed_error_and_changes_nothing(desk_, store, clock):
    case = queued(desk_)
    claim = desk_.claim(case.id, "max")
    before = dump(store)
    for call, error in (
        (lambda: desk_.claim("nope", "max"), UnknownCaseError),
        (lambda: desk_.release(case), InvalidCommandError),  # no claim
        (lambda: desk_.resolve(claim, "settled", code="", note="x"), InvalidCommandError),
        (lambda: desk_.resolve(claim, "settled", code="x", note=" "), InvalidCommandError),
        (lambda: desk_.request_human(case.id, "\n"), InvalidCommandError),
        (lambda: desk_.sweep(clock.now + DAY), InvalidCommandError),
        (lambda: desk_.sweep(dt.datetime(2026, 1, 1)), InvalidCommandError),
        (lambda: desk_.reopen(case.id, by="x", reason="y"), InvalidTransitionError),
        (lambda: desk_.unmerge(case.id, by="max", reason="y"), InvalidTransitionError),
        (lambda: desk_.send_offer(case.id), InvalidTransitionError),
        (lambda: desk_.answer_offer(case.id, "judge", "accept"), InvalidCommandError),
        (lambda: desk_.answer_offer(case.id, "merchant", "maybe"), InvalidCommandError),
        (lambda: desk_.propose(claim, "x", amount=-1), InvalidCommandError),
        (lambda: desk_.propose(claim, "x", within=dt.timedelta(0)), InvalidCommandError),
        (lambda: desk_.put_agent(Agent("x", "judge")), InvalidCommandError),
        (lambda: desk_.put_agent(Agent("x", "agent", wip_cap=0)), InvalidCommandError),
        (lambda: desk_.ingest(complaint(), source=""), InvalidCommandError),
        (lambda: desk_.ingest({"id": "x"}), funnel.ComplaintError),
        (lambda: desk_.explain_deadline(case.id, "nope"), UnknownCaseError),
        (lambda: desk_.league("planet"), InvalidCommandError),
        (lambda: desk_.claim(case.id, "max", command_id=""), InvalidCommandError),
    ):
        with pytest.raises(error):
            call()
    assert dump(store) == before


def test_an_embedders_transaction_holds_both_or_neither(engine, tmp_path, postgres, clock):
    for url in (f"sqlite:///{tmp_path / 'q.db'}", postgres):
        store = SqlStore(url)
        d = desk(engine, store, clock)
        with store.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS helpdesk (id VARCHAR(64))"))
        with pytest.raises(RuntimeError), store.engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO helpdesk VALUES ('lost')"))
            d.bind(connection).ingest(complaint(id="lost"))
            raise RuntimeError
        with store.engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO helpdesk VALUES ('kept')"))
            d.bind(connection).ingest(complaint(id="kept"))
            with pytest.raises(UnknownCaseError):
                d.bind(connection).claim("nope", "max")  # a refused command does not spoil the transaction
        with store.engine.connect() as connection:
            with pytest.raises(InvalidCommandError, match="transaction"):
                d.bind(connection)
            assert connection.execute(sa.text("SELECT count(*) FROM helpdesk WHERE id='lost'")).scalar_one() == 0
        assert d.find("kept").state == "queued"
        with pytest.raises(UnknownCaseError):
            d.find("lost")
        assert d.verify_audit().intact
        store.close()


def test_an_address_that_cannot_be_used_is_named(engine):
    for url in ("mysql://x/y", "sqlite:///:memory:", "sqlite://", "://"):
        with pytest.raises(funnel.FunnelError):
            Funnel(engine, url)


def test_what_the_vault_keeps_is_decided_to_the_same_bytes(engine):
    """A field that was sent empty says something else than one that was not sent."""
    from funnel.engine._arguments import to_complaint  # noqa: PLC0415
    from funnel.queue._base import bytes_of  # noqa: PLC0415

    assert len(A_THIRD) > 600
    for test in A_THIRD:
        complaint_ = to_complaint(test.complaint)
        kept = json.loads(bytes_of(complaint_))
        day = dt.date(2026, 11, 10)
        assert (
            engine.decide(kept, as_of=day).model_dump_json() == engine.decide(complaint_, as_of=day).model_dump_json()
        )
