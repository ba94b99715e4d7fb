"""League tables: who answers and who resolves, with the denominators and the doubt.

A rate is never shown alone: with it go how many it is of, and its Wilson score interval (Wilson 1927), which holds for
small numbers and for rates near 0 and 1. Firms with fewer cases than the minimum are listed apart and not ranked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from funnel.statistics import wilson


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many.

    Attributes:
        hits: How many did.
        of: How many could have; 0 says that nothing is known.

    Raises:
        ArgumentError: They are no whole numbers with ``0 <= hits <= of``.
    """

    hits: int
    of: int

    def __post_init__(self) -> None:
        wilson(self.hits, self.of)  # refuses what is no rate

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson score interval at 95 %; (0, 1) of nothing."""
        return wilson(self.hits, self.of)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one case adds to the tables.

    Attributes:
        group: The merchant or trade it counts for.
        responded: Whether the first answer came within the promise; None: not due yet.
        in_time: Whether it ended within the promise; None: not due yet.
        resolved: Whether it ended settled or mediated; None: still open.
        reopened: Whether it was opened again.
    """

    group: str
    responded: bool | None
    in_time: bool | None
    resolved: bool | None
    reopened: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a league table.

    Attributes:
        group: The merchant or trade.
        cases: How many cases it has.
        response, in_time, resolution, reopened: Its rates.
        rank: From 1; None: too few cases to rank. Equal figures share a rank.
        withheld: A recorded decision says that this line is not published.
    """

    group: str
    cases: int
    response: Rate
    in_time: Rate
    resolution: Rate
    reopened: Rate
    rank: int | None
    withheld: bool = False


def league(cases: Iterable[Outcome], *, minimum: int = 30, withheld: frozenset[str] = frozenset()) -> tuple[Entry, ...]:
    """A table, best first by the lower bound of the resolution rate, so that a few lucky cases win nothing.

    Args:
        cases: One for each case; merged duplicates are left out by the caller.
        minimum: Groups with fewer closed cases are not ranked; they come last, by name.
        withheld: Groups whose line is not published.
    """
    groups: dict[str, list[Outcome]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    lines = [
        Entry(
            name,
            len(found),
            _rate(case.responded for case in found),
            _rate(case.in_time for case in found),
            _rate(case.resolved for case in found),
            Rate(sum(case.reopened for case in found), len(found)),
            None,
            name in withheld,
        )
        for name, found in groups.items()
    ]
    ranked = [line for line in lines if line.resolution.of >= minimum]
    ranked.sort(key=lambda line: (-line.resolution.interval[0], -line.in_time.interval[0], line.group))
    result: list[Entry] = []
    for place, line in enumerate(ranked, 1):
        same = result and (result[-1].resolution, result[-1].in_time) == (line.resolution, line.in_time)
        result.append(_with_rank(line, result[-1].rank if same else place))
    rest = sorted((line for line in lines if line.resolution.of < minimum), key=lambda line: line.group)
    return (*result, *rest)


def _rate(values: Iterable[bool | None]) -> Rate:
    known = [value for value in values if value is not None]
    return Rate(sum(known), len(known))


def _with_rank(line: Entry, rank: int | None) -> Entry:
    return Entry(
        line.group, line.cases, line.response, line.in_time, line.resolution, line.reopened, rank, line.withheld
    )
