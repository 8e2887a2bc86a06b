"""Pages on which something is only seen: an event, and how the host is."""

from __future__ import annotations

from starlette.responses import Response

from connector_runtime.exports.listing import kind_in_words
from connector_runtime.hosts.http.pages.site import Page, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import budgets_of


async def trigger(visit: Visit) -> Response:
    """One event: when it fires, and what it tells."""
    known = visit.home.connector.triggers.get(visit.request.path_params["event"])
    if known is None:
        raise unknown(f"event `{visit.request.path_params['event']}`")
    titles = {each.key: each.title for each in visit.home.connector.actions.values()}
    return visit.page("trigger.html", trigger=known, titles=titles, in_words=kind_in_words)


async def health(visit: Visit) -> Response:
    """What is under way."""
    home = visit.home
    return visit.page("health.html", busy=home.busy, waiting=home.waiting, budgets=budgets_of(home, visit.caller))


ROUTES: list[Page] = [
    ("GET", "/triggers/{event}", "read", trigger),
    ("GET", "/health", "read", health),
]
