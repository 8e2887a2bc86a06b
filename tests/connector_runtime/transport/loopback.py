"""A platform on loopback that serves what a test tells it to, and a look at every byte that arrives."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext

from connector_runtime.transport import Connection, Patience, Resolver, open_transport
from connector_runtime.transport.opening import PATIENCE
from connector_runtime.values import Request, Response

CANARY = "canary-7f3a9b"
Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Answers one request. The connection is kept unless this closes it."""


@asynccontextmanager
async def platform(serve: Serve, ssl: SSLContext | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server on loopback: its address, and every request that arrived, to the byte."""
    arrived: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                _, named, length = head.lower().partition(b"\r\ncontent-length:")
                size = int(length.split(b"\r\n")[0]) if named else 0
                arrived.append(head + await reader.readexactly(size))
                await serve(arrived[-1], writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever connected has left again
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=ssl)
    async with server:
        yield f"http{'s' if ssl else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}", arrived


def answering(*lines: str, body: bytes = b"{}") -> Serve:
    """Say this, and keep the connection."""

    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])
        writer.write(head.encode() + body)
        await writer.drain()

    return serve


def saying(*lines: str, body: bytes = b"{}") -> Serve:
    """Say this, and close the connection."""
    answer = answering(*lines, "connection: close", body=body)

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        await answer(request, writer)
        writer.close()

    return serve


async def silent(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Cut the connection after the request."""
    writer.close()


async def half(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Cut the connection in the middle of the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()


async def mute(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Take the request, keep the connection, and say nothing."""


class Crowd:
    """Serves like another, counts the connections that it is called over, and tells when so many calls are in."""

    def __init__(self, serve: Serve, size: int = 0) -> None:
        self.connections: set[object] = set()
        self.gathered = asyncio.Event()
        self._serve = serve
        self._missing = size

    async def __call__(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer.get_extra_info("peername"))
        self._missing -= 1
        if self._missing == 0:
            self.gathered.set()
        await self._serve(request, writer)


def nobody() -> str:
    """An address on loopback at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def connection(url: str, resolver: Resolver | None = None, **headers: str) -> Connection:
    return Connection("here", url, {"Authorization": f"Bearer {CANARY}", **headers}, resolver=resolver)


async def sent(url: str, request: Request, patience: Patience = PATIENCE, resolver: Resolver | None = None) -> Response:
    """Send one request through a door of its own."""
    async with open_transport(connection(url, resolver), "tests/1", patience) as send:
        response: Response = await send(request)
        return response
