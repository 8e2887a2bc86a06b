"""Nothing leaves the machine."""

from __future__ import annotations

import pytest

from tests.connector_runtime.connections.outside import Outside, watched


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    return watched(monkeypatch)
