"""Where Prometheus asks for the metrics."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector_runtime.hosts.http.observed.metrics import Metrics

TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format"""


def scraped(metrics: Metrics) -> Starlette:
    """The application: /metrics, and nothing else."""

    async def told(request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.text), media_type=TEXT, headers={"cache-control": "no-store"})

    return Starlette(routes=[Route("/metrics", told)])
