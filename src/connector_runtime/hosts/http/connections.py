"""The API's operations on connections: the ways to connect, list, connect, allow in the browser, test, forget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from starlette.responses import JSONResponse, Response

from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.drafting import drafted, fields_of, method_of
from connector_runtime.connections.grants import Code
from connector_runtime.connections.kept import Kept
from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.connected import forget, safe_in
from connector_runtime.hosts.connecting import connect, staying
from connector_runtime.hosts.directories import SANDBOX
from connector_runtime.hosts.http.consents import consents_in
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import Declined, unknown
from connector_runtime.hosts.http.shapes import NAMED, OBJECT, closed, or_null, text
from connector_runtime.values import Json

BODY = closed(
    {
        "name": text("What it is called here.", maxLength=64),
        "method": text("The way to connect; GET /v1/connection-methods has them."),
        "fields": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 20_000}},
        "allow_assumed": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
        "limits": {"type": "array", "items": {"type": "string"}, "maxItems": 10, "description": "As 100/10s."},
        "again": {"type": "boolean", "default": False, "description": "Instead of the one of that name."},
    },
    ["name", "method", "fields"],
)


def operations(connector: Connector) -> Iterator[Operation]:
    """All of them."""
    of_connections = partial(Operation, tag="Connections", scope="connect")
    yield Operation(
        method="GET",
        path="/v1/connections",
        key="list_connections",
        summary="List the connections, without their secrets.",
        scope="read",
        handle=_list,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
        tag="Connections",
    )
    yield of_connections(
        method="GET",
        path="/v1/connection-methods",
        key="list_connection_methods",
        summary="List the ways to connect, and what is filled in for each.",
        handle=_methods,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
    )
    yield of_connections(
        method="POST",
        path="/v1/connections",
        key="connect",
        summary="Connect a platform: let in, tried, and only then kept.",
        description="With a way that needs a person's consent, the answer is 202 with the address at which the person "
        "allows it; the browser then comes back to /connected.",
        handle=_connect,
        body=BODY,
        answers={201: NAMED, 202: closed({"name": {"type": "string"}, "authorize_url": {"type": "string"}})},
    )
    yield of_connections(
        method="POST",
        path="/v1/connections/{name}/test",
        key="test_connection",
        summary="Make a call that changes nothing, and say as whom the connection acts.",
        handle=_test,
        body=closed({}),
        answers={200: closed({"name": {"type": "string"}, "acts_as": or_null(OBJECT), "run_id": {"type": "string"}})},
    )
    yield of_connections(
        method="DELETE",
        path="/v1/connections/{name}",
        key="forget_connection",
        summary="Forget a connection and its secrets.",
        handle=_forget,
        answers={204: None},
    )


async def _list(asked: Asked) -> Response:
    known = [each for each in asked.home.connections() if asked.caller.sees_connection(each["name"])]
    return JSONResponse({"items": known})


async def _methods(asked: Asked) -> Response:
    template = asked.home.connector.identity.connection
    known = [
        {
            "key": key,
            "title": method.title,
            "description": method.description,
            "in_browser": method.grant == "authorization_code",
            "fields": {"type": "object", "properties": fields_of(template, method)},
        }
        for key, method in template.authentication.methods.items()
    ]
    return JSONResponse({"items": known})


async def _connect(asked: Asked) -> Response:
    body, home = asked.body, asked.home
    asked.caller.check_connection(body["name"])
    draft, again = drafted_by(home, body), body.get("again", False)
    template = home.connector.identity.connection
    if template.authentication.methods[draft.method].grant == "authorization_code":
        with safe_in(home.data_dir, home.program) as safe:
            (safe.check_there if again else safe.check_free)(draft.name)
        uri = str(asked.request.url_for("connected"))
        with consents_in(home.data_dir, home.program) as consents:
            url = consents.ask(home.connector, draft, f"{uri}/{asked.caller.tenant}", again=again)
        return JSONResponse({"name": draft.name, "authorize_url": url}, 202)
    return JSONResponse(await kept(home, draft, None, again=again), 201)


async def kept(home: Home, draft: Kept, code: Code | None, *, again: bool) -> dict[str, Json]:
    """A connection that was let in and kept, as anybody may see it."""
    with safe_in(home.data_dir, home.program) as safe:
        made = await connect(home.connector, safe, draft, code, data_dir=home.data_dir, again=again)
    return made.public()


def drafted_by(home: Home, body: Json) -> Kept:
    """The connection that is asked for, not yet let in. Raises InvalidInput with all that is wrong with it."""
    template = home.connector.identity.connection
    key, _ = method_of(template, body["method"])
    fields = Concealed(body["fields"])
    before = None
    if body.get("again", False):
        with safe_in(home.data_dir, home.program, of=body["name"]) as safe:
            before = safe.get(body["name"])
        fields = Concealed({**staying(template, before, fields), **fields})
    draft = drafted(
        template,
        body["name"],
        key,
        fields,
        allow_assumed=body.get("allow_assumed", ()),
        limits=body.get("limits", ()),
        actions=home.connector.actions,
    )
    home.check_reach(draft.base_url, "fields")
    if before is None:
        return draft
    return replace(
        draft, allow_assumed=draft.allow_assumed or before.allow_assumed, limits=draft.limits or before.limits
    )


async def _test(asked: Asked) -> Response:
    name = _own(asked)
    if name != SANDBOX:
        with safe_in(asked.home.data_dir, asked.home.program, of=name) as safe:
            safe.forget_refusal(name)
    session = await asked.home.session(name)
    async with asked.home.turn():
        record = await session.run(asked.home.connector.identity.connection.test, {})
    record.raise_if_failed()
    try:
        acting = await session.who()
    except ConnectorError:  # the connection works all the same
        acting = None
    acts_as = None if acting is None else acting.document()
    return JSONResponse({"name": name, "acts_as": acts_as, "run_id": record.run_id})


async def _forget(asked: Asked) -> Response:
    name = _own(asked)
    if name == SANDBOX:
        raise Declined(409, "built_in", "the sandbox is built in and stays", "Forget another connection.")
    forget(asked.home.data_dir, asked.home.program, name)
    return Response(status_code=204)


def _own(asked: Asked) -> str:
    name = asked.path["name"]
    asked.caller.check_connection(name)
    if all(each["name"] != name for each in asked.home.connections()):
        raise unknown(f"connection `{name}`")
    return name
