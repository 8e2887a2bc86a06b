"""A visit: one request of a browser that is let in, and what it is answered with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, Caller, Scope, digest, is_still_let_in, now_utc
from connector_runtime.hosts.http.pages.drawing import Drawing
from connector_runtime.hosts.http.pages.names import Names
from connector_runtime.hosts.http.pages.patience import Late, Patience
from connector_runtime.hosts.http.problems import Declined

T = TypeVar("T")

Answer = Callable[["Visit"], Awaitable[Response]]

Again = Callable[["Visit", Declined], Awaitable[Response]]
"""How what was sent comes back, where it is not looked at."""

Page = tuple[str, str, Scope, Answer]
"""Method, path, and what it needs a key for, besides to read."""


@dataclass(frozen=True)
class Means:
    """What all visits share."""

    host: Host
    drawing: Drawing
    patience: Patience = field(default_factory=Patience)
    names: Names = field(default_factory=Names)


class Visit:
    """One request of a browser that is let in, and how it is answered."""

    def __init__(self, means: Means, request: Request, who: Caller) -> None:
        self.means, self.request, self.caller = means, request, who
        self.looks = request.method == "GET"
        """Whether nothing is to be changed: that is not noted in the audit."""

    @property
    def home(self) -> Home:
        """What the visitor's tenant has."""
        return self.means.host.home(self.caller)

    @property
    def is_let_in(self) -> bool:
        """Whether the browser is let in still: what is given for long may outlast that."""
        return is_still_let_in(self.means.host.tenants, self.caller, self.request.cookies.get(COOKIE, ""), now_utc())

    async def waits(self, key: tuple[Any, ...], read: Callable[[], Awaitable[T]], *, asked: bool = False) -> T:
        """What is read from a platform for the visitor's tenant, in its turn, if it comes before the page must be
        shown; `asked`: somebody waits for just this. Raises Late, and what `read` raises.
        """
        name = digest(repr(key))  # there may be a whole form in it
        return await self.means.patience.wait(
            (self.caller.tenant, name), partial(_in_turn, self.home, read), asked=asked
        )

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        return self.means.drawing.page(template, self.caller, status, here=self.request.url.path, **facts)


async def _in_turn(home: Home, read: Callable[[], Awaitable[T]]) -> T:
    """What is read when its turn has come. Raises Late where too many wait for theirs, or the host is told to stop."""
    stopping = asyncio.create_task(home.stopping.wait())
    try:
        async with home.turn():
            reading = asyncio.ensure_future(read())
            await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():  # nobody sees it any more
                reading.cancel()
                await asyncio.wait({reading})
                raise Late
            return await reading
    except Declined as wrong:
        raise Late from wrong
    finally:
        stopping.cancel()
