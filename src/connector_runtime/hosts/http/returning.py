"""Where a platform sends the browser back to, with a person's consent: its state shows that it was asked for."""

from __future__ import annotations

from functools import partial
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.audit import audited
from connector_runtime.hosts.http.connections import kept
from connector_runtime.hosts.http.consents import Consent, consents_in, nobodys
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import COOKIE, Caller, digest, is_good, now_utc
from connector_runtime.hosts.http.problems import Declined, status_of
from connector_runtime.values import as_text

ONCE_MORE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={to}"><title>Connected</title></head>
<body><p><a href="{to}">Go on</a></p></body>
</html>
"""


RETURNS = {"/connected/{tenant}": False, "/connected/{tenant}/here": True}
"""A browser keeps its cookie to itself when another site led it here: it shows it at the second."""


def routes(host: Host) -> list[BaseRoute]:
    """All of them."""
    return [
        *(Route(path, partial(connected, host, here)) for path, here in RETURNS.items()),
        Route("/connected", lambda request: Response(status_code=404), name="connected"),
    ]


async def connected(host: Host, here: bool, request: Request) -> Response:
    """A connection that a person has allowed. Raises Declined for a consent that is nobody's, ConnectorError."""
    if request.method != "GET":  # whoever only looks uses no consent up
        return Response(status_code=405, headers={"allow": "GET"})
    tenant, state = request.path_params["tenant"], request.query_params.get("state", "")
    if tenant not in host.tenants.names():
        raise nobodys()
    with consents_in(host.directory(tenant), host.program) as consents:
        waited = consents.waiting(state)
        who = _asker(host, tenant, waited)
        if waited.browser and waited.browser != digest(request.cookies.get(COOKIE, "")).hex():
            if here:
                raise Declined(
                    "consent_mismatch", "this consent was asked for in another browser, or was signed out of"
                )
            to = f"/connected/{tenant}/here?{request.url.query}"
            return HTMLResponse(ONCE_MORE.format(to=escape(to)), headers={"cache-control": "no-store"})
        consents.end(state)
    return await _kept(host, who, waited, request)


def _asker(host: Host, tenant: str, waited: Consent) -> Caller:
    """Who asked for it. Raises Declined where that is nobody any more: the key has ended, or the browser has left."""
    key, now = host.tenants.key(waited.key_id), now_utc()
    if key is None or key.tenant != tenant or not is_good(key, now):
        raise nobodys()
    if waited.browser and host.tenants.browser(bytes.fromhex(waited.browser), as_text(now)) != key.id:
        raise nobodys()
    return Caller(key)


async def _kept(host: Host, who: Caller, waited: Consent, request: Request) -> Response:
    home, name, status = host.home(who), waited.draft.name, 303
    try:
        await kept(home, waited.draft, waited.code(request.url.query), again=waited.again)
    except ConnectorError as wrong:
        status = status_of(wrong)
        raise
    finally:
        audited(host.tenants, who, "connect_by_consent", request, status, about=name)
    told = urlencode({"renewed" if waited.again else "connected": name})
    return RedirectResponse(f"/connections?{told}", 303)
