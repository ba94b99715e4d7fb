"""The public face: exports, contract, thread safety, schemas, layers."""

import ast
import asyncio
import datetime as dt
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema
import pytest

import funnel
from funnel import batch
from funnel.schemas import NAMES, schema

PACKAGE = Path(funnel.__file__).parent
COMPLAINT = {
    "id": "c-1",
    "received_at": "2026-11-10T10:00:00+08:00",
    "text": "才收到三天，不喜欢想退，店家死活不给退",
    "order": {"price": "199.00", "quantity": 1, "category": "general", "signed_at": "2026-11-07T15:00:00+08:00"},
    "facts": {"goods_intact": True},
    "ticket_colour": "red",
}


def test_everything_in_all_is_there_and_nothing_private():
    for name in funnel.__all__:
        assert hasattr(funnel, name)
        assert not name.startswith("_") or name == "__version__"


def test_names_are_loaded_at_first_use_and_a_wrong_one_is_an_attribute_error():
    homes = set(funnel._HOMES)
    assert homes == set(funnel.__all__) - {"__version__"}
    assert set(funnel.__all__) <= set(dir(funnel))
    with pytest.raises(AttributeError, match="no attribute 'Enginee'"):
        funnel.Enginee  # noqa: B018
    code = "import sys, funnel; assert 'pydantic' not in sys.modules; funnel.Engine; assert 'pydantic' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_example_settles_with_its_basis(engine):
    decision = engine.decide(COMPLAINT)
    assert decision.outcome == "settle"
    assert decision.matters[0].scenario == "return7_refused"
    assert decision.matters[0].remedies[0].amount == "199.00"
    assert decision.respond_by == dt.datetime.fromisoformat("2026-11-11T10:00:00+08:00")
    assert decision.resolve_by == dt.datetime.fromisoformat("2026-11-18T00:00:00+08:00")


def test_a_decision_round_trips_through_json(engine):
    decision = engine.decide(COMPLAINT)
    assert funnel.Decision.model_validate_json(decision.model_dump_json()) == decision


def test_decisions_are_frozen(engine):
    with pytest.raises(ValueError, match="frozen"):
        engine.decide(COMPLAINT).outcome = "refer"


def test_fields_the_contract_does_not_know_are_passed_through(engine):
    assert engine.decide(COMPLAINT).passed_through == {"ticket_colour": "red"}


def test_a_fact_that_no_vocabulary_declares_is_passed_through_and_named_with_the_nearest(engine):
    decision = engine.decide({**COMPLAINT, "facts": {"goods_intakt": True}})
    assert decision.outcome == "ask"
    assert decision.passed_through["facts.goods_intakt"] is True
    assert any("goods_intact" in e.text for e in decision.explanation if e.step == "unknown-fact")


def test_the_same_complaint_gives_the_same_bytes_in_twenty_threads(pack, engine):
    wanted = engine.decide(COMPLAINT).model_dump_json()
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: engine.decide(COMPLAINT).model_dump_json(), range(200))) == {wanted}
    assert funnel.Engine(pack).decide(COMPLAINT).model_dump_json() == wanted


def test_async_and_sync_agree(engine):
    assert asyncio.run(engine.adecide(COMPLAINT)) == engine.decide(COMPLAINT)


def test_only_id_and_text_or_facts_are_required(engine):
    assert engine.decide({"id": "a", "text": "你好"}).outcome == "refer"
    assert engine.decide({"id": "a", "facts": {"grievances": ["not_shipped"]}}).outcome == "ask"
    with pytest.raises(funnel.ComplaintError) as caught:
        engine.decide({"id": "a"})
    assert "neither" in caught.value.problems[0].message


def test_a_bad_complaint_names_every_field_and_no_value(engine):
    with pytest.raises(funnel.ComplaintError) as caught:
        engine.decide({"id": "", "text": "x", "order": {"price": "secret-13800000000", "quantity": 0}})
    assert {p.field for p in caught.value.problems} == {"id", "order.price", "order.quantity"}
    assert "13800000000" not in str(caught.value)


@pytest.mark.parametrize("amount", ["NaN", "1e400", "-5", "1.234", float("nan"), float("inf"), True, "一百"])
def test_amounts_that_are_none_are_refused(engine, amount):
    with pytest.raises(funnel.ComplaintError):
        engine.decide({"id": "a", "text": "x", "order": {"price": amount}})


@pytest.mark.parametrize("day", ["1900-01-01", "2200-01-01", "2026-13-01", 20261103])
def test_dates_out_of_bounds_are_refused(engine, day):
    with pytest.raises(funnel.ComplaintError):
        engine.decide({"id": "a", "text": "x", "order": {"signed_at": day}})


def test_a_fact_outside_its_domain_sends_the_case_to_a_human(engine):
    decision = engine.decide({**COMPLAINT, "facts": {"goods_intact": "maybe"}})
    assert decision.outcome == "refer"
    assert "unreadable-field" in {r.code for r in decision.referral.reasons}


def test_texts_come_in_english_too(pack):
    decision = funnel.Engine(pack, lang="en").decide(COMPLAINT)
    assert "no-reason" in decision.matters[0].title.lower()
    assert decision.language == "en"


def test_the_clock_is_an_argument(pack):
    engine = funnel.Engine(pack, clock=lambda: dt.datetime(2024, 1, 2, tzinfo=dt.UTC))
    assert engine.decide({"id": "a", "text": "你好"}).as_of == dt.date(2024, 1, 2)


def test_an_unknown_pack_is_named_with_those_there_are():
    with pytest.raises(funnel.PackNotFoundError, match="cn-ecommerce"):
        funnel.load_pack("cn-ecomerce")


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_valid(name, pack):
    jsonschema.Draft202012Validator.check_schema(schema(name))
    jsonschema.Draft202012Validator.check_schema(schema(name, pack))


def test_the_contract_schemas_accept_what_the_engine_takes_and_gives(engine):
    jsonschema.validate(COMPLAINT, schema("complaint"))
    jsonschema.validate(engine.decide(COMPLAINT).model_dump(mode="json"), schema("decision"))


def test_register_parts_travel_to_other_processes(pack):
    assert pickle.loads(pickle.dumps(pack.calendar)) == pack.calendar


LAYERS = [
    {"_nearness", "errors", "diagnostics", "statistics"},
    {"complaint", "decision", "_orders"},
    {"law"},
    {"facts"},
    {"pack"},
    {"engine"},
    {"schemas", "author", "batch", "queue", "report"},
    {"cli", "testing", "_pytest_plugin"},
]


def test_modules_import_downwards_only():
    rank = {name: level for level, names in enumerate(LAYERS) for name in names}
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        relative = path.relative_to(PACKAGE)
        if len(relative.parts) == 1 and relative.stem.startswith("__"):
            continue
        own = relative.parts[0].removesuffix(".py")
        wrong += [f"{relative} imports {name}" for name in imported(path) if rank[second(name)] > rank[own]]
    assert wrong == []


def imported(path):
    """Modules of the project that a file imports, in whichever of the three ways."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
            if node.module == "funnel":  # a module of it, or one of the names it makes public
                found = [alias.name for alias in node.names]
                names = [f"funnel.{n}" for n in found if (PACKAGE / n).is_dir() or (PACKAGE / f"{n}.py").is_file()]
        else:
            continue
        yield from (name for name in names if name.startswith("funnel."))


def second(name):
    return name.split(".")[1]


def test_no_import_is_relative():
    """The order of the layers is kept by name: a relative import would slip past."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), path


@pytest.mark.parametrize("name", ["audit", "clocks", "duplicates", "league", "masking"])
def test_the_pure_parts_of_the_queue_know_nothing_of_the_rest_of_it(name):
    path = PACKAGE / "queue" / f"{name}.py"
    assert {
        name for name in imported(path) if not name.startswith(("funnel.errors", "funnel.law.", "funnel.statistics"))
    } == set()
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names = {a.name for n in tree if isinstance(n, ast.Import) for a in n.names}
    assert not names & {"pydantic", "sqlalchemy", "os", "socket", "sqlite3", "time", "random"}


def test_no_module_level_mutable_state():
    """Module-level names bound to lists, dicts or sets are constants only if frozen; caches live in functions."""
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Set | ast.ListComp | ast.SetComp):
                names = [t.id for t in node.targets if isinstance(t, ast.Name)]
                if names != ["__all__"]:
                    wrong.append(f"{path.name}: {names}")
    assert wrong == []


def test_a_complaint_of_two_matters_gets_a_decision_for_each_and_the_hardest_in_all(engine):
    decision = engine.decide(
        {
            **COMPLAINT,
            "text": "店家死活不给退；而且领的优惠券下单不能用",
            "order": {**COMPLAINT["order"], "category": "custom_made"},
        }
    )
    assert {m.scenario: m.outcome for m in decision.matters} == {"return7_refused": "refer", "coupon_denied": "ask"}
    assert decision.outcome == "refer"
    assert "该优惠的金额" in decision.referral.missing


def test_questions_are_ranked_and_each_says_who_why_and_what_its_answers_remove(engine):
    decision = engine.decide({**COMPLAINT, "order": {}, "facts": {}})
    assert decision.outcome == "ask"
    assert all(q.why and q.text and q.who in {"consumer", "merchant", "system"} for q in decision.questions)
    kind = next(q for q in decision.questions if q.fact == "goods_kind")
    assert max(a.removes for a in kind.answers) > min(a.removes for a in kind.answers)


def test_an_answer_that_cannot_change_anything_is_not_asked_for(engine):
    """No question on activation where the goods are a chair; none on the confirmation either."""
    decision = engine.decide({**COMPLAINT, "facts": {}})
    asked = {q.fact for q in decision.questions}
    assert asked == {"goods_intact"}


def test_asking_and_answering_ends_in_a_settlement(engine):
    complaint = {**COMPLAINT, "order": {}, "facts": {}}
    answers = {
        "signed_on": "2026-11-07", "goods_intact": True, "goods_kind": "general", "price_paid": "199.00", "activated": False,
        "opened": False, "no_return_confirmed": False, "return_notice_on": "2026-11-09", "all_returned": True,
    }  # fmt: skip
    for _ in range(12):
        decision = engine.decide(complaint)
        if decision.outcome != "ask":
            break
        first = decision.questions[0]
        answer = {"value": answers[first.fact], "grade": first.grade, "source": first.who}
        complaint = {**complaint, "facts": {**complaint["facts"], first.fact: answer}}
    assert decision.outcome == "settle"
    assert decision.matters[0].remedies[0].amount == "199.00"


def test_what_the_guide_and_a_batch_need_is_public_in_one_place():
    """`run_batch` takes an assembler and a writer that stood in modules nobody had named."""
    for name in ("Assembler", "CsvWriter", "JsonlWriter", "Pool", "assembler_for", "open_source", "run_batch"):
        assert name in batch.__all__
    assert sorted(batch.__all__, key=lambda name: (name[0].islower(), name)) == batch.__all__
    assert all(getattr(batch, name).__doc__ for name in batch.__all__)
