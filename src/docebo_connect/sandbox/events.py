"""Webhook events: their ids, and what each one tells of an enrollment. `fired_at` is added where they are announced."""

from __future__ import annotations

from typing import Any

from docebo_connect.sandbox.store import Row

COURSE_CREATED = "course.enrollment.created"
COURSE_UPDATED = "course.enrollment.updated"
COURSE_COMPLETED = "course.enrollment.completed"
COURSE_DELETED = "course.enrollment.deleted"
SESSION_CREATED = "ilt.session.enrollment.created"
SESSION_UPDATED = "ilt.session.enrollment.updated"
SESSION_COMPLETED = "ilt.session.enrollment.completed"
SESSION_DELETED = "ilt.session.enrollment.deleted"
PLAN_CREATED = "learningplan.enrollment.created"
PLAN_COMPLETED = "learningplan.enrollment.completed"
PLAN_DELETED = "learningplan.enrollment.deleted"

EVENTS = (
    COURSE_CREATED,
    COURSE_UPDATED,
    COURSE_COMPLETED,
    COURSE_DELETED,
    SESSION_CREATED,
    SESSION_UPDATED,
    SESSION_COMPLETED,
    SESSION_DELETED,
    PLAN_CREATED,
    PLAN_COMPLETED,
    PLAN_DELETED,
)
"""All that the sandbox announces."""

Payload = dict[str, Any]

LEVEL_NAMES = {3: "learner", 4: "tutor", 6: "instructor"}


def course_payload(user: Row, course: Row, enrollment: Row) -> Payload:
    """The keys seen in real deliveries of course.enrollment.created and .updated."""
    return {
        "user_id": user["id"],
        "username": user["username"],
        "course_id": course["id"],
        "course_name": course["name"],
        "level": LEVEL_NAMES[enrollment["level"]],
        "enrollment_date": enrollment["created_at"],
        "enrollment_date_begin_validity": enrollment["begin_date"],
        "enrollment_date_end_validity": enrollment["end_date"],
        "subscribed_by_id": enrollment["created_by"],
        "status": enrollment["status"],
    }


def session_payload(user: Row, course: Row, session: Row, enrollment: Row) -> Payload:
    """Assumed after the keys of ilt.session.updated [I]."""
    return {
        "user_id": user["id"],
        "username": user["username"],
        "course_id": course["id"],
        "course_code": course["code"],
        "session_id": session["id"],
        "session_code": session["code"],
        "session_name": session["name"],
        "level": LEVEL_NAMES[enrollment["level"]],
        "enrollment_date": enrollment["created_at"],
        "subscribed_by_id": enrollment["created_by"],
        "status": enrollment["status"],
    }


def plan_payload(user: Row, plan: Row, enrollment: Row) -> Payload:
    """Assumed: nothing is known of this payload [I]."""
    return {
        "user_id": user["id"],
        "username": user["username"],
        "learningplan_id": plan["id"],
        "learningplan_name": plan["name"],
        "learningplan_code": plan["code"],
        "enrollment_date": enrollment["created_at"],
        "subscribed_by_id": enrollment["created_by"],
    }


def departed_payload(user: Row, course: Row) -> Payload:
    """The least that course.enrollment.deleted must tell [I]."""
    return {"user_id": user["id"], "course_id": course["id"]}


def completed(payload: Payload, completion_date: str) -> Payload:
    """What a completion tells besides."""
    return {"completion_date": completion_date, **payload}
