"""Conditions: words, not operators. Every leaf is checked against the vocabulary as it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from types import MappingProxyType

from funnel.diagnostics import Span
from funnel.facts.values import Value
from funnel.facts.vocabulary import SIGNAL_PREFIX, FactSpec, wider_than
from funnel.pack._named import WORD, NamedConditions
from funnel.pack._nodes import ListNode, MapNode, Node, ScalarNode
from funnel.pack._reader import Reader, near, near_fact
from funnel.pack.model import TESTS, All, Any, Condition, Constant, Not, ParamRef, Test

_ORDERED = ("at_most", "less_than", "at_least", "more_than", "between")
_EQUALITY = ("is", "is_not", "in", "not_in")
TESTS_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "bool": ("is", "is_not", "known"),
    "integer": (*_EQUALITY, *_ORDERED, "known"),
    "money": (*_EQUALITY, *_ORDERED, "known"),
    "date": ("is", "is_not", *_ORDERED, "known"),
    "enum": (*_EQUALITY, "known"),
    "set": ("contains_any", "contains_all", "is", "known"),
}
TYPE_NAMES = {
    "bool": ("真假值", "a yes-or-no fact"),
    "integer": ("整数", "a whole number"),
    "money": ("金额", "an amount"),
    "date": ("日期", "a date"),
    "enum": ("枚举", "a choice"),
    "set": ("集合", "a set"),
}
SHORTHANDS = {"claim": "claims", "grievance": "grievances"}
RESERVED = ("all", "any", "not", "signal", WORD, *SHORTHANDS)
"""What stands where a fact may stand and is none."""


class ConditionReader:
    """Reads conditions against a vocabulary, the signals and the parameters of a pack.

    Attributes:
        named: The named conditions of the pack.
    """

    def __init__(
        self,
        reader: Reader,
        facts: Mapping[str, FactSpec],
        signals: Collection[str],
        parameters: Collection[str],
        places: Mapping[str, Span] = MappingProxyType({}),
    ) -> None:
        self.reader = reader
        self.facts = facts
        self.signals = frozenset(signals)
        self.heard: set[str] = set()  # the signals that conditions name
        self.parameters = parameters
        self.named = NamedConditions(reader, self.read, places)

    def read(self, node: Node | None) -> Condition | None:
        """A condition; None where it could not be read (the findings say why)."""
        if node is None:
            return None
        if isinstance(node, ListNode):
            return self._group(node.items, All)
        if not isinstance(node, MapNode):
            self.reader.mapping(node)
            return None
        parts: list[Condition | None] = []
        for key, value in node.entries:
            parts += self._entry(key, value)
        if any(part is None for part in parts):
            return None
        good = tuple(part for part in parts if part is not None)
        if not good and node.entries:
            return None
        return good[0] if len(good) == 1 else All(good)

    def _group(self, items: tuple[Node, ...], kind: type[All | Any]) -> Condition | None:
        parts = [self.read(item) for item in items]
        if any(part is None for part in parts):
            return None
        good = tuple(part for part in parts if part is not None)
        return good[0] if len(good) == 1 else kind(good)

    def _entry(self, key: ScalarNode, value: Node) -> list[Condition | None]:
        name = key.value
        if name == "all":
            return [self._group(self.reader.items(value), All)]
        if name == "any":
            return [self._group(self.reader.items(value), Any)]
        if name == "not":
            inner = self.read(value)
            return [None if inner is None else Not(inner)]
        if name == "signal":
            return [self._signal(value)]
        if name == WORD:
            return [self.named.use(value)]
        if name in SHORTHANDS:
            name = SHORTHANDS[name]
            if name not in self.facts:
                self._unknown(name, key.span)
                return [None]
            members = self._members(self.facts[name], self.reader.items(value, single=True))
            return [None if members is None else Test(name, "contains_any", members, value.span)]
        if name not in self.facts:
            self._unknown(name, key.span)
            return [None]
        if name.startswith(SIGNAL_PREFIX):
            self.heard.add(name.removeprefix(SIGNAL_PREFIX))
        return self._tests(self.facts[name], value)

    def _unknown(self, name: str, span: Span) -> None:
        if name.startswith(SIGNAL_PREFIX):
            name = name.removeprefix(SIGNAL_PREFIX)
            self.reader.sink.add("F302", span, name=name, **near(name, self.signals))
        else:
            self.reader.sink.add("F301", span, name=name, **near_fact(name, self.facts))

    def _signal(self, value: Node) -> Condition | None:
        names = [(self.reader.slug(item), item.span) for item in self.reader.items(value, single=True)]
        tests: list[Condition] = []
        for name, span in names:
            if name is None:
                return None
            if name not in self.signals:
                self.reader.sink.add("F302", span, name=name, **near(name, self.signals))
                return None
            self.heard.add(name)
            tests.append(Test(SIGNAL_PREFIX + name, "is", constant=True, span=span))
        return tests[0] if len(tests) == 1 else Any(tuple(tests))

    def _tests(self, spec: FactSpec, value: Node) -> list[Condition | None]:
        if isinstance(value, ScalarNode):
            if spec.type == "set":
                members = self._members(spec, (value,))
                return [None if members is None else Test(spec.name, "contains_any", members, value.span)]
            single = self.constant(spec, value)
            return [None if single is None else _test(spec, "is", single, value.span)]
        if not isinstance(value, MapNode):
            self.reader.mapping(value)
            return [None]
        found: list[Condition | None] = []
        for test, operand in value.entries:
            allowed = TESTS_BY_TYPE[spec.type]
            if test.value not in TESTS:
                self.reader.sink.add(
                    "F201", test.span, key=test.value, known=", ".join(allowed), **near(test.value, TESTS)
                )
                found.append(None)
            elif test.value not in allowed:
                zh, en = TYPE_NAMES[spec.type]
                self.reader.sink.add(
                    "F305", test.span, fact=spec.name, test=test.value, type_zh=zh, type_en=en, known=", ".join(allowed)
                )
                found.append(None)
            else:
                constant = self._operand(spec, test.value, operand)
                found.append(None if constant is None else _test(spec, test.value, constant, operand.span))
        return found

    def _operand(self, spec: FactSpec, test: str, node: Node) -> Constant | None:
        if test == "known":
            return self.reader.boolean(node)
        if test in {"in", "not_in"}:
            values = [self.constant(spec, item) for item in self.reader.items(node, single=True)]
            if any(v is None or isinstance(v, ParamRef) for v in values):
                if any(isinstance(v, ParamRef) for v in values):
                    self.reader.sink.add(
                        "F206",
                        node.span,
                        value="param",
                        expected_zh="列表中的常量",
                        expected_en="a constant",
                        example="[a, b]",
                    )
                return None
            return frozenset(v for v in values if isinstance(v, str)) if spec.type == "enum" else tuple_set(values)
        if test in {"contains_any", "contains_all"} or spec.type == "set":
            return self._members(spec, self.reader.items(node, single=True))
        if test == "between":
            items = self.reader.items(node)
            if len(items) != 2:  # noqa: PLR2004 (low and high)
                self.reader.sink.add(
                    "F206",
                    node.span,
                    value="between",
                    expected_zh="两个值：下限和上限",
                    expected_en="two values, low and high",
                    example="[0, 7]",
                )
                return None
            low, high = (self.constant(spec, item) for item in items)
            if low is None or high is None or isinstance(low, tuple) or isinstance(high, tuple):
                return None
            return (low, high)
        return self.constant(spec, node)

    def constant(self, spec: FactSpec, node: Node) -> Value | ParamRef | None:
        """A constant of the fact's type, or a parameter."""
        if isinstance(node, ScalarNode) and node.value.startswith("param."):
            name = node.value.removeprefix("param.")
            if name not in self.parameters:
                self.reader.sink.add("F307", node.span, name=name, **near(name, self.parameters))
                return None
            return ParamRef(name)
        return read_value(self.reader, spec, node)

    def _members(self, spec: FactSpec, nodes: tuple[Node, ...]) -> frozenset[str] | None:
        found: set[str] = set()
        for node in nodes:
            value = member(self.reader, spec, node)
            if value is None:
                return None
            found.add(value)
        return frozenset(found)


_WIDE = {"is": "in", "is_not": "not_in"}


def _test(spec: FactSpec, test: str, constant: Constant, span: Span) -> Test:
    """A leaf; a value of an enum stands for the kinds within it too."""
    if spec.type != "enum" or test == "known":
        return Test(spec.name, test, constant, span)
    named = constant if isinstance(constant, frozenset) else frozenset({str(constant)})
    below = {slug for slug in spec.members if named & set(wider_than(spec.members, slug))}
    if below <= named:
        return Test(spec.name, test, constant, span)
    return Test(spec.name, _WIDE.get(test, test), named | below, span)


def tuple_set(values: list[Value | ParamRef | None]) -> frozenset[str]:
    """A set of integers or dates for ``in``; typed as a set of slugs, since evaluation only asks for membership."""
    return frozenset(v for v in values if v is not None)  # type: ignore[misc]


def member(reader: Reader, spec: FactSpec, node: Node) -> str | None:
    """A value of an enum or set, checked against its members."""
    value = reader.raw(node, "一个值", "a value", next(iter(spec.members), "value"))
    if value is None:
        return None
    if value not in spec.members:
        known = ", ".join(spec.members)
        reader.sink.add("F304", node.span, value=value, fact=spec.name, known=known, **near(value, spec.members))
        return None
    return value


def read_value(reader: Reader, spec: FactSpec, node: Node) -> Value | None:
    """A value of the fact's type."""
    value: Value | None
    if spec.type == "bool":
        return reader.boolean(node)
    if spec.type == "integer":
        return reader.integer(node, spec.low, spec.high)
    if spec.type == "money":
        return reader.money(node)
    if spec.type == "date":
        value = reader.date(node)
        return value if isinstance(value, dt.date) else None
    if spec.type == "enum":
        return member(reader, spec, node)
    found = [member(reader, spec, item) for item in reader.items(node, single=True)]
    return None if any(v is None for v in found) else frozenset(v for v in found if v is not None)
