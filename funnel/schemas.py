"""JSON schemas of the contract and of the pack's files, for editors and other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.facts.derived import FUNCTIONS
from funnel.facts.likeness import NONE
from funnel.facts.values import GRADES
from funnel.facts.vocabulary import BUILT_IN_DATES, CLAIMS, FACT_TYPES, GRIEVANCES, SIGNAL_PREFIX, FactSpec, pick
from funnel.pack._conditions import SHORTHANDS, TESTS_BY_TYPE
from funnel.pack._lexicon import LISTS
from funnel.pack._named import WORD
from funnel.pack._rules import RULE_REQUIRED
from funnel.pack.loader import MANIFEST_OPTIONAL, MANIFEST_REQUIRED
from funnel.pack.model import (
    ACTORS,
    NEVER_SETTLED,
    OTHER,
    PAYERS,
    REQUIRED_GATES,
    SETTLED_KINDS,
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
    "shown",
    "statutes",
    "calendar",
    "forums",
    "conditions",
    "pack",
    "scenarios",
    "examples",
)
"""What `schema` can give."""

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_STRINGS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_DATE: dict[str, Any] = {"type": "string", "format": "date"}
_GRADE: dict[str, Any] = {"enum": [grade.word for grade in sorted(GRADES.values(), reverse=True)]}
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
        "vocabulary": _object({"facts": {"type": "object", "additionalProperties": _fact(pack)}}, ["facts"]),
        "signals": _signals(pack),
        "gates": _object({"gates": {"type": "array", "items": _gate(pack)}}, ["gates"]),
        "shown": _object({"shown": _shown(pack)}, ["shown"]),
        "statutes": _statutes(),
        "calendar": _object({"calendar": {"type": "object", "required": ["until"]}}, ["calendar"]),
        "forums": _object({"forums": {"type": "object", "additionalProperties": _forum()}}, ["forums"]),
        "conditions": _object({"conditions": {"type": "object", "additionalProperties": _named()}}, ["conditions"]),
        "pack": _manifest(),
        "scenarios": _scenarios(pack),
        "examples": _examples(pack),
    }
    defs = {"condition": _condition(pack), **_facts(pack), **_givens(pack), "citation": _citation(pack), "texts": _texts(pack), "step": _step(), "remedy": _remedy()}  # fmt: skip
    body = bodies[name]
    return {"$schema": _DRAFT, "title": f"funnel {name} file", **body, "$defs": _used(body, defs)}


def _texts(pack: Pack | None) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}, "required": [_language(pack)], "additionalProperties": False},
        ]
    }  # fmt: skip


def _language(pack: Pack | None) -> str:
    """The language that every text must be given in."""
    return "zh" if pack is None else pack.manifest.language


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"funnel": {"const": 1}, **properties},
        "required": ["funnel", *required],
        "additionalProperties": False,
    }


def _used(body: Any, defs: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that a schema names, and those that they name."""
    found: dict[str, Any] = {}
    agenda = [body]
    while agenda:
        at = agenda.pop()
        if isinstance(at, list):
            agenda += at
        elif isinstance(at, dict):
            agenda += at.values()
            name = str(at.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found[name] = defs[name]
                agenda.append(defs[name])
    return {name: found[name] for name in defs if name in found}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _condition(pack: Pack | None) -> dict[str, Any]:
    """Conditions; with a pack, every fact's name and values are completed and a wrong one is marked."""
    many = {"type": "array", "items": _ref("condition")}
    properties: dict[str, Any] = {"all": many, "any": many, "not": _ref("condition")}
    if pack is None:
        tests = {
            "type": "object",
            "properties": {test: {} for test in TESTS},
            "additionalProperties": False,
            "minProperties": 1,
        }
        properties |= {WORD: {"type": "string"}, "signal": _STRINGS, "claim": _STRINGS, "grievance": _STRINGS}
        value: dict[str, Any] = {"anyOf": [_SCALAR, tests]}
        return {"anyOf": [many, {"type": "object", "properties": properties, "additionalProperties": value}]}
    named = sorted(pack.conditions.values(), key=lambda named: named.id)
    shown_as = [{"const": condition.id, "description": pick(condition.label, _language(pack))} for condition in named]
    properties[WORD] = {"anyOf": shown_as} if shown_as else {"type": "string"}
    properties["signal"] = _one_or_more({"enum": sorted(pack.lexicon.signals)})
    for short, name in SHORTHANDS.items():
        if name in pack.vocabulary:
            properties[short] = _one_or_more({"enum": sorted(pack.vocabulary[name].members)})
    for name, spec in pack.vocabulary.facts.items():
        description = f"{pick(spec.label, _language(pack))} ({spec.type}{', ' + spec.unit if spec.unit else ''})"
        shown = _tests(spec, pack) if spec.members else _ref(f"{spec.type}_fact")
        properties[name] = {**shown, "description": description}
    return {"anyOf": [many, {"type": "object", "properties": properties, "additionalProperties": False}]}


def _shown(pack: Pack | None) -> dict[str, Any]:
    spec = None if pack is None else pack.vocabulary.facts.get(GRIEVANCES)
    grievance: dict[str, Any] = {"type": "string"} if spec is None else {"enum": sorted(spec.members)}
    one = {
        "type": "object",
        "properties": {"when": _ref("condition"), "yields_to": _one_or_more(grievance), "named": _ref("condition")},
        "required": ["when"],
        "additionalProperties": False,
    }
    return {"type": "object", "propertyNames": grievance, "additionalProperties": one}


def _named() -> dict[str, Any]:
    properties = {"label": _ref("texts"), "when": _ref("condition")}
    return {"type": "object", "properties": properties, "required": ["label", "when"], "additionalProperties": False}


def _facts(pack: Pack | None) -> dict[str, Any]:
    """What may stand behind the facts of each type that has no values of its own."""
    if pack is None:
        return {}
    plain = (FactSpec(name="", type=kind, label={}) for kind in FACT_TYPES if kind not in {"enum", "set"})
    return {f"{spec.type}_fact": _tests(spec, pack) for spec in plain}


def _tests(spec: FactSpec, pack: Pack) -> dict[str, Any]:
    """A value outright, or a test that the type has with what it takes."""
    value = _value(spec)
    figures = [f"param.{n}" for n, p in sorted(pack.register.parameters.items()) if p.type == spec.type]
    constant = {"anyOf": [value, {"enum": figures}]} if figures else value
    takes: dict[str, Any] = {
        "known": {"type": "boolean"},
        "between": {"type": "array", "items": constant, "minItems": 2, "maxItems": 2},
        **dict.fromkeys(("in", "not_in", "contains_any", "contains_all"), _one_or_more(value)),
    }
    same = _one_or_more(value) if spec.type == "set" else constant
    tests = {test: takes.get(test, same if test in {"is", "is_not"} else constant) for test in TESTS_BY_TYPE[spec.type]}
    full = {"type": "object", "properties": tests, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [constant, full]}


def _value(spec: FactSpec) -> dict[str, Any]:
    if spec.members:
        return {"enum": sorted(spec.members)}
    kinds: dict[str, Any] = {"bool": {"type": "boolean"}, "integer": {"type": "integer"}, "date": _DATE}
    return dict(kinds.get(spec.type, {"type": "number"}))


def _one_or_more(value: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}


def _citation(pack: Pack | None) -> dict[str, Any]:
    """An article; with a pack, one that its register has, or one of a pinned version."""
    if pack is None:
        return {"type": "string"}
    known = sorted({f"{statute.id}/{article.number}" for statute, article in pack.register.articles()})
    return {"anyOf": [{"enum": known}, {"type": "string", "pattern": "^[a-z][a-z0-9_]*@"}]}


def _remedy() -> dict[str, Any]:
    kinds = dict.fromkeys((*SETTLED_KINDS, *NEVER_SETTLED), _SCALAR)
    side = {"payer": {"enum": list(PAYERS)}, "when": _ref("condition"), "note": _ref("texts")}
    return {"type": "object", "properties": {**kinds, **side}, "additionalProperties": False}


def _step() -> dict[str, Any]:
    properties = {"who": {"enum": list(ACTORS)}, "within": _DURATION, "do": _ref("texts")}
    return {"type": "object", "properties": properties, "required": ["who", "do"], "additionalProperties": False}


def _tiers(pack: Pack | None) -> dict[str, Any]:
    return {"enum": list(pack.manifest.tiers)} if pack else {"type": "string"}


def _names(pack: Pack | None) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The facts that may need a grade, those that may govern, and those that may be limited."""
    if pack is None:
        return {}, {"type": "string"}, {"type": "string"}
    specs = pack.vocabulary.facts.values()
    dates = {"enum": sorted({*BUILT_IN_DATES, *(spec.name for spec in specs if spec.type == "date")})}
    figures = {"enum": sorted(spec.name for spec in specs if spec.type in {"integer", "money"})}
    return {spec.name: _GRADE for spec in specs}, dates, figures


def _rule(pack: Pack | None) -> dict[str, Any]:
    tiers = _tiers(pack)
    facts, dates, figures = _names(pack)
    rules: dict[str, Any] = {"enum": sorted(pack.rules)} if pack else {"type": "string"}
    amounts: dict[str, Any] = {"type": ["number", "string"]}
    if pack:
        money = [f"param.{n}" for n, p in sorted(pack.register.parameters.items()) if p.type == "money"]
        amounts = {"anyOf": [{"type": "number"}, {"enum": money}]}
    exception = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "title": _ref("texts"),
            "when": _ref("condition"),
            "basis": _one_or_more(_ref("citation")),
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
        "properties": {"article": _ref("citation"), "supports": {"anyOf": [{"enum": list(SUPPORTS)}, {"type": "array", "items": {"enum": list(SUPPORTS)}}]}, "gist": _ref("texts")},
        "required": ["article", "supports"],
        "additionalProperties": False,
    }  # fmt: skip
    settle = {
        "type": "object",
        "properties": {
            "when": _ref("condition"),
            "needs": {"type": "object", "properties": facts, "additionalProperties": False if facts else _GRADE},
            "limit": {
                "type": "object",
                "properties": {"amount": amounts, "of": figures},
                "required": ["amount"],
                "additionalProperties": False,
            },
            "remedies": {"type": "array", "items": _ref("remedy")},
            "within": {
                "type": "object",
                "properties": {"days": {"type": "integer"}, "of": {"enum": ["settlement", "goods_returned"]}},
                "required": ["days"],
                "additionalProperties": False,
            },
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
            "when": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"if": _ref("condition"), "tier": tiers, "why": _ref("texts")},
                    "required": ["if", "tier", "why"],
                    "additionalProperties": False,
                },
            },
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
        "governs": dates,
        "matter": {"type": "string"},
        "scope": _ref("condition"),
        "recognise": _ref("condition"),
        "elements": _ref("condition"),
        "unless": {"type": "array", "items": exception},
        "basis": {"type": "array", "items": basis},
        "settle": settle,
        "strategy": strategy,
        "refer": refer,
        "forums": _one_or_more({"enum": sorted(pack.forums)}) if pack else _STRINGS,
        "overrides": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"rule": rules, "basis": _ref("citation"), "why": _ref("texts")},
                "required": ["rule", "basis"],
                "additionalProperties": False,
            },
        },
        "out_of_scope": {"type": "boolean"},
        "remark": {"anyOf": [{"type": "boolean"}, _ref("condition")]},
        "accepted": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "with": rules, "why": _ref("texts")},
                "required": ["code", "why"],
                "additionalProperties": False,
            },
        },
    }
    _, *required = RULE_REQUIRED
    return _object(properties, required)


def _fact(pack: Pack | None) -> dict[str, Any]:
    member = {
        "type": "object",
        "properties": {
            "zh": {"type": "string"},
            "en": {"type": "string"},
            "also": _STRINGS,
            "within": {"type": "string"},
            "about": _STRINGS,
            "answered_by": {"type": "array", "items": {"enum": list(SETTLED_KINDS)}},
            "group": {"type": "string"},
        },
        "required": [_language(pack)],
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
            "heed": {"type": "boolean"},
            "parts": _one_or_more({"type": "string"}),
        },
        "required": ["type", "label"],
        "additionalProperties": False,
    }  # fmt: skip


def _signals(pack: Pack | None) -> dict[str, Any]:
    values: dict[str, Any] = {"type": "object"}
    facts: dict[str, Any] = {"type": "string"}
    names: dict[str, Any] = {"type": "string"}
    if pack:
        names = {"enum": sorted(name for name, spec in pack.lexicon.signals.items() if not spec.together)}
        shown = {n: _one_or_more(_value(pack.vocabulary[n])) for n in _declared(pack)}
        values = {"type": "object", "properties": shown, "additionalProperties": False}
        facts = {"enum": _declared(pack)}
    signal = {
        "type": "object",
        "properties": {"title": _ref("texts"), "phrases": _STRINGS, "all": {"type": "array", "minItems": 2, "items": names}, "within": {"type": "integer", "minimum": 2, "maximum": 1000}, "later": {"type": "string", "pattern": r"^\d{1,4}[mhd]$"}, "except": _STRINGS, "sets": values, "negated": {"enum": ["ignore", "flip"]}, "hedged": {"enum": ["ignore", "count"]}, "alone": {"type": "boolean"}},
        "required": ["title"],
        "anyOf": [{"required": ["phrases"]}, {"required": ["all"]}],
        "additionalProperties": False,
    }  # fmt: skip
    reading = {
        "type": "object",
        "properties": {"sets": facts, "kind": {"enum": ["amount", "date", "days"]}, "before": _STRINGS, "after": _STRINGS, "within": {"type": "integer"}, "except": _STRINGS, "explained_by": _one_or_more(facts), "title": _ref("texts")},
        "required": ["sets", "kind"],
        "additionalProperties": False,
    }  # fmt: skip
    properties: dict[str, Any] = {
        "words": {"type": "object", "additionalProperties": _STRINGS},
        "signals": {"type": "object", "additionalProperties": signal},
        "readings": {"type": "object", "additionalProperties": reading},
    }
    return _object({**properties, **dict.fromkeys(LISTS, _STRINGS)}, [])


def _gate(pack: Pack | None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "covers": {"enum": [*REQUIRED_GATES, OTHER]},
            "title": _ref("texts"),
            "when": _ref("condition"),
            "tier": _tiers(pack),
            "why": _ref("texts"),
            "steps": {"type": "array", "items": _ref("step")},
            "basis": _one_or_more(_ref("citation")),
        },
        "required": ["id", "covers", "title", "when", "tier", "why"],
        "additionalProperties": False,
    }


def _forum() -> dict[str, Any]:
    properties = {"title": _ref("texts"), "text": _ref("texts"), "when": _ref("condition"), "basis": _STRINGS}
    return {"type": "object", "properties": properties, "required": ["title", "text"], "additionalProperties": False}


def _statutes() -> dict[str, Any]:
    reach = {
        "type": "object",
        "properties": {"basis": _ref("citation"), "facts_since": _DATE},
        "required": ["basis"],
        "additionalProperties": False,
    }
    version = {
        "type": "object",
        "properties": {"id": {}, "from": _DATE, "until": _DATE, "verified": {}, "note": _ref("texts"), "reaches_pending": reach},
        "required": ["id", "from", "verified"],
        "additionalProperties": False,
    }  # fmt: skip
    versions = {"type": "array", "items": version}
    statute = {
        "type": "object",
        "properties": {"versions": versions},
        "required": ["title", "issuer", "kind", "versions"],
    }
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
    from funnel.author.scenario_tests import ENGINE_GATES, EXPECTATIONS  # noqa: PLC0415 (authors' tools stand above this module)

    rules: dict[str, Any] = {"enum": sorted(pack.rules)} if pack else {"type": "string"}
    expected: dict[str, Any] = {
        "recognised": {"type": "boolean"},
        "outcome": {"enum": ["settle", "ask", "refer"]},
        "tier": _tiers(pack),
        **({"gate": {"enum": sorted({*pack.gates, *ENGINE_GATES})}} if pack else {}),
    }
    given: dict[str, Any] = _ref("given") if pack else {"type": "object"}
    if pack:
        declared = _declared(pack)
        expected |= {"asks": _one_or_more({"enum": declared}), "first_question": {"enum": declared}}
    expect = {"type": "object", "properties": {key: expected.get(key, {}) for key in EXPECTATIONS}, "additionalProperties": False, "minProperties": 1}  # fmt: skip
    test = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "given": given, "expect": expect, "as_of": _DATE, "note": {}},
        "required": ["name", "given", "expect"],
        "additionalProperties": False,
    }
    return _object({"rule": rules, "base": given, "as_of": _DATE, "tests": {"type": "array", "items": test}}, ["rule", "tests"])  # fmt: skip


def _examples(pack: Pack | None) -> dict[str, Any]:
    scenarios: dict[str, Any] = {"type": "string"}
    gates, known = scenarios, scenarios
    if pack:
        names = sorted({rule.scenario for rule in pack.rules.values()})  # those of drafts too: they learn beforehand
        known, scenarios, gates = {"enum": [*names, NONE]}, {"enum": names}, {"enum": sorted(pack.gates)}
    text = {"type": "string", "pattern": r"\S"}
    example = {
        "type": "object",
        "properties": {"text": text, "also": _one_or_more(scenarios), "gates": _one_or_more(gates)},
        "required": ["text"],
        "additionalProperties": False,
    }
    texts = {"type": "array", "items": {"anyOf": [text, example]}}
    said = {"type": "array", "items": text}
    one = {"enum": sorted(pack.gates)} if pack else {"type": "string"}
    of_scenario = _object({"scenario": known, "texts": texts}, ["scenario", "texts"])
    claims = pack.vocabulary.facts.get(CLAIMS) if pack else None
    asked = _one_or_more({"enum": sorted(claims.members)} if claims else {"type": "string"})
    of_gate = _object({"gate": one, "claims": asked, "sentences": said, "near": said}, ["gate", "sentences", "near"])
    of_none = _object({"gate": {"const": NONE}, "near": said}, ["gate", "near"])
    return {"anyOf": [of_scenario, of_gate, of_none]}


def _declared(pack: Pack) -> list[str]:
    """The facts that somebody can say, signals left out."""
    return sorted(name for name in pack.vocabulary.facts if not name.startswith(SIGNAL_PREFIX))


def _givens(pack: Pack | None) -> dict[str, Any]:
    """What a test gives; with a pack, its facts by name, each with its values."""
    if pack is None:
        return {}
    plain = (FactSpec(name="", type=kind, label={}) for kind in FACT_TYPES if kind not in {"enum", "set"})
    shown = {}
    for name in _declared(pack):
        spec = pack.vocabulary[name]
        shown[name] = _given(spec) if spec.members else _ref(f"{spec.type}_given")
    facts = {"type": "object", "properties": shown, "additionalProperties": False}
    kinds = {f"{spec.type}_given": _given(spec) for spec in plain}
    return {"given": {"type": "object", "properties": {"facts": facts}}, **kinds}


def _given(spec: FactSpec) -> dict[str, Any]:
    """A fact in a test: a value, one with grade and source, several of those, or null for taking it away."""
    value = _value(spec)
    if spec.type == "set":
        value = _one_or_more(value)
    elif spec.type == "money":
        value = {"type": ["number", "string"]}
    graded = {
        "type": "object",
        "properties": {"value": value, "grade": _GRADE, "source": {"type": "string"}},
        "required": ["value"],
        "additionalProperties": False,
    }
    return {"anyOf": [value, {"type": "null"}, graded, {"type": "array", "items": graded}]}
