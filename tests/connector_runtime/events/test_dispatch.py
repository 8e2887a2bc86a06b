"""Events brought to subscribers on loopback: each at least once, in their lines, and to nobody who has left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.events.subscribers import Subscriber
from connector_runtime.hosts import subscribed as hosting
from connector_runtime.hosts.directories import events_file, outbox_file
from connector_runtime.hosts.subscribed import dispatch_of, removed, subscribers_in
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Outbox
from connector_runtime.store.schema import Schema
from connector_runtime.store.server import Server
from connector_runtime.values import Problem
from tests.conftest import KEY
from tests.connector_runtime.events.desk import Desk
from tests.connector_runtime.events.subscribing import SECRET, desk
from tests.places import on_disk
from tests.postgres import cut_off
from tests.served import serving

PROGRAM = "library"
SLOWEST_S = 60


class Taker:
    """A subscriber's own server: checks each signature, keeps what it took, answers as it is told to."""

    def __init__(self) -> None:
        self.body: Callable[[], AsyncIterator[bytes]] | None = None
        self.took: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status: Callable[[dict[str, Any]], int] = lambda told: 204
        self.app = Starlette(routes=[Route("/in", self._arrived, methods=["POST"])])

    async def _arrived(self, request: Request) -> Response:
        told = Webhook(SECRET).verify(await request.body(), dict(request.headers))
        status = self.status(told)
        if status < 300:
            self.took.append(told)
            self.ids.append(request.headers["webhook-id"])
        return Response(status_code=status) if self.body is None else StreamingResponse(self.body(), status)

    @property
    def cursors(self) -> list[int]:
        return [told["cursor"] for told in self.took]


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def url(taker: Taker) -> Iterator[str]:
    with serving(taker.app) as address:
        yield f"{address}/in"


def subscribed(data_dir: Location, url: str, *, name: str = "desk", after: int = 0, **others: Any) -> Subscriber:
    made = desk(name, url=url, place=url, generation=token_hex(8), **others)
    with subscribers_in(data_dir, PROGRAM) as subscribers:
        subscribers.add(made)
    with closing(Events(events_file(data_dir))) as events, closing(Outbox(outbox_file(data_dir))) as outbox:
        outbox.add(name, after, generation=made.generation, origin=events.origin())
    return made


def keep(
    data_dir: Location, *numbers: int, event: str = "loan.made", at: str = "01.02.2026 10:00", member: int = 7
) -> None:
    found = [
        Occurrence(
            event, f"m-{number}", 0, f"i-{number}", f"c-{number}", at, {"book_code": number, "member_id": member}
        )
        for number in numbers
    ]
    with closing(Events(events_file(data_dir))) as events:
        events.keep([Arrival("village", "2026-02-01T10:00:05.000Z", found)])


@asynccontextmanager
async def dispatching(toy: Connector, data_dir: Location) -> AsyncIterator[list[str]]:
    """What a person is told while events are being brought."""
    told: list[str] = []
    stopping = asyncio.Event()
    running = asyncio.create_task(dispatch_of(toy, data_dir, PROGRAM, told.append).run(stopping))
    try:
        yield told
    finally:
        stopping.set()
        await running


async def until(true: Callable[[], bool]) -> None:
    """Wait for what other threads and files bring about."""
    async with asyncio.timeout(SLOWEST_S):
        while not true():  # noqa: ASYNC110 - nobody could set an event
            await asyncio.sleep(0.01)


def standing(data_dir: Location, name: str = "desk") -> Any:
    with closing(Outbox(outbox_file(data_dir))) as outbox:
        return outbox.standings().get(name)


async def test_each_event_is_brought_once_it_has_arrived(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    subscribed(location, url)
    keep(location, 1, 2)
    async with dispatching(toy, location):
        await until(lambda: len(taker.took) == 2)
        keep(location, 3)
        keep(location, 4, event="loan.ended")
        await until(lambda: len(taker.took) == 3)
        await until(lambda: bool(standing(location).cursor == 4))
    assert sorted(taker.cursors) == [1, 2, 3] and len(set(taker.ids)) == 3
    assert (standing(location).delivered, standing(location).waiting) == (3, 0)


async def test_whoever_subscribes_or_leaves_meanwhile_is_heeded(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    keep(location, 1)
    async with dispatching(toy, location):
        subscribed(location, url, name="one")
        await until(lambda: taker.cursors == [1])
        subscribed(location, url, name="two", after=1)
        keep(location, 2)
        await until(lambda: taker.cursors == [1, 2, 2])
        with subscribers_in(location, PROGRAM) as subscribers:
            subscribers.remove("one")
        with closing(Outbox(outbox_file(location))) as outbox:
            outbox.remove("one")
        keep(location, 3)
        await until(lambda: taker.cursors == [1, 2, 2, 3])
        keep(location, 4)
        await until(lambda: taker.cursors == [1, 2, 2, 3, 4])
        await asyncio.sleep(0.1)
        assert taker.cursors == [1, 2, 2, 3, 4], "whoever has left has nothing more brought"


async def test_who_was_cut_off_and_has_lost_its_place_sends_no_more(
    toy: Connector, database: str, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector_runtime.events import dispatch

    monkeypatch.setattr(dispatch, "LOOK_AGAIN_S", 2.0)  # for as long it does not look whether it is alone
    monkeypatch.setenv("LIBRARY_KEY", KEY)
    with closing(Server(database)) as mine, closing(Server(database)) as others:
        here, there = (Schema(each, PurePosixPath("data")) for each in (mine, others))
        subscribed(here, url)
        keep(here, 1)
        with closing(Outbox(outbox_file(there))) as outbox, ExitStack() as place:
            async with dispatching(toy, here) as told:
                await until(lambda: taker.cursors == [1])
                assert not place.enter_context(outbox.alone())
                cut_off(database)
                await until(lambda: place.enter_context(outbox.alone()))
                await until(lambda: "another process brings the events from now on" in told)
                keep(here, 2)
                await asyncio.sleep(3)
                assert taker.cursors == [1] and outbox.is_alone()
                place.close()
                await until(lambda: taker.cursors == [1, 2])


async def test_a_run_in_progress_holds_back_only_those_who_may_want_its_event(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    subscribed(location, url, name="all", events=("made",))
    subscribed(location, url, name="town", events=("made",), connection="town")
    subscribed(location, url, name="nine", events=("made",), where={"user": ("9",)})
    runs = Desk(location)
    run = runs.sending(7, "village")
    with runs.at(run):
        runs.arrive(7, "m-1", run, after_s=0.2)
        runs.arrive(8, "m-2", {**run, "connection": "town"}, after_s=0.3)
        async with dispatching(toy, location):
            await until(lambda: {standing(location, name).cursor for name in ("town", "nine")} == {2})
            await until(lambda: taker.cursors == [2])
            assert standing(location, "all").cursor == 0, "it has what arrives in its order"
            runs.ended(run)
            await until(lambda: len(taker.took) == 3)
    assert sorted(taker.cursors) == [1, 2, 2]


async def test_who_is_far_behind_keeps_nobody_waiting(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector_runtime.events import dispatch

    monkeypatch.setattr(dispatch, "PAGE", 1)
    keep(location, *range(1, 201))
    subscribed(location, url, name="behind", where={"book_code": ("199",)})
    subscribed(location, url, name="ahead", after=199)
    async with dispatching(toy, location):
        await until(lambda: len(taker.took) == 2)
    assert taker.cursors == [200, 199]


async def test_a_line_waits_for_its_first_and_others_do_not(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector_runtime.events import sender

    monkeypatch.setattr(sender, "DELAYS_S", (0.05,))
    refusals = {1: 2}

    def status(told: dict[str, Any]) -> int:
        refusals[told["cursor"]] = refusals.get(told["cursor"], 0) - 1
        return 500 if refusals[told["cursor"]] >= 0 else 204

    taker.status = status
    subscribed(location, url, ordered_per="member_id")
    keep(location, 1, member=7)
    keep(location, 2, member=7)
    keep(location, 3, member=8)
    async with dispatching(toy, location):
        await until(lambda: len(taker.took) == 3)
    assert taker.cursors.index(1) < taker.cursors.index(2)
    assert taker.cursors[0] == 3


async def test_what_was_in_hand_when_its_sender_died_is_brought_again_with_its_id(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(location, url)
    keep(location, 1)
    with monkeypatch.context() as dying:
        dying.setattr(Outbox, "settle", lambda self, *args, **others: None)  # what came back is never known
        async with dispatching(toy, location):
            await until(lambda: len(taker.took) >= 1)
    async with dispatching(toy, location):
        await until(lambda: bool(standing(location).waiting == 0))
    assert set(taker.cursors) == {1} and len(taker.ids) >= 2 and len(set(taker.ids)) == 1


async def test_only_one_of_two_sends_and_the_other_takes_over(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    subscribed(location, url)
    async with dispatching(toy, location):
        async with dispatching(toy, location):
            keep(location, *range(1, 101))
            await until(lambda: len(taker.took) >= 100)
        keep(location, 101)
        await until(lambda: len(taker.took) >= 101)
    assert sorted(taker.cursors) == list(range(1, 102))


async def test_whoever_cannot_be_sent_to_keeps_nobody_else_waiting(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    subscribed(location, "https://10.0.0.1/x", name="astray")
    subscribed(location, url)
    keep(location, 1)
    async with dispatching(toy, location) as told:
        await until(lambda: taker.cursors == [1])
    assert told[0].startswith("astray cannot be sent to") and "10.0.0.1" in told[0]
    assert standing(location, "astray").waiting == 1


@on_disk
async def test_a_key_that_is_lost_is_told_and_nothing_is_lost_with_it(
    toy: Connector, location: Path, taker: Taker, url: str
) -> None:
    subscribed(location, url)
    keep(location, 1)
    key = location / "connections.key"
    content = key.read_text()
    key.unlink()
    async with dispatching(toy, location) as told:
        await until(lambda: bool(told))
        assert "cannot be read" in told[0] and taker.took == []
        key.touch(mode=0o600)
        key.write_text(content)
        await until(lambda: taker.cursors == [1])


async def test_whatever_goes_wrong_while_looking_is_told_and_sending_goes_on(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(location, url)
    keep(location, 1)
    after, failures = Events.after, iter([ZeroDivisionError, ZeroDivisionError])

    def failing(self: Events, *args: Any, **others: Any) -> Any:
        if (wrong := next(failures, None)) is not None:
            raise wrong
        return after(self, *args, **others)

    monkeypatch.setattr(Events, "after", failing)
    async with dispatching(toy, location) as told:
        await until(lambda: taker.cursors == [1])
    assert told == ["events could not be put out (ZeroDivisionError)"]


def taken_away(data_dir: Path) -> None:
    for each in data_dir.glob("events.sqlite3*"):
        each.unlink()


@on_disk
async def test_a_new_file_of_events_is_brought_from_its_beginning(
    toy: Connector, location: Path, taker: Taker, url: str
) -> None:
    subscribed(location, url)
    keep(location, 1, 2, 3)
    async with dispatching(toy, location):
        await until(lambda: bool(standing(location).delivered == 3))
    taken_away(location)
    keep(location, 101, 102, 103)
    async with dispatching(toy, location) as told:
        await until(lambda: len(taker.took) >= 6)
    assert sorted(each["data"]["book_code"] for each in taker.took) == [1, 2, 3, 101, 102, 103]
    assert told == ["the events are kept in another file than before: all of it is brought to desk"]


@on_disk
async def test_a_file_of_events_that_is_replaced_meanwhile_is_read(
    toy: Connector, location: Path, taker: Taker, url: str
) -> None:
    subscribed(location, url)
    keep(location, 1)
    async with dispatching(toy, location):
        await until(lambda: len(taker.took) == 1)
        taken_away(location)
        keep(location, *range(100, 110))
        await until(lambda: len(taker.took) >= 11)
    assert sorted(each["data"]["book_code"] for each in taker.took) == [1, *range(100, 110)]


@on_disk
async def test_what_waits_of_an_older_file_is_brought_beside_what_is_in_the_new_one(
    toy: Connector, location: Path, taker: Taker, url: str
) -> None:
    taker.status = lambda told: 503
    subscribed(location, url)
    keep(location, 1)
    async with dispatching(toy, location) as told:
        await until(lambda: bool(told))
    taken_away(location)
    keep(location, 101)
    taker.status = lambda told: 204
    async with dispatching(toy, location):
        await until(lambda: len(taker.took) == 2)
    assert sorted(each["data"]["book_code"] for each in taker.took) == [1, 101]


async def test_one_whose_secret_cannot_be_read_keeps_nobody_else_waiting(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    for name in ("bad", "worse", "good"):
        subscribed(location, url, name=name)
    with subscribers_in(location, PROGRAM) as subscribers:
        for row in subscribers._store.all():
            if row.document["name"] != "good":
                subscribers._store.swap(row.name, row.version, sealed=b"0", document=row.document)
    keep(location, 1)
    async with dispatching(toy, location) as told:
        await until(lambda: taker.cursors == [1])
        keep(location, 2)
        await until(lambda: len(taker.cursors) == 2)
    assert [each.split()[0] for each in told] == ["bad", "worse"], "each is told of once"
    assert standing(location, "bad").cursor == 0, "nothing of what it wants is left out"


async def test_the_status_says_whether_a_message_was_taken_whatever_the_body_is(
    toy: Connector, location: Location, taker: Taker, url: str
) -> None:
    pieces = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pieces
        while True:
            pieces += 1
            yield bytes(2**16)
            await asyncio.sleep(0)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b""
            await asyncio.sleep(0.05)

    subscribed(location, url)
    async with dispatching(toy, location) as told:
        for number, body in enumerate((endless, dripping), 1):
            taker.body = body
            keep(location, number)
            await until(lambda taken=number: bool(standing(location).delivered == taken))  # type: ignore[misc]
    assert (told, len(taker.took)) == ([], 2)
    assert pieces < 2000, "the rest is left where it is"


async def test_who_is_silent_when_it_is_removed_keeps_nobody_waiting(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connector_runtime.events import dispatch, sender

    monkeypatch.setattr(dispatch, "GRACE_S", SLOWEST_S)
    asked, over = list[str](), asyncio.Event()

    class Silent:
        def __init__(self, subscriber: Subscriber, *_: Any) -> None:
            self.name, self.news = subscriber.name, asyncio.Event()

        async def run(self, stopping: asyncio.Event) -> None:
            asked.append(self.name)
            await over.wait()

    kind = sender.Sender
    monkeypatch.setattr(dispatch, "Sender", lambda each, *rest: (Silent if each.name != "desk" else kind)(each, *rest))
    first, *_ = [subscribed(location, url, name=name) for name in ("one", "two", "three")]
    subscribed(location, url)
    async with dispatching(toy, location):
        await until(lambda: len(asked) == 3)
        for name in ("one", "two", "three"):
            with closing(Outbox(outbox_file(location))) as outbox:
                outbox.remove(name)
        keep(location, 1)
        await until(lambda: taker.cursors == [1])
        with closing(Outbox(outbox_file(location))) as outbox:
            outbox.add("one", 1, generation=first.generation)
        keep(location, 2)
        await until(lambda: taker.cursors == [1, 2])
        assert len(asked) == 3, "the next of a name waits until the one before has ended"
        over.set()
        await until(lambda: len(asked) == 4)


@pytest.mark.parametrize("status", [204, 410])
async def test_what_the_one_before_still_answers_says_nothing_of_the_next_of_its_name(
    toy: Connector, location: Location, taker: Taker, url: str, status: int
) -> None:
    arrived, over = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        arrived.set()
        while not over.is_set():  # noqa: ASYNC110 - it is set in another thread
            await asyncio.sleep(0.01)
        return Response(status_code=status)

    with serving(Starlette(routes=[Route("/in", slow, methods=["POST"])])) as address:
        subscribed(location, f"{address}/in")
        keep(location, 1)
        async with dispatching(toy, location) as told:
            await until(arrived.is_set)
            removed(location, PROGRAM, "desk")
            subscribed(location, url)
            over.set()
            await until(lambda: taker.cursors == [1])
            keep(location, 2)
            await until(lambda: taker.cursors == [1, 2])
            await until(lambda: bool(standing(location).waiting == 0))
    assert standing(location).delivered == 2 and standing(location).stopped is None
    assert not any("takes" in each for each in told)


async def test_what_keeps_it_from_beginning_is_said_once_and_tried_again(
    toy: Connector, location: Location, taker: Taker, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "BEGIN_AGAIN_S", 0.01)
    begun, failures = hosting.dispatch_of, iter(range(3))

    def failing(*means: Any) -> Any:
        if next(failures, None) is not None:
            raise InvalidInput([Problem("data_dir", "cannot be used", "Data directory")])
        return begun(*means)

    monkeypatch.setattr(hosting, "dispatch_of", failing)
    subscribed(location, url)
    keep(location, 1)
    complaints, stopping = list[str](), asyncio.Event()
    delivering = hosting.delivered(toy, location, PROGRAM, stopping, tell=complaints.append, complain=complaints.append)
    running = asyncio.create_task(delivering)
    await until(lambda: taker.cursors == [1])
    stopping.set()
    await running
    assert complaints == ["nothing is brought to subscribers: Data directory: cannot be used"]


async def test_two_that_cannot_be_sent_to_are_told_of_once_each(toy: Connector, location: Location) -> None:
    for name in ("one", "two"):
        subscribed(location, "https://10.0.0.1/x", name=name)
    async with dispatching(toy, location) as told:
        await until(lambda: len(told) == 2)
        keep(location, 1)
        await until(lambda: bool(standing(location, "two").waiting == 1))
        keep(location, 2)
        await until(lambda: bool(standing(location, "two").waiting == 2))
    assert sorted(each.split()[0] for each in told) == ["one", "two"]
