"""What has arrived, handed out from a cursor."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import docebo_connect
from connector_runtime.events import feed as feeding
from connector_runtime.events.feed import feed
from connector_runtime.hosts.directories import events_file
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events


def keep(file: Location, *numbers: int, event: str = "loan.made", connection: str = "village") -> None:
    events = Events(file)
    found = [
        Occurrence(event, f"m-{number}", 0, f"i-{number}", f"c-{number}", None, {"n": number}) for number in numbers
    ]
    events.keep([Arrival(connection, "2026-02-02T00:00:00.000Z", found)])
    events.close()


async def test_a_reader_goes_on_after_its_cursor(location: Location) -> None:
    file = location / "events.sqlite3"
    keep(file, *range(1, feeding.PAGE + 3))
    whole = [event async for event in feed(file)]
    assert [event["payload"]["n"] for event in whole] == list(range(1, feeding.PAGE + 3))
    rest = [event async for event in feed(file, after=whole[-3]["cursor"])]
    assert rest == whole[-2:]


async def test_a_reader_takes_what_it_asks_for(location: Location) -> None:
    file = location / "events.sqlite3"
    keep(file, 1)
    keep(file, 2, event="loan.ended")
    keep(file, 3, connection="abbey")
    for asked, numbers in (({"event": "loan.ended"}, [2]), ({"connection": "abbey"}, [3]), ({}, [1, 2, 3])):
        assert [event["payload"]["n"] async for event in feed(file, **asked)] == numbers  # type: ignore[arg-type]


async def test_a_follower_waits_for_more(location: Location) -> None:
    file = events_file(location)
    keep(file, 1)
    async with aclosing(docebo_connect.events(follow=True, data_dir=location)) as arriving:
        assert (await anext(arriving))["payload"] == {"n": 1}
        waiting = asyncio.ensure_future(anext(arriving))
        await asyncio.sleep(0)
        keep(file, 2)
        assert (await asyncio.wait_for(waiting, 30))["payload"] == {"n": 2}
