"""The fourth room: exactly the documented fields, coerced where the meaning is plain, a warning where it is not."""

from __future__ import annotations

import pytest

from connector_runtime.errors import UnexpectedOutput
from connector_runtime.outputs import MAX_WARNINGS, Reading, read_output
from connector_runtime.values import Json
from tests.connector_runtime.workshop import declared

NO_VALUE = ["0000-00-00", "0000-00-00 00:00:00"]
ROWS = {"title": "Rows", "items": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}


def reading(schema: Json, value: Json) -> Reading:
    return read_output(declared(output=schema), value, NO_VALUE)


def read(schema: Json, value: Json) -> Json:
    """What a field of that schema makes of a value, with nothing odd about it."""
    found = reading({"properties": {"it": schema}}, {"it": value})
    assert found.warnings == []
    return found.output["it"]


def warned(schema: Json, value: Json) -> list[dict[str, str]]:
    found = reading({"properties": {"it": schema}}, {"it": value})
    assert found.output == {"it": None}
    return found.warnings


@pytest.mark.parametrize(
    ("kind", "came", "meant"),
    [
        ("integer", 12, 12),
        ("integer", "12", 12),
        ("integer", " -12 ", -12),
        ("integer", "+12", 12),
        ("integer", 12.0, 12),
        ("integer", "12.0", 12),
        ("integer", True, 1),
        ("integer", 2**70, 2**70),
        ("number", "12", 12),
        ("number", "12.5", 12.5),
        ("number", 12.5, 12.5),
        ("boolean", True, True),
        ("boolean", 0, False),
        ("boolean", 1, True),
        ("boolean", 1.0, True),
        ("boolean", "1", True),
        ("boolean", "False", False),
        ("string", "text", "text"),
        ("string", True, "true"),
        ("string", False, "false"),
        ("string", 12, "12"),
        ("string", 12.5, "12.5"),
        ("string", "2026-01-10 09:00:00", "2026-01-10 09:00:00"),
    ],
)
def test_a_value_of_another_type_is_read_where_its_meaning_is_plain(kind: str, came: Json, meant: Json) -> None:
    found = read({"type": kind}, came)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize("score", [87.5, "87.5"])
def test_a_score_of_eighty_seven_and_a_half_is_kept_although_an_integer_is_documented(score: Json) -> None:
    assert read({"type": "integer"}, score) == 87.5


@pytest.mark.parametrize("zero", NO_VALUE)
@pytest.mark.parametrize("kind", ["string", "integer", "object"])
def test_a_zero_date_is_null(kind: str, zero: str) -> None:
    assert read({"type": kind}, zero) is None


@pytest.mark.parametrize("kind", ["integer", "number", "boolean", "object", "array"])
def test_an_empty_text_is_null_without_a_warning(kind: str) -> None:
    assert read({"type": kind}, "") is None


@pytest.mark.parametrize(
    ("kind", "came", "named"),
    [
        ("integer", "twelve", "string"),
        ("integer", "+-12", "string"),
        ("integer", "inf", "string"),
        ("integer", "nan", "string"),
        ("integer", "9" * 5_000, "string"),
        ("integer", [12], "array"),
        ("integer", {}, "object"),
        ("number", "1e999", "string"),
        ("boolean", 2, "integer"),
        ("boolean", 0.5, "number"),
        ("boolean", "perhaps", "string"),
        ("boolean", {"a": 1}, "object"),
        ("string", {"a": 1}, "object"),
        ("string", ["a"], "array"),
        ("object", "text", "string"),
        ("object", [{}, {}], "array"),
        ("object", True, "boolean"),
        ("array", 7, "integer"),
        ("array", "a,b", "string"),
    ],
)
def test_what_cannot_be_read_is_null_with_a_warning_at_its_pointer(kind: str, came: Json, named: str) -> None:
    assert warned({"type": kind}, came) == [
        {"pointer": "/it", "message": f"is documented as {kind}, but came as {named}"}
    ]


def test_a_warnings_pointer_names_row_and_field() -> None:
    found = reading({"properties": {"rows": ROWS}}, {"rows": [{"id": 1}, {"id": "x/y", "name": ["~"]}]})
    assert found.output == {"rows": [{"id": 1, "name": None}, {"id": None, "name": None}]}
    assert [warning["pointer"] for warning in found.warnings] == ["/rows/1/id", "/rows/1/name"]


def test_many_warnings_are_cut_short() -> None:
    found = reading({"properties": {"rows": ROWS}}, {"rows": [{"id": "x"}] * (MAX_WARNINGS + 50)})
    assert len(found.warnings) == MAX_WARNINGS + 1
    assert found.warnings[-1] == {"pointer": "", "message": "there are more warnings like these"}


def test_an_object_where_a_list_is_documented_is_a_list_of_one() -> None:
    assert read(ROWS, {"id": 1, "name": "a"}) == [{"id": 1, "name": "a"}]
    assert read(ROWS, {}) == []


def test_a_list_of_one_where_an_object_is_documented_is_that_object() -> None:
    assert read(ROWS["items"], [{"id": 1, "name": "a"}]) == {"id": 1, "name": "a"}


def test_an_empty_list_where_an_object_is_documented_is_null_without_a_warning() -> None:
    assert read(ROWS["items"], []) is None


def test_a_row_that_is_nothing_is_null() -> None:
    assert read(ROWS, [None]) == [None]


def test_a_list_without_documented_rows_passes_whole() -> None:
    assert read({"type": "array"}, [1, {"a": [None]}]) == [1, {"a": [None]}]


def test_an_object_without_documented_children_passes_whole() -> None:
    links = {"self": {"href": "/x"}, "other": [1, None, {"a": "0000-00-00"}]}
    assert read({"type": "object"}, links) == links


def test_every_documented_field_is_there_and_no_other() -> None:
    schema = {
        "properties": {"a": {"type": "string"}, "inside": {"properties": {"b": {"type": "string"}}}, "rows": ROWS}
    }
    found = reading(schema, {"a": None, "x": 1, "inside": {"b": None, "y": 2}, "rows": [{"id": 1, "z": 3}]})
    assert found.output == {"a": None, "inside": {"b": None}, "rows": [{"id": 1, "name": None}]}
    assert found.undocumented == 3


def test_a_name_that_nothing_documents_counts_once_in_however_many_rows_it_stands() -> None:
    rows = [{"id": 1, "x": 1}, {"id": 2, "x": 2, "y": 3}]
    assert reading({"properties": {"rows": ROWS, "more": ROWS}}, {"rows": rows, "more": rows}).undocumented == 4


def test_a_name_in_a_wrapper_that_the_platform_leaves_out_is_documented() -> None:
    assert reading(WIRES, {"user_id": 1, "other": 2}).undocumented == 0
    assert reading(WIRES, {"user_id": 1, "other": 2, "z": 3}).undocumented == 1


def test_keys_whose_names_need_escaping_are_documented_too() -> None:
    found = reading({"properties": {"a/b": {"type": "integer"}, "c~d": {"type": "integer"}}}, {"a/b": 1, "c~d": 2})
    assert found.output == {"a/b": 1, "c~d": 2}
    assert found.undocumented == 0


def test_an_object_with_none_of_the_documented_keys_is_something_else() -> None:
    found = reading({"properties": {"a": {"type": "string"}, "rows": ROWS}}, {"a": "x", "rows": [{"z": 3}]})
    assert found.output == {"a": "x", "rows": [None]}
    assert [warning["pointer"] for warning in found.warnings] == ["/rows/0"]
    with pytest.raises(UnexpectedOutput):
        reading({"properties": {"a": {"type": "string"}}}, {"z": 3})


def test_a_list_with_gaps_that_comes_as_an_object_of_numbers_is_a_list() -> None:
    assert read(ROWS, {"0": {"id": 1}, "2": {"id": 3}}) == [{"id": 1, "name": None}, {"id": 3, "name": None}]


WIRES = {
    "properties": {
        "user_id": {"type": "integer", "x-wire": ["/user_id", "/id_user"]},
        "deep": {"type": "string", "x-wire": "/a/0/b"},
        "whole": {"x-wire": "", "properties": {"other": {"type": "integer"}}},
    }
}


@pytest.mark.parametrize(
    ("came", "user_id"), [({"user_id": 7}, 7), ({"id_user": 8}, 8), ({"user_id": 7, "id_user": 8}, 7), ({}, None)]
)
def test_of_several_places_the_first_that_has_something_wins(came: Json, user_id: Json) -> None:
    assert reading(WIRES, came).output["user_id"] == user_id


def test_a_place_that_holds_null_has_nothing() -> None:
    assert reading(WIRES, {"user_id": None, "id_user": 8}).output["user_id"] == 8


def test_a_pointer_reaches_into_lists_and_objects() -> None:
    assert reading(WIRES, {"a": [{"b": "x"}]}).output["deep"] == "x"
    assert reading(WIRES, {"a": []}).output["deep"] is None


def test_the_empty_pointer_is_the_enclosing_object_itself() -> None:
    found = reading(WIRES, {"other": 3, "more": 4})
    assert found.output["whole"] == {"other": 3}


def test_a_wrapper_that_the_platform_does_not_have_is_there_without_a_warning() -> None:
    wrapped = {
        "properties": {"id": {"type": "integer"}, "book": {"x-wire": "", "properties": {"b": {"type": "string"}}}}
    }
    found = reading(wrapped, {"id": 1})
    assert (found.output, found.warnings) == ({"id": 1, "book": {"b": None}}, [])


def test_keys_read_under_another_name_are_not_undocumented() -> None:
    plain = {"properties": {"user_id": {"type": "integer", "x-wire": ["/user_id", "/id_user"]}}}
    assert reading(plain, {"user_id": 1, "id_user": 1}).undocumented == 0


@pytest.mark.parametrize("returned", [None, "text", 7, []])
def test_a_handler_that_returns_no_object_does_not_pass_as_an_output(returned: Json) -> None:
    with pytest.raises(UnexpectedOutput):
        reading({"properties": {"a": {"type": "string"}}}, returned)
