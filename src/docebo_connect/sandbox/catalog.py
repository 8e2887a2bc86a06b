"""The catalog of the world: courses, sessions with their dates, learning plans and additional fields."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from docebo_connect.sandbox.draw import ANCHOR, Draw, Record, day, stamp
from docebo_connect.sandbox.fixed_points import COURSE_TYPES, COURSES, FIRST_PLAN_COURSES, RESERVED_COURSES
from docebo_connect.sandbox.store import Store

SESSION_COURSES = (1, 4, 7, 10, 13, 16)  # the first classroom courses, two sessions each
DESCRIPTION = "<p>What you need to know about {}.</p>"


def build(store: Store, draw: Draw) -> None:
    """Write the catalog."""
    locations = draw.material["locations"]
    store.insert("locations", [{"id": n, "name": name} for n, name in enumerate(locations, 1)])
    store.insert("courses", [_course(draw, course_id) for course_id in range(1, COURSES + 1)])
    _build_sessions(store, draw)
    _build_learning_plans(store, draw)
    _build_fields(store, draw)


def _course(draw: Draw, course_id: int) -> Record:
    kind = COURSE_TYPES[course_id % 3]
    topic = draw.material["topics"][(course_id - 1) // 3]
    begins = draw.moment(-500, 200) if draw.chance(0.4) else None
    return {
        "id": course_id,
        "uid": "E-" + f"{draw.getrandbits(30):06X}"[:6],
        "code": f"{kind[:2].upper()}-{course_id:03d}",
        "name": draw.material["course_forms"][kind].format(topic),
        "slug": slug(topic),
        "description": DESCRIPTION.format(topic),
        "type": kind,
        "lang_code": draw.of("languages"),
        "begin_date": None if begins is None else day(begins),
        "end_date": None if begins is None else day(begins + timedelta(days=draw.randrange(30, 900))),
        "duration_s": draw.randrange(1, 33) * 900,
        "rating": None if draw.chance(0.2) else draw.randrange(2, 11) / 2,
        "channel_id": draw.of("channels"),
        "skills_json": json.dumps(sorted(draw.sample(draw.material["skills"], draw.randrange(0, 4)))),
        "content_partner_id": draw.of("content_partners") if draw.chance(0.3) else None,
        "price": float(draw.choice((0, 0, 0, 49, 120))),
        "hidden": int(draw.chance(0.05)),
        "soft_deadline": int(draw.chance(0.3)),
        "max_enrollments": None,
        "location_id": draw.randrange(len(draw.material["locations"])) + 1 if kind == "classroom" else None,
        "webinar_tool": draw.of("webinar_tools") if kind == "webinar" else None,
        "fields_json": json.dumps(_additional_fields(draw)),
    }


def _additional_fields(draw: Draw) -> dict[str, Any]:
    """Values by field id: option id of a dropdown, text, day, attributes of an iframe."""
    values: dict[str, Any] = {"1": draw.randrange(1, 4)}
    if draw.chance(0.5):
        values["2"] = draw.of("last_names")
    if draw.chance(0.5):
        values["3"] = day(draw.moment(-365, -1))
    if draw.chance(0.2):
        values["4"] = {"board": str(draw.randrange(1, 4))}
    return values


def slug(text: str) -> str:
    """The name as part of an address: `fire-safety`."""
    return re.sub(r"[^a-z0-9]+", "-", text.replace("&amp;", "and").lower()).strip("-")


def _build_sessions(store: Store, draw: Draw) -> None:
    event_id = 0
    for session_id in range(1, 2 * len(SESSION_COURSES) + 1):
        course_id = SESSION_COURSES[(session_id - 1) // 2]
        zone = draw.of("time_zones")
        # The two sessions of course 1 are years ahead, so that they are upcoming whenever the sandbox runs.
        first_day = ANCHOR + timedelta(
            days=draw.randrange(1500, 3000) if session_id <= 2 else draw.randrange(-300, 900)
        )
        count = 3 if session_id == 1 else draw.randrange(1, 4)
        days = [first_day + timedelta(days=7 * step) for step in range(count)]
        store.insert("sessions", [_session(draw, session_id, course_id, zone, stamp(days[0]), stamp(days[-1]))])
        events = []
        for number, moment in enumerate(days):
            event_id += 1
            events.append(_event(draw, event_id, session_id, number, day(moment), zone))
        store.insert("events", events)


def _session(draw: Draw, session_id: int, course_id: int, zone: str, begin_at: str, end_at: str) -> Record:
    return {
        "id": session_id,
        "course_id": course_id,
        "uid": f"S-{draw.getrandbits(24):06X}",
        "code": f"SES-{session_id:02d}",
        "name": f"Group {'AB'[(session_id - 1) % 2]}",
        "description": "<p>Bring a notebook.</p>",
        "other_info": "",
        "begin_at": begin_at.replace("00:00:00", "09:00:00"),
        "end_at": end_at.replace("00:00:00", "17:00:00"),
        "min_enrollments": 2,
        "max_enrollments": 0,  # history sets it, once it knows who is enrolled
        "score_base": 100,
        "timezone": zone,
    }


def _event(draw: Draw, event_id: int, session_id: int, number: int, on: str, zone: str) -> Record:
    return {
        "id": event_id,
        "session_id": session_id,
        "name": draw.material["event_names"][number],
        "day": on,
        "time_begin": "09:00:00",
        "time_end": draw.choice(("12:30:00", "17:00:00")),
        "timezone": zone,
        "classroom_id": draw.randrange(1, 9),
        "location_id": draw.randrange(len(draw.material["locations"])) + 1,
    }


def _build_learning_plans(store: Store, draw: Draw) -> None:
    drawable = [course_id for course_id in range(1, COURSES + 1) if course_id not in RESERVED_COURSES]
    for plan_id, name in enumerate(draw.material["learning_plans"], 1):
        courses = FIRST_PLAN_COURSES if plan_id == 1 else draw.sample(drawable, draw.randrange(3, 7))
        plan: Record = {
            "id": plan_id,
            "uuid": draw.uuid(),
            "code": f"LP-{plan_id:02d}",
            "name": name,
            "slug": slug(name),
            "description": DESCRIPTION.format(name),
            "lang_code": draw.of("languages"),
        }
        store.insert("learning_plans", [plan])
        store.insert(
            "learning_plan_courses",
            [{"learning_plan_id": plan_id, "course_id": c, "position": n} for n, c in enumerate(courses, 1)],
        )


def _build_fields(store: Store, draw: Draw) -> None:
    store.insert("enrollment_fields", [_enrollment_field(field) for field in draw.material["enrollment_fields"]])
    store.insert(
        "course_fields",
        [
            {"id": f["id"], "title": f["title"], "type": f["type"], "options_json": _options(f)}
            for f in draw.material["course_fields"]
        ],
    )


def _enrollment_field(field: dict[str, Any]) -> Record:
    return {
        "id": field["id"],
        "title": field["title"],
        "type": field["type"],
        "mandatory": int(field.get("mandatory", False)),
        "visible_to_user": 1,
        "sequence": field["id"],
        "courses_json": json.dumps(field.get("courses", [])),
        "options_json": _options(field),
    }


def _options(field: dict[str, Any]) -> str:
    """Options of a dropdown, numbered from 1."""
    return json.dumps([{"id": n, "label": label} for n, label in enumerate(field.get("options", []), 1)])
