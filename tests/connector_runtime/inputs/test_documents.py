"""The input as a whole: what can be read as an object, and what a record keeps of it."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.inputs import as_given, declared_only, secrets_in
from connector_runtime.values import Json
from tests.connector_runtime.inputs.form import FORM, checked, problems
from tests.connector_runtime.workshop import declared


@pytest.mark.parametrize("raw", [{"name": "x" * 10_000_000}, '{"name": "' + "x" * 10_000_000 + '"}'])
def test_ten_megabytes_are_refused_without_being_repeated(raw: Json) -> None:
    ((title, message),) = problems(raw)
    assert title == ""
    assert message.startswith("the whole input is 10,000,0")
    assert len(message) < 200


def test_the_limit_counts_bytes_not_characters() -> None:
    raw = '{"free": {"a": "' + "é" * 600_000 + '"}}'
    ((_, message),) = problems(raw)
    assert "the whole input is 1,200,0" in message


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        b"\xff\xfe",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        "{'a': 1}",
        '{"a": "\\ud800"}',
        '{"a": "\ud800"}',
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        "[" * 100_000,
        {"name": "\ud800"},
        {"score": float("nan")},
        {"score": float("inf")},
        {"free": {1, 2}},
        {"free": object()},
        {(1, 2): 3},
    ],
)
def test_what_is_not_json_is_invalid_input(raw: Json) -> None:
    ((title, message),) = problems(raw)
    assert title == ""
    assert message.startswith(("the input is not JSON: ", "the input is nested "))


def test_an_input_that_contains_itself_is_invalid_input() -> None:
    raw: dict[str, Any] = {}
    raw["free"] = raw
    assert problems(raw)[0][1].startswith("the input is not JSON: ")


@pytest.mark.parametrize("raw", ["[]", "7", "null", "true", '"text"', [], 7, None, True, b"[1]"])
def test_an_input_that_is_no_object_is_invalid_input(raw: Json) -> None:
    assert problems(raw) == [("", "the input must be an object: field names and their values")]


def test_json_text_and_bytes_are_read_like_objects() -> None:
    assert checked('{"user_id": "7"}') == checked(b'{"user_id": 7}') == {"user_id": 7}


def test_a_record_names_what_is_not_declared_and_does_not_repeat_it() -> None:
    kept = declared_only(FORM, as_given({"user_id": 7, "password": "CANARY-PASSWORD"}))
    assert kept == {"user_id": 7, "password": "[not recorded]"}


@pytest.mark.parametrize("raw", ["{", "[1]", 7, None])
def test_a_record_of_no_object_keeps_no_input(raw: Json) -> None:
    assert declared_only(FORM, as_given(raw)) is None


def test_a_field_that_stands_twice_in_a_text_is_invalid_input() -> None:
    ((title, message),) = problems('{"user_id": 7, "user_id": 8}')
    assert (title, "user_id stands there twice" in message) == ("", True)


def nested(levels: int) -> Json:
    """Objects and lists in turn, that many, around a number."""
    value: Json = 7
    for level in range(levels, 0, -1):
        value = [value] if level % 2 == 0 else {"free": value}
    return value


@pytest.mark.parametrize("beside", [{}, {"many": [[]] * 60}])
def test_an_input_may_nest_fifty_deep(beside: dict[str, Json]) -> None:
    raw = nested(50) | beside
    assert as_given(raw) == raw
    assert problems(nested(51) | beside) == [("", "the input is nested more than 50 deep")]


PIN = {"type": "string", "x-secret": True}


@pytest.mark.parametrize(
    ("schema", "value", "secrets"),
    [
        ({"properties": {"pin": PIN, "name": {}}}, {"pin": "CANARY", "name": "Ada", "other": "x"}, {"CANARY"}),
        ({"properties": {"pin": PIN}}, {"pin": 1234}, {"1234"}),
        ({"properties": {"pin": PIN}}, {"pin": ""}, set()),
        ({"properties": {"rows": {"items": {"properties": {"pin": PIN}}}}}, {"rows": [{"pin": "A"}, {}, 7]}, {"A"}),
        ({"properties": {"pins": {"items": PIN}}}, {"pins": ["A", "B"]}, {"A", "B"}),
        ({"properties": {"pin": PIN | {"x-secret": False}}}, {"pin": "A"}, set()),
        ({"properties": {"pin": PIN}}, [1], set()),
    ],
)
def test_secrets_are_the_texts_of_fields_that_are_declared_secret(schema: Json, value: Json, secrets: set[str]) -> None:
    assert secrets_in(declared(input=schema), value) == secrets
