"""OAuth2: every grant in every encoding, and what each of them holds the application to."""

from __future__ import annotations

import base64
import hashlib
import re

import httpx
import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.authorization import JWT_BEARER, REDIRECT, ask, consent, opens
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client
from tests.docebo_connect.sandbox.conftest import Clock
from tests.docebo_connect.sandbox.jwt import assertion

VERIFIER = "a-verifier-of-at-least-forty-three-characters-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ENCODINGS = ("form", "multipart", "json", "basic")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "grant_type", ["authorization_code", "client_credentials", "password", "refresh_token", JWT_BEARER]
)
@pytest.mark.usefixtures("registered")
def test_every_grant_gives_a_token_in_every_encoding(
    site: Site, anybody: Client, clock: Clock, grant_type: str, encoding: str
) -> None:
    person = {"username": site.credentials["username"], "password": site.credentials["password"]}
    parameters: dict[str, str] = {}
    if grant_type == "authorization_code":
        parameters = {"code": consent(anybody)["code"], "redirect_uri": REDIRECT}
    elif grant_type == "password":
        parameters = person
    elif grant_type == "refresh_token":
        parameters = {"refresh_token": ask(anybody, "form", grant_type="password", **person).json()["refresh_token"]}
    elif grant_type == JWT_BEARER:
        parameters = {"assertion": assertion(clock)}
    response = ask(anybody, encoding, grant_type=grant_type, **parameters)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert re.fullmatch(r"[0-9a-f]{40}", answer["access_token"])
    assert (answer["expires_in"], answer["token_type"], answer["scope"]) == (3600, "Bearer", "api")
    assert ("refresh_token" in answer) == (grant_type in ("authorization_code", "password", "refresh_token"))
    assert response.headers["cache-control"] == "no-store"
    assert opens(site, answer["access_token"])


def test_a_code_ends_after_ten_minutes(anybody: Client, clock: Clock) -> None:
    code = consent(anybody)["code"]
    clock.advance(601)
    response = ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    assert response.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("uri", [f"{REDIRECT}/", "http://127.0.0.1:53683/callback", "http://localhost:53682/callback"])
def test_the_redirect_uri_of_the_exchange_must_match_exactly(anybody: Client, uri: str) -> None:
    code = consent(anybody)["code"]
    response = ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=uri)
    assert (response.status_code, response.json()["error"]) == (400, "redirect_uri_mismatch")


@pytest.mark.parametrize(("method", "challenge"), [("S256", CHALLENGE), ("plain", VERIFIER), (None, VERIFIER)])
def test_pkce_is_verified_when_it_is_used(anybody: Client, method: str | None, challenge: str) -> None:
    def exchange(**verifier: str) -> httpx.Response:
        code = consent(anybody, code_challenge=challenge, code_challenge_method=method)["code"]
        return ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **verifier)

    assert exchange(code_verifier=VERIFIER).status_code == 200
    assert exchange(code_verifier=VERIFIER + "x").json()["error"] == "invalid_grant"
    assert exchange().json()["error"] == "invalid_grant"


def test_a_refresh_token_is_replaced_and_keeps_its_user(site: Site, anybody: Client) -> None:
    first = ask(anybody, "form", grant_type="password", username="maya.okafor", password=site.credentials["password"])
    old = first.json()["refresh_token"]
    second = ask(anybody, "form", grant_type="refresh_token", refresh_token=old).json()
    assert second["refresh_token"] != old
    assert ask(anybody, "form", grant_type="refresh_token", refresh_token=old).json()["error"] == "invalid_grant"
    own = Client(site, {"Authorization": f"Bearer {second['access_token']}"}).items(f"{COURSE_LIST}?page_size=200")
    assert {item["user_id"] for item in own} == {7}
