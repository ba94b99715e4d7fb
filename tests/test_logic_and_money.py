"""Three-valued logic and exact money."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnel.engine.remedies import Amount, Missing, compute
from funnel.facts.derived import half_up
from funnel.facts.truth import all_of, any_of, negate
from funnel.facts.values import Facts, Grade, Known
from funnel.facts.vocabulary import yuan
from funnel.pack.formulas import FormulaError, parse, unit_of

TRUTHS = st.sampled_from([True, False, None])


def refinements(values):
    """Every way to settle the unknowns."""
    found = [[]]
    for value in values:
        found = [[*f, v] for f in found for v in ([True, False] if value is None else [value])]
    return found


@given(st.lists(TRUTHS, max_size=5))
def test_a_known_truth_holds_under_every_way_to_settle_the_unknowns(values):
    for function, exact in ((all_of, all), (any_of, any)):
        truth = function(values)
        outcomes = {exact(r) for r in refinements(values)}
        if truth is not None:
            assert outcomes == {truth}
        else:
            assert len(outcomes) == 2  # each value stands once, so strong Kleene is exact


@given(st.lists(TRUTHS, max_size=5))
def test_de_morgan(values):
    assert negate(all_of(values)) == any_of([negate(v) for v in values])


@given(TRUTHS)
def test_negation_twice_is_nothing_and_unknown_stays_unknown(value):
    assert negate(negate(value)) is value


@given(st.integers(-(10**14), 10**14))
def test_fen_and_yuan_are_the_same_money(fen):
    text = yuan(fen)
    whole, _, part = text.lstrip("-").partition(".")
    assert (int(whole) * 100 + int(part)) * (-1 if text.startswith("-") else 1) == fen


@given(st.fractions())
def test_rounding_is_half_up_and_off_by_at_most_half(value):
    rounded = half_up(value)
    assert -Fraction(1, 2) < rounded - value <= Fraction(1, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(1, 1000))
def test_formulas_compute_like_fractions(mini_facts, paid, unit, count):
    pack = mini_facts
    facts = Facts(
        {
            "price_paid": Known(paid, Grade.RECORD, ""),
            "unit_price": Known(unit, Grade.RECORD, ""),
            "quantity": Known(count, Grade.RECORD, ""),
        }
    )

    def value(source):
        result = compute(parse(source), facts, {"floor": 50_000}, pack.vocabulary, pack.register)
        assert isinstance(result, Amount)
        return result.fen

    assert value("larger(3 * price_paid, param.floor)") == max(3 * paid, 50_000)
    assert value("larger(3 * price_paid, 500)") == max(3 * paid, 50_000)
    assert value("price_paid - unit_price") == paid - unit
    assert value("price_paid / quantity") == half_up(Fraction(paid, count))
    assert value("price_paid / 3 * 3") == paid, "rounded once, at the end"
    assert value("smaller(price_paid, unit_price) + 0.01") == min(paid, unit) + 1


@pytest.fixture(scope="module")
def mini_facts(mini):
    return mini


def test_an_unknown_fact_makes_an_amount_missing_and_names_it(mini):
    result = compute(parse("price_paid - unit_price"), Facts({}), {}, mini.vocabulary, mini.register)
    assert result == Missing(("price_paid", "unit_price"))


def test_a_division_by_zero_gives_no_amount(mini):
    facts = Facts({"price_paid": Known(100, Grade.RECORD, "")})
    assert compute(parse("price_paid / 0"), facts, {}, mini.vocabulary, mini.register) == Missing(())


@pytest.mark.parametrize(
    "source",
    ["", "1 +", "(1", "a b", "1 ** 2", "max(1)", "price_paid;", "__import__", "x" * 600, "(" * 60 + "1" + ")" * 60],
)
def test_what_is_no_formula_is_refused(source):
    with pytest.raises(FormulaError):
        parse(source)


def test_money_times_money_is_no_money():
    with pytest.raises(FormulaError):
        unit_of(parse("a * b"), lambda _: "money")
    assert unit_of(parse("2 * a + 3"), lambda _: "money") == "money"


@given(st.text(max_size=60))
def test_no_text_makes_the_formula_parser_raise_anything_else(text):
    with suppress(FormulaError):
        parse(text)
