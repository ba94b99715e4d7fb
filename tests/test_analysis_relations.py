"""What is computed from other facts: values that fit are found exactly where trying them all finds some."""

import datetime as dt
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import PACK

import funnel
from funnel.author.analysis._search import Search
from funnel.engine.evaluate import holds
from funnel.facts.derived import Context
from funnel.facts.intake import compute
from funnel.facts.values import Grade, Known
from funnel.facts.vocabulary import Derivation, FactSpec, Vocabulary
from funnel.pack.model import Test

MINI = funnel.load_pack(Path(__file__).parent / "packs" / "mini")
CALENDAR = PACK.calendar
SPAN = MINI.rules["goods.return"].span
DAY = dt.date(2026, 10, 9)
"""A day after a long holiday, so that last days are moved."""
TOP = 4
INPUTS = ("x", "y", "z")
FUNCTIONS = {
    "sum": INPUTS,
    "difference": INPUTS[:2],
    "product": INPUTS,
    "larger": INPUTS,
    "smaller": INPUTS,
    "part": INPUTS,
    "less": INPUTS[:2],
}
ORDERED = ("at_most", "less_than", "at_least", "more_than", "is")


def fact(name, kind, **more):
    return FactSpec(name, kind, {"zh": name}, **more)


def pack_of(*specs):
    vocabulary = Vocabulary(MappingProxyType({s.name: s for s in specs}), tuple(s.name for s in specs if s.derivation))
    return replace(MINI, vocabulary=vocabulary, rules=MappingProxyType({}), gates=MappingProxyType({}))


def ranged(name, low, high):
    return st.builds(lambda t, n: Test(name, t, n, SPAN), st.sampled_from(ORDERED), st.integers(low, high))


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=60)
@given(data=st.data())
def test_numbers_fit_exactly_where_some_do(function, data):
    names = FUNCTIONS[function]
    result = fact("d", "bool" if function == "less" else "integer", derivation=Derivation(function, names))
    pack = pack_of(*(fact(n, "integer", low=0, high=TOP) for n in names), result)
    of_result = (
        st.builds(lambda v: Test("d", "is", v, SPAN), st.booleans()) if function == "less" else ranged("d", -4, 12)
    )
    tests = data.draw(st.lists(st.one_of(of_result, *(ranged(n, 0, TOP) for n in names)), min_size=1, max_size=5))
    context = Context(pack.calendar)

    def fits():
        for values in product(range(TOP + 1), repeat=len(names)):
            known = {n: Known(v, Grade.RECORD, "") for n, v in zip(names, values, strict=True)}
            computed = compute(result, known, {}, context)
            outright = range(-20, 140) if computed is None else [computed.value]  # not computed, it may be anything
            for d in outright:
                every = {**dict(zip(names, values, strict=True)), "d": d}
                if all(holds(t, every[t.fact], {}) for t in tests):
                    return True
        return False

    found = Search(pack, {}, DAY, [], steps=5_000).find([(t, True) for t in tests], names)
    assert (found is not None) == fits()
    if found is not None:
        assert all(holds(t, found.values[t.fact], {}) for t in tests)


@settings(max_examples=80)
@given(
    days=st.integers(0, 9),
    past=st.lists(ranged("past", -6, 12), max_size=2),
    start=st.lists(st.tuples(st.sampled_from(ORDERED), st.integers(0, 30)), max_size=2),
)
def test_days_past_a_period_fit_exactly_where_some_start_does(days, past, start):
    pack = pack_of(
        fact("start", "date"),
        fact("past", "integer", derivation=Derivation("days_past", ("start", days, "complained_on"))),
    )
    pack = replace(pack, calendar=CALENDAR)
    tests = [*past, *(Test("start", t, DAY - dt.timedelta(days=n), SPAN) for t, n in start)]
    context = Context(pack.calendar)

    def fits(day):
        known = {n: Known(v, Grade.RECORD, "") for n, v in (("start", day), ("complained_on", DAY))}
        computed = compute(pack.vocabulary["past"], known, {}, context)
        every = {"start": day, "past": computed.value}
        return all(holds(t, every[t.fact], {}) for t in tests)

    found = Search(pack, {}, DAY, [], steps=5_000).find([(t, True) for t in tests], ["start", "past"])
    assert (found is not None) == any(fits(DAY + dt.timedelta(days=n)) for n in range(-80, 40))
    if found is not None:
        assert fits(found.values["start"])
