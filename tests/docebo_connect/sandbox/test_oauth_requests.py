"""OAuth2: token requests that are wrong or cannot be read."""

from __future__ import annotations

import base64

import pytest

from tests.docebo_connect.sandbox.authorization import JWT_BEARER, REDIRECT, ask
from tests.docebo_connect.sandbox.client import Client

PART = b"--x\r\nContent-Disposition: form-data; name=%b\r\n\r\n\\ud800\r\n--x--\r\n"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "device_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "admin"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password", "username": "admin", "password": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": "password", "username": "nobody", "password": "sandbox-password"}, 400, "invalid_grant"),
        ({"grant_type": "password", "username": "paul.retired", "password": "sandbox-password"}, 400, "invalid_grant"),
        ({"grant_type": "password", "username": "admin"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "wrong", "redirect_uri": REDIRECT}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400, "invalid_grant"),
        ({"grant_type": JWT_BEARER}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_is_answered_as_the_standard_says(
    anybody: Client, form: dict[str, str], status: int, error: str
) -> None:
    response = ask(anybody, "form", **form)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert set(response.json()) == {"error", "error_description"}


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff:\xff").decode()])
def test_wrong_basic_credentials_are_challenged(anybody: Client, header: str) -> None:
    response = anybody.post(
        "/oauth2/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header}
    )
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"grant_type": 7}', "application/json"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"junk", "multipart/form-data; boundary=x"),
        (b"junk", "multipart/form-data"),
        (PART % b'"grant_type"; filename="x"', "multipart/form-data; boundary=x"),
        (PART % b'"grant_type"', "multipart/form-data; boundary=x; charset=unicode_escape"),
        (b"", "text/plain"),
        (b"\x00" * 100, "multipart/form-data; boundary=\xff"),
    ],
)
def test_a_token_request_that_cannot_be_read_is_invalid(anybody: Client, content: bytes, kind: str) -> None:
    response = anybody.post("/oauth2/token", content=content, headers={"Content-Type": kind.encode("latin-1")})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
