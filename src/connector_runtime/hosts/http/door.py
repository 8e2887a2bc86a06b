"""What every request passes, whatever it asks for: nothing large or slow comes in, and nothing unguarded goes out."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector_runtime.hosts.http.problems import Declined

LARGEST = 2 * 1024 * 1024
"""Bytes of a body; the API and the webhooks take less."""

SLOWEST_S = 15.0
"""For how long a body may take to arrive; the API and the webhooks are less patient."""

SECURE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer says to a browser, unless it says so otherwise itself."""


class Door:
    """Stands before all routes. `url` is the address that others know the host by; without one, it is what they ask."""

    def __init__(self, app: ASGIApp, url: str | None = None) -> None:
        self._app, self._known = app, None if url is None else urlsplit(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, and its answer out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                body.answered = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURE.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(self._addressed(scope), body, answer)

    def _addressed(self, scope: Scope) -> Scope:
        """The request as if it had been sent to the known address: links that are told lead there."""
        if self._known is None:
            return scope
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        return {
            **scope,
            "scheme": self._known.scheme,
            "headers": [*headers, (b"host", self._known.netloc.encode())],
        }


class Body:
    """A request's body as it arrives. Raises Declined where it is too large, or takes too long."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._until: float | None = None
        self._size = 0
        self._whole = False
        self.answered = False
        """Nobody can be told any more."""

    async def __call__(self) -> Message:
        """The next part of it; afterwards, whether whoever asks has gone."""
        if self._whole or self.answered:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._until = loop.time() + SLOWEST_S if self._until is None else self._until
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Declined("too_slow", "the body took too long to arrive", headers=LAST) from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > LARGEST:
            fix = f"Send at most {LARGEST:,} bytes."
            raise Declined("too_large", "the body is too large", fix, headers=LAST)
        return message


LAST = {"connection": "close"}
"""Where not all was read of what is being sent."""
