"""A host for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from tests.connector_runtime.hosts.http.hosting import Hosted, hosted


@pytest.fixture
async def api(toy: Connector, tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(toy, tmp_path) as opened:
        yield opened
