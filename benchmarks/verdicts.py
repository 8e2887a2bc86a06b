"""What was reported of enrollments, held against what the platform's own data say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers import Assignment, Place

from docebo_connect.sandbox import site

CREATED = "course.enrollment.created"
ALREADY = "already_enrolled"

ASKING = "SELECT value FROM enrollment_fields, json_each(courses_json) WHERE mandatory = 1"
"""Courses that want more than a user."""

FREE = f"""
    SELECT users.id, courses.id FROM users JOIN courses
    WHERE users.active = 1 AND courses.max_enrollments IS NULL AND courses.id NOT IN ({ASKING})
    AND NOT EXISTS (SELECT 1 FROM course_enrollments WHERE user_id = users.id AND course_id = courses.id)
    ORDER BY users.id, courses.id"""
ENROLLED = "SELECT user_id, course_id FROM course_enrollments"
TAKEN = f"{ENROLLED} WHERE course_id NOT IN ({ASKING}) ORDER BY id"


@dataclass(frozen=True)
class Verdict:
    """How many of a stage's enrollments went wrong, and in which way."""

    twice: int
    """Enrolled, or announced, more than once."""
    lost: int
    """Not enrolled in the end, and not left to a person."""
    wrong: int
    """Reported otherwise than it is."""
    unknown: int
    """Left to a person."""
    recovered: int
    """Reported as found by looking for it."""


def free_places(directory: Path) -> list[Place]:
    """Users and courses that have nothing to do with each other; the courses ask for nothing and are never full."""
    return _places(directory, FREE)


def taken_places(directory: Path) -> list[Place]:
    """Who is enrolled where, the oldest first."""
    return _places(directory, TAKEN)


def _places(directory: Path, question: str) -> list[Place]:
    with site(directory) as opened:
        return [(row[0], row[1]) for row in opened.store.rows(question)]


def announced(directory: Path) -> int:
    """How many deliveries the platform has made so far."""
    with site(directory) as opened:
        return len(opened.deliveries())


def judged(directory: Path, work: Assignment, told: int, *, before: bool) -> Verdict:
    """The verdict on all that was done since so many deliveries. `before`: the users were enrolled when it began."""
    with site(directory) as opened:
        made = Counter(_place(each["payload"]) for each in opened.deliveries(told) if each["event"] == CREATED)
        there = {(row[0], row[1]) for row in opened.store.rows(ENROLLED)}
    latest: dict[Place, Mapping[str, Any]] = {}
    wrong = set()
    for place, said in work.reports():
        latest[place] = said
        if said["effect"] != "unknown" and not _is_right(said, place in there, before):
            wrong.add(place)
    unknown = {place for place, said in latest.items() if said["effect"] == "unknown"}
    return Verdict(
        twice=sum(max(0, made[place] - (not before)) for place in work.places),
        lost=sum(place not in there and place not in unknown for place in work.places),
        wrong=len(wrong | (set(work.places) - latest.keys())),
        unknown=len(unknown),
        recovered=sum(said["recovered"] for said in latest.values()),
    )


def _is_right(said: Mapping[str, Any], there: bool, before: bool) -> bool:
    """Whether what was reported for certain is so. Whoever was enrolled before was not enrolled by this run."""
    if before:
        return said["code"] == ALREADY and said["effect"] == "none" and not said["recovered"]
    done: bool = said["succeeded"] and said["effect"] == "done"
    return done == there


def _place(payload: Mapping[str, Any]) -> Place:
    return payload["user_id"], payload["course_id"]
