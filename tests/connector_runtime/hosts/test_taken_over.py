"""A run that is taken over while a change of it may still be on its way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from connector_runtime import Session
from connector_runtime.errors import NotNow
from connector_runtime.hosts import connected as hosting
from connector_runtime.hosts.directories import records_file
from connector_runtime.run import Retries
from connector_runtime.store import Location, Store
from connector_runtime.store.schema import Schema
from connector_runtime.store.server import Server
from connector_runtime.transport import Connection, Patience
from connector_runtime.values import Request, Response
from tests.connector_runtime.hosts import opening
from tests.connector_runtime.run.declarations import OK, WRITE
from tests.connector_runtime.run.test_lookup import ABSENT, listing, looking, made, now
from tests.connector_runtime.workshop import LOST, answer, housed
from tests.postgres import cut_off


async def at_once(_seconds: float) -> None:
    """Waits for nothing."""


opened = partial(opening.opened, retries=Retries(sleep=at_once))
"""Each is a session of another process, in all but its number."""


async def test_what_is_not_there_yet_is_sent_again_only_where_nobody_can_still_be_sending_it(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(location, monkeypatch, LOST, answer({}, 403)) as (session, _):
        left = await session.run("act", {"id": 7}, key="k-1")
    assert left.effect == "unknown"
    async with opened(location, monkeypatch, ABSENT, ABSENT, OK) as (session, platform):
        again = await session.run("act", {"id": 7}, key="k-1")
    sent = [request.method for request in platform.requests]
    if isinstance(location, Path):  # its lock ended with its process
        assert (again.status, sent) == ("succeeded", ["GET", "GET", "POST"])
        return
    assert (again.status, again.effect, sent) == ("failed", "unknown", ["GET", "GET"])
    assert again.failure is not None and "may still be on its way" in again.failure.message
    monkeypatch.setattr("connector_runtime.hosts.session.PATIENCE", Patience(whole_s=1e-6))
    async with opened(location, monkeypatch, ABSENT, ABSENT, OK) as (session, platform):
        late = await session.run("act", {"id": 7}, key="k-1")
    assert (late.status, late.effect, late.run_id) == ("succeeded", "done", left.run_id)


async def test_a_change_that_was_sent_again_may_be_on_its_way_again(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(location, monkeypatch, LOST, answer({}, 403)) as (session, _):
        first = await session.run("act", {"id": 7}, key="k-1")
    with monkeypatch.context() as later:
        later.setattr("connector_runtime.hosts.session.PATIENCE", Patience(whole_s=1e-6))
        async with opened(location, monkeypatch, ABSENT, ABSENT, LOST, answer({}, 403)) as (session, platform):
            second = await session.run("act", {"id": 7}, key="k-1")
    assert [request.method for request in platform.requests] == ["GET", "GET", "POST", "GET"]
    assert second.sent_at == first.sent_at == first.last_sent_at and second.last_sent_at != second.sent_at
    async with opened(location, monkeypatch, ABSENT, ABSENT, OK) as (session, platform):
        await session.run("act", {"id": 7}, key="k-1")
    sent = [request.method for request in platform.requests]
    assert sent == (["GET", "GET", "POST"] if isinstance(location, Path) else ["GET", "GET"])


async def test_who_was_taken_over_says_nothing_more_of_the_run(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that stood still for minutes, cut off, while another made its change, and ended."""
    monkeypatch.setattr("connector_runtime.hosts.session.PATIENCE", Patience(whole_s=1e-6))
    connector, connection = housed(WRITE, looking()), Connection("p", "https://p.invalid")
    with closing(Server(database)) as mine, closing(Server(database)) as others:
        here, there = (Schema(each, PurePosixPath("data")) for each in (mine, others))

        async def meanwhile(request: Request) -> Response:
            cut_off(database)
            async with opened(there, monkeypatch, ABSENT, ABSENT, OK) as (session, _):
                assert (await session.run("act", {"id": 7}, key="k-1")).effect == "done"
            return answer({"message": "it is there"}, 400)

        @asynccontextmanager
        async def transport(connection: Any, agent: str) -> AsyncIterator[Any]:
            yield meanwhile

        monkeypatch.setattr(hosting, "open_transport", transport)
        with pytest.raises(NotNow, match="was taken over by another process") as caught:
            async with Session(
                connector, connection=connection, data_dir=here, retries=Retries(sleep=at_once)
            ) as session:
                await session.run("act", {"id": 7}, key="k-1")
        assert (caught.value.code, caught.value.effect) == ("taken_over", "unknown")
        with closing(Store(records_file(there))) as store:
            assert [(run["status"], run["effect"]) for run in store.newest(2)] == [("succeeded", "done")]


async def test_what_was_kept_though_nobody_heard_it_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, lost = Store.save, ["done"]

    def unheard(store: Store, document: Any, *given: Any, **named: Any) -> Any:
        kept = save(store, document, *given, **named)
        if document["effect"] in lost:
            lost.clear()
            raise NotNow("the connection was lost", code="not_recorded")
        return kept

    monkeypatch.setattr(Store, "save", unheard)
    async with opened(tmp_path, monkeypatch, OK) as (session, _):
        ended = await session.run("act", {"id": 7}, key="k-1")
    with closing(Store(records_file(tmp_path))) as store:
        assert [(run["status"], run["effect"]) for run in store.newest(2)] == [(ended.status, ended.effect)]
    assert ended.failure is not None and ended.failure.code == "not_recorded"


async def test_what_is_there_is_known_at_once(location: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(location, monkeypatch, LOST, answer({}, 403)) as (session, _):
        await session.run("act", {"id": 7}, key="k-1")
    async with opened(location, monkeypatch, listing(made(now()))) as (session, platform):
        again = await session.run("act", {"id": 7}, key="k-1")
    assert (again.status, again.recovered) == ("succeeded", True)
    assert [request.method for request in platform.requests] == ["GET"]
