"""Evaluate conditions on facts: strong Kleene, one leaf at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from funnel.facts.truth import Truth, all_of, any_of, negate
from funnel.facts.values import Facts, Value
from funnel.pack.model import All, Any, Condition, Not, ParamRef, Test

Parameters = Mapping[str, int]


def evaluate(condition: Condition, facts: Facts, parameters: Parameters) -> Truth:
    """The truth of a condition."""
    if isinstance(condition, Test):
        return test(condition, facts, parameters)
    if isinstance(condition, All):
        return all_of(evaluate(item, facts, parameters) for item in condition.items)
    if isinstance(condition, Any):
        return any_of(evaluate(item, facts, parameters) for item in condition.items)
    return negate(evaluate(condition.item, facts, parameters))


def test(leaf: Test, facts: Facts, parameters: Parameters) -> Truth:
    """The truth of *fact, test, constant*; unknown while the fact is."""
    known = facts.known.get(leaf.fact)
    if known is None:
        return None
    return holds(leaf, known.value, parameters)


test.__test__ = False  # type: ignore[attr-defined]  # not a test case, whatever pytest thinks of the name


def holds(leaf: Test, value: Value, parameters: Parameters) -> Truth:
    """Whether a value passes a leaf; unknown if it needs a parameter that has no value that day."""
    constant = leaf.constant
    if isinstance(constant, ParamRef):
        resolved = parameters.get(constant.name)
        if resolved is None:
            return None
        constant = resolved
    elif isinstance(constant, tuple):
        ends = tuple(parameters.get(end.name) if isinstance(end, ParamRef) else end for end in constant)
        if ends[0] is None or ends[1] is None:
            return None
        return bool(ends[0] <= value <= ends[1])  # type: ignore[operator]  # the loader has matched the types
    kind = leaf.test
    if kind == "is":
        return value == constant
    if kind == "is_not":
        return value != constant
    if kind == "known":
        return bool(constant)
    if isinstance(constant, frozenset):
        if kind == "in":
            return value in constant
        if kind == "not_in":
            return value not in constant
        members = value if isinstance(value, frozenset) else frozenset()
        return bool(members & constant) if kind == "contains_any" else constant <= members
    if kind == "at_most":
        return bool(value <= constant)  # type: ignore[operator]  # as above, here and below
    if kind == "less_than":
        return bool(value < constant)  # type: ignore[operator]
    if kind == "at_least":
        return bool(value >= constant)  # type: ignore[operator]
    return bool(value > constant)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Trace:
    """How a condition came out: its truth and that of its parts."""

    condition: Condition
    truth: Truth
    parts: tuple[Trace, ...] = ()


def trace(condition: Condition, facts: Facts, parameters: Parameters) -> Trace:
    """Evaluate without short cuts and keep every part."""
    if isinstance(condition, Test):
        return Trace(condition, test(condition, facts, parameters))
    if isinstance(condition, Not):
        part = trace(condition.item, facts, parameters)
        return Trace(condition, negate(part.truth), (part,))
    parts = tuple(trace(item, facts, parameters) for item in condition.items)
    join = all_of if isinstance(condition, All) else any_of
    return Trace(condition, join(part.truth for part in parts), parts)


def unknown_facts(condition: Condition | None, facts: Facts, parameters: Parameters) -> tuple[str, ...]:
    """Facts whose being unknown keeps a condition unknown, in the order they stand."""
    if condition is None or evaluate(condition, facts, parameters) is not None:
        return ()
    if isinstance(condition, Test):
        return (condition.fact,)
    items = (condition.item,) if isinstance(condition, Not) else condition.items
    found: dict[str, None] = {}
    for item in items:
        for name in unknown_facts(item, facts, parameters):
            found[name] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Flip:
    """One leaf that would have to come out otherwise."""

    leaf: Test
    wanted: bool


def cheapest(condition: Condition, facts: Facts, parameters: Parameters, *, wanted: bool = True) -> tuple[Flip, ...]:
    """The fewest leaves that must come out otherwise for a condition to be ``wanted``.

    Exact for conditions in which a fact stands once; otherwise a good guess, for reading only.
    """
    if isinstance(condition, Test):
        return () if test(condition, facts, parameters) is wanted else (Flip(condition, wanted),)
    if isinstance(condition, Not):
        return cheapest(condition.item, facts, parameters, wanted=not wanted)
    parts = [cheapest(item, facts, parameters, wanted=wanted) for item in condition.items]
    every = isinstance(condition, All) == wanted
    if every:
        return tuple(flip for part in parts for flip in part)
    return min(parts, key=len, default=())


def flips(conditions: Iterable[tuple[Condition, bool]], facts: Facts, parameters: Parameters) -> tuple[Flip, ...]:
    """The `cheapest` leaves of several conditions, each with the truth it is to have; every leaf once."""
    found = (flip for condition, wanted in conditions for flip in cheapest(condition, facts, parameters, wanted=wanted))
    return tuple(dict.fromkeys(found))


def thresholds(condition: Condition | None, fact: str, parameters: Parameters) -> frozenset[Value]:
    """The constants that a condition compares a fact with."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Test):
        if condition.fact != fact:
            return frozenset()
        constants = condition.constant if isinstance(condition.constant, tuple) else (condition.constant,)
        found: set[Value] = set()
        for constant in constants:
            if isinstance(constant, ParamRef):
                value = parameters.get(constant.name)
                if value is not None:
                    found.add(value)
            elif isinstance(constant, frozenset):
                found |= constant
            elif isinstance(constant, bool | int | str | dt.date):
                found.add(constant)
        return frozenset(found)
    items = (condition.item,) if isinstance(condition, Not) else condition.items
    return frozenset().union(*(thresholds(item, fact, parameters) for item in items))
