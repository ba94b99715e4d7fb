"""A decision never depends on rule order, file order, key order or comments; neither does the digest."""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import PACK, SUITE

import funnel

MINI = Path(__file__).parent / "packs" / "mini"


@settings(max_examples=20)
@given(seed=st.integers(), tests=st.lists(st.sampled_from(SUITE.tests), min_size=5, max_size=15))
def test_decisions_do_not_depend_on_the_order_of_rules_gates_or_facts(seed, tests):
    shuffle = random.Random(seed)

    def mixed(mapping):
        items = list(mapping.items())
        shuffle.shuffle(items)
        return MappingProxyType(dict(items))

    vocabulary = replace(PACK.vocabulary, facts=mixed(PACK.vocabulary.facts))
    other = replace(PACK, rules=mixed(PACK.rules), gates=mixed(PACK.gates), vocabulary=vocabulary)
    one, two = funnel.Engine(PACK), funnel.Engine(other)
    for test in tests:
        a, b = one.decide(test.complaint), two.decide(test.complaint)
        assert (a.outcome, a.tier, a.matters, a.questions) == (b.outcome, b.tier, b.matters, b.questions)


@pytest.fixture
def copy(tmp_path):
    target = tmp_path / "mini"
    shutil.copytree(MINI, target)
    return target


def test_comments_layout_and_key_order_do_not_change_the_digest(copy):
    before = funnel.load_pack(copy).digest
    path = copy / "gates.yaml"
    path.write_text(
        "# a comment\n" + path.read_text("utf-8").replace("tier: lawyer, why:", "tier: lawyer,   why:"), "utf-8"
    )
    facts = copy / "vocabulary" / "facts.yaml"
    text = facts.read_text("utf-8").replace("type: bool, world: raised", "world: raised, type: bool")
    facts.write_text(text, "utf-8")
    assert funnel.load_pack(copy).digest == before


def test_moving_names_to_another_file_does_not_change_the_digest(copy):
    before = funnel.load_pack(copy).digest
    (copy / "signals" / "all.yaml").rename(copy / "signals" / "renamed.yaml")
    assert funnel.load_pack(copy).digest == before


def test_a_changed_meaning_changes_the_digest(copy):
    before = funnel.load_pack(copy).digest
    path = copy / "goods" / "return.yaml"
    path.write_text(path.read_text("utf-8").replace("amount: 3000.00", "amount: 3000.01"), "utf-8")
    assert funnel.load_pack(copy).digest != before


def test_key_order_of_a_complaint_does_not_matter(engine):
    complaint = {
        "id": "c",
        "text": "店家不给退，退款也没到账",
        "received_at": "2026-11-10T10:00:00+08:00",
        "facts": {"goods_intact": True, "refund_paid": False},
    }
    turned = dict(
        reversed([(k, dict(reversed(v.items())) if isinstance(v, dict) else v) for k, v in complaint.items()])
    )
    assert engine.decide(complaint).model_dump_json() == engine.decide(turned).model_dump_json()
