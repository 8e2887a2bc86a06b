"""The application as it is observed: each request with its trace, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from connector_runtime.hosts.http.observed.current import asked, being
from connector_runtime.hosts.http.observed.observer import Observer

PLACES: Mapping[str, str] = {"/hooks": "webhook", "/static": "static", "/livez": "health", "/readyz": "health"}
"""What is asked for where no operation says so, by the beginning of the path."""


class Front:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self._app, self._observer = app, observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and tell the observer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parents = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
        answer = Answer(send)
        began = time.perf_counter()
        with being(asked(parents)) as request:
            try:
                await self._app(scope, receive, answer)
            finally:
                request.operation = request.operation or _place(scope["path"], answer.status)
                self._observer.answered(request, answer.status, time.perf_counter() - began)


class Answer:
    """Passes an answer on, and knows its status: 500 where none was given."""

    def __init__(self, send: Callable[[Any], Awaitable[None]]) -> None:
        self._send = send
        self.status = 500

    async def __call__(self, message: Any) -> None:
        """Pass a part of it on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _place(path: str, status: int) -> str:
    """What was asked for. A path that nothing is at is nobody's."""
    for beginning, place in PLACES.items():
        if path == beginning or path.startswith(f"{beginning}/"):
            return place
    return "other" if status in (404, 405) or path.startswith("/v1/") else "page"
