"""The API's operations on events: the triggers, where webhooks are let in, what has arrived, live too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.definition.trigger import Trigger
from connector_runtime.events.dispatch import told_or_after
from connector_runtime.events.endpoints import drawn
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.connected import check_connection
from connector_runtime.hosts.directories import events_file
from connector_runtime.hosts.http.actions import tagged
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import Caller, now_utc
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import check_there, only_of, without_others
from connector_runtime.hosts.http.shapes import CURSOR, LIMIT, OBJECT, closed, listing
from connector_runtime.hosts.http.streamed import live
from connector_runtime.hosts.registrar import GRACE
from connector_runtime.store.events import Events
from connector_runtime.store.sought import Only
from connector_runtime.values import Json, as_text

LONGEST_WATCH_S = 300
"""For how long events are watched at once; a client then comes again by itself, from where it was."""

BREATH_S = 15
"""Between two signs of life where nothing arrives."""

LOOK_AGAIN_S = 0.25
"""Between two looks for what has arrived."""

PAGE = 500
"""Events that are read at once; between two pages others have their turn."""

LOOKED_AT = 10_000
"""Events that one list looks at; it then says where to go on."""

ROWS = ("events", "aside")
"""The rows of the figures."""

DAYS: Json = {
    "type": "integer",
    "minimum": 1,
    "maximum": 366,
    "default": 7,
    "description": "How many days, by UTC, today among them.",
}
STATISTICS = closed({"since": {"type": "string"}, **{name: {"type": "array", "items": OBJECT} for name in ROWS}})

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
    after = {**CURSOR, "description": "The cursor of the last one dealt with."}
    which = {
        "event": {"enum": list(connector.triggers)},
        "connection": {"type": "string"},
    }
    yield of_events(
        method="GET",
        path="/v1/events",
        key="list_events",
        summary="List what has arrived, in the order of its arrival.",
        handle=_list,
        description="One list looks at 10,000 events at most; `next` says where it goes on, even where none was found.",
        query={"after": {**after, "default": 0}, **which, "limit": LIMIT},
        answers={200: listing(OBJECT)},
    )
    yield of_events(
        method="GET",
        path="/v1/events/live",
        key="watch_events",
        summary="Watch what arrives: server-sent events, whose ids are cursors.",
        description="Without a cursor it begins with what arrives from now on.",
        handle=_live,
        query={"after": after, **which},
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
    only, limit, after = _only(asked), asked.query["limit"], asked.query["after"]
    found: list[Json] = []
    for _ in range(LOOKED_AT // PAGE):
        page = await asked.home.lookup.look(partial(_page, asked.caller, only, after))
        for each in page.events:
            found.append(each)
            if len(found) == limit:
                return JSONResponse({"items": found, "next": each["cursor"]})
        after = page.upto
        if page.ended:
            return JSONResponse({"items": found, "next": None})
    return JSONResponse({"items": found, "next": after})


async def _live(asked: Asked) -> Response:
    last = asked.request.headers.get("last-event-id", "")
    after = int(last) if last.isdecimal() and len(last) < 19 else asked.query.get("after")
    if after is None:
        after = await asked.home.lookup.look(Loop.latest)
    return live(asked.home, _arriving(asked, after))


async def _arriving(asked: Asked, after: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    loop, stopping, only = asyncio.get_running_loop(), asked.home.stopping, _only(asked)
    until, said = loop.time() + LONGEST_WATCH_S, loop.time()
    while loop.time() < until and not stopping.is_set():
        page = await asked.home.lookup.look(partial(_page, asked.caller, only, after))
        after = page.upto
        for each in page.events:
            if not asked.is_let_in:
                return
            yield f"id: {each['cursor']}\nevent: event\ndata: {json.dumps(each)}\n\n"
            said = loop.time()
        if page.ended:
            if loop.time() - said >= BREATH_S:
                yield ": nothing yet\n\n"
                said = loop.time()
            await told_or_after(stopping, LOOK_AGAIN_S)
        if not asked.is_let_in:
            return


class _Page(NamedTuple):
    """Events that a key may see, up to which cursor was looked, and whether there are none after it now."""

    events: list[dict[str, Json]]
    upto: int
    ended: bool


def _page(caller: Caller, only: Only, after: int, loop: Loop) -> _Page:
    there = loop.after(after, PAGE, only)
    told = loop.decided(there)
    upto = told[-1]["cursor"] if told else after
    return _Page(without_others(loop, caller, told), upto, len(there) < PAGE or len(told) < len(there))


def _only(asked: Asked) -> Only:
    """The events that are asked for, as far as the key may see them."""
    allowed = only_of(asked.home.connector, asked.caller)
    return allowed.narrowed(asked.query.get("connection"), asked.query.get("event"))


async def _statistics(asked: Asked) -> Response:
    asking = statistics_of(asked.home, asked.caller, asked.query["days"], asked.query.get("connection"))
    return JSONResponse(await asking)


async def statistics_of(home: Home, caller: Caller, days: int, connection: str | None = None) -> dict[str, Json]:
    """The figures of so many days, as far as the key may see them; `Loop.statistics` has what they are."""
    only = only_of(home.connector, caller)
    return await home.lookup.look(lambda loop: loop.statistics(days, connection, only))


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
