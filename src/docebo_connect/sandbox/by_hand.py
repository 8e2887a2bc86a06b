"""Test gear under /sandbox: what administrators and learners do on the platform's own pages.

No public endpoint is known for these changes, and no action of the connector makes them. They are here because
something must cause their webhook events; which changes cause which is taken from the events about courses [I].
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from docebo_connect.sandbox import events, updating
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.parameters import read_id
from docebo_connect.sandbox.refusals import bad_request, not_found
from docebo_connect.sandbox.store import Row, Value

ENROLLED_IN = {
    "course_id": "SELECT * FROM course_enrollments WHERE user_id = ? AND course_id = ?",
    "session_id": "SELECT * FROM session_enrollments WHERE user_id = ? AND session_id = ?",
    "learning_plan_id": "SELECT * FROM learning_plan_enrollments WHERE user_id = ? AND learning_plan_id = ?",
}
SESSION_STATUSES = ("subscribed", "in_progress", "completed", "waiting")
DONE = {"changed": True}


def complete(exchange: Exchange) -> Response:
    """POST /sandbox/complete {"user_id", "course_id" | "session_id" | "learning_plan_id"}: a user completes it."""
    body = exchange.json_object()
    named = [name for name in ENROLLED_IN if body.get(name) is not None]
    if len(named) != 1:
        raise bad_request(f"Name one of {', '.join(ENROLLED_IN)}.")
    user, enrollment = _enrolled(exchange, body, named[0])
    if enrollment["status"] == "completed":
        raise bad_request("The enrollment is completed already.")
    match named[0]:
        case "course_id":
            updating.change(exchange, user, enrollment, {"status": "completed"})
        case "session_id":
            _change_session(exchange, user, enrollment, {"status": "completed"})
        case _:
            _complete_plan(exchange, user, enrollment)
    return JSONResponse(DONE)


def update_in_session(exchange: Exchange) -> Response:
    """POST /sandbox/update {"user_id", "session_id", "level"?, "status"?}: an enrollment in a session is changed."""
    body = exchange.json_object()
    user, enrollment = _enrolled(exchange, body, "session_id")
    changes = updating.level_and_status(body, SESSION_STATUSES)
    if not changes:
        raise bad_request("Name level or status.")
    _change_session(exchange, user, enrollment, changes)
    return JSONResponse(DONE)


def unenroll_from_session(exchange: Exchange) -> Response:
    """POST /sandbox/unenroll {"user_id", "session_id"}: a user leaves a session, and stays in its course.

    The call that an action makes for that announces nothing, as the article says of it.
    """
    user, enrollment = _enrolled(exchange, exchange.json_object(), "session_id")
    exchange.store.execute("DELETE FROM session_enrollments WHERE id = ?", (enrollment["id"],))
    exchange.announcements.add(events.SESSION_DELETED, _of_session(exchange, user, enrollment))
    return JSONResponse(DONE)


def _enrolled(exchange: Exchange, body: dict[str, Any], name: str) -> tuple[Row, Row]:
    """The user and the enrollment that a body names."""
    user_id, place_id = read_id(body.get("user_id"), "user_id"), read_id(body.get(name), name)
    user = exchange.store.row("SELECT * FROM users WHERE id = ?", (user_id,))
    enrollment = exchange.store.row(ENROLLED_IN[name], (user_id, place_id))
    if user is None or enrollment is None:
        raise not_found("The user is not enrolled there.")
    return user, enrollment


def _change_session(exchange: Exchange, user: Row, enrollment: Row, changes: dict[str, Value]) -> None:
    store = exchange.store
    columns = ", ".join(f"{column} = ?" for column in changes)
    store.execute(f"UPDATE session_enrollments SET {columns} WHERE id = ?", [*changes.values(), enrollment["id"]])
    changed = _again(exchange, "session_enrollments", enrollment["id"])
    payload = _of_session(exchange, user, changed)
    if changed["status"] == "completed" and enrollment["status"] != "completed":
        exchange.announcements.add(events.SESSION_COMPLETED, events.completed(payload, store.now()))
    else:
        exchange.announcements.add(events.SESSION_UPDATED, payload)


def _of_session(exchange: Exchange, user: Row, enrollment: Row) -> events.Payload:
    session = _again(exchange, "sessions", enrollment["session_id"])
    return events.session_payload(user, _again(exchange, "courses", session["course_id"]), session, enrollment)


def _complete_plan(exchange: Exchange, user: Row, enrollment: Row) -> None:
    store = exchange.store
    store.execute(
        """UPDATE learning_plan_enrollments SET status = 'completed', complete_percent = 100, completed_at = ?,
        updated_at = ? WHERE id = ?""",
        (store.now(), store.now(), enrollment["id"]),
    )
    plan = _again(exchange, "learning_plans", enrollment["learning_plan_id"])
    payload = events.completed(events.plan_payload(user, plan, enrollment), store.now())
    exchange.announcements.add(events.PLAN_COMPLETED, payload)


def _again(exchange: Exchange, table: str, number: int) -> Row:
    """A row that is surely there, as it is now."""
    row = exchange.store.row(f"SELECT * FROM {table} WHERE id = ?", (number,))
    assert row is not None
    return row
