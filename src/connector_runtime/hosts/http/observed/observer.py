"""Who hears of requests, runs and deliveries, and passes them on to what is switched on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.observed import logs
from connector_runtime.hosts.http.observed.current import Current, current, note
from connector_runtime.record import Record
from connector_runtime.store.arrivals import Arrival

if TYPE_CHECKING:
    from connector_runtime.hosts.http.observed.metrics import Metrics
    from connector_runtime.hosts.http.observed.spans import Spans

logger = logging.getLogger("connector_runtime")

T = TypeVar("T")


def switched_on(
    connector: Connector, program: str, *, traces: str | None = None, metrics: bool = False, by_tenant: bool = False
) -> Observer:
    """What hears of a host. `traces`: the collector that spans are sent to; `by_tenant`: metrics are told for each
    tenant. Raises InvalidInput for a collector's address that is none, and where the extra is not installed.
    """
    spans = counted = None
    if metrics:
        from connector_runtime.hosts.http.observed.metrics import Metrics

        counted = Metrics(by_tenant=by_tenant)
    if traces is not None:
        from connector_runtime.hosts.http.observed.spans import Spans, batched

        spans = Spans(connector, program, batched(traces))
    return Observer(spans=spans, metrics=counted)


class Observer:
    """Nothing that it does stops those whom it hears of."""

    def __init__(self, *, spans: Spans | None = None, metrics: Metrics | None = None) -> None:
        self.spans, self.metrics = spans, metrics

    def kept(self, tenant: str, record: Record) -> None:
        """A run's record was kept."""
        note(run_id=record.run_id)
        if record.status == "running":
            return
        if self.spans is not None:
            _tried(lambda spans: spans.ended(tenant, record, current()), self.spans)
        if self.metrics is not None:
            _tried(lambda metrics: metrics.ended(tenant, record), self.metrics)

    def arrived(self, tenant: str, arrival: Arrival) -> None:
        """A delivery was kept."""
        if self.metrics is not None:
            _tried(lambda metrics: metrics.arrived(tenant, arrival), self.metrics)

    def answered(self, request: Current, status: int, seconds: float) -> None:
        """A request was answered."""
        if request.operation != "health" or status >= 400:
            logs.answered(request, status, seconds)
        if self.metrics is not None:
            _tried(lambda metrics: metrics.answered(request, status, seconds), self.metrics)

    def close(self) -> None:
        """Send what is still to be sent; may take seconds."""
        if self.spans is not None:
            self.spans.close()


def _tried(told: Callable[[T], None], listener: T) -> None:
    try:
        told(listener)
    except Exception as wrong:
        logger.error("something was not observed", exc_info=wrong)
