"""The words for what is wrong: said for the person who fills in the form."""

from __future__ import annotations

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.inputs.complaint import not_among
from connector_runtime.schema import Choice
from connector_runtime.values import Json
from tests.connector_runtime.workshop import check, declared, handler


def message(schema: Json, value: Json) -> str:
    action = declared(input={"properties": {"it": {"title": "It", **schema}}})
    with pytest.raises(InvalidInput) as caught:
        check(action, handler(), {"it": value})
    return caught.value.problems[0].message


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "integer"}, "x", 'must be a whole number, such as 12, not "x"'),
        ({"type": "number"}, "x", 'must be a number, such as 12.5, not "x"'),
        ({"type": "boolean"}, "x", 'must be true or false, not "x"'),
        ({"type": "string"}, 7, "must be text, not 7"),
        ({"type": "object"}, 7, "must be an object, such as {…}, not 7"),
        ({"type": "array"}, 7, "must be a list, such as [12, 15], not 7"),
        ({"type": "integer", "minimum": 1}, 0, "must be at least 1, not 0"),
        ({"type": "integer", "maximum": 9}, 10, "must be at most 9, not 10"),
        ({"type": "integer", "minimum": 0, "maximum": 9}, 10, "must be from 0 to 9, not 10"),
        ({"type": "string", "minLength": 2}, "x", "must be 2 to any number of characters long"),
        ({"type": "string", "maxLength": 2}, "xyz", "must be 0 to 2 characters long"),
        ({"type": "string", "minLength": 2, "maxLength": 3}, "xyzz", "must be 2 to 3 characters long"),
        ({"items": {"type": "integer"}, "maxItems": 1}, [1, 2], "has 2 rows; at most 1 are accepted"),
        (
            {"type": "string", "pattern": "^a"},
            "b",
            "'b' does not match '^a'",
        ),  # beyond the grammar
        ({"type": "string", "format": "date"}, 7, "must be a day as ISO 8601, such as 2026-01-31, not 7"),
    ],
)
def test_each_fault_has_its_sentence(schema: Json, value: Json, said: str) -> None:
    assert message(schema, value) == said


def test_a_long_value_is_cut_in_the_message() -> None:
    said = message({"type": "integer"}, "x" * 500)
    assert said.endswith("…")
    assert len(said) < 120


def test_a_value_is_shown_in_characters_that_every_terminal_has() -> None:
    said = message({"type": "integer"}, "\u202e\u2028é")
    assert said.isascii()


def test_a_choice_whose_title_is_its_value_is_named_once() -> None:
    choices: list[Choice] = [{"const": "asc", "title": "asc"}, {"const": "desc", "title": "Descending"}]
    assert not_among(choices, ["up"]) == 'choose asc or Descending (desc), not "up"'


def test_a_single_choice_needs_no_or() -> None:
    assert not_among([{"const": 1, "title": "One"}], [2]) == "choose One (1), not 2"


def test_several_fields_that_belong_together_are_joined_by_and() -> None:
    action = declared(
        input={
            "anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}],
            "properties": {key: {"title": key.upper(), "type": "string"} for key in "abc"},
        }
    )
    with pytest.raises(InvalidInput, match=r"fill in A and B or C \(both is allowed\)"):
        check(action, handler(), {"a": "1"})
