"""How a connection's limits are counted, whoever brings it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from connector_runtime.definition.connection import Window
from connector_runtime.errors import RateLimited
from connector_runtime.hosts.connected import budgets
from connector_runtime.transport import Connection
from tests.connector_runtime.workshop import declared, housed

ONCE = [Window(calls=1, seconds=3600)]


async def nowhere(host: str, port: int) -> Sequence[str]:
    return []


async def called(base_url: str, data_dir: Path) -> None:
    """Take one call's turn on a connection that a program brings, with a resolver of its own."""
    connection = Connection("brought", base_url, resolver=nowhere, limits=ONCE)
    async with budgets(housed(declared()), connection, data_dir, None) as limited:
        assert limited.calls is not None
        (await limited.calls.turn("run", 0)).answered(None)


@pytest.mark.parametrize(
    "again",
    [
        "https://acme.example.com",
        "https://ACME.example.com:443/",
        "HTTPS://acme.Example.com.",
        "https://acme.example.com:0443",
    ],
)
async def test_calls_to_one_platform_count_together_however_its_address_is_written(again: str, tmp_path: Path) -> None:
    await called("https://acme.example.com", tmp_path)
    with pytest.raises(RateLimited):
        await called(again, tmp_path)


@pytest.mark.parametrize(
    "other", ["https://acme.example.com/api", "https://acme.example.com:8443", "https://acme2.example.com"]
)
async def test_calls_to_another_platform_count_apart(other: str, tmp_path: Path) -> None:
    await called("https://acme.example.com", tmp_path)
    await called(other, tmp_path)


async def test_an_address_that_nobody_can_take_apart_counts_as_it_is_written(tmp_path: Path) -> None:
    await called("https://acme example com", tmp_path)
    with pytest.raises(RateLimited):
        await called("https://acme example com", tmp_path)
