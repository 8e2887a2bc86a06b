"""httpx's requests over aiohttp's connections: every byte that leaves for a real address leaves here.

Loaded only for such an address. Nothing is sent twice, no redirect is followed, no cookie is kept, and the
environment's proxies and .netrc are not read.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from functools import cache
from io import BytesIO
from ipaddress import ip_address
from ssl import SSLContext
from time import monotonic

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.helpers import is_ip_address
from yarl import URL

from connector_runtime.errors import ConnectorError
from connector_runtime.transport.connection import Patience, Resolver

CONNECTIONS = 32
"""Open at a time: as many calls as a host has in flight; more would only meet the platform's own limits sooner."""

IDLE_S = 4
"""Seconds that an unused connection is kept: less than the 5 after which many servers close theirs, so that a
change is not sent into a connection that is just being closed."""

LINE = 2**16
"""Bytes of one line of an answer's head; platforms send long cookies and policies."""

WINDOW = 2**18
"""Bytes of an answer that may wait to be read: a page of 200 rows fits, so that nobody stops and resumes its sender."""

ROOM = 2**22
"""Bytes that are asked for once and given back at once, untouched. glibc's allocator learns from it to keep blocks of
an answer's size at hand; else the system would have to provide and clear those of each answer."""

LARGE = 2**20
"""Bytes of a request above which aiohttp wants it as a file, to send it in parts."""

MEANINGS: tuple[tuple[type[Exception], type[httpx.TransportError], str], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, "there was no connection in time"),
    (aiohttp.ClientConnectorCertificateError, httpx.ConnectError, "its certificate cannot be trusted"),
    (aiohttp.ClientConnectorDNSError, httpx.ConnectError, "no address"),
    (aiohttp.ClientConnectorError, httpx.ConnectError, "no connection"),
    (aiohttp.InvalidURL, httpx.ConnectError, "its address is none"),
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout, "it stayed silent for too long"),
    (TimeoutError, httpx.ReadTimeout, "it took too long"),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError, "it hung up"),
    (aiohttp.ClientPayloadError, httpx.ReadError, "its answer is cut short"),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError, "its answer is no HTTP"),
    (Exception, httpx.ReadError, "the connection broke"),
)
"""What aiohttp raises, most special first, in httpx's types and our words: aiohttp's own repeat the whole address."""


class Engine(httpx.AsyncBaseTransport):
    """A pool of connections. Raises httpx.TransportError; its type says whether anything was sent.

    To be made where an event loop runs.
    """

    def __init__(self, *, secure: bool, patience: Patience, resolver: Resolver | None) -> None:
        bytes(ROOM)
        self._vetting = Vetting(resolver) if resolver else None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=CONNECTIONS,
                keepalive_timeout=IDLE_S,
                ssl=trust() if secure else True,
                resolver=self._vetting or aiohttp.ThreadedResolver(),
                use_dns_cache=resolver is None,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=patience.whole_s,
                connect=patience.queue_s,
                sock_connect=patience.connect_s,
                sock_read=patience.read_s,
            ),
            auto_decompress=False,
            read_bufsize=WINDOW,
            max_line_size=LINE,
            max_field_size=LINE,
        )
        # aiohttp would send a PUT or DELETE again when its connection breaks, and has no public word against it.
        self._session._retry_connection = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, once, and return its answer, the body yet to be read."""
        content = request.read()
        try:
            url = URL(str(request.url), encoded=True)
            if self._vetting is not None:
                await self._vetting.look_at(url.raw_host or "", url.port or 0)
            answer = await self._session.request(
                request.method,
                url,
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=BytesIO(content) if len(content) > LARGE else content or None,
                allow_redirects=False,
            )
            return httpx.Response(answer.status, headers=answer.raw_headers, stream=Body(answer))
        except (aiohttp.ClientError, OSError, ValueError) as wrong:
            failure: Exception = _in_our_words(wrong)
        except ConnectorError as refusal:  # the resolver's
            failure = refusal.with_traceback(None)
        raise failure  # out here, where it does not hold on to aiohttp's, which holds the credentials

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()


class Body(httpx.AsyncByteStream):
    """An answer's body as it arrives. Closing it gives the connection back, or ends it where something is left."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            if chunk := await self._answer.content.readany():
                return chunk
        except (aiohttp.ClientError, OSError) as wrong:
            failure = _in_our_words(wrong)
        else:
            raise StopAsyncIteration
        raise failure

    async def aclose(self) -> None:
        self._answer.release()


class Vetting(AbstractResolver):
    """A connection's resolver, as aiohttp asks it."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._allowed_until: dict[tuple[str, int], float] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses that may be connected to. Raises OSError in the resolver's words, or its ConnectorError."""
        try:
            addresses = [ip_address(address) for address in await self._resolver(host, port)]
        except ConnectorError:
            raise
        except Exception as refusal:
            raise OSError(str(refusal)) from refusal
        if not addresses:
            raise OSError("its name has none that may be used")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def look_at(self, host: str, port: int) -> None:
        """Ask about a host that is an address already; aiohttp would ask nobody. Raises httpx.ConnectError.

        What was allowed is not asked about again for as long as an unused connection is kept.
        """
        if self._allowed_until.get((host, port), 0) > monotonic():
            return
        try:
            address = str(ip_address(host))
        except ValueError:
            if is_ip_address(host):  # as aiohttp sees it, which then asks nobody
                raise httpx.ConnectError("no address: the one it names is in disguise") from None
        else:
            await self._ask_about(address, port)
        self._allowed_until[host, port] = monotonic() + IDLE_S

    async def _ask_about(self, address: str, port: int) -> None:
        try:
            allowed = [found["host"] for found in await self.resolve(address, port)]
        except OSError as refusal:
            raise httpx.ConnectError(f"no address: {refusal}") from refusal
        if address not in allowed:
            raise httpx.ConnectError("no address: the one it names may not be used")

    async def close(self) -> None:
        """The resolver is its owner's to close."""


@cache
def trust() -> SSLContext:
    """The authorities that may vouch for a platform: certifi's, or those that SSL_CERT_FILE or SSL_CERT_DIR name.

    Made once: reading them costs more than many a call.
    """
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _in_our_words(wrong: Exception) -> httpx.TransportError:
    meaning, words = next((meaning, words) for kind, meaning, words in MEANINGS if isinstance(wrong, kind))
    cause = getattr(wrong, "os_error", None) or getattr(wrong, "certificate_error", None)
    return meaning(f"{words}: {cause.strerror or cause}" if cause else words)
