"""What is read in the answer of a token endpoint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector_runtime.connections.tokens import Tokens, tokens_in
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.values import Json, Response
from tests.connector_runtime.connections.canaries import CANARY, holds_back, told_by
from tests.connector_runtime.workshop import answer

NOW = 1_000_000.5
KEPT = Tokens("a-0", "r-0", 5.0)


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ({"access_token": "a"}, Tokens("a")),
        ({"access_token": "a", "token_type": "Bearer", "expires_in": 3600}, Tokens("a", None, NOW + 3540)),
        ({"access_token": "a", "expires_in": "3600", "refresh_token": "r"}, Tokens("a", "r", NOW + 3540)),
        ({"access_token": "a", "expires_in": 3600.9, "scope": "api other"}, Tokens("a", None, NOW + 3540)),
        ({"access_token": "a", "expires_in": None, "refresh_token": None, "scope": None}, Tokens("a")),
    ],
)
def test_tokens_end_when_the_answer_says(said: Json, tokens: Tokens) -> None:
    assert tokens_in(answer(said), NOW) == tokens


@pytest.mark.parametrize(("brought", "refresh"), [("r-1", "r-1"), (None, "r-0"), ("", "r-0")])
def test_a_refresh_token_is_kept_until_there_is_another(brought: str | None, refresh: str) -> None:
    tokens = tokens_in(answer({"access_token": "a-1", "refresh_token": brought}), NOW, KEPT)
    assert tokens == Tokens("a-1", refresh)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"access_token"',
        b"<html>" + CANARY.encode(),
        b"\xff" + CANARY.encode(),
        b"[" * 100_000,
        *(
            json.dumps(said).encode()
            for said in (
                {},
                {"access_token": ""},
                {"access_token": None, "refresh_token": CANARY},
                {"access_token": [CANARY]},
                {"access_token": f"{CANARY}\r\nX-Other: 1"},
                {"access_token": f"{CANARY}\ud800"},
                {"access_token": CANARY, "expires_in": float("inf")},
                {"access_token": CANARY, "error": CANARY, "error_description": CANARY},
                [[CANARY, CANARY]],
            )
        ),
    ],
    ids=lambda content: repr(content[:60]),
)
def test_an_answer_without_a_token_is_unexpected_and_not_quoted(content: bytes) -> None:
    with pytest.raises(UnexpectedOutput) as caught:
        tokens_in(Response(200, {}, content), NOW, Tokens(CANARY, CANARY))
    assert caught.value.code == "no_token"
    assert CANARY not in told_by(caught.value)


@pytest.mark.parametrize("refresh", [["r"], "r\ud800", "r\n"])
def test_a_refresh_token_that_cannot_be_sent_is_none(refresh: Json) -> None:
    assert tokens_in(answer({"access_token": "a", "refresh_token": refresh}), NOW) == Tokens("a")


def test_no_access_lasts_longer_than_ten_years() -> None:
    tokens = tokens_in(answer({"access_token": "a", "expires_in": 10**400}), NOW)
    assert tokens.renew_at == NOW + 315_360_000 - 60


def test_tokens_are_sealed_as_a_document_and_are_the_same_again() -> None:
    assert Tokens.from_document(json.loads(json.dumps(KEPT.as_document()))) == KEPT


def test_no_token_shows_itself() -> None:
    assert holds_back(Tokens(CANARY, CANARY, 1.0))


@pytest.mark.parametrize("odd", [{"expires_in": ""}, {"expires_in": "1h"}, {"expires_in": [1]}, {"scope": 7}])
def test_tokens_beside_something_odd_are_not_thrown_away(odd: dict[str, Any]) -> None:
    content = json.dumps({"access_token": "a-token", "refresh_token": "once", "token_type": "Bearer"} | odd).encode()
    assert tokens_in(Response(200, content=content), 1000.0, None) == Tokens("a-token", "once", None)
