"""Room three: the only door to the network. Nothing else imports httpx.

A connection says where requests go and with which credentials; those are added here and are part of no
request, record or error.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from connector_runtime.errors import Unreachable
from connector_runtime.values import Request, Response, Send

TIMEOUT = httpx.Timeout(60, connect=10)
"""Seconds: 10 to connect, 60 for each of writing, reading and waiting for a free connection."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Failures in which no byte of the request has left."""

UNUSABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)
"""An address or a header that cannot be written. Their words may repeat it, credentials included."""


@dataclass(frozen=True)
class Connection:
    """Where requests go. `headers` carry the credentials; `app` is an ASGI application to call in process."""

    name: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    app: Any = field(default=None, repr=False)


@asynccontextmanager
async def open_transport(connection: Connection, user_agent: str) -> AsyncIterator[Send]:
    """A door to one platform, open as long as the block runs.

    What it gives sends a Request and returns its Response, whatever the status. Raises Unreachable when there
    is no answer; its effect is `none` when nothing was sent, and `unknown` otherwise.
    """
    inside = httpx.ASGITransport(connection.app, raise_app_exceptions=False) if connection.app is not None else None
    headers = {"accept": "application/json", "user-agent": user_agent, **connection.headers}
    try:
        opening = httpx.AsyncClient(
            base_url=connection.base_url, headers=headers, transport=inside, timeout=TIMEOUT, follow_redirects=False
        )
    except UNUSABLE as wrong:
        raise _unusable(wrong) from None
    async with opening as client:
        yield partial(_answer, client)


async def _answer(client: httpx.AsyncClient, request: Request) -> Response:
    body = None if request.body is None else json.dumps(request.body).encode()
    try:
        answer = await client.request(
            request.method,
            request.path,
            params=dict(request.query) or None,
            content=body,
            headers=None if body is None else {"content-type": "application/json"},
        )
    except UNUSABLE as wrong:
        raise _unusable(wrong) from None
    except NEVER_SENT as wrong:
        raise Unreachable(f"the platform could not be reached ({_words(wrong)})") from wrong
    except httpx.HTTPError as wrong:
        raise Unreachable(f"the platform did not answer ({_words(wrong)})", effect="unknown") from wrong
    return Response(answer.status_code, dict(answer.headers), answer.content)


def _unusable(wrong: Exception) -> Unreachable:
    return Unreachable(
        f"the request cannot be written ({type(wrong).__name__})",
        code="unusable_request",
        fix="Check the connection's address and credentials, and shorten long lists.",
    )


def _words(wrong: Exception) -> str:
    return f"{type(wrong).__name__}: {wrong}" if str(wrong) else type(wrong).__name__
