"""A connection: where requests go, and how long they may take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector_runtime.definition.connection import Window

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port in, the IP addresses that may be connected to out. Raises, in words for the user, to refuse: a
ConnectorError is told as it is, anything else as Unreachable."""


@dataclass(frozen=True)
class Connection:
    """Where requests go. `headers` carry the credentials; `app` is an ASGI application to call in process.

    With a `resolver`, no address is connected to but those it gives. TLS verifies the host's name all the same. A
    session gives one to a connection that brings none: public addresses only, over https, or loopback.

    `allow_assumed` names the actions that may change this platform although their endpoint is only assumed. `limits`
    say how many calls it takes; None leaves that to the connector, which sets none for what stays on this machine.
    """

    name: str
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    app: Any = field(default=None, repr=False)
    resolver: Resolver | None = field(default=None, repr=False)
    allow_assumed: frozenset[str] = frozenset()
    limits: Sequence[Window] | None = None


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
