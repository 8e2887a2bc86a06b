"""How a platform is connected: drafted, let in, and only then kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connector_runtime.connections import guarded
from connector_runtime.connections.access import SignIn
from connector_runtime.definition import Connector
from connector_runtime.hosts.connected import agent_of
from connector_runtime.transport import Connection, open_transport

if TYPE_CHECKING:
    from connector_runtime.connections.grants import Code
    from connector_runtime.connections.kept import Kept
    from connector_runtime.connections.safe import Safe


async def connect(connector: Connector, safe: Safe, kept: Kept, code: Code | None = None) -> Kept:
    """Get a drafted connection its first tokens, and keep it. Raises what the platform says against it; then nothing is
    kept. `code`: what a person's consent brought, where the way to connect needs one.
    """
    safe.check_free(kept.name)
    connection = guarded(Connection(kept.name, kept.base_url))
    async with open_transport(connection, agent_of(connector)) as send:
        tokens = await SignIn(connector.identity, send, None).first(kept, code)
    return safe.add(replace(kept, tokens=tokens))
