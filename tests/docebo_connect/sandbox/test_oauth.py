"""OAuth2: every grant in every encoding, consent, and what tokens open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client, is_api_error
from tests.docebo_connect.sandbox.conftest import Clock

REDIRECT = "http://127.0.0.1:53682/callback"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PART = b"--x\r\nContent-Disposition: form-data; name=%b\r\n\r\n\\ud800\r\n--x--\r\n"
ENCODINGS = ("form", "multipart", "json", "basic")


def public_pem(key: Any) -> str:
    pem: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def ask(anybody: Client, encoding: str, **grant: str) -> httpx.Response:
    """Ask for a token in one of the encodings that are in use."""
    own = anybody.site.credentials
    client = {"client_id": own["client_id"], "client_secret": own["client_secret"]}
    if encoding == "basic":
        return anybody.post("/oauth2/token", data=grant, auth=(client["client_id"], client["client_secret"]))
    if encoding == "json":
        return anybody.post("/oauth2/token", json=client | grant)
    if encoding == "multipart":
        return anybody.post("/oauth2/token", files={name: (None, value) for name, value in (client | grant).items()})
    return anybody.post("/oauth2/token", data=client | grant)


def consent(anybody: Client, **changes: str | None) -> dict[str, str]:
    """What the browser brings back from the authorization page."""
    query = {
        "response_type": "code",
        "client_id": anybody.site.credentials["client_id"],
        "redirect_uri": REDIRECT,
        "scope": "api",
        "state": "xyz",
    } | changes
    response = anybody.get("/oauth2/authorize", params={name: value for name, value in query.items() if value})
    assert response.status_code == 302
    location = response.headers["location"]
    assert location.startswith(str(query["redirect_uri"]))
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: Any) -> str:
    """A JWT, signed as the kind of the key asks for."""
    algorithm = "HS256" if isinstance(key, bytes) else "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    text = f"{encoded(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{encoded(json.dumps(claims).encode())}"
    if isinstance(key, bytes):
        signature = hmac.digest(key, text.encode(), "sha256")
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        signature = key.sign(text.encode(), ec.ECDSA(SHA256()))
    return f"{text}.{encoded(signature)}"


def assertion(clock: Clock, key: Any = KEY, **changes: Any) -> str:
    now = int(clock().timestamp())
    claims = {"iss": "my-app", "sub": "maya.okafor", "aud": "sandbox.docebosaas.test", "iat": now, "exp": now + 300}
    claims |= changes
    return signed({name: value for name, value in claims.items() if value is not None}, key)


def opens(site: Site, token: str) -> bool:
    return Client(site, {"Authorization": f"Bearer {token}"}).get(COURSE_LIST).status_code == 200


@pytest.fixture
def registered(site: Site) -> None:
    site.register_jwt_key("my-app", public_pem(KEY))


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


def test_consent_brings_back_the_state_and_a_code_that_is_good_once(site: Site, anybody: Client) -> None:
    back = consent(anybody)
    assert back["state"] == "xyz"
    parameters = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
    assert ask(anybody, "form", **parameters).status_code == 200
    again = ask(anybody, "form", **parameters)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


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


@pytest.mark.parametrize(("method", "challenge"), [("S256", CHALLENGE), ("plain", VERIFIER), (None, VERIFIER)])
def test_pkce_is_verified_when_it_is_used(anybody: Client, method: str | None, challenge: str) -> None:
    def exchange(**verifier: str) -> httpx.Response:
        code = consent(anybody, code_challenge=challenge, code_challenge_method=method)["code"]
        return ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT, **verifier)

    assert exchange(code_verifier=VERIFIER).status_code == 200
    assert exchange(code_verifier=VERIFIER + "x").json()["error"] == "invalid_grant"
    assert exchange().json()["error"] == "invalid_grant"


def test_a_user_can_consent_for_themselves(site: Site, anybody: Client) -> None:
    code = consent(anybody, login_hint="maya.okafor")["code"]
    token = ask(anybody, "form", grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
    own = Client(site, {"Authorization": f"Bearer {token['access_token']}"}).items(f"{COURSE_LIST}?page_size=200")
    assert {item["user_id"] for item in own} == {7}


def test_a_refresh_token_is_replaced_and_keeps_its_user(site: Site, anybody: Client) -> None:
    first = ask(anybody, "form", grant_type="password", username="maya.okafor", password=site.credentials["password"])
    old = first.json()["refresh_token"]
    second = ask(anybody, "form", grant_type="refresh_token", refresh_token=old).json()
    assert second["refresh_token"] != old
    assert ask(anybody, "form", grant_type="refresh_token", refresh_token=old).json()["error"] == "invalid_grant"
    own = Client(site, {"Authorization": f"Bearer {second['access_token']}"}).items(f"{COURSE_LIST}?page_size=200")
    assert {item["user_id"] for item in own} == {7}


def test_a_refresh_token_is_no_access_token(site: Site, anybody: Client) -> None:
    answer = ask(anybody, "form", grant_type="password", username="admin", password=site.credentials["password"]).json()
    assert not opens(site, answer["refresh_token"])


def test_a_token_ends_after_an_hour(site: Site, anybody: Client, clock: Clock) -> None:
    token = ask(anybody, "form", grant_type="client_credentials").json()["access_token"]
    clock.advance(3599)
    assert opens(site, token)
    clock.advance(1)
    assert not opens(site, token)


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


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer \x00", "bearer é"])
def test_the_api_answers_401_without_a_good_token(site: Site, header: str) -> None:
    response = Client(site).get(COURSE_LIST, headers={"Authorization": header.encode()})
    assert is_api_error(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"


def test_an_access_token_of_a_deactivated_user_opens_nothing(site: Site, api: Client) -> None:
    maya = api.as_user("maya.okafor")
    site.store.execute("UPDATE users SET active = 0 WHERE id = 7")
    assert is_api_error(maya.get(COURSE_LIST), 401)
