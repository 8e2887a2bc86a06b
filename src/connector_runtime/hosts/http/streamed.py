"""Answers that are given for long: each has a place among its tenant's, as long as it is being given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from connector_runtime.hosts.http.home import Home

LIVE = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Streamed(StreamingResponse):
    """Keeps its place until it has been given, or cannot be given any more."""

    def __init__(self, content: AsyncIterator[bytes | str], place: ExitStack, **how: Any) -> None:
        super().__init__(content, **how)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


def live(home: Home, messages: AsyncIterator[bytes | str]) -> Streamed:
    """Server-sent events. Raises Declined where no place is free."""
    with ExitStack() as place:
        place.enter_context(home.place())
        return Streamed(messages, place.pop_all(), media_type="text/event-stream", headers=LIVE)
