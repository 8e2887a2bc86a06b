"""Enrolling users into courses and sessions.

What cannot be done is reported with 200: `enrolled` lacks the pair and `errors` is an object of lists. What cannot be
read (a level that does not exist, a day that is none, a session of another course) is a 400 [I].
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox import events
from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.fields import check_enrollment_fields
from docebo_connect.sandbox.parameters import read_day, read_id, read_ids, read_integer, stored_id
from docebo_connect.sandbox.refusals import bad_request, forbidden
from docebo_connect.sandbox.store import Row

LEVELS = frozenset({3, 4, 6})  # student, tutor, instructor
STUDENT = 3
LARGEST_BATCH = 1000
ASSIGNMENT_TYPES = frozenset({"mandatory", "required", "recommended", "optional"})


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody is enrolled: the optional part of both bodies."""

    level: int
    begin_date: str | None = None
    end_date: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    assignment_type: str | None = None
    session: Row | None = None

    @classmethod
    def read(cls, exchange: Exchange, body: dict[str, Any], course_ids: list[int]) -> Terms:
        """Check what the body says; anything unreadable is a 400."""
        level = STUDENT if body.get("level") in (None, "") else read_integer(body["level"], "level")
        if level not in LEVELS:
            raise bad_request("level must be one of 3, 4, 6.")
        begin = read_day(body.get("date_begin_validity"), "date_begin_validity")
        end = read_day(body.get("date_expire_validity"), "date_expire_validity")
        if begin and end and end < begin:
            raise bad_request("date_expire_validity must not be before date_begin_validity.")
        assignment_type = body.get("assignment_type")
        if assignment_type is not None and assignment_type not in list(ASSIGNMENT_TYPES):
            raise bad_request("assignment_type must be one of mandatory, required, recommended, optional.")
        session = _session(exchange, body.get("session_id"), course_ids)
        fields = check_enrollment_fields(exchange.store, body, course_ids)
        return cls(level, begin, end, fields, assignment_type, session)


def _session(exchange: Exchange, value: Any, course_ids: list[int]) -> Row | None:
    if value is None:
        return None
    session = exchange.store.row("SELECT * FROM sessions WHERE id = ?", (read_id(value, "session_id"),))
    if session is None:
        raise bad_request("session_id is invalid: there is no such session.")
    if course_ids != [session["course_id"]]:
        raise bad_request("session_id is invalid: the session does not belong to the course.")
    return session


@dataclass(slots=True)
class Outcome:
    """What became of each pair."""

    enrolled: list[dict[str, Any]] = field(default_factory=list)
    existing_enrollments: list[dict[str, int]] = field(default_factory=list)
    invalid_users: list[int] = field(default_factory=list)
    invalid_courses: list[int] = field(default_factory=list)
    permission_denied: list[dict[str, int]] = field(default_factory=list)

    def reply(self) -> Response:
        """`errors` is an empty list where nothing went wrong and an object of lists otherwise."""
        errors = {
            "existing_enrollments": self.existing_enrollments,
            "invalid_users": self.invalid_users,
            "invalid_courses": self.invalid_courses,
            "permission_denied": self.permission_denied,
        }
        return answer({"enrolled": self.enrolled, "errors": errors if any(errors.values()) else []})


def enroll_one(exchange: Exchange) -> Response:
    """POST /learn/v1/enrollments/{course_id}/{user_id}."""
    course_id = read_integer(exchange.request.path_params["course_id"], "course_id")
    user_id = read_integer(exchange.request.path_params["user_id"], "user_id")
    return _enroll(exchange, [course_id], [user_id])


def enroll_many(exchange: Exchange) -> Response:
    """POST /learn/v1/enrollments with `course_ids` and `user_ids`: every user into every course."""
    body = exchange.json_object()
    for name in ("course_ids", "user_ids"):
        if not body.get(name):
            raise bad_request(f"{name} cannot be blank.")
    course_ids = read_ids(body["course_ids"], "course_ids", at_most=LARGEST_BATCH)
    return _enroll(exchange, course_ids, read_ids(body["user_ids"], "user_ids", at_most=LARGEST_BATCH))


def _enroll(exchange: Exchange, course_ids: list[int], user_ids: list[int]) -> Response:
    terms = Terms.read(exchange, exchange.json_object(), course_ids)
    caller = exchange.caller()
    if caller["level"] == "user" and user_ids != [caller["id"]]:
        raise forbidden()
    outcome = Outcome()
    courses = _known(exchange, "courses", course_ids, outcome.invalid_courses)
    users = _known(exchange, "users", user_ids, outcome.invalid_users)
    for course in courses:
        for user in users:
            _enroll_pair(exchange, user, course, terms, outcome)
    return outcome.reply()


def _known(exchange: Exchange, table: str, ids: list[int], invalid: list[int]) -> list[Row]:
    rows = []
    for number in ids:
        row = exchange.store.row(f"SELECT * FROM {table} WHERE id = ?", (stored_id(number),))
        if row is None:
            invalid.append(number)
        else:
            rows.append(row)
    return rows


def _enroll_pair(exchange: Exchange, user: Row, course: Row, terms: Terms, outcome: Outcome) -> None:
    pair = {"user_id": user["id"], "course_id": course["id"]}
    if not exchange.manages(user):
        outcome.permission_denied.append(pair)
        return
    # Whoever is in the course already can still be put into one of its sessions; whoever is not, is enrolled in both,
    # as a session has no learners who are strangers to its course [I].
    waits = add_to_course(exchange, user, course, terms)
    if terms.session is not None:
        waits = _add_to_session(exchange, user, course, terms.session, terms.level)
    if waits is None:
        outcome.existing_enrollments.append(pair)
    else:
        outcome.enrolled.append({"id_user": user["id"], "id_course": course["id"], "waiting": waits})


def add_to_course(exchange: Exchange, user: Row, course: Row, terms: Terms) -> bool | None:
    """True where the user waits for a place, None where the user is enrolled already."""
    store = exchange.store
    pair = (user["id"], course["id"])
    if store.row("SELECT 1 FROM course_enrollments WHERE user_id = ? AND course_id = ?", pair) is not None:
        return None
    taken = "SELECT COUNT(*) FROM course_enrollments WHERE course_id = ? AND status != 'waiting'"
    places = course["max_enrollments"]
    waits = places is not None and terms.session is None and store.number(taken, (course["id"],)) >= places
    record = {
        "user_id": user["id"],
        "course_id": course["id"],
        "level": terms.level,
        "status": "waiting" if waits else "subscribed",
        "created_at": store.now(),
        "created_by": exchange.caller()["id"],
        "updated_at": store.now(),
        "begin_date": terms.begin_date,
        "end_date": terms.end_date,
        "time_spent_s": 0,
        "complete_percent": 0,
        "fields_json": json.dumps(terms.fields),
        "assignment_type": terms.assignment_type,
    }
    store.insert("course_enrollments", [record])
    enrollment = store.row("SELECT * FROM course_enrollments WHERE user_id = ? AND course_id = ?", pair)
    assert enrollment is not None
    if terms.session is None:  # for a session the vendor's article promises the session's event only
        exchange.announcements.add(events.COURSE_CREATED, events.course_payload(user, course, enrollment))
    return waits


def _add_to_session(exchange: Exchange, user: Row, course: Row, session: Row, level: int) -> bool | None:
    """True where the user waits for a place, None where the user is in the session already."""
    store = exchange.store
    pair = (user["id"], session["id"])
    if store.row("SELECT 1 FROM session_enrollments WHERE user_id = ? AND session_id = ?", pair) is not None:
        return None
    taken = "SELECT COUNT(*) FROM session_enrollments WHERE session_id = ? AND status != 'waiting'"
    waits = bool(store.number(taken, (session["id"],)) >= session["max_enrollments"])
    record = {
        "user_id": user["id"],
        "session_id": session["id"],
        "level": level,
        "status": "waiting" if waits else "subscribed",
        "created_at": store.now(),
        "created_by": exchange.caller()["id"],
    }
    store.insert("session_enrollments", [record])
    enrollment = store.row("SELECT * FROM session_enrollments WHERE user_id = ? AND session_id = ?", pair)
    assert enrollment is not None
    exchange.announcements.add(events.SESSION_CREATED, events.session_payload(user, course, session, enrollment))
    return waits
