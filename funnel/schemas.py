"""JSON schemas of the contract and of the pack's files, for editors and other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.facts.derived import FUNCTIONS
from funnel.facts.vocabulary import FACT_TYPES
from funnel.pack._lexicon import LISTS
from funnel.pack._rules import RULE_REQUIRED
from funnel.pack.loader import MANIFEST_OPTIONAL, MANIFEST_REQUIRED
from funnel.pack.model import (
    ACTORS,
    AMOUNT_KINDS,
    NEVER_SETTLED,
    PAYERS,
    PLAIN_KINDS,
    REQUIRED_GATES,
    SUPPORTS,
    TESTS,
    Pack,
)

NAMES = (
    "complaint",
    "decision",
    "rule",
    "vocabulary",
    "signals",
    "gates",
    "statutes",
    "calendar",
    "forums",
    "pack",
    "scenarios",
)
"""What `schema` can give."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}, "required": ["zh"], "additionalProperties": False},
    ]
}  # fmt: skip
_STRINGS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_DATE: dict[str, Any] = {"type": "string", "format": "date"}
_GRADE: dict[str, Any] = {"enum": ["record", "evidence", "stated", "presumed"]}
_DURATION: dict[str, Any] = {"type": "string", "pattern": r"^\d+[hd]$"}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def schema(name: str, pack: Pack | None = None) -> dict[str, Any]:
    """A JSON schema (draft 2020-12).

    Args:
        name: One of `NAMES`.
        pack: With a pack, rule and scenario schemas know its facts, signals and tiers, so that an editor completes them.

    Raises:
        KeyError: There is no schema of that name.
    """
    if name == "complaint":
        return {"$schema": _DRAFT, **Complaint.model_json_schema(), "title": "funnel complaint"}
    if name == "decision":
        return {"$schema": _DRAFT, **Decision.model_json_schema(mode="serialization"), "title": "funnel decision"}
    bodies: Mapping[str, dict[str, Any]] = {
        "rule": _rule(pack),
        "vocabulary": _object({"facts": {"type": "object", "additionalProperties": _fact()}}, ["facts"]),
        "signals": _signals(),
        "gates": _object({"gates": {"type": "array", "items": _gate()}}, ["gates"]),
        "statutes": _statutes(),
        "calendar": _object({"calendar": {"type": "object", "required": ["until"]}}, ["calendar"]),
        "forums": _object({"forums": {"type": "object", "additionalProperties": _forum()}}, ["forums"]),
        "pack": _manifest(),
        "scenarios": _scenarios(pack),
    }
    defs = {"condition": _condition(pack), "texts": _TEXTS, "step": _step(), "remedy": _remedy()}
    return {"$schema": _DRAFT, "title": f"funnel {name} file", **bodies[name], "$defs": defs}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"funnel": {"const": 1}, **properties},
        "required": ["funnel", *required],
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _condition(pack: Pack | None) -> dict[str, Any]:
    """Conditions; with a pack, every fact's name is completed and a wrong one marked."""
    tests = {
        "type": "object",
        "properties": {test: {} for test in TESTS},
        "additionalProperties": False,
        "minProperties": 1,
    }
    value: dict[str, Any] = {"anyOf": [_SCALAR, tests]}
    many = {"type": "array", "items": _ref("condition")}
    properties: dict[str, Any] = {"all": many, "any": many, "not": _ref("condition"), "signal": _STRINGS, "claim": _STRINGS, "grievance": _STRINGS}  # fmt: skip
    if pack is None:
        return {"anyOf": [many, {"type": "object", "properties": properties, "additionalProperties": value}]}
    properties["signal"] = {"anyOf": [{"enum": sorted(pack.lexicon.signals)}, {"type": "array"}]}
    for name, spec in pack.vocabulary.facts.items():
        description = f"{spec.label.get('zh', '')} ({spec.type}{', ' + spec.unit if spec.unit else ''})"
        shown = {"anyOf": [{"enum": sorted(spec.members)}, tests]} if spec.members else value
        properties[name] = {**shown, "description": description}
    return {"anyOf": [many, {"type": "object", "properties": properties, "additionalProperties": False}]}


def _remedy() -> dict[str, Any]:
    kinds = dict.fromkeys((*AMOUNT_KINDS, *PLAIN_KINDS, *NEVER_SETTLED), _SCALAR)
    side = {"payer": {"enum": list(PAYERS)}, "when": _ref("condition"), "note": _ref("texts")}
    return {"type": "object", "properties": {**kinds, **side}, "additionalProperties": False}


def _step() -> dict[str, Any]:
    properties = {"who": {"enum": list(ACTORS)}, "within": _DURATION, "do": _ref("texts")}
    return {"type": "object", "properties": properties, "required": ["who", "do"], "additionalProperties": False}


def _rule(pack: Pack | None) -> dict[str, Any]:
    tiers: dict[str, Any] = {"enum": list(pack.manifest.tiers)} if pack else {"type": "string"}
    exception = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "title": _ref("texts"),
            "when": _ref("condition"),
            "basis": _STRINGS,
            "then": {
                "anyOf": [
                    {"const": "set_aside"},
                    {"type": "object", "properties": {"refer": tiers}, "required": ["refer"]},
                ]
            },
            "why": _ref("texts"),
        },
        "required": ["id", "when", "basis", "then"],
        "additionalProperties": False,
    }
    basis = {
        "type": "object",
        "properties": {"article": {"type": "string"}, "supports": {"anyOf": [{"enum": list(SUPPORTS)}, {"type": "array", "items": {"enum": list(SUPPORTS)}}]}, "gist": _ref("texts")},
        "required": ["article", "supports"],
        "additionalProperties": False,
    }  # fmt: skip
    settle = {
        "type": "object",
        "properties": {
            "when": _ref("condition"),
            "needs": {"type": "object", "additionalProperties": _GRADE},
            "limit": {"type": "object", "required": ["amount"]},
            "remedies": {"type": "array", "items": _ref("remedy")},
            "within": {"type": "object", "required": ["days"]},
        },
        "required": ["remedies"],
        "additionalProperties": False,
    }
    texts = {"type": "array", "items": _ref("texts")}
    strategy = {
        "type": "object",
        "properties": {"opening": _ref("texts"), "concessions": texts, "floor": _ref("texts"), "evidence": texts, "steps": {"type": "array", "items": _ref("step")}, "respond_within": _DURATION, "resolve_within": _DURATION},
        "required": ["opening", "floor"],
        "additionalProperties": False,
    }  # fmt: skip
    refer = {
        "type": "object",
        "properties": {
            "tier": tiers,
            "when": {"type": "array"},
            "considers": {"type": "array", "items": _ref("remedy")},
        },
        "required": ["tier"],
        "additionalProperties": False,
    }
    properties = {
        "id": {"type": "string"},
        "scenario": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "revision": {"type": "integer", "minimum": 1},
        "title": _ref("texts"),
        "status": {"enum": ["draft", "stable", "retired"]},
        "reviewed": _DATE,
        "governs": {"type": "string"},
        "matter": {"type": "string"},
        "scope": _ref("condition"),
        "recognise": _ref("condition"),
        "elements": _ref("condition"),
        "unless": {"type": "array", "items": exception},
        "basis": {"type": "array", "items": basis},
        "settle": settle,
        "strategy": strategy,
        "refer": refer,
        "forums": _STRINGS,
        "overrides": {"type": "array"},
        "out_of_scope": {"type": "boolean"},
        "accepted": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "with": {"type": "string"}, "why": _ref("texts")},
                "required": ["code", "why"],
                "additionalProperties": False,
            },
        },
    }
    _, *required = RULE_REQUIRED
    return _object(properties, required)


def _fact() -> dict[str, Any]:
    member = {
        "type": "object",
        "properties": {
            "zh": {"type": "string"},
            "en": {"type": "string"},
            "also": _STRINGS,
            "within": {"type": "string"},
        },
        "required": ["zh"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "type": {"enum": list(FACT_TYPES)},
            "label": _ref("texts"),
            "values": {"type": "object", "additionalProperties": {"anyOf": [{"type": "string", "minLength": 1}, member]}},
            "world": {"enum": ["open", "raised"]},
            "unit": {"type": "string"},
            "range": {"type": "array"},
            "tolerance": {"type": ["integer", "number"]},
            "from": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["path"]}]},
            "derived": {"type": "object", "properties": {name: {"type": "array"} for name in FUNCTIONS}, "additionalProperties": False},
            "presumed": {"type": "object", "required": ["value"]},
            "question": _ref("texts"),
            "ask": {"enum": ["consumer", "merchant", "system", "nobody"]},
            "gives": _GRADE,
            "sensitivity": {"enum": ["none", "personal", "sensitive"]},
            "why": _ref("texts"),
        },
        "required": ["type", "label"],
        "additionalProperties": False,
    }  # fmt: skip


def _signals() -> dict[str, Any]:
    signal = {
        "type": "object",
        "properties": {"title": _ref("texts"), "phrases": _STRINGS, "except": _STRINGS, "sets": {"type": "object"}, "negated": {"enum": ["ignore", "flip"]}, "hedged": {"enum": ["ignore", "count"]}},
        "required": ["title", "phrases"],
        "additionalProperties": False,
    }  # fmt: skip
    reading = {
        "type": "object",
        "properties": {"sets": {"type": "string"}, "kind": {"enum": ["amount", "date", "days"]}, "before": _STRINGS, "after": _STRINGS, "within": {"type": "integer"}, "title": _ref("texts")},
        "required": ["sets", "kind"],
        "additionalProperties": False,
    }  # fmt: skip
    properties: dict[str, Any] = {
        "words": {"type": "object", "additionalProperties": _STRINGS},
        "signals": {"type": "object", "additionalProperties": signal},
        "readings": {"type": "object", "additionalProperties": reading},
    }
    return _object({**properties, **dict.fromkeys(LISTS, _STRINGS)}, [])


def _gate() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "covers": {"enum": [*REQUIRED_GATES, "other"]},
            "title": _ref("texts"),
            "when": _ref("condition"),
            "tier": {"type": "string"},
            "why": _ref("texts"),
            "steps": {"type": "array", "items": _ref("step")},
            "basis": _STRINGS,
        },
        "required": ["id", "covers", "title", "when", "tier", "why"],
        "additionalProperties": False,
    }


def _forum() -> dict[str, Any]:
    properties = {"title": _ref("texts"), "text": _ref("texts"), "when": _ref("condition"), "basis": _STRINGS}
    return {"type": "object", "properties": properties, "required": ["title", "text"], "additionalProperties": False}


def _statutes() -> dict[str, Any]:
    statute = {"type": "object", "required": ["title", "issuer", "kind", "versions"]}
    parameter = {"type": "object", "required": ["label", "type", "values"]}
    return _object(
        {
            "statutes": {"type": "object", "additionalProperties": statute},
            "parameters": {"type": "object", "additionalProperties": parameter},
        },
        [],
    )


def _manifest() -> dict[str, Any]:
    _, *required = MANIFEST_REQUIRED
    return _object({name: {} for name in (*required, *MANIFEST_OPTIONAL)}, required)


def _scenarios(pack: Pack | None) -> dict[str, Any]:
    from funnel.author.scenario_tests import EXPECTATIONS  # noqa: PLC0415 (authors' tools stand above this module)

    rules: dict[str, Any] = {"enum": sorted(pack.rules)} if pack else {"type": "string"}
    expect = {"type": "object", "properties": {key: {} for key in EXPECTATIONS}, "additionalProperties": False}
    test = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "given": {"type": "object"},
            "expect": expect,
            "as_of": _DATE,
            "note": {},
        },
        "required": ["name", "given", "expect"],
        "additionalProperties": False,
    }
    return _object({"rule": rules, "base": {"type": "object"}, "as_of": _DATE, "tests": {"type": "array", "items": test}}, ["rule", "tests"])  # fmt: skip
