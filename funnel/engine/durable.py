"""The second matcher: durable-rules finds the rules, funnel's own evaluator reads the facts.

durable-rules compares what it should not ('abc' > 10, True == 1), knows nothing of unknown, loops on a rule that only
denies, and keeps threads, timers and sessions. None of that is met here, by construction:

- Each *fact, test, constant* is evaluated by `funnel.engine.evaluate`, and goes in as a small integer: 0 false, 1 unknown,
  2 true. The engine compares integers with integers and nothing else.
- Negations are pushed down to those integers and disjunctions split into rules of their own before it. Kleene's logic is
  a distributive lattice with De Morgan's laws, so neither changes a truth value: a recognition is true where all parts of
  some conjunction are true, and not false where all parts of some conjunction are not false. One rule asks for each.
- Its C extension is called directly: no host, no threads, no timers, no actions whose exceptions could be lost. There is
  one session, which holds one fact at a time; what fired is read back by the rule's number.
- Fields and rules beyond what the engine bears go to further rule sets. A recognition too large for one is evaluated by
  our own evaluator.
"""

from __future__ import annotations

import itertools
import json
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from funnel.engine.evaluate import Parameters, evaluate
from funnel.engine.evaluate import test as leaf_truth
from funnel.errors import TwoLanguageError
from funnel.facts.truth import Truth
from funnel.facts.values import Facts
from funnel.pack import model
from funnel.pack.model import Condition, Pack, Rule, Test

_FIELDS: Final = 48
"""Fields of a rule set. The engine fails with error 303 where rules begin with 65 different ones, and beyond 253 at all."""
_RULES: Final = 200
"""Rules of a rule set; all may fire at once."""
_CONJUNCTIONS: Final = 256
_SESSION: Final = "0"
_FALSE, _UNKNOWN, _TRUE = 0, 1, 2

_Part = tuple[Test, bool]
"""A leaf, and whether it is asserted (True) or denied."""


class MatcherError(TwoLanguageError):
    """A matcher cannot be had here."""


@dataclass(slots=True)
class _Shard:
    leaves: list[Test] = field(default_factory=list)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    handle: Any = None


class DurableMatcher:
    """Finds the rules whose recognition holds or may hold, with durable-rules. Gives what `CompiledMatcher` gives.

    Args:
        pack: The pack whose live rules are matched.

    Raises:
        MatcherError: durable-rules is not installed: ``pip install 'funnel[durable]'``, Python below 3.13, a C compiler.
    """

    def __init__(self, pack: Pack) -> None:
        try:
            import durable_rules_engine as native  # noqa: PLC0415 (an extra)
        except ImportError:
            raise MatcherError(
                "没有安装 durable-rules：pip install 'funnel[durable]'（Python 3.12 及以下，要 C 编译器），或者不指定匹配器",
                "durable-rules is not installed; pip install 'funnel[durable]' on Python below 3.13 with a C compiler, or leave"
                " the matcher out",
            ) from None
        self._native = native
        self._lock = threading.Lock()
        self._own: list[Rule] = []
        self._always: list[str] = []
        self._names: dict[str, tuple[str, Literal["certain", "possible"]]] = {}
        self._shards: list[_Shard] = []
        for rule in pack.live_rules:
            self._add(rule)
        for number, shard in enumerate(self._shards):
            shard.handle = native.create_ruleset(f"funnel-{pack.digest[:16]}-{number}", json.dumps(shard.rules))
            weakref.finalize(self, native.delete_ruleset, shard.handle)

    def recognised(self, facts: Facts, parameters: Parameters) -> Mapping[str, Truth]:
        """See `Matcher.recognised`."""
        found: dict[str, Truth] = dict.fromkeys(self._always, True)
        for rule in self._own:
            truth = evaluate(rule.recognise, facts, parameters)
            if truth is not False:
                found[rule.id] = truth
        with self._lock:
            fired = [name for shard in self._shards for name in self._fire(shard, facts, parameters)]
        for name in fired:
            rule_id, kind = self._names[name]
            if kind == "certain":
                found[rule_id] = True
            else:
                found.setdefault(rule_id, None)
        return dict(sorted(found.items()))

    def _add(self, rule: Rule) -> None:
        ways = _ways(rule.recognise, asserted=True)
        if ways is None or any(len({leaf for leaf, _ in way}) > _FIELDS for way in ways):
            self._own.append(rule)
            return
        if any(not way for way in ways):
            self._always.append(rule.id)
            return
        for way in ways:
            shard = self._room({leaf for leaf, _ in way})
            kinds: tuple[tuple[Literal["certain", "possible"], int, int], ...] = (
                ("certain", _TRUE, _FALSE),
                ("possible", _UNKNOWN, _UNKNOWN),
            )
            for kind, least, most in kinds:
                parts = [
                    {"$gte": {f"f{shard.leaves.index(leaf)}": least}}
                    if asserted
                    else {"$lte": {f"f{shard.leaves.index(leaf)}": most}}
                    for leaf, asserted in way
                ]
                name = f"r{len(self._names)}"
                self._names[name] = (rule.id, kind)
                shard.rules[name] = {"all": [{"m": parts[0] if len(parts) == 1 else {"$and": parts}}]}

    def _room(self, leaves: set[Test]) -> _Shard:
        """A rule set with room for some leaves; they are added to it."""
        for shard in self._shards:
            new = [leaf for leaf in _ordered(leaves) if leaf not in shard.leaves]
            if len(shard.leaves) + len(new) <= _FIELDS and len(shard.rules) < _RULES:
                shard.leaves += new
                return shard
        shard = _Shard(_ordered(leaves))
        self._shards.append(shard)
        return shard

    def _fire(self, shard: _Shard, facts: Facts, parameters: Parameters) -> list[str]:
        values = {f"f{n}": _code(leaf_truth(leaf, facts, parameters)) for n, leaf in enumerate(shard.leaves)}
        message = json.dumps({"id": "1", "sid": _SESSION, **values})
        fired: list[str] = []
        try:
            code, state = self._native.assert_fact(shard.handle, message)
            if code == 0:
                begun = self._native.start_action_for_state(shard.handle, state)
                results = json.loads(begun[1]) if begun else None
                while results:
                    fired += results
                    following = self._native.complete_and_start_action(shard.handle, state)
                    results = json.loads(following) if following else None
        finally:
            self._native.retract_fact(shard.handle, message)
        return fired

    def __reduce__(self) -> Any:
        """Not to be pickled: it holds memory of the engine. Make one in each process."""
        raise TypeError("a DurableMatcher cannot be pickled; make one in each process")


def _code(truth: Truth) -> int:
    return _UNKNOWN if truth is None else _TRUE if truth else _FALSE


def _ordered(leaves: Iterable[Test]) -> list[Test]:
    return sorted(leaves, key=repr)


def _ways(condition: Condition, *, asserted: bool) -> Sequence[frozenset[_Part]] | None:
    """The conjunctions, any of which makes a condition hold; None where there are too many."""
    if isinstance(condition, Test):
        return [frozenset({(condition, asserted)})]
    if isinstance(condition, model.Not):
        return _ways(condition.item, asserted=not asserted)
    parts = [_ways(item, asserted=asserted) for item in condition.items]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    if isinstance(condition, model.Any) is asserted:  # or, or the denial of an and
        found = list(dict.fromkeys(itertools.chain.from_iterable(whole)))
        return found if len(found) <= _CONJUNCTIONS else None
    count = 1
    for part in whole:
        count *= len(part)
        if count > _CONJUNCTIONS:
            return None
    return list(dict.fromkeys(frozenset().union(*way) for way in itertools.product(*whole)))
