"""Answers that are refusals, are lost, come late or spoilt, as a client of the platform meets them."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.mishaps import ENROLL, ENROLLED, befalls, enrolled
from tests.docebo_connect.sandbox.test_rsvp import URL as RSVP
from tests.docebo_connect.sandbox.test_rsvp import stored


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, None),
        ({"retry_after_s": 7}, "7"),
        ({"retry_after_s": 90, "retry_after_as": "date"}, "Thu, 01 Oct 2026 12:01:30 GMT"),
    ],
)
def test_a_limit_is_told_with_or_without_advice(
    site: Site, api: Client, rule: dict[str, Any], expected: str | None
) -> None:
    befalls(site, "rate_limited", times=1, **rule)
    response = api.post(ENROLL)
    assert is_api_error(response, 429)
    assert response.headers.get("retry-after") == expected
    assert expected is None or expected.isdecimal() or parsedate_to_datetime(expected)
    assert not enrolled(site)
    assert api.post(ENROLL).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_platform_may_or_may_not_have_carried_out_what_it_was_asked(
    site: Site, api: Client, when: str
) -> None:
    befalls(site, "error", status=500, when=when)
    assert is_api_error(api.post(ENROLL), 500)
    assert enrolled(site) == (when == "after")


def test_a_status_without_a_name_can_be_answered(site: Site, api: Client) -> None:
    befalls(site, "error", status=599)
    assert is_api_error(api.get(COURSE_LIST), 599)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_is_lost_before_or_after_the_change(site: Site, api: Client, when: str) -> None:
    befalls(site, "lost_answer", when=when, times=1)
    with pytest.raises(ConnectionResetError):
        api.post(ENROLL)
    assert enrolled(site) == (when == "after")
    assert len(site.deliveries()) == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_comes_late(site: Site, api: Client, when: str) -> None:
    befalls(site, "slow_answer", when=when, delay_s=0.03)
    began = time.monotonic()
    assert api.post(ENROLL).status_code == 200
    assert time.monotonic() - began >= 0.03


def test_a_body_drips(site: Site, api: Client) -> None:
    whole = api.get(ENROLLED).content
    befalls(site, "dripping_body", piece_bytes=len(whole) // 3, delay_s=0.005)
    began = time.monotonic()
    assert api.get(ENROLLED).content == whole
    assert time.monotonic() - began >= 0.015


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_json_breaks_off(site: Site, api: Client, share: float) -> None:
    whole = api.get(ENROLLED).content
    befalls(site, "truncated_json", share=share)
    response = api.get(ENROLLED)
    assert response.status_code == 200
    assert whole.startswith(response.content)
    assert len(response.content) == min(int(len(whole) * share), len(whole) - 1)
    assert response.headers["content-length"] == str(len(response.content))


@pytest.mark.parametrize(
    ("pointer", "value"), [("/data", 7), ("/data/items", {"a": 1}), ("/data/items/0/user_id", [True]), ("", None)]
)
def test_json_holds_something_of_another_type(site: Site, api: Client, pointer: str, value: Any) -> None:
    befalls(site, "wrong_type", pointer=pointer, value=value)
    found = api.get(f"{COURSE_LIST}?user_id[]=9").json()
    for part in pointer.split("/")[1:]:
        found = found[int(part) if part.isdecimal() else part]
    assert found == value


@pytest.mark.parametrize("pointer", ["/nothing/there", "/data/items/x", "/data/items/9999/user_id"])
def test_a_place_that_an_answer_does_not_have_is_left_alone(site: Site, api: Client, pointer: str) -> None:
    whole = api.get(ENROLLED).content
    befalls(site, "wrong_type", pointer=pointer)
    assert api.get(ENROLLED).content == whole


def test_rows_of_a_batch_fail(site: Site, api: Client) -> None:
    befalls(site, "partial_batch", rows=[0, 2])
    items = [{"user_id": user_id, "user_rsvp_response": 2} for user_id in (7, 8, 9)]
    before = stored(site, 7)
    rows = api.post(RSVP, json={"items": items}).json()["data"]
    assert [row["success"] for row in rows] == [False, True, False]
    assert rows[0]["message"]
    assert stored(site, 7) == before
    assert stored(site, 8) == (2, "2026-10-01 12:00:00")
