"""GET /learn/v1/enrollments: courses and learning plans in one list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docebo_connect.sandbox.client import MY_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.conftest import Clock

ITEM_KEYS = {
    "id", "user_id", "date_last_updated", "subscribed_by", "username", "name", "slug", "complete_percent",
    "description", "type", "status", "location_name", "webinar_tool", "session_date_begin", "session_time_begin",
    "session_timezone", "lang_code", "code", "enroll_begin_date", "enroll_date_of_enrollment", "enroll_end_date",
    "course_complete_date", "total_time", "score", "image_url", "url", "rating_option", "rating", "is_new", "can_enter",
    "can_enter_reason", "duration", "level", "courses_count", "soft_deadline", "course_end_date", "hidden",
    "subscription", "enrolled_sessions", "outdated",
}  # fmt: skip
SESSION_KEYS = {
    "id", "name", "description", "other_info", "date_begin", "date_end", "min_enrollments", "max_enrollments",
    "score_base", "tool", "status", "dates",
}  # fmt: skip
DATE_KEYS = {
    "date", "name", "time_begin", "time_end", "timezone", "id_classroom", "id_location", "attendance_status",
}  # fmt: skip


def seen(api: Client, query: str, key: str) -> set[Any]:
    """The values of a key on a page of 200; the filter must leave something over and something out."""
    url = f"{MY_LIST}?page_size=200&{query}"
    assert 0 < api.total(url) < api.total(MY_LIST)
    return {item[key] for item in api.items(url)}


def total(api: Client, query: str) -> int:
    return api.total(f"{MY_LIST}?{query}")


def test_items_hold_every_documented_field_under_the_apis_names_and_more(api: Client) -> None:
    for item in api.items(f"{MY_LIST}?page_size=50") + api.items(f"{MY_LIST}?page_size=50&type[]=learning_plan"):
        assert set(item) >= ITEM_KEYS
        assert set(item) - ITEM_KEYS == {"uidCourse", "course_begin_date", "enrollment_fields", "waiting", "actions"}
        assert item["type"] in {"elearning", "classroom", "webinar", "learning_plan"}
        assert item["status"] in {"subscribed", "in_progress", "completed"}
        assert item["level"] in {"learner", "tutor", "instructor"}
        assert isinstance(item["can_enter"], bool)
        assert isinstance(item["soft_deadline"], bool)
        assert isinstance(item["rating"], float | None)
        assert set(item["subscription"]) == {"subscribed", "is_active"}
        assert set(item["outdated"]) == {"total_users", "already_marked"}
        assert item["enrolled_sessions"] == []
        assert isinstance(item["courses_count"], int) == (item["type"] == "learning_plan")


def test_the_envelope_has_links_beside_the_data_and_a_numeric_flag(api: Client) -> None:
    content = api.get(f"{MY_LIST}?page_size=5&id_user[]=7").json()
    assert set(content) == {"data", "version", "_links"}
    data = content["data"]
    assert data["has_more_data"] == 1
    assert not isinstance(data["has_more_data"], bool)
    assert data["cursor"] is None
    assert data["sort"] == [{"sort_attr": "name", "sort_dir": "asc"}]
    last = api.get(f"{MY_LIST}?page_size=5&id_user[]=7&page={data['total_page_count']}").json()["data"]
    assert last["has_more_data"] == 0
    assert last["current_page_size"] == last["count"] <= 5


def test_session_details_come_on_request(api: Client) -> None:
    [item] = api.items(f"{MY_LIST}?id_user[]=8&id_course[]=1&get_session_details=1")
    [session] = item["enrolled_sessions"]
    assert set(session) == SESSION_KEYS
    assert session["id"] == 1
    assert len(session["dates"]) == 3
    assert all(set(date) == DATE_KEYS for date in session["dates"])
    assert item["session_date_begin"] == session["dates"][0]["date"]


def test_rows_are_found_by_user_course_and_learning_plan(api: Client) -> None:
    assert seen(api, "id_user[]=7", "user_id") == {7}
    assert seen(api, "id_course[]=3", "id") == {3}
    assert seen(api, "code_course[]=EL-003", "code") == {"EL-003"}
    assert seen(api, "id_learning_plan[]=1", "type") == {"learning_plan"}
    assert seen(api, "code_learning_plan[]=LP-02", "code") == {"LP-02"}
    both = total(api, "id_course[]=3&id_learning_plan[]=1")
    assert both == total(api, "id_course[]=3") + total(api, "id_learning_plan[]=1")


def test_states_are_filtered_by_word(api: Client) -> None:
    assert seen(api, "status[]=not_started", "status") == {"subscribed"}
    assert seen(api, "status[]=completed&status[]=in_progress", "status") == {"completed", "in_progress"}
    assert seen(api, "type[]=classroom", "type") == {"classroom"}
    assert seen(api, "level=student", "level") == {"learner"}
    assert seen(api, "level=tutor", "level") == {"tutor"}
    assert seen(api, "with_visibility=hidden", "hidden") == {True}
    assert seen(api, "with_visibility=visible", "hidden") == {False}
    assert total(api, "with_visibility=all") == total(api, "")
    assert total(api, "status[]=nonsense") == 0


def test_a_list_without_brackets_is_ignored_as_on_the_real_api(api: Client) -> None:
    everything = total(api, "")
    for query in ("status=completed", "type=classroom", "id_user=7", "user_id[]=7", "skills=11"):
        assert total(api, query) == everything


def test_times_are_filtered(api: Client, clock: Clock) -> None:
    assert min(seen(api, "updated_from=2026-08-01", "date_last_updated")) >= "2026-08-01"
    assert max(seen(api, "updated_to=2026-01-01 12:00:00", "date_last_updated")) <= "2026-01-01 12:00:00"
    deadlines = seen(api, "deadline=2027-01-01 00:00:00", "enroll_end_date")
    assert min(deadlines) >= "2026-10-01"
    assert max(deadlines) < "2027-01-01"


def test_courses_are_filtered_by_what_they_are(api: Client) -> None:
    assert min(seen(api, "rating=5", "rating")) >= 5
    assert min(seen(api, "duration_from_seconds=20000", "duration")) >= 20_000
    assert max(seen(api, "duration_to_seconds=2000", "duration")) <= 2_000
    assert seen(api, "language=it,fr", "lang_code") == {"it", "fr"}
    assert 0 < total(api, "is_paid=1") < total(api, "is_paid=0")
    assert 0 < total(api, "channel=2") < total(api, "")
    assert 0 < total(api, "skills[]=11") < total(api, "skills[]=11&skills[]=12")
    assert 0 < total(api, "content_partners[]=1") < total(api, "content_partners[]=1&content_partners[]=2")
    assert total(api, "channel=999999999999999999999999") == 0


def test_text_is_searched(api: Client) -> None:
    assert all("safety" in name.lower() for name in seen(api, "search=SAFETY", "name"))
    assert seen(api, "search=EL-003", "code") == {"EL-003"}
    assert seen(api, "search=Ware*Safety", "slug") == {"warehouse-safety"}
    assert total(api, "search=%25") == total(api, "search=_") == 0
    assert total(api, "search_text=What+you+need") == total(api, "")
    assert total(api, "search=What+you+need") == 0


def test_courses_of_learning_plans_can_be_left_out(api: Client) -> None:
    assert seen(api, "exclude_courses_in_lp=1&type[]=elearning", "id").isdisjoint({3, 6, 9, 12})
    assert total(api, "exclude_courses_in_lp=0") == total(api, "")


def test_only_courses_with_upcoming_sessions_can_be_asked_for(api: Client, clock: Clock) -> None:
    assert 1 in seen(api, "show_upcoming_sessions=true", "id")
    clock.advance(20 * 365 * 86_400)
    assert api.get(f"{MY_LIST}?show_upcoming_sessions=1", headers=api.site.headers).json()["data"]["items"] == []


def test_additional_fields_of_courses_are_searched(api: Client) -> None:
    parts = [total(api, f"field_1={option}") for option in (1, 2, 3)]
    assert all(parts)
    assert sum(parts) == total(api, "type[]=elearning&type[]=classroom&type[]=webinar")
    assert total(api, "field_1[]=1&field_1[]=2") == parts[0] + parts[1]
    assert total(api, "field_1=9") == 0
    one, other = total(api, "field_2=a"), total(api, "field_2[]=a&field_2[]=e")
    assert 0 < one < other
    early, late = total(api, "field_3[to]=2026-03-01"), total(api, "field_3[from]=2026-03-02")
    assert min(early, late) > 0
    assert early + late == total(api, "field_3[from]=2000-01-01&field_3[to]=2030-01-01")
    boards = [total(api, f"field_4$^board={board}") for board in (1, 2, 3)]
    assert 0 < sum(boards) < total(api, "")
    assert total(api, "field_4%24%5Ecolour=1") == 0
    assert total(api, "field_99=1") == total(api, "")


def test_the_order_is_chosen_with_one_string(api: Client) -> None:
    for name, key in (
        ("name", "name"),
        ("enroll_date_of_enrollment", "enroll_date_of_enrollment"),
        ("date_last_updated", "date_last_updated"),
        ("status", "status"),
    ):
        for direction in ("asc", "desc"):
            data = api.get(f"{MY_LIST}?sort_by={name}_{direction}&id_user[]=7").json()["data"]
            found = [item[key] for item in data["items"]]
            assert found == sorted(found, reverse=direction == "desc")
            assert data["sort"] == [{"sort_attr": name, "sort_dir": direction}]
    assert api.get(f"{MY_LIST}?sort_by=course_complete_date_desc").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "sort_by=name",
        "sort_by=colour_asc",
        "level=boss",
        "with_visibility=perhaps",
        "rating=7",
        "rating=0",
        "rating=good",
        "is_paid=yes",
        "get_session_details=2",
        "deadline=tomorrow",
        "updated_from=2026-01-01T00:00:00",
        "updated_to=2026-13-01",
        "channel=x",
        "id_user[]=x",
        "skills[]=x",
        "cursor=unknown",
        "field_3[from]=soon",
        "page_size=abc",
    ],
)
def test_a_filter_that_cannot_be_read_is_a_400(api: Client, query: str) -> None:
    assert is_api_error(api.get(f"{MY_LIST}?{query}"), 400)


def test_a_cursor_brings_the_search_back_for_every_page(api: Client, clock: Clock) -> None:
    search = "id_user[]=7&page_size=4&sort_by=name_desc"
    first = api.get(f"{MY_LIST}?{search}&get_cursor=1").json()["data"]
    cursor = first["cursor"]
    second = api.get(f"{MY_LIST}?cursor={cursor}&page=2").json()["data"]
    assert second["cursor"] == cursor
    assert second["items"] == api.get(f"{MY_LIST}?{search}&page=2").json()["data"]["items"]
    assert (second["total_count"], second["current_page"]) == (first["total_count"], 2)
    assert len(api.items(f"{MY_LIST}?cursor={cursor}&page_size=6")) == 6
    clock.advance(3601)
    assert is_api_error(api.get(f"{MY_LIST}?cursor={cursor}", headers=api.site.headers), 400)


def test_a_cursor_shows_nobody_more_than_they_may_see(api: Client) -> None:
    cursor = api.get(f"{MY_LIST}?id_user[]=7&id_user[]=8&get_cursor=1").json()["data"]["cursor"]
    items = api.as_user("maya.okafor").items(f"{MY_LIST}?cursor={cursor}&page_size=200")
    assert {item["user_id"] for item in items} == {7}


def test_one_enrollment_can_be_looked_up(api: Client) -> None:
    data = api.get("/learn/v1/enrollments/3/7").json()["data"]
    assert (data["id"], data["user_id"], data["type"]) == (3, 7, "elearning")
    assert is_api_error(api.get("/learn/v1/enrollments/42/7"), 404)
    assert is_api_error(api.get("/learn/v1/enrollments/x/7"), 400)
    assert is_api_error(api.as_user("sean.obrien").get("/learn/v1/enrollments/3/7"), 404)
