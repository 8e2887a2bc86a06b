"""Fault scripts as a client of the platform meets them, in process."""

from __future__ import annotations

import json

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client
from tests.docebo_connect.sandbox.mishaps import ENROLL, ENROLLED, befalls, enrolled


def test_without_a_script_nothing_goes_wrong(site: Site, api: Client) -> None:
    site.faults.set([])
    assert api.post(ENROLL).status_code == 200
    assert enrolled(site)


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
