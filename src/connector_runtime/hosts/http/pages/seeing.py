"""Pages on which something is only seen: an event, and how the host is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

from starlette.responses import Response

from connector_runtime.exports.listing import kind_in_words
from connector_runtime.hosts.directories import events_file
from connector_runtime.hosts.http.followers import followers
from connector_runtime.hosts.http.pages.arriving import may_follow
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import budgets_of
from connector_runtime.store.events import Events
from connector_runtime.values import Json

KINDS = {"kept": "kept", "polled": "kept", "duplicate": "double"}
"""What became of deliveries, in fewer words; of all others, they were set aside."""


async def trigger(visit: Visit) -> Response:
    """One event: when it fires, and what it tells."""
    known = visit.home.connector.triggers.get(visit.request.path_params["event"])
    if known is None:
        raise unknown(f"event `{visit.request.path_params['event']}`")
    titles = {each.key: each.title for each in visit.home.connector.actions.values()}
    return visit.page("trigger.html", trigger=known, titles=titles, in_words=kind_in_words)


async def health(visit: Visit) -> Response:
    """What is under way."""
    home, known = visit.home, followers(visit.home) if may_follow(visit) else []
    with closing(Events(events_file(home.data_dir))) as events:
        counted = [each for each in events.counts() if visit.caller.sees_connection(each["connection"])]
    return visit.page(
        "health.html",
        busy=home.busy,
        waiting=home.waiting,
        budgets=budgets_of(home, visit.caller),
        arrived=_arrived(counted),
        may_follow=may_follow(visit),
        subscribers=known,
        in_need=[each for each in known if each["stopped"] or each["parked"] or each["failure"]],
    )


def _arrived(counted: Iterable[Mapping[str, Json]]) -> dict[str, dict[str, int]]:
    """How many deliveries were `kept`, came `double`, or were set `aside`, by connection."""
    found: dict[str, dict[str, int]] = {}
    for each in counted:
        told = found.setdefault(each["connection"], {"kept": 0, "double": 0, "aside": 0})
        told[KINDS.get(each["what"], "aside")] += each["number"]
    return found


ROUTES: list[Page] = [
    ("GET", "/triggers/{event}", "read", trigger),
    ("GET", "/health", "read", health),
]
