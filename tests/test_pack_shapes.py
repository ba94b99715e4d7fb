"""A field of the wrong shape is an error wherever it stands: nothing an author wrote is lost without a word."""

import shutil
from pathlib import Path

import pytest

import funnel
from funnel.author.scenario_tests import load_suite
from funnel.diagnostics import Diagnostics
from funnel.pack._nodes import load_bytes
from funnel.pack._reader import Reader

MINI = Path(__file__).parent / "packs" / "mini"
NEEDS = "needs: {days_since_receipt: record, goods_intact: stated}"

# Where a mapping with keys of the author's choice is expected: file, what stands there, and the same as a list.
PLACES = {
    "needs": ("goods/return.yaml", NEEDS, "needs: [days_since_receipt, goods_intact]"),
    "needs, one word": ("goods/return.yaml", NEEDS, "needs: signed_on"),
    "needs, nothing": ("goods/return.yaml", NEEDS, "needs:"),
    "remedy": ("goods/return.yaml", "[{refund: price_paid}, ", "[refund, "),
    "remedy, empty": ("goods/return.yaml", "[{refund: price_paid}, ", "[{}, "),
    "remedies, none": ("goods/return.yaml", "remedies: [{refund: price_paid}, {return_freight: consumer}]", "remedies: []"),
    "words": ("signals/all.yaml", "words: {商家: [商家, 卖家, 店家]}", "words: [商家, 卖家, 店家]\n"),
    "signals": ("signals/more.yaml", None, "funnel: 1\nsignals: [a]\n"),
    "readings": ("signals/more.yaml", None, "funnel: 1\nreadings: [a]\n"),
    "sets": ("signals/all.yaml", "sets: {grievances: broken}", "sets: [grievances]"),
    "facts": ("vocabulary/more.yaml", None, "funnel: 1\nfacts: [a]\n"),
    "values": ("vocabulary/facts.yaml", "values: {refused: {zh: 被拒, en: refused}, broken: {zh: 坏了, en: broken}}", "values: [refused, broken]"),
    "derived": ("vocabulary/facts.yaml", "derived: {days_between: [signed_on, complained_on]}", "derived: [days_between]"),
    "statutes": ("statutes/more.yaml", None, "funnel: 1\nstatutes: [a]\n"),
    "parameters": ("statutes/more.yaml", None, "funnel: 1\nparameters: [a]\n"),
    "articles": ("statutes.yaml", '    articles:\n      "1": {title: {zh: 一, en: one}, gist: {zh: 二手, en: second hand}}', "    articles: [a]"),
    "forums": ("forums.yaml", None, "funnel: 1\nforums: [F-COURT]\n"),
    "gates": ("gates.yaml", "funnel: 1\ngates:", "funnel: 1\ngates: {a: b}\nx:"),
    "unless": ("goods/defect.yaml", "funnel: 1\n", "funnel: 1\nunless: {id: a}\n"),
}  # fmt: skip


def broken(tmp_path, place):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    name, old, new = PLACES[place]
    path = target / name
    path.parent.mkdir(exist_ok=True)
    if old is None:
        assert not path.exists()
        path.write_text(new, "utf-8")
    else:
        text = path.read_text("utf-8")
        assert old in text, "the change must apply"
        path.write_text(text.replace(old, new, 1), "utf-8")
    return funnel.check_pack(target), path


@pytest.mark.parametrize("place", PLACES)
def test_a_field_of_the_wrong_shape_is_an_error_at_its_place(tmp_path, place):
    loaded, path = broken(tmp_path, place)
    assert loaded.pack is None
    found = [d for d in loaded.diagnostics if d.code in {"F203", "F206"}]
    assert found, loaded.diagnostics
    assert any(d.span.path.endswith(path.name) and d.span.line for d in found)


def test_needs_that_are_a_list_do_not_drop_the_evidence_a_settlement_asks_for(tmp_path):
    """The case that was found: such a pack used to load, and its rule to settle on the consumer's word."""
    loaded, _ = broken(tmp_path, "needs")
    (found,) = [d for d in loaded.diagnostics if d.severity == "error"]
    assert found.code == "F203"
    assert found.span.source.strip() == "needs: [days_since_receipt, goods_intact]"


@pytest.mark.parametrize("source", ["word", "[a, b]", "''", "[]"])
def test_only_a_mapping_has_entries(source):
    sink = Diagnostics()
    node = load_bytes(f"x: {source}\n".encode(), "f.yaml", sink).get("x")
    assert Reader(sink).entries(node) == ()
    assert [d.code for d in sink.sorted()] == ["F203"]


def test_an_absent_or_empty_mapping_has_no_entries_and_is_no_error():
    sink = Diagnostics()
    assert Reader(sink).entries(None) == ()
    assert Reader(sink).entries(load_bytes(b"x: {}\n", "f.yaml", sink).get("x")) == ()
    assert sink.sorted() == ()


@pytest.mark.parametrize(
    "text",
    [
        "base: [a]\ntests: [{name: 一, given: {text: 退}, expect: {outcome: refer}}]\n",
        "tests: [{name: 一, given: 退货, expect: {outcome: refer}}]\n",
        "tests: [{name: 一, given: {text: 退}, expect: {facts: [goods_intact]}}]\n",
        "tests: [{name: 一, given: {text: 退}, expect: refer}]\n",
    ],
)
def test_a_scenario_test_of_the_wrong_shape_is_an_error(tmp_path, mini, text):
    path = tmp_path / "t.yaml"
    path.write_text("funnel: 1\nrule: goods.return\n" + text, "utf-8")
    assert "F203" in {d.code for d in load_suite(mini, [path]).diagnostics}


@pytest.mark.parametrize(
    ("needs", "warned"),
    [
        ("{signed_on: record, goods_intact: stated}", True),
        ("{signed_on: record, days_since_receipt: record, goods_intact: stated}", False),
        ("{days_since_receipt: record, goods_intact: stated}", False),
        ("{unit_price: record, days_since_receipt: record}", False),  # amounts need a record of themselves
        ("{defect_shown: evidence}", False),  # nothing read is derived from it
    ],
)
def test_needs_are_warned_of_where_what_is_read_is_derived_and_has_no_grade(tmp_path, needs, warned):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / "goods" / "return.yaml"
    text = path.read_text("utf-8")
    assert NEEDS in text
    path.write_text(text.replace(NEEDS, f"needs: {needs}"), "utf-8")
    loaded = funnel.check_pack(target)
    assert loaded.pack is not None
    assert [d.code for d in loaded.diagnostics] == ["F517"] * warned


def test_needs_are_warned_of_where_only_a_referral_reads_what_is_derived(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    path = target / "goods" / "return.yaml"
    text = path.read_text("utf-8")
    only = text.replace(
        "{all: [{days_since_receipt: {at_most: param.return_days}}, {goods_intact: true}]}", "{goods_intact: true}"
    )
    only = only.replace(NEEDS, "needs: {signed_on: record, goods_intact: stated}")
    when = "{if: {days_since_receipt: {more_than: 9}}, tier: mediator, why: {zh: 久了, en: late}}"
    for referral, found in ((f"when: [{when}], ", ["F517"]), ("", [])):
        path.write_text(only.replace("refer: {tier: agent, ", f"refer: {{tier: agent, {referral}"), "utf-8")
        assert [d.code for d in funnel.check_pack(target).diagnostics] == found


@pytest.mark.parametrize(("named", "code"), [("signed_on", "F206"), ("price_payd", "F301")])
@pytest.mark.parametrize("explained", [True, False])
def test_what_explains_an_amount_and_what_a_sum_is_made_up_of_are_declared_sums(tmp_path, named, code, explained):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    if explained:
        reading = f"  paid:\n    sets: price_paid\n    kind: amount\n    before: [花了]\n    explained_by: {named}\n"
        (target / "signals" / "more.yaml").write_text(f"funnel: 1\nreadings:\n{reading}", "utf-8")
    else:
        more = (
            f"funnel: 1\nfacts:\n  asked:\n    type: money\n    label: {{zh: 要的, en: asked}}\n\n    parts: {named}\n"
        )
        (target / "vocabulary" / "more.yaml").write_text(more, "utf-8")
    (found,) = [d for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert (found.code, found.span.line) == (code, 7)


def test_only_a_sum_is_made_up_of_sums(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    more = "funnel: 1\nfacts:\n  asked:\n    type: date\n    label: {zh: 要的, en: asked}\n    parts: price_paid\n"
    (target / "vocabulary" / "more.yaml").write_text(more, "utf-8")
    assert [d.code for d in funnel.check_pack(target).diagnostics if d.severity == "error"] == ["F206"]


@pytest.mark.parametrize(("named", "code"), [("price_paid", "F206"), ("signed_onn", "F301")])
def test_a_reading_is_explained_by_facts_that_hold_days_and_are_declared(tmp_path, named, code):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    more = f"funnel: 1\nreadings:\n  came:\n    sets: signed_on\n    kind: date\n    after: [收到]\n    explained_by: {named}\n"
    (target / "signals" / "more.yaml").write_text(more, "utf-8")
    (found,) = [d for d in funnel.check_pack(target).diagnostics if d.severity == "error"]
    assert (found.code, found.span.line) == (code, 7)
