"""OAuth2: consent, and what it brings back."""

from __future__ import annotations

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.authorization import REDIRECT, ask, consent
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client


def test_consent_brings_back_the_state_and_a_code_that_is_good_once(site: Site, anybody: Client) -> None:
    back = consent(anybody)
    assert back["state"] == "xyz"
    parameters = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    assert ask(anybody, "form", **parameters).status_code == 200
    again = ask(anybody, "form", **parameters)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "uri", ["https://evil.example/", "javascript:alert(1)", "http://127.0.0.1:99999/", "http://[", "", f"{REDIRECT}#a"]
)
def test_nobody_is_redirected_to_an_address_that_is_not_registered(anybody: Client, uri: str) -> None:
    query = {"response_type": "code", "client_id": anybody.site.credentials["client_id"], "redirect_uri": uri}
    response = anybody.get("/oauth2/authorize", params=query)
    assert (response.status_code, response.json()["error"]) == (400, "redirect_uri_mismatch")


def test_a_registered_redirect_uri_matches_exactly_and_keeps_its_query(site: Site, anybody: Client) -> None:
    site.register_redirect_uri("https://host.example/back?tenant=1")
    assert consent(anybody, redirect_uri="https://host.example/back?tenant=1")["tenant"] == "1"
    other = {"client_id": site.credentials["client_id"], "redirect_uri": "https://host.example/back"}
    assert anybody.get("/oauth2/authorize", params=other | {"response_type": "code"}).status_code == 400
    posted = anybody.post("/sandbox/redirect_uris", json={"redirect_uri": "https://host.example/back"})
    assert posted.status_code == 201
    assert "code" in consent(anybody, redirect_uri="https://host.example/back")


def test_a_stranger_is_not_asked_for_consent(anybody: Client) -> None:
    query = {"response_type": "code", "client_id": "stranger", "redirect_uri": REDIRECT}
    response = anybody.get("/oauth2/authorize", params=query)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
        ({"login_hint": "nobody.at.all"}, "access_denied"),
    ],
)
def test_consent_that_fails_tells_the_application(anybody: Client, changes: dict[str, str], error: str) -> None:
    back = consent(anybody, **changes)
    assert (back["error"], back["state"]) == (error, "xyz")


def test_a_user_can_consent_for_themselves(site: Site, anybody: Client) -> None:
    code = consent(anybody, login_hint="maya.okafor")["code"]
    token = ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
    own = Client(site, {"Authorization": f"Bearer {token['access_token']}"}).items(f"{COURSE_LIST}?page_size=200")
    assert {item["user_id"] for item in own} == {7}
