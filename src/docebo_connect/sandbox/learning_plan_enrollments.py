"""Enrollments in learning plans."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox.course_enrollments import STATUSES, name_of_search, word_for
from docebo_connect.sandbox.envelope import empty_day, empty_time, listing
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.listing import Conditions, Sorting, only_visible, page_of_rows
from docebo_connect.sandbox.store import Row

COLUMNS = {
    "user_id": "enrollment.user_id",
    "username": "users.username",
    "learning_plan_id": "enrollment.learning_plan_id",
    "learning_plan_name": "learning_plans.name",
    "learning_plan_code": "learning_plans.code",
    "enrollment_status": "enrollment.status",
    "enrollment_created_by": "enrollment.created_by",
    "enrollment_created_at": "enrollment.created_at",
    "enrollment_validity_begin_date": "enrollment.begin_date",
    "enrollment_validity_end_date": "enrollment.end_date",
    "enrollment_date_last_updated": "enrollment.updated_at",
    "enrollment_completion_date": "enrollment.completed_at",
    "enrollment_completion_percentage": "enrollment.complete_percent",
    "enrollment_time_spent": "enrollment.time_spent_s",
}
# The article documents them, the API sends them only to who asks: extra_fields[]=enrollment_status and so on.
ON_REQUEST = (
    "enrollment_status",
    "enrollment_completion_date",
    "enrollment_completion_percentage",
    "enrollment_time_spent",
)
SELECTION = ", ".join(f"{column} AS {name}" for name, column in COLUMNS.items())
SOURCE = """learning_plan_enrollments AS enrollment JOIN users ON users.id = enrollment.user_id
    JOIN learning_plans ON learning_plans.id = enrollment.learning_plan_id"""


def get_learning_plan_enrollments(exchange: Exchange) -> Response:
    """GET /learningplan/v1/learningplans/enrollments."""
    query, conditions = exchange.query, Conditions()
    for name in ("user_id", "learning_plan_id"):
        if name in query.arrays:
            conditions.any_of(f"enrollment.{name}", query.ids(name))
    if words := query.strings("enrollment_status"):
        conditions.any_of("enrollment.status", [STATUSES[word] for word in words if word in STATUSES])
    only_visible(exchange, conditions, "enrollment.user_id")
    sorting = Sorting.read(exchange, COLUMNS, "enrollment_created_at")
    columns = f"enrollment.id AS enrollment_id, {SELECTION}"
    rows, total = page_of_rows(exchange, columns, SOURCE, conditions, sorting.sql("enrollment.id"))
    extra = frozenset(query.strings("extra_fields"))
    items = [_item(row, extra) for row in rows]
    return listing(exchange, items, total, sort=sorting.described(), cursor=name_of_search(exchange))


def _item(row: Row, extra: frozenset[str]) -> dict[str, Any]:
    number, percent = row["enrollment_id"], row["enrollment_completion_percentage"]
    begin, end = row["enrollment_validity_begin_date"], row["enrollment_validity_end_date"]
    item = dict(row)
    del item["enrollment_id"]
    item |= {
        "enrollment_status": word_for(row["enrollment_status"]),
        "enrollment_validity_begin_date": begin or empty_day(number),
        "enrollment_validity_end_date": end or empty_day(number),
        "enrollment_completion_date": row["enrollment_completion_date"] or empty_time(number),
        "enrollment_completion_percentage": str(percent) if number % 2 else percent,
        "enrollment_validity_begin_datetime": f"{begin} 00:00:00" if begin else None,
        "enrollment_validity_end_datetime": f"{end} 23:59:59" if end else None,
        "mandatory_courses_completed_at_completion": None,
    }
    for name in ON_REQUEST:
        if name not in extra:
            del item[name]
    return item
