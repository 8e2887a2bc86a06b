"""What each grant asks for is what the sandbox's token endpoint gives, and what it must not give it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connector_runtime.connections.consent import code_in, consent_url, new_state, new_verifier
from connector_runtime.connections.grants import Code, refresh_request, token_request
from connector_runtime.connections.tokens import Tokens, tokens_in
from connector_runtime.definition import Connector
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import Unauthorized
from connector_runtime.values import Request, Response
from docebo_connect.sandbox.sites import Site
from tests.connector_runtime.connections.keyfile import pem, public_pem, rsa_key
from tests.docebo_connect.sandbox.authorization import REDIRECT, opens
from tests.docebo_connect.sandbox.client import Client
from tests.docebo_connect.sandbox.conftest import Clock

APPLICATION = "my-app"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Site]:
    """A sandbox in which only tokens come and go."""
    opened = Site(tmp_path_factory.mktemp("world"), clock=clock)
    opened.register_jwt_key(APPLICATION, public_pem(rsa_key()))
    yield opened
    opened.close()


@pytest.fixture
def way(connector: Connector) -> Authentication:
    return connector.identity.connection.authentication


@pytest.fixture
def fields(world: Site) -> dict[str, str]:
    """What somebody fills in, for all methods."""
    return {
        **world.credentials,
        "username": "maya.okafor",
        "issuer": APPLICATION,
        "private_key": pem(rsa_key()).replace("\n", "\\n"),
    }


def sent(world: Site, request: Request) -> Response:
    assert request.form is not None
    answer = Client(world).request(request.method, request.path, data=request.form)
    return Response(answer.status_code, dict(answer.headers), answer.content)


def asked(world: Site, way: Authentication, method: str, fields: dict[str, str], **others: Any) -> Response:
    given: dict[str, Any] = {"host": world.host, "now": world.store.clock().timestamp()} | others
    return sent(world, token_request(way, way.methods[method], fields, **given))


def given(world: Site, response: Response, kept: Tokens | None = None) -> Tokens:
    """The tokens that were given; the access token is good for an hour."""
    assert response.status == 200, response.content
    now = world.store.clock().timestamp()
    tokens = tokens_in(response, now, kept)
    assert opens(world, tokens.access)
    assert tokens.renew_at == now + 3600 - 60
    return tokens


def refused(response: Response) -> tuple[int, str]:
    return response.status, response.at("/error")


def brought_back(world: Site, way: Authentication, verifier: str, state: str, who: str = "") -> str:
    """Where the browser is sent when somebody has consented."""
    url = consent_url(way, world.base_url, world.credentials, REDIRECT, state, verifier)
    response: httpx.Response = Client(world).get(url + (f"&login_hint={who}" if who else ""))
    assert response.status_code == 302, response.text
    return response.headers["location"]


def code(world: Site, way: Authentication, verifier: str) -> Code:
    state = new_state()
    return Code(code_in(brought_back(world, way, verifier, state), state), REDIRECT, verifier)


@pytest.mark.parametrize(("method", "renewable"), [("app", False), ("password", True), ("key", False)])
def test_a_grant_without_a_browser_gives_tokens(
    world: Site, way: Authentication, fields: dict[str, str], method: str, renewable: bool
) -> None:
    tokens = given(world, asked(world, way, method, fields))
    assert (tokens.refresh is not None) is renewable


def test_a_consent_gives_tokens(world: Site, way: Authentication, fields: dict[str, str]) -> None:
    tokens = given(world, asked(world, way, "browser", fields, code=code(world, way, new_verifier())))
    assert tokens.refresh is not None


def test_a_code_is_good_for_whoever_asked_for_it_only(world: Site, way: Authentication, fields: dict[str, str]) -> None:
    stolen = Code(code(world, way, new_verifier()).code, REDIRECT, new_verifier())
    assert refused(asked(world, way, "browser", fields, code=stolen)) == (400, "invalid_grant")


def test_a_code_is_good_for_ten_minutes(world: Site, way: Authentication, fields: dict[str, str], clock: Clock) -> None:
    old = code(world, way, new_verifier())
    clock.advance(601)
    assert refused(asked(world, way, "browser", fields, code=old)) == (400, "invalid_grant")


def test_a_code_is_good_once(world: Site, way: Authentication, fields: dict[str, str]) -> None:
    once = code(world, way, new_verifier())
    given(world, asked(world, way, "browser", fields, code=once))
    assert refused(asked(world, way, "browser", fields, code=once)) == (400, "invalid_grant")


def test_who_denies_a_consent_is_told_so(world: Site, way: Authentication) -> None:
    state = new_state()
    brought = brought_back(world, way, new_verifier(), state, who="nobody")
    with pytest.raises(Unauthorized, match="The user denied access") as caught:
        code_in(brought, state)
    assert caught.value.code == "consent_denied"


def test_a_refresh_brings_another_refresh_token(world: Site, way: Authentication, fields: dict[str, str]) -> None:
    first = given(world, asked(world, way, "password", fields))
    assert first.refresh is not None
    second = given(world, sent(world, refresh_request(way, fields, first.refresh)), first)
    assert second.refresh not in (None, first.refresh)
    assert refused(sent(world, refresh_request(way, fields, first.refresh))) == (400, "invalid_grant")


def test_a_refresh_that_brings_none_leaves_the_one_there_was(
    world: Site, way: Authentication, fields: dict[str, str]
) -> None:
    first = given(world, asked(world, way, "password", fields))
    assert first.refresh is not None
    world.faults.set([{"fault": "kept_refresh_token", "path": "/oauth2/token", "renewed": False}])
    second = given(world, sent(world, refresh_request(way, fields, first.refresh)), first)
    world.faults.set([])
    assert (second.refresh, second.access != first.access) == (first.refresh, True)
    given(world, sent(world, refresh_request(way, fields, first.refresh)), second)


@pytest.mark.parametrize("method", ["app", "password", "browser"])
def test_an_app_without_its_secret_gets_nothing(
    world: Site, way: Authentication, fields: dict[str, str], method: str
) -> None:
    changed = fields | {"client_secret": "other"}
    response = asked(world, way, method, changed, code=code(world, way, new_verifier()))
    assert refused(response) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("others", "changes"),
    [
        ({"host": "other.example.com"}, {}),
        ({"now": 1e9}, {}),
        ({}, {"username": "nobody"}),
        ({}, {"issuer": "another-app"}),
        ({}, {"private_key": pem(rsa_key(3072))}),
    ],
    ids=["another host", "long ago", "nobody", "another app", "another key"],
)
def test_an_assertion_that_is_not_right_gets_nothing(
    world: Site, way: Authentication, fields: dict[str, str], others: dict[str, Any], changes: dict[str, str]
) -> None:
    assert refused(asked(world, way, "key", fields | changes, **others)) == (400, "invalid_grant")
