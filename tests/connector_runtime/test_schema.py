"""What can be asked of the schemas in a declaration."""

from __future__ import annotations

from typing import Any, cast

import pytest

from connector_runtime.schema import (
    Choice,
    JsonSchema,
    choices_in_words,
    completed,
    field_at,
    fields,
    inlined,
    title_at,
)

FORM = cast(
    JsonSchema,
    {
        "properties": {
            "user": {"title": "User", "type": "integer"},
            "items": {
                "title": "Items",
                "items": {"properties": {"user_id": {"title": "User ID"}, "0": {"title": "Zero"}, "bare": {}}},
            },
            "inside": {"title": "Inside", "properties": {"deep": {"title": "Deep"}}},
        }
    },
)


def test_a_reference_is_replaced_by_its_shape_and_the_keys_beside_it_win() -> None:
    shapes: dict[str, Any] = {"id": {"type": "integer", "title": "ID"}, "user": {"$ref": "id", "minimum": 1}}
    schema = cast(JsonSchema, {"properties": {"a": {"$ref": "user", "title": "User"}}})
    assert inlined(schema, shapes.__getitem__) == {
        "properties": {"a": {"type": "integer", "title": "User", "minimum": 1}}
    }


def test_fields_beside_a_reference_come_first_and_replace_those_of_the_same_name() -> None:
    shape = {"properties": {"count": {"title": "Count"}, "more": {"title": "More"}}}
    schema = {"$ref": "page", "properties": {"items": {"title": "Items"}, "more": {"title": "Any more"}}}
    whole = inlined(cast(JsonSchema, schema), lambda _: cast(JsonSchema, shape))
    assert list(whole["properties"]) == ["items", "count", "more"]
    assert whole["properties"]["more"] == {"title": "Any more"}


def test_references_are_found_inside_rows() -> None:
    schema = cast(JsonSchema, {"items": {"$ref": "x"}})
    assert inlined(schema, lambda _: {"type": "integer"}) == {"items": {"type": "integer"}}


def test_a_shape_is_not_changed_by_being_used() -> None:
    shape: JsonSchema = {"properties": {"a": {"$ref": "leaf"}}}
    inlined({"$ref": "x"}, lambda name: shape if name == "x" else {"type": "string"})
    assert shape == {"properties": {"a": {"$ref": "leaf"}}}


def test_objects_with_declared_fields_are_closed_and_free_ones_stay_open() -> None:
    whole = completed({"properties": {"a": {"items": {"properties": {}}}, "b": {"type": "object"}}})
    assert whole["type"] == "object"
    assert whole["additionalProperties"] is False
    assert whole["properties"]["a"]["type"] == "array"
    assert whole["properties"]["a"]["items"]["additionalProperties"] is False
    assert whole["properties"]["b"] == {"type": "object"}


def test_fields_are_told_with_their_paths_parents_first() -> None:
    assert [path for path, _ in fields(FORM)] == [
        "user", "items", "items/user_id", "items/0", "items/bare", "inside", "inside/deep",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ([], ""),
        (["user"], "User"),
        (["items", "1", "user_id"], "Items, row 2, User ID"),
        (["items", "0"], "Items, row 1"),
        (["items", "0", "0"], "Items, row 1, Zero"),
        (["items", "0", "bare"], "Items, row 1, bare"),
        (["inside", "deep"], "Inside, Deep"),
        (["nonsense", "0"], "nonsense, 0"),
    ],
)
def test_a_path_is_told_in_titles(path: list[str], title: str) -> None:
    assert title_at(FORM, path) == title


def test_a_field_that_is_not_there_is_an_empty_schema() -> None:
    assert field_at(FORM, ["user", "x", "y"]) == {}


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ([], ""),
        ([(3, "Student")], "Student (3)"),
        ([(3, "Student"), (4, "Tutor")], "Student (3) or Tutor (4)"),
        ([(3, "Student"), (4, "Tutor"), (6, "Instructor")], "Student (3), Tutor (4) or Instructor (6)"),
        ([("asc", "asc"), ("d", "Descending")], "asc or Descending (d)"),
    ],
)
def test_choices_are_told_in_words(choices: list[tuple[Any, str]], words: str) -> None:
    assert choices_in_words([cast(Choice, {"const": const, "title": title}) for const, title in choices]) == words
