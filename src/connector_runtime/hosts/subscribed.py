"""How a data directory's subscribers are opened, and sent to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, Unreachable
from connector_runtime.hosts.connected import agent_of, keys_of
from connector_runtime.hosts.directories import SANDBOX, connections_file, events_file, outbox_file, records_file
from connector_runtime.store import Location
from connector_runtime.values import Json, Problem

if TYPE_CHECKING:
    from connector_runtime.events.dispatch import Dispatch
    from connector_runtime.events.files import Files
    from connector_runtime.events.subscribers import Subscriber, Subscribers
    from connector_runtime.store.outbox import Outbox, Standing

BEGIN_AGAIN_S = 5.0
"""Until it is tried again to bring events, where that could not be begun."""


@contextmanager
def subscribers_in(data_dir: Location, program: str) -> Iterator[Subscribers]:
    """The subscribers that a data directory keeps. Raises InvalidInput when it cannot be used."""
    from connector_runtime.events.subscribers import Subscribers
    from connector_runtime.store import Connections

    store = Connections(connections_file(data_dir))
    try:
        yield Subscribers(store, keys_of(data_dir, program))
    finally:
        store.close()


def begin_of(data_dir: Location, after: int | None) -> tuple[int, str]:
    """After which event a new subscriber begins, the latest unless one is named, and the origin of these events. Raises
    InvalidInput for one that was never there.
    """
    from connector_runtime.events.cursors import check_after
    from connector_runtime.store.events import Events

    with closing(Events(events_file(data_dir))) as events:
        latest = events.latest()
        check_after(after or 0, latest)
        return latest if after is None else after, events.origin()


def added(data_dir: Location, subscriber: Subscriber, begin: tuple[int, str]) -> None:
    """Let a new subscriber begin there."""
    with outbox_in(data_dir) as outbox:
        outbox.add(subscriber.name, begin[0], generation=subscriber.generation, origin=begin[1])


def removed(data_dir: Location, program: str, name: str) -> None:
    """Bring a subscriber nothing any more. Raises InvalidInput without one."""
    with subscribers_in(data_dir, program) as subscribers:
        subscribers.check_there(name)
        with outbox_in(data_dir) as outbox:  # first: what is left of a removal that was cut off sends nothing
            outbox.remove(name)
        subscribers.remove(name)


def resumed(data_dir: Location, name: str) -> str:
    """Send to a subscriber again, at once; what is said of that."""
    import time

    with outbox_in(data_dir) as outbox:
        stopped = outbox.resume(name, time.time())
    return f"{name} is sent to again." if stopped else f"{name} had not stopped. What waits for it is sent now."


def again(number: int, gone: int, name: str) -> str:
    """What is said of events that are brought once more."""
    said = f"{number} event{'' if number == 1 else 's'} will be brought to {name} once more."
    if gone:
        said += f" {gone} of what was parked {'is' if gone == 1 else 'are'} not kept any more, and parked no longer."
    return said


def has_any(data_dir: Location) -> bool:
    """Whether there is a subscriber; nothing is made where there never was one."""
    if not outbox_file(data_dir).exists():
        return False
    with outbox_in(data_dir) as outbox:
        return bool(outbox.positions())


@contextmanager
def outbox_in(data_dir: Location) -> Iterator[Outbox]:
    """What is still to be brought to subscribers. Raises InvalidInput when the directory cannot be used."""
    from connector_runtime.store.outbox import Outbox

    with closing(Outbox(outbox_file(data_dir))) as outbox:
        yield outbox


def dispatch_of(connector: Connector, data_dir: Location, program: str, tell: Callable[[str], None]) -> Dispatch:
    """What sends a data directory's events to its subscribers. `tell` hears what a person should know."""
    from connector_runtime.events.dispatch import Dispatch

    opening = partial(subscribers_in, data_dir, program)
    return Dispatch(connector, files_in(data_dir), opening, agent=agent_of(connector), tell=tell)


def files_in(data_dir: Location) -> Files:
    """Where a data directory keeps what events need."""
    from connector_runtime.events.files import Files

    return Files(events_file(data_dir), records_file(data_dir), outbox_file(data_dir))


def standing_in_words(standing: Standing | None) -> dict[str, Json]:
    """How a subscriber stands, as hosts tell it; one of whom nothing is known has no place in the outbox."""
    from dataclasses import asdict

    from connector_runtime.store.outbox import Standing

    return asdict(standing or Standing(stopped="it was not subscribed to the end: remove it, and subscribe it again"))


async def delivered(
    connector: Connector,
    data_dir: Location,
    program: str,
    stopping: asyncio.Event,
    *,
    tell: Callable[[str], None],
    complain: Callable[[str], None],
) -> None:
    """Bring a data directory's events to its subscribers until told to stop. What keeps it from that is said to
    `complain`, once, and it is tried again.
    """
    from connector_runtime.events.dispatch import told_or_after

    told = ""
    while not stopping.is_set():
        try:
            await dispatch_of(connector, data_dir, program, tell).run(stopping)
        except Exception as wrong:  # whatever it is, what waits is kept
            why = wrong if isinstance(wrong, ConnectorError) else type(wrong).__name__
            if told != (told := f"nothing is brought to subscribers: {why}"):
                complain(told)
            await told_or_after(stopping, BEGIN_AGAIN_S)


async def tested(connector: Connector, data_dir: Location, subscriber: Subscriber, event: str | None) -> int:
    """The status with which a subscriber takes the sample of one of its events, the first unless one is named; what
    waits for it is then sent now. Raises NotNow where it does not take it, InvalidInput for another's event.
    """
    import time

    if event not in (None, *subscriber.events):
        said = f"{subscriber.name} has not subscribed to `{event}`; it has: {', '.join(subscriber.events)}"
        raise InvalidInput([Problem("event", said, "Event")])
    status = await tried(connector, subscriber, event or subscriber.events[0])
    with outbox_in(data_dir) as outbox:
        outbox.hurry(subscriber.name, time.time(), generation=subscriber.generation)
    return status


async def tried(connector: Connector, subscriber: Subscriber, event: str) -> int:
    """The status with which a subscriber takes the sample of an event. Raises NotNow when it does not."""
    import time
    from dataclasses import replace
    from secrets import token_hex

    from connector_runtime.events.delivery import Reader
    from connector_runtime.events.messages import message
    from connector_runtime.events.reach import reached, way_to
    from connector_runtime.events.sender import outcome, request
    from connector_runtime.values import as_text, json_text

    sample = connector.delivery(event, connector.triggers[event].samples[0])
    occurrence = Reader(connector).occurrences(json_text(sample).encode())[0]
    document = {name: getattr(occurrence, name) for name in ("event", "identity", "happened_at", "payload")}
    whole = {
        **document,
        "connection": SANDBOX,
        "cursor": 0,
        "received_at": as_text(datetime.now(UTC)),
        "caused_by": None,
    }
    each = replace(message(subscriber, whole, connector.identity.wire.date_time), id=f"test_{token_hex(16)}")
    connection, path = reached(subscriber)
    try:
        async with way_to(connection, agent_of(connector)) as send:
            said = outcome(answer := await send(request(subscriber, path, each, time.time())))
    except Unreachable as wrong:
        raise NotNow(f"{subscriber.name} did not take it: {wrong}", code="not_taken") from wrong
    if said.failure:
        raise NotNow(f"{subscriber.name} did not take it: {said.failure}", code="not_taken")
    return answer.status
