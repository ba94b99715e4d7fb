"""A considered remedy with a condition: shown unless that is false, and everything that knows conditions knows it."""

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from drawn_conditions import conditions, read
from hypothesis import given
from hypothesis import strategies as st

import funnel
from funnel.author.coverage import measure
from funnel.author.diff import compare
from funnel.author.explain import explain
from funnel.author.mutation import mutate
from funnel.author.scenario_tests import load_suite, scenario_files
from funnel.engine.decide import compile_pack, decide, judge, put_in_words
from funnel.engine.decide import read as read_facts
from funnel.engine.engine import to_complaint
from funnel.engine.evaluate import evaluate, unknown_facts
from funnel.pack.citations import parameters_of

MINI = Path(__file__).parent / "packs" / "mini"
PACK = funnel.load_pack(MINI)
RULE = PACK.rules["goods.return"]
CONSIDERS = 'considers: [{treble: "larger(3 * price_paid, param.floor)"}]'
DAY = dt.date(2026, 11, 10)
CASE = {
    "id": "t",
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "卖家不给退",
    "order": {"category": "general", "price": "100.00", "quantity": 1, "signed_at": "2026-11-08T10:00:00+08:00"},
}


def weighing(condition, formula=RULE.refer.considers[0]):
    """The small pack, whose considered remedy hangs on a condition."""
    refer = replace(RULE.refer, considers=(replace(formula, when=condition),))
    return replace(PACK, rules=MappingProxyType({**PACK.rules, RULE.id: replace(RULE, refer=refer)}))


def written(tmp_path, when, *more):
    """The same, as its author writes it."""
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    for name, old, new in (
        ("goods/return.yaml", CONSIDERS, f"considers: [{{explain: merchant, when: {when}}}]"),
        *more,
    ):
        path = target / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
    return target


def matter(pack, lang="zh", **case):
    decision = decide(compile_pack(pack), to_complaint({**CASE, **case}), as_of=DAY, lang=lang)
    return next(m for m in decision.matters if m.rule == RULE.id)


cases = st.fixed_dictionaries(
    {
        "claims": st.sampled_from([[], ["refund"]]),
        "text": st.sampled_from(["卖家不给退", "卖家不给退，用不了", "卖家不给退，没拆封"]),
        "order": st.fixed_dictionaries(
            {},
            optional={
                "category": st.sampled_from(["general", "fresh", "custom"]),
                "price": st.sampled_from(["60.00", "100.01"]),
                "quantity": st.integers(1, 6),
                "signed_at": st.sampled_from(["2026-11-08T10:00:00+08:00", "2026-11-01T10:00:00+08:00"]),
            },
        ),
        "facts": st.dictionaries(st.sampled_from(["goods_intact", "defect_shown"]), st.booleans()),
    }
)


# --- deciding -----------------------------------------------------------------------------------------------------------


@given(conditions, cases)
def test_it_is_shown_unless_its_condition_is_false_and_says_what_it_hangs_on(content, case):
    condition = read(PACK, content)
    compiled = compile_pack(weighing(condition))
    complaint = to_complaint({**CASE, **case})
    reasoning = judge(compiled, complaint, read_facts(compiled, complaint, as_of=DAY), as_of=DAY)
    assessment = reasoning.assessments[RULE.id]
    truth = evaluate(condition, reasoning.intake.facts, assessment.parameters)
    unknown = unknown_facts(condition, reasoning.intake.facts, assessment.parameters)
    shown = next((m.considers for m in put_in_words(compiled, reasoning).matters if m.rule == RULE.id), None)
    if shown is None:
        return  # another rule names the matter
    assert len(shown) == (0 if truth is False else 1)
    for remedy in shown:
        assert remedy.hangs_on == (unknown if truth is None else ())
        labels = [PACK.vocabulary.label(name, "zh") for name in remedy.hangs_on]
        assert all(label in remedy.note for label in labels)
        assert remedy.note or not labels


@given(conditions, cases)
def test_nothing_else_hangs_on_it_no_outcome_no_question(content, case):
    packs = weighing(read(PACK, content)), weighing(None)
    complaint = to_complaint({**CASE, **case})
    one, two = (decide(compile_pack(p), complaint, as_of=DAY) for p in packs)
    bare = [
        d.model_copy(
            update={"explanation": (), "matters": tuple(m.model_copy(update={"considers": ()}) for m in d.matters)}
        )
        for d in (one, two)
    ]
    assert bare[0] == bare[1]


@pytest.mark.parametrize(
    ("lang", "note"),
    [("zh", "是否谈得上还要看不清楚的：商品完好"), ("en", "whether it comes into question hangs on what is not known: goods intact")],
)  # fmt: skip
def test_without_a_note_of_its_own_it_says_what_it_hangs_on_all_the_same(lang, note):
    pack = weighing(read(PACK, {"goods_intact": True}))
    (shown,) = matter(pack, lang).considers
    assert (shown.note, shown.hangs_on, shown.amount) == (note, ("goods_intact",), "500.00")


def test_a_note_of_its_own_comes_first():
    formula = replace(RULE.refer.considers[0], note={"zh": "只在欺诈时", "en": "for fraud"})
    pack = weighing(read(PACK, {"goods_intact": True}), formula)
    assert matter(pack).considers[0].note == "只在欺诈时；是否谈得上还要看不清楚的：商品完好"
    assert matter(pack, facts={"goods_intact": True}).considers[0].note == "只在欺诈时"
    assert matter(pack, facts={"goods_intact": False}).considers == ()


def test_what_people_are_shown_is_remembered_by_the_facts_it_hangs_on(tmp_path):
    """One engine, cases alike but for a signal that nothing else reads, or for a fact: what one is shown is not told to the other."""
    heard = ("signals/all.yaml", "  intact:", "  swore: {title: {zh: 发誓, en: swore}, phrases: [我发誓]}\n  intact:")
    target = written(tmp_path, "{signal: swore, goods_intact: true}", heard)
    assert [d.code for d in funnel.check_pack(target).diagnostics] == []  # the signal is read
    engine = funnel.Engine(funnel.load_pack(target))
    shown = {}
    for intact in (True, False, None):
        for text in ("卖家不给退", "卖家不给退，我发誓"):
            facts = {} if intact is None else {"goods_intact": intact}
            decision = engine.decide({**CASE, "text": text, "facts": facts}, as_of=DAY)
            shown[intact, text] = [(c.kind, c.hangs_on) for c in decision.matters[0].considers]
    assert shown == {
        (True, "卖家不给退"): [],
        (True, "卖家不给退，我发誓"): [("explain", ())],
        (False, "卖家不给退"): [],
        (False, "卖家不给退，我发誓"): [],
        (None, "卖家不给退"): [],
        (None, "卖家不给退，我发誓"): [("explain", ("goods_intact",))],
    }


def test_what_it_reads_is_stated_in_the_explanation():
    pack = weighing(read(PACK, {"quantity": {"at_least": 2}}))
    decision = decide(compile_pack(pack), to_complaint({**CASE, "facts": {"goods_intact": False}}), as_of=DAY)
    assert ("quantity",) in {step.facts for step in decision.explanation}


# --- what knows conditions ----------------------------------------------------------------------------------------------


def test_a_figure_of_the_law_in_it_is_one_that_the_rule_rests_on():
    none = parameters_of(PACK, RULE) - {"floor", "return_days"}
    assert not none
    elements = replace(RULE, elements=read(PACK, {"goods_intact": True}), refer=replace(RULE.refer, considers=()))
    assert parameters_of(PACK, elements) == frozenset()
    dated = read(PACK, {"days_since_receipt": {"at_most": "param.return_days"}})
    weighed = replace(elements, refer=replace(RULE.refer, considers=(replace(RULE.refer.considers[0], when=dated),)))
    assert "return_days" in parameters_of(PACK, weighed)


def test_explain_shows_its_condition_with_the_truth_of_each_part():
    pack = weighing(read(PACK, {"all": [{"goods_intact": True}, {"quantity": {"at_least": 2}}]}))
    engine = funnel.Engine(pack)
    for quantity, facts, mark in ((1, {}, "✗"), (3, {}, "?"), (3, {"goods_intact": True}, "✓")):
        complaint = to_complaint({**CASE, "order": {**CASE["order"], "quantity": quantity}, "facts": facts})
        text = explain(pack, engine.reason(complaint, as_of=DAY), engine.decide(complaint, as_of=DAY), "en")
        lines = text.splitlines()
        (line,) = [n for n, shown in enumerate(lines) if "for people to weigh" in shown]
        assert lines[line].strip().startswith(mark)
        assert "goods intact" in lines[line + 2]


TESTS = """
funnel: 1
rule: goods.return
base:
  received_at: 2026-11-10T10:00:00+08:00
  text: 卖家不给退
  order: {category: custom, price: 100.00, quantity: 1, signed_at: 2026-11-08T10:00:00+08:00}
tests:
"""
UNKNOWN = "  - {name: 完不完好不知道, given: {}, expect: {outcome: refer%s}}\n"
INTACT = "  - {name: 完好, given: {facts: {goods_intact: true}}, expect: {outcome: refer%s}}\n"
BROKEN = "  - {name: 不完好, given: {facts: {goods_intact: false}}, expect: {outcome: refer%s}}\n"


def suite(tmp_path, target, text):
    folder = tmp_path / "scenarios" / "goods"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "return.yaml").write_text(text, "utf-8")
    pack = funnel.load_pack(target)
    found = load_suite(pack, list(scenario_files(folder.parent)))
    assert found.diagnostics == ()
    return compile_pack(pack), found.tests


def test_coverage_asks_for_every_side_of_it(tmp_path):
    target = written(tmp_path, "{goods_intact: true}")

    def left(text):
        items = measure(*suite(tmp_path, target, text), [RULE.id]).missing
        return {item.wanted for item in items if item.where == "refer.considers 1 explain"}

    shown = ""
    assert left(TESTS + UNKNOWN % shown) == {"true", "false"}
    assert left(TESTS + UNKNOWN % shown + INTACT % shown) == {"false"}
    assert left(TESTS + UNKNOWN % shown + INTACT % shown + BROKEN % shown) == set()


def test_a_change_of_it_is_noticed_by_a_test_that_expects_what_is_considered_and_by_no_other(tmp_path):
    target = written(tmp_path, "{goods_intact: true}")

    def states(*expected):
        compiled, tests = suite(tmp_path, target, TESTS + INTACT % expected[0] + BROKEN % expected[1])
        found = mutate(compiled, tests, [RULE.id], as_of=DAY).outcomes
        span = next(leaf.span for leaf in (compiled.pack.rules[RULE.id].refer.considers[0].when,))
        return {(o.mutant.kind, o.state): o for o in found if o.mutant.span == span}

    blind = states("", "")
    assert {(kind, state) for kind, state in blind} == {("flip", "survived"), ("drop", "survived")}
    assert all(any(d.startswith("considers: ") for d in o.differs) for o in blind.values())
    seeing = states(", considers: {explain: null}", ", considers: {}")
    assert {(kind, state) for kind, state in seeing} == {("flip", "killed"), ("drop", "killed")}


def test_an_expectation_of_what_is_considered_names_all_of_it(tmp_path):
    from funnel.author.scenario_tests import run  # noqa: PLC0415 (beside its use)

    target = written(tmp_path, "{goods_intact: true}")
    right, wrong = ", considers: {explain: merchant}", ", considers: {}"
    compiled, tests = suite(tmp_path, target, TESTS + INTACT % right + BROKEN % ", considers: {explain: null}")
    assert [run(compiled, t).passed for t in tests] == [True, False]
    compiled, tests = suite(tmp_path, target, TESTS + UNKNOWN % wrong)
    (miss,) = run(compiled, tests[0]).mismatches
    assert (miss.key, miss.expected, miss.got) == ("considers", "{}", "{explain: null}")


def test_diff_names_a_changed_condition_and_shows_a_complaint_that_tells(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old = funnel.load_pack(written(tmp_path / "old", "{goods_intact: true}"))
    new = funnel.load_pack(written(tmp_path / "new", "{goods_intact: false}"))
    (change,) = compare(old, new, as_of=DAY).changed
    assert change.same_revision
    (part,) = change.parts
    assert part.where == "refer.considers 1 explain"
    assert (part.before, part.after) == ("{goods_intact: {is: true}}", "{goods_intact: {is: false}}")
    assert part.span.line
    sides = {(s.before.partition(" (")[2], s.after.partition(" (")[2]) for s in change.shifts}
    assert ("considers explain)", "considers -)") in sides


def test_diff_names_what_is_considered_no_more_or_only_sometimes(tmp_path):
    (tmp_path / "new").mkdir()
    (change,) = compare(PACK, funnel.load_pack(written(tmp_path / "new", "{goods_intact: true}")), as_of=DAY).changed
    parts = {part.where: (part.before, part.after) for part in change.parts}
    assert parts["refer.considers 1 explain"] == ("", "{goods_intact: {is: true}}")
    assert any(s.before.endswith("(considers treble)") and s.after.endswith("(considers -)") for s in change.shifts)
    assert parts["refer.considers"][1] == "explain: merchant (merchant)"
