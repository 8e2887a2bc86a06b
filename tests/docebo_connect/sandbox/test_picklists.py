"""What recipe builders pick from."""

from __future__ import annotations

import pytest

from tests.docebo_connect.sandbox.client import Client, is_api_error

LISTS = (
    "/manage/v1/user",
    "/course/v1/courses",
    "/course/v1/courses/1/sessions",
    "/course/v1/sessions/1/events",
    "/learningplan/v1/learningplans",
    "/learningplan/v1/learningplans/1/courses",
    "/manage/v1/enrollment_fields",
    "/learn/v1/courses/field",
)


@pytest.mark.parametrize("url", LISTS)
def test_every_pick_list_has_pages(api: Client, url: str) -> None:
    data = api.get(f"{url}?page_size=1").json()["data"]
    assert data["count"] == 1
    assert data["total_count"] == data["total_page_count"] > 1
    assert data["has_more_data"]
    assert is_api_error(api.get(f"{url}?sort_attr=colour"), 400)


def test_a_users_number_is_a_string_and_the_flag_a_number(api: Client) -> None:
    data = api.get("/manage/v1/user?search_text=maya.okafor&match_type=full").json()["data"]
    assert data["has_more_data"] == 0
    assert not isinstance(data["has_more_data"], bool)
    [user] = data["items"]
    assert (user["user_id"], user["fullname"], user["level"], user["status"]) == ("7", "Maya Okafor", "user", "1")
    assert user["email"] == "maya.okafor@acme.example"


def test_users_are_searched_by_name_and_mail(api: Client) -> None:
    assert [user["user_id"] for user in api.items("/manage/v1/user?search_text=maya%20okafor")] == ["7"]
    assert [user["user_id"] for user in api.items("/manage/v1/user?search_text=tom.becker@acme")] == ["4"]
    assert api.total("/manage/v1/user?search_text=okafor&match_type=full") == 0
    assert api.total("/manage/v1/user?search_text=%25") == 0


def test_users_are_listed_for_administrators_only(api: Client) -> None:
    assert is_api_error(api.as_user("maya.okafor").get("/manage/v1/user"), 403)
    assert 1 < api.as_user("ines.duarte").total("/manage/v1/user") < 200


def test_courses_are_searched_and_sorted(api: Client) -> None:
    items = api.items("/course/v1/courses?search_text=information+security&sort_attr=name&sort_dir=desc")
    assert [item["id"] for item in items] == [40, 41, 42]
    assert set(items[0]) >= {"id", "name", "code", "type", "uid"}


def test_sessions_tell_their_dates_and_how_many_are_enrolled(api: Client) -> None:
    session = api.items("/course/v1/courses/1/sessions?search_text=group+a")[0]
    assert set(session) >= {"id", "name", "uid_session", "date_start", "enrolled"}
    event = api.items("/course/v1/sessions/1/events")[0]
    assert event["date"] == session["date_start"][:10]


def test_learning_plans_tell_id_and_name_under_both_names(api: Client) -> None:
    [plan] = api.items("/learningplan/v1/learningplans?search_text=onboarding")
    assert (plan["learning_plan_id"], plan["id"], plan["name"], plan["title"]) == (1, 1, "Onboarding", "Onboarding")
    courses = api.items("/learningplan/v1/learningplans/1/courses")
    assert [course["id"] for course in courses] == [3, 6, 9, 12]


def test_enrollment_fields_can_be_limited_to_those_of_a_course(api: Client) -> None:
    fields = api.items("/manage/v1/enrollment_fields")
    assert [field["type"] for field in fields] == ["dropdown", "text", "date", "free text", "dropdown", "yesno"]
    assert set(fields[0]) >= {"id", "title", "type", "mandatory", "visible_to_user", "sequence", "courses"}
    assert [field["id"] for field in api.items("/manage/v1/enrollment_fields?course=42")] == [1, 2, 3, 4, 6]
    assert [field["id"] for field in api.items("/manage/v1/enrollment_fields?course=60")] == [1, 2, 3, 4, 5, 6]


def test_course_fields_tell_their_names(api: Client) -> None:
    fields = api.items("/learn/v1/courses/field")
    assert [field["name"]["value"] for field in fields] == ["Department", "Sponsor", "Reviewed on", "Dashboard"]


@pytest.mark.parametrize("url", ["/course/v1/courses/{}/sessions", "/course/v1/sessions/{}/events"])
def test_what_belongs_to_an_unknown_thing_is_a_404(api: Client, url: str) -> None:
    assert is_api_error(api.get(url.format(9999)), 404)
    assert is_api_error(api.get(url.format("x")), 400)


def test_a_course_without_sessions_has_an_empty_list(api: Client) -> None:
    assert api.items("/course/v1/courses/42/sessions") == []


def test_one_of_each_can_be_read_by_its_id(api: Client) -> None:
    user = api.get("/manage/v1/user/7").json()["data"]["user_data"]
    assert (user["user_id"], user["first_name"], user["last_name"]) == ("7", "Maya", "Okafor")
    for one, every in (
        ("/course/v1/courses/1", "/course/v1/courses"),
        ("/course/v1/sessions/1", "/course/v1/courses/1/sessions"),
        ("/learningplan/v1/learningplans/1", "/learningplan/v1/learningplans"),
    ):
        assert api.get(one).json()["data"] == api.items(every)[0]
        assert is_api_error(api.get(one.replace("/1", "/9999").replace("/v9999", "/v1")), 404)


def test_a_user_is_shown_to_administrators_who_may_see_them(api: Client) -> None:
    assert is_api_error(api.as_user("maya.okafor").get("/manage/v1/user/7"), 403)
    assert is_api_error(api.get("/manage/v1/user/9999"), 404)
    power_user = api.as_user("ines.duarte")
    seen = {user["user_id"] for user in power_user.items("/manage/v1/user?page_size=200")}
    hidden = next(str(number) for number in range(1, 200) if str(number) not in seen)
    assert is_api_error(power_user.get(f"/manage/v1/user/{hidden}"), 404)
