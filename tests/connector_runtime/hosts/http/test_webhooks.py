"""The application that lets webhooks in, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from connector_runtime.definition import load
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.hosts.http import webhooks as serving
from connector_runtime.hosts.http.webhooks import LARGEST, webhooks
from tests.connector_runtime.events.sending import Sender, basic, kept_in, let_in, loan
from tests.connector_runtime.workshop import TOY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite3"


@pytest.fixture
def sender(file: Path) -> Sender:
    return let_in(file)


@pytest.fixture
async def client(file: Path, sender: Sender) -> AsyncIterator[httpx.AsyncClient]:
    receiver = Receiver(load(TOY), file, Rules(replay_window=None))
    app = Starlette(routes=[Mount("/hooks", webhooks(receiver))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here/hooks") as client:
        yield client
    await receiver.close()


async def test_a_delivery_is_accepted_and_kept(client: httpx.AsyncClient, sender: Sender, file: Path) -> None:
    auth = (sender.credentials.username, sender.credentials.password)
    answer = await client.post(f"/{sender.credentials.address}", content=loan(1), auth=auth)
    assert (answer.status_code, answer.content, len(kept_in(file))) == (202, b"", 1)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"number": 1, "event": "loan.lost", "payload": {}}', 202),
        (b"x" * (LARGEST + 1), 413),
    ],
    ids=["malformed", "unknown event", "too large"],
)
async def test_what_is_not_taken_is_answered_so(
    client: httpx.AsyncClient, sender: Sender, file: Path, body: bytes, status: int
) -> None:
    auth = (sender.credentials.username, sender.credentials.password)
    assert (await client.post(f"/{sender.credentials.address}", content=body, auth=auth)).status_code == status
    assert kept_in(file) == []


async def test_who_shows_no_password_is_asked_for_one(client: httpx.AsyncClient, sender: Sender) -> None:
    for headers in ({}, {"authorization": basic("webhooks", "guessed")}):
        answer = await client.post(f"/{sender.credentials.address}", content=loan(1), headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="webhooks"')


async def test_there_is_nothing_else(client: httpx.AsyncClient, sender: Sender) -> None:
    assert (await client.post("/guessed", content=loan(1))).status_code == 404
    assert (await client.post("/", content=loan(1))).status_code == 404
    assert (await client.get(f"/{sender.credentials.address}")).status_code == 405


async def test_who_drips_is_not_waited_for(
    client: httpx.AsyncClient, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "SLOWEST_S", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    auth = (sender.credentials.username, sender.credentials.password)
    assert (await client.post(f"/{sender.credentials.address}", content=dripping(), auth=auth)).status_code == 408


async def test_of_whoever_may_bring_nothing_nothing_is_read(client: httpx.AsyncClient, sender: Sender) -> None:
    read = 0

    async def large() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield b"x" * 1000

    for path, status in (("/guessed", 404), (f"/{sender.credentials.address}", 401)):
        answer = await client.post(path, content=large())
        assert (answer.status_code, answer.headers["connection"]) == (status, "close")
    assert read == 0


async def test_an_address_is_the_same_with_a_slash_and_nobody_is_thanked_by_being_sent_elsewhere(
    client: httpx.AsyncClient, sender: Sender, file: Path
) -> None:
    auth = (sender.credentials.username, sender.credentials.password)
    address = sender.credentials.address
    for path, status in ((f"/{address}/", 202), ("/guessed/", 404), (f"/{address}//", 404), (f"/{address}/x", 404)):
        assert (await client.post(path, content=loan(1), auth=auth)).status_code == status, path
    assert len(kept_in(file)) == 1
