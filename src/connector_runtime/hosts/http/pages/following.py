"""The page of subscribers: whom events are brought to, how they stand, and a form for another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.http.followers import (
    BODY,
    brought_again,
    check_unbound,
    followers,
    parked,
    removed,
    resumed,
    subscribed,
    tested,
)
from connector_runtime.hosts.http.operation import validator
from connector_runtime.hosts.http.pages.drawing import HEADERS
from connector_runtime.hosts.http.pages.sure import asked
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import status_of, unknown
from connector_runtime.hosts.http.reading import check
from connector_runtime.hosts.subscribed import again
from connector_runtime.values import Json, Problem

NEEDED = {"name": "Name", "url": "URL"}

EMPTY: dict[str, Json] = {
    "name": "",
    "url": "",
    "events": [],
    "connection": None,
    "where": [],
    "without_own": False,
    "ordered_per": None,
    "networks": [],
    "after": "",
}
"""A form in which nothing is filled in."""


async def subscribers(visit: Visit) -> Response:
    """The subscribers, and how they stand."""
    check_unbound(visit.caller)
    return _subscribers(visit)


async def subscribe(visit: Visit) -> Response:
    """Another subscriber, whose secret is shown once."""
    check_unbound(visit.caller)
    wanted = _wanted(await visit.request.form(max_files=0, max_fields=500))
    try:
        document = subscribed(visit.home, _body(wanted))
    except ConnectorError as wrong:
        return _subscribers(visit, status_of(wrong), wrong=_titled(wrong), given=wanted)
    return _subscribers(visit, made=document)


async def subscriber(visit: Visit) -> Response:
    """Test one, send to it again, bring it events once more, or remove it."""
    check_unbound(visit.caller)
    name, posted = visit.request.path_params["name"], await visit.request.form(max_files=0, max_fields=10)
    try:
        return _subscribers(visit, said=await _done(visit, name, posted))
    except ConnectorError as wrong:
        return _subscribers(visit, status_of(wrong), wrong=wrong)


async def sure(visit: Visit) -> Response:
    """Ask whether one is to be removed, or brought events once more."""
    check_unbound(visit.caller)
    name, query = visit.request.path_params["name"], visit.request.query_params
    if all(each["name"] != name for each in followers(visit.home)):
        raise unknown(f"subscriber `{name}`")
    try:
        span = _span(query)
    except ConnectorError as wrong:
        return _subscribers(visit, status_of(wrong), wrong=wrong)
    match query.get("do"):
        case "remove":
            question, button = f"Remove {name}?", "Remove"
            words = "It is brought nothing any more, and its secret is forgotten. What waits for it is dropped."
        case "parked":
            question, button = f"Bring {name} the parked events again?", "Bring again"
            words = "Each keeps its ID, so that it can tell what it has already."
        case "replay":
            until = f"up to event {span['until']}" if "until" in span else "up to the latest"
            question, button = f"Bring {name} events once more?", "Bring again"
            words = f"All that it subscribed to after event {span.get('after', 0)}, {until}: also what it has taken."
        case _:
            return RedirectResponse("/subscribers", 303, HEADERS)
    to, sent = f"/subscribers/{quote(name, safe='')}", [("do", query["do"])]
    sent += [(each, str(number)) for each, number in span.items()]
    return asked(visit, question, words, button=button, to=to, back="/subscribers", sent=sent)


async def _done(visit: Visit, name: str, posted: FormData) -> str:
    match posted.get("do"):
        case "remove":
            removed(visit.home, name)
            return f"{name} is brought nothing any more."
        case "resume":
            return resumed(visit.home, name)
        case "parked":
            return again(*await brought_again(visit.home, name, {"parked": True}), name)
        case "replay":
            return again(*await brought_again(visit.home, name, {"after": 0, **_span(posted)}), name)
        case _:
            status = await tested(visit.home, name, str(posted.get("event", "")) or None)
            return f"{name} took the sample, and answered {status}."


def _span(given: Mapping[str, Json]) -> dict[str, Json]:
    """From which event to which. Raises InvalidInput."""
    return {each: _cursor(given, each) for each in ("after", "until") if str(given.get(each, "")).strip()}


def _cursor(posted: Mapping[str, Json], field: str) -> int:
    text = str(posted.get(field, "")).strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise InvalidInput([Problem(field, "must be the number of an event", field.capitalize())])
    return int(text)


def _wanted(posted: FormData) -> dict[str, Json]:
    """What was filled in, as it was."""

    def text(name: str) -> str:
        return str(posted.get(name, "")).strip()

    def lines(name: str) -> list[str]:
        return [line.strip() for line in text(name).splitlines() if line.strip()]

    return {
        "name": text("name"),
        "url": text("url"),
        "events": [str(each) for each in posted.getlist("event")],
        "connection": text("connection") or None,
        "where": lines("where"),
        "without_own": "without_own" in posted,
        "ordered_per": text("ordered_per") or None,
        "networks": lines("networks"),
        "after": text("after"),
    }


def _body(wanted: Mapping[str, Json]) -> Json:
    """The same as the API takes it. Raises InvalidInput."""
    problems = [Problem(name, "fill this in", title) for name, title in NEEDED.items() if not wanted[name]]
    if not wanted["events"]:
        problems.append(Problem("events", "choose at least one", "Events"))
    if problems:
        raise InvalidInput(problems, fix="Correct what is named. Nobody was subscribed.")
    body = {name: value for name, value in wanted.items() if name != "after"}
    if wanted["after"]:
        body["after"] = _cursor(wanted, "after")
    check(validator(BODY), body)
    return body


def _titled(wrong: ConnectorError) -> ConnectorError:
    """With the titles that the fields have on the page."""
    if not isinstance(wrong, InvalidInput):
        return wrong
    problems = [replace(each, title=NEEDED.get(each.field, each.title)) for each in wrong.problems]
    return InvalidInput(problems, code=wrong.code, fix=wrong.fix)


def _subscribers(
    visit: Visit,
    status: int = 200,
    *,
    said: str = "",
    wrong: ConnectorError | None = None,
    given: Mapping[str, Json] | None = None,
    made: Json = None,
) -> Response:
    home, known = visit.home, followers(visit.home)
    return visit.page(
        "subscribers.html",
        status,
        subscribers=known,
        parked={each["name"]: parked(home, each["name"]) for each in known if each["parked"]},
        triggers=list(home.connector.triggers.values()),
        titles={each.event: each.title for each in home.connector.triggers.values()},
        connections=[each["name"] for each in home.connections()],
        own_networks=home.local,
        said=said,
        wrong=wrong,
        problems=[] if not isinstance(wrong, InvalidInput) else wrong.problems,
        filling=given is not None,
        given={**EMPTY, **(given or {})},
        made=made,
    )


ROUTES: list[Page] = [
    ("GET", "/subscribers", "connect", subscribers),
    ("POST", "/subscribers", "connect", subscribe),
    ("GET", "/subscribers/{name}", "connect", sure),
    ("POST", "/subscribers/{name}", "connect", subscriber),
]
