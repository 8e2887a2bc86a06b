"""What many tests need: the connector, loaded once."""

from __future__ import annotations

import pytest

from connector_runtime.definition import Connector, load
from tests.casebook import ROOT


@pytest.fixture(scope="session")
def connector() -> Connector:
    return load(ROOT)
