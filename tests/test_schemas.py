"""The schemas that editors use: every shipped file passes, and each wrong name or value is marked."""

from collections import defaultdict
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
import yaml

from funnel.pack._nodes import PureLoader
from funnel.schemas import NAMES, schema

ROOT = Path(__file__).parents[1]
RULE = ROOT / "rules" / "cn-ecommerce" / "returns" / "no-reason-refused.yaml"
TEST = ROOT / "scenarios" / "cn-ecommerce" / "returns" / "no-reason-refused.yaml"


class Loader(getattr(yaml, "CSafeLoader", PureLoader)):
    """YAML as JSON has it: a date is its text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in Loader.yaml_implicit_resolvers.items()
}


def read(path):
    return yaml.load(path.read_text("utf-8"), Loader)  # noqa: S506 (a safe loader)


@pytest.fixture(scope="module")
def marked(pack):
    validators = {name: jsonschema.Draft202012Validator(schema(name, pack)) for name in NAMES}
    return lambda name, content: [list(e.absolute_path) for e in validators[name].iter_errors(content)]


def test_every_file_of_the_shipped_pack_passes_its_schema(marked):
    passed = defaultdict(int)
    for path in sorted((ROOT / "rules" / "cn-ecommerce").rglob("*.yaml")):
        first = path.read_text("utf-8").split("\n", 1)[0]
        assert "$schema=" in first, f"{path} names no schema"
        name = first.rsplit("/", 1)[1].partition(".")[0]
        assert marked(name, read(path)) == [], path
        passed[name] += 1
    for path in sorted((ROOT / "scenarios" / "cn-ecommerce").rglob("*.yaml")):
        content = read(path)
        if "tests" in content:
            assert marked("scenarios", content) == [], path
            passed["scenarios"] += 1
    assert passed["rule"] > 60
    assert passed["scenarios"] > 90
    assert passed["examples"] > 50


def changed(content, *steps):
    """A copy with the value at a path set to the last of the steps."""
    whole = deepcopy(content)
    at = whole
    *path, key, value = steps
    for step in path:
        at = at[step]
    at[key] = value
    return whole


@pytest.mark.parametrize(
    "change",
    [
        ("elements", {"goods_intcat": True}),
        ("elements", {"goods_kind": "fresch"}),
        ("elements", {"goods_kind": {"in": ["fresh", "fresch"]}}),
        ("elements", {"goods_kind": {"at_most": 3}}),
        ("elements", {"goods_intact": {"at_most": 3}}),
        ("elements", {"days_since_receipt": {"contains_any": ["a"]}}),
        ("elements", {"days_since_receipt": {"at_most": "param.auto_limit"}}),
        ("elements", {"price_paid": {"at_most": "param.nothing"}}),
        ("elements", {"signed_on": {"at_least": 7}}),
        ("elements", {"all": [{"any": [{"not": {"goods_kind": "fresch"}}]}]}),
        ("recognise", {"grievance": "refused_return"}),
        ("recognise", {"claim": ["refund", "monney"]}),
        ("recognise", {"signal": "no_such_signal"}),
        ("elements", {"condition": "only_some_piece"}),
        ("elements", {"any": [{"condition": ["only_some_pieces"]}]}),
        ("governs", "price_paid"),
        ("settle", "needs", {"goods_intcat": "record"}),
        ("settle", "needs", {"goods_intact": "recorded"}),
        ("settle", "limit", {"amount": "param.return7_days"}),
        ("settle", "limit", {"amount": 5000, "of": "goods_kind"}),
        ("refer", "when", [{"if": {"goods_kind": "fresch"}, "tier": "agent", "why": "w"}]),
        ("refer", "when", [{"if": {"goods_kind": "fresh"}, "tier": "boss", "why": "w"}]),
        ("basis", 0, "article", "cpl/2500"),
        ("unless", 0, "basis", ["cpl/2500"]),
        ("overrides", [{"rule": "returns.nothing", "basis": "cpl/25"}]),
        ("forums", ["F-NOWHERE"]),
    ],
    ids=repr,
)
def test_a_wrong_name_or_value_in_a_rule_is_marked(marked, change):
    assert marked("rule", read(RULE)) == []
    assert marked("rule", changed(read(RULE), *change))


@pytest.mark.parametrize(
    "change",
    [
        ("elements", {"goods_intact": True}),
        ("elements", {"goods_kind": {"in": ["fresh", "food"]}}),
        ("elements", {"price_paid": {"between": [0.01, "param.auto_limit"]}}),
        ("elements", {"signed_on": {"at_least": "2026-01-01"}}),
        ("elements", {"days_since_receipt": {"known": True}}),
        ("recognise", {"claim": "refund"}),
        ("elements", {"all": [{"goods_intact": True}, {"not": {"condition": "only_some_pieces"}}]}),
        ("settle", "when", {"condition": "refund_wanted", "goods_intact": True}),
        ("basis", 0, "article", "cpl@2013/25"),
        ("settle", "limit", {"amount": 500.00, "of": "price_paid"}),
    ],
    ids=repr,
)
def test_what_the_loader_takes_passes_the_schema_too(marked, change):
    assert marked("rule", changed(read(RULE), *change)) == []


@pytest.mark.parametrize(
    "change",
    [
        ("rule", "returns.nothing"),
        ("base", {"facts": {"goods_intcat": True}}),
        ("tests", 0, "given", {"facts": {"goods_kind": "fresch"}}),
        ("tests", 0, "given", {"facts": {"goods_kind": {"value": "fresh", "grade": "certain"}}}),
        ("tests", 0, "expect", {"outcome": "settled"}),
        ("tests", 0, "expect", {"asks": ["goods_intcat"]}),
        ("tests", 0, "expect", {"gate": "no-gate"}),
        ("tests", 0, "expect", {}),
    ],
    ids=repr,
)
def test_a_wrong_name_or_value_in_a_scenario_file_is_marked(marked, change):
    assert marked("scenarios", read(TEST)) == []
    assert marked("scenarios", changed(read(TEST), *change))


def test_an_editor_is_offered_every_fact_with_its_label_and_every_value(pack):
    condition = schema("rule", pack)["$defs"]["condition"]["anyOf"][1]["properties"]
    assert pack.vocabulary.facts.keys() <= condition.keys()
    kind = condition["goods_kind"]
    assert "商品类别" in kind["description"]
    offered = kind["anyOf"][1]["properties"]["in"]["anyOf"][1]["items"]["enum"]
    assert offered == sorted(pack.vocabulary["goods_kind"].members)


def test_an_editor_is_offered_each_named_condition_with_its_label(pack):
    offered = schema("rule", pack)["$defs"]["condition"]["anyOf"][1]["properties"]["condition"]["anyOf"]
    assert {one["const"]: one["description"] for one in offered} == {
        name: named.label["zh"] for name, named in pack.conditions.items()
    }


@pytest.mark.parametrize(
    "change",
    [
        ("conditions", "odd", {"label": "x", "when": {"goods_intcat": True}}),
        ("conditions", "odd", {"label": "x"}),
        ("conditions", "odd", {"when": {"goods_intact": True}}),
        ("conditions", "odd", {"label": "x", "when": {"condition": "no_such_name"}}),
    ],
    ids=repr,
)
def test_a_wrong_definition_of_a_condition_is_marked(marked, change):
    content = read(ROOT / "rules" / "cn-ecommerce" / "conditions.yaml")
    assert marked("conditions", content) == []
    assert marked("conditions", changed(content, *change))


EXAMPLES = ROOT / "rules" / "cn-ecommerce" / "likeness" / "autorenew.yaml"


@pytest.mark.parametrize(
    "change",
    [
        ("scenario", "auto_renew"),
        ("scenario", "gate:injury"),
        ("texts", 0, 5),
        ("texts", 0, " "),
        ("texts", 0, {"also": "invoice"}),
        ("texts", 0, {"text": ""}),
        ("texts", 0, {"text": "扣了钱", "also": "none"}),
        ("texts", 0, {"text": "扣了钱", "also": ["invoices"]}),
        ("texts", 0, {"text": "扣了钱", "gates": ["no-gate"]}),
        ("texts", 0, {"text": "扣了钱", "gate": []}),
        ("texts", "扣了钱"),
    ],
    ids=repr,
)
def test_a_wrong_name_or_value_in_a_file_of_examples_is_marked(marked, change):
    assert marked("examples", read(EXAMPLES)) == []
    assert marked("examples", changed(read(EXAMPLES), *change))


@pytest.mark.parametrize(
    "change",
    [
        ("scenario", "none"),
        ("texts", []),
        ("texts", 0, "12"),
        ("texts", 0, {"text": "扣了钱", "also": ["invoice"], "gates": "injury"}),
    ],
    ids=repr,
)
def test_what_is_read_of_examples_passes_the_schema_too(marked, change):
    assert marked("examples", changed(read(EXAMPLES), *change)) == []
