"""The three lists of enrollments in courses and learning plans."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docebo_connect.sandbox.client import COURSE_LIST, PLAN_COURSE_LIST, PLAN_LIST, Client, is_api_error

LISTS = (COURSE_LIST, PLAN_LIST, PLAN_COURSE_LIST)
COURSE_KEYS = {
    "user_id", "username", "course_id", "course_uid", "course_code", "course_name", "course_type", "course_begin_date",
    "course_end_date", "enrollment_level", "enrollment_status", "enrollment_created_by", "enrollment_created_at",
    "enrollment_validity_begin_date", "enrollment_validity_end_date", "enrollment_date_last_updated",
    "enrollment_completion_date", "enrollment_score",
}  # fmt: skip
PLAN_KEYS = {
    "user_id", "username", "learning_plan_id", "learning_plan_name", "learning_plan_code", "enrollment_created_by",
    "enrollment_created_at", "enrollment_validity_begin_date", "enrollment_validity_end_date",
    "enrollment_date_last_updated",
}  # fmt: skip
PLAN_KEYS_ON_REQUEST = {
    "enrollment_status", "enrollment_completion_date", "enrollment_completion_percentage", "enrollment_time_spent",
}  # fmt: skip


def values(api: Client, url: str, key: str) -> list[Any]:
    return [item[key] for item in api.items(url)]


@pytest.mark.parametrize("url", LISTS)
def test_the_envelope_counts_and_points_to_the_next_page(api: Client, url: str) -> None:
    content = api.get(f"{url}?page_size=3&page=2").json()
    assert set(content) == {"data", "version", "_links"}
    data = content["data"]
    assert (data["count"], data["current_page"], data["current_page_size"]) == (3, 2, 3)
    assert data["has_more_data"] is True
    assert data["total_page_count"] == -(-data["total_count"] // 3)
    assert data["sort"] == [{"sort_attr": "enrollment_created_at", "sort_dir": "asc"}]
    assert isinstance(data["cursor"], str)
    assert "page=3" in content["_links"]["next"]["href"]


@pytest.mark.parametrize("url", LISTS)
def test_the_pages_hold_every_row_once(api: Client, url: str) -> None:
    url += "?extra_fields[]=x&sort_attr=enrollment_created_by&page_size=200"
    total = api.total(url)
    rows: list[tuple[Any, ...]] = []
    page = 1
    while items := api.items(f"{url}&page={page}"):
        rows += [(item["user_id"], item.get("course_id"), item.get("learning_plan_id")) for item in items]
        page += 1
    assert len(rows) == len(set(rows)) == total


def test_a_page_beyond_the_last_is_empty(api: Client) -> None:
    data = api.get(f"{COURSE_LIST}?page=99999999999999999999").json()["data"]
    assert (data["items"], data["has_more_data"], data["count"]) == ([], False, 0)


def test_pages_hold_twenty_rows_by_default_and_two_hundred_at_most(api: Client) -> None:
    assert len(api.items(COURSE_LIST)) == 20
    assert len(api.items(f"{COURSE_LIST}?page_size=5000")) == 200
    assert values(api, f"{COURSE_LIST}?page=0", "user_id") == values(api, f"{COURSE_LIST}?page=1", "user_id")


@pytest.mark.parametrize(
    "filter_", ["user_id[]=7&user_id[]=8", "user_id[0]=7&user_id[1]=8", "user_id%5B%5D=7&user_id%5B%5D=8"]
)
@pytest.mark.parametrize("url", LISTS)
def test_an_array_filter_is_read_in_every_spelling(api: Client, url: str, filter_: str) -> None:
    assert set(values(api, f"{url}?{filter_}&page_size=200", "user_id")) <= {7, 8}
    assert api.total(f"{url}?{filter_}") < api.total(url)


@pytest.mark.parametrize("filter_", ["user_ids[]=7", "user_id=7", "userid[]=7", "user_id[][]=7", "cursor=abc"])
@pytest.mark.parametrize("url", LISTS)
def test_a_misspelled_filter_is_ignored_and_everything_comes_back(api: Client, url: str, filter_: str) -> None:
    assert api.total(f"{url}?{filter_}") == api.total(url)


def test_courses_are_filtered_by_course_type_level_and_status(api: Client) -> None:
    url = f"{COURSE_LIST}?page_size=200"
    assert set(values(api, f"{url}&course_id[]=3&course_id[]=6", "course_id")) == {3, 6}
    assert set(values(api, f"{url}&course_type[]=webinar", "course_type")) == {"webinar"}
    for level in ("student", "tutor", "instructor"):
        assert set(values(api, f"{url}&enrollment_level[]={level}", "enrollment_level")) == {level}
    both = f"{url}&enrollment_status[]=completed&enrollment_status[]=waiting&sort_attr=enrollment_status"
    assert values(api, both, "enrollment_status")[0] == "completed"
    assert values(api, f"{both}&sort_dir=desc", "enrollment_status")[0] == "waiting"
    assert api.total(f"{url}&enrollment_status[]=not_started") == api.total(f"{url}&enrollment_status[]=enrolled")


@pytest.mark.parametrize("url", LISTS)
def test_the_words_of_the_other_service_match_nothing(api: Client, url: str) -> None:
    assert api.total(f"{url}?enrollment_status[]=subscribed") == 0


def test_course_items_hold_the_documented_keys_but_the_time_spent(api: Client) -> None:
    for url in (COURSE_LIST, PLAN_COURSE_LIST):
        item = api.items(url)[0]
        assert set(item) >= COURSE_KEYS
        assert "enrollment_time_spent" not in item
        item = api.items(f"{url}?extra_fields[]=enrollment_time_spent")[0]
        assert isinstance(item["enrollment_time_spent"], int)


def test_learning_plan_items_hold_four_documented_keys_on_request_only(api: Client) -> None:
    item = api.items(PLAN_LIST)[0]
    assert set(item) >= PLAN_KEYS
    assert set(item).isdisjoint(PLAN_KEYS_ON_REQUEST)
    query = "&".join(f"extra_fields[]={key}" for key in sorted(PLAN_KEYS_ON_REQUEST))
    assert set(api.items(f"{PLAN_LIST}?{query}")[0]) >= PLAN_KEYS | PLAN_KEYS_ON_REQUEST
    assert set(api.items(f"{PLAN_LIST}?extra_fields[]=enrollment_status")[0]) & PLAN_KEYS_ON_REQUEST == {
        "enrollment_status"
    }


def test_no_value_comes_in_three_forms(api: Client) -> None:
    items = api.items(f"{COURSE_LIST}?page_size=200&enrollment_status[]=enrolled")
    assert {item["enrollment_completion_date"] for item in items} == {None, "", "0000-00-00 00:00:00"}
    assert {None, "", "0000-00-00"} < {item["course_begin_date"] for item in items}
    assert {None, "", "0000-00-00"} < {item["enrollment_validity_end_date"] for item in items}


def test_scores_are_numbers_or_strings_and_not_always_whole(api: Client) -> None:
    items = api.items(f"{COURSE_LIST}?page_size=200&enrollment_status[]=completed")
    scores = [item["enrollment_score"] for item in items]
    assert {type(score) for score in scores} == {float, str, type(None)}
    assert any(float(score) % 1 for score in scores if score is not None)
    percentages = values(
        api, f"{PLAN_LIST}?extra_fields[]=enrollment_completion_percentage", "enrollment_completion_percentage"
    )
    assert {type(percentage) for percentage in percentages} == {int, str}


def test_names_may_hold_html_entities(api: Client) -> None:
    assert api.items(f"{COURSE_LIST}?course_id[]=39")[0]["course_name"] == "Q&amp;A: Hard Customer Questions"


@pytest.mark.parametrize(
    ("url", "attribute"), [(COURSE_LIST, "course_name"), (PLAN_LIST, "learning_plan_name"), (COURSE_LIST, "user_id")]
)
def test_rows_are_sorted_by_an_item_field(api: Client, url: str, attribute: str) -> None:
    up = values(api, f"{url}?sort_attr={attribute}&sort_dir=asc", attribute)
    down = values(api, f"{url}?sort_attr={attribute}&sort_dir=DESC", attribute)
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert up != down


@pytest.mark.parametrize("query", ["sort_attr=colour", "sort_dir=up", "sort_attr=enrollment.id;--", "sort_attr=id"])
@pytest.mark.parametrize("url", LISTS)
def test_a_wrong_sorting_is_a_400(api: Client, url: str, query: str) -> None:
    assert is_api_error(api.get(f"{url}?{query}"), 400)


@pytest.mark.parametrize("url", LISTS)
@pytest.mark.parametrize("query", ["page=x", "page=-1", "page_size=abc", "page_size=0", "page_size=-5", "page=1.5"])
def test_a_page_that_is_no_number_is_a_400(api: Client, url: str, query: str) -> None:
    assert is_api_error(api.get(f"{url}?{query}"), 400)


def test_an_id_filter_that_is_no_number_is_a_400_and_a_huge_one_matches_nothing(api: Client) -> None:
    assert is_api_error(api.get(f"{COURSE_LIST}?user_id[]=maya"), 400)
    assert is_api_error(api.get(f"{COURSE_LIST}?user_id[]="), 400)
    assert api.total(f"{COURSE_LIST}?user_id[]={2**80}") == 0


def test_a_learning_plan_shows_its_courses_for_its_members_only(api: Client) -> None:
    items = api.items(f"{PLAN_COURSE_LIST}?page_size=200")
    assert {item["course_id"] for item in items} == {3, 6, 9, 12}
    members = {item["user_id"] for item in api.items(f"{PLAN_LIST}?learning_plan_id[]=1&page_size=200")}
    assert {item["user_id"] for item in items} == members
    assert api.total(f"{PLAN_COURSE_LIST}?course_id[]=42") == 0


@pytest.mark.parametrize(("plan", "status"), [("99", 404), ("0", 404), (str(2**70), 404), ("first", 400)])
def test_an_unknown_learning_plan_is_told_with_the_apis_body(api: Client, plan: str, status: int) -> None:
    assert is_api_error(api.get(f"/learningplan/v1/learningplans/{plan}/courses/enrollments"), status)


def test_learning_plans_are_filtered_by_plan_and_status(api: Client) -> None:
    assert set(values(api, f"{PLAN_LIST}?learning_plan_id[]=2&page_size=200", "learning_plan_id")) == {2}
    url = f"{PLAN_LIST}?enrollment_status[]=completed&extra_fields[]=enrollment_status&page_size=200"
    assert set(values(api, url, "enrollment_status")) == {"completed"}


def test_users_see_what_they_may_see(api: Client) -> None:
    maya, ines = api.as_user("maya.okafor"), api.as_user("ines.duarte")
    assert set(values(maya, f"{COURSE_LIST}?page_size=200", "user_id")) == {7}
    seen = set(values(ines, f"{COURSE_LIST}?page_size=200", "user_id"))
    assert 7 in seen
    assert all(user_id == 3 or user_id % 4 == 3 for user_id in seen)
    assert maya.total(f"{COURSE_LIST}?user_id[]=8") == 0


def test_thousands_of_ids_are_no_trouble_and_too_many_parameters_a_400(api: Client) -> None:
    query = "&".join(f"user_id[]={number}" for number in range(1, 4001))
    assert api.total(f"{COURSE_LIST}?{query}") == api.total(COURSE_LIST)
    assert is_api_error(api.get(f"{COURSE_LIST}?{'a&' * 20_001}x"), 400)
