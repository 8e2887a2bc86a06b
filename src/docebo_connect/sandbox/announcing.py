"""Test gear under /sandbox: many events at once, as of a platform on its busiest day, and what goes wrong with them.

They tell of users whom the world does not have, each of them once: so none says the same as another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from docebo_connect.sandbox import webhooks
from docebo_connect.sandbox.events import EVENTS, Payload
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.faults import Course, FaultError, read_script
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.standings import Incident
from docebo_connect.sandbox.store import Store
from docebo_connect.sandbox.webhook_mishaps import NEW_ENROLLMENT, PLACES, told

MOST = 1_000_000
FIRST_STRANGER = 1_000_000
"""From this id on, users are nobody's in the world."""


def announce_many(exchange: Exchange) -> Response:
    """POST /sandbox/announce {"event", "count", "faults"?}: announce so many events, each as if a request caused it.

    `faults` is a fault script that these events meet, one after the other, and no other request does.
    """
    body = exchange.json_object()
    event, count = body.get("event"), body.get("count")
    if event not in EVENTS:
        raise bad_request(f"event must be one of {', '.join(EVENTS)}.")
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= MOST:
        raise bad_request(f"count must be a whole number from 1 to {MOST}.")
    try:
        course = Course(read_script(body.get("faults") or []))
    except FaultError as wrong:
        raise bad_request(*wrong.problems) from wrong
    store = exchange.store
    held: webhooks.Held = []
    announcements = webhooks.Announcements(store, exchange.site.host, held)
    for payload in _payloads(store, event, count):
        rules, _ = course.meet(exchange.request.method, exchange.path)
        announcements.add(event, payload)
        announcements.write(Incident(rules))
    webhooks.release(store, held)
    return JSONResponse({"announced": count, **course.document()}, 202)


def _payloads(store: Store, event: str, count: int) -> Iterator[Payload]:
    """One for each stranger: the next after those whom anything was told of."""
    things = store.rows(f"SELECT * FROM {PLACES[event.partition('.enrollment.')[0]][0]} ORDER BY id")
    first = store.number("SELECT coalesce(max(id), 0) FROM deliveries")
    enrollment = store.row(NEW_ENROLLMENT, (store.now(),))
    assert enrollment is not None
    for number in range(first, first + count):
        user = store.row("SELECT ? AS id, ? AS username", (FIRST_STRANGER + number, f"stranger.{number}"))
        assert user is not None
        yield told(store, event, user, things[number % len(things)], enrollment)
