"""A schema's fields as facts."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.exports.fields import field_facts
from connector_runtime.schema import JsonSchema

PERSON: JsonSchema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"title": "Name", "type": "string"},
        "tags": {
            "title": "Tags",
            "type": "string",
            "x-list": "comma",
            "x-choices": [{"const": "a", "title": "A"}],
            "x-visibility": "advanced",
        },
        "children": {
            "title": "Children",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["age"],
                "properties": {"age": {"title": "Age", "type": "integer"}},
            },
        },
    },
}


def test_a_field_has_its_place_and_what_is_inside_it() -> None:
    name, tags, children = field_facts(PERSON)
    assert [name.required, tags.required, children.fields[0].required] == [True, False, True]
    assert [name.path, children.fields[0].path] == ["name", "children/age"]
    assert [name.type, children.type] == ["String", "Array of Objects"]
    assert (tags.several, tags.important, tags.choices[0].title) == (True, False, "A")
    assert (name.several, name.important, name.choices) == (False, None, [])


def test_where_nobody_fills_them_in_no_field_is_required_or_optional() -> None:
    found = field_facts(PERSON, asked=False)
    assert {field.required for field in [*found, *found[2].fields]} == {None}


def test_a_sample_is_the_first_that_has_something() -> None:
    samples = [
        {"name": None, "children": []},
        {"name": "Ada", "children": [{"age": None}, {"age": 0}]},
        {"name": "Bo", "children": [{"age": 7}]},
    ]
    name, tags, children = field_facts(PERSON, samples)
    assert [name.sample, tags.sample, children.sample, children.fields[0].sample] == ["Ada", None, None, 0]


@pytest.mark.parametrize("value", [[], {}])
def test_an_empty_sample_is_better_than_none(value: Any) -> None:
    schema: JsonSchema = {"properties": {"extra": {"title": "Extra", "type": "object"}}}
    assert field_facts(schema, [{"extra": value}])[0].sample == value
    assert field_facts(schema, [{"extra": value}, {"extra": {"a": 1}}])[0].sample == {"a": 1}


def test_a_secret_has_no_sample() -> None:
    schema: JsonSchema = {"properties": {"token": {"title": "Token", "type": "string", "x-secret": True}}}
    assert field_facts(schema, [{"token": "abc"}])[0].sample is None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, ""),
        ({"minimum": 1, "maximum": 200}, "from 1 to 200"),
        ({"minimum": 1, "maximum": 2**63 - 1}, ""),
        ({"minimum": 0}, "at least 0"),
        ({"maximum": 1000}, "at most 1,000"),
        ({"minItems": 1, "maxItems": 500}, "1 to 500 of them"),
        ({"minItems": 1}, "at least 1 of them"),
        ({"minLength": 1}, ""),
        ({"minLength": 2, "maxLength": 9}, "2 to 9 characters"),
        ({"minLength": 1, "maxLength": 9, "minimum": 3}, "at least 3; at most 9 characters"),
    ],
)
def test_what_else_a_value_must_keep_to_is_said_in_words(schema: Any, words: str) -> None:
    whole: JsonSchema = {"properties": {"field": {"title": "Field", "type": "string"} | schema}}
    assert field_facts(whole)[0].bounds == words
