"""The API's operations on keys, and on what was done with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.keys import GRACE, SCOPES, drawn, is_good, now_utc
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import Declined, unknown
from connector_runtime.hosts.http.shapes import CURSOR, LIMIT, closed, listing, or_null, text
from connector_runtime.store.tenants import Key
from connector_runtime.values import Json, Problem, as_text, did_you_mean

NAMES: Json = or_null({"type": "array", "items": {"type": "string"}, "maxItems": 200})
KEY = closed(
    {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "scopes": {"type": "array", "items": {"enum": list(SCOPES)}},
        "connections": NAMES,
        "actions": NAMES,
        "created_at": {"type": "string"},
        "expires_at": or_null({"type": "string"}),
        "revoked_at": or_null({"type": "string"}),
    }
)
NEW_KEY = closed({**KEY["properties"], "key": text("Shown once.")})
DONE = closed(
    {
        "id": {"type": "integer"},
        **{name: {"type": "string"} for name in ("at", "key_id", "what", "about")},
        "status": {"type": "integer"},
        "source": {"type": "string"},
    }
)


def operations(connector: Connector) -> Iterator[Operation]:
    """All of them."""
    of_keys = partial(Operation, tag="Keys", scope="admin")
    yield of_keys(
        method="GET",
        path="/v1/keys",
        key="list_keys",
        summary="List the keys, without their secrets.",
        handle=_list,
        answers={200: closed({"items": {"type": "array", "items": KEY}})},
    )
    yield of_keys(
        method="POST",
        path="/v1/keys",
        key="make_key",
        summary="Make a key. It is shown once.",
        handle=_make,
        body=closed(
            {
                "name": text("What it is for."),
                "scopes": {"type": "array", "items": {"enum": list(SCOPES)}, "minItems": 1, "uniqueItems": True},
                "connections": {**NAMES, "description": "The only connections it is for; null: all."},
                "actions": {**NAMES, "description": "The only actions it is for; null: all."},
                "days": {"type": "integer", "minimum": 1, "maximum": 3660, "description": "How long it is good."},
            },
            ["name", "scopes"],
        ),
        answers={201: NEW_KEY},
    )
    yield of_keys(
        method="POST",
        path="/v1/keys/{key_id}/rotate",
        key="rotate_key",
        summary="Make a key that stands for an old one, which is good for another day.",
        handle=_rotate,
        body=closed({}),
        answers={201: NEW_KEY},
    )
    yield of_keys(
        method="DELETE",
        path="/v1/keys/{key_id}",
        key="revoke_key",
        summary="End a key at once, and let nobody stay who came in with it.",
        handle=_revoke,
        answers={204: None},
    )
    yield of_keys(
        method="GET",
        path="/v1/audit",
        key="list_audit",
        summary="List what was done, and with which key; the latest first, of 400 days.",
        handle=_audit,
        query={"before": CURSOR, "limit": LIMIT},
        answers={200: listing(DONE)},
    )


async def _list(asked: Asked) -> Response:
    return JSONResponse({"items": [key.document() for key in asked.tenants.keys(asked.caller.tenant)]})


async def _make(asked: Asked) -> Response:
    body, now = asked.body, now_utc()
    known = asked.home.connector.actions
    wrong = [
        Problem("actions", f"there is no action `{name}`{did_you_mean(name, known)}", "Actions")
        for name in body.get("actions") or ()
        if name not in known
    ]
    there = [each["name"] for each in asked.home.connections()]
    wrong += [
        Problem("connections", f"there is no connection `{name}`{did_you_mean(name, there)}", "Connections")
        for name in body.get("connections") or ()
        if name not in there and "connect" not in body["scopes"]  # a key to connect may make it
    ]
    if wrong:
        raise InvalidInput(wrong, fix="Name those that are there. A key for `connect` may name connections to come.")
    from datetime import timedelta

    until = as_text(now + timedelta(days=body["days"])) if "days" in body else None
    shown, key = drawn(
        asked.caller.tenant,
        body["name"],
        body["scopes"],
        connections=body.get("connections"),
        actions=body.get("actions"),
        expires_at=until,
        now=now,
    )
    asked.tenants.add_key(key)
    asked.say(key.id)
    return JSONResponse({**key.document(), "key": shown}, 201)


async def _rotate(asked: Asked) -> Response:
    old, now = _own(asked), now_utc()
    if not is_good(old, now):
        said = "was revoked" if old.revoked_at is not None else "has ended, and so would one in its place"
        raise Declined("key_ended", f"the key `{old.id}` {said}")
    shown, new = drawn(
        old.tenant,
        old.name,
        old.scopes,  # type: ignore[arg-type]
        connections=old.connections,
        actions=old.actions,
        expires_at=old.expires_at,
        now=now,
    )
    asked.tenants.rotate(old, new, as_text(now + GRACE))
    asked.say(new.id)
    return JSONResponse({**new.document(), "key": shown}, 201)


async def _revoke(asked: Asked) -> Response:
    if not asked.tenants.revoke(asked.caller.tenant, asked.path["key_id"], as_text(now_utc())):
        raise _unknown(asked)
    return Response(status_code=204)


async def _audit(asked: Asked) -> Response:
    limit = asked.query["limit"]
    found = asked.tenants.audit(asked.caller.tenant, asked.query.get("before", 2**63 - 1), limit)
    return JSONResponse({"items": found, "next": found[-1]["id"] if len(found) == limit else None})


def _own(asked: Asked) -> Key:
    key = asked.tenants.key(asked.path["key_id"])
    if key is None or key.tenant != asked.caller.tenant:
        raise _unknown(asked)
    return key


def _unknown(asked: Asked) -> Declined:
    return unknown(f"key `{asked.path['key_id']}`", "GET /v1/keys lists them.")
