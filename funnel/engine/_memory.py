"""What the same facts came to before: a bounded memory of a pure function, shared by threads without a lock.

Complaints differ in their words and agree in what they come to: of 5,038 different real texts 89 in a hundred come to
facts that an earlier one came to. Judging hangs on nothing but those facts, the day and the rules that recognise them,
so the second time it is looked up. What is remembered is frozen, and forgetting it changes nothing but time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from typing import Final, Generic, TypeVar

from funnel.facts.intake import Intake
from funnel.facts.truth import Truth
from funnel.facts.vocabulary import SIGNAL_PREFIX
from funnel.pack.model import Pack, leaves_of

GENERATION: Final = 512
"""Entries before the older half is forgotten; up to twice as many are kept."""

V = TypeVar("V")


class Memory(Generic[V]):
    """Keeps what was last used, in two generations: when the young one is full, the old one is forgotten.

    Each step is one operation on a dictionary or one assignment, so that threads may at worst do something twice.

    Args:
        generation: Entries of a generation; 0 remembers nothing.
    """

    __slots__ = ("_generation", "_old", "_young")

    def __init__(self, generation: int = GENERATION) -> None:
        self._generation = generation
        self._young: dict[Hashable, V] = {}
        self._old: dict[Hashable, V] = {}

    def get(self, key: Hashable) -> V | None:
        """What is remembered; None if nothing is."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Hashable, value: V) -> None:
        """Remember something."""
        young = self._young
        if len(young) >= self._generation:
            self._old = young
            young = self._young = {}
        if self._generation:
            young[key] = value

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


def silent_signals(pack: Pack) -> frozenset[str]:
    """The facts of signals that nothing reads: halves that raise another signal, and signals that only set facts.

    A signal's fact is read by conditions and by what is derived from it, by nothing else (a text has no blank for it).
    """
    conditions = [condition for rule in pack.rules.values() for condition in rule.conditions]
    conditions += [gate.when for gate in pack.gates.values()]
    conditions += [forum.when for forum in pack.forums.values() if forum.when is not None]
    conditions += [shown.when for shown in pack.shown.values()]
    conditions += [shown.named for shown in pack.shown.values() if shown.named is not None]
    read = {leaf.fact for condition in conditions for leaf in leaves_of(condition)}
    derived = (spec.derivation for spec in pack.vocabulary.facts.values() if spec.derivation is not None)
    read |= {arg for derivation in derived for arg in derivation.args if isinstance(arg, str)}
    return frozenset(f"{SIGNAL_PREFIX}{name}" for name in pack.lexicon.signals) - read


def state(
    taken: Intake,
    recognised: Mapping[str, Truth],
    as_of: dt.date,
    silent: frozenset[str] = frozenset(),
    alike: Hashable = None,
) -> Hashable | None:
    """All that judging hangs on: what was told, with grades, what recognises it, and the day.

    Sources and words are not in it: no rule reads them.

    Args:
        taken: The facts.
        recognised: What recognises them.
        as_of: The day.
        silent: Facts that nothing reads: see `silent_signals`.
        alike: What the likeness of the text comes to.

    Returns:
        A key; None where sources themselves matter (a dispute, an unreadable field) or defaults are not known.
    """
    facts = taken.facts
    if facts.told is None or facts.disputed or taken.problems:
        return None
    known, names = facts.known, facts.told - silent
    told = frozenset((name, have.value, int(have.grade)) for name in names if (have := known.get(name)))
    return (as_of, told, tuple(recognised.items()), alike) if len(told) == len(names) else None
