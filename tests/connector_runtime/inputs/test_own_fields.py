"""What was given for the platform's own fields, held to them."""

from __future__ import annotations

import pytest

from connector_runtime.inputs.own_fields import is_number, settled
from connector_runtime.schema import Choice, JsonSchema
from connector_runtime.values import Json

SIZES: list[Choice] = [{"const": 1, "title": "Small"}, {"const": 2, "title": "1"}]
DAYS: dict[str, JsonSchema] = {"from": {"title": "From", "type": "string", "format": "date"}}
KNOWN: JsonSchema = {
    "title": "Extras",
    "properties": {
        "1": {"title": "Size", "type": "integer", "oneOf": SIZES},
        "2": {"title": "Ends/begins", "type": "object", "properties": DAYS},
        "3": {"title": "4", "type": "string"},
        "4": {"title": "Text", "type": "string"},
    },
    "required": ["4"],
}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"Size": "small"}, {"1": 1}),
        ({"1": "1"}, {"1": 1}),  # a value goes before a label that is spelled like it
        ({"4": "x"}, {"4": "x"}),  # and an ID before a name
        ({"ends/BEGINS": {"from": "2026-01-31"}}, {"2": {"from": "2026-01-31"}}),
        ({"Text": "", "Size": None}, {}),
        ({}, {}),
    ],
)
def test_fields_go_by_name_or_id_and_values_as_the_fields_take_them(given: Json, values: Json) -> None:
    assert settled(KNOWN, "extras", given) == (values, [])


def test_a_problem_inside_a_field_has_its_own_pointer_and_the_fields_name() -> None:
    _, [problem] = settled(KNOWN, "extras", {"Ends/begins": {"from": "soon"}})
    assert (problem.field, problem.pointer, problem.title) == (
        "extras/2/from",
        "/extras/2/from",
        "Extras, Ends/begins",
    )


def test_a_name_that_nothing_has_stands_escaped_in_its_pointer_and_the_names_are_listed() -> None:
    _, [problem] = settled(KNOWN, "extras", {"a/b": 1})
    assert (problem.pointer, problem.title) == ("/extras/a~1b", "Extras, a/b")
    assert problem.message == "there is no such field; the platform has: Size, Ends/begins, 4, Text"
    _, [problem] = settled({"title": "Extras", "properties": {}}, "extras", {"9": 1})
    assert problem.message == "there is no such field; the platform has none"


def test_control_characters_are_found_here_too() -> None:
    _, [problem] = settled(KNOWN, "extras", {"Text": "a\x00b"})
    assert problem.message == "contains control characters; remove them"


@pytest.mark.parametrize(
    ("name", "number"), [("12", True), (" 7 ", True), ("Size", False), ("", False), ("1.5", False)]
)
def test_a_number_can_only_be_an_id(name: str, number: bool) -> None:
    assert is_number(name) is number
