"""The address escape suite: whatever a connection's address says, nothing is sent where nothing may be."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from connector_runtime.connections import addresses
from connector_runtime.connections.addresses import Guard, guarded, parted, stays_here
from connector_runtime.connections.networks import IP, why_not
from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.errors import InvalidInput, Unreachable
from connector_runtime.hosts.session import Session
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Request
from tests.connector_runtime.connections.outside import Outside, watched
from tests.connector_runtime.transport.loopback import CANARY, answering, connection, platform, saying
from tests.connector_runtime.workshop import declared, housed

READ = Request(method="GET", path="/x")
WRITE = declared(kind="create", request=RequestTemplate(method="POST", path="/x", body=[]))
OK = "HTTP/1.1 200 OK"


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    return watched(monkeypatch)


DISGUISED = {
    "decimal": "https://2130706433",
    "decimal, of the metadata": "https://2852039166/latest",
    "octal": "https://0177.0.0.1",
    "octal, whole": "https://017700000001",
    "hex": "https://0x7f.0.0.1",
    "hex, whole": "https://0x7f000001",
    "hex, the last part only": "https://127.0.0.0x1",
    "short": "https://127.1",
    "short, of a private network": "https://10.1",
    "with zeros": "https://127.000.000.001",
    "too many parts": "https://127.0.0.1.1",
    "full-width digits": "https://１２７.0.0.1",
    "full-width dots": "https://127。0。0。1",
    "with a trailing dot": "https://10.0.0.1.",
    "a disguise with a trailing dot": "https://2130706433.",
}
FORBIDDEN = {
    "private": "https://10.0.0.1",
    "private, 172": "https://172.16.0.1",
    "private, 192": "https://192.168.1.1/api",
    "carrier-grade NAT": "https://100.64.0.1",
    "unspecified": "https://0.0.0.0",
    "multicast": "https://224.0.0.1",
    "broadcast": "https://255.255.255.255",
    "metadata": "https://169.254.169.254/latest/meta-data",
    "metadata, Alibaba": "https://100.100.100.200",
    "metadata, Azure": "https://168.63.129.16",
    "metadata, IPv6": "https://[fd00:ec2::254]",
    "IPv6 unspecified": "https://[::]",
    "IPv6 link-local": "https://[fe80::1]",
    "IPv6 with a zone": "https://[fe80::1%25eth0]",
    "IPv6-mapped loopback": "https://[::ffff:127.0.0.1]",
    "IPv6-mapped loopback in hex, by http": "http://[::ffff:7f00:1]",
    "IPv6-mapped metadata": "https://[::ffff:169.254.169.254]",
    "IPv4-compatible": "https://[::10.0.0.1]",
    "6to4": "https://[2002:a00:1::]",
    "NAT64": "https://[64:ff9b::10.0.0.1]",
    "Teredo": "https://[2001:0:808:808::f5ff:fffe]",
}
UNSOUND = {
    "a downgraded scheme": "http://acme.example.com",
    "a downgraded scheme in capitals": "HTTP://acme.example.com",
    "a downgraded scheme on a public address": "http://8.8.8.8",
    "another scheme": "ftp://acme.example.com",
    "another scheme on loopback": "ftp://127.0.0.1",
    "a file": "file:///etc/passwd",
    "no scheme": "acme.example.com",
    "a user": "https://acme@acme.example.com",
    "a user who looks like the host": "https://acme.example.com:s3cret@10.0.0.1",
    "two users": "https://a@b:s3cret@acme.example.com",
    "a user behind a backslash": "https://10.0.0.1\\@acme.example.com",
    "a user on loopback": "http://s3cret@127.0.0.1",
    "a port": "https://acme.example.com:8443",
    "a port of a database": "https://acme.example.com:5432",
    "a port that is none": "http://127.0.0.1:99999",
    "a port that is nought": "http://127.0.0.1:0",
    "a port in words": "https://acme.example.com:s3cret",
    "a query": "https://acme.example.com?s3cret",
    "a fragment": "https://acme.example.com#@10.0.0.1",
    "a blank": "https://acme.example .com",
    "a line's end": "https://acme.example.com\n.evil.example",
    "a tabulator": "https://ac\tme.example.com",
    "nothing": "https://",
    "nothing at all": "",
    "a bare name": "https://intranet",
    "two trailing dots": "https://acme.example.com..",
    "an empty part": "https://acme..example.com",
    "an underscore": "https://ac_me.example.com",
    "percent signs": "https://%31%30.0.0.1",
    "a homograph": "https://аcme.example.com",  # its first letter is Cyrillic
    "a name that begins with loopback": "http://127.0.0.1.evil.example",
    "a name below localhost": "http://evil.localhost",
    "a part that is too long": f"https://{'a' * 64}.example.com",
    "a name that is too long": f"https://{'a.' * 125}example.com",
    "brackets around a name": "https://[acme.example.com]",
    "an IPv4 address in brackets": "http://[127.0.0.1]",
    "brackets left open": "https://[::1",
}
ESCAPES = {**DISGUISED, **FORBIDDEN, **UNSOUND}


@pytest.mark.parametrize("url", ESCAPES.values(), ids=list(ESCAPES))
async def test_an_address_that_may_not_be_called_is_refused_before_anything_happens(
    url: str, outside: Outside, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as caught:
        async with Session(housed(WRITE), connection=connection(url), data_dir=tmp_path):
            pass
    refused = caught.value
    assert (refused.code, refused.effect) == ("address_not_allowed", "none")
    assert {(problem.field, problem.title) for problem in refused.problems} == {("connection", "Connection")}
    assert refused.fix == "Nothing was sent. Whoever keeps the connection corrects its address."
    assert "s3cret" not in str(refused) and CANARY not in str(refused)
    assert (outside.asked, outside.called) == ([], [])


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://Acme.Example.com/", "https://acme.example.com"),
        ("HTTPS://acme.example.com.:443/api/", "https://acme.example.com/api"),
        ("https://xn--cme-8cd.example.com", "https://xn--cme-8cd.example.com"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700:4700:0:0::1111]", "https://[2606:4700:4700::1111]"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
        ("http://127.9.9.9:80", "http://127.9.9.9"),
        ("https://localhost:8443/api", "https://localhost:8443/api"),
    ],
)
def test_a_sound_address_is_called_in_its_one_spelling(url: str, shown: str) -> None:
    checked = guarded(Connection("acme", url))
    assert checked.base_url == shown
    assert isinstance(checked.resolver, Guard)


def test_everything_wrong_with_an_address_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        guarded(Connection("acme", "http://me:s3cret@10.0.0.1:8080/x?y"))
    words = [problem.message for problem in caught.value.problems]
    assert [each.removeprefix("the address of acme may not be called: ") for each in words] == [
        "a user or a password does not belong in it",
        "it must begin with https://; http:// is for loopback only",
        "a port other than 443 is for loopback only",
        "nothing may follow its path, no ? and no #",
        "10.0.0.1 is a private address; only public addresses are called",
    ]


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


def test_an_address_is_parted_as_it_is_written() -> None:
    address = parted("https://me@Acme.example.com.:8443/a/?b#c")
    assert address is not None
    assert (address.scheme, address.user, address.host) == ("https", True, "acme.example.com")
    assert (address.port, address.rest) == (8443, "/a/?b#c")
