"""Removing users from learning plans and courses with one call: DELETE /learn/v1/enrollments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox import events
from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.parameters import read_flag, read_ids, stored_id
from docebo_connect.sandbox.refusals import bad_request, forbidden
from docebo_connect.sandbox.store import Row
from docebo_connect.sandbox.unenrolling import remove_from_course

LARGEST_BATCH = 1000  # users a call, as the vendor's staff writes; the same bound is assumed for the rest [I]
CASCADE = "cascade_unenroll_from_courses_in_selected_learning_plan"
PLAN_COURSES = """SELECT courses.* FROM courses JOIN learning_plan_courses ON course_id = courses.id
    WHERE learning_plan_id = ? ORDER BY position"""


@dataclass(slots=True)
class Outcome:
    """What became of each user; the error lists are named after those of enrolling [I]."""

    un_enrolled: list[int] = field(default_factory=list)
    missing_enrollments: list[dict[str, int]] = field(default_factory=list)
    invalid_users: list[int] = field(default_factory=list)
    invalid_courses: list[int] = field(default_factory=list)
    invalid_learning_plans: list[int] = field(default_factory=list)
    permission_denied: list[int] = field(default_factory=list)

    def removed(self, user: Row) -> None:
        """Name a user once, whatever the number of things left."""
        if user["id"] not in self.un_enrolled:
            self.un_enrolled.append(user["id"])

    def reply(self) -> Response:
        """`errors` is an empty list where nothing went wrong and an object of lists otherwise."""
        errors: dict[str, list[Any]] = {
            "missing_enrollments": list(self.missing_enrollments),
            "invalid_users": list(self.invalid_users),
            "invalid_courses": list(self.invalid_courses),
            "invalid_learning_plans": list(self.invalid_learning_plans),
            "permission_denied": list(self.permission_denied),
        }
        return answer({"un_enrolled": self.un_enrolled, "errors": errors if any(errors.values()) else []})


def unenroll_many(exchange: Exchange) -> Response:
    """Users out of learning plans (`learningplan_ids`), on request with their courses, and courses (`course_ids`)."""
    body = exchange.json_object()
    user_ids = _ids(body, "user_ids")
    plan_ids, course_ids = _ids(body, "learningplan_ids"), _ids(body, "course_ids")
    if not user_ids:
        raise bad_request("user_ids cannot be blank.")
    if not plan_ids and not course_ids:
        raise bad_request("Either course_ids or learningplan_ids must be given.")
    cascade, reset = read_flag(body.get(CASCADE), CASCADE), read_flag(body.get("reset_tracks"), "reset_tracks")
    caller = exchange.caller()
    if caller["level"] == "user" and user_ids != [caller["id"]]:
        raise forbidden()
    outcome = Outcome()
    plans = _known(exchange, "learning_plans", plan_ids, outcome.invalid_learning_plans)
    courses = _known(exchange, "courses", course_ids, outcome.invalid_courses)
    for user in _known(exchange, "users", user_ids, outcome.invalid_users):
        if not exchange.manages(user):
            outcome.permission_denied.append(user["id"])
            continue
        for plan in plans:
            _leave_plan(exchange, user, plan, outcome, cascade=cascade, reset=reset)
        for course in courses:
            if _leave_course(exchange, user, course):
                outcome.removed(user)
            else:
                outcome.missing_enrollments.append({"user_id": user["id"], "course_id": course["id"]})
    return outcome.reply()


def _ids(body: dict[str, Any], name: str) -> list[int]:
    return [] if body.get(name) is None else read_ids(body[name], name, at_most=LARGEST_BATCH)


def _known(exchange: Exchange, table: str, ids: list[int], invalid: list[int]) -> list[Row]:
    rows = {n: exchange.store.row(f"SELECT * FROM {table} WHERE id = ?", (stored_id(n),)) for n in ids}
    invalid.extend(number for number, row in rows.items() if row is None)
    return [row for row in rows.values() if row is not None]


def _leave_plan(exchange: Exchange, user: Row, plan: Row, outcome: Outcome, *, cascade: bool, reset: bool) -> None:
    store = exchange.store
    enrollment = store.row(
        "SELECT * FROM learning_plan_enrollments WHERE user_id = ? AND learning_plan_id = ?", (user["id"], plan["id"])
    )
    if enrollment is None:
        outcome.missing_enrollments.append({"user_id": user["id"], "learningplan_id": plan["id"]})
        return
    store.execute("DELETE FROM learning_plan_enrollments WHERE id = ?", (enrollment["id"],))
    exchange.announcements.add(events.PLAN_DELETED, events.plan_payload(user, plan, enrollment))
    outcome.removed(user)
    if cascade:
        for course in store.rows(PLAN_COURSES, (plan["id"],)):
            _leave_course(exchange, user, course)
    elif reset:
        _reset_tracks(exchange, user, plan)


def _leave_course(exchange: Exchange, user: Row, course: Row) -> bool:
    enrollment = exchange.store.row(
        "SELECT * FROM course_enrollments WHERE user_id = ? AND course_id = ?", (user["id"], course["id"])
    )
    if enrollment is None:
        return False
    remove_from_course(exchange, user, course, enrollment)
    return True


def _reset_tracks(exchange: Exchange, user: Row, plan: Row) -> None:
    """What was tracked in the plan's courses is forgotten; the article names no event for it, so none is announced."""
    exchange.store.execute(
        """UPDATE course_enrollments SET status = 'subscribed', score = NULL, time_spent_s = 0, complete_percent = 0,
        completed_at = NULL, updated_at = ?
        WHERE user_id = ? AND status IN ('in_progress', 'completed')
        AND course_id IN (SELECT course_id FROM learning_plan_courses WHERE learning_plan_id = ?)""",
        (exchange.store.now(), user["id"], plan["id"]),
    )
