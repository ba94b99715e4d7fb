"""Shadow mode: what a draft rule would decide, beside the live ones, deciding nothing.

Each draft is judged alone with all live rules, as if it had just become stable, on the facts that the live decision was
made from. So a shadow says what would change on the day an author makes that one draft stable.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.engine.decide import Compiled, compile_pack, judge, put_in_words, shown_by_records
from funnel.engine.evaluate import evaluate
from funnel.facts.intake import Intake


@dataclass(frozen=True, slots=True)
class Shadow:
    """A complaint on which a draft rule would have had a say.

    Attributes:
        complaint_id: Which complaint.
        rule: The draft's id.
        live: What was decided, untouched by the draft.
        would: What would have been decided with the draft; None where judging it failed.
        error: Why judging it failed, if it did: the kind of the exception, no data.
    """

    complaint_id: str
    rule: str
    live: Decision
    would: Decision | None
    error: str | None = None

    @property
    def changes(self) -> Mapping[str, tuple[str, str]]:
        """What would differ, as (live, would): ``outcome``, ``tier``, ``scenarios``, ``remedies``."""
        if self.would is None:
            return MappingProxyType({})
        one, two = sides(self.live), sides(self.would)
        return MappingProxyType({key: (one[key], two[key]) for key in one if one[key] != two[key]})


Observer = Callable[[Shadow], None]
"""Takes a shadow. What it raises is not caught: it is the embedder's own code."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One kind of change that a draft would have made.

    Attributes:
        key: What differs, as in `Shadow.changes`.
        live: What was decided; empty where there was none.
        would: What would have been decided.
        count: On how many complaints.
        examples: The ids of the first of them.
    """

    key: str
    live: str
    would: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a draft over many complaints.

    Attributes:
        applied: On how many complaints it would have had a say.
        agreed: How many of them would have been decided as they were.
        failed: On how many judging it failed.
        changes: Each kind of change, the commonest first.
    """

    applied: int = 0
    agreed: int = 0
    failed: int = 0
    changes: tuple[Changed, ...] = ()


class Tallies:
    """Counts shadows as they come; keeps numbers and a few ids, so that a long batch takes no more memory.

    Args:
        examples: How many complaints to name for each kind of change.
    """

    def __init__(self, examples: int = 3) -> None:
        self._examples = examples
        self._counts: dict[str, Counter[str]] = {}
        # A kind of change is its key and both sides, a line each: plain text, so that `state` is plain data.
        self._kinds: dict[str, Counter[str]] = {}
        self._named: dict[str, dict[str, list[str]]] = {}

    def add(self, shadow: Shadow) -> None:
        """Count one."""
        counts = self._counts.setdefault(shadow.rule, Counter())
        changes = shadow.changes
        counts["applied"] += 1
        counts["failed"] += shadow.would is None
        counts["agreed"] += shadow.would is not None and not changes
        for key, (live, would) in changes.items():
            kind = f"{key}\n{live}\n{would}"
            self._kinds.setdefault(shadow.rule, Counter())[kind] += 1
            ids = self._named.setdefault(shadow.rule, {}).setdefault(kind, [])
            if len(ids) < self._examples:
                ids.append(shadow.complaint_id)

    def state(self) -> dict[str, Any]:
        """The counts as plain data, so that a long batch can be taken up again where it was left."""
        return {"counts": self._counts, "kinds": self._kinds, "named": self._named}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up the counts that `state` put down."""
        self._counts = {rule: Counter(counts) for rule, counts in state["counts"].items()}
        self._kinds = {rule: Counter(kinds) for rule, kinds in state["kinds"].items()}
        self._named = {rule: {kind: list(ids) for kind, ids in named.items()} for rule, named in state["named"].items()}

    def result(self) -> dict[str, Tally]:
        """By draft, the busiest first."""
        return {
            rule: Tally(counts["applied"], counts["agreed"], counts["failed"], self._changes(rule))
            for rule, counts in sorted(self._counts.items(), key=lambda i: (-i[1]["applied"], i[0]))
        }

    def _changes(self, rule: str) -> tuple[Changed, ...]:
        kinds = sorted(self._kinds.get(rule, Counter()).items(), key=lambda i: (-i[1], i[0]))
        named = self._named.get(rule, {})
        found = []
        for kind, count in kinds:
            key, live, would = kind.split("\n")
            found.append(Changed(key, live, would, count, tuple(named[kind])))
        return tuple(found)


class Shadows:
    """The drafts of a pack, each made ready to judge beside the live rules. Immutable."""

    def __init__(self, compiled: Compiled, observer: Observer) -> None:
        pack = compiled.pack
        self._observer = observer
        drafts = [rule for _, rule in sorted(pack.rules.items()) if rule.status == "draft"]
        self._live = compiled
        self._drafts = tuple((rule, compile_pack(pack.with_stable(rule.id))) for rule in drafts)

    def observe(self, complaint: Complaint, taken: Intake, live: Decision, *, as_of: dt.date, lang: str) -> None:
        """Tell the observer what each draft would have had to say on facts that were read."""
        parameters = self._live.table.on(as_of)
        for rule, compiled in self._drafts:
            would, failed = None, None
            try:
                # Few complaints are looked at whole: those whose words may be this rule's, or whose records show something.
                told = evaluate(rule.recognise, taken.facts, parameters) is not False
                if not told and not shown_by_records(compiled, complaint, taken, parameters):
                    continue
                reasoning = judge(compiled, complaint, taken, as_of=as_of)
                if not told and (rule.id not in reasoning.recognised or reasoning.alike.presumed is not None):
                    continue
                would = put_in_words(compiled, reasoning, lang=lang)
            except Exception as error:  # noqa: BLE001 (a draft must not harm the decision that stands)
                failed = type(error).__name__
            self._observer(Shadow(complaint.id, rule.id, live, would, failed))


def sides(decision: Decision) -> dict[str, str]:
    """What two decisions are compared by: ``outcome``, ``tier``, ``scenarios``, ``remedies``; empty where there is none."""
    remedies = sorted(
        f"{remedy.kind} {remedy.amount}" if remedy.amount is not None else remedy.kind
        for matter in decision.matters
        for remedy in matter.remedies
    )
    return {
        "outcome": decision.outcome,
        "tier": decision.tier or "",
        "scenarios": ", ".join(sorted({m.scenario or m.matter for m in decision.matters})),
        "remedies": ", ".join(remedies),
    }
