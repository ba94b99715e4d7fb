"""Counts as a batch runs: what each decision adds, and the sum, which can be put down and taken up again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from funnel.batch.assemble import IDS
from funnel.batch.headers import HeaderReader
from funnel.batch.orders import EXAMPLES, ROWS, Before, Mention, Place, mention_of
from funnel.batch.reading import Reading
from funnel.batch.summary import DoubledOrder, OrderRow, Summary, rank
from funnel.complaint import Complaint
from funnel.decision import Decision

NAMES = 1_000
"""Names of unknown fields that are told apart; JSON keys can be without number, and memory stays flat."""
_INDEX = re.compile(r"^(evidence|facts\..+?)\.\d+(?=\.)")
_COUNTS = (
    "rows",
    "recognised",
    "presumed",
    "settled",
    "asked",
    "decided",
    "generated",
    "nameless",
    "undated",
    "repeated",
    "doubled",
)
_COUNTERS = ("referred", "rejected", "gates", "unknown", "out_of_scope")


@dataclass(frozen=True, slots=True)
class Counted:
    """What one decision adds to the summary. Small and plain, since it travels between processes.

    Attributes:
        matters: Scenario, title, outcome and whether it is out of scope, of each matter.
        amount: Sum of the amounts, if it is settled.
        unknown: Fields that were not understood.
        generated: Whether its id was made from the row's number.
        undated: Whether it does not say when it was received, so that the day of the run counts.
        order: The order that it is about, if it names one.
    """

    recognised: bool
    presumed: bool
    outcome: str
    tier: str
    gates: tuple[str, ...]
    matters: tuple[tuple[str, str, str, bool], ...]
    amount: Decimal
    unknown: tuple[str, ...]
    generated: bool
    undated: bool = False
    order: Mention | None = None


def counted(decision: Decision, complaint: Complaint, *, generated: bool) -> Counted:
    """What a decision adds."""
    # The third of a list is the same field as the first: one line of the summary.
    extra = {_INDEX.sub(r"\1", name) for name in decision.passed_through.keys() | complaint.unknown_fields.keys()}
    reasons = decision.referral.reasons if decision.referral is not None else ()
    amounts: list[Decimal] = []
    if decision.outcome == "settle":
        settled = (m for m in decision.matters if m.outcome == "settle" and not m.out_of_scope)
        amounts = [Decimal(r.amount) for m in settled for r in m.remedies if r.amount is not None]
    return Counted(
        recognised=decision.recognised,
        presumed=any(matter.presumed for matter in decision.matters),
        outcome=decision.outcome,
        tier=decision.tier or "",
        gates=tuple(sorted({reason.gate for reason in reasons if reason.gate})),
        matters=tuple((m.scenario, m.title, m.outcome, m.out_of_scope) for m in decision.matters),
        amount=sum(amounts, Decimal(0)),
        unknown=tuple(sorted(extra)),
        generated=generated,
        undated=complaint.received_at is None,
        order=mention_of(complaint),
    )


class Tally:
    """The sum so far."""

    def __init__(self) -> None:
        self.rows = self.recognised = self.presumed = self.settled = self.asked = self.decided = self.generated = 0
        self.referred: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.suggestions: dict[str, str | None] = {}
        self.scenarios: dict[str, list[int]] = {}
        self.titles: dict[str, str] = {}
        self.amount = Decimal(0)
        self.nameless = self.undated = 0
        self.repeated = self.doubled = 0
        self.examples: dict[str, DoubledOrder] = {}
        """Orders settled more than once, by their name in this run."""
        self.out_of_scope: Counter[str] = Counter()
        self.sources: dict[int, Reading] = {}
        """What there is to tell of how files were read, by their place."""

    def note_unknown(self, name: str, rows: int = 1) -> None:
        """Count a field that is not understood."""
        if name in self.unknown or len(self.unknown) < NAMES:
            self.unknown[name] += rows
        else:
            self.nameless += rows

    def add(self, item: Counted) -> None:
        """Count a decision."""
        self.decided += 1
        self.generated += item.generated
        self.undated += item.undated
        self.recognised += item.recognised
        self.presumed += item.presumed
        self.settled += item.outcome == "settle"
        self.asked += item.outcome == "ask"
        if item.outcome == "refer":
            self.referred[item.tier] += 1
        self.gates.update(item.gates)
        self.amount += item.amount
        for scenario, title, outcome, out_of_scope in item.matters:
            if out_of_scope:
                self.out_of_scope[title] += 1
                continue
            counts = self.scenarios.setdefault(scenario, [0, 0])
            counts[0] += 1
            counts[1] += outcome == "settle" == item.outcome
            self.titles[scenario] = title
        for name in item.unknown:
            self.note_unknown(name)

    def note_order(self, order: Mention, before: Before, at: Place, names: Sequence[str], *, settled: bool) -> None:
        """Count a complaint about an order that others were about before.

        Args:
            order: The order.
            before: What was known of it.
            at: Where the complaint stands.
            names: What sources are called, the first first.
            settled: Whether it would be settled.
        """
        self.repeated += before.complaints == 1
        if not settled or before.first is None:
            return
        self.doubled += before.settled == 1
        found = self.examples.get(before.name)
        if found is None:
            if before.settled > 1 or len(self.examples) == EXAMPLES:
                return
            found = DoubledOrder(order.shown, (_row(before.first, names),))
        if len(found.rows) < ROWS:
            self.examples[before.name] = DoubledOrder(found.order, (*found.rows, _row(at, names)))

    def state(self) -> dict[str, Any]:
        """The sum as plain data, in the order in which things were met (ties in rankings keep that order)."""
        return {
            **{name: getattr(self, name) for name in _COUNTS},
            **{name: list(getattr(self, name).items()) for name in _COUNTERS},
            "suggestions": list(self.suggestions.items()),
            "scenarios": [[name, *counts, self.titles[name]] for name, counts in self.scenarios.items()],
            "amount": str(self.amount),
            "sources": [[place, reading.to_dict()] for place, reading in self.sources.items()],
            "examples": [[name, order.to_dict()] for name, order in self.examples.items()],
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Tally:
        """The sum that `state` put down."""
        tally = cls()
        for name in _COUNTS:
            setattr(tally, name, int(state.get(name, 0)))  # one from before a count was added has none
        for name in _COUNTERS:
            setattr(tally, name, Counter({key: int(count) for key, count in state[name]}))
        tally.suggestions = dict(state["suggestions"])
        for name, count, settled, title in state["scenarios"]:
            tally.scenarios[name] = [int(count), int(settled)]
            tally.titles[name] = title
        tally.amount = Decimal(state["amount"])
        tally.sources = {int(place): Reading.restored(reading) for place, reading in state["sources"]}
        tally.examples = {name: DoubledOrder.restored(order) for name, order in state["examples"]}
        return tally

    def summary(self, seconds: float, pack: tuple[str, str], headers: HeaderReader) -> Summary:
        """The sum as a summary."""
        unknown = {
            name: (count, self.suggestions[name] if name in self.suggestions else headers.suggest(name))
            for name, count in self.unknown.most_common()
            if name not in headers.passed and name not in IDS
        }
        return Summary(
            rows=self.rows,
            decided=self.decided,
            recognised=self.recognised,
            presumed=self.presumed,
            settled=self.settled,
            asked=self.asked,
            referred=MappingProxyType(dict(self.referred.most_common())),
            rejected=MappingProxyType(dict(self.rejected.most_common())),
            scenarios=rank(self.scenarios, self.titles),
            gates=MappingProxyType(dict(self.gates.most_common())),
            unknown_fields=MappingProxyType(unknown),
            unnamed_fields=self.nameless,
            damaged_ids=MappingProxyType({name: self.unknown[name] for name in sorted(IDS) if name in self.unknown}),
            out_of_scope=MappingProxyType(dict(self.out_of_scope.most_common())),
            generated_ids=self.generated,
            undated=self.undated,
            amount=self.amount,
            seconds=seconds,
            pack=pack[0],
            digest=pack[1],
            sources=tuple(reading for _, reading in sorted(self.sources.items())),
            repeated_orders=self.repeated,
            doubled_orders=self.doubled,
            doubled=tuple(self.examples.values()),
        )


def _row(at: Place, names: Sequence[str]) -> OrderRow:
    return OrderRow(names[at.source - 1], at.row, at.id)
