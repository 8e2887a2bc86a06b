"""The ASGI application.

Written directly on ASGI: the stand-in needs a table of routes, a body and a reply, and importing a framework for it
would double the time a command needs to start.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from docebo_connect.sandbox.exchange import Exchange, Reply, no_such_route
from docebo_connect.sandbox.parameters import Query
from docebo_connect.sandbox.refusals import OAuthRefusal, Refusal
from docebo_connect.sandbox.routes import find, methods_of
from docebo_connect.sandbox.tokens import bearer
from docebo_connect.sandbox.webhooks import Announcements

if TYPE_CHECKING:
    from docebo_connect.sandbox.sites import Site

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 8 * 1024 * 1024  # bytes; a thousand users fit many times over


class Application:
    """Answers HTTP requests from the site's world."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"the sandbox speaks HTTP, not {scope['type']}")
        try:
            body = await _body(receive)
        except ConnectionAbortedError:  # half a request must not be carried out
            return
        # The handler runs in the event loop: it is a short SQLite transaction, shorter than a hop to a thread.
        reply = (
            self._reply(scope, body) if body is not None else _refused(Refusal(413, "The request body is too large."))
        )
        await _send(reply, scope, send)
        self._site.courier.wake()  # only now: the platform announces after it has answered

    def _reply(self, scope: Message, body: bytes) -> Reply:
        try:
            return self._handle(scope, body)
        except Refusal as refusal:
            return _refused(refusal)
        except OAuthRefusal as refusal:
            return Reply(refusal.status, refusal.content, {"cache-control": "no-store", **refusal.headers})

    def _handle(self, scope: Message, body: bytes) -> Reply:
        site, method, path = self._site, scope["method"], scope["path"]
        found = find(method, path, site.without)
        if found is None:
            return _no_route(path, site.without)
        route, segments = found
        # Asking for a cursor keeps the search, so this one kind of GET writes.
        writes = route.writes or b"get_cursor" in scope["query_string"]
        with site.store.transaction(write=writes):
            exchange = Exchange(
                store=site.store,
                method=method,
                path=path,
                segments=segments,
                query=Query(scope["query_string"].decode("latin-1")),
                headers={key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]},
                body=body,
                announcements=Announcements(site.store, site.host),
                without=site.without,
                host=site.host,
            )
            if route.needs_token:
                exchange.user = bearer(exchange)
            reply = route.handler(exchange)
            exchange.announcements.write()
            return reply


def _refused(refusal: Refusal) -> Reply:
    return Reply(refusal.status, refusal.content(), refusal.headers)


def _no_route(path: str, without: frozenset[str]) -> Reply:
    allowed = methods_of(path, without)
    if not allowed:
        return no_such_route()
    names = ", ".join(allowed)
    message = f"Method Not Allowed. This URL can only handle the following request methods: {names}."
    return _refused(Refusal(405, message, headers={"allow": names}))


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large; what is too large is read to its end all the same.

    Raises ConnectionAbortedError where the client left before the end.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
    return b"".join(chunks) if size <= LARGEST_BODY else None


async def _send(reply: Reply, scope: Message, send: Send) -> None:
    if reply.content is None:
        kind, body = None, b""
    elif isinstance(reply.content, str):
        kind, body = "text/html; charset=utf-8", reply.content.encode("utf-8")
    else:
        kind, body = "application/json", json.dumps(reply.content, separators=(",", ":")).encode("ascii")
    headers = {"content-length": str(len(body)), **reply.headers}
    if kind is not None:
        headers["content-type"] = kind
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _lifespan(receive: Receive, send: Send) -> None:
    """Servers announce start and end; the site is opened and closed by whoever made it."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
