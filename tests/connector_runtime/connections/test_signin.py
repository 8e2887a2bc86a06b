"""How a connection signs in: its first tokens, its next ones, and what the platform says against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_runtime.connections.signin import SignIn
from connector_runtime.connections.tokens import Tokens
from connector_runtime.errors import (
    ConnectorError,
    Refused,
    Unauthorized,
)
from tests.connector_runtime.connections.canaries import told_by
from tests.connector_runtime.connections.granting import ENDED, PLATFORM, Desk, desk_in, filled_in, kept_by, ready
from tests.connector_runtime.workshop import answer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from desk_in(tmp_path)


@pytest.mark.parametrize(
    ("method", "grant_type"),
    [
        ("app", "client_credentials"),
        ("password", "password"),
        ("key", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
    ],
)
async def test_where_a_refresh_token_is_refused_who_can_signs_in_anew(desk: Desk, method: str, grant_type: str) -> None:
    desk.office.answers = [ENDED]
    access = desk.access(kept_by(method, renew_at=0))
    assert (await ready(access)).authorization == "Bearer access-2"
    assert [each["grant_type"] for each in desk.office.asked] == ["refresh_token", grant_type]


@pytest.mark.parametrize("method", ["app", "password", "key"])
async def test_without_a_refresh_token_who_can_signs_in_anew(desk: Desk, method: str) -> None:
    access = desk.access(kept_by(method, refresh=None, renew_at=0))
    assert (await ready(access)).authorization == "Bearer access-1"
    assert "refresh_token" not in desk.office.asked[0]


async def test_a_refusal_that_is_not_about_the_refresh_token_does_not_sign_in_anew(desk: Desk) -> None:
    desk.office.answers = [answer({"error": "invalid_client", "error_description": "who are you?"}, 401)]
    with pytest.raises(Unauthorized):
        await ready(desk.access(kept_by("app", renew_at=0)))
    assert len(desk.office.asked) == 1


async def test_where_a_person_must_sign_in_the_refusal_says_what_to_do(desk: Desk) -> None:
    desk.office.answers = [ENDED]
    with pytest.raises(Refused) as caught:
        await ready(desk.access(kept_by("browser", renew_at=0)))
    assert (caught.value.code, caught.value.fix, caught.value.whose) == (
        "sign_in_refused",
        "Reconnect.",
        "connection_owner",
    )
    assert len(desk.office.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 503])
@pytest.mark.parametrize("begin", ["", "x" * 480])
async def test_secrets_that_a_refusal_repeats_are_hidden(desk: Desk, status: int, begin: str) -> None:
    secrets = [kept_by(method).secrets[name] for method, name in (("app", "client_secret"), ("password", "password"))]
    repeated = begin + " ".join([*secrets, "refresh-0", "access-0"])
    desk.office.answers = [answer({"message": repeated}, status)]
    with pytest.raises(ConnectorError) as caught:
        await ready(desk.access(kept_by("password", renew_at=0)))
    told = told_by(caught.value)
    assert "[secret]" in told
    assert not [each for each in (*secrets, "refresh-0", "access-0", "client-s") if each in told]


async def test_a_secret_that_is_a_word_of_the_refusal_does_not_change_what_it_means(desk: Desk) -> None:
    kept = kept_by("password", refresh=None)
    odd = type(kept)(**{**vars(kept), "secrets": {**kept.secrets, "password": "invalid"}})
    desk.office.answers = [ENDED]
    with pytest.raises(Refused) as caught:
        await SignIn(PLATFORM, desk.office.send, None).first(odd)
    assert caught.value.code == "sign_in_refused"


@pytest.mark.parametrize("method", ["app", "password", "key"])
async def test_the_first_tokens_are_asked_for_with_what_was_filled_in(desk: Desk, method: str) -> None:
    tokens = await SignIn(PLATFORM, desk.office.send, None, now=desk.clock.now).first(kept_by(method))
    assert tokens.access == "access-1"


async def test_a_token_that_was_filled_in_is_the_first(desk: Desk) -> None:
    tokens = await SignIn(PLATFORM, desk.office.send, None).first(kept_by("token"))
    assert (tokens, desk.office.asked) == (Tokens(filled_in()["token"]), [])
