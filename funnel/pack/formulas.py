"""Formulas: arithmetic over money, integers and parameters. Read by a small parser of our own; nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from funnel.pack.model import FactRef, Formula, Number, Operation, ParamRef

MAX_LENGTH = 500
MAX_DEPTH = 20
_TOKEN = re.compile(r"\s*(?:(\d{1,12}(?:\.\d{1,6})?)|([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?)|([-+*/(),]))")
_FUNCTIONS = ("larger", "smaller")

Unit = str
"""``money`` (fen) or ``number``."""


class FormulaError(ValueError):
    """A formula that cannot be read; the text says what is wrong, in both languages."""


def parse(source: str) -> Formula:
    """Read a formula.

    >>> parse("larger(3 * price_paid, 500)").operator
    'larger'

    Raises:
        FormulaError: It is malformed.
    """
    if len(source) > MAX_LENGTH:
        raise FormulaError(f"> {MAX_LENGTH}")
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens: list[str] = []
        at = 0
        source = source.strip()
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise FormulaError(f"“{source[at : at + 12].strip()}”")
            self.tokens.append(match.group(1) or match.group(2) or match.group(3))
            at = match.end()
        self.at = 0

    def parse(self) -> Formula:
        if not self.tokens:
            raise FormulaError("“”")
        result = self.sum(0)
        if self.at < len(self.tokens):
            raise FormulaError(f"“{self.tokens[self.at]}”")
        return result

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected is not None and token != expected):
            raise FormulaError(f"“{token}” ≠ “{expected or '…'}”")
        self.at += 1
        return token

    def sum(self, depth: int) -> Formula:
        return self.chain(depth, ("+", "-"), self.product)

    def product(self, depth: int) -> Formula:
        return self.chain(depth, ("*", "/"), self.atom)

    def chain(self, depth: int, operators: tuple[str, ...], inner: Callable[[int], Formula]) -> Formula:
        left = inner(depth)
        while self.peek() in operators:
            operator = self.take()
            left = Operation(operator, (left, inner(depth)))
        return left

    def atom(self, depth: int) -> Formula:
        if depth > MAX_DEPTH:
            raise FormulaError("((…))")
        token = self.take()
        if token == "(":  # noqa: S105 (a bracket, no password)
            inside = self.sum(depth + 1)
            self.take(")")
            return inside
        if token[0].isdigit():
            return Number(Fraction(token))
        if token in _FUNCTIONS:
            self.take("(")
            args = [self.sum(depth + 1)]
            while self.peek() == ",":
                self.take()
                args.append(self.sum(depth + 1))
            self.take(")")
            return Operation(token, tuple(args))
        if not token[0].isalpha():
            raise FormulaError(f"“{token}”")
        if token.startswith("param."):
            return ParamRef(token.removeprefix("param."))
        return FactRef(token)


def unit_of(formula: Formula, unit_of_name: Callable[[FactRef | ParamRef], Unit]) -> Unit:
    """Whether a formula gives money or a plain number.

    A literal is a number; added to or compared with money it counts as yuan.

    Raises:
        FormulaError: Money is multiplied or divided by money, or divides a number.
    """
    if isinstance(formula, Number):
        return "number"
    if isinstance(formula, FactRef | ParamRef):
        return unit_of_name(formula)
    units = [unit_of(arg, unit_of_name) for arg in formula.args]
    if formula.operator == "*":
        if units == ["money", "money"]:
            raise FormulaError("money * money")
        return "money" if "money" in units else "number"
    if formula.operator == "/":
        if units[1] == "money":
            raise FormulaError("/ money")
        return units[0]
    return "money" if "money" in units else "number"


def names_of(formula: Formula) -> tuple[FactRef | ParamRef, ...]:
    """Every fact and parameter a formula uses."""
    if isinstance(formula, FactRef | ParamRef):
        return (formula,)
    if isinstance(formula, Number):
        return ()
    return tuple(name for arg in formula.args for name in names_of(arg))
