"""Removing one user from one course, or from one of its sessions."""

from __future__ import annotations

from starlette.responses import Response

from docebo_connect.sandbox import events
from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.parameters import read_id
from docebo_connect.sandbox.refusals import forbidden, not_found
from docebo_connect.sandbox.store import Row


def unenroll_one(exchange: Exchange) -> Response:
    """DELETE /learn/v1/enrollments/{course_id}/{user_id}, also spelt with the singular `enrollment`.

    With `session_id` the user leaves that session only.
    """
    course = _row(exchange, "courses", exchange.path_id("course_id"), "course")
    user = _row(exchange, "users", exchange.path_id("user_id"), "user")
    if not exchange.manages(user):
        raise forbidden()
    session_id = exchange.query.string("session_id")
    if session_id is not None and "session_delete" not in exchange.site.without:
        return _leave_session(exchange, user, course, read_id(session_id, "session_id"))
    return answer({"deleted_enrollment": _leave_course(exchange, user, course)})


def _row(exchange: Exchange, table: str, number: int, noun: str) -> Row:
    row = exchange.store.row(f"SELECT * FROM {table} WHERE id = ?", (number,))
    if row is None:
        raise not_found(f"There is no such {noun}.")
    return row


def _leave_course(exchange: Exchange, user: Row, course: Row) -> int:
    enrollment = exchange.store.row(
        "SELECT * FROM course_enrollments WHERE user_id = ? AND course_id = ?", (user["id"], course["id"])
    )
    if enrollment is None:
        raise not_found("The user is not enrolled in the course.")
    return remove_from_course(exchange, user, course, enrollment)


def remove_from_course(exchange: Exchange, user: Row, course: Row, enrollment: Row) -> int:
    """Take a user out of a course and its sessions; returns the number of the enrollment that is no more.

    The article names course.enrollment.deleted as the event; for the sessions left along with the course it names none,
    so none is announced.
    """
    store = exchange.store
    store.execute("DELETE FROM course_enrollments WHERE id = ?", (enrollment["id"],))
    store.execute(
        """DELETE FROM session_enrollments
        WHERE user_id = ? AND session_id IN (SELECT id FROM sessions WHERE course_id = ?)""",
        (user["id"], course["id"]),
    )
    exchange.announcements.add(events.COURSE_DELETED, events.departed_payload(user, course))
    return int(enrollment["id"])


def _leave_session(exchange: Exchange, user: Row, course: Row, session_id: int) -> Response:
    """The article says of this call that it announces nothing, so nothing is announced."""
    enrollment = exchange.store.row(
        """SELECT session_enrollments.id FROM session_enrollments JOIN sessions ON sessions.id = session_id
        WHERE user_id = ? AND session_id = ? AND course_id = ?""",
        (user["id"], session_id, course["id"]),
    )
    if enrollment is None:
        raise not_found("The user is not enrolled in the session.")
    exchange.store.execute("DELETE FROM session_enrollments WHERE id = ?", (enrollment["id"],))
    return answer({"success": True})
