"""Unenrolling users from courses, sessions and learning plans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import (
    CASCADE,
    COURSE_LIST,
    MY_LIST,
    PLAN_COURSE_LIST,
    PLAN_LIST,
    Client,
    is_api_error,
)

MANY = "/learn/v1/enrollments"
SPELLINGS = ("/learn/v1/enrollment/{}/{}", "/learn/v1/enrollments/{}/{}")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_both_spellings_unenroll_and_answer_the_number_of_the_enrollment(
    site: Site, api: Client, spelling: str
) -> None:
    number = site.store.number("SELECT id FROM course_enrollments WHERE user_id = 7 AND course_id = 3")
    response = api.delete(spelling.format(3, 7))
    assert response.status_code == 200
    assert response.json()["data"] == {"deleted_enrollment": number}
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=3") == 0
    assert [delivery["event"] for delivery in site.deliveries()] == ["course.enrollment.deleted"]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("ids", [(42, 7), (42, 99999), (99999, 7), (2**70, 7), (0, -1)])
def test_who_is_not_enrolled_is_a_404_with_the_apis_body(api: Client, spelling: str, ids: tuple[int, int]) -> None:
    assert is_api_error(api.delete(spelling.format(*ids)), 404)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_id_that_is_no_number_is_a_400(api: Client, spelling: str) -> None:
    assert is_api_error(api.delete(spelling.format("x", 7)), 400)
    assert is_api_error(api.delete(spelling.format(3, "%00")), 400)


def test_without_the_singular_route_it_is_a_404_without_the_apis_body(open_site: Callable[..., Site]) -> None:
    site = open_site(without=["singular_delete"])
    api = Client(site, site.headers)
    response = api.delete("/learn/v1/enrollment/3/7")
    assert response.status_code == 404
    assert "json" not in response.headers["content-type"]
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=3") == 1
    assert api.delete("/learn/v1/enrollments/3/7").status_code == 200


def test_the_number_of_a_deleted_enrollment_is_not_given_again(site: Site, api: Client) -> None:
    api.post("/learn/v1/enrollments/42/7")
    first = api.delete("/learn/v1/enrollments/42/7").json()["data"]["deleted_enrollment"]
    api.post("/learn/v1/enrollments/42/7")
    assert api.delete("/learn/v1/enrollments/42/7").json()["data"]["deleted_enrollment"] > first


def test_leaving_a_course_leaves_its_sessions(site: Site, api: Client) -> None:
    api.delete("/learn/v1/enrollments/1/8")
    assert site.store.number("SELECT COUNT(*) FROM session_enrollments WHERE user_id = 8 AND session_id <= 2") == 0
    assert [delivery["event"] for delivery in site.deliveries()] == ["course.enrollment.deleted"]


def test_leaving_a_session_keeps_the_course_and_announces_nothing(site: Site, api: Client) -> None:
    response = api.delete("/learn/v1/enrollments/1/8?session_id=1")
    assert response.status_code == 200
    assert response.json()["data"] == {"success": True}
    [mine] = api.items(f"{MY_LIST}?id_user[]=8&id_course[]=1&get_session_details=1")
    assert mine["enrolled_sessions"] == []
    assert site.deliveries() == []
    assert is_api_error(api.delete("/learn/v1/enrollments/1/8?session_id=1"), 404)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/learn/v1/enrollments/1/9?session_id=1", 404),  # in the course, not in the session
        ("/learn/v1/enrollments/4/8?session_id=1", 404),  # a session of another course
        ("/learn/v1/enrollments/1/8?session_id=99999", 404),
        ("/learn/v1/enrollments/1/8?session_id=first", 400),
        ("/learn/v1/enrollments/1/99999?session_id=1", 404),
    ],
)
def test_a_session_nobody_was_in_is_told_with_the_apis_body(api: Client, url: str, status: int) -> None:
    assert is_api_error(api.delete(url), status)


def test_a_platform_that_ignores_the_session_removes_the_course(open_site: Callable[..., Site]) -> None:
    site = open_site(without=["session_delete"])
    api = Client(site, site.headers)
    assert "deleted_enrollment" in api.delete("/learn/v1/enrollments/1/8?session_id=1").json()["data"]
    assert api.total(f"{COURSE_LIST}?user_id[]=8&course_id[]=1") == 0


def test_leaving_a_learning_plan_keeps_its_courses(site: Site, api: Client) -> None:
    response = api.request("DELETE", MANY, json={"user_ids": [7], "learningplan_ids": [1]})
    assert response.status_code == 200
    assert response.json()["data"] == {"un_enrolled": [7], "errors": []}
    assert api.total(f"{PLAN_LIST}?user_id[]=7") == 0
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=3&course_id[]=6&course_id[]=9&course_id[]=12") == 4
    assert [delivery["event"] for delivery in site.deliveries()] == ["learningplan.enrollment.deleted"]
    payload = site.deliveries()[0]["payload"]
    assert (payload["user_id"], payload["learningplan_id"], payload["learningplan_code"]) == (7, 1, "LP-01")


def test_the_cascade_leaves_the_courses_too_and_announces_each(site: Site, api: Client) -> None:
    body = {"user_ids": [7], "learningplan_ids": [1], CASCADE: True, "reset_tracks": True}
    assert api.request("DELETE", MANY, json=body).json()["data"]["un_enrolled"] == [7]
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=3&course_id[]=6&course_id[]=9&course_id[]=12") == 0
    plan, courses = site.deliveries()
    assert plan["event"] == "learningplan.enrollment.deleted"
    assert courses["event"] == "course.enrollment.deleted"
    assert [payload["course_id"] for payload in courses["payloads"]] == [3, 6, 9, 12]


def test_reset_tracks_forgets_what_was_tracked_in_the_plans_courses(site: Site, api: Client) -> None:
    before = {item["enrollment_status"] for item in api.items(f"{PLAN_COURSE_LIST}?user_id[]=7")}
    assert before & {"completed", "in_progress"}
    body = {"user_ids": [7], "learningplan_ids": [1], "reset_tracks": True}
    api.request("DELETE", MANY, json=body)
    items = api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=3&course_id[]=6&course_id[]=9&course_id[]=12")
    assert {item["enrollment_status"] for item in items} & {"completed", "in_progress"} == set()
    assert len(items) == 4


def test_one_call_serves_courses_too(site: Site, api: Client) -> None:
    data = api.request("DELETE", MANY, json={"user_ids": [7], "course_ids": [3, 6]}).json()["data"]
    assert data == {"un_enrolled": [7], "errors": []}
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=3&course_id[]=6") == 0


@pytest.mark.parametrize(
    ("body", "name", "entries"),
    [
        ({"user_ids": [7], "learningplan_ids": [2]}, "missing_enrollments", [{"user_id": 7, "learningplan_id": 2}]),
        ({"user_ids": [7], "learningplan_ids": [99]}, "invalid_learning_plans", [99]),
        ({"user_ids": [999], "learningplan_ids": [1]}, "invalid_users", [999]),
        ({"user_ids": [7], "course_ids": [42]}, "missing_enrollments", [{"user_id": 7, "course_id": 42}]),
        ({"user_ids": [7], "course_ids": [2**65]}, "invalid_courses", [2**65]),
    ],
)
def test_what_cannot_be_left_arrives_with_200_and_nobody_unenrolled(
    site: Site, api: Client, body: dict[str, Any], name: str, entries: list[Any]
) -> None:
    response = api.request("DELETE", MANY, json=body)
    assert response.status_code == 200
    assert response.json()["data"]["un_enrolled"] == []
    assert response.json()["data"]["errors"][name] == entries
    assert site.deliveries() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_ids": [7]},
        {"learningplan_ids": [1]},
        {"user_ids": [], "learningplan_ids": [1]},
        {"user_ids": [7], "learningplan_ids": []},
        {"user_ids": 7, "learningplan_ids": [1]},
        {"user_ids": ["x"], "learningplan_ids": [1]},
        {"user_ids": [7], "learningplan_ids": [None]},
        {"user_ids": [7], "learningplan_ids": [1], CASCADE: "perhaps"},
        {"user_ids": [7], "learningplan_ids": [1], "reset_tracks": [1]},
        {"user_ids": list(range(1, 1002)), "learningplan_ids": [1]},
    ],
)
def test_a_batch_that_cannot_be_read_is_a_400(api: Client, body: dict[str, Any]) -> None:
    assert is_api_error(api.request("DELETE", MANY, json=body), 400)
    assert api.total(f"{PLAN_LIST}?user_id[]=7") == 1


def test_a_thousand_users_are_not_too_many(site: Site, api: Client) -> None:
    data = api.request("DELETE", MANY, json={"user_ids": list(range(1, 1001)), "learningplan_ids": [1]}).json()["data"]
    assert 7 in data["un_enrolled"]
    assert len(data["errors"]["invalid_users"]) == 800
    deliveries = site.deliveries()
    assert all(1 < len(delivery["payloads"]) <= 25 for delivery in deliveries)
    assert sum(len(delivery["payloads"]) for delivery in deliveries) == len(data["un_enrolled"])


def test_only_who_manages_a_user_may_unenroll_them(api: Client) -> None:
    maya, ines = api.as_user("maya.okafor"), api.as_user("ines.duarte")
    assert is_api_error(maya.delete("/learn/v1/enrollments/1/8"), 403)
    assert is_api_error(ines.delete("/learn/v1/enrollments/1/8"), 403)
    assert is_api_error(maya.request("DELETE", MANY, json={"user_ids": [8], "course_ids": [1]}), 403)
    data = ines.request("DELETE", MANY, json={"user_ids": [8, 7], "course_ids": [3]}).json()["data"]
    assert data["un_enrolled"] == [7]
    assert data["errors"]["permission_denied"] == [8]
