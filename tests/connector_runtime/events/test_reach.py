"""Where subscribers may be."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.events.reach import OwnNetworks, place_of, reached
from tests.connector_runtime.events.subscribing import desk


def test_the_way_there_keeps_path_and_query_apart_from_what_is_shown() -> None:
    connection, path = reached(desk())
    assert (connection.base_url, path) == ("https://hooks.example.com", "/in/CANARY-9f2c?key=CANARY-9f2d")
    assert "CANARY" not in repr(connection) + place_of(desk().url)
    assert reached(desk(url="http://127.0.0.1:5678"))[1] == "/"
    assert place_of("http://127.0.0.1:5678/x") == "http://127.0.0.1:5678"


def test_without_a_network_of_its_own_a_private_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="private"):
        reached(desk(url="https://10.0.0.7/x"))


@pytest.mark.parametrize(
    ("host", "found", "allowed"),
    [
        ("n8n", ["10.0.0.7"], True),
        ("10.0.0.7", [], True),
        ("n8n", ["10.0.0.7", "192.168.0.1"], False),
        ("n8n", ["169.254.169.254"], False),
        ("127.0.0.1", [], False),
        ("example.com", ["93.184.216.34"], False),
    ],
)
async def test_a_network_of_its_own_is_all_that_is_reached(host: str, found: list[str], allowed: bool) -> None:
    async def look_up(name: str, port: int) -> Sequence[str]:
        return found

    resolver = OwnNetworks([ip_network("10.0.0.0/8")], look_up)
    if allowed:
        assert await resolver(host, 5678) == (found or [host])
    else:
        with pytest.raises(InvalidInput, match="in none of the networks named"):
            await resolver(host, 5678)
