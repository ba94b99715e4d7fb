"""Read the shipped pack's register and calendar with a plain YAML reader, without the pack loader."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import yaml

from funnel.law.register import (
    Article,
    Parameter,
    ParameterValue,
    PendingReach,
    Register,
    Statute,
    StatuteVersion,
    Texts,
    Verified,
    texts,
)
from funnel.law.time_limits import Calendar

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "rules" / "cn-ecommerce"


def read_register(pack: Path = PACK) -> Register:
    statutes, parameters = {}, {}
    for path in sorted((pack / "statutes").glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert document["funnel"] == 1, path
        for table, found in ((statutes, document.get("statutes", {})), (parameters, document.get("parameters", {}))):
            assert not table.keys() & found.keys(), path
            table.update(found)
    return Register(
        {name: _statute(name, body) for name, body in statutes.items()},
        {name: _parameter(name, body) for name, body in parameters.items()},
    )


def read_calendar(pack: Path = PACK) -> Calendar:
    body = yaml.safe_load((pack / "calendar.yaml").read_text(encoding="utf-8"))["calendar"]
    return Calendar(
        holidays=frozenset(body["holidays"]),
        workdays=frozenset(body["workdays"]),
        statutory=frozenset(day for named in body["statutory"] for day in named["days"]),
        until=body["until"],
        since=body["from"],
    )


def _texts(body: dict[str, str] | None) -> Texts | None:
    return None if body is None else texts(body["zh"], body.get("en"))


def _verified(body: dict[str, object] | bool) -> Verified | None:  # noqa: FBT001 - as the file has it
    return None if body is False else Verified(body["how"], body["when"])


def _reach(body: dict | None) -> PendingReach | None:
    return None if body is None else PendingReach(body["basis"], body.get("facts_since"))


def _statute(name: str, body: dict) -> Statute:
    articles = []
    for key, article in body.get("articles", {}).items():
        number, _, pin = key.partition("@")
        versions = tuple(article.get("versions", [pin] if pin else []))
        articles.append(
            Article(number, _texts(article["title"]), _texts(article["gist"]), tuple(article.get("keys", ())), versions)
        )
    versions = tuple(
        StatuteVersion(
            v["id"],
            v["from"],
            v.get("until"),
            _verified(v["verified"]),
            _texts(v.get("note")),
            _reach(v.get("reaches_pending")),
        )
        for v in body["versions"]
    )
    return Statute(
        name,
        _texts(body["title"]),
        _texts(body["issuer"]),
        body["kind"],
        versions,
        tuple(articles),
        body.get("superseded_by"),
    )


def _parameter(name: str, body: dict) -> Parameter:
    scale = 100 if body["type"] == "money" else 1
    values = tuple(
        ParameterValue(v["from"], v.get("until"), int(Decimal(str(v["value"])) * scale), v.get("basis"))
        for v in body["values"]
    )
    assert all(isinstance(v["from"], dt.date) for v in body["values"]), name
    return Parameter(
        name,
        body["type"],
        values,
        _texts(body["label"]),
        body.get("punitive", False),
        body.get("policy", False),
        _texts(body.get("note")),
    )
