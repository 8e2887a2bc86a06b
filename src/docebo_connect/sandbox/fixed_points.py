"""What is the same in every world, whatever its seed: how much there is of everything, and who and what has a part."""

from __future__ import annotations

COURSE_TYPES = ("elearning", "classroom", "webinar")  # by course id modulo 3
COURSES = 120
USERS = 200
FULL_COURSE = 45
MANDATORY_FIELD_COURSE = 60
DEMO_USER, DEMO_COURSE, DEMO_CLASSROOM = 7, 42, 1
FIRST_PLAN_COURSES = (3, 6, 9, 12)
RESERVED_COURSES = frozenset({DEMO_COURSE, DEMO_CLASSROOM, FULL_COURSE, MANDATORY_FIELD_COURSE})
