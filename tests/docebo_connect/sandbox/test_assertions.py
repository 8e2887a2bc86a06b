"""JWT assertions: who has to have signed them, and what they have to claim."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.authorization import JWT_BEARER, ask
from tests.docebo_connect.sandbox.client import Client
from tests.docebo_connect.sandbox.conftest import Clock
from tests.docebo_connect.sandbox.jwt import KEY, assertion, encoded, public_pem


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another-app"},
        {"iss": None},
        {"sub": "nobody"},
        {"sub": None},
        {"aud": "https://sandbox.docebosaas.test"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"iat": 99999999999},
        {"exp": True},
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(anybody: Client, clock: Clock, changes: dict[str, Any]) -> None:
    response = ask(anybody, "form", grant_type=JWT_BEARER, assertion=assertion(clock, **changes))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.usefixtures("registered")
def test_an_assertion_that_is_not_signed_by_the_application_is_refused(
    site: Site, anybody: Client, clock: Clock
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    good = assertion(clock)
    header, claims, signature = good.split(".")
    none = encoded(b'{"alg":"none"}')
    forged = [
        assertion(clock, stranger),
        assertion(clock, public_pem(KEY).encode()),
        assertion(clock, curve),
        f"{none}.{claims}.",
        f"{header}.{claims}.{signature[:-4]}AAAA",
        f"{header}.{claims}",
        "a.b.c",
        "\x00.é.=",
    ]
    for text in forged:
        assert ask(anybody, "form", grant_type=JWT_BEARER, assertion=text).json()["error"] == "invalid_grant"
    site.register_jwt_key("my-app", public_pem(curve))
    assert ask(anybody, "form", grant_type=JWT_BEARER, assertion=good).json()["error"] == "invalid_grant"
    anybody.post("/sandbox/jwt_keys", json={"iss": "my-app", "public_key": "no key"})
    assert ask(anybody, "form", grant_type=JWT_BEARER, assertion=good).json()["error"] == "invalid_grant"


@pytest.mark.usefixtures("registered")
def test_an_assertion_needs_no_client_credentials_but_wrong_ones_are_refused(anybody: Client, clock: Clock) -> None:
    form = {"grant_type": JWT_BEARER, "assertion": assertion(clock)}
    assert anybody.post("/oauth2/token", data=form).status_code == 200
    wrong = {"client_id": "stranger", "client_secret": "wrong"}
    assert anybody.post("/oauth2/token", data=form | wrong).status_code == 401


def test_without_the_cryptography_package_assertions_are_refused_with_the_reason(
    anybody: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docebo_connect.sandbox.assertions", None)
    response = ask(anybody, "form", grant_type=JWT_BEARER, assertion=assertion(clock))
    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")
    assert "cryptography" in response.json()["error_description"]
