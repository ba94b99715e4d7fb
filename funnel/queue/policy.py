"""What a desk may choose: promises, pauses, windows, caps. Defaults are those of the founding promise and of DESIGN.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

from funnel.decision import Decision
from funnel.errors import InvalidCommandError
from funnel.law.promised import Unit, counted
from funnel.queue.model import Frozen, WaitFor

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_STOPS: tuple[str, ...] = ("response", "resolution")


def _expect_word(name: str, word: object, words: Sequence[str]) -> None:
    if word not in words:
        raise InvalidCommandError(
            f"{name} should be one of {', '.join(words)}, not {word!r}",
            f"{name} 应为 {'、'.join(words)} 之一，不是 {word!r}",
        )


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise that each case starts with.

    Attributes:
        kind: ``response``, ``resolution`` or a name of your own such as ``statutory:acceptance``.
        unit: ``hour``, ``calendar_day`` or ``workday``.
        target: How many.
        stops_on: ``response``: the first answer that the consumer gets; ``resolution``: the end of the case.
        paused_by: Waiting for whom stops it. Statutory clocks should list none, unless their article says so.
        articles: The articles it rests on, for `explain_deadline`.

    Raises:
        InvalidCommandError: A word is none of these, or the target is not positive.
    """

    kind: str
    unit: Unit
    target: int
    stops_on: Literal["response", "resolution"]
    paused_by: frozenset[str] = frozenset()
    articles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _expect_word("unit", self.unit, get_args(Unit))
        _expect_word("stops_on", self.stops_on, _STOPS)
        if isinstance(self.paused_by, str):
            shown = f"frozenset({{{self.paused_by!r}}})"
            raise InvalidCommandError(f"paused_by should be a set, such as {shown}", f"paused_by 应为集合，如 {shown}")
        for word in self.paused_by:
            _expect_word("paused_by", word, get_args(WaitFor))
        cited = self.articles
        if not isinstance(cited, tuple | list) or not all(isinstance(article, str) for article in cited):
            raise InvalidCommandError(
                "articles should be a tuple of citations, such as ('cpl/46',)",
                "articles 应为条文的元组，如 ('cpl/46',)",
            )
        if not isinstance(self.kind, str) or not self.kind.strip():
            raise InvalidCommandError(
                "a promise needs a kind: response, resolution or a name of your own",
                "承诺要有 kind：response、resolution 或自己取的名字",
            )
        if isinstance(self.target, bool) or not isinstance(self.target, int) or self.target <= 0:
            raise InvalidCommandError(
                f"a promise needs a positive whole number as its target, not {self.target!r}",
                f"承诺的 target 应为大于零的整数，不是 {self.target!r}",
            )


RESPONSE = Promise("response", "hour", 24, "response")
"""An answer in 24 hours: the promise of the 2017 conference."""

RESOLUTION = Promise("resolution", "calendar_day", 7, "resolution", frozenset({"consumer"}))
"""An end in 7 days: the same promise. Time that the consumer takes to answer does not count."""


def as_ruled(promises: Sequence[Promise], within: Mapping[str, str]) -> tuple[Promise, ...]:
    """The promises of a case: `RESPONSE` and `RESOLUTION` last as long as its rules say; what a desk chose for itself stays.

    Args:
        promises: A policy's.
        within: ``24h`` or ``7d`` by the kind of promise. Days are calendar days.
    """
    ruled = {kind: counted(said) for kind, said in within.items()}
    return tuple(
        replace(promise, unit=ruled[promise.kind][0], target=ruled[promise.kind][1])
        if promise in (RESPONSE, RESOLUTION) and promise.kind in ruled
        else promise
        for promise in promises
    )


ACCEPTANCE = Promise("statutory:acceptance", "workday", 7, "response", articles=("cpl/46",))
"""For an authority or a consumer council acting for one: seven working days to take a complaint up."""

_SPANS: Mapping[str, bool] = MappingProxyType(
    {
        "ageing": True,  # or a case could wait for ever
        "lease": True,
        "merchant_response": True,
        "consumer_response": True,
        "answer_within": True,
        "reopen_window": False,
        "skew": False,
        "incident_window": True,
        "duplicate_window": False,
    }
)
"""The durations of a policy, each with whether it must be more than nothing."""

_GATE_POINTS: Mapping[str, int] = Frozen(
    {"injury": 40, "crime": 40, "minor": 30, "elder": 30, "group": 20, "litigation-or-media": 20}
)


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """How a desk works.

    Attributes:
        promises: The clocks each case starts with. `RESPONSE` and `RESOLUTION` as they are here stand for what the rules of
            a case (``respond_within``, ``resolve_within``) and else the pack say; any other is taken as it is.
        ageing: How long a case must wait to be served like one of a priority higher by one point. Ordering by
            ``queued_at - priority * ageing`` never changes with time, so that an index can hold it, and no case waits
            for ever.
        gate_points: Priority points by the gate that sent a case down; the highest counts.
        lease: How long a claim lasts without `renew`; None: until it is given up, which suits people.
        merchant_response: How long a merchant has to answer an offer.
        consumer_response: How long a consumer has to answer an offer.
        answer_within: How long questions stay open before a person takes over.
        max_rounds: How many rounds of questions before a person takes over.
        auto_offer: Whether a settlement the machine drafts goes to the parties at once; else it waits for `send_offer`.
        reopen_window: How long after its end a case may be reopened.
        max_returns: How often a case may be handed back a tier before only a supervisor may.
        skew: How far ahead of our clock a sender's may be.
        incident_window: The window in which consumers who complain about one merchant and scenario are counted.
        incident_open, incident_close: An incident opens at this count in the window, and closes below that one.
        near_duplicate: Estimated likeness of words from which a complaint of the same merchant is suggested as a
            duplicate.
        duplicate_window: How far back duplicates are looked for.

    Raises:
        InvalidCommandError: A duration is no ``timedelta`` or not positive, a count no whole number, or two values do
            not go together.
    """

    promises: tuple[Promise, ...] = (RESPONSE, RESOLUTION)
    ageing: dt.timedelta = 4 * _HOUR
    gate_points: Mapping[str, int] = field(default_factory=lambda: _GATE_POINTS)
    lease: dt.timedelta | None = None
    merchant_response: dt.timedelta = 24 * _HOUR
    consumer_response: dt.timedelta = 72 * _HOUR
    answer_within: dt.timedelta = 72 * _HOUR
    max_rounds: int = 3
    auto_offer: bool = True
    reopen_window: dt.timedelta = 30 * _DAY
    max_returns: int = 2
    skew: dt.timedelta = dt.timedelta(minutes=10)
    incident_window: dt.timedelta = 3 * _DAY
    incident_open: int = 10
    incident_close: int = 3
    near_duplicate: float = 0.8
    duplicate_window: dt.timedelta = 30 * _DAY

    def __post_init__(self) -> None:
        for name, positive in _SPANS.items():
            span = getattr(self, name)
            if name == "lease" and span is None:
                continue
            if not isinstance(span, dt.timedelta):
                raise InvalidCommandError(
                    f"{name} should be a timedelta, such as timedelta(minutes=15), not {span!r}",
                    f"{name} 应为 timedelta，如 timedelta(minutes=15)，不是 {span!r}",
                )
            if span < dt.timedelta(0) or (positive and not span):
                raise InvalidCommandError(
                    f"{name} must {'be positive' if positive else 'not be negative'}",
                    f"{name} {'应大于零' if positive else '不能是负的'}",
                )
        near = self.near_duplicate
        if isinstance(near, bool) or not isinstance(near, int | float) or not 0 <= near <= 1:
            raise InvalidCommandError(
                f"near_duplicate should be a number from 0 to 1, not {near!r}",
                f"near_duplicate 应为 0 到 1 的数，不是 {near!r}",
            )
        points = self.gate_points
        if not isinstance(points, Mapping) or not all(
            isinstance(gate, str) and isinstance(point, int) and not isinstance(point, bool)
            for gate, point in points.items()
        ):
            raise InvalidCommandError(
                "gate_points should give whole numbers by gate, such as {'injury': 40}",
                "gate_points 应按关口写整数，如 {'injury': 40}",
            )
        object.__setattr__(self, "gate_points", Frozen(points))
        for name in ("max_rounds", "max_returns", "incident_open", "incident_close"):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise InvalidCommandError(
                    f"{name} should be a whole number from 0 on, not {count!r}",
                    f"{name} 应为不小于零的整数，不是 {count!r}",
                )
        if self.incident_close >= self.incident_open:
            raise InvalidCommandError(
                "an incident must close at a lower count than it opens at: incident_close below incident_open",
                "群体事件关闭的件数要少于立起的件数：incident_close 小于 incident_open",
            )
        promises = self.promises
        if not isinstance(promises, list | tuple) or not all(isinstance(promise, Promise) for promise in promises):
            raise InvalidCommandError(
                "promises should be a tuple of Promise, such as (RESPONSE, RESOLUTION)",
                "promises 应为 Promise 的元组，如 (RESPONSE, RESOLUTION)",
            )
        if len({promise.kind for promise in self.promises}) != len(self.promises):
            raise InvalidCommandError(
                "two promises of one kind: give each a kind of its own", "两个承诺的 kind 相同：各取一个名字"
            )

    def priority(self, decision: Decision) -> int:
        """Priority points of a case: those of the highest gate that sent it down."""
        if decision.referral is None:
            return 0
        gates = (reason.gate for reason in decision.referral.reasons if reason.gate)
        return max((self.gate_points.get(gate, 0) for gate in gates), default=0)
