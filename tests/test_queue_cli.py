"""``funnel queue`` and ``funnel run --queue``: a desk worked from the terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from funnel.cli._main import group

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
