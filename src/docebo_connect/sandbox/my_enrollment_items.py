"""The items of GET /learn/v1/enrollments, under the API's own names.

They are the article's labels in snake_case, but for session_date_begin and courses_count. can_enter and soft_deadline
are booleans, rating and the id of a session are numbers, although the article documents strings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from docebo_connect.sandbox.envelope import empty_day, empty_time, numeric
from docebo_connect.sandbox.events import LEVEL_NAMES
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.store import Row

CLOSED = {"waiting", "suspended", "subscription_to_confirm", "overbooking"}
Sessions = dict[tuple[int, int], list[Row]]  # by user and course
Dates = dict[int, list[Row]]  # by session


def items_of(exchange: Exchange, rows: Sequence[Row], *, with_sessions: bool) -> list[dict[str, Any]]:
    """The items of some rows; sessions and their dates are told only to who asks."""
    sessions = _sessions_of(exchange, rows)
    dates = _dates_of(exchange, sessions) if with_sessions else {}
    items = []
    for row in rows:
        own = [] if row["type"] == "learning_plan" else sessions.get((row["user_id"], row["id"]), [])
        item = _item(exchange, row) | _first_session(own) | _undocumented(row)
        item["enrolled_sessions"] = [_session(row, dates) for row in own] if with_sessions else []
        items.append(item)
    return items


def _item(exchange: Exchange, row: Row) -> dict[str, Any]:
    number, is_plan = row["enrollment_id"], row["type"] == "learning_plan"
    is_open = row["exact_status"] not in CLOSED
    page = f"https://{exchange.site.host}/learn/{'learningplan' if is_plan else 'course'}/{row['id']}/{row['slug']}"
    copied = (
        "id user_id date_last_updated subscribed_by username name slug complete_percent description type status "
        "location_name webinar_tool lang_code code enroll_date_of_enrollment total_time rating courses_count"
    )
    return {
        **{name: row[name] for name in copied.split()},
        "enroll_begin_date": row["enroll_begin_date"] or empty_day(number),
        "enroll_end_date": row["enroll_end_date"] or empty_day(number),
        "course_complete_date": row["course_complete_date"] or empty_time(number),
        "score": numeric(row["score"], number),
        "image_url": f"https://{exchange.site.host}/images/{'learningplan' if is_plan else 'course'}/{row['id']}.png",
        "url": page,
        "rating_option": None if is_plan else "on",
        "is_new": row["status"] == "subscribed",
        "can_enter": is_open,
        "can_enter_reason": None if is_open else row["exact_status"],
        "duration": row["duration_s"],
        "level": LEVEL_NAMES[row["level"]],
        "soft_deadline": bool(row["soft_deadline"]),
        "course_end_date": row["end_date"] or empty_day(row["id"]),
        "hidden": bool(row["hidden"]),
        "subscription": {"subscribed": True, "is_active": is_open},
        "outdated": {"total_users": 0, "already_marked": False},
    }


def _undocumented(row: Row) -> dict[str, Any]:
    """Keys the article does not document, seen in answers."""
    return {
        "uidCourse": row["uid"],
        "course_begin_date": row["begin_date"] or empty_day(row["id"]),
        "enrollment_fields": json.loads(row["fields_json"]),
        "waiting": row["exact_status"] == "waiting",
        "actions": [],
    }


def _sessions_of(exchange: Exchange, rows: Sequence[Row]) -> Sessions:
    """The sessions of the rows' users, one query for the page."""
    found: Sessions = {}
    for row in exchange.store.rows(
        """SELECT sessions.*, session_enrollments.user_id, session_enrollments.status
        FROM session_enrollments JOIN sessions ON sessions.id = session_id
        WHERE user_id IN (SELECT value FROM json_each(?)) ORDER BY begin_at, sessions.id""",
        (json.dumps(sorted({row["user_id"] for row in rows})),),
    ):
        found.setdefault((row["user_id"], row["course_id"]), []).append(row)
    return found


def _dates_of(exchange: Exchange, sessions: Sessions) -> Dates:
    """The dates of all these sessions, one query for the page."""
    found: Dates = {}
    wanted = sorted({row["id"] for rows in sessions.values() for row in rows})
    for row in exchange.store.rows(
        "SELECT * FROM events WHERE session_id IN (SELECT value FROM json_each(?)) ORDER BY day, id",
        (json.dumps(wanted),),
    ):
        found.setdefault(row["session_id"], []).append(row)
    return found


def _first_session(sessions: list[Row]) -> dict[str, Any]:
    """Day, time and zone of the first session the user is in."""
    day, _, time = sessions[0]["begin_at"].partition(" ") if sessions else (None, None, None)
    zone = sessions[0]["timezone"] if sessions else None
    return {"session_date_begin": day, "session_time_begin": time, "session_timezone": zone}


def _session(row: Row, dates: Dates) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "other_info": row["other_info"],
        "date_begin": row["begin_at"],
        "date_end": row["end_at"],
        "min_enrollments": row["min_enrollments"],
        "max_enrollments": row["max_enrollments"],
        "score_base": row["score_base"],
        "tool": None,
        "status": row["status"],
        "dates": [_date(event, row["status"]) for event in dates.get(row["id"], [])],
    }


def _date(event: Row, status: str) -> dict[str, Any]:
    return {
        "date": event["day"],
        "name": event["name"],
        "time_begin": event["time_begin"],
        "time_end": event["time_end"],
        "timezone": event["timezone"],
        "id_classroom": event["classroom_id"],
        "id_location": event["location_id"],
        "attendance_status": "present" if status == "completed" else "not_set",  # [I] the words are not documented
    }
