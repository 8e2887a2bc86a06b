"""The loop closed: what a run announced has arrived, or has not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.events.causes import WINDOW_S, moment
from connector_runtime.events.endpoints import drawn
from connector_runtime.events.feed import feed
from connector_runtime.events.loop import Loop
from connector_runtime.record import Record
from connector_runtime.store import Store
from connector_runtime.store.events import Arrival, Events, Occurrence
from connector_runtime.values import Json


class Desk:
    """The files of a directory, and what somebody puts there."""

    def __init__(self, directory: Path) -> None:
        self.runs, self.events = directory / "runs.sqlite3", directory / "events.sqlite3"
        self.clock = ""

    def run(self, user: int, *, number: Json = 1, connection: str = "acme") -> dict[str, Json]:
        record = Record.begin(action="act", version="1", connection=connection, given={})
        record.status, record.effect = "succeeded", "done"
        record.events = [{"event": "made", "status": "expected", "match": {"user": user}, "count": number}]
        store, document = Store(self.runs), record.document()
        store.save(document)
        store.close()
        return document

    def arrive(self, user: int, message: str, run: dict[str, Json], *, after_s: float = 3, times: int = 1) -> None:
        events = Events(self.events)
        found = [
            Occurrence("made", message, place, "i", f"{message} {place}", None, {"user": user})
            for place in range(times)
        ]
        events.keep([Arrival(run["connection"], moment(run["started_at"], after_s), found)])
        events.close()

    def loop(self, run: dict[str, Json], after_s: float = 5) -> Loop:
        return Loop(self.runs, self.events, now=lambda: datetime.fromisoformat(moment(run["started_at"], after_s)))

    def arrived(self, run: dict[str, Json], after_s: float = 5) -> list[dict[str, Any]]:
        with self.loop(run, after_s) as loop:
            return loop.arrived(run)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield Desk(tmp_path)


def test_what_has_arrived_is_seen_with_its_delay(desk: Desk) -> None:
    run, other = desk.run(7), desk.run(8)
    desk.arrive(7, "m-1", run)
    (event,) = desk.arrived(run)
    assert (event["status"], event["seen"], event["delays_s"], event["cursors"]) == ("seen", 1, [3.0], [1])
    (waiting,) = desk.arrived(other)
    assert (waiting["status"], waiting["seen"]) == ("expected", 0)
    assert desk.arrived(other, WINDOW_S + 60)[0]["status"] == "missing"


@pytest.mark.parametrize(("number", "came", "status"), [(3, 2, "missing"), (3, 3, "seen"), ("one or more", 2, "seen")])
def test_several_are_seen_when_all_have_come(desk: Desk, number: Json, came: int, status: str) -> None:
    run = desk.run(7, number=number)
    desk.arrive(7, "m-1", run, times=came)
    (event,) = desk.arrived(run, WINDOW_S + 60)
    assert (event["status"], event["seen"]) == (status, came)


def test_a_run_that_was_resumed_long_after_it_began_still_waits(desk: Desk) -> None:
    run = desk.run(7)
    store = Store(desk.runs)
    old = {**run, "started_at": moment(run["started_at"], -7200)}
    store.save(old)
    store.close()
    desk.arrive(7, "m-1", run)
    (event,) = desk.arrived(old, 7200 + 5)
    assert (event["status"], event["delays_s"]) == ("seen", [7203.0])


def test_a_run_that_is_not_over_expects_and_nothing_is_joined(desk: Desk) -> None:
    run = desk.run(7)
    left = {**run, "run_id": "another"}
    desk.arrive(7, "m-1", run)
    assert desk.arrived(left)[0]["status"] == "expected"


async def test_a_reader_learns_what_caused_an_event(desk: Desk) -> None:
    run, elsewhere = desk.run(7), desk.run(7, connection="other")
    desk.arrive(7, "m-1", run)
    desk.arrive(7, "m-2", run)
    desk.arrive(7, "m-3", elsewhere)
    found = [event["caused_by"] async for event in feed(desk.events, runs=desk.runs)]
    assert found == [run["run_id"], None, elsewhere["run_id"]]
    assert all("caused_by" not in event for event in [each async for each in feed(desk.events)])


async def test_who_waits_is_told_when_it_comes_or_when_patience_ends(desk: Desk) -> None:
    run = desk.run(7)
    with desk.loop(run) as loop:
        assert [event["status"] for event in await loop.awaited(run, 0)] == ["expected"]
        waiting = asyncio.create_task(loop.awaited(run, 60))
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.arrive(7, "m-1", run)
        assert [event["status"] for event in await waiting] == ["seen"]


def test_an_event_can_be_missing_only_where_webhooks_are_let_in(desk: Desk) -> None:
    run = desk.run(7)
    with desk.loop(run) as loop:
        assert not loop.listens("acme")
        events = Events(desk.events)
        events.open_endpoint(drawn("acme")[1])
        events.close()
        assert (loop.listens("acme"), loop.listens("other")) == (True, False)


def test_a_directory_that_cannot_be_used_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Loop(desk.runs, tmp_path / "file" / "events.sqlite3")


def test_where_no_run_expects_anything_events_of_hours_are_not_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = desk.run(7, connection="other")
    desk.arrive(7, "m-1", run | {"connection": "acme"})
    with desk.loop(run) as loop:
        events = Events(desk.events)
        page = events.after(0, 10)
        events.close()
        monkeypatch.setattr(Events, "between", lambda *_: pytest.fail("the events of the time were read"))
        assert [event["caused_by"] for event in loop.with_causes(page)] == [None]
