"""The host's metrics for Prometheus. Labels have few values: a tenant is one only if that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from connector_runtime.connections.extra import extra
from connector_runtime.hosts.http.observed.current import Current
from connector_runtime.record import Record
from connector_runtime.store.arrivals import Arrival

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

Kind = Literal["counter", "gauge", "histogram"]

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
DELAYS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400)


@dataclass(frozen=True)
class Metric:
    """`name` as it is exposed. `of_tenants`: with their label, where that is asked for."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()
    of_tenants: bool = True


RUNS = Metric(
    "connector_runs_total",
    "counter",
    ("action", "status", "effect"),
    "Runs that have ended, by how they ended and what they changed",
)
DURATION = Metric(
    "connector_run_duration_seconds",
    "histogram",
    ("action", "status"),
    "How long they took, with all waits; after their turn had come",
    SECONDS,
)
REQUESTS = Metric(
    "connector_upstream_requests_total",
    "counter",
    ("answer", "retry"),
    "Requests of runs to the platform: answered 2xx to 5xx, or none; retry is true from a run's second attempt on",
)
WAITS = Metric(
    "connector_run_waits_total",
    "counter",
    ("reason",),
    "Waits of runs: for the platform's limits (limit), for a better moment (retry), for access (renewal)",
)
WAITED = Metric(
    "connector_run_wait_seconds_total",
    "counter",
    ("reason",),
    "Seconds that were waited so",
)
RUNNING = Metric("connector_runs_running", "gauge", (), "Runs that have their turn; reads of all rows take none")
WAITING = Metric("connector_runs_waiting", "gauge", (), "Runs that wait for their turn")
EVENTS = Metric(
    "connector_events_total",
    "counter",
    ("event", "outcome"),
    "Events by what became of them: kept, duplicate, polled, or why they were set aside; since the data directory is",
)
DELAY = Metric(
    "connector_event_delay_seconds",
    "histogram",
    ("event",),
    "From when an event happened, as the platform says it, to when a webhook had brought it; duplicates too",
    DELAYS,
)
TO_DELIVER = Metric("connector_deliveries_waiting", "gauge", (), "Messages that wait for their subscribers")
PARKED = Metric("connector_deliveries_parked", "gauge", (), "Messages that were given up")
STOPPED = Metric("connector_subscribers_stopped", "gauge", (), "Subscribers that nothing is sent to any more")
ANSWERED = Metric(
    "http_server_request_duration_seconds",
    "histogram",
    ("operation", "http_response_status_code"),
    "HTTP requests by operation and status, until the answer's end; its _count is how many there were",
    SECONDS,
    of_tenants=False,
)

METRICS = (
    *(RUNS, DURATION, REQUESTS, WAITS, WAITED, RUNNING, WAITING),
    *(EVENTS, DELAY, TO_DELIVER, PARKED, STOPPED, ANSWERED),
)

Row = tuple[Metric, str, tuple[str, ...], float]
"""A metric, a tenant, the values of its labels, and its own."""

Look = Callable[[], Iterable[Row]]
"""What is looked up when somebody asks for the metrics."""


class Metrics:
    """What is counted as it happens; and what `look` finds whenever the metrics are asked for."""

    def __init__(self, *, by_tenant: bool = False) -> None:
        with extra("observe"):
            import prometheus_client
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # each series would be there twice
        self._by_tenant = by_tenant
        self.look: Look = tuple
        self.registry: CollectorRegistry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        self._kept: dict[str, Any] = {}
        for metric in (RUNS, DURATION, REQUESTS, WAITS, WAITED, DELAY, ANSWERED):
            kind = prometheus_client.Counter if metric.kind == "counter" else prometheus_client.Histogram
            more: dict[str, Any] = {"buckets": metric.buckets} if metric.kind == "histogram" else {}
            labels = self._labels(metric)
            self._kept[metric.name] = kind(metric.name, metric.help, labels, registry=self.registry, **more)
        self.registry.register(Looking(self))

    def ended(self, tenant: str, record: Record) -> None:
        """A run has ended."""
        self._of(RUNS, tenant, record.action, record.status, record.effect).inc()
        self._of(DURATION, tenant, record.action, record.status).observe(record.duration_s)
        for (answer, again), number in record.steps.requests.items():
            self._of(REQUESTS, tenant, answer, str(again).lower()).inc(number)
        for reason, number in record.steps.waits.items():
            self._of(WAITS, tenant, reason).inc(number)
            self._of(WAITED, tenant, reason).inc(record.steps.waited_s[reason])

    def arrived(self, tenant: str, arrival: Arrival) -> None:
        """A delivery was kept."""
        at = datetime.fromisoformat(arrival.received_at)
        for each in arrival.occurrences:
            if each.moment is not None:
                delay_s = (at - datetime.fromisoformat(each.moment)).total_seconds()
                self._of(DELAY, tenant, each.event).observe(max(0.0, delay_s))

    def answered(self, request: Current, status: int, seconds: float) -> None:
        """A request was answered."""
        self._of(ANSWERED, request.tenant, request.operation, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of them in Prometheus' text format. Reads files: not for the event loop."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)

    def families(self) -> Iterable[Any]:
        """What is looked up now, as the client library has it."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        sums: dict[Metric, dict[tuple[str, ...], float]] = {}
        for metric, tenant, values, number in self.look():
            known, key = sums.setdefault(metric, {}), self._values(metric, tenant, values)
            known[key] = known.get(key, 0.0) + number
        for metric, rows in sums.items():
            family = (CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily)(
                metric.name, metric.help, labels=self._labels(metric)
            )
            for key, number in rows.items():
                family.add_metric(key, number)
            yield family

    def _of(self, metric: Metric, tenant: str, *values: str) -> Any:
        key = self._values(metric, tenant, values)
        return self._kept[metric.name].labels(*key)

    def _labels(self, metric: Metric) -> tuple[str, ...]:
        return self._values(metric, "tenant", metric.labels)

    def _values(self, metric: Metric, tenant: str, values: tuple[str, ...]) -> tuple[str, ...]:
        return (*values, tenant) if self._by_tenant and metric.of_tenants else values


class Looking:
    """Asked by the client library whenever the metrics are asked for."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Any]:
        """What is looked up now."""
        return self._metrics.families()

    def describe(self) -> Iterable[Any]:
        """Nothing: then nothing is looked up to register it."""
        return ()
