"""What is watched ends with the key, and is not told to whom it no longer may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from connector_runtime.errors import NotNow
from connector_runtime.hosts.http import actions, arrivals, runs
from connector_runtime.hosts.http.keys import caller, digest, now_utc
from connector_runtime.hosts.http.operation import Asked
from connector_runtime.values import as_text
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_seen import browser


def asked(api: Hosted, key: str, *, cookie: str = "", **path: str) -> Asked:
    who = caller(api.host.tenants, key, now_utc())
    request = Request({"type": "http", "headers": [(b"cookie", cookie.encode())] if cookie else []})
    return Asked(request, who, api.host.home(who), api.host.tenants, path, {})


def revoke(api: Hosted, key: str) -> None:
    assert api.host.tenants.revoke("main", key.split("_")[1], as_text(now_utc()))


async def rest(told: AsyncIterator[str]) -> list[str]:
    return [each async for each in told]


async def test_events_are_told_no_longer_once_the_key_is_revoked(
    api: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "BREATH_S", 0.02)
    key = api.made("read")
    told = arrivals._arriving(asked(api, key), 0)
    assert [await anext(told), await anext(told)] == ["retry: 1000\n\n", ": nothing yet\n\n"]
    revoke(api, key)
    keep(tmp_path, 1)
    assert await rest(told) == []


async def test_a_run_is_shown_no_longer_once_the_key_is_revoked(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LOOK_AGAIN_S", 0.02)
    key = api.made("read")
    document = (await api("POST", "/v1/actions/list_loans/run", {"input": {}})).json() | {"status": "running"}
    api.host.opened("main").home.runs.save(document)
    told = runs._changes(asked(api, key, run_id=document["run_id"]), document)
    assert (await anext(told)).startswith("event: run\n")
    revoke(api, key)
    api.host.opened("main").home.runs.save(document | {"duration_s": 7})
    assert await rest(told) == []


async def test_what_a_browser_watches_ends_when_it_leaves(
    api: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "BREATH_S", 0.02)
    cookie = browser(api, api.key)["cookie"]
    watching = asked(api, api.key, cookie=cookie)
    told = arrivals._arriving(watching, 0)
    assert [await anext(told), await anext(told)] == ["retry: 1000\n\n", ": nothing yet\n\n"]
    api.host.tenants.let_out(digest(cookie.removeprefix("session=")))
    keep(tmp_path, 1)
    assert await rest(told) == []
    assert asked(api, api.key).is_let_in, "the key goes on"


async def test_rows_are_read_no_longer_once_the_key_is_revoked(api: Hosted) -> None:
    key = api.made("read", "run")

    class Endless:
        ended = False

        async def close(self) -> None:
            self.ended = True

    async def rows() -> AsyncIterator[bytes]:
        while True:
            yield b"{}\n"

    stream: Any = Endless()
    lines = actions._lines(asked(api, key), stream, b"[]\n", rows())
    assert [await anext(lines) for _ in range(3)] == [b"[]\n", b"{}\n", b"{}\n"]
    revoke(api, key)
    with pytest.raises(NotNow, match="the key has ended"):
        await anext(lines)
    assert stream.ended
