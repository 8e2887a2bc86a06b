"""GET /learn/v1/enrollments: courses and learning plans in one list."""

from __future__ import annotations

import secrets

from starlette.datastructures import QueryParams
from starlette.responses import Response

from docebo_connect.sandbox.envelope import answer, listing
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.listing import Conditions, only_visible, page_of_rows
from docebo_connect.sandbox.my_enrollment_filters import apply_filters
from docebo_connect.sandbox.my_enrollment_items import items_of
from docebo_connect.sandbox.parameters import Query
from docebo_connect.sandbox.refusals import bad_request, not_found
from docebo_connect.sandbox.tokens import expiry

CURSOR_LIFETIME_S = 3600  # [I] "a while"
# sort_by is one string, attribute and direction; names as in a program that uses them, directions assumed [I].
SORT_COLUMNS = {
    name: f"row.{name}"
    for name in (
        "name",
        "enroll_date_of_enrollment",
        "course_complete_date",
        "date_last_updated",
        "status",
        "enroll_begin_date",
        "enroll_end_date",
        "complete_percent",
        "total_time",
        "score",
        "rating",
        "code",
        "type",
        "id",
        "user_id",
    )
}
ORDERS = {f"{name}_{direction}": (name, direction) for name in SORT_COLUMNS for direction in ("asc", "desc")}
TIE_BREAK = "row.type = 'learning_plan', row.enrollment_id"

# Both halves name the same columns in the same order.
SOURCE = """(
    SELECT users.username, course.type, enrollment.id AS enrollment_id, course.id, enrollment.user_id,
        enrollment.status AS exact_status, CASE WHEN enrollment.status IN ('in_progress', 'completed')
            THEN enrollment.status ELSE 'subscribed' END AS status,
        enrollment.updated_at AS date_last_updated, enrollment.created_by AS subscribed_by, enrollment.complete_percent,
        enrollment.begin_date AS enroll_begin_date, enrollment.created_at AS enroll_date_of_enrollment,
        enrollment.end_date AS enroll_end_date, enrollment.completed_at AS course_complete_date,
        enrollment.time_spent_s AS total_time, enrollment.score, enrollment.level, enrollment.fields_json,
        course.name, course.slug, course.description, course.lang_code, course.code, course.uid, course.rating,
        course.duration_s, course.begin_date, course.end_date, course.hidden, course.soft_deadline, course.price,
        course.channel_id, course.skills_json, course.content_partner_id, course.webinar_tool,
        locations.name AS location_name, course.fields_json AS additional_fields, NULL AS courses_count
    FROM course_enrollments AS enrollment JOIN users ON users.id = enrollment.user_id
        JOIN courses AS course ON course.id = enrollment.course_id
        LEFT JOIN locations ON locations.id = course.location_id
    UNION ALL
    SELECT users.username, 'learning_plan', enrollment.id, plan.id, enrollment.user_id, enrollment.status,
        enrollment.status, enrollment.updated_at, enrollment.created_by, enrollment.complete_percent,
        enrollment.begin_date, enrollment.created_at, enrollment.end_date, enrollment.completed_at,
        enrollment.time_spent_s, NULL, 3, '{}',
        plan.name, plan.slug, plan.description, plan.lang_code, plan.code, plan.uuid, NULL,
        NULL, NULL, NULL, 0, 0, 0, NULL, '[]', NULL, NULL, NULL, '{}',
        (SELECT COUNT(*) FROM learning_plan_courses WHERE learning_plan_id = plan.id)
    FROM learning_plan_enrollments AS enrollment JOIN users ON users.id = enrollment.user_id
        JOIN learning_plans AS plan ON plan.id = enrollment.learning_plan_id
) AS row"""
COLUMNS = "row.*"


def get_enrollments(exchange: Exchange) -> Response:
    """The whole list with all its filters; a cursor brings back the search it was made for."""
    cursor = exchange.query.string("cursor")
    if cursor is not None:
        exchange.query = _search_of(exchange, cursor)
    elif exchange.query.flag("get_cursor"):
        cursor = _keep_search(exchange)
    conditions = Conditions()
    apply_filters(exchange, conditions)
    only_visible(exchange, conditions, "row.user_id")
    sort_by = exchange.query.string("sort_by") or "name_asc"
    if sort_by not in ORDERS:
        raise bad_request(f"sort_by is invalid; it must be one of {', '.join(ORDERS)}.")
    name, direction = ORDERS[sort_by]
    order = f"ORDER BY {SORT_COLUMNS[name]} {direction}, {TIE_BREAK}"
    rows, total = page_of_rows(exchange, COLUMNS, SOURCE, conditions, order)
    items = items_of(exchange, rows, with_sessions=exchange.query.flag("get_session_details") or False)
    sort = [{"sort_attr": name, "sort_dir": direction}]
    return listing(exchange, items, total, sort=sort, cursor=cursor, more_as_number=True, size_counts_items=True)


def get_enrollment(exchange: Exchange) -> Response:
    """GET /learn/v1/enrollments/{course_id}/{user_id}: one item of the list."""
    conditions = Conditions()
    conditions.add("row.type != 'learning_plan' AND row.id = ?", exchange.path_id("course_id"))
    conditions.add("row.user_id = ?", exchange.path_id("user_id"))
    only_visible(exchange, conditions, "row.user_id")
    rows = exchange.store.rows(f"SELECT {COLUMNS} FROM {SOURCE} {conditions.sql()}", conditions.values)
    if not rows:
        raise not_found("The user is not enrolled in the course.")
    return answer(items_of(exchange, rows, with_sessions=True)[0])


def _keep_search(exchange: Exchange) -> str:
    """Keep the search under a new id; page numbers stay with each request."""
    pairs = exchange.query.params.multi_items()
    search = str(QueryParams([pair for pair in pairs if pair[0] not in ("page", "get_cursor")]))
    cursor = secrets.token_hex(16)
    store = exchange.site.store  # also where the world is read as it was: that cannot be written to
    store.insert("cursors", [{"id": cursor, "search": search, "expires_at": expiry(store, CURSOR_LIFETIME_S)}])
    return cursor


def _search_of(exchange: Exchange, cursor: str) -> Query:
    store = exchange.site.store
    row = store.row("SELECT search FROM cursors WHERE id = ? AND expires_at > ?", (cursor, store.now()))
    if row is None:
        raise bad_request("The cursor is invalid or has expired.")
    own = [(name, value) for name, value in exchange.query.params.items() if name in ("page", "page_size")]
    return Query(QueryParams([*QueryParams(row["search"]).multi_items(), *own]))
