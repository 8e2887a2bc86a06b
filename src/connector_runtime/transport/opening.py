"""How a connection is opened. Cheap to import: what carries the requests is loaded when one is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connector_runtime.transport.connection import Connection, Patience
from connector_runtime.values import Send

PATIENCE = Patience()


@asynccontextmanager
async def open_transport(
    connection: Connection,
    user_agent: str,
    patience: Patience = PATIENCE,
    *,
    most: int | None = None,
    whom: str = "the platform",
) -> AsyncIterator[Send]:
    """A door to one platform, open as long as the block runs.

    What it gives sends a Request, once, and returns its Response, whatever the status. Raises Unreachable when
    there is no answer; its effect is `none` when nothing was sent, and `unknown` otherwise. Raises
    UnexpectedOutput when the answer is too large.

    `most`: of an answer whose status says all, so many bytes are read at most, as they come, and for a second; then
    nothing that is wrong with its body is an error. `whom` errors call who does not answer.
    """
    from connector_runtime.transport.door import Door, engine_for

    async with engine_for(connection, patience) as engine:
        yield Door(connection, user_agent, engine, most=most, whom=whom).send
