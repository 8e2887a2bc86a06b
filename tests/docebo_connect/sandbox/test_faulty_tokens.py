"""Tokens that end in the middle, and refreshes that go otherwise than hoped."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.mishaps import ENROLL, bearing, befalls, enrolled, logged_in, refreshed

EXPIRED = "Your request was made with invalid or expired credentials."


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
        assert response.json() == (body or {"name": "Unauthorized", "message": [EXPIRED], "code": 0, "status": 401})
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
