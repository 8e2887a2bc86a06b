"""What an answer means when it is no success."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition.grammar import Catalogued, ErrorHabits
from connector_runtime.errors import (
    NotFound,
    PlatformBroken,
    RateLimited,
    Refused,
    Unauthorized,
    UnexpectedOutput,
    Unreachable,
)
from connector_runtime.refusal import REASON_LENGTH, explained, refused
from connector_runtime.values import Json, Response
from tests.connector_runtime.workshop import IDENTITY, answer

HABITS = IDENTITY.errors
UNKNOWN = "the platform refused, and its reason is not in the catalogue: "


def knowing(*entries: Catalogued, message: str | list[str] = "/message") -> ErrorHabits:
    """A catalogue of these entries."""
    return ErrorHabits(message=message, catalogue=list(entries))


def entry(**others: Any) -> Catalogued:
    """An entry, whatever it is about."""
    return Catalogued(**{"code": "known", "cause": "It is known.", "fix": "Do this.", **others})


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
    assert error.message == f"{UNKNOWN}HTTP status 418, without a reason"
    assert not error.from_api


def test_a_long_reason_is_cut() -> None:
    error = refused(HABITS, answer({"message": "x" * 100_000}, 418))
    assert error is not None
    assert error.message.endswith("xxx…")
    assert len(error.message) <= len(f"{UNKNOWN}HTTP status 418, ") + REASON_LENGTH


def test_a_reason_is_cut_between_words_so_that_no_half_of_a_secret_is_left() -> None:
    error = refused(HABITS, answer({"message": "x" * (REASON_LENGTH - 10) + " a-long-secret"}, 400))
    assert error is not None
    assert error.message.endswith("xxx…)")


@pytest.mark.parametrize("reason", [["a", "b"], {"a": ["b"]}, 7, False])
def test_a_reason_of_any_shape_is_told(reason: Json) -> None:
    error = refused(HABITS, answer({"message": reason}, 418))
    assert error is not None
    assert error.message.startswith(f"{UNKNOWN}HTTP status 418, ")
    assert "without a reason" not in error.message


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


@pytest.mark.parametrize(
    ("until", "seconds"), [("Wed, 21 Oct 2026 07:28:30 GMT", 30.0), ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0)]
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_advice_may_be_a_moment_by_the_platforms_own_clock(status: int, until: str, seconds: float) -> None:
    error = refused(HABITS, answer({}, status, retry_after=until, date="Wed, 21 Oct 2026 07:28:00 GMT"))
    assert isinstance(error, RateLimited | PlatformBroken)
    assert error.retry_after_s == seconds
    assert f"asks to wait {seconds:g} seconds" in error.message


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


def test_an_unknown_refusal_says_so_with_its_evidence_and_asks_for_a_report() -> None:
    error = explained(HABITS, Refused(Response(200), "the session is over"))
    assert error.message == f"{UNKNOWN}HTTP status 200, the session is over"
    assert str(error) == error.message
    assert (error.code, error.whose, error.report) == ("refused", "recipe_author", True)
    assert "report it with the run's record" in error.fix
    assert explained(HABITS, error).message.count(UNKNOWN) == 1


def test_an_entry_says_whose_move_it_is_and_which_inputs_it_is_about() -> None:
    error = refused(knowing(entry(status=400, whose="administrator", about=["a", "b"])), answer({"message": "x"}, 400))
    assert error is not None
    assert (error.whose, error.about, error.report) == ("administrator", ("a", "b"), False)
    assert (error.document()["whose"], error.docs) == ("administrator", "docs/errors.md#known")


def test_an_entry_that_names_nobody_leaves_the_move_to_whose_it_is_for_such_errors() -> None:
    error = refused(knowing(entry(status=401)), answer({"message": "x"}, 401))
    assert error is not None
    assert (error.whose, error.about) == (Unauthorized.whose, ())


def test_what_is_the_connectors_to_put_right_asks_for_a_report() -> None:
    error = refused(knowing(entry(status=405, whose="connector_author")), answer({"message": "x"}, 405))
    assert error is not None and error.report


@pytest.mark.parametrize(
    ("look", "body", "fits"),
    [
        ({"at": "/error", "says": "invalid_grant"}, {"error": "invalid_grant"}, True),
        ({"at": "/error", "says": "invalid_grant"}, {"error": "invalid_client", "message": "invalid_grant"}, False),
        ({"at": "/error", "says": "invalid_grant"}, {"message": "invalid_grant"}, False),
        ({"at": "/data/errors/users"}, {"data": {"errors": {"users": [7]}}}, True),
        ({"at": "/data/errors/users"}, {"data": {"errors": {"users": []}}}, False),
        ({"at": "/data/errors/users"}, {"data": {"errors": []}}, False),
        ({"at": "/data/0/why", "says": "GONE"}, {"data": [{"why": ["it is gone"]}]}, True),
        ({"bare": True}, {"other": 1}, True),
        ({"bare": True}, {"message": "no"}, False),
        ({}, {"message": "no"}, True),
    ],
)
def test_an_entry_fits_by_what_is_said_at_its_place_in_the_body(look: Json, body: Json, fits: bool) -> None:
    error = refused(knowing(entry(status=400, **look)), answer(body, 400))
    assert error is not None
    assert (error.code == "known") is fits


def test_an_answer_that_is_no_json_has_nothing_at_any_place() -> None:
    error = refused(knowing(entry(status=404, at="/error")), Response(404, content=b"<html>"))
    assert error is not None
    assert error.code == "not_found"


def test_the_first_place_that_has_a_reason_gives_it() -> None:
    habits = knowing(message=["/message", "/error_description"])
    for body in ({"error_description": "it is late"}, {"message": "it is late", "error_description": "x"}):
        error = refused(habits, answer(body, 400))
        assert isinstance(error, Refused)
        assert (error.from_api, "it is late" in error.message) == (True, True)


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, PlatformBroken)])
def test_an_entry_for_a_limit_or_a_failure_keeps_the_type_and_the_advice(status: int, kind: type[Exception]) -> None:
    error = refused(knowing(entry(status=status, says="busy")), answer({"message": "Busy."}, status, retry_after="7"))
    assert type(error) is kind
    assert error is not None
    assert (error.code, error.fix) == ("known", "Do this.")
    assert "It is known." in error.message and "Busy." in error.message
    assert getattr(error, "retry_after_s", 7) == 7


def test_an_error_that_its_raiser_has_named_keeps_its_message_and_gets_the_catalogues_words() -> None:
    habits = knowing(entry(raised="UnexpectedOutput", whose="recipe_author", about="id"))
    error = explained(habits, UnexpectedOutput("row 2 is gone", code="known", fix="old words"))
    assert (error.message, error.fix, error.whose, error.about) == (
        "row 2 is gone",
        "Do this.",
        "recipe_author",
        ("id",),
    )
    other = explained(habits, Refused(Response(200), "row 2 is gone", code="known", fix="own words"))
    assert (other.fix, other.about) == ("own words", ())


def test_what_an_entry_leaves_out_is_as_in_the_first_one_with_its_code() -> None:
    first = entry(says="gone", whose="administrator", about="a")
    other = Catalogued(status=404, code="known", about="b", fix="Do that.")
    error = refused(knowing(first, other), answer({"message": "no"}, 404))
    assert error is not None
    assert (error.message, error.fix, error.whose, error.about) == (
        "It is known. (no)",
        "Do that.",
        "administrator",
        ("b",),
    )


def test_an_entry_for_named_errors_explains_no_answer() -> None:
    error = explained(knowing(entry(raised="Refused")), Refused(Response(200), "x"))
    assert error.code == "refused"


def test_an_error_that_is_no_refusal_is_left_as_it_is() -> None:
    lost = Unreachable("the platform did not answer")
    assert explained(HABITS, lost) is lost
    assert lost.message == "the platform did not answer"
