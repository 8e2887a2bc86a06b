"""RSVPs of an event, that is one date of a classroom session.

Everything here is assumed [I]: neither path nor values of the real call are known. The answer has the shape of the
vendor's other batch endpoints, one result for each row.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.parameters import read_id, read_integer, read_moment
from docebo_connect.sandbox.refusals import Refusal, bad_request, forbidden, not_found
from docebo_connect.sandbox.store import Row

RESPONSES = range(4)  # no answer, accepted, declined, tentative
LARGEST_BATCH = 1000
TIMESTAMP = "synchronization_timestamp"


class RowFailure(Exception):
    """What is wrong with one row; the others are not concerned."""


def update_batch(exchange: Exchange) -> Response:
    """POST /course/v1/events/{event_id}/rsvp/batch."""
    if exchange.caller()["level"] == "user":
        raise forbidden()
    event_id = exchange.path_id("event_id")
    if exchange.store.row("SELECT 1 FROM events WHERE id = ?", (event_id,)) is None:
        raise not_found("There is no such event.")
    body = exchange.json_object()
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise bad_request("items cannot be blank.")
    if len(items) > LARGEST_BATCH:
        raise bad_request(f"items should contain at most {LARGEST_BATCH} elements.")
    given = body.get(TIMESTAMP)
    synchronized_at = exchange.store.now() if given in (None, "") else read_moment(given, TIMESTAMP)
    failing, results = exchange.incident.option("partial_batch", "rows", ()), []
    for index, item in enumerate(items):
        message = "Internal error." if index in failing else _update(exchange, event_id, item, synchronized_at)
        results.append({"row_index": index, "success": not message, "message": message})
    return answer(results)


def _update(exchange: Exchange, event_id: int, item: Any, synchronized_at: str) -> str:
    """What is wrong with the row; empty where it was applied."""
    try:
        _apply(exchange, event_id, item, synchronized_at)
    except RowFailure as failure:
        return str(failure)
    except Refusal as refusal:  # a value that cannot be read
        return " ".join(refusal.messages)
    return ""


def _apply(exchange: Exchange, event_id: int, item: Any, synchronized_at: str) -> None:
    if not isinstance(item, dict):
        raise RowFailure("The row must be an object.")
    user = _user(exchange, item)
    response = read_integer(item.get("user_rsvp_response"), "user_rsvp_response")
    if response not in RESPONSES:
        raise RowFailure("user_rsvp_response must be one of 0, 1, 2, 3.")
    if not exchange.manages(user):
        raise RowFailure("Permission denied.")
    # Whoever exists may answer: calendars forward invitations, and the call knows nothing of enrollments [I].
    store = exchange.store
    stored = store.row("SELECT synchronized_at FROM rsvps WHERE event_id = ? AND user_id = ?", (event_id, user["id"]))
    if stored is not None and synchronized_at < stored["synchronized_at"]:
        raise RowFailure("The RSVP was synchronized later than that already.")
    store.execute(
        "INSERT OR REPLACE INTO rsvps (event_id, user_id, response, synchronized_at) VALUES (?, ?, ?, ?)",
        (event_id, user["id"], response, synchronized_at),
    )


def _user(exchange: Exchange, item: dict[str, Any]) -> Row:
    number, email = item.get("user_id"), item.get("user_email")
    if number not in (None, ""):
        user = exchange.store.row("SELECT * FROM users WHERE id = ?", (read_id(number, "user_id"),))
    elif isinstance(email, str) and email:
        user = exchange.store.row("SELECT * FROM users WHERE email = ? ORDER BY id", (email,))
    else:
        raise RowFailure("Either user_id or user_email must be given.")
    if user is None:
        raise RowFailure("There is no such user.")
    return user
