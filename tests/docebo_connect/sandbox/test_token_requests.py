"""Requests for tokens meet the faults of the connection that the token is for."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from docebo_connect.sandbox.endpoints import LARGEST_BODY
from docebo_connect.sandbox.sites import Site
from docebo_connect.sandbox.token_requests import overheard
from tests.docebo_connect.sandbox.authorization import JWT_BEARER, REDIRECT, ask, consent
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client
from tests.docebo_connect.sandbox.conftest import Clock
from tests.docebo_connect.sandbox.jwt import assertion
from tests.docebo_connect.sandbox.mishaps import bearing, logged_in, refreshed

GEAR, TOKEN = "/sandbox/faults", "/oauth2/token"
BROKEN = [{"fault": "error", "path": TOKEN}]
COUNTED = [{"fault": "error", "path": TOKEN, "chance": 0}]
MAYA, INES = "maya.okafor", "ines.duarte"


def signed_in(anybody: Client, username: str, encoding: str = "form") -> httpx.Response:
    given = {"username": username, "password": anybody.site.credentials["password"]}
    return ask(anybody, encoding, grant_type="password", **given)


@pytest.mark.parametrize("encoding", ["form", "multipart", "json", "basic"])
def test_a_refresh_meets_the_faults_of_its_connection_and_of_no_other(
    site: Site, anybody: Client, encoding: str
) -> None:
    mine, other = (signed_in(anybody, username).json() for username in (MAYA, INES))
    bearing(site, mine).post(GEAR, json=BROKEN)
    answers = [
        ask(anybody, encoding, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        for tokens in (mine, other)
    ]
    assert [answer.status_code for answer in answers] == [503, 200]


def test_signing_in_meets_the_faults_of_the_connection_that_is_signed_in(site: Site, anybody: Client) -> None:
    codes = [consent(anybody, login_hint=username)["code"] for username in (MAYA, INES)]
    bearing(site, signed_in(anybody, MAYA).json()).post(GEAR, json=BROKEN)
    assert [signed_in(anybody, username).status_code for username in (MAYA, INES)] == [503, 200]
    by_code = [
        ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT) for code in codes
    ]
    assert [response.status_code for response in by_code] == [503, 200]


def test_the_application_itself_is_the_connection_of_its_user(site: Site, anybody: Client) -> None:
    bearing(site, logged_in(site)).post(GEAR, json=BROKEN)
    assert ask(anybody, "form", grant_type="client_credentials").status_code == 503


@pytest.mark.usefixtures("registered")
def test_of_an_assertion_nobody_knows_beforehand_whom_it_is_for(site: Site, anybody: Client, clock: Clock) -> None:
    bearing(site, signed_in(anybody, MAYA).json()).post(GEAR, json=BROKEN)
    assert ask(anybody, "form", grant_type=JWT_BEARER, assertion=assertion(clock)).status_code == 200
    anybody.post(GEAR, json=BROKEN)
    assert ask(anybody, "form", grant_type=JWT_BEARER, assertion=assertion(clock)).status_code == 503


def test_a_refresh_token_that_was_used_still_belongs_to_its_connection(site: Site, anybody: Client) -> None:
    tokens = logged_in(site)
    bearing(site, tokens).post(GEAR, json=COUNTED)
    assert "access_token" in refreshed(site, tokens["refresh_token"])
    assert refreshed(site, tokens["refresh_token"])["error"] == "invalid_grant"
    assert bearing(site, tokens).get(GEAR).json()["rules"] == [{**COUNTED[0], "met": 2, "struck": 0}]


def test_a_script_counts_the_tokens_that_its_connection_asked_for(site: Site, anybody: Client) -> None:
    mine = signed_in(anybody, MAYA).json()
    bearing(site, mine).post(GEAR, json=COUNTED)
    for _ in range(3):
        mine = refreshed(site, mine["refresh_token"])
        signed_in(anybody, INES)
        bearing(site, mine).get(COURSE_LIST)
    assert bearing(site, mine).get(GEAR).json()["rules"][0]["met"] == 3


def test_a_request_for_a_token_does_not_count_where_tokens_end(site: Site, anybody: Client) -> None:
    site.faults.set([{"fault": "expired_token", "nth": 2}])
    tokens = signed_in(anybody, MAYA).json()
    asked = [bearing(site, tokens).get(COURSE_LIST).status_code]
    tokens = refreshed(site, tokens["refresh_token"])
    asked.append(bearing(site, tokens).get(COURSE_LIST).status_code)
    assert asked == [200, 401]


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"grant_type":7}', b'{"grant_type":"refresh_token"}', b'{"grant_type":"password"}', b"[]"]
)
def test_a_request_that_does_not_say_whom_it_is_for_is_nobodys_and_answered_all_the_same(
    anybody: Client, body: bytes
) -> None:
    def answer() -> httpx.Response:
        return anybody.post(TOKEN, content=body, headers={"content-type": "application/json"})

    calm = answer()
    anybody.post(GEAR, json=COUNTED)
    struck = answer()
    assert (struck.status_code, struck.content) == (calm.status_code, calm.content)
    assert calm.status_code in (400, 401)
    assert anybody.get(GEAR).json()["rules"][0]["met"] == 1


def test_a_request_that_is_too_large_is_refused_as_it_is_without_a_script(anybody: Client) -> None:
    anybody.post(GEAR, json=COUNTED)
    assert anybody.post(TOKEN, content=b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_what_was_overheard_is_received_piece_by_piece_as_it_came() -> None:
    came: list[Any] = [
        {"type": "http.request", "body": b"grant_type=", "more_body": True},
        {"type": "http.request", "body": b"password", "more_body": False},
        {"type": "http.disconnect"},
    ]
    left = list(came)

    async def receive() -> Any:
        return left.pop(0)

    async def heard() -> tuple[dict[str, str], list[Any]]:
        headers = [(b"content-type", b"application/x-www-form-urlencoded")]
        form, again = await overheard({"type": "http", "headers": headers}, receive)
        return form, [await again() for _ in came]

    assert asyncio.run(heard()) == ({"grant_type": "password"}, came)
