"""The errors: what they carry, and how they are published."""

from __future__ import annotations

import pytest

from connector_runtime import errors
from connector_runtime.errors import (
    ConnectorError,
    DefinitionError,
    InvalidInput,
    RateLimited,
    Refused,
    UnknownOutcome,
    Unreachable,
    reason_in_words,
)
from connector_runtime.values import Json, Problem, Response


def tree(error: type[ConnectorError]) -> list[type[ConnectorError]]:
    return [error, *(lower for child in error.__subclasses__() for lower in tree(child))]


def test_the_modules_docstring_shows_the_whole_tree() -> None:
    assert errors.__doc__ is not None
    assert [error.__name__ for error in tree(ConnectorError) if error.__name__ not in errors.__doc__] == []


def test_only_the_waiting_branch_is_retriable() -> None:
    names = {error.__name__ for error in tree(errors.NotNow)}
    assert names == {"NotNow", "RateLimited", "PlatformBroken", "Unreachable"}


@pytest.mark.parametrize("error", [error for error in tree(ConnectorError) if error is not ConnectorError])
def test_every_error_says_what_to_do_next_and_has_a_word_for_programs(error: type[ConnectorError]) -> None:
    assert error.fix.endswith(".")
    assert error.code.replace("_", "").isalpha()
    assert error.code != ConnectorError.code


def test_every_word_for_programs_is_its_own() -> None:
    codes = [error.code for error in tree(ConnectorError)]
    assert sorted(codes) == sorted(set(codes))


def test_a_published_error_has_these_keys_in_this_order() -> None:
    document = InvalidInput([Problem("user_id", "is wrong", "User ID", "/user_id")]).document()
    keys = ["type", "code", "message", "fix", "whose", "pointer", "docs", "problems", "effect"]
    assert list(document) == keys
    assert document["type"] == "InvalidInput"
    assert document["message"] == "User ID: is wrong"
    assert (document["whose"], document["docs"]) == ("recipe_author", "docs/errors.md#invalid_input")
    assert document["problems"] == [
        {"field": "user_id", "title": "User ID", "pointer": "/user_id", "message": "is wrong"}
    ]


def test_one_wrong_field_is_pointed_at_and_of_several_none_is() -> None:
    wrong = [Problem("user_id", "is wrong", "User ID", "/user_id"), Problem("level", "is wrong", "Level", "/level")]
    assert InvalidInput(wrong[:1]).pointer == "/user_id"
    assert InvalidInput(wrong).pointer == ""


def test_an_error_without_problems_publishes_none() -> None:
    assert Unreachable("gone", effect="unknown").document()["problems"] == []


def test_what_is_said_for_one_error_wins_over_what_its_type_says() -> None:
    error = Unreachable("gone", code="mine", fix="Do this.", pointer="/a")
    assert (error.code, error.fix, error.pointer, error.effect) == ("mine", "Do this.", "/a", "none")
    assert (Unreachable("gone").code, Unreachable("gone").fix) == (Unreachable.code, Unreachable.fix)


def test_an_unknown_outcome_is_always_unknown() -> None:
    assert UnknownOutcome("lost").effect == "unknown"


def test_a_rate_limit_carries_the_platforms_advice() -> None:
    assert RateLimited("slow down", retry_after_s=30).retry_after_s == 30
    assert RateLimited("slow down").retry_after_s is None


def test_a_definition_error_lists_its_faults_line_by_line() -> None:
    error = DefinitionError(["a.yaml:1:2: x", "b.yaml:3:4: y"])
    assert error.faults == ("a.yaml:1:2: x", "b.yaml:3:4: y")
    assert error.message.splitlines() == list(error.faults)


def test_a_refusal_keeps_the_reason_and_the_answer() -> None:
    response = Response(200)
    refusal = Refused(response, {"user_ids": [7]}, code="c", fix="f")
    assert (refusal.reason, refusal.response, refusal.code, refusal.fix) == ({"user_ids": [7]}, response, "c", "f")
    assert refusal.message == "user ids: 7"


NO_REASON = "the platform gave no reason"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no", "no"),
        (None, NO_REASON),
        ("", NO_REASON),
        ([], NO_REASON),
        ({}, NO_REASON),
        ([None, "", []], NO_REASON),
        ({"a": None, "b": []}, NO_REASON),
        (["a", "b"], "a, b"),
        ({"existing_enrollments": [7, 12], "x": None}, "existing enrollments: 7, 12"),
        ({"a": {"b": "c"}, "d": "e"}, "a: b: c; d: e"),
        (7, "7"),
    ],
)
def test_a_reason_of_any_shape_becomes_one_line(reason: Json, words: str) -> None:
    assert reason_in_words(reason) == words
