"""A run as OpenTelemetry's spans, made from its record when it has ended:

    run                  the action
      attempt            as often as it was begun
        page             of an action that has pages
          request        to the platform and back
          refresh        access was renewed
          wait           for the platform's limits, or for a better moment

They have no value of an input or an output: of a path, only what the definition says of it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connector_runtime.connections.extra import extra
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.observed.current import SAMPLED, Current
from connector_runtime.record import Record
from connector_runtime.steps import Step
from connector_runtime.values import Problem

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

PATIENCE_S = 5
"""For how long a collector may take for one batch."""

SPANS = {
    "run": "the action: `connector.action`, `.version`, `.tenant`, `.connection`, `.run_id`, `.status`, `.effect`, "
    "`.requests`; where it is so `.recovered`, `.already`; of a read of all pages `.pages`, `.records`; "
    "`.steps_left_out`, and `error.type`, an error's code",
    "attempt": "`connector.attempt`, from 1",
    "page": "of an action with pages: `connector.page`, from 1, as they were asked for",
    "request": "`http.request.method`, `http.response.status_code`, `http.request.resend_count`, `url.template`, "
    "`error.type` (`none` where no answer came)",
    "refresh": "access was renewed, by this run or while it waited",
    "wait": "`connector.reason`: `limit` or `retry`",
}
"""The spans by name, and their attributes."""

NAMES = {"request": "request", "renewal": "refresh", "limit": "wait", "retry": "wait"}


class Spans:
    """Makes the spans of runs. `processor` takes them."""

    def __init__(self, connector: Connector, program: str, processor: SpanProcessor) -> None:
        with extra("observe"):
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider

            from connector_runtime.hosts.http.observed.ids import Ids
        identity = connector.identity
        told = Resource.create({"service.name": program, "service.version": identity.version})
        self._ids = Ids()
        self._provider = TracerProvider(resource=told, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("connector_runtime", identity.version)
        self._actions = {key: (each.paging is not None, _form(each)) for key, each in connector.declared.items()}

    def ended(self, tenant: str, record: Record, request: Current | None) -> None:
        """Tell a run that has ended now, as a part of the request's trace."""
        ends = time.time()
        steps = sorted(record.steps, key=lambda step: step.began_at)
        begins = min([ends - record.duration_s, *(step.began_at for step in steps)])
        root = self._begun("run", self._parent(request), begins, _told(tenant, record))
        if root.is_recording():
            self._attempts(root, record, steps)
        if record.error is not None:
            _failed(root, str(record.error["code"]))
        root.end(_ns(ends))

    def close(self) -> None:
        """Send what is still to be sent; may take seconds."""
        self._provider.shutdown()

    def _parent(self, request: Current | None) -> Context:
        from opentelemetry import trace
        from opentelemetry.context import Context

        if request is None:
            return Context()
        if not request.parent_id:
            self._ids.next = int(request.trace_id, 16)
            return Context()
        flags = trace.TraceFlags(SAMPLED if request.sampled else 0)
        named = trace.SpanContext(int(request.trace_id, 16), int(request.parent_id, 16), True, flags)
        return trace.set_span_in_context(trace.NonRecordingSpan(named), Context())

    def _attempts(self, root: Span, record: Record, steps: list[Step]) -> None:
        paged, form = self._actions.get(record.action, (False, None))
        for number, attempt in _grouped(steps, "attempt"):
            above = self._begun("attempt", _under(root), attempt[0].began_at, {"connector.attempt": number})
            for page, own in _grouped(attempt, "page") if paged else [(0, attempt)]:
                told = {"connector.page": page}
                holder = self._begun("page", _under(above), own[0].began_at, told) if paged else above
                for step in own:
                    self._step(holder, step, form)
                if paged:
                    holder.end(_ns(_end(own)))
            above.end(_ns(_end(attempt)))

    def _step(self, above: Span, step: Step, form: Form | None) -> None:
        from opentelemetry.trace import SpanKind

        asks = step.kind == "request"
        told = _of_request(step, form) if asks else {} if step.kind == "renewal" else {"connector.reason": step.kind}
        kind = SpanKind.CLIENT if asks else SpanKind.INTERNAL
        span = self._begun(NAMES[step.kind], _under(above), step.began_at, told, kind)
        if asks and (step.status is None or step.status >= 400):
            _failed(span, str(step.status or "none"))
        span.end(_ns(step.began_at + step.seconds))

    def _begun(self, name: str, above: Context, at: float, told: dict[str, Any], kind: Any = None) -> Span:
        more = {} if kind is None else {"kind": kind}
        return self._tracer.start_span(name, above, attributes=told, start_time=_ns(at), **more)


Form = tuple[str, "re.Pattern[str]", str]
"""An action's method, what its path looks like, and that as it is declared."""


def batched(url: str) -> SpanProcessor:
    """What sends spans to a collector by OTLP over HTTP, many at once. Raises InvalidInput for no such address."""
    with extra("observe"):
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    return BatchSpanProcessor(OTLPSpanExporter(collector(url), timeout=PATIENCE_S))


def collector(url: str) -> str:
    """Where a collector takes traces: at /v1/traces, unless its address has a path. Raises InvalidInput for none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or parts.query:
        said = "write it as http://127.0.0.1:4318, with neither a user nor a query"
        fix = "What the collector wants to be shown stands in the variable OTEL_EXPORTER_OTLP_HEADERS."
        raise InvalidInput([Problem("traces", said, "Traces")], fix=fix)
    return url if parts.path.strip("/") else f"{url.rstrip('/')}/v1/traces"


def _told(tenant: str, record: Record) -> dict[str, Any]:
    told = {name: getattr(record, name) for name in ("action", "version", "connection", "run_id", "status", "effect")}
    told |= {"tenant": tenant, "requests": record.steps.requests.total()}
    told |= {name: True for name in ("recovered", "already") if getattr(record, name)}
    told |= record.counts or {}
    if record.steps.left_out:
        told["steps_left_out"] = record.steps.left_out
    return {f"connector.{name}": value for name, value in told.items()}


def _of_request(step: Step, form: Form | None) -> dict[str, Any]:
    told: dict[str, Any] = {"http.request.method": step.method}
    if step.status is not None:
        told["http.response.status_code"] = step.status
    if step.attempt > 1:
        told["http.request.resend_count"] = step.attempt - 1
    if form is not None and form[0] == step.method and form[1].fullmatch(step.path):
        told["url.template"] = form[2]
    return told


def _form(action: Any) -> Form:
    parts = re.split(r"\{[^}]*\}", action.request.path)
    return action.request.method, re.compile("[^/]*".join(map(re.escape, parts))), action.request.path


def _grouped(steps: Iterable[Step], name: str) -> Iterable[tuple[int, list[Step]]]:
    groups: dict[int, list[Step]] = {}
    for step in steps:
        groups.setdefault(getattr(step, name), []).append(step)
    return sorted(groups.items())


def _end(steps: Iterable[Step]) -> float:
    return max(step.began_at + step.seconds for step in steps)


def _failed(span: Span, code: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR))


def _under(span: Span) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace import set_span_in_context

    return set_span_in_context(span, Context())


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
