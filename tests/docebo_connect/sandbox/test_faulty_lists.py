"""Lists that change, or repeat themselves, from page to page."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, PLAN_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.mishaps import ENROLL, befalls


def page(api: Client, number: int, url: str = COURSE_LIST, size: int = 5) -> dict[str, Any]:
    data: dict[str, Any] = api.get(f"{url}?page={number}&page_size={size}").json()["data"]
    return data


@pytest.mark.parametrize("url", [COURSE_LIST, MY_LIST, PLAN_LIST])
def test_a_page_repeats_the_one_before_and_says_that_there_is_more(site: Site, api: Client, url: str) -> None:
    first, second = page(api, 1, url), page(api, 2, url)
    befalls(site, "repeated_page")
    repeated = page(api, 2, url)
    assert repeated["items"] == first["items"]
    assert repeated["cursor"] == first["cursor"]
    assert (repeated["current_page"], bool(repeated["has_more_data"])) == (2, True)
    befalls(site, "repeated_page", page=2)
    assert page(api, 7, url)["items"] == second["items"]


def test_what_has_no_pages_is_not_repeated(site: Site, api: Client) -> None:
    befalls(site, "repeated_page")
    assert api.post(ENROLL).json()["data"]["enrolled"]
    assert is_api_error(api.get("/course/v1/courses/9999/sessions"), 404)


def test_a_row_vanishes_between_two_pages(site: Site, api: Client) -> None:
    rows, total = page(api, 1, size=20)["items"], page(api, 1)["total_count"]
    befalls(site, "vanishing_row", nth=2, path=COURSE_LIST)
    first, second, third = (page(api, number) for number in (1, 2, 3))
    assert first["items"] + second["items"] + third["items"] == rows[:5] + rows[6:16]
    assert [each["total_count"] for each in (first, second, third)] == [total, total - 1, total - 1]


def test_a_row_appears_between_two_pages(site: Site, api: Client) -> None:
    rows, total = page(api, 1, size=20)["items"], page(api, 1)["total_count"]
    befalls(site, "appearing_row", nth=2, path=COURSE_LIST)
    first, second = page(api, 1), page(api, 2)
    assert first["items"] + second["items"] == rows[1:6] + rows[5:10]
    assert [first["total_count"], second["total_count"]] == [total - 1, total]
