"""Which rules a complaint may be a case of. One protocol; the compiled matcher is the default."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from funnel.engine._checks import Check
from funnel.engine.evaluate import Parameters
from funnel.facts.truth import Truth
from funnel.facts.values import Facts, Value
from funnel.facts.vocabulary import Vocabulary
from funnel.pack.model import All, Any, Condition, Not, Pack, Rule, Test

_MAX_BRANCHES: Final = 64
_BOUNDS: Final = frozenset({"at_least", "more_than", "at_most", "less_than"})


class Matcher(Protocol):
    """Finds the rules whose recognition holds or may hold."""

    def recognised(self, facts: Facts, parameters: Parameters) -> Mapping[str, Truth]:
        """Truth of recognition by rule id, in the order of ids; rules where it is false are left out."""
        ...


class CompiledMatcher:
    """Evaluates only the rules that nothing in the complaint rules out.

    Each rule is a bit (one for each branch of a disjunction at its top). A conjunction is false as soon as one part is,
    so each fact says at once, by one look into a table, which bits it leaves alive: a raised fact that nobody raised
    kills all that ask for it, a kind of goods all that ask for another, a number all whose bounds it misses. What a table
    cannot say (an unknown fact, a dated parameter, a part that is no plain test) kills nothing, so that the tables can be
    short of the truth but never wrong about it. Of the few bits that are left those hold of which the tables say all and
    no fact is unknown; the others are evaluated in full.

    Of raised facts only those that were told are asked for (`Facts.told`); the others are as by default.
    """

    def __init__(self, pack: Pack) -> None:
        self._rules: list[Rule] = []
        build = _Build(pack.vocabulary)
        for rule in pack.live_rules:
            for branch in _branches(rule.recognise):
                build.add(len(self._rules), branch)
                self._rules.append(rule)
        self._full = (1 << len(self._rules)) - 1
        self._free, self._keys = build.layers(self._full)
        raised = sorted({fact for fact, _ in self._keys} | {fact for fact, _ in build.denied})
        self._defaults = pack.vocabulary.defaults
        self._of = {fact: tuple(key for key in self._keys if key[0] == fact) for fact in raised}
        # What is presumed to be raised is so without being told.
        self._presumed = tuple(f for f in raised if f not in self._defaults or self._defaults[f].value)
        self._checks: dict[str, Check] = {}
        self._denied = {key: self._full & ~mask for key, mask in build.denied.items()}
        self._exact = self._full & ~build.inexact
        self._users = build.users
        self._equal = build.equal(self._full)
        self._bounds = build.bounds(self._full)

    def recognised(self, facts: Facts, parameters: Parameters) -> Mapping[str, Truth]:
        """See `Matcher.recognised`."""
        get = facts.known.get
        alive = self._full
        exact = self._exact
        layers = list(self._free)
        for fact in self._worth_asking(facts):
            have = get(fact)
            if have is None:  # in dispute: it may be any of its values
                keys: Sequence[tuple[str, str]] = self._of[fact]
                exact &= ~self._users[fact]
            elif not have.value:
                continue
            elif isinstance(have.value, frozenset):
                keys = [(fact, member) for member in have.value]
            else:
                keys = ((fact, ""),)
                if have.value is True and (fact, "") in self._denied:
                    alive &= self._denied[fact, ""]
            for key in keys:
                for layer, mask in self._keys.get(key, ()):
                    layers[layer] |= mask
        for mask in layers:
            alive &= mask
        for fact, default, table in self._equal:
            if not alive:
                return {}
            have = get(fact)
            if have is None:
                exact &= ~self._users[fact]
            else:
                alive &= table.get(have.value, default)
        for fact, points, masks in self._bounds:
            have = get(fact)
            if have is None:
                exact &= ~self._users[fact]
            else:
                alive &= masks[bisect_right(points, have.value)]
        found: dict[str, Truth] = {}
        while alive:
            lowest = alive & -alive
            alive ^= lowest
            rule = self._rules[lowest.bit_length() - 1]
            if lowest & exact:
                found[rule.id] = True
            elif rule.id not in found:  # evaluated once, however many branches are left
                truth = self._check(rule).truth(facts.known, facts.told, parameters)
                if truth is not False:
                    found[rule.id] = truth
        return found

    def _worth_asking(self, facts: Facts) -> Collection[str]:
        """The raised facts that may be raised."""
        if facts.told is None:
            return self._of
        asked = [fact for fact in facts.told if fact in self._of]
        return asked + [fact for fact in self._presumed if fact not in facts.told] if self._presumed else asked

    def _check(self, rule: Rule) -> Check:
        check = self._checks.get(rule.id)
        if check is None:
            check = self._checks[rule.id] = Check(rule.recognise, self._defaults)
        return check


@dataclass(slots=True)
class _Build:
    vocabulary: Vocabulary
    needs: dict[int, list[frozenset[tuple[str, str]]]] = field(default_factory=dict)
    denied: dict[tuple[str, str], int] = field(default_factory=dict)
    allowed: dict[str, dict[int, set[Value]]] = field(default_factory=dict)
    lower: dict[str, dict[int, int]] = field(default_factory=dict)
    upper: dict[str, dict[int, int]] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    inexact: int = 0

    def add(self, bit: int, branch: Condition) -> None:
        """Note what kills a branch, and whether that is all there is to it."""
        for part, asserted in _conjuncts(branch):
            if part is None or not self._part(bit, part, asserted=asserted):
                self.inexact |= 1 << bit
            else:
                self.users[part.fact] = self.users.get(part.fact, 0) | 1 << bit

    def _part(self, bit: int, part: Test, *, asserted: bool) -> bool:
        """Note what kills one part of a branch; whether the tables say it whole where the fact is known."""
        spec = self.vocabulary[part.fact]
        raised = spec.world == "raised"
        if not asserted:
            if raised and spec.type == "bool" and _asks_true(part):
                key = (part.fact, "")
                self.denied[key] = self.denied.get(key, 0) | 1 << bit
                return True
            return False
        if raised and spec.type == "bool" and _asks_true(part):
            self.needs.setdefault(bit, []).append(frozenset({(part.fact, "")}))
            return True
        if raised and spec.type == "set" and isinstance(part.constant, frozenset) and part.constant:
            keys = sorted((part.fact, str(member)) for member in part.constant)
            if part.test == "contains_any":
                self.needs.setdefault(bit, []).append(frozenset(keys))
            elif part.test == "contains_all":
                self.needs.setdefault(bit, []).extend(frozenset({key}) for key in keys)
            return part.test in {"contains_any", "contains_all"}
        if spec.type in {"enum", "bool"} and part.test in {"is", "in"}:
            values = part.constant if isinstance(part.constant, frozenset) else frozenset({part.constant})
            if not all(isinstance(value, str | bool) for value in values):
                return False
            chosen = self.allowed.setdefault(part.fact, {})
            chosen[bit] = chosen[bit] & set(values) if bit in chosen else set(values)  # type: ignore[arg-type]
            return True
        if spec.type in {"integer", "money"} and part.test in _BOUNDS and isinstance(part.constant, int):
            self._bound(bit, part.fact, part.test, part.constant)
            return True
        return False

    def _bound(self, bit: int, fact: str, test: str, constant: int) -> None:
        if test in {"at_least", "more_than"}:
            least = constant + (test == "more_than")
            lower = self.lower.setdefault(fact, {})
            lower[bit] = max(least, lower.get(bit, least))
        else:
            most = constant - (test == "less_than")
            upper = self.upper.setdefault(fact, {})
            upper[bit] = min(most, upper.get(bit, most))

    def layers(self, full: int) -> tuple[list[int], dict[tuple[str, str], tuple[tuple[int, int], ...]]]:
        """What each raised fact is needed for. A branch that needs several stands in as many layers; all must hold it."""
        count = max((len(needs) for needs in self.needs.values()), default=0)
        free = [full] * count
        masks: dict[tuple[str, str], dict[int, int]] = {}
        for bit, needs in self.needs.items():
            for layer, keys in enumerate(needs):
                free[layer] &= ~(1 << bit)
                for key in keys:
                    of_key = masks.setdefault(key, {})
                    of_key[layer] = of_key.get(layer, 0) | 1 << bit
        return free, {key: tuple(of_key.items()) for key, of_key in masks.items()}

    def equal(self, full: int) -> tuple[tuple[str, int, Mapping[Value, int]], ...]:
        """For each fact what its values leave alive, and what any other value does."""
        tables = []
        for fact, chosen in sorted(self.allowed.items()):
            default = full & ~sum(1 << bit for bit in chosen)
            table: dict[Value, int] = {}
            for bit, values in chosen.items():
                for value in values:
                    table[value] = table.get(value, default) | 1 << bit
            tables.append((fact, default, table))
        return tuple(tables)

    def bounds(self, full: int) -> tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]:
        """For each number the points where branches begin or cease to be possible, and what is alive between them."""
        tables = []
        for fact in sorted(self.lower.keys() | self.upper.keys()):
            lower, upper = self.lower.get(fact, {}), self.upper.get(fact, {})
            begins: dict[int, int] = {}
            ceases: dict[int, int] = {}
            for bit, least in lower.items():
                begins[least] = begins.get(least, 0) | 1 << bit
            for bit, most in upper.items():
                ceases[most + 1] = ceases.get(most + 1, 0) | 1 << bit
            points = tuple(sorted(begins.keys() | ceases.keys()))
            low = full & ~sum(1 << bit for bit in lower)
            high = full
            masks = [low & high]
            for point in points:
                low |= begins.get(point, 0)
                high &= ~ceases.get(point, 0)
                masks.append(low & high)
            tables.append((fact, points, tuple(masks)))
        return tuple(tables)


def _branches(condition: Condition) -> Sequence[Condition]:
    """The parts of a disjunction at the top, any of which makes the whole true."""
    if isinstance(condition, Any):
        found = [branch for item in condition.items for branch in _branches(item)]
        return found if len(found) <= _MAX_BRANCHES else [condition]
    return [condition]


def _conjuncts(condition: Condition) -> Iterator[tuple[Test | None, bool]]:
    """The plain tests that must all hold, or (False) must all fail, for a condition to hold; None for any other part."""
    if isinstance(condition, Test):
        yield condition, True
    elif isinstance(condition, Not) and isinstance(condition.item, Test):
        yield condition.item, False
    elif isinstance(condition, All):
        for item in condition.items:
            yield from _conjuncts(item)
    else:
        yield None, True


def _asks_true(part: Test) -> bool:
    return (part.test == "is" and part.constant is True) or (part.test == "is_not" and part.constant is False)
