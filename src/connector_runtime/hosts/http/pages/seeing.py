"""Pages on which something is seen: runs, events, connections, and how the host is."""

from __future__ import annotations

from contextlib import closing

from starlette.responses import Response

from connector_runtime.events.loop import Loop
from connector_runtime.exports.listing import kind_in_words
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.hosts.http.pages.charts import delays
from connector_runtime.hosts.http.pages.site import Answer, Visit
from connector_runtime.hosts.http.problems import unknown
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


async def health(visit: Visit) -> Response:
    """What is under way."""
    return visit.page("health.html", busy=visit.home.busy, waiting=visit.home.waiting, budgets=visit.home.budgets())


ROUTES: list[tuple[str, str, Answer]] = [
    ("GET", "/triggers/{event}", trigger),
    ("GET", "/events", events),
    ("GET", "/health", health),
]
