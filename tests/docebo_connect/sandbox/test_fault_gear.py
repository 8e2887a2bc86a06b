"""Fault scripts set, shown and cleared over HTTP, for one connection or for all."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client, is_api_error

GEAR = "/sandbox/faults"
BROKEN = [{"fault": "error"}]


def status(client: Client) -> int:
    return client.get(COURSE_LIST).status_code


def named(site: Site, name: str) -> Client:
    return Client(site, {**site.headers, "X-Sandbox-Connection": name})


def test_a_script_for_everybody_is_set_shown_and_cleared(api: Client, anybody: Client) -> None:
    assert anybody.get(GEAR).json() == {"seed": 1, "rules": []}
    response = anybody.post(GEAR, json={"seed": 4, "rules": BROKEN})
    assert response.status_code == 201
    assert response.json() == {"seed": 4, "rules": [{"fault": "error", "met": 0, "struck": 0}]}
    assert status(api) == 503
    assert api.get(GEAR).json()["rules"] == [{"fault": "error", "met": 1, "struck": 1}]
    assert anybody.request("DELETE", GEAR).json() == {"seed": 1, "rules": []}
    assert status(api) == 200


def test_a_script_is_about_the_connection_whose_token_asks_for_it(site: Site, api: Client) -> None:
    maya, ines = api.as_user("maya.okafor"), api.as_user("ines.duarte")
    maya.post(GEAR, json=BROKEN)
    assert [status(maya), status(ines), status(api)] == [503, 200, 200]
    assert ines.get(GEAR).json()["rules"] == []
    maya.request("DELETE", GEAR)
    assert status(maya) == 200


def test_a_connection_stays_the_same_when_it_logs_in_again(api: Client) -> None:
    api.as_user("maya.okafor").post(GEAR, json=[{"fault": "error", "nth": 3}])
    assert [status(api.as_user("maya.okafor")) for _ in range(4)] == [200, 200, 503, 200]


def test_a_name_tells_connections_of_one_user_apart(site: Site, api: Client) -> None:
    first, second = named(site, "first"), named(site, "second")
    first.post(GEAR, json=BROKEN)
    assert [status(first), status(second), status(api)] == [503, 200, 200]


def test_a_script_for_everybody_counts_for_each_connection_by_itself(site: Site, anybody: Client) -> None:
    anybody.post(GEAR, json=[{"fault": "error", "nth": 2}])
    first, second = named(site, "first"), named(site, "second")
    assert [status(first), status(second), status(first), status(second)] == [200, 200, 503, 503]


def test_a_script_of_its_own_stands_in_for_everybodys(site: Site, api: Client, anybody: Client) -> None:
    first = named(site, "first")
    anybody.post(GEAR, json=BROKEN)
    first.post(GEAR, json=[])
    assert [status(first), status(api)] == [200, 503]
    first.request("DELETE", GEAR)
    assert status(first) == 503


def test_everybodys_script_may_change_while_a_connection_keeps_its_own(
    site: Site, api: Client, anybody: Client
) -> None:
    first = named(site, "first")
    first.post(GEAR, json=[{"fault": "error", "nth": 2}])
    assert status(first) == 200
    anybody.post(GEAR, json=[])
    assert status(first) == 503


def test_when_nobody_in_particular_asks_all_scripts_end(site: Site, api: Client, anybody: Client) -> None:
    first = named(site, "first")
    for client in (first, anybody):
        client.post(GEAR, json=BROKEN)
    anybody.request("DELETE", GEAR)
    assert [status(first), status(api)] == [200, 200]


def test_setting_a_script_again_begins_it_again(anybody: Client, api: Client) -> None:
    for _ in range(2):
        anybody.post(GEAR, json=[{"fault": "error", "times": 1}])
        assert [status(api), status(api)] == [503, 200]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([{"fault": "flood"}, {"fault": "error", "nth": 0}], ["rule 1: there is no fault", "rule 2: nth must be"]),
        ({}, ["a script is a list of rules"]),
        ("x", ["a script is a list of rules"]),
    ],
)
def test_a_wrong_script_is_a_400_that_says_everything_and_changes_nothing(
    api: Client, anybody: Client, body: Any, said: list[str]
) -> None:
    anybody.post(GEAR, json=BROKEN)
    response = anybody.post(GEAR, json=body)
    assert is_api_error(response, 400)
    messages = response.json()["message"]
    assert [message.startswith(begin) for message, begin in zip(messages, said, strict=True)] == [True] * len(said)
    assert status(api) == 503


def test_a_mistyped_token_makes_no_faults_for_everybody(site: Site, api: Client) -> None:
    stranger = Client(site, {"Authorization": "Bearer 1234"})
    assert is_api_error(stranger.post(GEAR, json=BROKEN), 401)
    assert status(api) == 200
