"""What an answer means when it is no success."""

from __future__ import annotations

import pytest

from connector_runtime.errors import NotFound, PlatformBroken, RateLimited, Refused, Unauthorized
from connector_runtime.refusal import REASON_LENGTH, explained, refused
from connector_runtime.values import Json, Response
from tests.connector_runtime.workshop import IDENTITY, answer

HABITS = IDENTITY.errors


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_a_success(status: int) -> None:
    assert refused(HABITS, Response(status)) is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (100, Refused),
        (301, Refused),
        (302, Refused),
        (400, Refused),
        (401, Unauthorized),
        (403, Refused),
        (404, NotFound),
        (409, Refused),
        (422, Refused),
        (429, RateLimited),
        (499, Refused),
        (500, PlatformBroken),
        (503, PlatformBroken),
        (599, PlatformBroken),
    ],
)
def test_a_status_stands_for_its_error(status: int, error: type[Exception]) -> None:
    assert type(refused(HABITS, answer({"message": "no"}, status))) is error


@pytest.mark.parametrize(("body", "from_api"), [({"message": "no"}, True), ({"other": 1}, False), ([], False)])
def test_an_answer_without_the_apis_own_reason_does_not_come_from_the_api(body: Json, from_api: bool) -> None:
    error = refused(HABITS, answer(body, 404))
    assert isinstance(error, NotFound)
    assert error.from_api is from_api


@pytest.mark.parametrize("content", [b"", b"<html>Not here</html>", b"\xff", b'{"message": null}', b'"message"'])
def test_a_refusal_without_a_reason_says_its_status(content: bytes) -> None:
    error = refused(HABITS, Response(418, content=content))
    assert isinstance(error, Refused)
    assert error.message == "HTTP status 418, without a reason"
    assert not error.from_api


def test_a_long_reason_is_cut() -> None:
    error = refused(HABITS, answer({"message": "x" * 100_000}, 418))
    assert error is not None
    assert len(error.message) == REASON_LENGTH


@pytest.mark.parametrize("reason", [["a", "b"], {"a": ["b"]}, 7, False])
def test_a_reason_of_any_shape_is_told(reason: Json) -> None:
    error = refused(HABITS, answer({"message": reason}, 418))
    assert error is not None
    assert error.message
    assert "HTTP status" not in error.message


def test_a_reason_nested_beyond_reason_is_still_a_refusal() -> None:
    content = b'{"message": ' + b"[" * 700 + b"1" + b"]" * 700 + b"}"
    assert type(refused(HABITS, Response(418, content=content))) is Refused


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30.0), ("0", 0.0), ("soon", None), ("-1", None), ("1.5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)],
)
def test_a_rate_limit_carries_the_advice_in_seconds(header: str, seconds: float | None) -> None:
    error = refused(HABITS, answer({}, 429, retry_after=header))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds
    assert refused(HABITS, answer({}, 429)).retry_after_s is None  # type: ignore[union-attr]


def test_the_catalogue_gives_code_cause_and_fix_by_status() -> None:
    error = refused(HABITS, answer({"message": "level"}, 400))
    assert error is not None
    assert (error.code, error.message, error.fix) == ("bad", "It is bad. (level)", "Make it good.")


@pytest.mark.parametrize("reason", ["The seat is TAKEN.", {"seats": "taken"}, ["taken"]])
def test_the_catalogue_finds_a_phrase_in_any_case_inside_a_2xx(reason: Json) -> None:
    error = explained(HABITS, Refused(Response(200), reason))
    assert (error.code, error.fix) == ("taken", "Choose another.")
    assert error.reason == reason


def test_an_entry_without_a_status_is_for_2xx_only() -> None:
    error = refused(HABITS, answer({"message": "taken"}, 418))
    assert error is not None
    assert error.code == "refused"


def test_the_catalogue_keeps_the_errors_type() -> None:
    assert type(explained(HABITS, NotFound(Response(400), "x"))) is NotFound


def test_a_handlers_own_code_wins_over_the_catalogue() -> None:
    refusal = Refused(Response(400), "x", code="mine")
    assert explained(HABITS, refusal) is refusal


def test_explaining_twice_changes_nothing() -> None:
    once = explained(HABITS, Refused(Response(400), "x"))
    assert explained(HABITS, once) is once
