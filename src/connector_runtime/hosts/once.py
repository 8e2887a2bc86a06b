"""One run, for scripts that have no event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from connector_runtime.definition import Connector
from connector_runtime.hosts.directories import PROGRAM, SANDBOX
from connector_runtime.hosts.session import Session
from connector_runtime.record import Record
from connector_runtime.store import Location
from connector_runtime.transport import Connection
from connector_runtime.values import IfAlready


def run_once(
    connector: Connector,
    action: str,
    given: Mapping[str, Any],
    *,
    connection: str | Connection = SANDBOX,
    data_dir: Location,
    program: str = PROGRAM,
    if_already: IfAlready | None = None,
    because_of: int | None = None,
) -> Record:
    """Run one action and wait for it: the plain, synchronous door for scripts."""

    async def once() -> Record:
        async with Session(connector, connection=connection, data_dir=data_dir, program=program) as session:
            return await session.run(action, given, if_already=if_already, because_of=because_of)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(once())
    raise RuntimeError("an event loop is running here: use a Session, and await its run")
