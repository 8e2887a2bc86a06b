"""The API's operations on events: the triggers, where webhooks are let in, what has arrived, live too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, closing
from dataclasses import asdict
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.definition.trigger import Trigger
from connector_runtime.events.endpoints import drawn
from connector_runtime.events.feed import feed
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.connected import check_connection
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.hosts.http.actions import tagged
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import Caller, now_utc
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import check_there
from connector_runtime.hosts.http.shapes import CURSOR, LIMIT, OBJECT, closed, listing
from connector_runtime.hosts.http.streamed import live
from connector_runtime.hosts.registrar import GRACE
from connector_runtime.store.events import Events
from connector_runtime.values import Json, as_text

LONGEST_WATCH_S = 300
"""For how long events are watched at once; a client then comes again by itself, from where it was."""

BREATH_S = 15
"""Between two signs of life where nothing arrives."""

SEEN = ("events", "aside")
"""The rows of the figures."""

DAYS: Json = {
    "type": "integer",
    "minimum": 1,
    "maximum": 3660,
    "default": 7,
    "description": "How many days, by UTC, today among them.",
}
STATISTICS = closed({"since": {"type": "string"}, **{name: {"type": "array", "items": OBJECT} for name in SEEN}})

TRIGGER = ("event", "title", "summary", "fires_when", "payload", "identity", "order", "caused_by", "samples", "source")


def operations(connector: Connector) -> Iterator[Operation]:
    """All of them."""
    of_events = partial(Operation, tag="Events", scope="read")
    of_webhooks = partial(Operation, tag="Webhooks", scope="connect", path="/v1/connections/{name}/webhooks")
    yield of_events(
        method="GET",
        path="/v1/triggers",
        key="list_triggers",
        summary="List the events from which recipes start.",
        handle=_triggers,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
    )
    for trigger in connector.triggers.values():
        yield of_events(
            method="GET",
            path=f"/v1/triggers/{trigger.event}",
            key=f"describe_{trigger.event}",
            summary=f"Describe: {trigger.title}",
            handle=partial(_trigger, trigger),
            answers={200: OBJECT},
            headers={"If-None-Match": {"type": "string"}},
        )
    which = {
        "after": {
            **CURSOR,
            "default": 0,
            "description": "The cursor of the last one dealt with.",
        },
        "event": {"enum": list(connector.triggers)},
        "connection": {"type": "string"},
    }
    yield of_events(
        method="GET",
        path="/v1/events",
        key="list_events",
        summary="List what has arrived, in the order of its arrival.",
        handle=_list,
        query={**which, "limit": LIMIT},
        answers={200: listing(OBJECT)},
    )
    yield of_events(
        method="GET",
        path="/v1/events/live",
        key="watch_events",
        summary="Watch what arrives: server-sent events, whose ids are cursors.",
        handle=_live,
        query=which,
        answers={200: "text/event-stream"},
        headers={"Last-Event-ID": {"type": "string", "description": "Goes on after that one."}},
    )
    yield of_events(
        method="GET",
        path="/v1/events/statistics",
        key="count_events",
        summary="Say how well events are delivered: how many arrived, were missing or unexpected, how late.",
        handle=_statistics,
        query={"days": DAYS, "connection": {"type": "string"}},
        answers={200: STATISTICS},
    )
    yield of_webhooks(
        method="PUT",
        key="let_webhooks_in",
        summary="Make an address for a connection's webhooks, with a password; both are shown once.",
        description="Another takes the place of the one before, at which webhooks are let in for a day more.",
        handle=_let_in,
        body=closed({}),
        answers={201: closed({name: {"type": "string"} for name in ("url", "username", "password")})},
    )
    yield of_webhooks(
        method="DELETE",
        key="let_webhooks_out",
        summary="Let no more webhooks in for a connection. What has arrived stays.",
        handle=_close,
        answers={204: None},
    )


async def _triggers(asked: Asked) -> Response:
    known = asked.home.connector.triggers.values()
    items = [{name: getattr(each, name) for name in ("event", "title", "summary", "caused_by")} for each in known]
    return JSONResponse({"items": items})


async def _trigger(trigger: Trigger, asked: Asked) -> Response:
    whole = asdict(trigger)
    return tagged(asked, {name: whole[name] for name in TRIGGER})


async def _list(asked: Asked) -> Response:
    limit, found = asked.query["limit"], []
    async with aclosing(_feed(asked, asked.query["after"], follow=False)) as arrived:
        async for each in arrived:
            found.append(each)
            if len(found) == limit:
                break
    return JSONResponse({"items": found, "next": found[-1]["cursor"] if len(found) == limit else None})


async def _live(asked: Asked) -> Response:
    last = asked.request.headers.get("last-event-id", "")
    after = int(last) if last.isdecimal() and len(last) < 19 else asked.query["after"]
    return live(asked.home, _arriving(asked, after))


async def _arriving(asked: Asked, after: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_WATCH_S
    async with aclosing(_feed(asked, after, follow=True)) as arrived:
        coming = asyncio.ensure_future(anext(arrived))
        stopping = asyncio.create_task(asked.home.stopping.wait())
        try:
            while loop.time() < until and not stopping.done():
                await asyncio.wait({coming, stopping}, timeout=BREATH_S, return_when=asyncio.FIRST_COMPLETED)
                if not asked.is_let_in:
                    return
                if not coming.done():
                    yield ": nothing yet\n\n"
                    continue
                each = coming.result()
                yield f"id: {each['cursor']}\nevent: event\ndata: {json.dumps(each)}\n\n"
                coming = asyncio.ensure_future(anext(arrived))
        finally:
            coming.cancel()
            stopping.cancel()
            await asyncio.wait({coming, stopping})


async def _feed(asked: Asked, after: int, *, follow: bool) -> AsyncGenerator[Json]:
    """The events that the key may see."""
    directory, query = asked.home.data_dir, asked.query
    async with aclosing(
        feed(
            events_file(directory),
            runs=records_file(directory),
            after=after,
            event=query.get("event"),
            connection=query.get("connection"),
            follow=follow,
        )
    ) as arrived:
        async for each in arrived:
            if asked.caller.sees_connection(each["connection"]):
                yield each


async def _statistics(asked: Asked) -> Response:
    return JSONResponse(statistics_of(asked.home, asked.caller, asked.query["days"], asked.query.get("connection")))


def statistics_of(home: Home, caller: Caller, days: int, connection: str | None = None) -> dict[str, Json]:
    """The figures of so many days, as far as the key may see them; `Loop.statistics` has what they are."""
    with Loop(records_file(home.data_dir), events_file(home.data_dir)) as loop:
        told = loop.statistics(days, connection)
    seen = {name: [row for row in told[name] if caller.sees_connection(row["connection"])] for name in SEEN}
    return {**told, **seen}


async def _let_in(asked: Asked) -> Response:
    name = asked.path["name"]
    check_there(asked.home, asked.caller, name)
    check_connection(asked.home.data_dir, asked.home.program, name)
    return JSONResponse(let_in(asked.home, asked.caller, asked.request, name), 201, {"cache-control": "no-store"})


def let_in(home: Home, caller: Caller, request: Request, name: str) -> dict[str, Json]:
    """A new address for a connection's webhooks, with a password. The one before lets in for a day: until somebody has
    told the platform, it goes on bringing there.
    """
    credentials, endpoint = drawn(name)
    with closing(Events(events_file(home.data_dir))) as events:
        events.open_endpoint(endpoint, old_until=as_text(now_utc() + GRACE))
    url = f"{request.url_for('webhooks', path='/')}{caller.tenant}/{credentials.address}"
    return {"url": url, "username": credentials.username, "password": credentials.password}


async def _close(asked: Asked) -> Response:
    name = asked.path["name"]
    asked.caller.check_connection(name)
    with closing(Events(events_file(asked.home.data_dir))) as events:
        closed_now = events.close_endpoint(name)
    if not closed_now:
        raise unknown(f"address for the webhooks of `{name}`")
    return Response(status_code=204)
