"""What stays on this machine, and that a redirect does not lead away from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.connections.addresses import guarded, stays_here
from connector_runtime.hosts.session import Session
from connector_runtime.transport import Connection
from tests.connector_runtime.connections.asked import OK, WRITE
from tests.connector_runtime.connections.outside import Outside
from tests.connector_runtime.transport.loopback import CANARY, connection, platform, saying
from tests.connector_runtime.workshop import housed

pytestmark = pytest.mark.usefixtures("outside")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_takes_the_token_to_no_other_host(status: int, outside: Outside, tmp_path: Path) -> None:
    async with platform(saying(OK)) as (elsewhere, strayed):
        answer = saying(f"HTTP/1.1 {status} X", f"Location: {elsewhere}/", "Refresh: 0; url=https://evil.example")
        async with (
            platform(answer) as (url, arrived),
            Session(housed(WRITE), connection=connection(url), data_dir=tmp_path) as session,
        ):
            record = await session.run("act", {})
    assert (record.status, record.effect) == ("failed", "none")
    assert [CANARY.encode() in each for each in arrived] == [True]
    assert (strayed, outside.asked, outside.called) == ([], [], ["127.0.0.1"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost.", "127.0.0.1."])
async def test_loopback_is_reached_by_http_and_nobody_is_asked(host: str, outside: Outside, tmp_path: Path) -> None:
    async with platform(saying(OK)) as (url, arrived):
        mine = connection(url.replace("127.0.0.1", host))
        async with Session(housed(WRITE), connection=mine, data_dir=tmp_path) as session:
            record = await session.run("act", {})
    assert (record.error, record.effect, len(arrived)) == (None, "done", 1)
    assert (outside.asked, outside.called) == ([], ["127.0.0.1"])


async def elsewhere(host: str, port: int) -> list[str]:
    return ["8.8.8.8"]


@pytest.mark.parametrize(
    ("mine", "stays"),
    [
        (Connection("x", "http://sandbox.invalid", app=object()), True),
        (Connection("x", "http://127.0.0.1:8080"), True),
        (Connection("x", "http://[::1]:8080"), True),
        (Connection("x", "http://localhost:8080"), True),
        (Connection("x", "https://acme.example.com"), False),
        (Connection("x", "https://8.8.8.8"), False),
    ],
)
def test_in_process_and_on_loopback_everything_stays_on_this_machine(mine: Connection, stays: bool) -> None:
    assert stays_here(guarded(mine)) is stays


@pytest.mark.parametrize("url", ["http://localhost", "http://platform.internal", "nonsense"])
def test_with_a_resolver_of_ones_own_a_name_may_lead_anywhere(url: str) -> None:
    assert not stays_here(Connection("x", url, resolver=elsewhere))
