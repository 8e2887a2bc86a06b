"""Changing an enrollment: PUT /learn/v1/enrollments/{course_id}/{user_id} [I].

No action of the connector does this. It is here because something must cause course.enrollment.updated and
course.enrollment.completed; a status set to completed announces the second and not the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox import events
from docebo_connect.sandbox.enrolling import LEVELS
from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.parameters import read_day, read_integer
from docebo_connect.sandbox.refusals import bad_request, forbidden, not_found
from docebo_connect.sandbox.store import Row, Value

STATUSES = ("subscribed", "in_progress", "completed", "suspended", "waiting")


def update_one(exchange: Exchange) -> Response:
    """Set level, status or validity; what the body does not name stays."""
    store = exchange.store
    course_id, user_id = exchange.path_id("course_id"), exchange.path_id("user_id")
    user = store.row("SELECT * FROM users WHERE id = ?", (user_id,))
    enrollment = store.row("SELECT * FROM course_enrollments WHERE user_id = ? AND course_id = ?", (user_id, course_id))
    if user is None or enrollment is None:
        raise not_found("The user is not enrolled in the course.")
    if exchange.caller()["level"] == "user" or not exchange.manages(user):
        raise forbidden()
    change(exchange, user, enrollment, _changes(exchange.json_object()))
    return answer({"success": True})


def level_and_status(body: dict[str, Any], statuses: Sequence[str]) -> dict[str, Value]:
    """Those of them that the body names. Raises Refusal."""
    changes: dict[str, Value] = {}
    if body.get("level") is not None:
        changes["level"] = read_integer(body["level"], "level")
        if changes["level"] not in LEVELS:
            raise bad_request("level must be one of 3, 4, 6.")
    if body.get("status") is not None:
        if body["status"] not in statuses:
            raise bad_request(f"status must be one of {', '.join(statuses)}.")
        changes["status"] = body["status"]
    return changes


def _changes(body: dict[str, Any]) -> dict[str, Value]:
    changes = level_and_status(body, STATUSES)
    for name, column in (("date_begin_validity", "begin_date"), ("date_expire_validity", "end_date")):
        if name in body:
            changes[column] = read_day(body[name], name)
    return changes


def change(exchange: Exchange, user: Row, enrollment: Row, changes: dict[str, Value]) -> None:
    """Change a course enrollment, and announce that it was completed by that, or else that it was updated."""
    now = exchange.store.now()
    completes = changes.get("status") == "completed" and enrollment["status"] != "completed"
    if completes:
        changes |= {"completed_at": now, "complete_percent": 100}
    changes["updated_at"] = now
    columns = ", ".join(f"{column} = ?" for column in changes)
    exchange.store.execute(
        f"UPDATE course_enrollments SET {columns} WHERE id = ?", [*changes.values(), enrollment["id"]]
    )
    _announce(exchange, user, enrollment["id"], completes=completes)


def _announce(exchange: Exchange, user: Row, enrollment_id: int, *, completes: bool) -> None:
    store = exchange.store
    enrollment = store.row("SELECT * FROM course_enrollments WHERE id = ?", (enrollment_id,))
    assert enrollment is not None
    course = store.row("SELECT * FROM courses WHERE id = ?", (enrollment["course_id"],))
    assert course is not None
    payload = events.course_payload(user, course, enrollment)
    if completes:
        exchange.announcements.add(events.COURSE_COMPLETED, events.completed(payload, enrollment["completed_at"]))
    else:
        exchange.announcements.add(events.COURSE_UPDATED, payload)
