"""Deliveries that come twice, or in another order."""

from __future__ import annotations

from collections.abc import Callable

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client
from tests.docebo_connect.sandbox.mishaps import befalls


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
