"""What leaves through the door, what comes back, and that no credential is told, on real loopback sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.errors import ConnectorError, Unreachable
from connector_runtime.hosts.directories import records_file
from connector_runtime.hosts.session import Session
from connector_runtime.store import Store
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Request
from tests.connector_runtime.transport.loopback import (
    CANARY,
    Serve,
    answering,
    connection,
    half,
    nobody,
    platform,
    saying,
    sent,
    silent,
)
from tests.connector_runtime.workshop import declared, housed


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 404, 429, 500, 503])
async def test_an_answer_comes_whole_whatever_its_status(status: int) -> None:
    async with platform(
        saying(f"HTTP/1.1 {status} X", "Retry-After: 7", "X-Odd: a", body=b"" if status == 204 else b'{"a": 1}')
    ) as (url, _):
        response = await sent(url, Request(method="GET", path="/x"))
    assert response.status == status
    assert (response.headers["retry-after"], response.headers["x-odd"]) == ("7", "a")
    assert response.content == (b"" if status == 204 else b'{"a": 1}')


async def test_what_leaves_is_the_request_with_the_connections_credentials() -> None:
    request = Request(
        method="POST", path="/x/a%2Fb%20c", query={"n": "a b&c", "ids[]": ["1", "2"]}, body={"é": [1, None]}
    )
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        await sent(url, request)
    head, _, body = arrived[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST /x/a%2Fb%20c?n=a+b%26c&ids%5B%5D=1&ids%5B%5D=2 HTTP/1.1"
    told = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
    assert told["authorization"] == f"Bearer {CANARY}"
    assert (told["accept"], told["user-agent"], told["content-type"]) == (
        "application/json",
        "tests/1",
        "application/json",
    )
    assert json.loads(body) == {"é": [1, None]}


TEXTS = st.text(max_size=8)


@given(
    prefix=st.sampled_from(["", "/", "/api/v1", "/a b/"]),
    path=st.text(st.characters(exclude_characters="?#", exclude_categories=("Cc", "Cs")), max_size=8),
    query=st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, min_size=1, max_size=3), max_size=3),
)
def test_what_leaves_is_spelt_as_httpx_spells_it(prefix: str, path: str, query: dict[str, str | list[str]]) -> None:
    assume(not path.startswith("/"))  # httpx takes what follows for a host, and drops it
    asked: list[bytes] = []

    async def app(scope: dict[str, bytes], receive: object, send: object) -> None:
        asked.append(scope["raw_path"] + b"?" + scope["query_string"])
        raise RuntimeError("seen enough")

    async def ask() -> None:
        async with open_transport(Connection("here", f"http://x.invalid{prefix}", app=app), "tests/1") as send:
            await send(Request(method="GET", path=f"/{path}", query=query))

    asyncio.run(ask())
    theirs = httpx.AsyncClient(base_url=f"http://x.invalid{prefix}").build_request("GET", f"/{path}", params=query)
    assert asked == [theirs.url.raw_path.partition(b"?")[0] + b"?" + theirs.url.query]


async def test_a_request_without_a_body_has_none() -> None:
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        await sent(url, Request(method="DELETE", path="/x"))
    assert arrived[0].startswith(b"DELETE /x HTTP/1.1\r\n")
    assert b"content-type" not in arrived[0].lower()


async def test_the_connections_address_may_have_a_path() -> None:
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        await sent(f"{url}/api/v1", Request(method="GET", path="/x"))
    assert arrived[0].startswith(b"GET /api/v1/x HTTP/1.1\r\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    trap = platform(saying("HTTP/1.1 200 OK"))
    async with (
        trap as (elsewhere, strayed),
        platform(saying(f"HTTP/1.1 {status} X", f"Location: {elsewhere}/")) as (
            url,
            arrived,
        ),
    ):
        response = await sent(url, Request(method="POST", path="/x", body={}, write=True))
    assert (response.status, len(arrived), strayed) == (status, 1, [])


async def test_a_platform_that_is_not_there_was_never_sent_anything() -> None:
    with pytest.raises(Unreachable, match="could not be reached") as caught:
        await sent(nobody(), Request(method="POST", path="/x", write=True))
    assert caught.value.effect == "none"


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://", "https://[::1", "http://a b/"])
async def test_an_address_that_is_none_was_never_sent_anything(url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await sent(url, Request(method="POST", path="/x", write=True))
    assert caught.value.effect == "none"


@pytest.mark.parametrize(
    "serve", [silent, half, saying("nonsense"), saying("HTTP/1.1 200 OK", "content-encoding: gzip")]
)
async def test_an_answer_that_is_cut_or_spoilt_leaves_the_outcome_unknown(serve: Serve) -> None:
    async with platform(serve) as (url, arrived):
        with pytest.raises(Unreachable, match="did not answer") as caught:
            await sent(url, Request(method="POST", path="/x", write=True))
    assert caught.value.effect == "unknown"
    assert len(arrived) == 1


async def test_nothing_is_sent_twice_by_the_transport() -> None:
    async with platform(silent) as (url, arrived):
        with pytest.raises(Unreachable):
            await sent(url, Request(method="GET", path="/x"))
    assert len(arrived) == 1


async def test_an_application_in_process_needs_no_server() -> None:
    async def app(scope: object, receive: object, send: Callable[[object], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"b")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async with open_transport(Connection("here", "http://x.invalid", app=app), "tests/1") as send:
        response = await send(Request(method="GET", path="/x"))
    assert (response.status, response.headers["x-a"]) == (201, "b")


async def test_an_application_in_process_that_crashes_is_a_platform_that_is_broken() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise RuntimeError("oops")

    async with open_transport(Connection("here", "http://x.invalid", app=app), "tests/1") as send:
        assert (await send(Request(method="GET", path="/x"))).status == 500


def test_a_connection_does_not_show_its_credentials() -> None:
    assert CANARY not in repr(connection("http://x.invalid"))


WRITE = declared(kind="create", request=RequestTemplate(method="POST", path="/x", body=[]))


@pytest.mark.parametrize(
    "serve",
    [
        saying("HTTP/1.1 200 OK"),
        saying("HTTP/1.1 401 X", body=b'{"message": "no"}'),
        saying("HTTP/1.1 500 X"),
        saying("nonsense"),
        answering("HTTP/1.1 200 OK", "content-length: x"),
        silent,
        half,
    ],
)
async def test_credentials_are_in_no_record_no_error_and_no_file(serve: Serve, tmp_path: Path) -> None:
    async with (
        platform(serve) as (url, arrived),
        Session(housed(WRITE), connection=connection(url), data_dir=tmp_path) as session,
    ):
        record = await session.run("act", {})
    assert CANARY.encode() in arrived[0]
    held(record.document(), record.failure, tmp_path)


@pytest.mark.parametrize(
    "spoilt", [f"Bearer {CANARY}\n", f"Bearer {CANARY}\r\nx: y", f"Bearer {CANARY}\x00", f"Bearer {CANARY} é"]
)
async def test_credentials_that_cannot_be_sent_are_not_repeated_either(spoilt: str, tmp_path: Path) -> None:
    async with platform(saying("HTTP/1.1 200 OK")) as (url, arrived):
        mine = connection(url, Authorization=spoilt)
        try:
            async with Session(housed(WRITE), connection=mine, data_dir=tmp_path) as session:
                record = await session.run("act", {})
        except ConnectorError as refused:
            assert CANARY not in repr(refused) + str(refused)
            return
    assert arrived == []
    assert record.effect == "none"
    held(record.document(), record.failure, tmp_path)


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that it holds on to."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def held(document: object, failure: BaseException | None, data_dir: Path) -> None:
    """Assert that the canary stands nowhere."""
    assert CANARY not in json.dumps(document)
    for error in behind(failure):
        assert CANARY not in repr(error) + str(error) + repr(vars(error))
    kept = [path for path in data_dir.rglob("*") if path.is_file()]
    assert records_file(data_dir) in kept
    assert [path for path in kept if CANARY.encode() in path.read_bytes()] == []
    store = Store(records_file(data_dir))
    assert len(list(store.newest(10))) == 1
    store.close()


@pytest.mark.parametrize("begun", [False, True])
async def test_an_application_in_process_can_hang_up(begun: bool) -> None:
    async def app(scope: object, receive: object, send: Callable[[dict[str, object]], Awaitable[None]]) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionResetError("the answer is lost")

    async with open_transport(Connection("inside", "https://inside.invalid", {}, app), "tests/1") as send:
        with pytest.raises(Unreachable, match="the answer is lost") as lost:
            await send(Request(method="POST", path="/x", body={}))
    assert lost.value.effect == "unknown"


async def test_an_application_that_fails_in_process_is_a_broken_platform() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        raise ValueError("a mistake")

    async with open_transport(Connection("inside", "https://inside.invalid", {}, app), "tests/1") as send:
        assert (await send(Request(method="GET", path="/x"))).status == 500
