"""Runs that are answers to events of runs: what a host writes down of that, and when it stops them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector_runtime import Session
from connector_runtime.definition.grammar import Emit
from connector_runtime.errors import InvalidInput
from connector_runtime.events.loop import Loop
from connector_runtime.hosts import connected as hosting
from connector_runtime.hosts.chains import same_thing
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.run import NO_RETRIES
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events
from connector_runtime.transport import Connection
from connector_runtime.values import Json, Request, Response, as_text
from tests.connector_runtime.events.sending import let_in
from tests.connector_runtime.run.declarations import OK, READ, WRITE
from tests.connector_runtime.run.test_lookup import looking
from tests.connector_runtime.workshop import LOST, answer, housed

MAKING = replace(WRITE, emits=[Emit(event="made", match={"thing_id": "id"})])


class World:
    """A platform that answers as told and, while it does, announces what it was asked to do."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.sent, self.announced = directory, 0, 0
        self.told: Response | Exception = OK
        self.meanwhile: Callable[[], None] = lambda: None

    async def send(self, request: Request) -> Response:
        self.sent += 1
        if events_file(self.directory).exists() and request.write:
            self.announce(request.body["id"])
        self.meanwhile()
        if isinstance(self.told, Exception):
            raise copy(self.told)  # a run may write on the error it gets
        return self.told

    def announce(self, thing: int) -> int:
        self.announced += 1
        name, events = f"m-{self.announced}", Events(events_file(self.directory))
        found = [Occurrence("made", name, 0, name, name, None, {"thing_id": thing})]
        events.keep([Arrival("p", as_text(datetime.now(UTC)), found)])
        events.close()
        return self.announced

    def read(self) -> list[dict[str, Json]]:
        with Loop(records_file(self.directory), events_file(self.directory)) as loop:
            return loop.decided(loop.after(0, 1000))


@asynccontextmanager
async def opened(
    world: World, monkeypatch: pytest.MonkeyPatch, action: Any = MAKING, **how: Any
) -> AsyncIterator[Session]:
    @asynccontextmanager
    async def transport(connection: Any, agent: str) -> AsyncIterator[Any]:
        yield world.send

    monkeypatch.setattr(hosting, "open_transport", transport)
    there = Connection("p", "https://p.invalid")
    connector = housed(action, looking())
    async with Session(connector, connection=there, data_dir=world.directory, retries=NO_RETRIES, **how) as session:
        yield session


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_an_event_that_arrives_before_the_answer_is_read_with_its_cause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(events_file(world.directory), "p")
    seen: list[Any] = []
    world.meanwhile = lambda: seen.append(world.read())
    async with opened(world, monkeypatch) as session:
        record = await session.run("act", {"id": 7})
    assert seen == [[]], "nobody decides before the answer is there"
    assert [event["caused_by"] for event in world.read()] == [record.run_id]


@pytest.mark.parametrize(
    ("told", "effect", "is_cause"), [(LOST, "unknown", True), (answer({"message": "taken"}, 400), "none", False)]
)
async def test_the_end_of_a_run_says_whether_it_was_the_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, told: Any, effect: str, is_cause: bool
) -> None:
    let_in(events_file(world.directory), "p")
    world.told = told
    async with opened(world, monkeypatch) as session:
        record = await session.run("act", {"id": 7})
    assert record.effect == effect
    assert [event["caused_by"] for event in world.read()] == [record.run_id if is_cause else None]


async def test_a_chain_about_one_thing_is_stopped_and_one_about_many_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(events_file(world.directory), "p")
    async with opened(world, monkeypatch, longest_chain=3) as session:
        found = [await session.run("act", {"id": "7" if number % 2 else 7}) for number in range(5)]
        many = [await session.run("act", {"id": number}) for number in range(100, 110)]
    assert [(run.because_of, run.presumed, run.chain) for run in found] == [
        (None, False, 0), (1, True, 1), (2, True, 2), (3, True, 3), (4, True, 4),
    ]  # fmt: skip
    assert [run.status for run in found] == ["succeeded"] * 4 + ["failed"]
    assert found[-1].error is not None and found[-1].error["code"] == "endless_chain"
    assert {(run.status, run.chain) for run in many} == {("succeeded", 0)}
    assert world.sent == 14


async def test_because_of_what_a_run_is_started_may_be_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    let_in(events_file(world.directory), "p")
    async with opened(world, monkeypatch) as session:
        first = await session.run("act", {"id": 7})
        other = world.announce(5)
        second = await session.run("act", {"id": 8}, because_of=1)
        third = await session.run("act", {"id": 7}, because_of=other)
        with pytest.raises(InvalidInput, match="no event has the cursor 99"):
            await session.run("act", {"id": 9}, because_of=99)
    assert [(run.because_of, run.presumed, run.chain) for run in (first, second, third)] == [
        (None, False, 0), (1, False, 1), (other, False, 0),
    ]  # fmt: skip


async def test_the_same_key_and_a_run_taken_up_again_are_no_new_links(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(events_file(world.directory), "p")
    async with opened(world, monkeypatch, longest_chain=0) as session:
        first = await session.run("act", {"id": 7}, key="k")
        assert (await session.run("act", {"id": 7}, key="k")).document() == first.document()
        world.told = LOST
        lost = await session.run("act", {"id": 8})
        world.told = answer({"rows": [], "more": False})
        assert (await session.resume(lost.run_id)).chain == 0
    assert first.succeeded


async def test_nothing_is_known_where_webhooks_were_never_let_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(world, monkeypatch) as session:
        runs = [await session.run("act", {"id": 7}) for _ in range(2)]
        with pytest.raises(InvalidInput, match="no event has the cursor 1"):
            await session.run("act", {"id": 7}, because_of=1)
    assert [(run.because_of, run.chain) for run in runs] == [(None, 0)] * 2
    assert not events_file(world.directory).exists()


async def test_a_read_is_no_answer_unless_that_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    let_in(events_file(world.directory), "p")
    world.announce(7)
    async with opened(world, monkeypatch, READ) as session:
        runs = [await session.run("act", {"id": 7}, because_of=cursor) for cursor in (None, 1)]
    assert [run.because_of for run in runs] == [None, 1]


def test_what_an_action_changes_is_told_by_its_natural_key() -> None:
    emits = [Emit(event="made", match={"thing_id": "id", "day": "day"}), Emit(event="ended", match={"day": "day"})]
    action = replace(MAKING, emits=emits)
    assert same_thing(action, {"id": 7, "day": "x"}) == [{"thing_id": 7, "day": "x"}], "not all of that day"
    assert same_thing(action, {"id": 7}) == same_thing(replace(MAKING, emits=[Emit(event="made")]), {"id": 7}) == []
