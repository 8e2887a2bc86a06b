"""What people do on the platform's own pages, and the events that it causes."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client, is_api_error

SESSION = {"user_id": 8, "session_id": 1}
FRESH = "UPDATE session_enrollments SET status = 'subscribed' WHERE user_id = 8 AND session_id = 1"


@pytest.fixture
def attends(site: Site) -> None:
    """User 8 is in session 1, and has not begun."""
    site.store.execute(FRESH)


def announced(site: Site) -> list[str]:
    return [delivery["event"] for delivery in site.deliveries()]


def in_session(site: Site) -> str | None:
    row = site.store.row("SELECT status FROM session_enrollments WHERE user_id = 8 AND session_id = 1")
    return None if row is None else str(row["status"])


def test_a_course_is_completed_like_by_the_api(site: Site, api: Client, anybody: Client) -> None:
    api.post("/learn/v1/enrollments/42/7")
    assert anybody.post("/sandbox/complete", json={"user_id": 7, "course_id": 42}).json() == {"changed": True}
    assert announced(site) == ["course.enrollment.created", "course.enrollment.completed"]
    assert site.deliveries()[1]["payload"]["completion_date"] == "2026-10-01 12:00:00"
    row = site.store.row("SELECT status, complete_percent FROM course_enrollments WHERE user_id = 7 AND course_id = 42")
    assert row is not None
    assert tuple(row) == ("completed", 100)


def test_a_learning_plan_is_completed(site: Site, anybody: Client) -> None:
    assert anybody.post("/sandbox/complete", json={"user_id": 7, "learning_plan_id": 1}).status_code == 200
    [delivery] = site.deliveries()
    assert delivery["event"] == "learningplan.enrollment.completed"
    assert delivery["payload"]["completion_date"] == "2026-10-01 12:00:00"
    row = site.store.row("SELECT status FROM learning_plan_enrollments WHERE user_id = 7 AND learning_plan_id = 1")
    assert row is not None
    assert row["status"] == "completed"


@pytest.mark.usefixtures("attends")
def test_a_session_is_completed(site: Site, anybody: Client) -> None:
    assert anybody.post("/sandbox/complete", json=SESSION).status_code == 200
    [delivery] = site.deliveries()
    assert (delivery["event"], delivery["payload"]["status"]) == ("ilt.session.enrollment.completed", "completed")
    assert delivery["payload"]["completion_date"] == "2026-10-01 12:00:00"
    assert in_session(site) == "completed"


@pytest.mark.usefixtures("attends")
def test_a_changed_session_enrollment_is_announced_once_as_what_it_is(site: Site, anybody: Client) -> None:
    anybody.post("/sandbox/update", json={**SESSION, "status": "in_progress", "level": 4})
    anybody.post("/sandbox/update", json={**SESSION, "status": "completed"})
    anybody.post("/sandbox/update", json={**SESSION, "status": "completed"})
    assert announced(site) == [
        "ilt.session.enrollment.updated",
        "ilt.session.enrollment.completed",
        "ilt.session.enrollment.updated",
    ]
    first = site.deliveries()[0]["payload"]
    assert (first["status"], first["level"]) == ("in_progress", "tutor")


def test_leaving_a_session_by_hand_is_announced_and_the_course_stays(site: Site, anybody: Client) -> None:
    assert anybody.post("/sandbox/unenroll", json=SESSION).status_code == 200
    [delivery] = site.deliveries()
    assert (delivery["event"], delivery["payload"]["session_id"]) == ("ilt.session.enrollment.deleted", 1)
    assert in_session(site) is None
    assert site.store.row("SELECT 1 FROM course_enrollments WHERE user_id = 8 AND course_id = 1") is not None


def test_nothing_is_completed_twice(site: Site, anybody: Client) -> None:
    body = {"user_id": 7, "learning_plan_id": 1}
    assert anybody.post("/sandbox/complete", json=body).status_code == 200
    assert is_api_error(anybody.post("/sandbox/complete", json=body), 400)
    assert len(site.deliveries()) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("complete", {}, 400),
        ("complete", {"user_id": 7}, 400),
        ("complete", {"user_id": 7, "course_id": 3, "session_id": 1}, 400),
        ("complete", {"user_id": "x", "course_id": 3}, 400),
        ("complete", {"user_id": 7, "course_id": 42}, 404),
        ("complete", {"user_id": 7, "session_id": 1}, 404),
        ("complete", {"user_id": 99999, "learning_plan_id": 1}, 404),
        ("update", {"user_id": 8, "level": 4}, 400),
        ("update", SESSION, 400),
        ("update", {**SESSION, "level": 5}, 400),
        ("update", {**SESSION, "status": "asleep"}, 400),
        ("update", {"user_id": 7, "session_id": 1, "level": 4}, 404),
        ("unenroll", {"user_id": 8}, 400),
        ("unenroll", {"user_id": 7, "session_id": 1}, 404),
    ],
)
def test_what_cannot_be_done_by_hand_is_refused(
    site: Site, anybody: Client, path: str, body: dict[str, Any], status: int
) -> None:
    assert is_api_error(anybody.post(f"/sandbox/{path}", json=body), status)
    assert site.deliveries() == []
