"""Remedies in exact money: fractions of a fen inside, rounded half up once, the formula shown with its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from funnel.engine.evaluate import Parameters
from funnel.facts.derived import half_up
from funnel.facts.values import Facts, Known
from funnel.facts.vocabulary import Vocabulary, yuan
from funnel.law.register import Register
from funnel.pack.model import FactRef, Formula, Number, Operation, ParamRef


@dataclass(frozen=True, slots=True)
class Amount:
    """A computed amount.

    Attributes:
        fen: The amount, rounded half up.
        shown: The formula with the case's figures, such as ``299.00 - 199.00``.
    """

    fen: int
    shown: str


@dataclass(frozen=True, slots=True)
class _Term:
    """A value on the way: money in fen (exact) or a plain number."""

    value: Fraction
    money: bool
    shown: str


@dataclass(frozen=True, slots=True)
class Missing:
    """An amount that cannot be computed: the facts or parameters that are unknown (a division by zero names none)."""

    names: tuple[str, ...]


def compute(
    formula: Formula, facts: Facts, parameters: Parameters, vocabulary: Vocabulary, register: Register
) -> Amount | Missing:
    """Compute a formula on a case."""
    return computed(formula, facts.known, parameters, vocabulary, register)


def computed(
    formula: Formula, known: Mapping[str, Known], parameters: Parameters, vocabulary: Vocabulary, register: Register
) -> Amount | Missing:
    """The same, for who has the known facts alone."""
    try:
        term = _Evaluator(known, parameters, vocabulary, register).term(formula)
    except _MissingError as error:
        return Missing(error.names)
    except ZeroDivisionError:
        return Missing(())
    fen = half_up(term.value if term.money else term.value * 100)
    return Amount(fen, term.shown)


class _MissingError(Exception):
    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.names = names


class _Evaluator:
    def __init__(
        self, known: Mapping[str, Known], parameters: Parameters, vocabulary: Vocabulary, register: Register
    ) -> None:
        self.known = known
        self.parameters = parameters
        self.vocabulary = vocabulary
        self.register = register

    def term(self, formula: Formula) -> _Term:
        if isinstance(formula, Number):
            shown = str(formula.value) if formula.value.denominator == 1 else f"{float(formula.value):g}"
            return _Term(formula.value, money=False, shown=shown)
        if isinstance(formula, FactRef):
            have = self.known.get(formula.name)
            value = None if have is None else have.value
            if not isinstance(value, int) or isinstance(value, bool):
                raise _MissingError((formula.name,))
            return self._figure(value, money=self.vocabulary[formula.name].type == "money")
        if isinstance(formula, ParamRef):
            value = self.parameters.get(formula.name)
            if value is None:
                raise _MissingError((f"param.{formula.name}",))
            return self._figure(value, money=self.register.parameters[formula.name].type == "money")
        return self._operation(formula)

    def _figure(self, value: int, *, money: bool) -> _Term:
        return _Term(Fraction(value), money, yuan(value) if money else str(value))

    def _operation(self, formula: Operation) -> _Term:
        missing: list[str] = []
        terms: list[_Term] = []
        for arg in formula.args:
            try:
                terms.append(self.term(arg))
            except _MissingError as error:
                missing += error.names
        if missing:
            raise _MissingError(tuple(dict.fromkeys(missing)))
        operator = formula.operator
        if operator == "*":
            left, right = terms
            return _Term(left.value * right.value, left.money or right.money, f"{_wrap(left)} × {_wrap(right)}")
        if operator == "/":
            left, right = terms
            return _Term(left.value / right.value, left.money, f"{_wrap(left)} ÷ {_wrap(right)}")
        money = any(t.money for t in terms)
        values = [
            t.value * 100 if money and not t.money else t.value for t in terms
        ]  # bare figures are yuan beside money
        if operator == "+":
            return _Term(values[0] + values[1], money, f"{terms[0].shown} + {terms[1].shown}")
        if operator == "-":
            return _Term(values[0] - values[1], money, f"{terms[0].shown} - {_wrap(terms[1])}")
        value = max(values) if operator == "larger" else min(values)
        word = "max" if operator == "larger" else "min"
        return _Term(value, money, f"{word}({', '.join(t.shown for t in terms)})")


def _wrap(term: _Term) -> str:
    return f"({term.shown})" if " + " in term.shown or " - " in term.shown else term.shown
