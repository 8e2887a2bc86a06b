"""Each fault as a client of the platform meets it, in process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, PLAN_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.conftest import Clock
from tests.docebo_connect.sandbox.test_rsvp import URL as RSVP
from tests.docebo_connect.sandbox.test_rsvp import stored

ENROLL = "/learn/v1/enrollments/42/7"
ENROLLED = f"{COURSE_LIST}?user_id[]=7&course_id[]=42"


def enrolled(site: Site) -> bool:
    return site.store.row("SELECT 1 FROM course_enrollments WHERE user_id = 7 AND course_id = 42") is not None


def befalls(site: Site, fault: str, **rule: Any) -> None:
    site.faults.set([{"fault": fault, **rule}])


def test_without_a_script_nothing_goes_wrong(site: Site, api: Client) -> None:
    site.faults.set([])
    assert api.post(ENROLL).status_code == 200
    assert enrolled(site)


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


def logged_in(site: Site) -> dict[str, Any]:
    form = {**site.credentials, "grant_type": "password"}
    answer: dict[str, Any] = Client(site).post("/oauth2/token", data=form).json()
    return answer


def refreshed(site: Site, token: str) -> dict[str, Any]:
    form = {**site.credentials, "grant_type": "refresh_token", "refresh_token": token}
    answer: dict[str, Any] = Client(site).post("/oauth2/token", data=form).json()
    return answer


def bearing(site: Site, tokens: dict[str, Any]) -> Client:
    return Client(site, {"Authorization": f"Bearer {tokens['access_token']}"})


def test_a_token_expires_in_the_middle_and_can_be_refreshed(site: Site) -> None:
    tokens = logged_in(site)
    befalls(site, "expired_token", nth=2)
    before = bearing(site, tokens)
    assert [before.get(COURSE_LIST).status_code for _ in range(4)] == [200, 401, 401, 401]
    assert is_api_error(before.post(ENROLL), 401)
    after = bearing(site, refreshed(site, tokens["refresh_token"]))
    assert [after.get(COURSE_LIST).status_code for _ in range(3)] == [200] * 3
    assert not enrolled(site)


@pytest.mark.parametrize("body", [None, {"error": "invalid_token"}])
def test_expiry_may_be_said_in_a_good_answer(site: Site, body: dict[str, Any] | None) -> None:
    tokens = logged_in(site)
    befalls(site, "expired_token", times=1, said="body", **({} if body is None else {"body": body}))
    for _ in range(2):
        response = bearing(site, tokens).post(ENROLL)
        assert response.status_code == 200
        assert response.json() == (body or {**response.json(), "status": 401, "name": "Unauthorized"})
    assert not enrolled(site)
    assert bearing(site, refreshed(site, tokens["refresh_token"])).post(ENROLL).json()["data"]["enrolled"]


def test_a_token_that_expires_for_one_connection_is_good_for_the_others(site: Site, api: Client) -> None:
    tokens = logged_in(site)
    site.faults.set([{"fault": "expired_token", "times": 1, "path": ENROLL}])
    assert bearing(site, tokens).post(ENROLL).status_code == 401
    assert api.get(COURSE_LIST).status_code == 200


def test_a_refresh_token_ends_when_it_is_used_and_can_be_kept_good(site: Site) -> None:
    first = logged_in(site)["refresh_token"]
    second = refreshed(site, first)["refresh_token"]
    assert refreshed(site, first)["error"] == "invalid_grant"
    befalls(site, "kept_refresh_token", path="/oauth2/token")
    third = refreshed(site, second)["refresh_token"]
    assert third not in (first, second)
    assert "access_token" in refreshed(site, second)
    befalls(site, "kept_refresh_token", path="/oauth2/token", renewed=False)
    for _ in range(2):
        answer = refreshed(site, third)
        assert "access_token" in answer
        assert "refresh_token" not in answer


def test_the_answer_to_a_refresh_can_be_lost_with_the_old_token_gone(site: Site) -> None:
    token = logged_in(site)["refresh_token"]
    befalls(site, "lost_answer", path="/oauth2/token", times=1)
    with pytest.raises(ConnectionResetError):
        refreshed(site, token)
    assert refreshed(site, token)["error"] == "invalid_grant"


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


def test_a_change_is_not_visible_for_some_reads(site: Site, api: Client) -> None:
    befalls(site, "delayed_visibility", method="POST", reads=2)
    assert api.post(ENROLL).json()["data"]["enrolled"]
    assert [api.total(ENROLLED) for _ in range(4)] == [0, 0, 1, 1]
    assert enrolled(site)


def test_a_change_is_not_visible_for_some_seconds(site: Site, api: Client, clock: Clock) -> None:
    befalls(site, "delayed_visibility", method="POST", lag_s=10)
    api.post(ENROLL)
    assert [api.total(ENROLLED) for _ in range(3)] == [0, 0, 0]
    clock.advance(9)
    assert is_api_error(api.get(ENROLL), 404)
    clock.advance(1)
    assert api.total(ENROLLED) == 1


def test_what_is_not_visible_is_there_all_the_same(site: Site, api: Client) -> None:
    befalls(site, "delayed_visibility", method="POST", reads=1)
    api.post(ENROLL)
    assert api.post(ENROLL).json()["data"]["errors"]["existing_enrollments"]


def test_whoever_reads_late_may_search_and_use_a_new_token(site: Site, api: Client) -> None:
    befalls(site, "delayed_visibility", method="POST", reads=4)
    api.post(ENROLL)
    tokens = logged_in(site)
    assert Client(site, site.headers).get(f"{MY_LIST}?get_cursor=1&id_user[]=7").json()["data"]["cursor"]
    assert bearing(site, tokens).total(f"{MY_LIST}?id_user[]=7&id_course[]=42") == 1  # another connection


def test_a_new_world_is_visible_at_once(site: Site, api: Client) -> None:
    befalls(site, "delayed_visibility", method="POST", reads=50)
    api.post(ENROLL)
    assert api.total(ENROLLED) == 0
    site.reset()
    api.post("/learn/v1/enrollments/42/8")
    site.faults.clear()
    assert api.total(f"{COURSE_LIST}?user_id[]=8&course_id[]=42") == 1


def test_rows_of_a_batch_fail(site: Site, api: Client) -> None:
    befalls(site, "partial_batch", rows=[0, 2])
    items = [{"user_id": user_id, "user_rsvp_response": 2} for user_id in (7, 8, 9)]
    before = stored(site, 7)
    rows = api.post(RSVP, json={"items": items}).json()["data"]
    assert [row["success"] for row in rows] == [False, True, False]
    assert rows[0]["message"]
    assert stored(site, 7) == before
    assert stored(site, 8) == (2, "2026-10-01 12:00:00")


def enroll_several(api: Client, *users: int) -> None:
    for user_id in users:
        assert api.post(f"/learn/v1/enrollments/42/{user_id}").json()["data"]["enrolled"]


def announced(site: Site) -> list[int]:
    return [delivery["payload"]["user_id"] for delivery in site.deliveries()]


def test_a_webhook_comes_twice_under_one_number(site: Site, api: Client) -> None:
    befalls(site, "duplicate_webhook", nth=2)
    enroll_several(api, 101, 102, 103)
    assert announced(site) == [101, 102, 102, 103]
    first, second = site.deliveries()[1:3]
    assert first == second


def test_a_webhook_comes_after_a_later_one(site: Site, api: Client) -> None:
    befalls(site, "reordered_webhook", nth=[1, 2])
    enroll_several(api, 101, 102)
    assert announced(site) == []
    api.get(COURSE_LIST)
    enroll_several(api, 103, 104)
    assert announced(site) == [103, 101, 102, 104]


def test_a_webhook_that_waits_comes_when_the_sandbox_closes(open_site: Callable[..., Site]) -> None:
    site = open_site(faults=[{"fault": "reordered_webhook"}])
    enroll_several(Client(site, site.headers), 101)
    site.close()
    assert announced(open_site()) == [101]


def test_a_refused_change_holds_nothing_back(site: Site, api: Client) -> None:
    befalls(site, "reordered_webhook")
    assert api.post("/learn/v1/enrollments/42/x").status_code == 400
    assert site.held == []


def test_faults_come_together(site: Site, api: Client) -> None:
    site.faults.set(
        [
            {"fault": "delayed_visibility", "method": "POST", "reads": 1},
            {"fault": "lost_answer", "method": "POST"},
        ]
    )
    with pytest.raises(ConnectionResetError):
        api.post(ENROLL)
    assert [api.total(ENROLLED) for _ in range(2)] == [0, 1]


def test_the_same_seed_and_requests_make_the_same_faults(site: Site, api: Client) -> None:
    script = {"seed": 9, "rules": [{"fault": "error", "chance": 0.5}, {"fault": "rate_limited", "chance": 0.3}]}

    def statuses() -> list[int]:
        site.faults.set(script)
        return [api.get(ENROLLED).status_code for _ in range(20)]

    first = statuses()
    assert set(first) == {200, 429, 503}
    assert statuses() == first


def test_test_gear_is_never_struck(site: Site, anybody: Client) -> None:
    befalls(site, "error")
    assert anybody.get("/sandbox/deliveries").status_code == 200
    assert json.loads(anybody.get(COURSE_LIST).content)["status"] == 503
