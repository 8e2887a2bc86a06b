"""An application served until somebody stops the command."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvicorn


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

    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: None)  # uvicorn stops cleanly, then raises the signal again: that was all
    Server(uvicorn.Config(app, log_level="warning", lifespan="off", **options)).run(sockets=[opened])
