"""What happened before the sandbox opened: enrollments in courses, sessions and learning plans, and RSVPs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from docebo_connect.sandbox.catalog import SESSION_COURSES
from docebo_connect.sandbox.draw import ANCHOR, Draw, Record, day, stamp
from docebo_connect.sandbox.fixed_points import (
    COURSES,
    DEMO_CLASSROOM,
    DEMO_COURSE,
    DEMO_USER,
    FULL_COURSE,
    MANDATORY_FIELD_COURSE,
    USERS,
)
from docebo_connect.sandbox.population import SUPERADMINS
from docebo_connect.sandbox.store import Store

STATUS_WEIGHTS = {
    "subscribed": 34,
    "in_progress": 26,
    "completed": 30,
    "waiting": 3,
    "suspended": 3,
    "subscription_to_confirm": 2,
    "overbooking": 2,
}
RSVP_SYNCHRONIZED = "2026-08-31 12:00:00"
EVENTS_WITH_RSVPS = 5
SESSIONS = 2 * len(SESSION_COURSES)


def build(store: Store, draw: Draw) -> None:
    """Write the history."""
    members = _plan_members(draw, len(draw.material["learning_plans"]))
    enrolled = _who_is_where(store, draw, members)
    store.insert("course_enrollments", [_course_enrollment(draw, u, c) for u, c in sorted(enrolled)])
    _build_plan_enrollments(store, draw, members)
    _build_session_enrollments(store, draw)
    _set_places(store)
    _build_rsvps(store, draw)


def _plan_members(draw: Draw, plans: int) -> dict[int, set[int]]:
    """Users by learning plan; the demo's user is in the first plan and in no other."""
    learners = range(8, USERS + 1)
    members = {plan_id: set(draw.sample(learners, draw.randrange(20, 41))) for plan_id in range(1, plans + 1)}
    members[1].add(DEMO_USER)
    return members


def _who_is_where(store: Store, draw: Draw, members: dict[int, set[int]]) -> set[tuple[int, int]]:
    """The (user, course) pairs, fixed points included."""
    pairs = {
        (user_id, course_id)
        for user_id in range(1, USERS + 1)
        if user_id not in SUPERADMINS
        for course_id in draw.sample(range(1, COURSES + 1), draw.randrange(5, 36))
    }
    for row in store.rows("SELECT learning_plan_id, course_id FROM learning_plan_courses"):
        pairs |= {(user_id, row["course_id"]) for user_id in members[row["learning_plan_id"]]}
    for course_id in SESSION_COURSES:
        pairs |= {(user_id, course_id) for user_id in draw.sample(range(10, USERS + 1), 24)}
    pairs |= {(8, DEMO_CLASSROOM), (9, DEMO_CLASSROOM)}
    unwanted = {DEMO_COURSE, MANDATORY_FIELD_COURSE, FULL_COURSE, *SESSION_COURSES}
    return pairs - {(DEMO_USER, course_id) for course_id in unwanted}


def _course_enrollment(draw: Draw, user_id: int, course_id: int) -> Record:
    status = draw.choices(list(STATUS_WEIGHTS), list(STATUS_WEIGHTS.values()))[0]
    created_at = draw.moment(-300, -1)
    touched_at = _later(draw, created_at) if status in ("in_progress", "completed") else created_at
    completed = status == "completed"
    limited = draw.chance(0.3)
    return {
        "user_id": user_id,
        "course_id": course_id,
        "level": draw.choices((3, 4, 6), (90, 4, 6))[0],
        "status": status,
        "created_at": stamp(created_at),
        "created_by": draw.choice((1, 1, 2, 3, user_id)),
        "updated_at": stamp(touched_at),
        "begin_date": day(created_at) if limited else None,
        "end_date": day(created_at + timedelta(days=draw.randrange(60, 1200))) if limited else None,
        "completed_at": stamp(touched_at) if completed else None,
        "score": draw.randrange(100, 201) / 2 if completed and draw.chance(0.7) else None,
        "time_spent_s": draw.randrange(60, 30_000) if status in ("in_progress", "completed") else 0,
        "complete_percent": {"completed": 100, "in_progress": draw.randrange(1, 100)}.get(status, 0),
        "fields_json": json.dumps({"1": draw.randrange(1, 4)}) if draw.chance(0.2) else "{}",
        "assignment_type": draw.choice((None, None, "mandatory", "required", "recommended", "optional")),
    }


def _later(draw: Draw, moment: datetime) -> datetime:
    """A moment after the given one and before the anchor."""
    return moment + timedelta(seconds=draw.randrange(1, int((ANCHOR - moment).total_seconds())))


def _build_plan_enrollments(store: Store, draw: Draw, members: dict[int, set[int]]) -> None:
    records: list[Record] = []
    for plan_id, user_ids in members.items():
        for user_id in sorted(user_ids):
            percent = draw.choice((0, 0, 25, 50, 75, 100))
            status = "completed" if percent == 100 else "in_progress" if percent else "subscribed"
            created_at = draw.moment(-300, -1)
            touched_at = _later(draw, created_at)
            limited = draw.chance(0.3)
            records.append(
                {
                    "user_id": user_id,
                    "learning_plan_id": plan_id,
                    "status": status,
                    "created_at": stamp(created_at),
                    "created_by": draw.choice((1, 2, 3)),
                    "updated_at": stamp(touched_at),
                    "begin_date": day(created_at) if limited else None,
                    "end_date": day(created_at + timedelta(days=365)) if limited else None,
                    "completed_at": stamp(touched_at) if percent == 100 else None,
                    "time_spent_s": percent * draw.randrange(30, 600),
                    "complete_percent": percent,
                }
            )
    store.insert("learning_plan_enrollments", records)


def _build_session_enrollments(store: Store, draw: Draw) -> None:
    """About half of each course's learners are in one of its sessions; user 8 in session 1, user 9 in none."""
    rows = store.rows(
        f"""SELECT user_id, course_id, level, status, created_at, created_by FROM course_enrollments
        WHERE course_id IN ({", ".join(map(str, SESSION_COURSES))}) ORDER BY id"""
    )
    records: list[Record] = []
    for row in rows:
        if row["user_id"] == 9 or (draw.chance(0.4) and row["user_id"] != 8):
            continue
        first = 2 * SESSION_COURSES.index(row["course_id"]) + 1
        records.append(
            {
                "user_id": row["user_id"],
                "session_id": first if row["user_id"] == 8 else first + draw.randrange(2),
                "level": row["level"],
                "status": row["status"] if row["status"] in ("in_progress", "completed", "waiting") else "subscribed",
                "created_at": row["created_at"],
                "created_by": row["created_by"],
            }
        )
    store.insert("session_enrollments", records)


def _set_places(store: Store) -> None:
    """Ten free places in each session, none in session 2 and course 45."""
    taken = "SELECT COUNT(*) FROM session_enrollments WHERE session_id = sessions.id AND status != 'waiting'"
    store.execute(f"UPDATE sessions SET max_enrollments = ({taken}) + CASE id WHEN 2 THEN 0 ELSE 10 END")
    taken = "SELECT COUNT(*) FROM course_enrollments WHERE course_id = courses.id AND status != 'waiting'"
    store.execute(f"UPDATE courses SET max_enrollments = ({taken}) WHERE id = ?", (FULL_COURSE,))


def _build_rsvps(store: Store, draw: Draw) -> None:
    rows = store.rows(
        """SELECT events.id, user_id FROM events JOIN session_enrollments USING (session_id)
        WHERE events.id <= ? ORDER BY events.id, user_id""",
        (EVENTS_WITH_RSVPS,),
    )
    store.insert(
        "rsvps",
        [
            {
                "event_id": row["id"],
                "user_id": row["user_id"],
                "response": draw.choice((0, 1, 1, 2, 3)),
                "synchronized_at": RSVP_SYNCHRONIZED,
            }
            for row in rows
        ],
    )
