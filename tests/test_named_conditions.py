"""Named conditions: a use means what its definition says, as if written out there; what is wrong is said at both places."""

import json
import shutil
from collections import defaultdict
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from drawn_conditions import conditions, node, read, reader
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.author.analysis import analyse
from funnel.author.diff import compare
from funnel.author.mutation import written
from funnel.author.scenario_tests import load_suite
from funnel.author.watch import touched
from funnel.cli._main import group
from funnel.diagnostics import render
from funnel.engine.evaluate import evaluate, unknown_facts
from funnel.facts.values import Facts, Grade, Known
from funnel.pack._nodes import MAX_DEPTH, MAX_NODES
from funnel.pack.model import All, Not, Test, flat, leaves_of

MINI = Path(__file__).parent / "packs" / "mini"
PACK = funnel.load_pack(MINI)
DAY = funnel.Complaint(id="x", text="x", received_at="2026-11-10T10:00:00+08:00").received_at.date()
KIND = "when: {goods_kind: {in: [custom, fresh]}}"
LABEL = {"zh": "某种情形", "en": "some case"}


# --- expansion ----------------------------------------------------------------------------------------------------------


@st.composite
def abstracted(draw):
    """A condition, the same with some of its parts behind names, and what the names stand for, names within names too."""
    content = draw(conditions)
    definitions = {}

    def name(part):
        if "all" in part or "any" in part:
            (word,) = part
            part = {word: [name(item) for item in part[word]]}
        elif "not" in part:
            part = {"not": name(part["not"])}
        if not draw(st.booleans()):
            return part
        same = next((n for n, d in definitions.items() if d["when"] == part), f"case_{len(definitions)}")
        definitions[same] = {"label": LABEL, "when": part}
        return {"condition": same}

    return content, name(content), definitions


def expanded(content, definitions):
    """A condition read beside definitions, with what was found on the way."""
    conditions_, sink = reader(PACK)
    conditions_.named.add_file(node({"funnel": 1, "conditions": definitions}))
    named = conditions_.named.finish()
    return conditions_.read(node(content)), named, sink.sorted()


@given(abstracted())
def test_a_condition_with_names_is_the_tree_that_is_written_out(drawn):
    content, short, definitions = drawn
    condition, named, found = expanded(short, definitions)
    assert found == ()
    assert condition == read(PACK, content)
    assert named.keys() == definitions.keys()


@given(abstracted())
def test_each_test_stands_at_the_use_and_knows_every_definition_on_the_way_to_it(drawn):
    _, short, definitions = drawn
    condition, _, _ = expanded(short, definitions)
    line = json.dumps(short, ensure_ascii=False)
    for leaf in leaves_of(condition):
        names = [name for _, name in leaf.via]
        at_use = line[leaf.span.column - 1 : leaf.span.end_column - 1]
        if names:
            assert at_use == f'"{names[0]}"'
            assert all(span.line and span != leaf.span for span, _ in leaf.via)
        inner = names[1:]
        for outer, name in zip(names, inner, strict=False):
            assert f'"condition": "{name}"' in json.dumps(definitions[outer], ensure_ascii=False)


def test_in_every_place_that_takes_a_condition_a_name_means_what_is_written_out(tmp_path):
    """The whole pack, not the reader alone: scope, recognition, remark, exceptions, remedies, referrals, gates, forums."""
    case = "{any: [{goods_intact: false}, {quantity: {at_least: 3}}]}"
    raised = "{any: [{grievance: refused}, {claim: treble}]}"
    packs = []
    for number, (one, two) in enumerate([(case, raised), ("{condition: odd}", "{condition: heard}")]):
        target = tmp_path / str(number) / "mini"
        shutil.copytree(MINI, target)
        path = target / "goods" / "return.yaml"
        text = path.read_text("utf-8")
        for old, new in (
            ("matter: goods", f"matter: goods\nscope: {{not: {one}}}\nremark: {{all: [{two}, {one}]}}\nforums: [F-A]"),
            ("{any: [{grievance: refused}]}", f"{{any: [{two}, {{grievance: refused}}]}}"),
            ("{goods_intact: true}]}", f"{{not: {one}}}]}}"),
            ("when: {goods_kind: {in: [custom, fresh]}}", f"when: {{all: [{one}, {{goods_kind: custom}}]}}"),
            ("settle:\n", f"settle:\n  when: {{all: [{{goods_kind: general}}, {{not: {one}}}]}}\n"),
            ("{return_freight: consumer}", f"{{return_freight: consumer, when: {{not: {one}}}}}"),
            ("refer: {tier: agent, ", f"refer: {{tier: agent, when: [{{if: {one}, tier: mediator, why: {{zh: 看, en: look}}}}], "),
            ('param.floor)"}', f'param.floor)", when: {one}}}'),
        ):  # fmt: skip
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text, "utf-8")
        gates = target / "gates.yaml"
        gates.write_text(gates.read_text("utf-8").replace("when: {claim: treble}", f"when: {two}"), "utf-8")
        (target / "forums.yaml").write_text(f"funnel: 1\nforums:\n  F-A: {{title: {{zh: 甲, en: a}}, text: {{zh: 甲, en: a}}, when: {one}}}\n", "utf-8")  # fmt: skip
        with (target / "conditions.yaml").open("a", encoding="utf-8") as file:
            if number:
                file.write(f"  odd: {{label: {{zh: 不对, en: odd}}, when: {case}}}\n  heard: {{label: {{zh: 说了, en: heard}}, when: {raised}}}\n")  # fmt: skip
        loaded = funnel.check_pack(target)
        assert [d.code for d in loaded.diagnostics if d.severity == "error"] == []
        packs.append(loaded.pack)
    out, short = packs
    assert short.rules == out.rules
    assert (short.gates, short.forums) == (out.gates, out.forums)
    assert all(any(leaf.via for leaf in leaves_of(c)) for c in short.rules["goods.return"].conditions)
    assert compare(out, short, as_of=DAY).empty


def test_no_kind_of_condition_was_added_to_fact_test_constant():
    found = {type(c) for rule in PACK.rules.values() for c in rule.conditions} | {type(g.when) for g in PACK.gates.values()}  # fmt: skip
    assert found <= {Test, All, Not, type(flat(read(PACK, {"any": [{"goods_intact": True}, {"defect_shown": True}]})))}
    assert {f.name for f in fields(Test) if f.compare} == {"fact", "test", "constant"}


# --- brackets that say nothing ------------------------------------------------------------------------------------------

values = {"goods_intact": st.booleans(), "defect_shown": st.booleans(), "quantity": st.integers(1, 6), "price_paid": st.sampled_from([5_000, 10_001]), "goods_kind": st.sampled_from(["general", "fresh", "custom"]), "days_since_receipt": st.sampled_from([7, 8])}  # fmt: skip


@given(conditions, st.fixed_dictionaries({}, optional=values))
def test_without_idle_brackets_a_condition_comes_out_as_before_and_hangs_on_the_same(content, known):
    condition = read(PACK, content)
    facts = Facts({name: Known(value, Grade.STATED, "x") for name, value in known.items()})
    for parameters in ({"return_days": 7}, {}):
        assert evaluate(flat(condition), facts, parameters) is evaluate(condition, facts, parameters)
        assert unknown_facts(flat(condition), facts, parameters) == unknown_facts(condition, facts, parameters)
    assert tuple(leaves_of(flat(condition))) == tuple(leaves_of(condition))
    assert flat(flat(condition)) == flat(condition)


@given(conditions)
def test_conditions_that_differ_in_more_than_idle_brackets_stay_apart(content):
    condition = flat(read(PACK, content))
    assert flat(Not(condition)) != condition
    assert flat(read(PACK, {"all": [content, {"goods_intact": True}]})) != condition


# --- what is wrong ------------------------------------------------------------------------------------------------------


def found(tmp_path, definitions, *changes):
    """The findings on the small pack with other definitions."""
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    hurt = "  someone_hurt: {label: {zh: 有人受伤, en: someone was hurt}, when: {injury_reported: true}}\n"
    (target / "conditions.yaml").write_text(f"funnel: 1\nconditions:\n{hurt}{definitions}", "utf-8")
    for name, old, new in changes:
        path = target / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    return list(funnel.check_pack(target).diagnostics)


def definition(name, when):
    return f"  {name}: {{label: {{zh: 某, en: some}}, when: {when}}}\n"


def test_what_is_wrong_in_a_definition_is_said_once_and_there_however_often_it_is_used(tmp_path):
    bad = ("gates.yaml", "{condition: someone_hurt}", "{condition: odd}")
    items = found(tmp_path, definition("odd", "{goods_intakt: true}"), bad)
    errors = [d for d in items if d.severity == "error" and d.code != "F505"]  # the gates are lost with it
    assert [(d.code, Path(d.span.path).name, d.span.line) for d in errors] == [("F301", "conditions.yaml", 4)]


def test_what_is_wrong_with_a_use_is_said_at_the_use_and_points_at_the_definition(tmp_path):
    use = ("goods/return.yaml", "recognise: {any: [{grievance: refused}]}", "recognise: {condition: outer}")
    inner = definition("inner", "{any: [{grievance: refused}, {goods_intact: true}]}")
    items = found(tmp_path, definition("outer", "{all: [{condition: inner}]}") + inner, use)
    (warned,) = [d for d in items if d.code == "F510"]
    assert (Path(warned.span.path).name, warned.span.source.strip()) == ("return.yaml", "recognise: {condition: outer}")
    places = [(Path(span.path).name, span.line, name) for span, name in warned.related]
    assert places == [("conditions.yaml", 4, "outer"), ("conditions.yaml", 5, "inner")]
    assert render(warned, "en").count("see also") == 2


def test_each_circle_is_reported_once_with_every_edge(tmp_path):
    text = definition("a", "{all: [{condition: b}, {condition: c}]}") + definition("b", "{not: {condition: a}}")
    text += definition("c", "{any: [{condition: d}, {injury_reported: true}]}") + definition("d", "{condition: a}")
    text += definition("e", "{condition: e}")
    items = [d for d in found(tmp_path, text) if d.code == "F313"]
    shown = {d.values["cycle"]: [(span.line, word) for span, word in d.related] for d in items}
    assert shown == {
        "a → b → a": [(4, "→ b"), (5, "→ a")],
        "a → c → d → a": [(4, "→ c"), (6, "→ d"), (7, "→ a")],
        "e → e": [(8, "→ e")],
    }
    assert [d.span.line for d in items] == [4, 4, 8]


def test_who_uses_a_condition_in_a_circle_hears_of_the_circle_alone(tmp_path):
    use = ("goods/return.yaml", "{goods_intact: true}]}", "{condition: a}]}")
    items = found(tmp_path, definition("a", "{condition: b}") + definition("b", "{condition: a}"), use)
    assert [d.code for d in items if d.severity == "error"] == ["F313"]


def test_only_a_condition_that_no_rule_reaches_is_idle(tmp_path):
    text = definition("used", "{not: {condition: below}}") + definition("below", "{goods_intact: false}")
    text += definition("alone", "{condition: with_it}") + definition("with_it", "{quantity: {at_least: 2}}")
    use = ("goods/return.yaml", "{goods_intact: true}]}", "{condition: used}]}")
    items = found(tmp_path, text, use)
    assert [(d.code, d.values["name"]) for d in items] == [("F525", "alone"), ("F525", "with_it")]
    assert funnel.check_pack(tmp_path / "mini").pack is not None  # a warning keeps no pack from loading


def test_an_idle_condition_is_not_reported_while_something_could_not_be_read(tmp_path):
    use = ("goods/return.yaml", "{goods_intact: true}]}", "{goods_intakt: true}]}")
    assert "F525" not in {d.code for d in found(tmp_path, definition("idle", "{goods_intact: true}"), use)}


def test_a_name_is_defined_once_over_all_files(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "conditions").mkdir()
    (target / "conditions.yaml").rename(target / "conditions" / "a.yaml")
    assert funnel.load_pack(target).gates == PACK.gates
    again = f"funnel: 1\nconditions:\n{definition('someone_hurt', '{injury_reported: true}')}"
    (target / "conditions" / "b.yaml").write_text(again, "utf-8")
    assert [(d.code, Path(d.span.path).name) for d in funnel.check_pack(target).diagnostics] == [("F303", "b.yaml")]


@pytest.mark.parametrize(
    ("definitions", "code"),
    [
        ("  odd: {when: {goods_intact: true}}\n", "F202"),
        ("  odd: {label: {zh: 某, en: some}}\n", "F202"),
        ("  odd: {goods_intact: true}\n", "F201"),
        ("  odd: true\n", "F203"),
        ("  Odd: {label: {zh: 某, en: some}, when: {goods_intact: true}}\n", "F206"),
        ("  odd: {label: {zh: 某, en: some}, when: goods_intact}\n", "F203"),
        ("  odd: {label: {zh: 某, en: some}, when: {condition: [someone_hurt]}}\n", "F203"),
        ("  odd: {label: {zh: 某, en: some}, when: {condition: someone-hurt}}\n", "F312"),
    ],
)
def test_a_definition_of_the_wrong_shape_is_an_error_at_its_place(tmp_path, definitions, code):
    items = [d for d in found(tmp_path, definitions) if d.severity == "error"]
    assert code in {d.code for d in items}
    assert all(d.span.line == 4 for d in items)


def test_names_within_names_cannot_be_nested_deeper_than_what_is_written_out(tmp_path):
    deep = [definition("n0", "{goods_intact: true}")]
    deep += [definition(f"n{n}", f"{{not: {{condition: n{n - 1}}}}}") for n in range(1, MAX_DEPTH + 4)]
    items = [d for d in found(tmp_path, "".join(deep)) if d.severity == "error"]
    assert [(d.code, d.span.line) for d in items] == [("F115", 4 + MAX_DEPTH)]


def test_a_long_chain_of_names_is_read_without_a_deep_stack(tmp_path):
    chain = definition("n0", "{goods_intact: true}")
    chain += "".join(definition(f"n{n}", f"{{condition: n{n - 1}}}") for n in range(1, 3_000))
    use = ("goods/return.yaml", "{goods_intact: true}]}", "{condition: n2999}]}")
    assert [d.code for d in found(tmp_path, chain, use)] == []
    (_, leaf) = leaves_of(funnel.load_pack(tmp_path / "mini").rules["goods.return"].elements)
    assert (leaf.fact, len(leaf.via)) == ("goods_intact", 3_000)


def test_what_is_too_large_when_written_out_is_refused_once_and_in_time(tmp_path):
    bomb = definition("n0", "{goods_intact: true}")
    bomb += "".join(definition(f"n{n}", f"{{any: [{{condition: n{n - 1}}}, {{condition: n{n - 1}}}]}}") for n in range(1, 31))  # fmt: skip
    items = [d for d in found(tmp_path, bomb) if d.severity == "error"]
    assert [d.code for d in items] == ["F316"]
    assert items[0].values["limit"] == str(MAX_NODES)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("goods/return.yaml", KIND, "when: {condition: odd}"), "F704"),
        (("goods/return.yaml", "{return_freight: consumer}", "{return_freight: consumer, when: {condition: odd}}"), "F708"),
        (("goods/return.yaml", "settle:\n", "settle:\n  when: {condition: odd}\n"), "F706"),
    ],
)  # fmt: skip
def test_the_analysis_points_at_the_use_and_at_the_definition(tmp_path, change, code):
    assert found(tmp_path, definition("odd", "{all: [{goods_intact: false}, {goods_kind: fresh}]}"), change) == []
    (finding,) = analyse(funnel.load_pack(tmp_path / "mini"), as_of=DAY).findings
    assert finding.diagnostic.code == code
    places = [(Path(span.path).name, word) for span, word in finding.diagnostic.related]
    assert ("conditions.yaml", "odd") in places
    assert ("return.yaml", "这里") in places


# --- diff, watch --------------------------------------------------------------------------------------------------------

USES = (
    ("goods/return.yaml", KIND, "when: {condition: odd}"),
    ("goods/defect.yaml", "refer: {tier: mediator}", "refer: {tier: mediator, when: [{if: {condition: odd}, tier: lawyer, why: {zh: 看, en: look}}]}"),
)  # fmt: skip


def packs(tmp_path, before, after):
    paths = []
    for name, when in (("old", before), ("new", after)):
        (tmp_path / name).mkdir()
        assert [d.code for d in found(tmp_path / name, definition("odd", when), *USES)] == []
        paths.append(tmp_path / name / "mini")
    return paths


def test_a_changed_definition_is_a_change_of_each_rule_that_uses_it_and_asks_for_its_revision(tmp_path):
    old, new = packs(tmp_path, "{goods_kind: {in: [custom, fresh]}}", "{goods_kind: custom}")
    result = compare(funnel.load_pack(old), funnel.load_pack(new), as_of=DAY)
    assert [c.rule for c in result.changed] == ["goods.defect", "goods.return"]
    assert result.unrevised == ("goods.defect", "goods.return")
    for change in result.changed:
        (part,) = change.parts
        assert Path(part.span.path).parent.name == "goods"
        assert [(Path(span.path).name, span.line, name) for span, name in part.related] == [
            ("conditions.yaml", 4, "odd")
        ]
        assert (part.before, part.after) == ("{goods_kind: {in: [custom, fresh]}}", "{goods_kind: {is: custom}}")
        assert change.shifts
        places = {f"see also {span} {name}" for span, name in part.related}
    args = ["diff", str(old), str(new), "--as-of", "2026-11-10", "--lang", "en"]
    shown = CliRunner().invoke(group, args)
    assert shown.exit_code == 1
    assert all(place in shown.output for place in places)
    content = json.loads(CliRunner().invoke(group, [*args, "--format", "json"]).output)
    assert {p["related"][0]["condition"] for c in content["changed"] for p in c["parts"]} == {"odd"}


def test_a_new_label_is_words_only(tmp_path):
    old, new = packs(tmp_path, "{goods_kind: custom}", "{goods_kind: custom}")
    path = new / "conditions.yaml"
    path.write_text(path.read_text("utf-8").replace("zh: 某,", "zh: 定制的,"), "utf-8")
    result = compare(funnel.load_pack(old), funnel.load_pack(new), as_of=DAY)
    assert result.empty
    assert [(w.kind, w.name, w.where, w.after) for w in result.words] == [("condition", "odd", "label.zh", "定制的")]
    assert "共用条件 odd" in CliRunner().invoke(group, ["diff", str(old), str(new), "--lang", "zh"]).output


def test_naming_what_was_written_out_is_no_change_even_where_brackets_come_in(tmp_path):
    (tmp_path / "new").mkdir()
    whole = "elements: {all: [{days_since_receipt: {at_most: param.return_days}}, {goods_intact: true}]}"
    out = funnel.load_pack(MINI)
    short = "elements: {all: [{condition: in_time}, {all: [{goods_intact: true}]}]}"
    use = ("goods/return.yaml", whole, short)
    assert found(tmp_path / "new", definition("in_time", "{days_since_receipt: {at_most: param.return_days}}"), use) == []  # fmt: skip
    result = compare(out, funnel.load_pack(tmp_path / "new" / "mini"), as_of=DAY)
    assert result.empty
    assert result.words == ()


def test_watch_runs_the_tests_of_the_rules_that_use_what_was_saved(tmp_path):
    _, new = packs(tmp_path, "{goods_kind: custom}", "{goods_kind: custom}")
    suites = []
    for slug in ("return", "defect"):
        path = tmp_path / f"{slug}.yaml"
        path.write_text(f"funnel: 1\nrule: goods.{slug}\ntests: [{{name: 一句, given: {{text: 卖家不给退}}, expect: {{outcome: refer}}}}]\n", "utf-8")  # fmt: skip
        suites.append(path)
    pack = funnel.load_pack(new)
    near, rest = touched(pack, load_suite(pack, suites), [new / "conditions.yaml"])
    assert ({t.rule for t in near}, rest) == ({"goods.return", "goods.defect"}, ())
    near, rest = touched(PACK, load_suite(PACK, suites), [MINI / "conditions.yaml"])
    assert (near, len(rest)) == ((), 2)


# --- the shipped pack ---------------------------------------------------------------------------------------------------


def test_what_three_rules_of_the_shipped_pack_say_in_the_same_words_has_a_name(pack):
    users = defaultdict(set)

    def look(condition, rule):
        tests = tuple(leaves_of(condition))
        if len(tests) > 1 and not any(t.via for t in tests):
            users[condition].add(rule)
        if not isinstance(condition, Test):
            for item in (condition.item,) if isinstance(condition, Not) else condition.items:
                look(item, rule)

    for rule in pack.rules.values():
        for condition in rule.conditions:
            look(condition, rule.id)
    assert {written(c): sorted(rules) for c, rules in users.items() if len(rules) > 2} == {}
    assert len(pack.conditions) >= 5
