"""The requests for tokens. That a platform takes them is held by tests/test_grants_agree.py."""

from __future__ import annotations

import pytest

from connector_runtime.connections.grants import Code, refresh_request, token_request
from connector_runtime.definition.connection import Authentication, Grant, Method
from connector_runtime.errors import InvalidInput
from connector_runtime.record import describe
from connector_runtime.values import Json, Request
from tests.connector_runtime.connections.canaries import CANARY, holds_back, shown_by, told_by
from tests.connector_runtime.connections.keyfile import pem, rsa_key

TITLES = {
    "client_id": "Client ID",
    "client_secret": "Client secret",
    "username": "User name",
    "password": "Password",
    "issuer": "Application",
    "private_key": "Private key",
}
WAY = Authentication(
    token="/token",
    authorize="/authorize",
    scope="all of it",
    input={"properties": {name: {"title": title} for name, title in TITLES.items()}},
    methods={},
)
FIELDS = {"client_id": "an app", "client_secret": f"{CANARY}&=+%é", "username": "maya", "password": f"{CANARY} 2"}
CODE = Code(f"{CANARY}-code", "http://127.0.0.1:1/back?x=1", f"{CANARY}-verifier")
APP = {name: FIELDS[name] for name in ("client_id", "client_secret")}


def asked(grant: Grant, code: Code | None = None, **changes: str) -> Request:
    method = Method(grant=grant, title="", description="")
    return token_request(WAY, method, FIELDS | changes, host="acme.example.com", now=1e9, code=code)


@pytest.mark.parametrize(
    ("grant", "code", "form"),
    [
        ("client_credentials", None, APP | {"grant_type": "client_credentials", "scope": "all of it"}),
        ("password", None, FIELDS | {"grant_type": "password", "scope": "all of it"}),
        (
            "authorization_code",
            CODE,
            APP
            | {
                "grant_type": "authorization_code",
                "code": CODE.code,
                "redirect_uri": CODE.redirect_uri,
                "code_verifier": CODE.verifier,
            },
        ),
    ],
)
def test_a_grant_asks_with_its_fields_in_the_form_as_they_were_typed(
    grant: Grant, code: Code | None, form: Json
) -> None:
    request = asked(grant, code)
    assert (request.method, request.path, request.body, request.write) == ("POST", "/token", None, False)
    assert request.form == form


def test_an_assertion_is_sent_without_the_key() -> None:
    request = asked("jwt_bearer", issuer="my-app", private_key=pem(rsa_key()))
    assert request.form is not None
    assert set(request.form) == {"grant_type", "assertion", "scope"}
    assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_a_refresh_asks_for_the_scope_there_was() -> None:
    request = refresh_request(WAY, FIELDS, "r-1")
    assert request.form == APP | {"grant_type": "refresh_token", "refresh_token": "r-1"}


def test_a_refresh_without_an_app_sends_the_refresh_token_alone() -> None:
    request = refresh_request(WAY, {"issuer": "my-app"}, "r-1")
    assert request.form == {"grant_type": "refresh_token", "refresh_token": "r-1"}


def test_what_is_missing_is_said_at_once_by_its_titles() -> None:
    with pytest.raises(InvalidInput) as caught:
        asked("password", client_id="", password="\udcff" + CANARY)
    assert [problem.title for problem in caught.value.problems] == ["Client ID", "Password"]
    assert CANARY not in told_by(caught.value)


def test_no_request_for_a_token_shows_what_is_in_its_form() -> None:
    request = asked("password")
    assert CANARY not in shown_by(request)
    assert CANARY not in shown_by(describe(request))
    assert holds_back(request.form)


def test_no_code_shows_itself() -> None:
    assert holds_back(CODE)
