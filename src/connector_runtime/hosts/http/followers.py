"""The API's operations on subscribers: whom events are brought to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from functools import partial

from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.events.messages import check_signing
from connector_runtime.events.replay import Replay
from connector_runtime.events.subscribers import Subscribers
from connector_runtime.events.subscription import Asked as Wanted
from connector_runtime.events.subscription import subscriber_of
from connector_runtime.hosts.directories import events_file, outbox_file
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import forbidden, unknown
from connector_runtime.hosts.http.shapes import CURSOR, NAMED, OBJECT, closed, or_null, text
from connector_runtime.hosts.subscribed import files_in, subscribers_in, tried
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Outbox, Standing
from connector_runtime.values import Json, as_text

TEXTS: Json = {"type": "array", "items": {"type": "string", "maxLength": 500}, "maxItems": 50}
BODY = closed(
    {
        "name": text("What it is called here.", maxLength=64),
        "url": text("Where events are brought.", maxLength=2000),
        "events": {**TEXTS, "minItems": 1},
        "connection": or_null({"type": "string"}),
        "where": {**TEXTS, "description": "field=value; of one field, any of several values."},
        "without_own": {"type": "boolean"},
        "ordered_per": or_null({"type": "string"}),
        "networks": TEXTS,
        "after": {**CURSOR, "description": "Begin after that event; else from now."},
    },
    ["name", "url", "events"],
)
REPLAY = closed(
    {
        "cursors": {"type": "array", "items": CURSOR, "maxItems": 1000, "minItems": 1},
        "after": CURSOR,
        "until": CURSOR,
        "parked": {"const": True},
    },
    [],
) | {"oneOf": [{"required": [name]} for name in ("cursors", "after", "parked")]}


def operations(connector: Connector) -> Iterator[Operation]:
    """All of them."""
    of_subscribers = partial(Operation, tag="Subscribers", scope="connect")
    yield of_subscribers(
        method="GET",
        path="/v1/subscribers",
        key="list_subscribers",
        summary="List the subscribers, and what has become of their messages.",
        handle=_list,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
    )
    yield of_subscribers(
        method="POST",
        path="/v1/subscribers",
        key="subscribe",
        summary="Bring events to a URL, signed, until they are taken. The secret is shown once.",
        handle=_subscribe,
        body=BODY,
        answers={201: NAMED},
    )
    yield of_subscribers(
        method="DELETE",
        path="/v1/subscribers/{name}",
        key="unsubscribe",
        summary="Bring a subscriber nothing any more.",
        handle=_remove,
        answers={204: None},
    )
    yield of_subscribers(
        method="POST",
        path="/v1/subscribers/{name}/test",
        key="test_subscriber",
        summary="Send it the sample of an event now.",
        handle=_test,
        body=closed({}),
        answers={200: closed({"name": {"type": "string"}, "status": {"type": "integer"}})},
    )
    yield of_subscribers(
        method="POST",
        path="/v1/subscribers/{name}/resume",
        key="resume_subscriber",
        summary="Send again to one that had answered that it wants no more.",
        handle=_resume,
        body=closed({}),
        answers={204: None},
    )
    yield of_subscribers(
        method="POST",
        path="/v1/subscribers/{name}/replay",
        key="replay_events",
        summary="Bring events once more: those named, all after one, or what was parked.",
        handle=_replay,
        body=REPLAY,
        answers={200: closed({"name": {"type": "string"}, "replayed": {"type": "integer"}})},
    )


async def _list(asked: Asked) -> Response:
    home = asked.home
    _check_unbound(asked)
    with subscribers_in(home.data_dir, home.program) as subscribers:
        shown = subscribers.shown()
    with closing(Outbox(outbox_file(home.data_dir))) as outbox:
        standings = outbox.standings()
    return JSONResponse({"items": [each | asdict(standings.get(each["name"], Standing())) for each in shown]})


async def _subscribe(asked: Asked) -> Response:
    home, body = asked.home, dict(asked.body)
    _check_unbound(asked)
    check_signing()
    home.check_reach(body["url"], "url")
    if body.get("networks") and not home.local:
        raise forbidden("networks of one's own, as the host is not only for its own machine")
    after = body.pop("after", None)
    subscriber = subscriber_of(home.connector, Wanted(**body), as_text(now_utc()))
    with closing(Events(events_file(home.data_dir))) as events:
        position = events.latest() if after is None else after
    with subscribers_in(home.data_dir, home.program) as subscribers:
        subscribers.add(subscriber)
    with closing(Outbox(outbox_file(home.data_dir))) as outbox:
        outbox.add(subscriber.name, position)
    document = subscriber.public() | {"after": position, "secret": subscriber.secret}
    return JSONResponse(document, 201, {"cache-control": "no-store"})


async def _remove(asked: Asked) -> Response:
    home, name = asked.home, asked.path["name"]
    _check_unbound(asked)
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
        subscribers.remove(name)
    with closing(Outbox(outbox_file(home.data_dir))) as outbox:
        outbox.remove(name)
    return Response(status_code=204)


async def _test(asked: Asked) -> Response:
    home, name = asked.home, asked.path["name"]
    _check_unbound(asked)
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
        subscriber = subscribers.get(name)
    return JSONResponse({"name": name, "status": await tried(home.connector, subscriber, subscriber.events[0])})


async def _resume(asked: Asked) -> Response:
    home, name = asked.home, asked.path["name"]
    _check_unbound(asked)
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
    with closing(Outbox(outbox_file(home.data_dir))) as outbox:
        outbox.stop(name, None)
    return Response(status_code=204)


async def _replay(asked: Asked) -> Response:
    home, name, body = asked.home, asked.path["name"], asked.body
    _check_unbound(asked)
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
        subscriber = subscribers.get(name)
    replay = Replay(files_in(home.data_dir), home.connector.identity.wire.date_time)
    if "after" in body:
        number = replay.between(subscriber, body["after"], body.get("until"))
    else:
        number = replay.named(subscriber, body["cursors"]) if "cursors" in body else replay.parked(subscriber)
    return JSONResponse({"name": name, "replayed": number})


def _check_there(subscribers: Subscribers, name: str) -> None:
    if all(each["name"] != name for each in subscribers.shown()):
        raise unknown(f"subscriber `{name}`")


def _check_unbound(asked: Asked) -> None:
    """A subscriber may have the events of all connections."""
    if asked.caller.key.connections is not None:
        raise forbidden("subscribers, as it is for some connections only")
