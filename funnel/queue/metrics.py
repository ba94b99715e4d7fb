"""Counters of a queue for whoever watches it: plain, for Prometheus, for OpenTelemetry.

Labels are states, tiers, outcomes and kinds of promises: words of the pack and the policy, never of a person or a firm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnel.errors import StoreError
from funnel.queue.model import Stats

if TYPE_CHECKING:
    from funnel.queue.service import Funnel


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure.

    Attributes:
        name: Such as ``funnel_cases``.
        labels: Its labels; the tenant is always among them.
        value: The figure.
        help: What it counts.
    """

    name: str
    labels: Mapping[str, str]
    value: float
    help: str


def samples(stats: Stats, tenant: str, now: dt.datetime) -> Iterator[Sample]:
    """The counters of a tenant as figures with labels.

    Args:
        stats: What `Funnel.stats` gives.
        tenant: Whose they are.
        now: From when the age of the oldest case is reckoned.
    """
    base = {"tenant": tenant}
    for (state, tier), count in stats.cases.items():
        yield Sample("funnel_cases", base | {"state": state, "tier": tier}, count, "Cases by state and tier")
    for name, label, counts, text in (
        ("funnel_outcomes", "outcome", stats.outcomes, "Closed cases by outcome"),
        ("funnel_decisions", "outcome", stats.decisions, "First decisions by outcome"),
        ("funnel_promises_broken", "promise", stats.breached, "Broken promises by kind"),
        ("funnel_promises_overdue", "promise", stats.overdue, "Promises past due and not yet swept, by kind"),
    ):
        for value, count in counts.items():
            yield Sample(name, base | {label: value}, count, text)
    waited = (now - stats.oldest_queued).total_seconds() if stats.oldest_queued is not None else 0.0
    yield Sample(
        "funnel_oldest_queued_seconds", base, max(waited, 0.0), "How long the oldest case has waited for a person"
    )


class QueueCollector:
    """A collector for prometheus_client: reads the queues when it is scraped (extra ``funnel[prometheus]``).

    Args:
        desks: The funnels to watch, one a tenant.

    Example:
        >>> prometheus_client.REGISTRY.register(QueueCollector([desk]))  # doctest: +SKIP
    """

    def __init__(self, desks: Iterable[Funnel]) -> None:
        self._desks = tuple(desks)

    def describe(self) -> list[Any]:
        """Nothing: names depend on what the queue holds, and registering must not read it."""
        return []

    def collect(self) -> Iterator[Any]:
        """The families of figures; ``funnel_up`` is 0 for a queue that cannot be read."""
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 (an extra)

        families: dict[str, Any] = {}
        up = GaugeMetricFamily("funnel_up", "Whether the queue could be read", labels=["tenant"])
        for desk in self._desks:
            try:
                found = list(samples(desk.stats(), desk.tenant, dt.datetime.now(dt.UTC)))
            except StoreError:
                up.add_metric([desk.tenant], 0)
                continue
            up.add_metric([desk.tenant], 1)
            for sample in found:
                if sample.name not in families:
                    families[sample.name] = GaugeMetricFamily(sample.name, sample.help, labels=list(sample.labels))
                families[sample.name].add_metric(list(sample.labels.values()), sample.value)
        yield up
        yield from families.values()


def prometheus_text(desks: Iterable[Funnel]) -> str:
    """The figures in the text format that Prometheus reads, for a route of your own."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 (an extra)

    registry = CollectorRegistry()
    registry.register(QueueCollector(desks))
    return generate_latest(registry).decode()


def observe(meter: Any, desks: Iterable[Funnel]) -> None:
    """Register the figures as observable gauges of an OpenTelemetry meter (extra ``funnel[otel]``).

    Args:
        meter: An ``opentelemetry.metrics.Meter``.
        desks: The funnels to watch. One that cannot be read is left out of that reading.
    """
    from opentelemetry.metrics import CallbackOptions, Observation  # noqa: PLC0415 (an extra)

    watched = tuple(desks)

    def read(name: str) -> Any:
        def callback(_options: CallbackOptions) -> Iterable[Observation]:
            for desk in watched:
                try:
                    found = list(samples(desk.stats(), desk.tenant, dt.datetime.now(dt.UTC)))
                except StoreError:
                    continue
                for sample in found:
                    if sample.name == name:
                        yield Observation(sample.value, dict(sample.labels))

        return callback

    for name in (
        "funnel_cases",
        "funnel_outcomes",
        "funnel_decisions",
        "funnel_promises_broken",
        "funnel_promises_overdue",
        "funnel_oldest_queued_seconds",
    ):
        meter.create_observable_gauge(name, callbacks=[read(name)])
