"""A connection, and how it is opened. Cheap to import: what carries the requests is loaded when one is opened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector_runtime.values import Send

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port in, the IP addresses that may be connected to out. Raises, in words for the user, to refuse."""


@dataclass(frozen=True)
class Connection:
    """Where requests go. `headers` carry the credentials; `app` is an ASGI application to call in process.

    With a `resolver`, no address is connected to but those it gives. TLS verifies the host's name all the same.
    """

    name: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    app: Any = field(default=None, repr=False)
    resolver: Resolver | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """Seconds until a phase of a request has taken too long. Nothing was sent in the first two."""

    connect_s: float = 10
    """To reach an address, TLS included."""
    queue_s: float = 60
    """To have a connection at all: waiting for a free one, finding the address, connecting."""
    read_s: float = 60
    """Of silence while an answer is awaited."""
    whole_s: float = 300
    """For everything together: a platform that takes a request's bytes, or gives its own, too slowly."""


PATIENCE = Patience()


@asynccontextmanager
async def open_transport(connection: Connection, user_agent: str, patience: Patience = PATIENCE) -> AsyncIterator[Send]:
    """A door to one platform, open as long as the block runs.

    What it gives sends a Request, once, and returns its Response, whatever the status. Raises Unreachable when
    there is no answer; its effect is `none` when nothing was sent, and `unknown` otherwise. Raises
    UnexpectedOutput when the answer is too large.
    """
    from connector_runtime.transport.door import Door, engine_for

    async with engine_for(connection, patience) as engine:
        yield Door(connection, user_agent, engine).send
