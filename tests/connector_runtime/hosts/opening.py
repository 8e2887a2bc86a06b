"""A session on a platform that gives the answers that a test has chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connector_runtime import Session
from connector_runtime.definition import Action
from connector_runtime.hosts import connected as hosting
from connector_runtime.run import NO_RETRIES, Retries
from connector_runtime.store import Location
from connector_runtime.transport import Connection
from tests.connector_runtime.run.declarations import WRITE
from tests.connector_runtime.run.test_lookup import looking
from tests.connector_runtime.workshop import Answer, Platform, housed


@asynccontextmanager
async def opened(
    directory: Location,
    monkeypatch: pytest.MonkeyPatch,
    *answers: Answer,
    name: str = "p",
    action: Action = WRITE,
    address: str = "https://p.invalid",
    retries: Retries = NO_RETRIES,
) -> AsyncIterator[tuple[Session, Platform]]:
    """A session on a platform that gives these answers."""
    platform = Platform(*answers)

    @asynccontextmanager
    async def transport(connection: Any, agent: str) -> AsyncIterator[Any]:
        yield platform.send

    monkeypatch.setattr(hosting, "open_transport", transport)
    connection = Connection(name, address)
    connector = housed(action, looking())
    async with Session(connector, connection=connection, data_dir=directory, retries=retries) as session:
        yield session, platform
