"""Conditions made ready: each compiled once into closures, and what it comes to where nobody has said anything of it.

A check gives in one pass what `funnel.engine.evaluate.evaluate` and `unknown_facts` give in many. Most facts of most
complaints are as by default (not raised, presumed, or unknown), so most conditions are too: their truth is computed once
and looked up wherever none of the facts they read was told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from funnel.engine.evaluate import Flip, Parameters, cheapest, holds
from funnel.facts.truth import Truth, negate
from funnel.facts.values import Facts, Known, Value
from funnel.pack.model import Any, Condition, Not, ParamRef, Test, leaves_of

Told = Collection[str] | None
"""The facts that are not as by default; None: not known, so that everything is looked at."""
Checked = tuple[Truth, tuple[str, ...]]
"""A truth, and the facts whose being unknown keeps it unknown, in the order they stand."""
_Run = Callable[[Mapping[str, Known], Parameters, list[str]], Truth]
"""Gives the truth, and adds what keeps it unknown to the list; leaves the list as it was unless the truth is unknown."""


class Check:
    """A condition, compiled.

    Attributes:
        condition: What was compiled.
        reads: The facts it reads.
    """

    __slots__ = ("_default", "_run", "_wanting", "condition", "reads")

    def __init__(self, condition: Condition, defaults: Mapping[str, Known]) -> None:
        leaves = tuple(leaves_of(condition))
        self.condition = condition
        self.reads = frozenset(leaf.fact for leaf in leaves)
        self._run = _compile(condition)
        # A figure of the law has a value only on a day: what compares a default with one has no truth for good.
        dated = any(leaf.fact in defaults and is_dated(leaf) for leaf in leaves)
        self._default = None if dated else self._weigh(defaults, {})
        self._wanting: dict[bool, tuple[Flip, ...]] = {}

    def __call__(self, known: Mapping[str, Known], told: Told, parameters: Parameters) -> Checked:
        """What the condition comes to."""
        if self._default is not None and told is not None and self.reads.isdisjoint(told):
            return self._default
        return self._weigh(known, parameters)

    def truth(self, known: Mapping[str, Known], told: Told, parameters: Parameters) -> Truth:
        """The truth alone."""
        if self._default is not None and told is not None and self.reads.isdisjoint(told):
            return self._default[0]
        return self._run(known, parameters, [])

    def _weigh(self, known: Mapping[str, Known], parameters: Parameters) -> Checked:
        found: list[str] = []
        truth = self._run(known, parameters, found)
        return (truth, tuple(dict.fromkeys(found)) if found else ())

    def flips(self, facts: Facts, parameters: Parameters, *, wanted: bool) -> tuple[Flip, ...]:
        """The `cheapest` leaves that must come out otherwise for the condition to be ``wanted``."""
        if self._default is None or facts.told is None or not self.reads.isdisjoint(facts.told):
            if self._run(facts.known, parameters, []) is wanted:
                return ()
            return cheapest(self.condition, facts, parameters, wanted=wanted)
        if wanted not in self._wanting:  # computed twice by two threads, it comes out the same
            self._wanting[wanted] = cheapest(self.condition, facts, parameters, wanted=wanted)
        return self._wanting[wanted]

    def dated(self, fact: str) -> bool:
        """Whether the condition compares a fact with a figure of the law."""
        return any(leaf.fact == fact and is_dated(leaf) for leaf in leaves_of(self.condition))


def is_dated(leaf: Test) -> bool:
    """Whether a leaf compares its fact with a figure of the law, which hangs on the day."""
    ends = leaf.constant if isinstance(leaf.constant, tuple) else (leaf.constant,)
    return any(isinstance(end, ParamRef) for end in ends)


def _compile(condition: Condition) -> _Run:
    if isinstance(condition, Test):
        return _leaf(condition)
    if isinstance(condition, Not):
        return _not(_compile(condition.item))
    decisive = isinstance(condition, Any)
    if all(isinstance(item, Test) and item.test == "is" and not is_dated(item) for item in condition.items):
        return _equals([(item.fact, item.constant) for item in condition.items if isinstance(item, Test)], decisive)
    return _group([_compile(item) for item in condition.items], decisive)


def _not(run: _Run) -> _Run:
    return lambda known, parameters, found: negate(run(known, parameters, found))


def _group(runs: Sequence[_Run], decisive: bool) -> _Run:  # noqa: FBT001 (the truth that decides: true an any, false an all)
    def group(known: Mapping[str, Known], parameters: Parameters, found: list[str]) -> Truth:
        before = len(found)
        result: Truth = not decisive
        for run in runs:
            truth = run(known, parameters, found)
            if truth is decisive:
                del found[before:]
                return decisive
            if truth is None:
                result = None
        return result

    return group


def _equals(pairs: Sequence[tuple[str, object]], decisive: bool) -> _Run:  # noqa: FBT001 (as above)
    """A group of plain comparisons, the commonest of all: signals."""

    def equals(known: Mapping[str, Known], _: Parameters, found: list[str]) -> Truth:
        before = len(found)
        result: Truth = not decisive
        for fact, constant in pairs:
            have = known.get(fact)
            if have is None:
                found.append(fact)
                result = None
            elif (have.value == constant) is decisive:
                del found[before:]
                return decisive
        return result

    return equals


def _leaf(leaf: Test) -> _Run:
    if is_dated(leaf):
        return _dated(leaf)
    fact, passes = leaf.fact, _passes(leaf)

    def plain(known: Mapping[str, Known], _: Parameters, found: list[str]) -> Truth:
        have = known.get(fact)
        if have is None:
            found.append(fact)
            return None
        return passes(have.value)

    return plain


def _dated(leaf: Test) -> _Run:
    fact = leaf.fact

    def dated(known: Mapping[str, Known], parameters: Parameters, found: list[str]) -> Truth:
        have = known.get(fact)
        truth = None if have is None else holds(leaf, have.value, parameters)
        if truth is None:
            found.append(fact)
        return truth

    return dated


def _passes(leaf: Test) -> Callable[[Value], bool]:
    """The test of a value, where it hangs on no figure of the law."""
    constant: object = leaf.constant
    if leaf.test == "is":
        return lambda value: value == constant
    if leaf.test == "is_not":
        return lambda value: value != constant
    if isinstance(constant, frozenset) and leaf.test == "in":
        return constant.__contains__
    if isinstance(constant, frozenset) and leaf.test == "not_in":
        return lambda value: value not in constant
    return lambda value: bool(holds(leaf, value, {}))
