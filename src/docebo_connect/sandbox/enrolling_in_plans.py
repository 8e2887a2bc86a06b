"""Enrolling a user into a learning plan: POST /learningplan/v1/learningplans/{id}/enrollments/{user_id}.

Seen in a program that runs against the real API, which ignores the answer; so the answer is assumed, after the one for
courses, and so is that the user is enrolled in the plan's courses too [I]. No action of the connector does this: it is
here because something must cause learningplan.enrollment.created.
"""

from __future__ import annotations

from starlette.responses import Response

from docebo_connect.sandbox import events
from docebo_connect.sandbox.enrolling import STUDENT, Terms, add_to_course
from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.refusals import forbidden, not_found
from docebo_connect.sandbox.unenrolling_many import PLAN_COURSES


def enroll_in_plan(exchange: Exchange) -> Response:
    """One user into one plan and its courses; who is in the plan already is reported with 200, as for courses."""
    store = exchange.store
    plan_id, user_id = exchange.path_id("id"), exchange.path_id("user_id")
    plan = store.row("SELECT * FROM learning_plans WHERE id = ?", (plan_id,))
    user = store.row("SELECT * FROM users WHERE id = ?", (user_id,))
    if plan is None or user is None:
        raise not_found("There is no such learning plan." if plan is None else "There is no such user.")
    if exchange.caller()["level"] == "user" or not exchange.manages(user):
        raise forbidden()
    own = "SELECT * FROM learning_plan_enrollments WHERE user_id = ? AND learning_plan_id = ?"
    pair = {"user_id": user_id, "learningplan_id": plan_id}
    if store.row(own, (user_id, plan_id)) is not None:
        return answer({"enrolled": [], "errors": {"existing_enrollments": [pair]}})
    store.execute(
        """INSERT INTO learning_plan_enrollments
        (user_id, learning_plan_id, status, created_at, created_by, updated_at, time_spent_s, complete_percent)
        VALUES (?, ?, 'subscribed', ?, ?, ?, 0, 0)""",
        (user_id, plan_id, store.now(), exchange.caller()["id"], store.now()),
    )
    enrollment = store.row(own, (user_id, plan_id))
    assert enrollment is not None
    exchange.announcements.add(events.PLAN_CREATED, events.plan_payload(user, plan, enrollment))
    for course in store.rows(PLAN_COURSES, (plan_id,)):
        add_to_course(exchange, user, course, Terms(STUDENT))
    return answer({"enrolled": [pair], "errors": []})
