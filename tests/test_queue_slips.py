"""Slips of whoever embeds the queue: the wrong kind of thing, a misspelt word. Refused with what was expected, acted on never."""

import ast
import asyncio
import datetime as dt
import inspect
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from queue_kit import SetClock, complaint, desk, dump

import funnel
from funnel import errors
from funnel.errors import InvalidCommandError, QueueError, StoreError, StoreSchemaError
from funnel.queue import (
    Agent,
    AsyncFunnel,
    Funnel,
    MemoryStore,
    Promise,
    QueuePolicy,
    Rate,
    SqlStore,
    find_personal,
    mask,
    sqlite_engine,
    wilson,
)

HAN = re.compile(r"[\u4e00-\u9fff]")
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk_(engine, store):
    return desk(engine, store, SetClock())


# -- agents, skills, lists -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("skills", ["food", 5, None, ["food", 5]], ids=str)
def test_skills_that_are_no_set_of_texts_make_no_agent(skills):
    with pytest.raises(InvalidCommandError, match=r"frozenset\(\{'food'\}\)"):
        Agent("bob", tier="agent", skills=skills)
    assert Agent("bob", "agent", ["food", "en"]).skills == frozenset({"food", "en"})


@pytest.mark.parametrize("cap", ["3", 2.5, True], ids=str)
def test_a_cap_that_is_no_whole_number_makes_no_agent(cap):
    with pytest.raises(InvalidCommandError, match="wip_cap"):
        Agent("bob", "agent", wip_cap=cap)


def test_one_text_where_several_belong_is_never_taken_letter_by_letter(desk_, store):
    claim = desk_.claim(desk_.ingest(complaint()).case.id, "lea")
    before = dump(store)
    for call, what in (
        (lambda: desk_.ingest(complaint(), skills="food"), "food"),
        (lambda: desk_.claim_next("lea", skills="food"), "food"),
        (lambda: desk_.claim_next("lea", tiers="agent"), "agent"),
        (lambda: desk_.claim_next("lea", tiers=5), "int"),
        (lambda: desk_.resolve(claim, "settled", code="a", note="b", basis="cpl/24"), "cpl/24"),
        (lambda: desk_.put_agent("bob"), r"Agent\('amy'"),
    ):
        with pytest.raises(InvalidCommandError, match=what):
            call()
    assert dump(store) == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("policy", {"lease": None}),
        ("calendar", "cn"),
        ("clock", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("masker", None),
        ("cipher", object()),
    ],
)
def test_a_funnel_of_wrong_parts_is_none(engine, name, wrong):
    with pytest.raises(InvalidCommandError, match=f"^{name} should be") as error:
        Funnel(engine, MemoryStore(), **{name: wrong})
    assert HAN.search(error.value.zh)
    with pytest.raises(InvalidCommandError, match="AsyncFunnel takes a Funnel"):
        AsyncFunnel(None)


@pytest.mark.parametrize("tells", [5, None, "now", dt.datetime(2026, 1, 1)])
def test_a_clock_that_tells_no_time_says_so(engine, tells):
    with pytest.raises(InvalidCommandError, match="clock should tell") as error:
        Funnel(engine, MemoryStore(), clock=lambda: tells).ingest(complaint())
    assert HAN.search(error.value.zh)


@pytest.mark.parametrize(
    "wrong",
    [
        {"near_duplicate": "x"},
        {"near_duplicate": 2},
        {"gate_points": {"injury": "x"}},
        {"gate_points": None},
        {"promises": None},
        {"promises": ("response",)},
    ],
    ids=str,
)
def test_a_policy_of_wrong_parts_is_none(wrong):
    with pytest.raises(InvalidCommandError, match=next(iter(wrong))) as error:
        QueuePolicy(**wrong)
    assert HAN.search(error.value.zh)


def test_what_is_no_state_tier_number_or_instant_is_told_by_every_store(desk_):
    naive, day = dt.datetime(2026, 1, 1), dt.date(2026, 1, 1)
    for call, what in (
        (lambda: desk_.cases(state="queud"), "queud"),
        (lambda: desk_.cases(state=5), "state"),
        (lambda: desk_.cases(tier="king"), "king"),
        (lambda: desk_.cases(limit=-1), "limit"),
        (lambda: desk_.cases(limit="5"), "limit"),
        (lambda: desk_.events(after="x"), "after"),
        (lambda: desk_.events(limit=-3), "limit"),
        (lambda: desk_.sweep(limit=-1), "limit"),
        (lambda: desk_.sweep(naive), "now"),
        (lambda: desk_.sweep(day), "now"),
        (lambda: desk_.sweep("now"), "now"),
        (lambda: desk_.league(since=naive), "since"),
        (lambda: desk_.league(until="x"), "until"),
        (lambda: desk_.league(minimum="x"), "minimum"),
        (lambda: desk_.set_standing("m", "watch", by="lea", reason="x", evidence=["c"], until=None), "until"),
        (lambda: desk_.claim_next("lea", skills=[1, "a"]), "skills"),
        (lambda: desk_.answer_offer("c", ["merchant"], "accept"), "side"),
        (lambda: desk_.answer_offer("c", "merchant", ["accept"]), "reply"),
        (lambda: Agent("z", "agent", supervisor="no"), "supervisor"),
        (lambda: Agent("z", "agent", active=1), "active"),
    ):
        with pytest.raises(InvalidCommandError, match=what) as error:
            call()
        assert HAN.search(error.value.zh)


NOW = SetClock().now
LATER = NOW + 24 * HOUR
ARGUMENTS = {
    "answer": lambda c: {"case_id": c.asked, "facts": {"address_wrong": False}, "actor": "amy", "command_id": "k"},
    "answer_offer": lambda c: {
        "case_id": c.offered, "side": "merchant", "reply": "counter", "note": "x", "actor": "m", "command_id": "k"
    },
    "appeal_standing": lambda c: {"standing_id": c.standing, "grounds": "x", "actor": "m"},
    "assign": lambda c: {"case_id": c.queued, "to": "ann", "by": "lea", "reason": "x", "command_id": "k"},
    "cancel": lambda c: {"case_id": c.queued, "by": "lea", "reason": "x", "command_id": "k"},
    "case": lambda c: {"case_id": c.queued},
    "cases": lambda c: {"state": "queued", "tier": "agent", "owner": "lea", "incident": "i", "external_id": "e"},
    "claim": lambda c: {"case_id": c.queued, "agent": "ann", "command_id": "k"},
    "claim_next": lambda c: {"agent": "ann", "tiers": ["agent"], "command_id": "k"},
    "clocks": lambda c: {"case_id": c.queued},
    "complaint": lambda c: {"case_id": c.queued},
    "decide_appeal": lambda c: {"standing_id": c.standing, "by": "lea", "lift": True, "reason": "x"},
    "decisions": lambda c: {"case_id": c.queued},
    "erase": lambda c: {"consumer_id": "u", "by": "lea", "reason": "x"},
    "erase_case": lambda c: {"case_id": c.queued, "by": "lea", "reason": "x"},
    "escalate": lambda c: {"case": c.claim, "by": "lea", "reason": "x", "note": "y", "to": "lawyer", "command_id": "k"},
    "events": lambda c: {"case_id": c.queued},
    "explain_deadline": lambda c: {"case_id": c.queued, "kind": "resolution"},
    "find": lambda c: {"external_id": "e", "source": "api"},
    "ingest": lambda c: {"complaint": c.sent, "source": "s", "skills": ["food"]},
    "league": lambda c: {"by": "merchant"},
    "merge": lambda c: {"case_id": c.queued, "into": c.asked, "by": "lea", "reason": "x", "command_id": "k"},
    "offers": lambda c: {"case_id": c.queued},
    "propose": lambda c: {"claim": c.claim, "text": "x", "command_id": "k"},
    "put_agent": lambda c: {"agent": Agent("zoe", "agent"), "by": "lea"},
    "release": lambda c: {"claim": c.claim, "note": "x", "command_id": "k"},
    "reopen": lambda c: {"case_id": c.ended, "by": "lea", "reason": "x", "command_id": "k"},
    "request_human": lambda c: {"case_id": c.asked, "reason": "x", "actor": "c", "command_id": "k"},
    "resolve": lambda c: {
        "claim": c.claim, "outcome": "mediated", "code": "x", "note": "y", "basis": ["cpl/24"],
        "scenario": "return7_refused", "command_id": "k",
    },
    "respond": lambda c: {"claim": c.claim, "note": "x", "command_id": "k"},
    "resume": lambda c: {"claim": c.claim, "command_id": "k"},
    "return_": lambda c: {"claim": c.claim, "reason": "x", "command_id": "k"},
    "reveal": lambda c: {"case_id": c.queued, "by": "lea", "reason": "x"},
    "same_order": lambda c: {"case_id": c.queued},
    "send_offer": lambda c: {"case_id": c.offered, "actor": "system", "command_id": "k"},
    "set_standing": lambda c: {
        "merchant_id": c.merchant, "level": "watch", "by": "lea", "reason": "x", "evidence": [c.ended],
        "articles": ["cpl/24"], "until": LATER,
    },
    "standings": lambda c: {"merchant_id": "m"},
    "steps": lambda c: {"case_id": c.queued},
    "suspects": lambda c: {"case_id": c.queued},
    "unmerge": lambda c: {"case_id": c.queued, "by": "lea", "reason": "x", "command_id": "k"},
    "wait": lambda c: {"claim": c.claim, "on": "consumer", "reason": "x", "command_id": "k"},
    "withhold": lambda c: {"merchant_id": "m", "withheld": True, "by": "lea", "reason": "x"},
}  # fmt: skip


def refused(call, arguments):
    """None where a command is refused with a word in each language and is no failure of the store; else what came."""
    try:
        return f"taken: {call(**arguments)!r:.80}"
    except QueueError as error:
        return None if error.status < 500 and HAN.search(error.zh) else repr(error)
    except Exception as error:  # noqa: BLE001 (named in the test's message)
        return repr(error)


def test_a_name_or_word_that_a_database_cannot_hold_is_refused_alike_by_every_store_and_every_command(desk_, store):
    """NUL, half a character, a number: PostgreSQL fails, SQLite finds nothing or takes it, memory takes everything."""
    ended = desk_.ingest(complaint(merchant={"id": "m"})).case
    desk_.resolve(desk_.claim(ended.id, "lea"), "mediated", code="x", note="y", basis=["cpl/24"])
    standing = desk_.set_standing("m", "watch", by="lea", reason="x", evidence=[ended.id], until=LATER)
    given = SimpleNamespace(
        queued=desk_.ingest(complaint()).case.id,
        asked=desk_.ingest(complaint("ask")).case.id,
        offered=desk_.ingest(complaint("settle")).case.id,
        claim=desk_.claim(desk_.ingest(complaint()).case.id, "lea"),
        ended=ended.id,
        standing=standing.id,
        merchant="m",
        sent=complaint(),
    )
    before, wrong, tried = dump(store), [], 0
    for name, method in inspect.getmembers(Funnel, inspect.isfunction):
        words = {w: str(p.annotation) for w, p in inspect.signature(method).parameters.items()}
        words = {
            w: kind for w, kind in words.items() if re.match(r"str|Iterable\[str\]|Side|WaitFor|CaseOutcome", kind)
        }
        if name.startswith("_") or not words:
            continue
        for word, kind in words.items():
            for odd in ("a\x00", "\ud800", 5):
                arguments = ARGUMENTS[name](given) | {word: [odd] if kind.startswith("Iterable") else odd}
                if (told := refused(getattr(desk_, name), arguments)) is not None:
                    wrong.append((name, word, odd, told))
                tried += 1
    assert not wrong
    assert tried > 250
    assert dump(store) == before


def test_a_number_that_fits_in_no_column_is_refused_alike_by_every_store(desk_, store):
    claim = desk_.claim(desk_.ingest(complaint()).case.id, "lea")
    before = dump(store)
    for call in (
        lambda: desk_.propose(claim, "x", amount=2**63),
        lambda: desk_.put_agent(Agent("zoe", "agent", wip_cap=2**63)),
        lambda: desk_.cases(limit=2**63),
        lambda: desk_.events(after=2**63),
        lambda: desk_.answer_offer(claim.id, "merchant", "accept", offer=2**63),
        lambda: desk_.standings("m", at=dt.datetime(2026, 1, 1)),
        lambda: desk_.set_standing("m", "watch", by="lea", reason="x", evidence="c", until=LATER),
        lambda: desk_.replay(since=dt.datetime(2026, 1, 1)),
    ):
        with pytest.raises(InvalidCommandError):
            call()
    assert dump(store) == before


def test_what_is_printed_names_the_funnel_and_its_store_and_no_password(engine, tmp_path, request):
    with Funnel(engine, tmp_path / "q.db", tenant="shop-a") as d:
        assert re.fullmatch(r"AsyncFunnel\(Funnel\(Pack\(.*tenant='shop-a'\)\)", repr(AsyncFunnel(d)))
        assert repr(d.store) == f"SqlStore('{tmp_path / 'q.db'}')"
    url = request.getfixturevalue("postgres_alone").replace("postgres:@", "postgres:secret@")
    store = SqlStore(f"{url}{'&' if '?' in url else '?'}application_name=secret")
    assert repr(store).startswith("SqlStore('postgresql+psycopg://")
    assert "secret" not in repr(store)
    store.close()
    assert repr(MemoryStore()) == "MemoryStore()"


def test_a_funnel_closes_at_the_end_of_its_block(engine, tmp_path):
    with Funnel(engine, tmp_path / "q.db", clock=SetClock()) as d:
        case = d.ingest(complaint()).case
        with d.store.engine.begin() as connection, d.bind(connection) as bound:
            bound.request_human(case.id, "x")
    assert d.store.engine.pool.checkedin() == 0

    async def work():
        async with AsyncFunnel(Funnel(engine, tmp_path / "q.db")) as desk:
            return await desk.case(case.id)

    assert asyncio.run(work()).id == case.id


# -- the claim -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda taken: None, "claim_next.*None"),
        (lambda taken: taken.case.id, "not its id"),
        (lambda taken: taken, "not Ingested"),
    ],
    ids=["nothing", "an id", "what was taken in"],
)
def test_what_is_no_claim_moves_nothing_and_the_claim_is_asked_for(desk_, store, given, said):
    wrong = given(desk_.ingest(complaint()))
    before = dump(store)
    for call in (
        lambda: desk_.resolve(wrong, "settled", code="a", note="b"),
        lambda: desk_.renew(wrong),
        lambda: desk_.release(wrong),
        lambda: desk_.respond(wrong, "x"),
        lambda: desk_.wait(wrong, "consumer", "x"),
        lambda: desk_.resume(wrong),
        lambda: desk_.escalate(wrong, by="max", reason="x", note="y"),
        lambda: desk_.return_(wrong, reason="x"),
        lambda: desk_.propose(wrong, "x"),
    ):
        with pytest.raises(InvalidCommandError, match=said):
            call()
    assert dump(store) == before


def test_a_case_where_its_id_belongs_is_told_so_and_moves_nothing(desk_, store):
    case = desk_.ingest(complaint()).case
    before = dump(store)
    for call in (
        lambda: desk_.claim(case, "max"),
        lambda: desk_.request_human(case, "x"),
        lambda: desk_.answer(case, {"shipped": True}),
        lambda: desk_.case(None),
    ):
        with pytest.raises(InvalidCommandError, match=r"case\.id"):
            call()
    assert dump(store) == before


def test_an_instant_a_span_or_an_amount_of_the_wrong_kind_is_refused(desk_, store):
    claim = desk_.claim(desk_.ingest(complaint()).case.id, "lea")
    before = dump(store)
    for call, what in (
        (lambda: desk_.wait(claim, "consumer", "x", until="2026-12-01"), "`until` should be a datetime"),
        (lambda: desk_.propose(claim, "x", within=24), "timedelta"),
        (lambda: desk_.propose(claim, "x", amount="5"), "in fen"),
    ):
        with pytest.raises(InvalidCommandError, match=what):
            call()
    assert dump(store) == before


# -- promises and policies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"unit": "wrkday"}, "hour, calendar_day, workday"),
        ({"stops_on": "respons"}, "response, resolution"),
        ({"paused_by": "consumer"}, r"frozenset\(\{'consumer'\}\)"),
        ({"paused_by": {"konsument"}}, "consumer, merchant, third_party"),
        ({"kind": " "}, "a kind"),
        ({"articles": "cpl/46"}, "articles should be"),
        ({"articles": (46,)}, "articles should be"),
        ({"articles": None}, "articles should be"),
        ({"target": -7}, "positive"),
        ({"target": "7"}, "positive"),
        ({"target": True}, "positive"),
    ],
    ids=str,
)
def test_a_promise_of_words_that_are_not_known_is_none(wrong, said):
    with pytest.raises(InvalidCommandError, match=said):
        Promise(**{"kind": "x", "unit": "workday", "target": 7, "stops_on": "response", **wrong})


@pytest.mark.parametrize("name", ["ageing", "lease", "merchant_response", "consumer_response", "answer_within", "reopen_window", "skew", "incident_window", "duplicate_window"])  # fmt: skip
def test_a_duration_of_a_policy_is_looked_at_when_the_policy_is_made(name):
    for wrong in (15, "15m", dt.timedelta(minutes=-15)):
        with pytest.raises(InvalidCommandError, match=name):
            QueuePolicy(**{name: wrong})
    assert getattr(QueuePolicy(**{name: HOUR}), name) == HOUR


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lease": dt.timedelta(0)}, "lease must be positive"),
        ({"max_rounds": 1.5}, "max_rounds"),
        ({"incident_open": 3}, "lower count"),
        ({"promises": Promise("x", "hour", 1, "response")}, "a tuple of Promise"),
        ({"promises": ("response",)}, "a tuple of Promise"),
        ({"promises": (Promise("x", "hour", 1, "response"),) * 2}, "two promises"),
    ],
    ids=str,
)
def test_a_policy_that_cannot_work_is_refused_when_it_is_made(wrong, said):
    with pytest.raises(InvalidCommandError, match=said):
        QueuePolicy(**wrong)
    assert issubclass(InvalidCommandError, ValueError)  # what it used to be


# -- stores and transactions ---------------------------------------------------------------------------------------


def test_a_path_object_is_a_file_as_its_text_is(engine, tmp_path):
    path = tmp_path / "funnel.db"
    first = Funnel(engine, path)
    taken = first.ingest(complaint())
    first.close()
    again = Funnel(engine, str(path))
    assert again.case(taken.case.id) == taken.case
    again.close()
    store = SqlStore(path, create=False)
    store.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_or_server_that_can_be_no_queue_is_named_with_the_way_out(engine, tmp_path, lang):
    (tmp_path / "rows.csv").write_text("a,b\n" * 2000)
    kept = tmp_path / "kept.db"
    SqlStore(kept).close()
    for address, name, way in (
        (tmp_path, str(tmp_path), ("目录已经存在", "folder that is there")),
        (tmp_path / "none" / "q.db", "none/q.db", ("目录已经存在", "folder that is there")),
        (tmp_path / "rows.csv", "rows.csv", ("不是 SQLite", "no SQLite database")),
        (f"sqlite:///file:{kept}?mode=ro&uri=true", "kept.db", ("只能读", "only be read")),
        ("postgresql://me:secret@127.0.0.1:1/x?password=secret", "me@127.0.0.1:1/x", ("连不上", "is it running")),
    ):
        with pytest.raises(StoreError) as error, Funnel(engine, str(address)) as d:
            d.ingest(complaint())
        told = error.value.text(lang)
        assert name in told
        assert way[lang == "en"] in told
        assert "secret" not in told


def test_an_argument_of_another_kind_is_refused_in_both_languages_by_whatever_stands_beside_the_queue(engine):
    for call in (
        lambda: funnel.Engine(engine.pack, lang="fr"),
        lambda: funnel.Engine(engine.pack, matcher="fast"),
        lambda: funnel.Engine(engine.pack, matcher=5),
        lambda: funnel.Engine(engine.pack, shadow=5),
        lambda: funnel.Engine(engine.pack, clock=dt.datetime.now(dt.UTC)),
        lambda: engine.interview("x", who="consumer"),
        lambda: wilson(3, 2),
        lambda: wilson("a", 2),
        lambda: wilson(True, 2),
        lambda: Rate(-1, 2),
        lambda: mask(None),
        lambda: find_personal(5),
    ):
        with pytest.raises(funnel.ArgumentError) as error:
            call()
        assert HAN.search(error.value.zh)
        assert not HAN.search(error.value.en)
        assert isinstance(error.value, ValueError | funnel.FunnelError)
    with pytest.raises(funnel.PackNotFoundError, match="a name or a folder"):
        funnel.load_pack(None)
    for wrong in ("10", None, -1, True, float("nan"), float("inf")):
        for make in (SqlStore, sqlite_engine):
            with pytest.raises(InvalidCommandError, match="busy_seconds") as error:
                make("q.db", busy_seconds=wrong)
            assert HAN.search(error.value.zh)
    for wrong in (":memory:", "sqlite:///x.db", None):
        with pytest.raises(InvalidCommandError) as error:
            sqlite_engine(wrong)
        assert HAN.search(error.value.zh)


def test_what_is_no_store_is_refused_at_once_with_what_is_one(engine, tmp_path):
    shared = sqlite_engine(tmp_path / "e.db")
    with shared.connect() as connection:
        for wrong, said in (
            (shared, r"give its address.*desk\.bind"),
            (connection, r"give its address.*desk\.bind"),
            (None, r"SqlStore\(…\) or a MemoryStore\(\), not NoneType"),
            (MemoryStore, "not MemoryStore"),
            (SimpleNamespace(unit=1, reader=2), "not SimpleNamespace"),
        ):
            with pytest.raises(StoreError, match=said):
                Funnel(engine, wrong)
    with pytest.raises(StoreError, match="not NoneType"):
        SqlStore(None)
    with pytest.raises(ValueError, match="the path alone"):
        sqlite_engine("sqlite:///e.db")
    shared.dispose()


def test_bind_takes_a_connection_whose_transaction_is_begun_and_nothing_else(engine, tmp_path):
    d = desk(engine, SqlStore(tmp_path / "q.db"), SetClock())
    for wrong in (None, d.store.engine, "q.db"):
        with pytest.raises(InvalidCommandError, match=r"store\.engine\.begin\(\)"):
            d.bind(wrong)
    with d.store.engine.connect() as connection, pytest.raises(InvalidCommandError, match="begin a transaction"):
        d.bind(connection)
    d.close()


def test_an_sqlite_engine_that_begins_too_late_is_refused_and_ours_is_not(engine, tmp_path):
    path = tmp_path / "q.db"
    d = desk(engine, SqlStore(path), SetClock())
    late = sa.create_engine(f"sqlite:///{path}")
    never = sa.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    for wrong in (late, never):
        with wrong.begin() as connection, pytest.raises(InvalidCommandError, match="sqlite_engine"):
            d.bind(connection)
        wrong.dispose()
    ours = sqlite_engine(path)
    with ours.begin() as connection, connection.begin_nested():
        taken = d.bind(connection).ingest(complaint())
    assert d.case(taken.case.id) == taken.case
    ours.dispose()
    d.close()


def test_a_bound_database_without_a_queue_is_named_with_the_way_to_one(engine, tmp_path, request):
    d = desk(engine, SqlStore(tmp_path / "q.db"), SetClock())
    other = sqlite_engine(tmp_path / "other.db")
    with pytest.raises(StoreSchemaError, match="funnel queue init") as error, other.begin() as connection:
        d.bind(connection).ingest(complaint())
    assert f"{tmp_path / 'other.db'}：这个数据库里没有队列" in error.value.zh
    other.dispose()
    url = request.getfixturevalue("postgres_alone")
    bare = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with pytest.raises(StoreSchemaError, match="funnel queue init"), bare.begin() as connection:
        d.bind(connection).ingest(complaint())
    bare.dispose()
    d.close()


def test_a_refusal_keeps_both_languages_when_it_travels_to_another_process(desk_):
    import pickle  # noqa: PLC0415

    with pytest.raises(QueueError) as error:
        desk_.resolve(None, "settled", code="a", note="b")
    again = pickle.loads(pickle.dumps(error.value))
    assert (type(again), str(again), again.text("zh"), again.text("en")) == (
        InvalidCommandError,
        str(error.value),
        error.value.zh,
        error.value.en,
    )
    assert again.en == str(again) != again.zh


COMMANDS = sorted(
    path.stem
    for path in (Path(funnel.__file__).parent / "queue").glob("*.py")
    if re.search(r"raise \w+Error\(|return Store\w+Error\(", path.read_text("utf-8"))
    and path.stem not in {"clocks", "_memory"}
)


@pytest.mark.parametrize("module", COMMANDS)
def test_every_refusal_of_the_queue_is_said_in_both_languages(module):
    source = (Path(funnel.__file__).parent / "queue" / f"{module}.py").read_text("utf-8")
    refusals = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, QueueError)}
    turned = {"ArgumentError"}  # Chinese first
    calls = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    found = [n for n in calls if n.func.id in refusals | turned]
    for call in found:
        assert len(call.args) == 2, call.lineno
        en, zh = (ast.unparse(arg) for arg in call.args)
        if call.func.id in turned:
            en, zh = zh, en
        assert not HAN.search(en), en
        assert HAN.search(zh) or zh in {"f'{where}：{zh}'", "error.zh"}, zh
    assert found
