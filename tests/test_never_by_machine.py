"""What no machine does, over every rule of the pack, whoever wrote it: this module knows no rule by name."""

import datetime as dt
import itertools
import shutil
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shipped import COMPILED, PACK, SETTLING, SUITE

import funnel
from funnel.complaint import Consumer
from funnel.diagnostics import Diagnostics
from funnel.engine.decide import decide, reason
from funnel.engine.engine import to_complaint
from funnel.facts.vocabulary import SIGNAL_PREFIX
from funnel.pack._conditions import ConditionReader
from funnel.pack._nodes import load_bytes
from funnel.pack._reader import Reader
from funnel.pack._rules import RuleReader
from funnel.pack.citations import parameters_of
from funnel.pack.formulas import names_of
from funnel.pack.model import NEVER_SETTLED, REQUIRED_GATES, All, Any, Not, ParamRef, Test, leaves_of

SETTLED = list(SETTLING)
TIERS = list(PACK.manifest.tiers)
PUNITIVE = {name for name, p in PACK.register.parameters.items() if p.punitive}


def day_of(test):
    return test.as_of or test.complaint.received_at.date()


# --- gates --------------------------------------------------------------------------------------------------------------


def together(parts):
    """Several ways in one: two that raise members of one set raise them all."""
    made = {}
    for name, value in (item for part in parts for item in part.items()):
        made[name] = [*made[name], *value] if isinstance(made.get(name), list) else value
    return made


def ways(condition):
    """Every way to make a condition true: what facts must be raised, one dictionary a way."""
    if isinstance(condition, Any):
        return [way for item in condition.items for way in ways(item)]
    if isinstance(condition, All):
        return [together(parts) for parts in itertools.product(*map(ways, condition.items))]
    assert isinstance(condition, Test), "a gate that opens on a negation cannot be opened by raising anything"
    if condition.test == "contains_any":
        return [{condition.fact: [member]} for member in sorted(condition.constant)]
    assert condition.test == "is", f"teach this test what {condition.test} needs"
    return [{condition.fact: condition.constant}]


OPENINGS = [(gate.id, way) for gate in PACK.gates.values() for way in ways(gate.when)]


def given_members(raw):
    """Members of a set that a form has given, however it was written."""
    if isinstance(raw, dict):
        return given_members(raw.get("value"))
    if isinstance(raw, list):
        return [member for item in raw for member in (given_members(item) if isinstance(item, dict | list) else [item])]
    return [] if raw is None else [raw]


def opened(complaint, way):
    """The complaint with some facts raised in its form; sets keep what they had."""
    facts = dict(complaint.facts)
    update = {}
    for name, value in way.items():
        if name == "claims":
            update["claims"] = [*complaint.claims, *value]
        elif isinstance(value, list):
            facts[name] = [*given_members(facts.get(name)), *value]
        else:
            facts[name] = value
    return complaint.model_copy(update={**update, "facts": facts})


def lifted(test, way):
    """Whether the case's own records say what keeps this way from opening its gate."""
    if False not in way.values():
        return False
    facts = reason(COMPILED, test.complaint, as_of=day_of(test)).intake.facts
    return any(value is False and facts.value(name) is True for name, value in way.items())


def assert_referred(decision, gate, tier, name):
    assert decision.outcome == "refer", name
    assert decision.referral is not None, name
    assert gate in {r.gate for r in decision.referral.reasons if r.code == "gate"}, name
    assert all(r.text.strip() for r in decision.referral.reasons), name
    assert TIERS.index(decision.tier) >= TIERS.index(tier), name
    assert decision.recognised, name
    assert decision.matters, name
    for matter in decision.matters:
        assert matter.outcome == "refer", name
        assert matter.remedies == (), name
        assert matter.settle_within is None, name
        assert TIERS.index(matter.tier) >= TIERS.index(tier), name


def test_the_settling_tests_settle_as_they_stand():
    """Guards those below: it is the gate that stops the machine, nothing else."""
    rules = {t.rule for t in SETTLED}
    assert rules == {rule.id for rule in PACK.live_rules if rule.settle is not None}
    for test in SETTLED:
        decision = decide(COMPILED, test.complaint, as_of=day_of(test))
        assert any(m.outcome == "settle" and m.remedies for m in decision.matters), test.name


@pytest.mark.parametrize(("gate", "way"), OPENINGS, ids=str)
def test_each_way_a_gate_opens_refers_every_settlement_of_every_rule_to_its_tier(gate, way):
    for test in SETTLED:
        if lifted(test, way):
            continue
        decision = decide(COMPILED, opened(test.complaint, way), as_of=day_of(test))
        assert_referred(decision, gate, PACK.gates[gate].tier, f"{test.rule}: {test.name}")


@settings(max_examples=250)
@given(
    test=st.sampled_from([t for t in SUITE.tests if t.complaint.text or t.complaint.facts]),
    opening=st.sampled_from(OPENINGS),
)
def test_an_open_gate_refers_whatever_else_the_complaint_says_and_asks_nothing(test, opening):
    gate, way = opening
    assume(not lifted(test, way))
    decision = decide(COMPILED, opened(test.complaint, way), as_of=day_of(test))
    assert decision.outcome == "refer"
    assert TIERS.index(decision.tier) >= TIERS.index(PACK.gates[gate].tier)
    assert all(m.outcome == "refer" and not m.remedies for m in decision.matters)


@settings(max_examples=60)
@given(test=st.sampled_from(SETTLED), openings=st.lists(st.sampled_from(OPENINGS), min_size=2, max_size=4))
def test_several_open_gates_go_to_the_hardest_tier_among_them(test, openings):
    complaint = test.complaint
    openings = [(gate, way) for gate, way in openings if not lifted(test, way)]
    assume(openings)
    for _, way in openings:
        complaint = opened(complaint, way)
    decision = decide(COMPILED, complaint, as_of=day_of(test))
    for gate, _ in openings:
        assert_referred(decision, gate, PACK.gates[gate].tier, test.name)


def test_a_minor_by_the_record_refers_every_settlement_though_the_text_says_nothing():
    for test in SETTLED:
        complaint = test.complaint.model_copy(update={"consumer": Consumer(id="c", age=12)})
        decision = decide(COMPILED, complaint, as_of=day_of(test))
        assert_referred(decision, "minor", PACK.gates["minor"].tier, test.name)


@pytest.mark.parametrize("grade", ["record", "evidence", "stated"])
def test_no_money_for_the_goods_goes_back_a_second_time(grade):
    """A refund that is known of bars another; what a rule gives after it (freight, a difference) is not that money."""
    told = {"value": True, "grade": grade, "source": "支付流水"}
    for test in SETTLED:
        facts = {**test.complaint.facts, "already_refunded": told}
        decision = decide(COMPILED, test.complaint.model_copy(update={"facts": facts}), as_of=day_of(test))
        settled = {r.kind for m in decision.matters if m.outcome == "settle" for r in m.remedies}
        assert "refund" not in settled, f"{test.rule}: {test.name}"


BUILT_IN = {
    "over-limit": {"claimed_amount": "5000.01"},
    "unreadable-field": {"facts": {"quantity": "许多"}},
    "disputed-facts": {"facts": {"price_paid": [{"value": "100.00", "grade": "record"}, {"value": "900.00", "grade": "record"}]}},
}  # fmt: skip


@pytest.mark.parametrize("gate", sorted(BUILT_IN))
def test_the_built_in_gates_refer_every_settlement_of_every_rule(gate):
    for test in SETTLED:
        given_ = test.complaint.model_dump(exclude_unset=True)
        more = BUILT_IN[gate]
        for key in ("order", "facts"):
            if key in more:
                more = {**more, key: {**given_.get(key, {}), **more[key]}}
        decision = decide(COMPILED, to_complaint({**given_, **more}), as_of=day_of(test))
        assert decision.outcome == "refer", test.name
        # A sum in the form beside another in the text is in dispute, which goes before it.
        assert {gate, "disputed-facts"} & {r.gate for r in decision.referral.reasons}, test.name
        assert all(m.outcome == "refer" and not m.remedies for m in decision.matters), test.name


def test_every_kind_of_gate_is_there_and_rests_on_what_is_raised():
    assert {gate.covers for gate in PACK.gates.values()} >= set(REQUIRED_GATES)
    for gate in PACK.gates.values():
        assert all(PACK.vocabulary[test.fact].world == "raised" for test in leaves_of(gate.when)), gate.id
        assert gate.why["zh"]
        assert gate.why["en"]
        assert gate.basis


def test_no_rule_decides_on_a_professional_pattern_and_so_refuses_nobody_for_it():
    """The pattern is marked and goes to people: no settling rule turns on it, and no rule is set aside for it."""
    marks = list(leaves_of(PACK.gates["professional"].when))

    def is_mark(test):
        """Whether a test looks at what opens the gate; of a set, at those members of it."""
        return any(
            test.fact == mark.fact
            and (not isinstance(mark.constant, frozenset) or bool(mark.constant & frozenset(test.constant)))
            for mark in marks
        )

    for rule in PACK.live_rules:
        conditions = [e.when for e in rule.exceptions if e.tier is None]
        if rule.settle is not None:
            conditions += [rule.elements, rule.scope, rule.settle.when]
        for condition in conditions:
            assert not any(is_mark(test) for test in leaves_of(condition)), rule.id


# --- what the consumer wants ---------------------------------------------------------------------------------------------


REFUNDING = [t for t in SETTLED if "refund" in t.expect.get("remedies", {"refund": None})]
PERFORMANCE = {
    "in the form": "performance",
    "in a call on record": {"value": "performance", "grade": "record", "source": "回访"},
}


def refunds(decision):
    return [r for m in decision.matters if m.outcome == "settle" for r in m.remedies if r.kind == "refund"]


def form_says_refund(test, field):
    """The complaint as a form that claims a refund and nothing else, in the contract's field or as a fact."""
    facts = {name: value for name, value in test.complaint.facts.items() if name not in {"wish", "claims"}}
    claims = ["refund"] if field == "claims" else []
    if field == "facts.claims":
        facts["claims"] = ["refund"]
    return test.complaint.model_copy(update={"claims": claims, "facts": facts})


@pytest.mark.parametrize("field", ["claims", "facts.claims"])
@pytest.mark.parametrize("how", sorted(PERFORMANCE))
def test_who_wants_performance_is_never_paid_out_because_a_form_said_refund(how, field):
    """Over every rule that settles money: the contradiction is put to people, whoever wrote the rule."""
    paid = set()
    for test in REFUNDING:
        form = form_says_refund(test, field)
        if not refunds(decide(COMPILED, form, as_of=day_of(test))):
            continue
        paid.add(test.rule)
        torn = form.model_copy(update={"facts": {**form.facts, "wish": PERFORMANCE[how]}})
        decision = decide(COMPILED, torn, as_of=day_of(test))
        assert not refunds(decision), f"{test.rule}: {test.name}"
        assert decision.outcome == "refer", f"{test.rule}: {test.name}"
        assert "disputed-facts" in {r.gate for r in decision.referral.reasons}, f"{test.rule}: {test.name}"
    settling = {r.id for r in PACK.live_rules if r.settle and any(m.kind == "refund" for m in r.settle.remedies)}
    assert paid == settling, "each rule that gives money back is looked at"


def test_words_that_ask_for_the_goods_beside_a_form_that_says_refund_go_to_people():
    looked_at = set()
    for test in REFUNDING:
        form = form_says_refund(test, "claims")
        if not refunds(decide(COMPILED, form, as_of=day_of(test))):
            continue
        text = f"{form.text or ''}。我就要货，要求尽快发货"
        spoken = form.model_copy(update={"text": text})
        reasoning = reason(COMPILED, spoken, as_of=day_of(test))
        if reasoning.intake.facts.value("wish") == "refund":
            continue  # the text says both, and so says neither; the form counts
        decision = decide(COMPILED, spoken, as_of=day_of(test))
        assert not refunds(decision), f"{test.rule}: {test.name}"
        looked_at.add(test.rule)
    assert len(looked_at) > len({t.rule for t in REFUNDING}) / 2


@pytest.mark.parametrize(
    ("claims", "wish"),
    [
        (["refund"], "refund"),
        (["退货退款"], "refund"),
        (["deliver"], "performance"),
        (["补发", "compensation"], "performance"),
        (["refund", "deliver"], None),
        (["return", "compensation"], None),
        ([], None),
    ],
)
def test_the_claims_of_a_form_say_what_is_wanted_unless_they_say_both(claims, wish):
    complaint = to_complaint({"id": "x", "text": "你好", "claims": claims})
    assert reason(COMPILED, complaint, as_of=dt.date(2026, 11, 10)).intake.facts.value("wish") == wish


# --- remedies -------------------------------------------------------------------------------------------------------------


def figures_of(formula):
    """Parameters of an amount, those that come in through derived facts included."""
    found, waiting = set(), []
    for name in names_of(formula):
        if isinstance(name, ParamRef):
            found.add(name.name)
        else:
            waiting.append(name.name)
    while waiting:
        spec = PACK.vocabulary.facts.get(waiting.pop())
        args = spec.derivation.args if spec is not None and spec.derivation is not None else ()
        for arg in args:
            if isinstance(arg, str) and arg.startswith("param."):
                found.add(arg.removeprefix("param."))
            elif isinstance(arg, str):
                waiting.append(arg)
    return found


@pytest.mark.parametrize("rule", list(PACK.rules.values()), ids=lambda r: r.id)
def test_no_rule_can_settle_what_only_people_weigh(rule):
    for remedy in rule.settle.remedies if rule.settle else ():
        assert remedy.kind not in NEVER_SETTLED
        if remedy.formula is not None:
            assert not figures_of(remedy.formula) & PUNITIVE, remedy.source


def test_the_figures_of_punitive_compensation_are_known_to_this_test():
    assert {"treble_multiplier", "fraud_floor", "food_multiplier", "food_loss_multiplier", "food_floor"} <= PUNITIVE
    assert any(parameters_of(PACK, rule) & PUNITIVE for rule in PACK.live_rules), "some rule shows them to people"


@pytest.fixture(scope="module")
def rule_reader():
    def make():
        sink = Diagnostics()
        reader = Reader(sink)
        signals = [n.removeprefix(SIGNAL_PREFIX) for n in PACK.vocabulary.facts if n.startswith(SIGNAL_PREFIX)]
        conditions = ConditionReader(reader, PACK.vocabulary.facts, signals, PACK.register.parameters)
        return sink, RuleReader(reader, conditions, PACK.register, PACK.manifest)

    return make


@pytest.mark.parametrize("amount", ["price_paid", "1", "larger(3 * price_paid, 500)"])
@pytest.mark.parametrize("kind", NEVER_SETTLED)
def test_the_loader_refuses_such_a_remedy_in_a_settlement_with_any_amount(rule_reader, kind, amount):
    sink, reader = rule_reader()
    node = load_bytes(f'{{{kind}: "{amount}"}}\n'.encode(), "r.yaml", sink)
    assert reader.settled_remedy(node) is None
    assert [d.code for d in sink.sorted()] == ["F502"]


@pytest.mark.parametrize("parameter", sorted(PUNITIVE))
def test_the_loader_refuses_the_figures_of_punitive_compensation_under_any_name(rule_reader, parameter):
    kind = PACK.register.parameters[parameter].type
    source = f"param.{parameter}" if kind == "money" else f"param.{parameter} * price_paid"
    for remedy in ("refund", "promised_compensation", "loss", "price_difference"):
        sink, reader = rule_reader()
        node = load_bytes(f'{{{remedy}: "{source}"}}\n'.encode(), "r.yaml", sink)
        assert reader.settled_remedy(node) is None
        assert [d.code for d in sink.sorted()] == ["F503"]


def test_the_loader_refuses_a_punitive_figure_that_comes_in_through_a_derived_fact(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(Path(__file__).parent / "packs" / "mini", target)
    facts = target / "vocabulary" / "facts.yaml"
    more = "  hidden: {type: money, derived: {sum: [unit_price, param.floor]}, label: {zh: 藏, en: hidden}}\n"
    more += "  deeper: {type: money, derived: {sum: [hidden, 0]}, label: {zh: 深, en: deeper}}\n"
    facts.write_text(facts.read_text("utf-8") + more, "utf-8")
    assert funnel.check_pack(target).pack is not None
    rule = target / "goods" / "return.yaml"
    rule.write_text(rule.read_text("utf-8").replace("{refund: price_paid}", "{refund: deeper}"), "utf-8")
    loaded = funnel.check_pack(target)
    assert loaded.pack is None
    assert [d.code for d in loaded.diagnostics if d.severity == "error"] == ["F503"]


# --- whatever the facts -----------------------------------------------------------------------------------------------------

READ = {
    rule.id: sorted(
        {
            test.fact
            for condition in (rule.recognise, rule.elements, rule.scope, *(e.when for e in rule.exceptions), *(w.condition for w in rule.refer.when), rule.settle.when if rule.settle else None)
            for test in leaves_of(condition)
            if not test.fact.startswith(SIGNAL_PREFIX) and test.fact not in {"complained_on", "today"}
        }
    )
    for rule in PACK.live_rules
}  # fmt: skip
GRADES = ("record", "evidence", "stated")


def plain(spec):
    if spec.type == "bool":
        return st.booleans()
    if spec.type == "enum":
        return st.sampled_from(sorted(spec.members))
    if spec.type == "set":
        return st.lists(st.sampled_from(sorted(spec.members)), max_size=2, unique=True)
    if spec.type == "date":
        return st.dates(dt.date(2024, 8, 1), dt.date(2026, 11, 10)).map(lambda d: d.isoformat())
    low = max(spec.low or 0, 0)
    high = min(spec.high if spec.high is not None else 6000, 6000)
    whole = st.integers(low, max(low, high))
    return whole.map(lambda n: f"{n}.00") if spec.type == "money" else whole


@settings(max_examples=400)
@given(data=st.data())
def test_whatever_the_facts_no_settlement_holds_what_only_people_weigh_nor_passes_an_open_gate(data):
    rule = data.draw(st.sampled_from(PACK.live_rules), label="rule")
    grade = data.draw(st.sampled_from(GRADES), label="grade")
    facts = {}
    for name in READ[rule.id]:
        if data.draw(st.booleans()):
            facts[name] = {"value": data.draw(plain(PACK.vocabulary[name]), label=name), "grade": grade}
    grievances = {m for t in leaves_of(rule.recognise) if t.fact == "grievances" for m in t.constant}
    if grievances:
        facts["grievances"] = sorted(grievances)[:1]
    order = {"kind": "physical", "category": "general", "price": "100.00", "quantity": 1, "paid_at": "2026-11-01", "signed_at": "2026-11-07"}  # fmt: skip
    content = {"id": "x", "received_at": "2026-11-10T10:00:00+08:00", "facts": facts, "order": order}
    if not grievances:  # recognised by words alone
        content["text"] = next(t.complaint.text for t in SUITE.tests if t.rule == rule.id)
    complaint = to_complaint(content)
    reasoning = reason(COMPILED, complaint, as_of=dt.date(2026, 11, 10))
    decision = decide(COMPILED, complaint, as_of=dt.date(2026, 11, 10))
    shut = all(truth is False for _, truth in reasoning.gates)
    assert decision.outcome in {"settle", "ask", "refer"}
    for matter in decision.matters:
        assert not {r.kind for r in matter.remedies} & set(NEVER_SETTLED)
        assert all(figure not in (r.formula or "") for r in matter.remedies for figure in PUNITIVE)
        if matter.outcome == "settle":
            assert shut
            assert not reasoning.intake.facts.disputed
            assert PACK.rules[matter.rule].settle is not None
        else:
            assert not matter.remedies
    if not shut:
        assert decision.outcome == "refer"


def test_not_is_never_used_to_open_a_gate():
    def negations(condition):
        if isinstance(condition, Not):
            return 1
        return sum(negations(item) for item in getattr(condition, "items", ()))

    assert not sum(negations(gate.when) for gate in PACK.gates.values())
