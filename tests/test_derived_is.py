"""`is` and `known`: a yes-or-no fact that says whether another has a certain value, or any."""

import shutil
from pathlib import Path

import pytest

import funnel

MINI = Path(__file__).parent / "packs" / "mini"
FACT = """# more
funnel: 1
facts:
  is_custom:
    type: bool
    world: raised
    why: {zh: 没说就不是, en: not said is not}
    derived: {is: [WHICH]}
    label: {zh: 定制, en: made to order}
"""


def written(tmp_path, which):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    (target / "vocabulary" / "more.yaml").write_text(FACT.replace("WHICH", which), "utf-8")
    return target


@pytest.mark.parametrize(("kind", "truth"), [("custom", True), ("fresh", False), (None, False)])
def test_it_is_true_of_its_value_false_of_another_and_closed_where_nothing_is_said(tmp_path, kind, truth):
    engine = funnel.Engine(funnel.load_pack(written(tmp_path, "goods_kind, custom")))
    facts = {} if kind is None else {"goods_kind": {"value": kind, "grade": "record"}}
    known = engine.reason({"id": "c", "text": "卖家不给退", "facts": facts}).intake.facts.known["is_custom"]
    assert known.value is truth
    assert known.grade.word == ("presumed" if kind is None else "record")


@pytest.mark.parametrize(("intact", "truth"), [(False, True), (True, False), (None, False)])
def test_it_can_be_the_denial_of_a_yes_or_no_fact(tmp_path, intact, truth):
    engine = funnel.Engine(funnel.load_pack(written(tmp_path, "goods_intact, false")))
    facts = {} if intact is None else {"goods_intact": intact}
    known = engine.reason({"id": "c", "text": "卖家不给退", "facts": facts}).intake.facts.known["is_custom"]
    assert known.value is truth


@pytest.mark.parametrize(
    ("which", "code", "hint"),
    [
        ("goods_kind, custon", "F204", "custom"),
        ("signed_on, custom", "F206", "signed_on"),
        ("goods_intact, maybe", "F204", "true, false"),
        ("goods_kin, custom", "F301", "goods_kind"),
        ("goods_kind", "F206", "is"),
    ],
)
def test_a_value_or_a_fact_that_does_not_fit_is_said_with_its_line(tmp_path, which, code, hint):
    found = [d for d in funnel.check_pack(written(tmp_path, which)).diagnostics if d.severity == "error"]
    assert [d.code for d in found] == [code]
    assert found[0].span.line == 8
    assert hint in found[0].message("en") + found[0].help("en")


@pytest.mark.parametrize("fact", ["goods_kind", "signed_on", "goods_intact"])
@pytest.mark.parametrize("told", [True, False])
def test_known_is_true_whatever_the_value_and_closed_where_there_is_none(tmp_path, fact, told):
    values = {"goods_kind": "custom", "signed_on": "2026-10-01", "goods_intact": False}
    target = written(tmp_path, "goods_kind, custom")
    more = target / "vocabulary" / "more.yaml"
    more.write_text(more.read_text("utf-8").replace("{is: [goods_kind, custom]}", f"{{known: [{fact}]}}"), "utf-8")
    facts = {fact: {"value": values[fact], "grade": "record"}} if told else {}
    engine = funnel.Engine(funnel.load_pack(target))
    known = engine.reason({"id": "c", "text": "卖家不给退", "facts": facts}).intake.facts.known["is_custom"]
    assert known.value is told
    assert known.grade.word == ("record" if told else "presumed")
