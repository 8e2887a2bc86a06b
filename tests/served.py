"""The sandbox on loopback, in a thread of this process, with a note of every request."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from docebo_connect.sandbox.sites import Site


class Noting:
    """An application, and the paths of the requests that arrived; of those by POST once more."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.paths: list[str] = []
        self.posted: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        if scope["method"] == "POST":
            self.posted.append(scope["path"])
        await self._app(scope, receive, send)


@contextmanager
def served(site: Site) -> Iterator[tuple[str, Noting]]:
    """The address of a site, and what arrives there."""
    noting = Noting(site.app)
    with serving(noting) as address:
        yield address, noting


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of an application on loopback."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
