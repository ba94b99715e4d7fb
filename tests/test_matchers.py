"""Two matchers, one protocol: the same rules, unknowns included."""

import gc
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import A_THIRD

import funnel
from funnel.engine.durable import DurableMatcher, MatcherError
from funnel.engine.evaluate import evaluate
from funnel.engine.match import CompiledMatcher
from funnel.facts.values import Facts, Grade, Known
from funnel.facts.vocabulary import FactSpec, Vocabulary
from funnel.pack.model import All, Any, Not, Test
from funnel.testing import complaints

ROOT = Path(__file__).parent.parent
DURABLE = sys.version_info < (3, 13) and find_spec("durable_rules_engine") is not None
needs_durable = pytest.mark.skipif(
    not DURABLE, reason="the extra durable is not installed: it needs Python below 3.13 and a C compiler"
)

TITLE = {"zh": "甲", "en": "a"}
SPECS = {
    **{f"b{i}": ("bool", "raised" if i % 2 else "open") for i in range(4)},
    **{f"i{i}": ("integer", "raised" if i % 2 else "open") for i in range(3)},
    "s0": ("set", "raised"),
    "s1": ("set", "open"),
    "e0": ("enum", "open"),
}
SLUGS = ("a", "b", "c")


def vocabulary():
    members = MappingProxyType(dict.fromkeys(SLUGS))
    return Vocabulary(
        facts={
            name: FactSpec(
                name, kind, TITLE, world=world, members=members if kind in {"set", "enum"} else MappingProxyType({})
            )
            for name, (kind, world) in SPECS.items()
        }
    )


def leaf():
    numbers, slugs = st.integers(-2, 3), st.sampled_from(SLUGS)
    sets = st.frozensets(slugs, min_size=1)
    return st.one_of(
        st.builds(
            lambda f, t, c: (f, t, c),
            st.sampled_from(["b0", "b1", "b2", "b3"]),
            st.sampled_from(["is", "is_not"]),
            st.booleans(),
        ),
        st.builds(
            lambda f, t, c: (f, t, c),
            st.sampled_from(["i0", "i1", "i2"]),
            st.sampled_from(["is", "is_not", "at_least", "at_most", "less_than", "more_than"]),
            numbers,
        ),
        st.builds(
            lambda f, t, c: (f, t, c),
            st.sampled_from(["s0", "s1"]),
            st.sampled_from(["contains_any", "contains_all"]),
            sets,
        ),
        st.builds(lambda t, c: ("e0", t, c), st.sampled_from(["in", "not_in"]), sets),
    )


@st.composite
def conditions(draw, span):
    leaves = leaf().map(lambda x: Test(*x, span=span))
    return draw(
        st.recursive(
            leaves,
            lambda inner: st.one_of(
                st.builds(Not, inner),
                st.lists(inner, max_size=3).map(lambda items: All(tuple(items))),
                st.lists(inner, max_size=3).map(lambda items: Any(tuple(items))),
            ),
            max_leaves=8,
        )
    )


@st.composite
def facts(draw):
    found = {}
    for name, (kind, world) in SPECS.items():
        value = draw(
            {
                "bool": st.booleans(),
                "integer": st.integers(-2, 3),
                "set": st.frozensets(st.sampled_from(SLUGS)),
                "enum": st.sampled_from(SLUGS),
            }[kind]
            | st.none()
        )
        if value is not None:
            found[name] = Known(value, Grade.STATED, "test")
        elif world == "raised" and draw(st.booleans(), label="not in dispute"):
            found[name] = vocabulary().facts[name].unraised
    return Facts(MappingProxyType(found))


def packed(pack, recognitions):
    base = pack.rules["delivery.nondelivery"]
    rules = {f"r.{n:03}": replace(base, id=f"r.{n:03}", recognise=c) for n, c in enumerate(recognitions)}
    return replace(pack, rules=rules, vocabulary=vocabulary())


def naive(pack, given_, parameters):
    """What the matchers must give, written to be read: every rule is looked at."""
    found = {rule.id: evaluate(rule.recognise, given_, parameters) for rule in pack.live_rules}
    return {name: truth for name, truth in sorted(found.items()) if truth is not False}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_over_generated_rules_both_matchers_give_what_a_naive_one_gives(engine, data):
    span = engine.pack.rules["delivery.nondelivery"].span
    pack = packed(engine.pack, data.draw(st.lists(conditions(span), min_size=1, max_size=12)))
    matchers = [CompiledMatcher(pack)] + ([DurableMatcher(pack)] if DURABLE else [])
    for given_ in data.draw(st.lists(facts(), min_size=1, max_size=6)):
        want = naive(pack, given_, {})
        for matcher in matchers:
            got = matcher.recognised(given_, {})
            assert dict(got) == want, type(matcher).__name__
            assert list(got) == sorted(got)


@pytest.fixture(scope="module")
def durable(engine):
    return funnel.Engine(engine.pack, matcher="durable")


@needs_durable
def test_scenario_tests_are_decided_alike_to_the_byte(engine, durable):
    assert len(A_THIRD) > 1000
    for test in A_THIRD:
        one, two = (e.decide(test.complaint, as_of=test.as_of).model_dump_json() for e in (engine, durable))
        assert one == two, test.name


@needs_durable
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_complaints_drawn_from_the_pack_are_decided_alike_to_the_byte(engine, durable, data):
    complaint = data.draw(complaints(engine.pack))
    assert engine.decide(complaint).model_dump_json() == durable.decide(complaint).model_dump_json()


@needs_durable
def test_nothing_of_one_complaint_is_left_for_the_next_and_threads_do_not_mix(engine, durable):
    texts = ["付款半个月还不发货", "怀疑是假货", "你好", "收到的电饭煲是坏的，要退货", ""]
    want = {t: engine.decide({"id": "x", "text": t, "facts": {"shipped": False}}).model_dump_json() for t in texts}
    with ThreadPoolExecutor(4) as pool:
        for text, got in pool.map(
            lambda t: (t, durable.decide({"id": "x", "text": t, "facts": {"shipped": False}}).model_dump_json()),
            texts * 40,
        ):
            assert got == want[text]


@needs_durable
def test_more_leaves_than_the_engine_has_fields_are_split(engine):
    span = engine.pack.rules["delivery.nondelivery"].span
    many = [Test("i0", "is", n, span=span) for n in range(700)]
    pack = packed(engine.pack, [*many, All(tuple(many[:250])), Any(tuple(many))])
    matcher = DurableMatcher(pack)
    for value in (0, 349, 699, 700):
        given_ = Facts(MappingProxyType({"i0": Known(value, Grade.STATED, "test")}))
        assert dict(matcher.recognised(given_, {})) == naive(pack, given_, {})
    assert dict(matcher.recognised(Facts(MappingProxyType({})), {})) == naive(pack, Facts(MappingProxyType({})), {})


@needs_durable
def test_it_is_made_and_thrown_away_without_leaving_anything(engine):
    for _ in range(30):
        matcher = DurableMatcher(engine.pack)
        assert matcher.recognised(Facts(MappingProxyType({})), {}) is not None
        del matcher
    gc.collect()


@needs_durable
def test_it_cannot_be_pickled(engine):
    with pytest.raises(TypeError, match="each process"):
        pickle.dumps(DurableMatcher(engine.pack))


@needs_durable
def test_where_it_is_not_installed_that_is_said_with_the_way_out(engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "durable_rules_engine", None)
    with pytest.raises(MatcherError, match="pip install"):
        funnel.Engine(engine.pack, matcher="durable")


def test_a_wrong_word_for_a_matcher_is_refused(engine):
    with pytest.raises(ValueError, match="'compiled', 'durable'"):
        funnel.Engine(engine.pack, matcher="durabel")
