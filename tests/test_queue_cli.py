"""``funnel queue`` and ``funnel run --queue``: a desk worked from the terminal."""

import inspect
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from queue_kit import SetClock, complaint

from funnel.cli._main import group
from funnel.cli.queue import command
from funnel.queue import Funnel

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "complaints.sample.csv"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*args, code=0):
        result = CliRunner().invoke(group, [str(a) for a in args])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_a_desk_is_worked_from_the_terminal(cli):
    assert "funnel queue init" in cli("queue", "ls", code=2)
    cli("queue", "init")
    assert "新收 24 件，已有 0 件" in cli(
        "run", SAMPLE, "--queue", "funnel.db", "--rejects", "bad.jsonl", "--lang", "zh"
    )
    assert "新收 0 件，已有 24 件" in cli(
        "run", SAMPLE, "--queue", "funnel.db", "--rejects", "bad.jsonl", "--lang", "zh"
    )
    cli("queue", "agent", "lea", "--tier", "lawyer", "--supervisor", "--skill", "food")
    assert "lea" in cli("queue", "--lang", "en", "claim", "lea")
    (held,) = json.loads(cli("queue", "--format", "json", "ls", "--owner", "lea"))
    case = held["id"]
    shown = cli("queue", "--lang", "zh", "show", case)
    assert "转人工原因" in shown
    assert "调解开场" in shown
    whole = json.loads(cli("queue", "--format", "json", "show", case, "--reveal", "lea", "--reason", "办案"))
    assert [event["type"] for event in whole["events"]] == ["opened", "claimed", "revealed"]
    assert "期限" in cli("queue", "--lang", "zh", "deadline", case)
    done = ("queue", "resolve", case, "--by", "lea", "--outcome", "mediated", "--code", "ok", "--note", "谈妥")
    assert "basis" in cli(*done, code=1)
    assert "held by lea" in cli("queue", "--lang", "en", *done[1:3], "--by", "max", *done[5:], code=1)
    cli(*done, "--basis", "cpl/55")
    assert "mediated 1" in cli("queue", "--lang", "en", "stats")
    assert json.loads(cli("queue", "--format", "json", "stats"))["outcomes"] == {"mediated": 1}
    assert "broken" in cli("queue", "--lang", "en", "sweep")
    assert "nothing was due" in cli("queue", "--lang", "en", "sweep")
    assert cli("queue", "replay").strip() == "same 24"
    assert "whole" in cli("queue", "--lang", "en", "audit")
    assert "resolved 100% (1/1" in cli("queue", "--lang", "en", "league", "--minimum", "1")


def test_a_changed_record_ends_the_audit_with_1(cli, tmp_path):
    import sqlite3  # noqa: PLC0415

    cli("run", SAMPLE, "--queue", "funnel.db", "--rejects", "bad.jsonl")
    connection = sqlite3.connect(tmp_path / "funnel.db")
    connection.execute("UPDATE event SET actor = 'nobody' WHERE seq = 7")
    connection.commit()
    connection.close()
    assert "event 7" in cli("queue", "--lang", "en", "audit", code=1)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("queue", "show", "nope"), 1),
        (("queue", "claim", "nobody"), 1),
        (("queue", "agent", "x", "--tier", "judge"), 1),
        (("queue", "--store", "mysql://u:secret@host/db", "ls"), 2),
        (("run", str(SAMPLE), "--queue", "funnel.db", "--as-of", "2026-01-01"), 2),
        (("run", str(SAMPLE), "--queue", "no/such/folder/q.db"), 2),
    ],
)
def test_a_mistake_is_a_sentence_and_never_shows_a_password(cli, args, code):
    cli("queue", "init")
    output = cli(*args, code=code)
    assert "Traceback" not in output
    assert "secret" not in output


HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def filled(cli):
    cli("queue", "init")
    cli("run", SAMPLE, "--queue", "funnel.db", "--rejects", "bad.jsonl")
    cli("queue", "agent", "amy", "--tier", "agent", "--cap", "1")
    cli("queue", "agent", "lea", "--tier", "lawyer", "--supervisor")
    return cli


def test_a_refusal_is_in_the_language_asked_for_and_names_the_way_out_at_the_command_line(filled):
    held = json.loads(filled("queue", "--format", "json", "claim", "amy"))["id"]
    listed = json.loads(filled("queue", "--format", "json", "ls"))
    lawyers = next(case["id"] for case in listed if case["tier"] == "lawyer")
    mine = next(case["id"] for case in listed if (case["tier"], case["state"]) == ("agent", "queued"))
    asked = next(case["id"] for case in listed if case["state"] == "asked")
    end = ("--outcome", "mediated", "--code", "x", "--note", "y")
    filled("queue", "claim", "lea", lawyers)
    for args, way in (
        (("claim", "bob"), "funnel queue agent"),
        (("claim", "amy"), "1"),
        (("claim", "amy", lawyers), "lea"),
        (("claim", "lea", held), "amy"),
        (("claim", "lea", asked), "funnel queue request-human"),
        (("claim", "lea", "nope"), "funnel queue ls"),
        (("show", "nope"), "funnel queue ls"),
        (("show", mine, "--reveal", "amy", "--reason", "x"), "amy"),
        (("show", held, "--reveal", "amy"), "--reason"),
        (("deadline", held, "--kind", "nope"), "nope"),
        (("agent", "x", "--tier", "judge"), "mediator"),
        (("escalate", held, "--by", "amy", "--reason", "x", "--note", "y", "--to", "agent"), "funnel queue return"),
        (("answer", held, 'shipped={"value": true, "grade": "record"}', "--by", "consumer"), "`--by`"),
        (("resolve", lawyers, "--by", "lea", *end), "--basis"),
        (("resolve", held, "--by", "amy", *end, "--scenario", "nope"), "nope"),
    ):
        zh, en = (filled("queue", "--lang", lang, *args, code=1) for lang in ("zh", "en"))
        assert HAN.search(zh), args
        assert not HAN.search(en), en
        assert way in zh, zh
        assert way in en, en
        for told in (zh, en):
            assert not re.search(r"put_agent|request_human|return_|claim_next|`\w+_\w*`", told), told


def test_what_can_be_served_is_listed_first_whatever_waits_for_the_parties(filled):
    held = json.loads(filled("queue", "--format", "json", "claim", "amy"))["id"]
    states = [case["state"] for case in json.loads(filled("queue", "--format", "json", "ls"))]
    order = sorted(states, key=lambda state: {"queued": 0, "claimed": 1}.get(state, 2))
    assert states == order
    assert len(set(states)) == 4
    few = json.loads(filled("queue", "--format", "json", "ls", "--limit", "3"))
    assert [case["state"] for case in few] == ["queued"] * 3
    (first, *_) = json.loads(filled("queue", "--format", "json", "ls"))
    assert json.loads(filled("queue", "--format", "json", "claim", "lea"))["id"] == first["id"] != held


def test_a_case_is_named_by_the_number_of_its_complaint_where_that_is_one_case(filled):
    filled("run", SAMPLE, "--queue", "funnel.db", "--rejects", "bad.jsonl")
    first = json.loads(filled("queue", "--format", "json", "ls"))[0]
    number, case = first["external_id"], first["id"]
    assert json.loads(filled("queue", "--format", "json", "show", number))["case"]["id"] == case
    assert json.loads(filled("queue", "--format", "json", "claim", "lea", number))["id"] == case
    assert filled("queue", "deadline", number).splitlines()[:3] == filled("queue", "deadline", case).splitlines()[:3]
    end = ("--by", "lea", "--outcome", "mediated", "--code", "x", "--note", "y", "--basis", "cpl/24")
    assert case in filled("queue", "resolve", number, *end)
    desk = Funnel("cn-ecommerce", "funnel.db")
    other = desk.ingest({"id": number, "text": "买了半个月还不发货"}, source="elsewhere").case
    desk.close()
    for lang in ("zh", "en"):
        both = filled("queue", "--lang", lang, "show", number, code=1)
        assert case in both
        assert other.id in both


@pytest.mark.parametrize("content", [b"", b"not a database, not at all" * 50, None], ids=["empty", "text", "another's"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_that_is_no_queue_is_named_with_what_to_run_and_left_as_it_is(cli, tmp_path, content, lang):
    path = tmp_path / "nope.db"
    if content is None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE theirs (a)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    for url in ("nope.db", f"sqlite:///{path}"):
        for args in (
            ("queue", "--store", url, "--lang", lang, "ls"),
            ("report", "--queue", url, "-o", "r.html", "--lang", lang),
        ):
            assert f"funnel queue --store {url} init" in cli(*args, code=2)
            assert path.read_bytes() == before
            assert sorted(p.name for p in tmp_path.iterdir()) == ["nope.db"]


@pytest.mark.parametrize("url", ["none.db", "sqlite:///none.db"])
def test_a_queue_that_is_not_there_is_not_made_by_looking_at_it(cli, tmp_path, url):
    for args in (
        ("queue", "--store", url, "ls"),
        ("report", "--queue", url, "-o", "r.html"),
        *([("mine", url)] if "://" in url else []),
    ):
        assert f"funnel queue --store {url} init" in cli(*args, code=2)
        assert list(tmp_path.iterdir()) == []


SUSPECTED = {
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "付款一周了还不发货，我要退款。收货人：\n王建国 老爷子让人洗了脑",
    "order": {
        "kind": "physical",
        "category": "general",
        "price": 89,
        "quantity": 1,
        "paid_at": "2026-11-03T10:00:00+08:00",
        "ship_by": "2026-11-05T10:00:00+08:00",
    },
    "facts": {"shipped": {"value": False, "grade": "record", "source": "物流"}},
}


@pytest.fixture
def doubted(cli):
    cli("queue", "init")
    cli("queue", "agent", "amy", "--tier", "agent")
    cli("queue", "agent", "max", "--tier", "mediator", "--supervisor")
    desk = Funnel("cn-ecommerce", "funnel.db")
    for number in ("S1", "S2"):
        assert desk.ingest(SUSPECTED | {"id": number}).case.state == "queued"
    desk.close()
    return cli


def test_who_has_looked_says_so_at_the_command_line_and_the_offer_goes_out(doubted):
    shown = doubted("queue", "show", "S1", "--lang", "zh")
    assert "老爷子让人洗了脑”，先由人看一眼" in shown
    assert "王建国" not in shown
    assert "offered" in doubted("queue", "answer", "S1", "elder_vulnerable=false", "--by", "amy", "--lang", "en")
    whole = json.loads(doubted("queue", "--format", "json", "show", "S1"))
    assert (whole["events"][-1]["type"], whole["events"][-1]["actor"]) == ("answered", "amy")
    assert [offer["state"] for offer in whole["offers"]] == ["offered"]
    doubted("queue", "claim", "amy", "S2")
    assert "claimed" in doubted("queue", "answer", "S2", "elder_vulnerable=false", "--by", "amy")
    assert "release" in doubted("queue", "show", "S2", "--lang", "en")
    assert "held by amy" in doubted("queue", "release", "S2", "--by", "max", "--lang", "en", code=1)
    assert "offered" in doubted("queue", "release", "S2", "--by", "amy", "--lang", "en")


@pytest.mark.parametrize(
    ("given", "way", "code"), [("elder_vulnerable", "=", 2), ("elder_vulnerble=false", "elder_vulnerable", 1)]
)
def test_an_answer_that_cannot_be_taken_is_a_sentence(doubted, given, way, code):
    for lang in ("zh", "en"):
        output = doubted("queue", "answer", "S1", given, "--by", "amy", "--lang", lang, code=code)
        assert way in output
        assert bool(HAN.search(output)) == (lang == "zh")


def test_a_mediator_is_shown_what_mediators_do_with_every_case(doubted):
    assert "要做" not in doubted("queue", "show", "S1", "--lang", "zh")
    desk = Funnel("cn-ecommerce", "funnel.db")
    desk.escalate(desk.find("S1"), by="max", reason="难", note="看")
    desk.close()
    shown = doubted("queue", "show", "S1", "--lang", "zh")
    assert "要做：mediator 72h: 先问双方愿不愿意调解" in shown
    (step,) = json.loads(doubted("queue", "--format", "json", "show", "S1"))["steps"]
    assert step["who"] == "mediator"


@pytest.mark.parametrize("command", ["ls", "stats", "sweep"])
def test_the_language_may_stand_before_the_command_or_after_it(filled, command):
    filled("queue", "sweep")
    for lang, other in (("zh", "en"), ("en", "zh")):
        before = filled("queue", "--lang", lang, command)
        assert filled("queue", command, "--lang", lang) == before
        assert filled("queue", "--lang", other, command, "--lang", lang) == before
        assert filled("queue", "--lang", other, command) != before


def test_whatever_state_a_case_is_in_the_command_line_brings_it_to_its_end(filled):
    """No dead ends: offers are answered, cases asked about go to a person, and every command of an owner is there."""

    def run(*args, code=0):
        return filled("queue", *args, code=code)

    def state(number):
        return json.loads(run("show", number, "--format", "json"))["case"]["state"]

    listed = json.loads(run("ls", "--format", "json"))
    asked = next(case["external_id"] for case in listed if case["state"] == "asked")
    offered, other = [case["external_id"] for case in listed if case["state"] == "offered"][:2]
    queued = next(case["external_id"] for case in listed if (case["tier"], case["state"]) == ("agent", "queued"))

    run("request-human", asked, "--reason", "要人工")
    assert state(asked) == "queued"
    run("answer-offer", offered, "--offer", "1", "--side", "merchant", "--reply", "accept")
    assert "resolved" in run("answer-offer", offered, "--offer", "1", "--side", "consumer", "--reply", "accept")
    run("reopen", offered, "--by", "lea", "--reason", "没有收到")
    assert state(offered) == "queued"
    counter = ("answer-offer", other, "--offer", "1", "--side", "merchant", "--reply", "counter")
    assert "--note" in run(*counter, code=1)
    run(*counter, "--note", "只退一半")
    run(*counter, "--note", "只退一半")
    assert json.loads(run("show", other, "--format", "json"))["offers"][0]["state"] == "countered"

    run("claim", "amy", queued)
    assert state(queued) == "claimed"
    run("respond", queued, "--by", "amy", "--note", "已联系")
    assert "--until" in run("wait", queued, "--by", "amy", "--on", "merchant", "--reason", "x", "--until", "2020-01-01", code=1)  # fmt: skip
    run("wait", queued, "--by", "amy", "--on", "consumer", "--reason", "等回复", "--until", "2099-01-01T18:00")
    assert state(queued) == "waiting_consumer"
    run("resume", queued, "--by", "amy")
    run("propose", queued, "--by", "amy", "--text", "退一半", "--amount", "44.5", "--within", "2d")
    (offer,) = json.loads(run("show", queued, "--format", "json"))["offers"]
    assert (offer["amount"], offer["text"], state(queued)) == (4450, "退一半", "waiting_merchant")
    run("answer-offer", queued, "--offer", "1", "--side", "merchant", "--reply", "reject")
    run("escalate", queued, "--by", "amy", "--reason", "难", "--note", "看聊天记录", "--to", "lawyer")
    run("assign", queued, "lea", "--by", "lea", "--reason", "专长")
    run("return", queued, "--by", "lea", "--reason", "不难")
    run("merge", asked, queued, "--by", "lea", "--reason", "同一件事")
    assert state(asked) == "merged"
    run("unmerge", asked, "--by", "lea", "--reason", "不是")
    assert "canceled" in run("cancel", asked, "--by", "lea", "--reason", "测试").replace("cancelled", "canceled")
    assert "erased in 0" in run("erase", "nobody", "--by", "lea", "--reason", "本人要求", "--lang", "en")


@pytest.mark.parametrize(
    ("args", "way"),
    [
        (("propose", "x", "--by", "amy", "--text", "x", "--amount", "1.999"), "199.00"),
        (("propose", "x", "--by", "amy", "--text", "x", "--amount", "-1"), "199.00"),
        (("propose", "x", "--by", "amy", "--text", "x", "--within", "2w"), "24h"),
        (("wait", "x", "--by", "amy", "--on", "consumer", "--reason", "x", "--until", "soon"), "2026-12-01T18:00"),
        (("answer-offer", "x", "--side", "merchant", "--reply", "accept"), "--offer"),
        (("answer-offer", "x", "--offer", "1", "--side", "merchant", "--reply", "yes"), "accept"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_read_says_how_to_write_it(cli, args, way):
    assert way in cli("queue", *args, code=2)


def test_every_command_of_the_desk_is_there_at_the_command_line_or_says_where_it_is():
    """What a case can need has a command; what is decided about merchants, and bulk reading, is the library's."""
    have = {name.replace("-", "_") for name in command.commands}
    elsewhere = {"appeal_standing", "decide_appeal", "set_standing", "standings", "withhold"}  # decisions on firms
    shown = {"agents", "case", "cases", "clocks", "complaint", "decisions", "events", "find", "offers", "reveal", "same_order", "steps", "suspects"}  # fmt: skip
    named = {"claim_next": "claim", "put_agent": "agent", "explain_deadline": "deadline", "verify_audit": "audit", "return_": "return"}  # fmt: skip
    rest = {"bind", "close", "evaluate", "ingest", "renew", "erase_case"}  # `funnel run --queue`, leases of bots
    methods = {name for name, _ in inspect.getmembers(Funnel, inspect.isfunction) if name[0] != "_"}
    assert {named.get(name, name) for name in methods - elsewhere - shown - rest} <= have


@pytest.mark.parametrize("args", [("ls",), ("stats",), ("league",), ("sweep",), ("audit",), ("replay",), ("agent", "zoe", "--tier", "agent"), ("init",)])  # fmt: skip
def test_the_form_may_stand_before_the_command_or_after_it(filled, args):
    filled("queue", "sweep")
    before, after = filled("queue", "--format", "json", *args), filled("queue", *args, "--format", "json")
    assert [json.loads(line) for line in after.splitlines()] if args == ("replay",) else json.loads(after) is not None
    assert args == ("audit",) or before == after


def test_a_league_of_nobody_says_so(cli):
    cli("queue", "init")
    assert cli("queue", "league", "--lang", "en").strip() == "no cases yet"
    assert cli("queue", "league", "--lang", "zh").strip() == "还没有案件"


@pytest.mark.parametrize(("lang", "said"), [("zh", "时钟往回调过"), ("en", "a clock was set back")])
def test_the_audit_tells_of_a_clock_that_was_set_back_and_ends_clean(cli, lang, said):
    cli("queue", "init")
    assert said not in cli("queue", "audit", "--lang", lang)
    clock = SetClock()
    desk = Funnel("cn-ecommerce", "funnel.db", clock=clock)
    for number in ("1", "2"):
        desk.ingest({"id": number, "text": "买了半个月还不发货"})
        clock.forward(days=-3)
    desk.close()
    assert said in cli("queue", "audit", "--lang", lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_prefix_of_the_queues_tables_stands_in_its_address(cli, tmp_path, lang):
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("CREATE TABLE agent (a)")
    url = "sqlite:///shop.db?funnel_prefix=funnel_"
    assert "funnel_prefix" in cli("queue", "--store", url, "ls", "--lang", lang, code=2)
    assert "funnel_prefix" in cli("queue", "--store", "shop.db", "init", "--lang", lang, code=2)
    cli("queue", "--store", url, "init")
    cli("run", SAMPLE, "--queue", url, "--rejects", "bad.jsonl")
    assert len(json.loads(cli("queue", "--store", url, "ls", "--format", "json"))) > 10
    wrong = cli("queue", "--store", "sqlite:///shop.db?funnel_prefix=A", "ls", "--lang", lang, code=2)
    assert ("前缀" if lang == "zh" else "a prefix of tables") in wrong


@pytest.fixture
def doubled(cli, tmp_path):
    """A queue with two complaints about one order, both settled."""
    sent = [complaint("settle") for _ in range(2)]
    for one in sent:
        one["order"] |= {"id": "SO-1"}
        one["merchant"] = {"id": "m"}
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(one) + "\n" for one in sent))
    cli("run", "c.jsonl", "--queue", "funnel.db")
    cli("queue", "agent", "lea", "--tier", "lawyer", "--supervisor")
    return [one["id"] for one in sent]


@pytest.mark.parametrize(("lang", "why"), [("zh", "同一订单另有案件"), ("en", "another case about its order")])
def test_a_second_case_about_an_order_is_shown_with_the_reason_and_the_first_ones_number(cli, doubled, lang, why):
    one, two = doubled
    whole = json.loads(cli("queue", "show", two, "--format", "json"))
    (first,) = whole["same_order"]
    assert (first["external_id"], first["state"], whole["case"]["state"]) == (one, "offered", "queued")
    cli("queue", "claim", "lea", two)
    shown = cli("queue", "show", two, "--lang", lang)
    assert why in shown
    assert f"{first['id']} ({one}) offered" in shown
    assert {"zh": "release 把方案发给双方", "en": "`release` sends the offer"}[lang] not in shown, "it would not"
    told = cli("queue", "show", one, "--lang", lang)
    assert why not in told, "it is not why that one is where it is"
    assert f"({two}) claimed" in told
    cli("queue", "release", two, "--by", "lea")
    answered = cli("queue", "answer", two, "address_wrong=false", "--by", "lea", "--lang", lang)
    assert first["id"] in answered


@pytest.mark.parametrize(("lang", "said"), [("zh", "判断时出错"), ("en", "deciding failed")])
def test_an_answer_over_which_the_engine_fails_is_kept_and_the_case_a_persons(cli, tmp_path, monkeypatch, lang, said):
    """It used to end with a traceback."""
    sent = complaint("ask")
    (tmp_path / "c.jsonl").write_text(json.dumps(sent) + "\n")
    cli("run", "c.jsonl", "--queue", "funnel.db")

    def failing(*_args, **_more):
        raise ZeroDivisionError

    for place in ("engine", "decide"):
        monkeypatch.setattr(f"funnel.engine.{place}.judge", failing)
    assert said in cli("queue", "answer", sent["id"], "address_wrong=false", "--by", "consumer", "--lang", lang, code=1)
    whole = json.loads(cli("queue", "show", sent["id"], "--format", "json"))
    assert whole["case"]["state"] == "queued"
    assert [reason["code"] for reason in whole["decision"]["referral"]["reasons"]] == ["engine-error"]
    assert whole["complaint"]["facts"]["address_wrong"]["value"] is False
    again = cli("queue", "answer", sent["id"], "address_wrong=true", "--by", "consumer", "--format", "json", code=1)
    assert '"state": "queued"' in again


ASKED = SUSPECTED | {
    "id": "A1",
    "text": "付款一周了还不发货，我要退款",
    "order": SUSPECTED["order"] | {"ship_by": None},
}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("none", []),
        ("都不是", []),
        ("[]", []),
        ("goods_gone", ["goods_gone"]),
        ("goods_gone，part_only", ["goods_gone", "part_only"]),
        ('["goods_gone"]', ["goods_gone"]),
    ],
)
def test_a_fact_of_several_values_is_answered_with_commas_or_with_none(cli, typed, told):
    cli("queue", "init")
    desk = Funnel("cn-ecommerce", "funnel.db")
    assert desk.ingest(ASKED).case.state == "asked"
    desk.close()
    cli("queue", "answer", "A1", f"meant={typed}", "--by", "consumer")
    desk = Funnel("cn-ecommerce", "funnel.db")
    decision = desk.decisions(desk.find("A1").id)[-1].decision
    desk.close()
    gates = {reason["gate"] for reason in (decision["referral"] or {}).get("reasons", ())}
    assert gates == {{"goods_gone": "goods-used", "part_only": "refund-begun"}[value] for value in told}


def test_what_is_neither_a_value_nor_none_is_told_the_values(cli):
    cli("queue", "init")
    desk = Funnel("cn-ecommerce", "funnel.db")
    desk.ingest(ASKED)
    desk.close()
    for typed in ("", "used", "none,"):
        assert "goods_used" in cli("queue", "answer", "A1", f"meant={typed}", "--by", "consumer", code=1)


def test_a_question_is_shown_with_the_name_of_its_fact_and_each_answer_on_a_line(cli):
    cli("queue", "init")
    desk = Funnel("cn-ecommerce", "funnel.db")
    decision = desk.ingest(ASKED).decision
    desk.close()
    shown = cli("queue", "show", "A1", "--lang", "zh").splitlines()
    for question in decision.questions:
        at = shown.index(f"待问 {question.fact}：{question.text}")
        lines = [line.split() for line in shown[at + 1 : at + 1 + len(question.answers)]]
        assert lines == [[answer.value, *answer.label.split()] for answer in question.answers]
