"""Requests as they leave for one connection, answers as they come back, and what their absence means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import httpx

from connector_runtime.errors import Unreachable
from connector_runtime.transport.connection import Connection, Patience
from connector_runtime.transport.content import DECODED, beginning, read
from connector_runtime.transport.why import why
from connector_runtime.values import Request, Response

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
"""Failures in which no byte of the request has left."""

UNUSABLE = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)
"""An address or a header that cannot be written. Their words may repeat it, credentials included."""

NOTHING = httpx.ByteStream(b"")

SPOILT = "one of the connection's headers has a character that no header may have"

HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:([!-~]([\t -~]*[!-~])?)?")
"""A header that can be sent as it is: RFC 9110, sections 5.1 and 5.5, in ASCII."""


class Door:
    """Sends a Request, once, and returns its Response. Raises Unreachable; see `open_transport`."""

    def __init__(
        self,
        connection: Connection,
        user_agent: str,
        engine: httpx.AsyncBaseTransport,
        *,
        most: int | None = None,
        whom: str = "the platform",
    ) -> None:
        base = address(connection.base_url)
        own = connection.headers if most is None else {"accept-encoding": "identity", **connection.headers}
        self._base = str(base).rstrip("/")
        # Made once: httpx checks every part of headers, which costs more than copying them.
        self._heads = {"": Heads(headers_of(base, user_agent, own))}
        self._engine, self._most, self._whom = engine, most, whom

    async def send(self, request: Request, authorization: str = "") -> Response:
        """Answer one request, sent with this for its Authorization where there is one."""
        try:
            written = self._written(request, self._heads.get(authorization) or self._authorized(authorization))
        except UNUSABLE:
            raise unusable("its address is too long, or none") from None
        try:
            answer = await self._engine.handle_async_request(written)
            stream = answer.stream
            assert isinstance(stream, httpx.AsyncByteStream)
            try:
                headers = by_name(answer.headers.raw)
                whole = read(headers, stream) if self._most is None else beginning(stream, self._most)
                return Response(answer.status_code, headers, await whole)
            finally:
                await stream.aclose()
        except NEVER_SENT as wrong:
            raise Unreachable(f"{self._whom} could not be reached ({why(wrong)})") from wrong
        except httpx.HTTPError as wrong:
            raise Unreachable(f"{self._whom} did not answer ({why(wrong)})", effect="unknown") from wrong

    def _authorized(self, authorization: str) -> Heads:
        """The heads with that Authorization; the latest are kept, as a token is used for many requests."""
        own = headers_with(self._heads[""].bare, {"authorization": authorization})
        self._heads = {"": self._heads[""], authorization: Heads(own)}
        return self._heads[authorization]

    def _written(self, request: Request, heads: Heads) -> httpx.Request:
        path, _, _ = request.path.lstrip("/").partition("#")
        url = f"{self._base}/{path}"
        if query := urlencode(request.query, doseq=True):
            url = f"{url}{'&' if '?' in path else '?'}{query}"
        if request.form is not None:
            form = httpx.ByteStream(urlencode(request.form).encode())
            return httpx.Request(request.method, _url(url), headers=heads.form, stream=form)
        if request.content is not None:
            own = headers_with(heads.typed, request.headers)
            return httpx.Request(request.method, _url(url), headers=own, stream=httpx.ByteStream(request.content))
        if request.body is None:
            return httpx.Request(request.method, _url(url), headers=heads.bare, stream=NOTHING)
        body = httpx.ByteStream(json.dumps(request.body).encode())
        return httpx.Request(request.method, _url(url), headers=heads.typed, stream=body)


class Heads:
    """What the requests of a connection say of themselves, by what they carry."""

    def __init__(self, bare: httpx.Headers) -> None:
        self.bare = bare
        self.typed = httpx.Headers([*bare.raw, (b"content-type", b"application/json")])
        self.form = httpx.Headers([*bare.raw, (b"content-type", b"application/x-www-form-urlencoded")])


class Inside(httpx.AsyncBaseTransport):
    """An application in process, told the length of what it is sent as a server would be.

    What goes wrong in it is answered as a server would, with 500; but a ConnectionError is its way to hang up.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application. Raises httpx.ReadError when it hangs up."""
        if request.method != "GET":
            request.headers["content-length"] = str(len(await request.aread()))
        hung_up: list[ConnectionError] = []

        async def listening(*call: Any) -> None:
            try:
                await self._app(*call)
            except ConnectionError as wrong:
                hung_up.append(wrong)
                raise

        response = await httpx.ASGITransport(listening, raise_app_exceptions=False).handle_async_request(request)
        if hung_up:
            raise httpx.ReadError(str(hung_up[0]))
        return response


def engine_for(connection: Connection, patience: Patience) -> httpx.AsyncBaseTransport:
    """What carries a connection's requests. The network's engine is loaded only for a real address."""
    base = address(connection.base_url)
    if connection.app is not None:
        return Inside(connection.app)
    from connector_runtime.transport.engine import Engine

    return Engine(secure=base.scheme == "https", patience=patience, resolver=connection.resolver)


def address(base_url: str) -> httpx.URL:
    """A connection's address. Raises Unreachable when it is none."""
    try:
        url = httpx.URL(base_url)
        host, port = url.host.encode("idna"), url.port  # as a name is looked up
    except UNUSABLE:
        raise unusable("the connection's address is none") from None
    sound = url.scheme in ("http", "https") and host and (port is None or 0 < port < 2**16)
    if not sound or url.userinfo or url.query or url.fragment:
        raise unusable("the connection's address must be like https://acme.example.com, with nothing more")
    return url


def headers_of(base: httpx.URL, user_agent: str, own: Mapping[str, str]) -> httpx.Headers:
    """What every request of a connection says. Raises Unreachable for what cannot be sent."""
    said = {
        "host": base.netloc.decode(),
        "accept": "application/json",
        "accept-encoding": ", ".join(DECODED),
        "user-agent": user_agent,
    }
    return headers_with(httpx.Headers(), said | {name.lower(): value for name, value in own.items()})


def headers_with(headers: httpx.Headers, more: Mapping[str, str]) -> httpx.Headers:
    """These and more, which win. Raises Unreachable for what cannot be sent."""
    headers = headers.copy()
    try:
        headers.update(more)
    except UnicodeError:
        raise unusable(SPOILT) from None
    if not all(HEADER.fullmatch(b"%b:%b" % header) for header in headers.raw):
        raise unusable(SPOILT)
    return headers


def unusable(why: str) -> Unreachable:
    """Nothing was sent, because it cannot be; the words name no part of it."""
    return Unreachable(f"the request cannot be written: {why}", code="unusable_request")


def by_name(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers with lower-case names; what came twice is joined by a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_url = lru_cache(maxsize=256)(httpx.URL)
"""Parsing an address takes longer than all else that is done to a request."""
