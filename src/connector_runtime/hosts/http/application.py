"""The whole application: the API, its description, where webhooks arrive, and whether the host is well."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.events.receiver import Receiver
from connector_runtime.hosts.http import access, actions, arrivals, connections, followers, returning, runs
from connector_runtime.hosts.http.allowance import CALLS_A_MINUTE, Allowance
from connector_runtime.hosts.http.audit import audited
from connector_runtime.hosts.http.door import SECURE, Door
from connector_runtime.hosts.http.explained import Explained
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, Caller, caller, caller_of_browser, now_utc
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.hosts.http.openapi import description
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import PAGE, Declined, fault, nothing_there, problem, unauthenticated
from connector_runtime.hosts.http.reading import body_of, check_headers, pointed, query_of
from connector_runtime.hosts.http.webhooks import LAST, webhooks
from connector_runtime.store.file import Failure

MODULES = (actions, runs, connections, arrivals, followers, access)


def operations(host: Host) -> list[Operation]:
    """Every operation of the API."""
    return list(chain.from_iterable(module.operations(host.connector) for module in MODULES))


def application(
    host: Host, more: Sequence[BaseRoute] = (), *, calls_a_minute: int = CALLS_A_MINUTE, url: str | None = None
) -> Starlette:
    """The application of a host, which it closes at its end. `more` routes stand beside the API. `url` is the address
    that others know it by.
    """
    known, host.allowance = operations(host), Allowance(calls_a_minute)
    document = description(host.connector, known)
    at: dict[str, dict[str, Operation]] = {}
    for each in sorted(known, key=lambda each: "{" in each.path):  # a literal path before a template that has it too
        at.setdefault(each.path, {})[each.method] = each
    routes: list[BaseRoute] = [
        Route(path, partial(_asked, host, there), methods=list(there)) for path, there in at.items()
    ]
    routes += [
        Route("/v1/openapi.json", lambda request: JSONResponse(document), name="openapi"),
        Route(PAGE, Explained(host.connector).answer, name="errors"),
        Route("/livez", lambda request: JSONResponse({"status": "alive"}), name="livez"),
        Route("/readyz", partial(_ready, host), name="readyz"),
        Mount("/hooks", _Hooks(host), name="webhooks"),
        *more,  # pages may say what comes of a consent
        *returning.routes(host),
    ]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await host.close()

    refused = partial(_refused, host.connector)
    handlers = {Declined: _declined, ConnectorError: _failed, HTTPException: refused, Failure: _broken}
    handlers[Exception] = _broken
    door = [Middleware(Door, url=url)]
    return Starlette(routes=routes, exception_handlers=handlers, middleware=door, lifespan=lifespan)  # type: ignore[arg-type]


async def _asked(host: Host, there: Mapping[str, Operation], request: Request) -> Response:
    """Answer whichever operation of a path is asked."""
    return await _answered(host, there["GET" if request.method == "HEAD" else request.method], request)


async def _answered(host: Host, operation: Operation, request: Request) -> Response:
    """Answer one operation: who asks, whether they may, what they ask; then it is carried out, and noted."""
    note(operation=operation.key)
    who = _caller(host, request)
    note(tenant=who.tenant, key_id=who.key.id)
    refused = False
    try:
        response = await _done(host, operation, who, request)
    except (Declined, ConnectorError) as wrong:
        refused = True
        if isinstance(wrong, InvalidInput):
            wrong = pointed(wrong, operation)
        response = wrong.answer() if isinstance(wrong, Declined) else problem(wrong)
    except Exception as wrong:  # whatever it is, the host goes on
        response = await _broken(request, wrong)
    if host.refusals.is_noted(who, response.status_code, refused=refused, looks=operation.only_looks):
        about = getattr(request.state, "about", "")
        audited(host.tenants, who, operation.key, request, response.status_code, about=about)
    response.headers.setdefault("cache-control", "no-store")  # it may hold a secret
    return response


async def _done(host: Host, operation: Operation, who: Caller, request: Request) -> Response:
    host.allowance.take(who.key.id, time.monotonic())
    who.check(operation.scope)
    check_headers(request, operation)
    query, body = query_of(request, operation), await body_of(request, operation)
    return await operation.handle(Asked(request, who, host.home(who), host.tenants, request.path_params, query, body))


def _caller(host: Host, request: Request) -> Caller:
    """Who asks: whoever shows a key; or, only to look, whose browser was let in on the page."""
    if request.method == "GET" and "authorization" not in request.headers and COOKIE in request.cookies:
        return caller_of_browser(host.tenants, request.cookies[COOKIE], now_utc())
    return caller(host.tenants, _shown(request), now_utc())


def _shown(request: Request) -> str:
    """The key that a request shows."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthenticated()
    return key.strip()


class _Hooks:
    """/hooks/<tenant>/<address>: where webhooks arrive."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._apps: dict[str, tuple[Receiver, ASGIApp]] = {}

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        tenant, _, address = scope["path"].removeprefix(scope.get("root_path", "")).strip("/").partition("/")
        if scope["method"] != "POST":  # whoever's address it may be
            await Response(status_code=405, headers={"allow": "POST"})(scope, receive, send)
        elif address and "/" not in address and (app := self._app(tenant)) is not None:
            note(tenant=tenant)
            await app({**scope, "path": f"/{address}", "raw_path": None, "root_path": ""}, receive, send)
        else:
            await Response(status_code=404, headers=LAST)(scope, receive, send)

    def _app(self, tenant: str) -> ASGIApp | None:
        """What takes a tenant's webhooks; None where there is no such tenant."""
        if (receiver := self._host.receiver(tenant)) is None:
            return None
        known = self._apps.get(tenant)
        if known is None or known[0] is not receiver:  # it was closed and opened again
            known = self._apps[tenant] = receiver, webhooks(receiver)
        return known[1]


async def _ready(host: Host, request: Request) -> Response:
    """Whether the host can be worked with: its files answer."""
    try:
        host.tenants.has_keys()
    except Exception:
        return JSONResponse({"status": "not ready"}, 503)
    return JSONResponse({"status": "ready"})


async def _declined(request: Request, wrong: Declined) -> Response:
    return wrong.answer()


async def _failed(request: Request, wrong: ConnectorError) -> Response:
    return problem(wrong)


async def _refused(connector: Connector, request: Request, wrong: HTTPException) -> Response:
    if wrong.status_code == 405:
        fix = f"Allowed: {(wrong.headers or {}).get('Allow', 'another')}."
        return Declined("not_allowed_here", "no such method here", fix, headers=wrong.headers).answer()
    if wrong.status_code == 404:
        return nothing_there(request.url.path, connector).answer()
    return Declined("malformed", wrong.detail, status=wrong.status_code, headers=wrong.headers).answer()


async def _broken(request: Request, wrong: Exception) -> Response:
    said = fault(wrong)
    answer = problem(said) if isinstance(said, ConnectorError) else said.answer()
    for name, value in SECURE.items():  # it may stand outside the door
        answer.headers.setdefault(name, value)
    return answer
