"""The analysis is exact: it agrees with brute force and with z3, finds every planted fault, and finds nothing in sound packs."""

import datetime as dt
import json
import shutil
from itertools import product
from pathlib import Path
from types import MappingProxyType

import pytest
import z3
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import funnel
from funnel.author.analysis import analyse
from funnel.author.analysis._search import Search
from funnel.author.analysis._solve import OutOfSteps, Solver
from funnel.author.analysis._space import Space
from funnel.author.analysis._witness import build
from funnel.cli._main import group
from funnel.diagnostics import render
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import compile_pack, read
from funnel.engine.evaluate import evaluate
from funnel.facts.values import Facts, Grade, Known
from funnel.facts.vocabulary import FactSpec, Vocabulary
from funnel.pack.model import All, Any, Not, Test

MINI = Path(__file__).parent / "packs" / "mini"
GOLDEN = Path(__file__).parent / "golden"
PACK = funnel.load_pack(MINI)
SPAN = PACK.rules["goods.return"].span
DAY = dt.date(2026, 11, 24)
KINDS = ("general", "fresh", "custom")
CLAIMS = ("refund", "treble", "other")

SHIPPED = 30_000
"""Steps that the shipped pack may take: five times what it took in November 2026, a hundredth and more of the budget."""

# --- the solver against two oracles --------------------------------------------------------------------------------------

LEAVES = st.one_of(
    st.builds(lambda f, v: Test(f, "is", v, SPAN), st.sampled_from(["goods_intact", "defect_shown"]), st.booleans()),
    st.builds(
        lambda t, v: Test("goods_kind", t, frozenset(v), SPAN),
        st.sampled_from(["in", "not_in"]),
        st.sets(st.sampled_from(KINDS), min_size=1),
    ),
    st.builds(
        lambda t, n: Test("days_since_receipt", t, n, SPAN),
        st.sampled_from(["at_most", "less_than", "at_least", "more_than", "is", "is_not"]),
        st.integers(-2, 5),
    ),
    st.builds(
        lambda a, b: Test("days_since_receipt", "between", (min(a, b), max(a, b)), SPAN),
        st.integers(-2, 5),
        st.integers(-2, 5),
    ),
    st.builds(
        lambda t, v: Test("claims", t, frozenset(v), SPAN),
        st.sampled_from(["contains_any", "contains_all", "is"]),
        st.sets(st.sampled_from(CLAIMS), min_size=1),
    ),
    st.builds(lambda v: Test("goods_intact", "known", v, SPAN), st.booleans()),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: All(tuple(items)), st.lists(inner, max_size=4)),
        st.builds(lambda items: Any(tuple(items)), st.lists(inner, max_size=4)),
        st.builds(Not, inner),
    ),
    max_leaves=14,
)
DEMANDS = st.lists(st.tuples(CONDITIONS, st.booleans()), min_size=1, max_size=4)


def solver(demands, steps=200_000):
    return Solver(Space(PACK.vocabulary, [c for c, _ in demands], {}), steps)


def everything():
    sets = [frozenset(c for c, keep in zip(CLAIMS, bits, strict=True) if keep) for bits in product([0, 1], repeat=3)]
    for intact, shown, kind, days, claims in product([False, True], [False, True], KINDS, range(-4, 8), sets):
        yield {"goods_intact": intact, "defect_shown": shown, "goods_kind": kind, "days_since_receipt": days, "claims": claims}  # fmt: skip


def facts_of(values):
    return Facts({name: Known(value, Grade.RECORD, "test") for name, value in values.items()})


def brute(demands):
    return any(all(evaluate(c, facts_of(v), {}) is wanted for c, wanted in demands) for v in everything())


def by_z3(demands):
    bools = {name: z3.Bool(name) for name in ("goods_intact", "defect_shown", *(f"c.{c}" for c in CLAIMS))}
    kind, days = z3.Int("kind"), z3.Int("days")

    def leaf(t):
        if t.fact == "goods_kind":
            found = z3.Or([kind == KINDS.index(k) for k in t.constant])
            return found if t.test == "in" else z3.Not(found)
        if t.fact == "days_since_receipt":
            if t.test == "between":
                return z3.And(days >= t.constant[0], days <= t.constant[1])
            return {"at_most": days <= t.constant, "less_than": days < t.constant, "at_least": days >= t.constant,
                    "more_than": days > t.constant, "is": days == t.constant, "is_not": days != t.constant}[t.test]  # fmt: skip
        if t.fact == "claims":
            inside = [bools[f"c.{c}"] for c in sorted(t.constant)]
            if t.test == "contains_any":
                return z3.Or(inside)
            if t.test == "contains_all":
                return z3.And(inside)
            return z3.And([bools[f"c.{c}"] == (c in t.constant) for c in CLAIMS])
        if t.test == "known":
            return z3.BoolVal(bool(t.constant))
        return bools[t.fact] == t.constant

    def tree(c):
        if isinstance(c, Test):
            return leaf(c)
        if isinstance(c, Not):
            return z3.Not(tree(c.item))
        return (z3.And if isinstance(c, All) else z3.Or)([tree(i) for i in c.items])

    check = z3.Solver()
    check.add(kind >= 0, kind < len(KINDS))
    for condition, wanted in demands:
        check.add(tree(condition) if wanted else z3.Not(tree(condition)))
    return check.check() == z3.sat


@settings(max_examples=150)
@given(DEMANDS)
def test_a_box_is_found_exactly_where_brute_force_finds_a_combination(demands):
    assert (solver(demands).solve(demands) is not None) == brute(demands)


@settings(max_examples=300)
@given(DEMANDS)
def test_a_box_is_found_exactly_where_z3_finds_a_model(demands):
    assert (solver(demands).solve(demands) is not None) == by_z3(demands)


@settings(max_examples=150)
@given(st.lists(DEMANDS, min_size=2, max_size=6))
def test_what_one_question_taught_changes_no_answer_to_the_next(questions):
    """One solver that is asked them all finds a box where a fresh one does, and one in which the demands hold."""
    looked = solver([demand for demands in questions for demand in demands])
    for demands in questions:
        assert (looked.solve(demands) is not None) == brute(demands)


def test_choices_that_have_nothing_to_do_with_a_contradiction_do_not_multiply_the_search():
    names = [f"{side}{n}" for n in range(40) for side in "ab"]
    vocabulary = Vocabulary(MappingProxyType({n: FactSpec(n, "bool", {"zh": n}) for n in (*names, *"xyz")}))
    either = [Any((Test(f"a{n}", "is", True, SPAN), Test(f"b{n}", "is", True, SPAN))) for n in range(40)]
    x, y, z = (Test(name, "is", True, SPAN) for name in "xyz")
    contradiction = [Any((x, y)), Any((x, Not(y))), Any((Not(x), z)), Any((Not(x), Not(z)))]
    demands = [(c, True) for c in (*either, *contradiction)]
    looked = Solver(Space(vocabulary, [c for c, _ in demands], {}, unknowns=True), steps=1_000)
    assert looked.solve(demands) is None
    assert looked.solve(demands[:-1]) is not None


@settings(max_examples=200)
@given(DEMANDS)
def test_every_value_taken_from_a_box_meets_the_demands(demands):
    looked = solver(demands)
    box = looked.solve(demands)
    if box is None:
        return
    values = next(everything())
    claims = set()
    for (fact, member), mask in box.items():
        value = looked.space.value((fact, member), mask)
        if member:
            claims |= {member} if value else set()
        else:
            values[fact] = value
    values["claims"] = frozenset(claims)
    assert all(evaluate(c, facts_of(values), {}) is wanted for c, wanted in demands)


@settings(max_examples=150)
@given(DEMANDS)
def test_a_core_contradicts_itself_and_none_of_it_can_be_spared(demands):
    looked = solver(demands)
    if looked.solve(demands) is not None:
        return
    core = looked.core(demands)
    assert looked.solve(core) is None
    assert all(looked.solve([d for d in core if d is not one]) is not None for one in core)


def test_a_budget_that_runs_out_is_no_answer():
    hard = [(Any((Test("goods_intact", "is", True, SPAN), Test("defect_shown", "is", True, SPAN))), True)] * 3
    with pytest.raises(OutOfSteps):
        solver(hard, steps=1).solve(hard)
    report = analyse(PACK, as_of=DAY, steps=1)
    assert not report.findings
    assert len(report.undecided) >= len(PACK.rules)


# --- planted faults ------------------------------------------------------------------------------------------------------

RETURN, DEFECT, FACTS = "goods/return.yaml", "goods/defect.yaml", "vocabulary/facts.yaml"
ELEMENTS = "elements: {all: [{days_since_receipt: {at_most: param.return_days}}, {goods_intact: true}]}"
NEEDS = "needs: {days_since_receipt: record, goods_intact: stated}"
CUSTOM = "when: {goods_kind: {in: [custom, fresh]}}"
OVER = "overrides: [{rule: goods.return, basis: law/24, why: {zh: 质量优先, en: quality first}}]"
SHOWN = "elements: {all: [{defect_shown: true}]}"
SETTLE = "settle:\n  needs: {days"


def elements(text):
    return (RETURN, ELEMENTS, f"elements: {{all: [{text}]}}")


def exception(text):
    return (RETURN, CUSTOM, f"when: {text}")


def when(text):
    return (RETURN, SETTLE, f"settle:\n  when: {text}\n  needs: {{days")


def considered(text):
    return (RETURN, 'considers: [{treble: "larger(3 * price_paid, param.floor)"}]', f"considers: [{{loss: price_paid, when: {text}}}]")  # fmt: skip


FAULTS = {
    "F702": [
        elements("{days_since_receipt: {at_most: 7}}, {days_since_receipt: {at_least: 8}}, {goods_intact: true}"),
        elements("{days_since_receipt: {less_than: 7}}, {days_since_receipt: {at_least: param.return_days}}"),
        elements("{goods_intact: true}, {goods_intact: {is_not: true}}"),
        elements("{goods_intact: true}, {not: {goods_intact: true}}"),
        elements("{goods_kind: {in: [custom]}}, {goods_kind: {in: [fresh, general]}}"),
        elements("{goods_kind: {not_in: [custom, fresh, general]}}"),
        elements("{days_since_receipt: {between: [2, 4]}}, {days_since_receipt: {more_than: 4}}"),
        elements("{price_paid: {less_than: 0.01}}, {price_paid: {more_than: 0.00}}"),
        elements("{quantity: {more_than: 1000}}"),
        elements("{signed_on: {at_least: 2026-02-01}}, {signed_on: {less_than: 2026-02-01}}"),
        elements("{not: {grievance: refused}}"),
        elements("{any: [{days_since_receipt: {less_than: 0}}, {goods_intact: false}]}, {days_since_receipt: {at_least: 0}}, {goods_intact: true}"),
        # What is computed contradicts what it is computed from.
        elements("{days_since_receipt: {at_most: 3}}, {signed_on: {less_than: 2026-11-21}}, {goods_intact: true}"),
        elements("{days_since_receipt: {more_than: 3}}, {signed_on: {at_least: 2026-11-21}}, {goods_intact: true}"),
    ],
    "F704": [
        exception("{goods_intact: false}"),
        exception("{days_since_receipt: {more_than: 7}}"),
        exception("{days_since_receipt: {more_than: param.return_days}}"),
        exception("{all: [{goods_kind: {in: [custom]}}, {goods_kind: fresh}]}"),
        exception("{not: {grievance: refused}}"),
        exception("{any: [{goods_intact: false}, {days_since_receipt: {at_least: 9}}]}"),
        exception("{quantity: {less_than: 1}}"),
        exception("{signed_on: {less_than: 2026-11-17}}"),
    ],
    "F706": [
        when("{goods_intact: false}"),
        when("{goods_kind: {in: [custom]}}"),
        when("{days_since_receipt: {more_than: 7}}"),
        elements("{price_paid: {more_than: 3000.00}}"),
        elements("{injury_reported: true}"),
        (RETURN, "refer: {tier: agent, ", "refer: {tier: agent, when: [{if: {goods_intact: true}, tier: mediator, why: {zh: 人看, en: people}}], "),
        (RETURN, "refer: {tier: agent, ", "refer: {tier: agent, when: [{if: {any: [{price_paid: {at_least: 0.00}}, {goods_intact: false}]}, tier: mediator, why: {zh: 人看, en: people}}], "),
    ],
    "F707": [
        (RETURN, NEEDS, "needs: {days_since_receipt: record, goods_intact: record}"),
        (RETURN, NEEDS, "needs: {days_since_receipt: record, goods_intact: evidence}"),
        (DEFECT, "needs: {defect_shown: evidence}", "needs: {defect_shown: record}"),
    ],
    "F708": [
        considered("{not: {grievance: refused}}"),
        considered("{goods_kind: {not_in: [custom, fresh, general]}}"),
        considered("{all: [{goods_intact: true}, {goods_intact: false}]}"),
        (RETURN, "{return_freight: consumer}", "{return_freight: consumer, when: {goods_intact: false}}"),
        (RETURN, "{return_freight: consumer}", "{return_freight: consumer, when: {goods_kind: custom}}"),
    ],
    "F701": [
        (DEFECT, OVER, "overrides: []"),
        (DEFECT, OVER + "\n", ""),
    ],
    "F703": [
        (DEFECT, "recognise: {grievance: broken}\n" + SHOWN, "recognise: {grievance: [broken, refused]}\nelements: {days_since_receipt: {at_most: 30}}"),
        (DEFECT, "recognise: {grievance: broken}\n" + SHOWN, "recognise: {grievance: [broken, refused]}\nelements: {goods_intact: true}"),
    ],
    "F709": [
        (DEFECT, OVER, f"{OVER}\naccepted: [{{code: F701, with: goods.return, why: {{zh: 交人看, en: people decide}}}}]"),
        (RETURN, "matter: goods", "matter: goods\naccepted: [{code: F706, why: {zh: 交人看, en: people decide}}]"),
    ],
    "F705": [
        (RETURN, "matter: goods", "matter: goods\nscope: {goods_kind: {in: [general]}}"),
        (RETURN, "matter: goods", "matter: goods\nscope: {days_since_receipt: {at_most: 7}}"),
    ],
}  # fmt: skip


def altered(tmp_path, change):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    name, old, new = change
    path = target / name
    text = path.read_text("utf-8")
    assert old in text + "\n", change
    path.write_text((text + "\n").replace(old, new, 1), "utf-8")
    return funnel.load_pack(target)


@pytest.mark.parametrize(("code", "change"), [(c, change) for c, changes in FAULTS.items() for change in changes])
def test_a_planted_fault_is_found_with_its_witness(tmp_path, code, change):
    pack = altered(tmp_path, change)
    report = analyse(pack, as_of=DAY)
    found = [f for f in report.findings if f.diagnostic.code == code]
    assert found, [f.diagnostic.message("en") for f in report.findings]
    assert found[0].diagnostic.span.line
    if code in {"F701", "F705"}:
        decision = funnel.Engine(pack).decide(found[0].witness, as_of=DAY)
        codes = {r.code for r in decision.referral.reasons}
        assert codes & {"conflict", "elements-not-met"}
    else:
        assert found[0].witness is None


SOUND = [
    considered("{goods_intact: false}"),
    considered("{goods_kind: custom}"),
    considered("{days_since_receipt: {more_than: 7}}"),
    (RETURN, "{return_freight: consumer}", "{return_freight: consumer, when: {goods_kind: general}}"),
    *(elements(f"{{days_since_receipt: {{at_most: {n}}}}}, {{goods_intact: true}}") for n in range(1, 9)),
    *(elements(f"{{days_since_receipt: {{between: [{a}, {a + 3}]}}}}, {{goods_intact: true}}") for a in range(6)),
    *(exception(f"{{goods_kind: {kind}}}") for kind in KINDS),
    *(exception(f"{{days_since_receipt: {{at_least: {n}}}}}") for n in range(5, 8)),
    *(when(f"{{goods_kind: {{not_in: [{kind}]}}}}") for kind in ("custom", "fresh")),
    *(when(f"{{price_paid: {{at_most: {n}.00}}}}") for n in (1, 500, 3000)),
    elements("{any: [{goods_intact: true}, {days_since_receipt: {at_most: 3}}]}"),
    elements("{goods_kind: {not_in: [custom]}}"),
    elements("{signed_on: {at_least: 2026-02-01}}"),
    elements("{days_since_receipt: {at_most: 3}}, {signed_on: {less_than: 2026-11-22}}, {goods_intact: true}"),
    exception("{signed_on: {less_than: 2026-11-18}}"),
    (
        RETURN,
        "matter: goods",
        "matter: goods\nscope: {all: [{goods_intact: true}, {days_since_receipt: {at_most: 7}}]}",
    ),
    (RETURN, "matter: goods", "matter: returns"),
    (RETURN, NEEDS, "needs: {signed_on: record, goods_intact: stated, days_since_receipt: record}"),
]


@pytest.mark.parametrize("change", SOUND)
def test_a_sound_pack_gives_no_finding(tmp_path, change):
    report = analyse(altered(tmp_path, change), as_of=DAY)
    assert [f.diagnostic.message("en") for f in report.findings] == []
    assert report.undecided == ()


def test_a_finding_with_a_reason_in_the_rule_is_accepted_and_still_counted(tmp_path):
    reason = "accepted: [{code: F701, with: goods.return, why: {zh: 交人看, en: people decide}}]"
    report = analyse(altered(tmp_path, (DEFECT, OVER, reason)), as_of=DAY)
    assert report.findings == ()
    assert [f.diagnostic.code for f in report.accepted] == ["F701"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_texts_of_findings_are_as_in_the_golden_file(tmp_path, monkeypatch, lang):
    shown = []
    for code, changes in FAULTS.items():
        folder = tmp_path / code
        folder.mkdir()
        monkeypatch.chdir(folder)
        report = analyse(altered(folder, changes[0]), as_of=DAY, lang=lang)
        shown += [render(f.diagnostic, lang) for f in report.findings if f.diagnostic.code == code]
    text = "\n\n".join(shown) + "\n"
    path = GOLDEN / f"analysis.{lang}.txt"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_a_fact_that_is_any_of_others_is_tied_to_them(tmp_path):
    pack = altered(
        tmp_path,
        (FACTS, "  goods_kind:\n", "  spoilt:\n    type: bool\n    derived: {any_of: [goods_intact, defect_shown]}\n    label: {zh: 坏, en: spoilt}\n  goods_kind:\n"),
    )  # fmt: skip
    spoilt, intact = Test("spoilt", "is", False, SPAN), Test("goods_intact", "is", True, SPAN)
    looked = Search(pack, {}, DAY, [], steps=1000)
    assert looked.find([(spoilt, True)]) is not None
    assert looked.find([(intact, True)]) is not None
    assert looked.find([(spoilt, True), (intact, True)]) is None


def test_what_an_author_lets_stand_is_not_called_outlived_where_it_was_not_found_out(tmp_path):
    pack = altered(tmp_path, FAULTS["F709"][0])
    assert [f.diagnostic.code for f in analyse(pack, as_of=DAY).findings] == ["F709"]
    short = analyse(pack, as_of=DAY, steps=1)
    assert short.undecided
    assert short.findings == ()


def test_a_fact_that_says_what_another_is_or_whether_it_is_known_is_tied_to_it(tmp_path):
    derived = (
        "{}: {{type: bool, world: raised, why: {{zh: 没说, en: unsaid}}, derived: {}, label: {{zh: 名, en: name}}}}"
    )
    lines = [
        derived.format("is_fresh", "{is: [goods_kind, fresh]}"),
        derived.format("kind_known", "{known: [goods_kind]}"),
        derived.format("kind_given", "{given: [goods_kind]}"),
        derived.format("intact_given", "{given: [goods_intact]}"),
    ]
    pack = altered(tmp_path, (FACTS, "  goods_kind:\n", "".join(f"  {line}\n" for line in lines) + "  goods_kind:\n"))
    looked = Search(pack, {}, DAY, [], steps=1000)
    fresh, custom = (Test("goods_kind", "in", frozenset({slug}), SPAN) for slug in ("fresh", "custom"))

    def may_be(*tests):
        return looked.find([(test, True) for test in tests]) is not None

    def no(name):
        return Test(name, "is", False, SPAN)

    assert not may_be(fresh, no("is_fresh"))
    assert may_be(custom, no("is_fresh"))
    assert not may_be(custom, no("kind_known"))
    assert not may_be(custom, no("kind_given")), "no words tell the kind"
    intact = Test("goods_intact", "is", True, SPAN)
    assert may_be(intact, no("intact_given")), "words may tell it, and then it is not given"


def test_a_witness_says_in_words_what_is_not_to_be_told_by_the_field(tmp_path):
    picked = "  picked: {type: set, world: raised, why: {zh: 没选, en: none picked}, from: grievances, label: {zh: 所选, en: picked}, values: {refused: {zh: 被拒, en: refused}, broken: {zh: 坏了, en: broken}}}\n"
    pack = altered(tmp_path, (FACTS, "  goods_kind:\n", f"{picked}  goods_kind:\n"))
    both, refused = (frozenset({"refused", "broken"}), frozenset({"refused"}))
    demands = [
        (Test("grievances", "contains_all", both, SPAN), True),
        (Test("picked", "contains_any", refused, SPAN), False),
    ]
    found = Search(pack, {}, DAY, [], steps=1000).find(demands)
    content = build(pack, found, [], DAY)
    assert content["text"]
    facts = read(compile_pack(pack), to_complaint(content), as_of=DAY).facts
    assert facts.value("grievances") == both
    assert facts.value("picked") == both - refused


def test_an_accepted_finding_with_a_rule_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(funnel.PackError, match=r"goods\.retrun"):
        altered(tmp_path, (DEFECT, OVER, "accepted: [{code: F701, with: goods.retrun, why: {zh: x, en: x}}]"))


def test_every_finding_on_the_shipped_pack_has_its_reason_in_the_rule(pack):
    report = analyse(pack, as_of=DAY)
    assert [f.diagnostic.message("en") for f in report.findings] == []
    assert report.accepted
    assert report.undecided == ()
    assert report.steps <= SHIPPED, "the search has grown wide: see docs/analysis.md"


# --- the command -----------------------------------------------------------------------------------------------------------


def test_the_command_prints_witnesses_that_explain_reads(tmp_path):
    altered(tmp_path, (DEFECT, OVER, "overrides: []"))
    folder = tmp_path / "witnesses"
    args = [
        "check",
        str(tmp_path / "mini"),
        "--deep",
        "--as-of",
        "2026-11-24",
        "--witness",
        str(folder),
        "--lang",
        "en",
    ]
    result = CliRunner().invoke(group, args)
    assert result.exit_code == 0, "a warning is no error"
    assert "F701" in result.output
    assert CliRunner().invoke(group, [*args, "--strict"]).exit_code == 1
    (path,) = folder.iterdir()
    assert json.loads(path.read_text())["id"] == "witness"
    shown = CliRunner().invoke(group, ["explain", str(path), "--pack", str(tmp_path / "mini"), "--as-of", "2026-11-24"])
    assert shown.exit_code == 0
    assert "goods.defect" in shown.output


def test_the_command_gives_the_findings_as_json(tmp_path):
    altered(tmp_path, (RETURN, CUSTOM, "when: {goods_intact: false}"))
    result = CliRunner().invoke(group, ["check", str(tmp_path / "mini"), "--deep", "--format", "json"])
    content = json.loads(result.output)
    assert [d["code"] for d in content["diagnostics"]] == ["F704"]
    assert content["deep"]["rules"] == 2
