"""Enrolling users into courses, sessions and learning plans."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, PLAN_LIST, Client, is_api_error

ONE = "/learn/v1/enrollments/42/7"
MANY = "/learn/v1/enrollments"


def errors_of(api: Client, url: str, **body: Any) -> dict[str, list[Any]]:
    """The errors of a call that enrolled nobody; it is a 200 all the same."""
    response = api.post(url, json=body)
    assert response.status_code == 200
    data = response.json()["data"]
    assert data["enrolled"] == []
    assert set(data["errors"]) == {"existing_enrollments", "invalid_users", "invalid_courses", "permission_denied"}
    return {name: entries for name, entries in data["errors"].items() if entries}


def test_one_user_is_enrolled_into_one_course(api: Client) -> None:
    body = {"level": 4, "date_begin_validity": "2026-01-10", "date_expire_validity": "2026-06-30"}
    response = api.post(
        ONE, json=body | {"enrollment_fields": {"1": 2, "2": "PO 7", "3": "2026-01-01", "4": "", "6": "1"}}
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"enrolled": [{"id_user": 7, "id_course": 42, "waiting": False}], "errors": []}
    [item] = api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=42")
    assert item["enrollment_level"] == "tutor"
    assert item["enrollment_status"] == "enrolled"
    assert item["enrollment_created_at"] == "2026-10-01 12:00:00"
    assert item["enrollment_created_by"] == 1
    assert (item["enrollment_validity_begin_date"], item["enrollment_validity_end_date"]) == (
        "2026-01-10",
        "2026-06-30",
    )
    [mine] = api.items(f"{MY_LIST}?id_user[]=7&id_course[]=42")
    assert mine["enrollment_fields"] == {"1": 2, "2": "PO 7", "3": "2026-01-01", "4": None, "6": 1}


def test_a_body_is_not_needed_and_a_student_is_the_default(api: Client) -> None:
    assert api.post(ONE).json()["data"]["enrolled"][0]["id_user"] == 7
    assert api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=42")[0]["enrollment_level"] == "student"


def test_numeric_strings_count_as_numbers(api: Client) -> None:
    body = {"course_ids": ["42"], "user_ids": ["7"], "level": "6"}
    assert api.post(MANY, json=body).json()["data"]["enrolled"] == [{"id_user": 7, "id_course": 42, "waiting": False}]


def test_an_enrollment_that_fails_arrives_with_200_and_nobody_enrolled(api: Client) -> None:
    api.post(ONE)
    assert errors_of(api, ONE) == {"existing_enrollments": [{"user_id": 7, "course_id": 42}]}
    assert errors_of(api, "/learn/v1/enrollments/42/99999") == {"invalid_users": [99999]}
    assert errors_of(api, "/learn/v1/enrollments/99999/7") == {"invalid_courses": [99999]}
    assert errors_of(api, "/learn/v1/enrollments/99999/88888") == {"invalid_users": [88888], "invalid_courses": [99999]}
    assert errors_of(api, MANY, course_ids=[42], user_ids=[7]) == {
        "existing_enrollments": [{"user_id": 7, "course_id": 42}]
    }


def test_a_failed_enrollment_announces_nothing(site: Site, api: Client) -> None:
    errors_of(api, "/learn/v1/enrollments/99999/7")
    assert site.deliveries() == []


def test_a_batch_enrolls_who_can_be_and_reports_the_rest(api: Client) -> None:
    data = api.post(MANY, json={"course_ids": [42, 3, 777], "user_ids": [7, 888]}).json()["data"]
    assert data["enrolled"] == [{"id_user": 7, "id_course": 42, "waiting": False}]
    assert data["errors"]["existing_enrollments"] == [{"user_id": 7, "course_id": 3}]
    assert (data["errors"]["invalid_users"], data["errors"]["invalid_courses"]) == ([888], [777])


def test_who_enrolls_into_a_full_course_waits(api: Client) -> None:
    data = api.post("/learn/v1/enrollments/45/7").json()["data"]
    assert data["enrolled"] == [{"id_user": 7, "id_course": 45, "waiting": True}]
    assert api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=45")[0]["enrollment_status"] == "waiting"
    [mine] = api.items(f"{MY_LIST}?id_user[]=7&id_course[]=45")
    assert (mine["waiting"], mine["can_enter"], mine["status"]) == (True, False, "subscribed")


def test_a_user_of_the_course_is_added_to_its_session(site: Site, api: Client) -> None:
    body = {"course_ids": [1], "user_ids": [9], "level": 3, "session_id": 1}
    assert api.post(MANY, json=body).json()["data"]["enrolled"] == [{"id_user": 9, "id_course": 1, "waiting": False}]
    [mine] = api.items(f"{MY_LIST}?id_user[]=9&id_course[]=1&get_session_details=1")
    assert [session["id"] for session in mine["enrolled_sessions"]] == [1]
    assert [delivery["event"] for delivery in site.deliveries()] == ["ilt.session.enrollment.created"]
    assert errors_of(api, MANY, **body) == {"existing_enrollments": [{"user_id": 9, "course_id": 1}]}


def test_who_is_not_in_the_course_is_enrolled_in_both_and_the_session_is_announced(site: Site, api: Client) -> None:
    body = {"course_ids": [1], "user_ids": [7], "level": 3, "session_id": 1}
    assert api.post(MANY, json=body).json()["data"]["enrolled"] == [{"id_user": 7, "id_course": 1, "waiting": False}]
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=1") == 1
    assert [delivery["event"] for delivery in site.deliveries()] == ["ilt.session.enrollment.created"]


def test_who_enrolls_into_a_full_session_waits(site: Site, api: Client) -> None:
    body = {"course_ids": [1], "user_ids": [9], "level": 3, "session_id": 2}
    assert api.post(MANY, json=body).json()["data"]["enrolled"] == [{"id_user": 9, "id_course": 1, "waiting": True}]
    assert site.deliveries()[0]["payload"]["status"] == "waiting"


@pytest.mark.parametrize(
    "body",
    [
        {"level": 5},
        {"level": "student"},
        {"level": True},
        {"level": 3.5},
        {"date_begin_validity": "10.01.2026"},
        {"date_begin_validity": "2026-02-30"},
        {"date_begin_validity": "2026-01-10T00:00:00Z"},
        {"date_expire_validity": 20260110},
        {"date_begin_validity": "2026-06-30", "date_expire_validity": "2026-01-10"},
        {"enrollment_fields": {"99": "x"}},
        {"enrollment_fields": {"1": 9}},
        {"enrollment_fields": {"2": 9}},
        {"enrollment_fields": {"6": "perhaps"}},
        {"enrollment_fields": {"3": "soon"}},
        {"enrollment_fields": "x"},
        {"assignment_type": "sometimes"},
        {"assignment_type": []},
        {"session_id": 99999},
        {"session_id": 1},  # a session of another course
        {"session_id": "first"},
    ],
)
def test_what_cannot_be_read_is_a_400_and_enrolls_nobody(site: Site, api: Client, body: dict[str, Any]) -> None:
    assert is_api_error(api.post(ONE, json=body), 400)
    assert is_api_error(api.post(MANY, json=body | {"course_ids": [42], "user_ids": [7]}), 400)
    assert api.total(f"{COURSE_LIST}?user_id[]=7&course_id[]=42") == 0
    assert site.deliveries() == []


def test_a_session_is_of_one_course_only(api: Client) -> None:
    assert is_api_error(api.post(MANY, json={"course_ids": [1, 4], "user_ids": [7], "session_id": 1}), 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"course_ids": [42]},
        {"user_ids": [7]},
        {"course_ids": [], "user_ids": [7]},
        {"course_ids": 42, "user_ids": [7]},
        {"course_ids": [42], "user_ids": ["maya"]},
        {"course_ids": [42], "user_ids": [[7]]},
        {"course_ids": [42], "user_ids": {"id": 7}},
        {"course_ids": [42], "user_ids": list(range(1, 1002))},
    ],
)
def test_a_batch_needs_two_lists_of_ids_of_at_most_a_thousand(api: Client, body: dict[str, Any]) -> None:
    assert is_api_error(api.post(MANY, json=body), 400)


def test_an_enrollment_field_can_be_mandatory_in_one_course(api: Client) -> None:
    url = "/learn/v1/enrollments/60/7"
    assert is_api_error(api.post(url), 400)
    assert is_api_error(api.post(url, json={"enrollment_fields": {"5": None}}), 400)
    waived = api.post("/learn/v1/enrollments/60/8", json={"consider_ef_as_optional": True}).json()["data"]
    assert waived["enrolled"] or waived["errors"]["existing_enrollments"]
    assert api.post(url, json={"enrollment_fields": {"5": "1"}}).json()["data"]["enrolled"]


def test_the_parameters_the_article_leaves_out_are_taken_too(api: Client) -> None:
    body = {"assignment_type": "mandatory", "send_notification": True, "enrollment_fields": []}
    assert api.post(ONE, json=body).json()["data"]["enrolled"]
    assert api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=42")[0]["assignment_type"] == "mandatory"


def test_a_plain_user_may_not_enroll_others(api: Client) -> None:
    maya = api.as_user("maya.okafor")
    assert is_api_error(maya.post("/learn/v1/enrollments/42/8"), 403)
    assert is_api_error(maya.post(MANY, json={"course_ids": [42], "user_ids": [7, 8]}), 403)
    assert maya.post(ONE).json()["data"]["enrolled"][0]["id_user"] == 7


def test_a_power_user_is_told_whom_they_may_not_enroll(api: Client) -> None:
    ines = api.as_user("ines.duarte")  # user 3: the branch of user 7, not of user 8, and no superadmin
    assert ines.post(ONE).json()["data"]["enrolled"][0]["id_user"] == 7
    for stranger in (8, 1):
        errors = errors_of(ines, f"/learn/v1/enrollments/42/{stranger}")
        assert errors == {"permission_denied": [{"user_id": stranger, "course_id": 42}]}


@pytest.mark.parametrize("content", [b"{", b"[]", b"7", b'"x"', b"\xff", b'{"level": NaN}', b'{"a": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_a_400(api: Client, content: bytes) -> None:
    assert is_api_error(api.post(ONE, content=content), 400)
    assert is_api_error(api.post(MANY, content=content), 400)


def test_a_body_of_more_than_eight_megabytes_is_refused(api: Client) -> None:
    assert is_api_error(api.post(ONE, content=b" " * (8 * 1024 * 1024 + 1)), 413)


def test_a_learning_plan_brings_its_courses(site: Site, api: Client) -> None:
    url = "/learningplan/v1/learningplans/1/enrollments/2"
    assert api.post(url, json={"status": "subscribed"}).json()["data"]["enrolled"] == [
        {"user_id": 2, "learningplan_id": 1}
    ]
    assert api.total(f"{PLAN_LIST}?user_id[]=2") == 1
    assert api.total("/learningplan/v1/learningplans/1/courses/enrollments?user_id[]=2") == 4
    events = [delivery["event"] for delivery in site.deliveries()]
    assert events == ["learningplan.enrollment.created", "course.enrollment.created"]
    assert "existing_enrollments" in api.post(url).json()["data"]["errors"]
    assert is_api_error(api.post("/learningplan/v1/learningplans/99/enrollments/2"), 404)
    assert is_api_error(api.post("/learningplan/v1/learningplans/1/enrollments/999"), 404)
    assert is_api_error(api.as_user("maya.okafor").post("/learningplan/v1/learningplans/1/enrollments/8"), 403)


def test_setting_the_status_to_completed_announces_that_and_no_update(site: Site, api: Client) -> None:
    api.post(ONE)
    assert api.put(ONE, json={"level": 6, "date_expire_validity": "2027-01-01"}).json()["data"] == {"success": True}
    assert api.put(ONE, json={"status": "completed"}).status_code == 200
    updated, completed = site.deliveries(after=1)
    assert updated["event"] == "course.enrollment.updated"
    assert updated["payload"]["level"] == "instructor"
    assert completed["event"] == "course.enrollment.completed"
    assert completed["payload"]["completion_date"] == "2026-10-01 12:00:00"
    assert api.items(f"{COURSE_LIST}?user_id[]=7&course_id[]=42")[0]["enrollment_status"] == "completed"


@pytest.mark.parametrize("body", [{"level": 1}, {"status": "great"}, {"status": []}, {"date_begin_validity": "x"}])
def test_a_change_that_cannot_be_read_is_a_400(api: Client, body: dict[str, Any]) -> None:
    api.post(ONE)
    assert is_api_error(api.put(ONE, json=body), 400)


def test_changing_an_enrollment_needs_one_and_the_right_to(api: Client) -> None:
    assert is_api_error(api.put(ONE, json={"level": 4}), 404)
    api.post(ONE)
    assert is_api_error(api.as_user("maya.okafor").put(ONE, json={"level": 6}), 403)
