"""An observed host for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.observed.watched import Seen, watched


@pytest.fixture
async def both(toy: Connector, tmp_path: Path) -> AsyncIterator[tuple[Hosted, Seen]]:
    async with watched(toy, tmp_path) as opened:
        yield opened
