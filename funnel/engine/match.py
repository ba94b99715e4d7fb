"""Which rules a complaint may be a case of. One protocol; the compiled matcher is the default."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from funnel.engine.evaluate import Parameters, evaluate
from funnel.facts.truth import Truth
from funnel.facts.values import Facts
from funnel.facts.vocabulary import Vocabulary
from funnel.pack.model import Pack, Rule, leaves_of


class Matcher(Protocol):
    """Finds the rules whose recognition holds or may hold."""

    def recognised(self, facts: Facts, parameters: Parameters) -> Mapping[str, Truth]:
        """Truth of recognition by rule id, in the order of ids; rules where it is false are left out."""
        ...


class CompiledMatcher:
    """Evaluates only the rules that something in the complaint could trigger.

    A rule's recognition that is false while every raised fact has its closed value (and every open one is unknown) stays
    false until one of its raised facts is raised: Kleene evaluation is monotone. So rules are indexed by the raised
    facts they mention, sets by their members, and only those with a raised fact at hand are evaluated.
    """

    def __init__(self, pack: Pack) -> None:
        self._always: list[Rule] = []
        self._index: dict[tuple[str, str], list[Rule]] = {}
        resting = resting_facts(pack.vocabulary)
        for rule in pack.live_rules:
            if evaluate(rule.recognise, resting, {}) is not False:
                self._always.append(rule)
                continue
            for key in self._keys(rule, pack.vocabulary):
                self._index.setdefault(key, []).append(rule)
        self._raised = tuple(sorted({fact for fact, _ in self._index}))

    @staticmethod
    def _keys(rule: Rule, vocabulary: Vocabulary) -> set[tuple[str, str]]:
        keys: set[tuple[str, str]] = set()
        for leaf in leaves_of(rule.recognise):
            if vocabulary[leaf.fact].world != "raised":
                continue
            members = leaf.constant if isinstance(leaf.constant, frozenset) and leaf.test.startswith("contains") else ()
            keys |= {(leaf.fact, member) for member in members} or {(leaf.fact, "")}
        return keys

    def recognised(self, facts: Facts, parameters: Parameters) -> Mapping[str, Truth]:
        """See `Matcher.recognised`."""
        rules = {rule.id: rule for rule in self._always}
        for fact in self._raised:
            known = facts.known.get(fact)
            value = None if known is None else known.value
            if not value:
                continue
            members = value if isinstance(value, frozenset) else ()
            for key in ((fact, ""), *((fact, member) for member in members)):
                for rule in self._index.get(key, ()):
                    rules[rule.id] = rule
        found = {}
        for name in sorted(rules):
            truth = evaluate(rules[name].recognise, facts, parameters)
            if truth is not False:
                found[name] = truth
        return found


def resting_facts(vocabulary: Vocabulary) -> Facts:
    """Facts with every raised fact at its closed value and nothing else known."""
    known = {name: spec.unraised for name, spec in vocabulary.facts.items() if spec.world == "raised"}
    return Facts(MappingProxyType(known))
