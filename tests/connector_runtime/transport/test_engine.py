"""Connections: kept, counted, waited for, given up, closed; and nothing that is sent twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from connector_runtime.errors import Unreachable
from connector_runtime.transport import Connection, Patience, open_transport
from connector_runtime.transport.engine import CONNECTIONS
from connector_runtime.transport.opening import PATIENCE
from connector_runtime.values import Request, Response, Send
from tests.connector_runtime.transport.loopback import (
    Crowd,
    Serve,
    answering,
    connection,
    mute,
    nobody,
    platform,
    saying,
    sent,
)

READ = Request(method="GET", path="/x")
WRITE = Request(method="POST", path="/x", body={}, write=True)
OK = answering("HTTP/1.1 200 OK")


@asynccontextmanager
async def door(url: str, patience: Patience = PATIENCE) -> AsyncIterator[Send]:
    async with open_transport(connection(url), "tests/1", patience) as send:
        yield send


async def test_a_connection_is_kept_and_used_again() -> None:
    crowd = Crowd(OK)
    async with platform(crowd) as (url, arrived), door(url) as send:
        for _ in range(5):
            await send(WRITE)
    assert (len(crowd.connections), len(arrived)) == (1, 5)


async def test_a_connection_that_the_platform_closed_is_not_used_again() -> None:
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived), door(url) as send:
        for _ in range(3):
            assert (await send(WRITE)).status == 200
    assert len(arrived) == 3


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_request_is_sent_once_although_its_kept_connection_breaks(method: str) -> None:
    async def break_on_the_second(request: bytes, writer: asyncio.StreamWriter) -> None:
        if len(arrived) == 1:
            await OK(request, writer)
        else:
            writer.close()

    async with platform(break_on_the_second) as (url, arrived), door(url) as send:
        await send(READ)
        with pytest.raises(Unreachable, match="hung up") as caught:
            await send(Request(method=method, path="/x", body={}, write=True))
    assert (caught.value.effect, len(arrived)) == ("unknown", 2)


async def test_many_calls_share_a_bounded_number_of_connections() -> None:
    crowd = Crowd(OK)
    async with platform(crowd) as (url, arrived), door(url) as send:
        await asyncio.gather(*(send(WRITE) for _ in range(3 * CONNECTIONS)))
    assert (len(crowd.connections), len(arrived)) == (CONNECTIONS, 3 * CONNECTIONS)


async def test_waiting_for_a_free_connection_ends_and_nothing_was_sent() -> None:
    crowd = Crowd(mute, CONNECTIONS)
    async with platform(crowd) as (url, arrived), door(url, Patience(queue_s=0.2)) as send:
        busy = [asyncio.create_task(send(READ)) for _ in range(CONNECTIONS)]
        await crowd.gathered.wait()
        with pytest.raises(Unreachable, match="no connection in time") as caught:
            await send(WRITE)
        await ended(busy)
    assert (caught.value.effect, len(arrived)) == ("none", CONNECTIONS)


async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Never silent for long, and never done."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.01)


async def begun(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Silent in the middle of the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{")


@pytest.mark.parametrize(
    ("serve", "patience"),
    [(mute, Patience(read_s=0.05)), (begun, Patience(read_s=0.05)), (drip, Patience(read_s=5, whole_s=0.2))],
)
async def test_an_answer_that_takes_too_long_leaves_the_outcome_unknown(serve: Serve, patience: Patience) -> None:
    async with platform(serve) as (url, arrived), door(url, patience) as send:
        with pytest.raises(Unreachable, match="too long") as caught:
            await send(WRITE)
    assert (caught.value.effect, len(arrived)) == ("unknown", 1)


async def test_a_large_request_arrives_whole() -> None:
    large = Request(method="POST", path="/x", body=["x" * 1000] * 4000, write=True)
    async with platform(OK) as (url, arrived):
        await sent(url, large)
    head, _, body = arrived[0].partition(b"\r\n\r\n")
    assert json.loads(body) == large.body
    assert b"\r\ncontent-type: application/json" in head


async def test_a_platform_that_does_not_take_a_large_request_is_given_up() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await given_up.wait()
        writer.close()

    given_up = asyncio.Event()
    large = Request(method="POST", path="/x", body=["x" * 1000] * 40_000, write=True)
    async with await asyncio.start_server(deaf, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Unreachable, match="too long") as caught:
            await sent(url, large, Patience(whole_s=0.5))
        given_up.set()
    assert caught.value.effect == "unknown"


async def test_a_call_that_is_cancelled_leaves_the_others_and_the_next_ones_alone() -> None:
    async def slow(request: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/slow" not in request:
            await OK(request, writer)

    crowd = Crowd(slow, 1 + CONNECTIONS)
    async with platform(crowd) as (url, _), door(url) as send:
        await send(READ)
        slow_ones = [asyncio.create_task(send(Request(method="GET", path="/slow"))) for _ in range(2 * CONNECTIONS)]
        await crowd.gathered.wait()
        await ended(slow_ones)
        answers: list[Response] = await asyncio.gather(*(send(READ) for _ in range(CONNECTIONS)))
    assert [answer.status for answer in answers] == [200] * CONNECTIONS


async def test_a_line_of_an_answers_head_may_be_long() -> None:
    async with platform(saying("HTTP/1.1 200 OK", f"x-long: {'a' * 50_000}")) as (url, _):
        assert len((await sent(url, READ)).headers["x-long"]) == 50_000


async def test_a_header_that_comes_twice_is_told_as_one() -> None:
    async with platform(saying("HTTP/1.1 200 OK", "X-A: 1", "x-a: 2", "X-B: \xe9")) as (url, _):
        headers = (await sent(url, READ)).headers
    assert (headers["x-a"], headers["x-b"]) == ("1, 2", "é")


async def test_no_cookie_is_kept() -> None:
    async with platform(answering("HTTP/1.1 200 OK", "set-cookie: a=b; Path=/")) as (url, arrived), door(url) as send:
        await send(READ)
        await send(READ)
    assert b"cookie" not in arrived[1].lower()


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, nobody())
    async with platform(OK) as (url, _):
        assert (await sent(url, READ)).status == 200


async def test_what_is_broken_is_told_without_the_address() -> None:
    secret = Request(method="GET", path="/x", query={"token": "s3cret"})
    async with platform(saying("nonsense s3cret")) as (url, _):
        for where in (url, nobody()):
            with pytest.raises(Unreachable) as caught:
                await sent(where, secret)
            assert "s3cret" not in str(caught.value) + repr(caught.value)


async def test_an_address_in_disguise_is_none() -> None:
    with pytest.raises(Unreachable, match="its address is none") as caught:
        await sent("http://2130706433", WRITE)
    assert caught.value.effect == "none"


ADDRESSES = [
    "http://user:secret@127.0.0.1",
    "http://127.0.0.1/?a=b",
    "http://127.0.0.1/#a",
    "127.0.0.1",
    "ftp://a.example",
]
ADDRESSES += [
    "http://127.0.0.1:99999",
    "http://127.0.0.1:0",
    "http://a..example",
    "http://xn--",
    f"http://{'a' * 64}.example",
]


@pytest.mark.parametrize("url", ADDRESSES)
async def test_an_address_holds_no_more_than_where_to_go(url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await sent(url, WRITE)
    assert (caught.value.code, caught.value.effect) == ("unusable_request", "none")
    assert "secret" not in str(caught.value)


def test_a_platform_in_process_needs_no_engine() -> None:
    program = """
import asyncio, sys
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Request
assert "httpx" not in sys.modules
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})
async def main():
    async with open_transport(Connection("here", "https://x.invalid", app=app), "tests/1") as send:
        assert (await send(Request(method="GET", path="/x"))).status == 200
asyncio.run(main())
assert "aiohttp" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


async def ended(tasks: list[asyncio.Task[Response]]) -> None:
    for task in tasks:
        task.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True))


async def test_what_is_sent_to_an_application_in_process_has_its_length() -> None:
    async def app(scope: dict[str, list[tuple[bytes, bytes]]], receive: object, send: object) -> None:
        told.update(scope["headers"])
        raise RuntimeError("seen enough")

    told: dict[bytes, bytes] = {}
    async with open_transport(Connection("here", "http://x.invalid", app=app), "tests/1") as send:
        await send(Request(method="POST", path="/x", body=[1]))
    assert (told[b"content-length"], told[b"content-type"], told[b"host"]) == (b"3", b"application/json", b"x.invalid")
