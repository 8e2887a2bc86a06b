"""Changes that are made, and are not seen yet."""

from __future__ import annotations

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, MY_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.conftest import Clock
from tests.docebo_connect.sandbox.mishaps import ENROLL, ENROLLED, bearing, befalls, enrolled, logged_in


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
