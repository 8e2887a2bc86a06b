"""A host whose requests and runs are observed, in process."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.host import Host, first_key
from connector_runtime.hosts.http.observed.front import Front
from connector_runtime.hosts.http.observed.logs import Form, logging_as
from connector_runtime.hosts.http.observed.metrics import Metrics
from connector_runtime.hosts.http.observed.observer import Observer
from connector_runtime.hosts.http.observed.spans import Spans
from connector_runtime.hosts.http.observed.standing import standing
from tests.connector_runtime.hosts.http.hosting import Hosted


class Seen:
    """What there is to see: the lines of the log, the spans, the metrics."""

    def __init__(self, connector: Connector, *, by_tenant: bool = False) -> None:
        self.log = io.StringIO()
        self._exporter = InMemorySpanExporter()
        spans = Spans(connector, "library", SimpleSpanProcessor(self._exporter))
        self.metrics = Metrics(by_tenant=by_tenant)
        self.observer = Observer(spans=spans, metrics=self.metrics)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, as they began."""
        spans = list(reversed(self._exporter.get_finished_spans()))  # those below end first
        spans.sort(key=lambda span: span.start_time or 0)
        return spans

    def forget(self) -> None:
        """Begin with the spans anew."""
        self._exporter.clear()

    @property
    def samples(self) -> list[str]:
        """The metrics' lines, without what is said of them."""
        return [line for line in self.metrics.text().decode().splitlines() if not line.startswith("#")]

    def everything(self) -> str:
        """All of it as one text."""
        spans = " ".join(span.to_json() for span in self.spans)
        return f"{self.log.getvalue()} {spans} {self.metrics.text().decode()}"


@asynccontextmanager
async def watched(
    connector: Connector, data_dir: Path, *, form: Form = "json", by_tenant: bool = False
) -> AsyncIterator[tuple[Hosted, Seen]]:
    """The host and what is seen of it."""
    seen = Seen(connector, by_tenant=by_tenant)
    host = Host(connector, data_dir, "library", local=True, observer=seen.observer)
    seen.metrics.look = lambda: standing(host)
    key = first_key(host.tenants)
    assert key is not None
    transport = httpx.ASGITransport(Front(application(host), seen.observer), raise_app_exceptions=False)
    with logging_as(form, seen.log):
        async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
            try:
                yield Hosted(host, client, key), seen
            finally:
                await host.close()
                seen.observer.close()
