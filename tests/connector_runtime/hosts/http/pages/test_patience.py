"""How long a page waits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from connector_runtime.hosts.http.home import RUNNING, WAITING
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.pages.patience import Late, Patience
from connector_runtime.hosts.http.pages.site import Site
from tests.connector_runtime.events.test_dispatch import until
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.test_scopes import enter


async def test_what_comes_too_late_is_there_for_the_next_look() -> None:
    patience, go, asked = Patience(paint_s=0.01, asked_s=60), asyncio.Event(), list[int]()

    async def read() -> str:
        asked.append(1)
        await go.wait()
        return "fields"

    with pytest.raises(Late):
        await patience.wait("a", read, asked=False)
    second = asyncio.ensure_future(patience.wait("a", read, asked=True))
    await asyncio.sleep(0)
    go.set()
    assert (await second, len(asked)) == ("fields", 1)
    assert (await patience.wait("a", read, asked=True), len(asked)) == ("fields", 2), "nothing is kept here"


async def test_what_is_refused_is_raised_whether_anybody_waits_or_not(caplog: pytest.LogCaptureFixture) -> None:
    patience, go = Patience(paint_s=0.01, asked_s=60), asyncio.Event()

    async def read() -> str:
        await go.wait()
        raise ValueError("no")

    with pytest.raises(Late):
        await patience.wait("a", read, asked=False)
    go.set()
    with pytest.raises(ValueError, match="no"):
        await patience.wait("a", read, asked=True)
    assert caplog.records == []


async def test_what_a_page_looks_up_waits_for_its_turn_and_a_page_does_not_wait_without_end(
    host: Host, site: Site, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(host, stranger, "read", "run")
    home, asked, go = host.opened("main").home, list[int](), asyncio.Event()
    site.means.patience.paint_s = 0.05

    class Slow:
        at_work = False

        async def labels(self, *what: Any, **how: Any) -> dict[str, dict[str, str]]:
            asked.append(home.busy)
            await go.wait()
            return {"details": {}}

        fields = labels

    async def session(connection: str) -> Any:
        return Slow()

    monkeypatch.setattr(home, "session", session)
    form = {"connection": "sandbox", "more": "/book_code", "/member_id": "7"}
    try:
        async with AsyncExitStack() as taken:
            for _ in range(RUNNING):
                await taken.enter_async_context(home.turn())
            assert (await stranger.post("/actions/lend_book", data=form, headers=OWN)).status_code == 200
            assert (asked, home.waiting) == ([], 2), "the names of what is filled in, and the platform's own fields"
        await until(lambda: len(asked) == 2)
    finally:
        go.set()
    await until(lambda: home.busy == 0)
    monkeypatch.setattr(home, "_waiting", WAITING)
    assert (await stranger.post("/actions/lend_book", data=form, headers=OWN)).status_code == 200
    assert len(asked) == 2, "the page is shown, without the names"


async def test_a_preview_needs_one_turn_at_a_time(host: Host, site: Site, stranger: httpx.AsyncClient) -> None:
    enter(host, stranger, "read", "run")
    home, site.means.patience.paint_s = host.opened("main").home, 60
    form = {"connection": "sandbox", "do": "preview", "/member_id": "7", "/book_code": "B-1"}
    async with AsyncExitStack() as taken:
        for _ in range(RUNNING - 1):
            await taken.enter_async_context(home.turn())
        answer = await asyncio.wait_for(stranger.post("/actions/lend_book", data=form, headers=OWN), 30)
    assert answer.status_code == 200 and "would" in answer.text
