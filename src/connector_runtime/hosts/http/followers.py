"""The API's operations on subscribers: whom events are brought to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.events.messages import check_signing
from connector_runtime.events.replay import Replay
from connector_runtime.events.subscribers import Subscriber, Subscribers
from connector_runtime.events.subscription import Asked as Wanted
from connector_runtime.events.subscription import subscriber_of
from connector_runtime.hosts import subscribed as subscribing
from connector_runtime.hosts.connected import check_connection
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import Caller, now_utc
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import forbidden, unknown
from connector_runtime.hosts.http.shapes import CURSOR, NAMED, OBJECT, closed, or_null, text
from connector_runtime.hosts.subscribed import files_in, outbox_in, standing_in_words, subscribers_in
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
GONE: Json = {"type": "integer", "description": "Parked, and not kept any more: parked no longer."}
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
        body=closed({"event": text("Which of its events; else the first.")}, []),
        answers={200: closed({"name": {"type": "string"}, "status": {"type": "integer"}})},
    )
    yield of_subscribers(
        method="POST",
        path="/v1/subscribers/{name}/resume",
        key="resume_subscriber",
        summary="Send again to one that had answered that it wants no more, and at once what waits.",
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
        answers={200: closed({"name": {"type": "string"}, "replayed": {"type": "integer"}, "gone": GONE})},
    )
    yield of_subscribers(
        method="GET",
        path="/v1/subscribers/{name}/parked",
        key="list_parked",
        summary="List what it did not take for a day, and what went wrong.",
        handle=_parked,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
    )


async def _list(asked: Asked) -> Response:
    check_unbound(asked.caller)
    return JSONResponse({"items": followers(asked.home)})


async def _subscribe(asked: Asked) -> Response:
    asked.say(asked.body["name"])
    check_unbound(asked.caller)
    document = subscribed(asked.home, asked.body)
    return JSONResponse(document, 201, {"cache-control": "no-store"})


async def _remove(asked: Asked) -> Response:
    check_unbound(asked.caller)
    removed(asked.home, asked.path["name"])
    return Response(status_code=204)


async def _test(asked: Asked) -> Response:
    check_unbound(asked.caller)
    name = asked.path["name"]
    return JSONResponse({"name": name, "status": await tested(asked.home, name, asked.body.get("event"))})


async def _resume(asked: Asked) -> Response:
    check_unbound(asked.caller)
    resumed(asked.home, asked.path["name"])
    return Response(status_code=204)


async def _replay(asked: Asked) -> Response:
    check_unbound(asked.caller)
    name = asked.path["name"]
    number, gone = await brought_again(asked.home, name, asked.body)
    return JSONResponse({"name": name, "replayed": number, "gone": gone})


async def _parked(asked: Asked) -> Response:
    check_unbound(asked.caller)
    return JSONResponse({"items": parked(asked.home, asked.path["name"])})


def followers(home: Home) -> list[dict[str, Json]]:
    """The subscribers, each with how it stands."""
    with subscribers_in(home.data_dir, home.program) as subscribers:
        shown = subscribers.shown()
    with outbox_in(home.data_dir) as outbox:
        standings = outbox.standings()
    return [each | standing_in_words(standings.get(each["name"])) for each in shown]


def subscribed(home: Home, body: Json) -> dict[str, Json]:
    """A new subscriber, with its secret and the event after which it begins. Raises InvalidInput, Declined."""
    check_signing()
    home.check_reach(body["url"], "url")
    if body.get("networks") and not home.local:
        raise forbidden("networks of one's own, as the host is not only for its own machine")
    if (connection := body.get("connection")) is not None:
        check_connection(home.data_dir, home.program, connection)
    wanted = Wanted(**{name: value for name, value in body.items() if name != "after"})
    subscriber = subscriber_of(home.connector, wanted, as_text(now_utc()))
    begin = subscribing.begin_of(home.data_dir, body.get("after"))
    with subscribers_in(home.data_dir, home.program) as subscribers:
        subscribers.add(subscriber)
    subscribing.added(home.data_dir, subscriber, begin)
    return subscriber.public() | {"after": begin[0], "secret": subscriber.secret}


def removed(home: Home, name: str) -> None:
    """Bring a subscriber nothing any more. Raises Declined without one."""
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
    subscribing.removed(home.data_dir, home.program, name)


async def tested(home: Home, name: str, event: str | None = None) -> int:
    """The status with which it takes the sample of one of its events, the first unless one is named. Raises NotNow
    where it does not take it, InvalidInput for another's event, Declined without such a subscriber.
    """
    return await subscribing.tested(home.connector, home.data_dir, _subscriber(home, name), event)


def resumed(home: Home, name: str) -> str:
    """Send again to one that wanted no more, or at once to one that did not stop; what is said of that. Raises Declined
    without one.
    """
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
    return subscribing.resumed(home.data_dir, name)


async def brought_again(home: Home, name: str, body: Json) -> tuple[int, int]:
    """How many events are brought once more: the `cursors` named, those `after` one, or what was `parked`; and how many
    that were parked are not kept any more. There may be many: nobody else waits for it.
    """
    return await home.lookup.do(partial(_replayed, home, name, body))


def _replayed(home: Home, name: str, body: Json) -> tuple[int, int]:
    subscriber = _subscriber(home, name)
    replay = Replay(files_in(home.data_dir), home.connector.identity.wire.date_time)
    if "after" in body:
        return replay.between(subscriber, body["after"], body.get("until")), 0
    return (replay.named(subscriber, body["cursors"]), 0) if "cursors" in body else replay.parked(subscriber)


def parked(home: Home, name: str) -> list[dict[str, Json]]:
    """What one did not take, and why. Raises Declined without one."""
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
    with outbox_in(home.data_dir) as outbox:
        return outbox.parked(name)


def is_unbound(caller: Caller) -> bool:
    """Whether a key is for all connections and actions: a subscriber may have the events of all."""
    return caller.key.connections is None and caller.key.actions is None


def check_unbound(caller: Caller) -> None:
    """Raises Declined for a key that is not for all events."""
    if not is_unbound(caller):
        raise forbidden("subscribers, as it is for some connections or actions only")


def _subscriber(home: Home, name: str) -> Subscriber:
    with subscribers_in(home.data_dir, home.program) as subscribers:
        _check_there(subscribers, name)
        return subscribers.get(name)


def _check_there(subscribers: Subscribers, name: str) -> None:
    if all(each["name"] != name for each in subscribers.shown()):
        raise unknown(f"subscriber `{name}`")
