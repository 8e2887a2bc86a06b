"""The page of connections: connect a platform, test it, give it other credentials, let its webhooks in, forget it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.drafting import fields_of
from connector_runtime.connections.kept import Kept
from connector_runtime.definition.connection import GRANT_FIELDS, Grant
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.connected import forget, safe_in
from connector_runtime.hosts.directories import SANDBOX, events_file
from connector_runtime.hosts.http.arrivals import let_in
from connector_runtime.hosts.http.connections import (
    consent_of,
    drafted_by,
    kept,
    needs_consent,
    redirect_uri,
    rotated_by,
)
from connector_runtime.hosts.http.pages.drawing import HEADERS
from connector_runtime.hosts.http.pages.sure import asked
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import status_of
from connector_runtime.hosts.http.seen import check_kept, connections_of
from connector_runtime.schema import JsonSchema
from connector_runtime.store.events import Events
from connector_runtime.values import Json, Problem

CONNECTED = "{} is connected."
RENEWED = "{} has its new credentials, and was let in with them."
CAME_OF_IT = {"connected": CONNECTED, "renewed": RENEWED}

SURE = {
    "forget": ("Forget {}?", "Its secrets are deleted, and its webhooks are let in no more. Its runs stay.", "Forget"),
    "webhooks": (
        "Make a new address for the webhooks of {}?",
        "It takes the place of the one that was made before, which lets in for one more day: until then, change the "
        "webhook on the platform.",
        "Make a new address",
    ),
    "by_hand": (
        "Make an address for webhooks of {} by hand?",
        "Its webhooks are registered on the platform already, and stay so. One that is made by hand beside them may "
        "bring the same events once more; each is kept once.",
        "Make an address by hand",
    ),
}
"""What is asked before it is done: the question, what comes of it, and the button."""


async def connections(visit: Visit) -> Response:
    """The connections, and the ways to connect another; who comes back from a platform hears what came of it."""
    query, seen = visit.request.query_params, {each["name"] for each in connections_of(visit.home, visit.caller)}
    said = [words.format(query[name]) for name, words in CAME_OF_IT.items() if query.get(name) in seen]
    return _connections(visit, said=" ".join(said))


async def connect(visit: Visit) -> Response:
    """Connect a platform: at once, or by a person's consent on the platform."""
    given = _given(await visit.request.form(max_files=0, max_fields=50))
    method, name = given.pop("method", ""), given.pop("name", "").strip()
    visit.caller.check_connection(name)
    try:
        _check_name(visit, name)
        draft = drafted_by(visit.home, {"name": name, "method": method, "fields": given})
        return await _kept(visit, draft, CONNECTED.format(name), again=False)
    except ConnectorError as wrong:
        public = {"name": name} | {each: given[each] for each in given if not _is_secret(visit, each)}
        return _connections(visit, status_of(wrong), wrong=wrong, chosen=method, given=public)


async def sure(visit: Visit) -> Response:
    """Ask whether a connection is to be forgotten, or its webhooks are to be let in at another address."""
    name, do = visit.request.path_params["name"], visit.request.query_params.get("do", "")
    check_kept(visit.home, visit.caller, name)
    if do not in ("forget", "webhooks") or (do == "forget" and name == SANDBOX):
        return RedirectResponse("/connections", 303, HEADERS)
    beside = do == "webhooks" and name not in _by_hand(visit)
    question, words, button = (text.format(name) for text in SURE["by_hand" if beside else do])
    to = f"/connections/{quote(name, safe='')}"
    return asked(visit, question, words, button=button, to=to, back="/connections", sent=[("do", do)])


async def connection(visit: Visit) -> Response:
    """Test a connection, give it other credentials, let its webhooks in, or forget it."""
    name, posted = visit.request.path_params["name"], await visit.request.form(max_files=0, max_fields=50)
    check_kept(visit.home, visit.caller, name)
    try:
        match posted.get("do"):
            case "webhooks":
                told = let_in(visit.home, visit.caller, visit.request, name)
                return _connections(visit, address={"name": name, **told})
            case "forget" if name != SANDBOX:
                forget(visit.home.data_dir, visit.home.program, name)
                return _connections(visit, said=f"{name} is forgotten.")
            case "rotate":
                return await _rotate(visit, name, posted)
            case _:
                return await _test(visit, name)
    except ConnectorError as wrong:
        rotating = name if posted.get("do") == "rotate" else ""
        return _connections(visit, status_of(wrong), wrong=wrong, rotating=rotating)


async def _test(visit: Visit, name: str) -> Response:
    if name != SANDBOX:
        with safe_in(visit.home.data_dir, visit.home.program, of=name) as safe:
            safe.forget_refusal(name)  # somebody may have put right on the platform what it refused
    async with visit.home.turn():
        session = await visit.home.session(name)
        record = await session.run(visit.home.connector.identity.connection.test, {})
    record.raise_if_failed()
    return _connections(visit, said=f"{name} works: it acts as {await session.who()}.")


async def _rotate(visit: Visit, name: str, posted: FormData) -> Response:
    """What was left empty stays, and what is as it was is nothing new."""
    given = _given(posted)
    given.pop("do", None)
    now = next(each for each in visit.home.connections() if each["name"] == name).get("fields", {})
    new = Concealed({each: text for each, text in given.items() if text.strip() and now.get(each) != text.strip()})
    draft = rotated_by(visit.home, name, {"fields": new})
    return await _kept(visit, draft, RENEWED.format(name), again=True)


async def _kept(visit: Visit, draft: Kept, said: str, *, again: bool) -> Response:
    """A connection that is let in and kept at once, or allowed by a person on the platform first."""
    if needs_consent(visit.home, draft):
        url = consent_of(visit.home, visit.caller, visit.request, draft, again=again)
        return visit.page("onward.html", url=url, platform=draft.base_url)  # forms may lead nowhere but here
    await kept(visit.home, draft, None, again=again)
    return _connections(visit, said=said)


def _given(posted: FormData) -> Concealed:
    return Concealed({name: str(value) for name, value in posted.items()})


def _connections(
    visit: Visit,
    status: int = 200,
    *,
    said: str = "",
    wrong: ConnectorError | None = None,
    chosen: str = "",
    rotating: str = "",
    given: Mapping[str, str] | None = None,
    address: Mapping[str, Json] | None = None,
) -> Response:
    home, template = visit.home, visit.home.connector.identity.connection
    methods = template.authentication.methods
    with closing(Events(events_file(home.data_dir))) as kept_events:
        listening, by_hand = {each.connection for each in kept_events.endpoints()}, kept_events.made_by_hand()
    return visit.page(
        "connections.html",
        status,
        connections=connections_of(visit.home, visit.caller),
        listening=listening,
        by_hand=by_hand,
        may_connect="connect" in visit.caller.key.scopes,
        methods=methods,
        fields={key: fields_of(template, method) for key, method in methods.items()},
        ways={key: method.title for key, method in methods.items()},
        credentials={key: _credentials(fields_of(template, method), method.grant) for key, method in methods.items()},
        redirect_uri=redirect_uri(visit.caller, visit.request),
        said=said,
        wrong=wrong,
        rotating=rotating,
        chosen=chosen,
        given=given or {},
        address=address,
    )


def _by_hand(visit: Visit) -> Sequence[str]:
    """The connections that have an address for webhooks made by hand."""
    with closing(Events(events_file(visit.home.data_dir))) as events:
        return events.made_by_hand()


def _check_name(visit: Visit, name: str) -> None:
    """Raises InvalidInput for one that is taken."""
    if name != SANDBOX and any(each["name"] == name for each in visit.home.connections()):
        said = f"there is a connection `{name}` already; choose another name, or replace the credentials of that one"
        raise InvalidInput([Problem("name", said, "Name")], fix="Nothing was changed.")


def _is_secret(visit: Visit, name: str) -> bool:
    fields = visit.home.connector.identity.connection.authentication.input.get("properties", {})
    return bool(fields.get(name, {}).get("x-secret"))


def _credentials(fields: Mapping[str, JsonSchema], grant: Grant) -> dict[str, JsonSchema]:
    """Those of the fields that let somebody in, which are replaced together."""
    return {name: fields[name] for name in GRANT_FIELDS[grant]}


ROUTES: list[Page] = [
    ("GET", "/connections", "read", connections),
    ("POST", "/connections", "connect", connect),
    ("GET", "/connections/{name}", "connect", sure),
    ("POST", "/connections/{name}", "connect", connection),
]
