"""What the report says, as plain data: counted once, drawn elsewhere."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from funnel.facts.vocabulary import Texts
from funnel.pack.model import Pack
from funnel.statistics import needed

FEW: Final = 30
"""Under this many cases a share of a merchant or a trade says little, and is marked so."""
MACHINE: Final = "machine"
"""Stands for a tier where no person had to do with a case."""
_TOP: Final = 15
_MATRIX: Final = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint as the report needs it: no words, nobody's name.

    Attributes:
        merchant, trade: Whom and what it is about, as the sender names them, masked; None if not said.
        outcome: ``settle``, ``ask`` or ``refer``.
        tier: Who gets it; None where the machine keeps it.
        matters: Scenario and rule of each matter.
        out_of_scope: Whether a rule recognised it as none of the pack's business.
        presumed: Whether its matters are presumed of what its words read like: nobody has confirmed them, and no rule recognised them.
        hours: From its opening to its end, in hours; None where it has not ended.
    """

    merchant: str | None
    trade: str | None
    outcome: str
    tier: str | None
    matters: tuple[tuple[str, str], ...] = ()
    out_of_scope: bool = False
    presumed: bool = False
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it is about, how many, and parts of that by name."""

    name: str
    count: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class League:
    """A line of a queue's league table: rates as (hits, of) pairs; rank None: too few to rank."""

    name: str
    cases: int
    rank: int | None
    response: tuple[int, int]
    in_time: tuple[int, int]
    resolution: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the page shows.

    Attributes:
        cases: How many complaints.
        rejected: Rows that could not be read.
        recognised, presumed, out_of_scope, settled, asked: How many; the presumed are among the recognised.
        tiers: Referred, by tier, in the pack's order.
        scenarios: Ranked; ``parts`` counts the outcomes. A complaint counts once a matter.
        to_80: How many scenarios make up four fifths of the matters; None without any.
        merchants, trades: Ranked by count; ``parts`` counts scenarios.
        matrix: Trade by scenario: which goods cause which complaint.
        fired: Rules that recognised something, with their numbers; ``parts`` counts outcomes.
        never: Ids and titles of live rules that recognised nothing.
        titles: Titles of scenarios.
        durations: Hours to the end by tier, sorted; empty for a batch.
        leagues: League tables by ``merchant`` and ``trade``; empty for a batch.
        orders: Orders that more than one complaint of a batch is about, and those of them of which more than one would be
            settled; nothing of a queue, which makes one offer an order by itself.
    """

    pack: str
    digest: str
    cases: int
    rejected: int
    recognised: int
    presumed: int
    out_of_scope: int
    settled: int
    asked: int
    tiers: tuple[tuple[str, int], ...]
    scenarios: tuple[Row, ...]
    to_80: int | None
    merchants: tuple[Row, ...]
    trades: tuple[Row, ...]
    matrix: tuple[Row, ...]
    fired: tuple[Row, ...]
    never: tuple[tuple[str, Texts], ...]
    titles: Mapping[str, Texts]
    durations: Mapping[str, tuple[float, ...]]
    leagues: Mapping[str, tuple[League, ...]]
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    orders: tuple[int, int] = (0, 0)

    @property
    def referred(self) -> int:
        """How many go to people."""
        return sum(count for _, count in self.tiers)

    @property
    def matters(self) -> int:
        """How many matters were recognised."""
        return sum(row.count for row in self.scenarios)


def gather(
    pack: Pack,
    cases: Iterable[Case],
    *,
    rejected: int = 0,
    leagues: Mapping[str, Sequence[League]] | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    orders: tuple[int, int] = (0, 0),
) -> Report:
    """Count cases.

    Args:
        pack: What decided.
        cases: The complaints, in any order.
        rejected: Rows that could not be read.
        leagues: League tables of a queue.
        since: When the first was opened, if known.
        until: When the last was.
        orders: As in `Report`.
    """
    tally = Tally(pack)
    for case in cases:
        tally.add(case)
    return tally.report(rejected=rejected, leagues=leagues, since=since, until=until, orders=orders)


class Tally:
    """Counts cases one by one, so that none has to be kept: memory grows with merchants and trades, not with cases.

    Args:
        pack: What decided.
    """

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._count = self._recognised = self._presumed = self._outside = self._settled = self._asked = 0
        self._tiers: Counter[str] = Counter()
        self._scenarios: dict[str, Counter[str]] = defaultdict(Counter)
        self._rules: dict[str, Counter[str]] = defaultdict(Counter)
        self._merchants: dict[str, Counter[str]] = defaultdict(Counter)
        self._trades: dict[str, Counter[str]] = defaultdict(Counter)
        self._sizes: dict[str, Counter[str]] = {"merchant": Counter(), "trade": Counter()}
        self._durations: dict[str, list[float]] = defaultdict(list)

    def add(self, case: Case) -> None:
        """Count one."""
        self._count += 1
        self._outside += case.out_of_scope
        self._recognised += bool(case.matters) and not case.out_of_scope
        self._presumed += case.presumed
        self._settled += case.outcome == "settle"
        self._asked += case.outcome == "ask"
        if case.outcome == "refer":
            self._tiers[case.tier or "?"] += 1
        found = () if case.out_of_scope else tuple(dict.fromkeys(scenario for scenario, _ in case.matters))
        for scenario in found:
            self._scenarios[scenario][case.outcome] += 1
        for rule in () if case.presumed else dict.fromkeys(rule for _, rule in case.matters):
            self._rules[rule][case.outcome] += 1
        for kind, name, table in (
            ("merchant", case.merchant, self._merchants),
            ("trade", case.trade, self._trades),
        ):
            if name:
                self._sizes[kind][name] += 1
                table[name].update(found)
        if case.hours is not None:
            self._durations[case.tier or MACHINE].append(case.hours)

    def report(
        self,
        *,
        rejected: int = 0,
        leagues: Mapping[str, Sequence[League]] | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        orders: tuple[int, int] = (0, 0),
    ) -> Report:
        """What was counted; the arguments are those of `gather`."""
        pack, rules, tiers = self._pack, self._rules, self._tiers
        ranked = _ranked({name: sum(parts.values()) for name, parts in self._scenarios.items()}, self._scenarios)
        live = {rule.id: rule for rule in pack.live_rules}
        by_trade = _ranked(self._sizes["trade"], self._trades)
        return Report(
            pack=pack.id,
            digest=pack.digest,
            cases=self._count,
            rejected=rejected,
            recognised=self._recognised,
            presumed=self._presumed,
            out_of_scope=self._outside,
            settled=self._settled,
            asked=self._asked,
            tiers=tuple(
                (tier, tiers[tier])
                for tier in (*pack.manifest.tiers, *sorted(tiers.keys() - set(pack.manifest.tiers)))
                if tiers[tier]
            ),
            scenarios=ranked,
            to_80=needed(row.count for row in ranked),
            merchants=_ranked(self._sizes["merchant"], self._merchants)[:_TOP],
            trades=by_trade[:_TOP],
            matrix=tuple(row for row in by_trade if row.parts)[:_MATRIX],
            fired=_ranked({name: sum(parts.values()) for name, parts in rules.items()}, rules),
            never=tuple((name, live[name].title) for name in sorted(live.keys() - rules.keys())),
            titles={rule.scenario: rule.title for rule in pack.rules.values()},
            durations={tier: tuple(sorted(hours)) for tier, hours in sorted(self._durations.items())},
            leagues={} if leagues is None else {kind: tuple(rows) for kind, rows in leagues.items()},
            since=since,
            until=until,
            orders=orders,
        )


def _ranked(sizes: Mapping[str, int], parts: Mapping[str, Counter[str]]) -> tuple[Row, ...]:
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        Row(name, count, dict(sorted(parts[name].items(), key=lambda i: (-i[1], i[0])))) for name, count in ordered
    )
