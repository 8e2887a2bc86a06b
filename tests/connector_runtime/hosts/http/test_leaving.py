"""What is worked on is not closed meanwhile; and a database that is away is no fault of the host."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts.http.home import Home
from connector_runtime.store import Store
from connector_runtime.transport import Connection
from connector_runtime.values import Request, Response
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.run.declarations import OK, WRITE
from tests.connector_runtime.workshop import housed


async def test_a_session_that_is_replaced_is_closed_when_its_runs_have_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        asked.set()
        await go_on.wait()
        assert not closed.is_set()
        return OK

    @asynccontextmanager
    async def connected(*given: Any, **named: Any) -> AsyncIterator[Any]:
        from connector_runtime.connections import Line

        yield Connection("sandbox", "https://p.invalid"), Line(slow)
        closed.set()

    monkeypatch.setattr("connector_runtime.hosts.session.connected", connected)
    home = Home(housed(WRITE), tmp_path, "library", local=True)
    session = await home.session("sandbox")
    running = asyncio.create_task(session.run("act", {"id": 7}))
    await asked.wait()
    home._forget("sandbox")
    await asyncio.sleep(0.5)
    assert session.at_work and not closed.is_set()
    go_on.set()
    assert (await running).status == "succeeded"
    await home.close()
    assert closed.is_set()


async def test_what_cannot_be_read_now_is_worth_another_try(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*given: Any, **named: Any) -> Any:
        raise sqlite3.OperationalError("the database is away")

    monkeypatch.setattr(Store, "search", away)
    answer = await api("GET", "/v1/runs")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
    assert answer.headers["retry-after"] and "away" in answer.json()["title"]
