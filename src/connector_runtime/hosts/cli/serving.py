"""An application served until somebody stops the command."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 5.0
"""For how long a connection may say nothing whole: who is silent holds no place for others."""

MOST_CONNECTIONS = 1000
"""Connections at once; more are told to come again."""


MADE_BETWEEN = 10_000
"""Objects made before Python looks for those that only each other keeps: what a request makes ends by itself."""


class Impatient(H11Protocol):
    """HTTP for whoever says what he wants: a connection that sends no whole head is closed."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._heard()
        elif self._late is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._late = asyncio.get_running_loop().call_later(HEAD_S, self._give_up)

    def _heard(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections; port 0 takes a free one. Raises OSError."""
    opened = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so only for sockets it made itself
    return opened


def serve(
    app: Any,
    opened: socket.socket,
    announce: Callable[[], None],
    *,
    beside: Callable[[asyncio.Event], Coroutine[Any, Any, None]] | None = None,
    closing: Callable[[], Awaitable[None]] | None = None,
    **options: Any,
) -> None:
    """Serve an ASGI application until the process is told to stop. `announce` is called once it is served; `beside`
    runs meanwhile, until what it is given is set; `closing` is awaited when the last request has been answered; the
    other options are uvicorn's.
    """
    stopping = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if beside is not None:
                running.append(asyncio.create_task(beside(stopping)))
            announce()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            stopping.set()
            await super().shutdown(sockets)
            await asyncio.gather(*running)
            if closing is not None:
                await closing()

    _collect_seldom()
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: None)  # uvicorn stops cleanly, then raises the signal again: that was all
    Server(_config(app, options)).run(sockets=[opened])


async def served_beside(app: Any, opened: socket.socket, stopping: asyncio.Event, **options: Any) -> None:
    """Serve another application in the same process, until told to stop."""

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield  # they are for the one that it stands beside

    server = Server(_config(app, options))
    running = asyncio.create_task(server.serve(sockets=[opened]))
    await stopping.wait()
    server.should_exit = True
    await running


def _collect_seldom() -> None:
    """What is loaded by now stays, and is not looked through again and again while somebody waits for an answer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN)


def _config(app: Any, options: dict[str, Any]) -> uvicorn.Config:
    limits: dict[str, Any] = {"limit_concurrency": MOST_CONNECTIONS, "timeout_graceful_shutdown": round(HEAD_S)}
    return uvicorn.Config(app, log_level="warning", lifespan="off", http=Impatient, **{**limits, **options})


def shown(host: str, opened: socket.socket) -> str:
    """Where a socket listens, as an address."""
    return f"http://{f'[{host}]' if ':' in host else host}:{opened.getsockname()[1]}"
