"""Enrollments in courses: all of them, or those of a learning plan's members in the plan's courses."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox.envelope import empty_day, empty_time, listing, numeric
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.listing import Conditions, Sorting, only_visible, page_of_rows
from docebo_connect.sandbox.refusals import not_found
from docebo_connect.sandbox.store import Row

LEVELS = {"student": 3, "tutor": 4, "instructor": 6}
LEVEL_NAMES = {number: name for name, number in LEVELS.items()}
# The words of this service on the left; what /learn/v1 and the webhooks call subscribed is enrolled here.
STATUSES = {
    "enrolled": "subscribed",
    "not_started": "subscribed",  # [I] the filter of the older list, taken for the same state
    "in_progress": "in_progress",
    "completed": "completed",
    "waiting": "waiting",
    "suspended": "suspended",
    "subscription_to_confirm": "subscription_to_confirm",
    "overbooking": "overbooking",
}
COLUMNS = {
    "user_id": "enrollment.user_id",
    "username": "users.username",
    "course_id": "enrollment.course_id",
    "course_uid": "courses.uid",
    "course_code": "courses.code",
    "course_name": "courses.name",
    "course_type": "courses.type",
    "course_begin_date": "courses.begin_date",
    "course_end_date": "courses.end_date",
    "enrollment_level": "enrollment.level",
    "enrollment_status": "enrollment.status",
    "enrollment_created_by": "enrollment.created_by",
    "enrollment_created_at": "enrollment.created_at",
    "enrollment_validity_begin_date": "enrollment.begin_date",
    "enrollment_validity_end_date": "enrollment.end_date",
    "enrollment_date_last_updated": "enrollment.updated_at",
    "enrollment_completion_date": "enrollment.completed_at",
    "enrollment_score": "enrollment.score",
    "enrollment_time_spent": "enrollment.time_spent_s",
    "assignment_type": "enrollment.assignment_type",
}
SELECTION = ", ".join(f"{column} AS {name}" for name, column in COLUMNS.items())
SOURCE = """course_enrollments AS enrollment
    JOIN users ON users.id = enrollment.user_id JOIN courses ON courses.id = enrollment.course_id"""


def get_course_enrollments(exchange: Exchange) -> Response:
    """GET /course/v1/courses/enrollments."""
    return _list(exchange, Conditions())


def get_learning_plan_course_enrollments(exchange: Exchange) -> Response:
    """GET /learningplan/v1/learningplans/{id}/courses/enrollments: of the plan's members only [I]."""
    plan_id = exchange.path_id("id")
    if exchange.store.row("SELECT 1 FROM learning_plans WHERE id = ?", (plan_id,)) is None:
        raise not_found("There is no such learning plan.")
    conditions = Conditions()
    conditions.add(
        "enrollment.course_id IN (SELECT course_id FROM learning_plan_courses WHERE learning_plan_id = ?)", plan_id
    )
    conditions.add(
        "enrollment.user_id IN (SELECT user_id FROM learning_plan_enrollments WHERE learning_plan_id = ?)", plan_id
    )
    return _list(exchange, conditions)


def _list(exchange: Exchange, conditions: Conditions) -> Response:
    query = exchange.query
    for name, column in (("user_id", "enrollment.user_id"), ("course_id", "enrollment.course_id")):
        if name in query.arrays:
            conditions.any_of(column, query.ids(name))
    # A word that is no status, level or type matches nothing.
    if words := query.strings("enrollment_status"):
        conditions.any_of("enrollment.status", [STATUSES[word] for word in words if word in STATUSES])
    if words := query.strings("enrollment_level"):
        conditions.any_of("enrollment.level", [LEVELS[word] for word in words if word in LEVELS])
    if words := query.strings("course_type"):
        conditions.any_of("courses.type", words)
    only_visible(exchange, conditions, "enrollment.user_id")
    sorting = Sorting.read(exchange, COLUMNS, "enrollment_created_at")
    columns = f"enrollment.id AS enrollment_id, {SELECTION}"
    rows, total = page_of_rows(exchange, columns, SOURCE, conditions, sorting.sql("enrollment.id"))
    extra = frozenset(query.strings("extra_fields"))
    items = [_item(row, extra) for row in rows]
    return listing(exchange, items, total, sort=sorting.described(), cursor=name_of_search(exchange))


def name_of_search(exchange: Exchange) -> str:
    """The cursor these lists return although they accept none: the same for the same search."""
    return hashlib.sha256(f"{exchange.path}?{exchange.query.params}".encode()).hexdigest()[:32]


def _item(row: Row, extra: frozenset[str]) -> dict[str, Any]:
    number, course_id = row["enrollment_id"], row["course_id"]
    begin, end = row["enrollment_validity_begin_date"], row["enrollment_validity_end_date"]
    item = dict(row)
    del item["enrollment_id"]
    item |= {
        "course_begin_date": row["course_begin_date"] or empty_day(course_id),
        "course_end_date": row["course_end_date"] or empty_day(course_id),
        "enrollment_level": LEVEL_NAMES[row["enrollment_level"]],
        "enrollment_status": word_for(row["enrollment_status"]),
        "enrollment_validity_begin_date": begin or empty_day(number),
        "enrollment_validity_end_date": end or empty_day(number),
        "enrollment_completion_date": row["enrollment_completion_date"] or empty_time(number),
        "enrollment_score": numeric(row["enrollment_score"], number),
        "enrollment_validity_begin_datetime": f"{begin} 00:00:00" if begin else None,
        "enrollment_validity_end_datetime": f"{end} 23:59:59" if end else None,
    }
    # The article documents it, the API sends it only to who asks: extra_fields[]=enrollment_time_spent.
    if "enrollment_time_spent" not in extra:
        del item["enrollment_time_spent"]
    return item


def word_for(status: str) -> str:
    """A stored status in the words of this service."""
    return "enrolled" if status == "subscribed" else status
