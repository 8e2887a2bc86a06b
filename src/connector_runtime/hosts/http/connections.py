"""The API's operations on connections: ways to connect, list, connect, allow in the browser, test, rotate, forget."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.drafting import drafted, fields_of, method_of
from connector_runtime.connections.grants import Code
from connector_runtime.connections.kept import Kept
from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.connected import forget, safe_in
from connector_runtime.hosts.connecting import connect, staying
from connector_runtime.hosts.directories import SANDBOX
from connector_runtime.hosts.http.consents import consents_in
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import COOKIE, Caller, digest
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.hosts.http.seen import check_kept, check_there, connections_of
from connector_runtime.hosts.http.shapes import NAMED, OBJECT, closed, or_null, text
from connector_runtime.schema import children
from connector_runtime.values import Json, Problem

FIELDS: Json = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 20_000}}
BODY = closed(
    {
        "name": text("What it is called here.", maxLength=64),
        "method": text("The way to connect; GET /v1/connection-methods has them."),
        "fields": FIELDS,
        "allow_assumed": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
        "limits": {"type": "array", "items": {"type": "string"}, "maxItems": 10, "description": "As 100/10s."},
        "again": {"type": "boolean", "default": False, "description": "Instead of the one of that name."},
    },
    ["name", "method", "fields"],
)
NEW = closed(
    {
        "fields": {**FIELDS, "description": "The credentials that are new; the others stay."},
        "method": text("Another way to be let in; else it stays."),
    },
    [],
)
CONSENT = closed({"name": {"type": "string"}, "authorize_url": {"type": "string"}})


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
        answers={201: NAMED, 202: CONSENT},
    )
    yield of_connections(
        method="POST",
        path="/v1/connections/{name}/rotate",
        key="rotate_connection",
        summary="Give a connection other credentials: let in, tried, and only then kept instead of the old ones.",
        description="Its name, address, limits and allowed actions stay. With a way that needs a person's consent, the "
        "answer is 202 with the address at which the person allows it.",
        handle=_rotate,
        body=NEW,
        answers={200: NAMED, 202: CONSENT},
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
    return JSONResponse({"items": connections_of(asked.home, asked.caller)})


async def _methods(asked: Asked) -> Response:
    template = asked.home.connector.identity.connection
    known = [
        {
            "key": key,
            "title": method.title,
            "description": method.description,
            "setup": list(method.setup),
            "in_browser": method.grant == "authorization_code",
            "fields": {"type": "object", "properties": fields_of(template, method)},
        }
        for key, method in template.authentication.methods.items()
    ]
    return JSONResponse({"items": known})


async def _connect(asked: Asked) -> Response:
    body, home = asked.body, asked.home
    asked.say(body["name"])
    asked.caller.check_connection(body["name"])
    if again := body.get("again", False):
        check_there(home, asked.caller, body["name"])
    draft = drafted_by(home, body)
    with safe_in(home.data_dir, home.program) as safe:
        (safe.check_there if again else safe.check_free)(draft.name)
    return await _let_in(asked, draft, again=again, status=201)


async def _rotate(asked: Asked) -> Response:
    draft = rotated_by(asked.home, _own(asked), asked.body)
    return await _let_in(asked, draft, again=True, status=200)


async def _let_in(asked: Asked, draft: Kept, *, again: bool, status: int) -> Response:
    if needs_consent(asked.home, draft):
        url = consent_of(asked.home, asked.caller, asked.request, draft, again=again)
        return JSONResponse({"name": draft.name, "authorize_url": url}, 202)
    return JSONResponse(await kept(asked.home, draft, None, again=again), status)


def needs_consent(home: Home, draft: Kept) -> bool:
    """Whether a person has to allow it in the browser."""
    methods = home.connector.identity.connection.authentication.methods
    return methods[draft.method].grant == "authorization_code"


def redirect_uri(caller: Caller, request: Request) -> str:
    """Where a platform sends the browser back to: it stands in the app there, to the letter."""
    return f"{request.url_for('connected')}/{caller.tenant}"


def consent_of(home: Home, caller: Caller, request: Request, draft: Kept, *, again: bool) -> str:
    """The address at which a person allows a connection. It is good for who asks, in the browser that asks."""
    by_page = "authorization" not in request.headers
    asker = {"key_id": caller.key.id, "browser": digest(request.cookies.get(COOKIE, "")).hex() if by_page else ""}
    with consents_in(home.data_dir, home.program) as consents:
        return consents.ask(home.connector, draft, redirect_uri(caller, request), again=again, **asker)


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


def rotated_by(home: Home, name: str, body: Json) -> Kept:
    """A connection with other credentials, not yet let in; all else stays as it is. Raises InvalidInput."""
    if name == SANDBOX:
        raise Declined("built_in", "the sandbox is built in and has no credentials")
    with safe_in(home.data_dir, home.program, of=name) as safe:
        method = safe.public_of(name).method
    template, given = home.connector.identity.connection, body.get("fields", {})
    key, way = method_of(template, body.get("method", method))
    own = children(template.input)
    problems = [
        Problem(field, "stays as it is when credentials are replaced", own[field].get("title", field))
        for field in given
        if field in own
    ]
    if not given and key == method and way.grant != "authorization_code":
        problems.append(Problem("fields", "fill in at least one new credential", "Credentials"))
    if problems:
        raise InvalidInput(problems, fix="Give the credentials that are new. To change the rest, connect it again.")
    return drafted_by(home, {"name": name, "method": key, "fields": given, "again": True})


async def _test(asked: Asked) -> Response:
    name = _own(asked)
    if name != SANDBOX:
        with safe_in(asked.home.data_dir, asked.home.program, of=name) as safe:
            safe.forget_refusal(name)
    async with asked.home.turn():
        session = await asked.home.session(name)
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
        raise Declined("built_in", "the sandbox is built in and stays", "Forget another connection.")
    forget(asked.home.data_dir, asked.home.program, name)
    return Response(status_code=204)


def _own(asked: Asked) -> str:
    name = asked.path["name"]
    check_kept(asked.home, asked.caller, name)
    return name
