"""The page of events: how well they are delivered, what has arrived, and what is brought to a subscriber once more."""

from __future__ import annotations

from functools import partial

from starlette.datastructures import FormData, QueryParams
from starlette.responses import Response

from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.arrivals import statistics_of
from connector_runtime.hosts.http.followers import brought_again, check_unbound, followers, is_unbound
from connector_runtime.hosts.http.pages.charts import delays
from connector_runtime.hosts.http.pages.sure import asked
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import status_of
from connector_runtime.hosts.http.seen import only_of, without_others
from connector_runtime.values import Json, Problem

PAGE = 50
"""Events on a page."""

LOOKED_AT = 500
"""The latest events, of which those are shown that the key may see."""

DAYS = {1: "Today", 7: "7 days", 30: "30 days", 365: "A year"}
"""What figures are shown of."""


async def events(visit: Visit) -> Response:
    """What has arrived, the latest first, and the figures of it."""
    return await _events(visit)


async def sure(visit: Visit) -> Response:
    """Ask whether the events that are ticked are to be brought to a subscriber once more."""
    check_unbound(visit.caller)
    name, cursors = _ticked(visit.request.query_params)
    if not cursors:
        return await _events(visit, 422, wrong=_none_ticked())
    question = f"Bring {_counted(len(cursors))} to {name} once more?"
    words = "Each keeps its ID, so that it can tell what it has already."
    sent = [("subscriber", name), *(("cursor", str(each)) for each in cursors)]
    return asked(visit, question, words, button="Bring again", to="/events", back="/events", sent=sent)


async def replay(visit: Visit) -> Response:
    """Bring the events that are ticked to a subscriber once more."""
    check_unbound(visit.caller)
    name, cursors = _ticked(await visit.request.form(max_files=0, max_fields=PAGE + 1000))
    try:
        if not cursors:
            raise _none_ticked()
        number, _ = await brought_again(visit.home, name, {"cursors": cursors})
    except ConnectorError as wrong:
        return await _events(visit, status_of(wrong), wrong=wrong)
    return await _events(visit, said=f"{_counted(number)} will be brought to {name} once more.")


def _ticked(sent: FormData | QueryParams) -> tuple[str, list[int]]:
    """The subscriber that was chosen, and the cursors of the events that were ticked."""
    ticked = map(str, sent.getlist("cursor"))
    return str(sent.get("subscriber", "")), [int(each) for each in ticked if each.isdecimal() and len(each) < 19]


def _none_ticked() -> InvalidInput:
    return InvalidInput([Problem("cursor", "tick at least one", "Events")], fix="Tick the events first.")


def _counted(number: int) -> str:
    return f"{number} event{'' if number == 1 else 's'}"


async def _events(visit: Visit, status: int = 200, *, said: str = "", wrong: ConnectorError | None = None) -> Response:
    days = visit.request.query_params.get("days", "7")
    chosen = int(days) if days in map(str, DAYS) else 7
    found, last = await visit.home.lookup.look(partial(_latest, visit))
    told = await statistics_of(visit.home, visit.caller, chosen)
    return visit.page(
        "events.html",
        status,
        events=found[::-1][:PAGE],
        last=last,
        told=told,
        chart=delays(told["events"]),
        days=DAYS,
        chosen=chosen,
        titles={each.event: each.title for each in visit.home.connector.triggers.values()},
        followers=[each["name"] for each in followers(visit.home)] if may_follow(visit) else [],
        may_follow=may_follow(visit),
        said=said,
        wrong=wrong,
    )


def _latest(visit: Visit, loop: Loop) -> tuple[list[dict[str, Json]], int]:
    """The latest events, of which the key may see them, and the cursor of the last one that arrived."""
    last, only = loop.latest(), only_of(visit.home.connector, visit.caller)
    found = loop.with_causes(loop.after(max(0, last - LOOKED_AT), LOOKED_AT, only))
    return without_others(loop, visit.caller, found), last


def may_follow(visit: Visit) -> bool:
    """Whether the key is for subscribers."""
    return "connect" in visit.caller.key.scopes and is_unbound(visit.caller)


ROUTES: list[Page] = [
    ("GET", "/events", "read", events),
    ("GET", "/events/again", "connect", sure),
    ("POST", "/events", "connect", replay),
]
