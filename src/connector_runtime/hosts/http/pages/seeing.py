"""Pages on which something is seen: runs, events, connections, and how the host is."""

from __future__ import annotations

from contextlib import closing

from starlette.responses import RedirectResponse, Response

from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.drafting import fields_of
from connector_runtime.errors import ConnectorError
from connector_runtime.events.endpoints import drawn
from connector_runtime.events.loop import Loop
from connector_runtime.exports.listing import kind_in_words
from connector_runtime.hosts.connected import forget
from connector_runtime.hosts.directories import SANDBOX, events_file, records_file
from connector_runtime.hosts.http.connections import drafted_by, kept
from connector_runtime.hosts.http.pages.charts import delays
from connector_runtime.hosts.http.pages.site import HEADERS, Answer, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.present import http_status
from connector_runtime.store.events import Events

PAGE = 50
"""Runs and events on a page."""

CHARTED = 500
"""Runs and events that a chart is made of."""


async def trigger(visit: Visit) -> Response:
    """One event: when it fires, and what it tells."""
    known = visit.home.connector.triggers.get(visit.request.path_params["event"])
    if known is None:
        raise unknown(f"event `{visit.request.path_params['event']}`")
    titles = {each.key: each.title for each in visit.home.connector.actions.values()}
    return visit.page("trigger.html", trigger=known, titles=titles, in_words=kind_in_words)


async def events(visit: Visit) -> Response:
    """What has arrived, the latest first."""
    directory = visit.home.data_dir
    with Loop(records_file(directory), events_file(directory)) as loop, closing(Events(events_file(directory))) as kept:
        last = kept.latest()
        found = [
            each
            for each in loop.with_causes(kept.after(max(0, last - CHARTED), CHARTED))
            if visit.caller.sees_connection(each["connection"])
        ]
        chart = delays(loop.statistics(7)["events"])
    return visit.page("events.html", events=found[::-1][:PAGE], last=last, chart=chart)


async def connections(visit: Visit) -> Response:
    """The connections, and the ways to connect another."""
    return _connections(visit)


async def connect(visit: Visit) -> Response:
    """Connect a platform: at once, or by a person's consent on the platform."""
    visit.caller.check("connect")
    home, posted = visit.home, await visit.request.form(max_files=0, max_fields=50)
    given = Concealed({name: str(value) for name, value in posted.items()})
    method, name = given.pop("method", ""), given.pop("name", "")
    visit.caller.check_connection(name)
    template = home.connector.identity.connection
    try:
        draft = drafted_by(home, {"name": name, "method": method, "fields": given})
        if template.authentication.methods[draft.method].grant == "authorization_code":
            uri = f"{visit.request.url_for('connected')}/{visit.caller.tenant}"
            url = home.consents.ask(home.connector, draft, uri, again=False)
            return RedirectResponse(url, 303, HEADERS)
        await kept(home, draft, None, again=False)
    except ConnectorError as wrong:
        public = {"name": name} | {each: given[each] for each in given if not _is_secret(visit, each)}
        return _connections(visit, http_status(wrong), wrong=wrong.message, fix=wrong.fix, chosen=method, given=public)
    return _connections(visit, said=f"{name} is connected.")


async def connection(visit: Visit) -> Response:
    """Test a connection, let its webhooks in, or forget it."""
    visit.caller.check("connect")
    name, posted = visit.request.path_params["name"], await visit.request.form(max_files=0, max_fields=5)
    visit.caller.check_connection(name)
    if all(each["name"] != name for each in visit.home.connections()):
        raise unknown(f"connection `{name}`")
    try:
        if posted.get("do") == "webhooks":
            return _let_in(visit, name)
        if posted.get("do") == "forget" and name != SANDBOX:
            forget(visit.home.data_dir, visit.home.program, name)
            return _connections(visit, said=f"{name} is forgotten.")
        session = await visit.home.session(name)
        async with visit.home.turn():
            record = await session.run(visit.home.connector.identity.connection.test, {})
        record.raise_if_failed()
        return _connections(visit, said=f"{name} works: it acts as {await session.who()}.")
    except ConnectorError as wrong:
        return _connections(visit, http_status(wrong), wrong=wrong.message, fix=wrong.fix)


async def health(visit: Visit) -> Response:
    """What is under way."""
    return visit.page("health.html", busy=visit.home.busy, waiting=visit.home.waiting, budgets=visit.home.budgets())


def _let_in(visit: Visit, name: str) -> Response:
    credentials, endpoint = drawn(name)
    with closing(Events(events_file(visit.home.data_dir))) as kept_events:
        kept_events.open_endpoint(endpoint)
    url = f"{visit.request.url_for('webhooks', path='/')}{visit.caller.tenant}/{credentials.address}"
    told = {"name": name, "url": url, "username": credentials.username, "password": credentials.password}
    return _connections(visit, address=told)


def _connections(
    visit: Visit,
    status: int = 200,
    *,
    said: str = "",
    wrong: str = "",
    fix: str = "",
    chosen: str = "",
    given: dict[str, str] | None = None,
    address: dict[str, str] | None = None,
) -> Response:
    home, template = visit.home, visit.home.connector.identity.connection
    methods = template.authentication.methods
    with closing(Events(events_file(home.data_dir))) as kept_events:
        listening = {each.connection for each in kept_events.endpoints()}
    return visit.page(
        "connections.html",
        status,
        connections=[each for each in home.connections() if visit.caller.sees_connection(each["name"])],
        listening=listening,
        methods=methods,
        fields={key: fields_of(template, method) for key, method in methods.items()},
        ways={key: method.title for key, method in methods.items()},
        redirect_uri=f"{visit.request.url_for('connected')}/{visit.caller.tenant}",
        said=said,
        wrong=wrong,
        fix=fix,
        chosen=chosen,
        given=given or {},
        address=address,
    )


def _is_secret(visit: Visit, name: str) -> bool:
    fields = visit.home.connector.identity.connection.authentication.input.get("properties", {})
    return bool(fields.get(name, {}).get("x-secret"))


ROUTES: list[tuple[str, str, Answer]] = [
    ("GET", "/triggers/{event}", trigger),
    ("GET", "/events", events),
    ("GET", "/connections", connections),
    ("POST", "/connections", connect),
    ("POST", "/connections/{name}", connection),
    ("GET", "/health", health),
]
