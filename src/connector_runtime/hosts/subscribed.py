"""How a data directory's subscribers are opened, and sent to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.hosts.connected import agent_of
from connector_runtime.hosts.directories import SANDBOX, connections_file, events_file, outbox_file, records_file
from connector_runtime.store import Location

if TYPE_CHECKING:
    from connector_runtime.events.dispatch import Dispatch
    from connector_runtime.events.files import Files
    from connector_runtime.events.subscribers import Subscriber, Subscribers


@contextmanager
def subscribers_in(data_dir: Location, program: str) -> Iterator[Subscribers]:
    """The subscribers that a data directory keeps. Raises InvalidInput when it cannot be used."""
    from connector_runtime.connections.keys import place_of
    from connector_runtime.connections.sealing import Keys
    from connector_runtime.events.subscribers import Subscribers
    from connector_runtime.store import Connections

    store = Connections(connections_file(data_dir))
    try:
        yield Subscribers(store, Keys(place_of(program, data_dir)))
    finally:
        store.close()


def dispatch_of(connector: Connector, data_dir: Location, program: str, tell: Callable[[str], None]) -> Dispatch:
    """What sends a data directory's events to its subscribers. `tell` hears what a person should know."""
    from connector_runtime.events.dispatch import Dispatch

    opening = partial(subscribers_in, data_dir, program)
    return Dispatch(connector, files_in(data_dir), opening, agent=agent_of(connector), tell=tell)


def files_in(data_dir: Location) -> Files:
    """Where a data directory keeps what events need."""
    from connector_runtime.events.files import Files

    return Files(events_file(data_dir), records_file(data_dir), outbox_file(data_dir))


async def tried(connector: Connector, subscriber: Subscriber, event: str) -> int:
    """The status with which a subscriber takes the sample of an event. Raises NotNow when it does not."""
    import time
    from dataclasses import replace
    from secrets import token_hex

    from connector_runtime.events.delivery import Reader
    from connector_runtime.events.messages import message
    from connector_runtime.events.reach import PATIENCE, reached
    from connector_runtime.events.sender import outcome, request
    from connector_runtime.transport import open_transport
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
    async with open_transport(connection, agent_of(connector), PATIENCE) as send:
        answer = await send(request(subscriber, path, each, time.time()))
    if failure := outcome(answer).failure:
        raise NotNow(f"{subscriber.name} did not take it: {failure}", code="not_taken")
    return answer.status
