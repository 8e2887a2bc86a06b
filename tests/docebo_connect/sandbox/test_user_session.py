"""Whom an access token belongs to."""

from __future__ import annotations

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.authorization import ask
from tests.docebo_connect.sandbox.client import Client, is_api_error

URL = "/manage/v1/user/session"


@pytest.mark.parametrize(
    ("username", "number", "level"),
    [("admin", 1, "superadmin"), ("ines.duarte", 3, "power_user"), ("maya.okafor", 7, "user")],
)
def test_whoever_asks_is_told_who_they_are_and_what_they_may(
    api: Client, username: str, number: int, level: str
) -> None:
    response = api.as_user(username).get(URL)
    assert response.status_code == 200
    user = response.json()["data"]
    assert (user["id"], user["username"], user["user_level"]) == (number, username, level)
    assert user["email"] == f"{username}@acme.example"


def test_a_users_names_zone_and_language_are_told(api: Client) -> None:
    user = api.as_user("maya.okafor").get(URL).json()["data"]
    assert (user["firstname"], user["lastname"], user["timezone"]) == ("Maya", "Okafor", "UTC")
    assert len(user["language"]) == 2


def test_the_application_itself_and_the_sandboxs_own_connection_are_a_superadmin(site: Site, anybody: Client) -> None:
    token = ask(anybody, "form", grant_type="client_credentials").json()["access_token"]
    for headers in ({"Authorization": f"Bearer {token}"}, site.headers):
        user = Client(site, headers).get(URL).json()["data"]
        assert (user["username"], user["user_level"]) == ("admin", "superadmin")


def test_nobody_is_not_told(anybody: Client) -> None:
    assert is_api_error(anybody.get(URL), 401)


def test_a_user_who_was_deactivated_is_not_told(site: Site, api: Client) -> None:
    maya = api.as_user("maya.okafor")
    site.store.execute("UPDATE users SET active = 0 WHERE id = 7")
    assert is_api_error(maya.get(URL), 401)
