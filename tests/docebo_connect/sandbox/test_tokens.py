"""What tokens open, and for how long."""

from __future__ import annotations

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.authorization import ask, opens
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.conftest import Clock


def test_a_refresh_token_is_no_access_token(site: Site, anybody: Client) -> None:
    answer = ask(anybody, "form", grant_type="password", username="admin", password=site.credentials["password"]).json()
    assert not opens(site, answer["refresh_token"])


def test_a_token_ends_after_an_hour(site: Site, anybody: Client, clock: Clock) -> None:
    token = ask(anybody, "form", grant_type="client_credentials").json()["access_token"]
    clock.advance(3599)
    assert opens(site, token)
    clock.advance(1)
    assert not opens(site, token)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer \x00", "bearer é"])
def test_the_api_answers_401_without_a_good_token(site: Site, header: str) -> None:
    response = Client(site).get(COURSE_LIST, headers={"Authorization": header.encode()})
    assert is_api_error(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


def test_an_access_token_of_a_deactivated_user_opens_nothing(site: Site, api: Client) -> None:
    maya = api.as_user("maya.okafor")
    site.store.execute("UPDATE users SET active = 0 WHERE id = 7")
    assert is_api_error(maya.get(COURSE_LIST), 401)
