"""The address escape suite, where names lead: nothing is sent where nothing may be."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from connector_runtime.connections import addresses
from connector_runtime.connections.addresses import Guard, guarded
from connector_runtime.connections.networks import IP, why_not
from connector_runtime.errors import InvalidInput, Unreachable
from connector_runtime.hosts.session import Session
from connector_runtime.transport import Connection, open_transport
from tests.connector_runtime.connections.asked import OK, READ, WRITE
from tests.connector_runtime.connections.outside import Outside
from tests.connector_runtime.transport.loopback import answering, connection, platform, saying
from tests.connector_runtime.workshop import housed

pytestmark = pytest.mark.usefixtures("outside")

LEADING = {
    "private": ["10.0.0.1"],
    "loopback": ["127.0.0.1"],
    "loopback, IPv6": ["::1"],
    "metadata": ["169.254.169.254"],
    "metadata, IPv6": ["fd00:ec2::254"],
    "metadata, mapped": ["::ffff:169.254.169.254"],
    "translated": ["64:ff9b::7f00:1"],
    "link-local with its link": ["fe80::1%eth0"],
    "one of several": ["8.8.8.8", "2606:4700::1111", "192.168.0.1"],
    "no address": ["8.8.8.8", "elsewhere.example"],
}


@pytest.mark.parametrize("found", LEADING.values(), ids=list(LEADING))
async def test_a_name_that_leads_where_nothing_may_be_sent_is_refused_whole(
    found: list[str], outside: Outside, tmp_path: Path
) -> None:
    outside.answers = [found]
    mine = connection("https://acme.example.com")
    async with Session(housed(WRITE), connection=mine, data_dir=tmp_path) as session:
        record = await session.run("act", {})
    assert record.error is not None
    assert (record.error["type"], record.error["code"]) == ("InvalidInput", "address_not_allowed")
    assert (record.effect, record.error["effect"]) == ("none", "none")
    assert f"acme.example.com leads to {found[-1]}, " in record.error["message"]
    assert "whoever keeps the DNS entry of acme.example.com makes it lead to public addresses" in record.error["fix"]
    assert (outside.asked, outside.called) == (["acme.example.com"], [])


@pytest.mark.parametrize("url", ["https://2130706433", "https://127.1", "https://0x7f000001", "https://evil.localhost"])
async def test_a_disguise_that_were_overlooked_is_judged_by_where_it_leads(url: str, outside: Outside) -> None:
    outside.answers = [["127.0.0.1"]]
    with pytest.raises((InvalidInput, Unreachable)) as caught:
        async with open_transport(Connection("x", url, resolver=Guard()), "tests/1") as send:
            await send(READ)
    assert (caught.value.effect, outside.called) == ("none", [])


async def test_what_was_looked_up_is_what_is_connected_to(outside: Outside) -> None:
    outside.answers = [["8.8.8.8"], ["10.0.0.1"]]
    async with open_transport(guarded(connection("https://acme.example.com")), "tests/1") as send:
        with pytest.raises(Unreachable, match="could not be reached"):
            await send(READ)
    assert (outside.asked, outside.called) == (["acme.example.com"], ["8.8.8.8"])


@pytest.fixture
def public_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """For these tests 127.0.0.1 passes as public, so that a name can lead to a platform on this machine."""

    def judged(address: IP) -> str | None:
        return None if str(address) == "127.0.0.1" else why_not(address)

    monkeypatch.setattr(addresses, "why_not", judged)


@pytest.mark.usefixtures("public_loopback")
async def test_a_name_that_is_rebound_is_not_asked_again_while_its_connection_is_kept(outside: Outside) -> None:
    outside.answers = [["127.0.0.1"], ["169.254.169.254"]]
    async with platform(answering(OK)) as (url, arrived):
        named = replace(connection(url.replace("127.0.0.1", "acme.example.com")), resolver=Guard())
        async with open_transport(named, "tests/1") as send:
            assert [(await send(READ)).status for _ in range(3)] == [200] * 3
    assert (outside.asked, outside.called, len(arrived)) == (["acme.example.com"], ["127.0.0.1"], 3)


@pytest.mark.usefixtures("public_loopback")
async def test_a_name_that_is_rebound_between_connections_is_judged_anew(outside: Outside) -> None:
    outside.answers = [["127.0.0.1"], ["169.254.169.254"]]
    async with platform(saying(OK)) as (url, arrived):
        named = replace(connection(url.replace("127.0.0.1", "acme.example.com")), resolver=Guard())
        async with open_transport(named, "tests/1") as send:
            assert (await send(READ)).status == 200
            with pytest.raises(InvalidInput, match=r"leads to 169\.254\.169\.254"):
                await send(READ)
    assert (len(outside.asked), outside.called, len(arrived)) == (2, ["127.0.0.1"], 1)


async def test_a_name_that_nobody_knows_is_a_platform_that_was_not_reached(
    monkeypatch: pytest.MonkeyPatch, outside: Outside
) -> None:
    async def unknown(_: Outside, host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(Outside, "look_up", unknown)
    with pytest.raises(Unreachable, match=r"acme\.example\.com was not found \(Name or service not known\)") as caught:
        async with open_transport(guarded(connection("https://acme.example.com")), "tests/1") as send:
            await send(READ)
    assert (caught.value.effect, outside.called) == ("none", [])


async def test_every_answer_of_a_look_up_is_given_once(outside: Outside) -> None:
    outside.answers = [["8.8.8.8", "2606:4700::1111", "8.8.8.8"]]
    assert await Guard()("acme.example.com", 443) == ["8.8.8.8", "2606:4700::1111"]


async def test_another_look_up_may_be_given(outside: Outside) -> None:
    async def mine(host: str, port: int) -> list[str]:
        return ["8.8.4.4"]

    resolver = guarded(Connection("acme", "https://acme.example.com"), mine).resolver
    assert resolver is not None and await resolver("acme.example.com", 443) == ["8.8.4.4"]
    assert outside.asked == []


async def test_who_brings_a_resolver_decides_alone(outside: Outside, tmp_path: Path) -> None:
    async def mine(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with platform(saying(OK)) as (url, arrived):
        own = connection(url.replace("127.0.0.1", "platform.internal"), resolver=mine)
        async with Session(housed(WRITE), connection=own, data_dir=tmp_path) as session:
            assert (await session.run("act", {})).effect == "done"
            assert session.connection is own
    assert (len(arrived), outside.asked) == (1, [])
