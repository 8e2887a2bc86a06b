"""What recipe builders pick from: users, courses, sessions, events, learning plans and additional fields."""

from __future__ import annotations

import html
import json
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox.envelope import answer, listing
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.listing import Conditions, Sorting, only_visible, page_of_rows
from docebo_connect.sandbox.parameters import read_id
from docebo_connect.sandbox.refusals import forbidden, not_found
from docebo_connect.sandbox.store import Row

USER_COLUMNS = ("user_id", "username", "first_name", "last_name", "email", "creation_date", "last_update")
USER_SELECTION = "*, id AS user_id, created_at AS creation_date, updated_at AS last_update"
COURSE_TYPES = ("elearning", "classroom", "webinar")
ENROLLED = "(SELECT COUNT(*) FROM session_enrollments WHERE session_id = sessions.id) AS enrolled"


def users(exchange: Exchange) -> Response:
    """GET /manage/v1/user; the number of a user is a string here, as on the real API."""
    if exchange.caller()["level"] == "user":
        raise forbidden()
    conditions = Conditions()
    if (text := exchange.query.string("search_text")) is not None:
        if exchange.query.string("match_type") == "full":
            conditions.add("(username = ? OR email = ?)", text, text)
        else:
            full_name = "first_name || ' ' || last_name"
            conditions.contains(("username", "email", "first_name", "last_name", full_name), text)
    only_visible(exchange, conditions, "id")
    columns = {name: name for name in USER_COLUMNS} | {"user_id": "id", "creation_date": "created_at"}
    columns["last_update"] = "updated_at"
    sorting = Sorting.read(exchange, columns, "user_id")
    rows, total = page_of_rows(exchange, USER_SELECTION, "users", conditions, sorting.sql("id"))
    items = [_user(row) for row in rows]
    return listing(exchange, items, total, sort=sorting.described(), more_as_number=True)


def user(exchange: Exchange) -> Response:
    """GET /manage/v1/user/{user_id} [I]; whom the caller may not see is not there."""
    if exchange.caller()["level"] == "user":
        raise forbidden()
    conditions = Conditions()
    conditions.add("id = ?", exchange.path_id("user_id"))
    only_visible(exchange, conditions, "id")
    row = exchange.store.row(f"SELECT {USER_SELECTION} FROM users {conditions.sql()}", conditions.values)
    if row is None:
        raise not_found("There is no such user.")
    return answer({"user_data": _user(row)})


def _user(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in USER_COLUMNS},
        "user_id": str(row["id"]),
        "fullname": f"{row['first_name']} {row['last_name']}",
        "uuid": row["uuid"],
        "level": row["level"],
        "status": str(row["active"]),
        "lang_code": row["lang_code"],
    }


def courses(exchange: Exchange) -> Response:
    """GET /course/v1/courses."""
    conditions = Conditions()
    if (text := exchange.query.string("search_text")) is not None:
        conditions.contains(("name", "code", "description"), text)
    if words := exchange.query.strings("type"):
        conditions.any_of("type", words)
    columns = {name: name for name in ("id", "name", "code", "type", "uid", "slug")}
    sorting = Sorting.read(exchange, columns, "id")
    rows, total = page_of_rows(exchange, "*", "courses", conditions, sorting.sql("id"))
    return listing(exchange, [_course(row) for row in rows], total, sort=sorting.described())


def course(exchange: Exchange) -> Response:
    """GET /course/v1/courses/{course_id} [I]."""
    return answer(_course(_existing(exchange, "courses", "course_id", "course")))


def _course(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "uid", "code", "name", "type", "slug", "description")},
        "slug_name": row["slug"],
        "lang_code": row["lang_code"],
        "is_published": not row["hidden"],
        "average_completion_time": row["duration_s"],
        "start_date": row["begin_date"],
        "end_date": row["end_date"],
    }


def sessions(exchange: Exchange) -> Response:
    """GET /course/v1/courses/{course_id}/sessions."""
    course_id = _existing(exchange, "courses", "course_id", "course")["id"]
    conditions = Conditions()
    conditions.add("course_id = ?", course_id)
    if (text := exchange.query.string("search_text")) is not None:
        conditions.contains(("name", "code"), text)
    columns = {"id": "id", "name": "name", "code": "code", "date_start": "begin_at", "date_end": "end_at"}
    sorting = Sorting.read(exchange, columns, "id")
    rows, total = page_of_rows(exchange, f"*, {ENROLLED}", "sessions", conditions, sorting.sql("id"))
    return listing(exchange, [_session(row) for row in rows], total, sort=sorting.described())


def session(exchange: Exchange) -> Response:
    """GET /course/v1/sessions/{session_id} [I]."""
    row = _existing(exchange, "sessions", "session_id", "session", f"*, {ENROLLED}")
    return answer(_session(row))


def _session(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "name", "code", "enrolled", "max_enrollments", "timezone")},
        "uid_session": row["uid"],
        "date_start": row["begin_at"],
        "date_end": row["end_at"],
    }


def events(exchange: Exchange) -> Response:
    """GET /course/v1/sessions/{session_id}/events: the dates of a session."""
    session_id = _existing(exchange, "sessions", "session_id", "session")["id"]
    conditions = Conditions()
    conditions.add("session_id = ?", session_id)
    sorting = Sorting.read(exchange, {"id": "id", "name": "name", "date": "day"}, "id")
    rows, total = page_of_rows(exchange, "*", "events", conditions, sorting.sql("id"))
    items = [
        {
            **{name: row[name] for name in ("id", "name", "time_begin", "time_end", "timezone")},
            "date": row["day"],
            "id_classroom": row["classroom_id"],
            "id_location": row["location_id"],
        }
        for row in rows
    ]
    return listing(exchange, items, total, sort=sorting.described())


def learning_plans(exchange: Exchange) -> Response:
    """GET /learningplan/v1/learningplans; id and title are written under both names that were seen."""
    conditions = Conditions()
    if (text := exchange.query.string("search_text")) is not None:
        conditions.contains(("name", "code", "description"), text)
    columns = {"learning_plan_id": "id", "id": "id", "name": "name", "title": "name", "code": "code"}
    sorting = Sorting.read(exchange, columns, "learning_plan_id")
    rows, total = page_of_rows(exchange, "*", "learning_plans", conditions, sorting.sql("id"))
    return listing(exchange, [_learning_plan(row) for row in rows], total, sort=sorting.described())


def learning_plan(exchange: Exchange) -> Response:
    """GET /learningplan/v1/learningplans/{id} [I]."""
    return answer(_learning_plan(_existing(exchange, "learning_plans", "id", "learning plan")))


def _learning_plan(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "uuid", "name", "code", "slug", "description")},
        "learning_plan_id": row["id"],
        "title": row["name"],
    }


def learning_plan_courses(exchange: Exchange) -> Response:
    """GET /learningplan/v1/learningplans/{id}/courses, in the plan's order."""
    plan_id = _existing(exchange, "learning_plans", "id", "learning plan")["id"]
    source = "courses JOIN learning_plan_courses ON course_id = courses.id"
    conditions = Conditions()
    conditions.add("learning_plan_id = ?", plan_id)
    columns = {"sequence": "position", "id": "courses.id", "name": "name", "code": "code"}
    sorting = Sorting.read(exchange, columns, "sequence")
    rows, total = page_of_rows(exchange, "courses.*, position", source, conditions, sorting.sql("courses.id"))
    items = [{**_course(row), "sequence": row["position"]} for row in rows]
    return listing(exchange, items, total, sort=sorting.described())


def enrollment_fields(exchange: Exchange) -> Response:
    """GET /manage/v1/enrollment_fields; `course` leaves out the fields that belong to other courses."""
    conditions = Conditions()
    if (course_id := exchange.query.integer("course")) is not None:
        own = "SELECT 1 FROM json_each(courses_json) WHERE value = ?"
        conditions.add(f"(courses_json = '[]' OR EXISTS ({own}))", read_id(course_id, "course"))
    columns = {"id": "id", "title": "title", "type": "type", "sequence": "sequence"}
    sorting = Sorting.read(exchange, columns, "sequence")
    rows, total = page_of_rows(exchange, "*", "enrollment_fields", conditions, sorting.sql("id"))
    items = [
        {
            **{name: row[name] for name in ("id", "title", "type", "sequence")},
            "mandatory": bool(row["mandatory"]),
            "visible_to_user": bool(row["visible_to_user"]),
            "courses": json.loads(row["courses_json"]),
            "options": json.loads(row["options_json"]),
        }
        for row in rows
    ]
    return listing(exchange, items, total, sort=sorting.described(), more_as_number=True)


def course_fields(exchange: Exchange) -> Response:
    """GET /learn/v1/courses/field: the additional fields of courses."""
    sorting = Sorting.read(exchange, {"id": "id"}, "id")
    rows, total = page_of_rows(exchange, "*", "course_fields", Conditions(), sorting.sql("id"))
    items = [
        {
            "id": row["id"],
            "type": row["type"],
            "name": {"value": html.escape(row["title"]), "values": {"english": row["title"]}},
            "options": json.loads(row["options_json"]),
        }
        for row in rows
    ]
    return listing(exchange, items, total, sort=sorting.described())


def _existing(exchange: Exchange, table: str, name: str, noun: str, columns: str = "*") -> Row:
    row = exchange.store.row(f"SELECT {columns} FROM {table} WHERE id = ?", (exchange.path_id(name),))
    if row is None:
        raise not_found(f"There is no such {noun}.")
    return row
