"""What these tests share: the toy connector, and how hypothesis searches."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from connector_runtime.definition import Connector, load
from tests.connector_runtime.workshop import TOY

# The same search each time: a failure on one machine is a failure on every other.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=True,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def toy() -> Connector:
    return load(TOY)
