"""What every request passes: nothing large or slow comes in, and nothing unguarded goes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http import door
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.host import Host, first_key
from connector_runtime.hosts.http.keys import COOKIE, let_in, now_utc
from connector_runtime.hosts.http.pages.site import Site
from tests.connector_runtime.hosts.http.hosting import OWN, Hosted

FORM = {"content-type": "application/x-www-form-urlencoded"} | OWN
PARTS = {"content-type": "multipart/form-data; boundary=x"} | OWN


@pytest.fixture
async def api(toy: Connector, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Hosted]:
    """A host with its pages, and whoever asks it."""
    host = Host(toy, tmp_path, "library", local=True)
    key = first_key(host.tenants)
    assert key is not None
    app = application(host, Site(host).routes(), **getattr(request, "param", {}))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        yield Hosted(host, client, key)
    await host.close()


def enter(api: Hosted) -> None:
    known = api.host.tenants.key(api.key.split("_")[1])
    assert known is not None
    api.client.cookies.set(COOKIE, let_in(api.host.tenants, known, now_utc()))


async def pieces(number: int, taken: list[int], piece: bytes = b"a" * 65536) -> AsyncIterator[bytes]:
    for each in range(number):
        taken.append(each)
        yield piece


@pytest.mark.parametrize("path", ["/enter", "/actions/lend_book", "/connections", "/subscribers"])
async def test_no_page_reads_a_body_without_end(api: Hosted, path: str) -> None:
    enter(api)
    for headers in (FORM, PARTS):
        taken: list[int] = []
        answer = await api.client.post(path, content=pieces(200, taken), headers=headers)
        assert answer.status_code in (413, 400) and len(taken) <= door.LARGEST // 65536 + 1


async def test_many_fields_are_as_large_as_one(api: Hosted) -> None:
    enter(api)
    wide = b"a=" + b"b" * 65533 + b"&"
    answer = await api.client.post("/actions/lend_book", content=pieces(200, [], wide), headers=FORM)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


async def test_no_page_waits_for_a_body_that_stops(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SLOWEST_S", 0.05)
    told: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": "/enter", "query_string": b"", "scheme": "http"}
    head = [(b"host", b"host"), *((name.encode(), value.encode()) for name, value in FORM.items())]
    first = [{"type": "http.request", "body": b"key=", "more_body": True}]

    async def receive() -> Any:
        return first.pop() if first else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        told.append(message)

    await application(api.host, Site(api.host).routes())({**scope, "headers": head}, receive, send)
    assert told[0]["status"] == 408


async def test_a_form_that_is_none_is_said_to_be(api: Hosted) -> None:
    answer = await api.client.post("/enter", content=b"--y", headers={**OWN, "content-type": "multipart/form-data"})
    assert answer.status_code == 400 and "boundary" in answer.text


@pytest.mark.parametrize(
    "path", ["/v1/openapi.json", "/livez", "/readyz", "/v1/runs", "/nothing", "/static/page.css", "/static/icon.svg"]
)
async def test_every_answer_guards_the_browser(api: Hosted, path: str) -> None:
    for answer in (await api("GET", path), await api.client.post("/hooks/main/x"), await api.client.get("/connected")):
        for name, value in door.SECURE.items():
            assert answer.headers[name] == value


async def test_no_answer_with_a_secret_is_kept_on_its_way(api: Hosted) -> None:
    made = await api("POST", "/v1/keys", {"name": "n", "scopes": ["read"]})
    rotated = await api("POST", f"/v1/keys/{made.json()['id']}/rotate", {})
    webhooks = await api("PUT", "/v1/connections/sandbox/webhooks", {})
    assert [each.status_code for each in (made, rotated, webhooks)] == [201] * 3
    assert {each.headers["cache-control"] for each in (made, rotated, webhooks)} == {"no-store"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/hooks/{}", "/hooks/{}/", "/hooks/{}/x", "/hooks/{}/x/", "/hooks/{}/x/y"])
async def test_nobody_finds_out_who_is_a_tenant(api: Hosted, method: str, path: str) -> None:
    known, nobodys = [await api.client.request(method, path.format(name)) for name in ("main", "nobody")]
    assert (known.status_code, known.headers, known.text) == (nobodys.status_code, nobodys.headers, nobodys.text)
    assert known.status_code == (404 if method == "POST" else 405)


@pytest.mark.parametrize("api", [{"calls_a_minute": 2}], indirect=True)
async def test_pages_and_the_api_have_one_allowance(api: Hosted) -> None:
    enter(api)
    assert [(await api.client.get("/runs")).status_code for _ in range(3)] == [200, 200, 429]
    refused = await api.client.get("/runs")
    assert refused.headers["retry-after"].isdecimal() and (await api("GET", "/v1/runs")).status_code == 429


@pytest.mark.parametrize("api", [{"url": "https://connect.example.com"}], indirect=True)
async def test_addresses_that_are_told_are_those_that_others_know(api: Hosted) -> None:
    shown = (await api("PUT", "/v1/connections/sandbox/webhooks", {}, host="evil.example.com")).json()
    assert shown["url"].startswith("https://connect.example.com/hooks/main/")
    enter(api)
    page = await api.client.get("/connections", headers={"host": "evil.example.com"})
    assert page.status_code == 200 and "evil" not in page.text
    entered = await api.client.post("/enter", data={"key": api.key}, headers={"origin": "https://connect.example.com"})
    assert entered.status_code == 303 and "secure" in entered.headers["set-cookie"].lower()
