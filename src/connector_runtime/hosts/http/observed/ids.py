"""The ids of traces and spans: a trace that begins with a request has the id that the request's log lines have."""

from __future__ import annotations

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator


class Ids(RandomIdGenerator):
    """Random ones, unless a trace's `next` was decided before."""

    next: int | None = None

    def generate_trace_id(self) -> int:
        """The id of a trace that begins."""
        known, self.next = self.next, None
        return super().generate_trace_id() if known is None else known
