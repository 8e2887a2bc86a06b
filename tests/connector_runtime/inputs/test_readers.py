"""What readers are sure of, and what leaves a doubt for jsonschema to settle."""

from __future__ import annotations

import subprocess
import sys
from math import nan

import pytest

from connector_runtime.inputs.forms import form_of
from connector_runtime.inputs.readers import Doubts, reader
from connector_runtime.values import Json
from tests.casebook import ROOT
from tests.connector_runtime.inputs.form import FORM, checked, problems
from tests.connector_runtime.workshop import declared

MIXED = {"oneOf": [{"const": 1, "title": "One"}, {"const": "2", "title": "Two"}]}
TWICE = {"oneOf": [{"const": 1, "title": "One"}, {"const": 1, "title": "Uno"}]}
DEMAND = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "class": {"type": "string"}, "if/then~": {"type": "string"}},
    "required": ["if/then~"],
    "anyOf": [{"required": ["a"]}, {"required": ["class"]}],
    "additionalProperties": False,
}


def doubts(schema: Json, value: Json) -> Doubts:
    found: Doubts = []
    reader(schema)(value, found)
    return found


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"any": [1, None, "text"]}),
        ({"type": "integer"}, 2**70),
        ({"type": "integer", "minimum": 1, "maximum": 2**63 - 1}, 2**63 - 1),
        ({"type": "integer"}, 1.0),
        ({"type": "number", "maximum": 1}, 0.5),
        ({"type": "boolean"}, True),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "🎓🎓"),
        ({"type": "string"}, "a\tb\r\nc\u200b"),
        ({"type": "string", "format": "email"}, "a@example.org"),
        (MIXED, 1),
        (MIXED, "2"),
        ({"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}}, [1, 2]),
        ({"type": "array"}, []),
        ({"type": "object"}, {"any": {"thing": []}}),
        ({"type": "object", "x-made-up": 1}, {}),
        (DEMAND, {"if/then~": "x", "class": "y"}),
    ],
)
def test_what_is_right_leaves_no_doubt(schema: Json, value: Json) -> None:
    assert doubts(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, {"deep": ["\x00"]}),
        ({}, {"\x00": 1}),
        ({"type": "integer"}, True),
        ({"type": "integer"}, 1.5),
        ({"type": "integer", "maximum": 2**63 - 1}, 2**63),
        ({"type": "number"}, False),
        ({"type": "number"}, "1.5"),
        ({"type": "number", "minimum": 0}, nan),
        ({"type": "boolean"}, 1.0),
        ({"type": "string"}, 7),
        ({"type": "string"}, "\x7f"),
        ({"type": "string", "maxLength": 1}, "ab"),
        ({"type": "string", "format": "date"}, "2026-02-30"),
        (MIXED, True),
        (MIXED, 3),
        (MIXED, [1]),
        (TWICE, 1),
        ({"oneOf": [{"const": "\x00", "title": "Nought"}]}, "\x00"),
        ({"type": "string", **MIXED}, 1),
        ({"type": "boolean", **MIXED}, 1),
        ({"type": "array", "minItems": 1}, []),
        ({"type": "array", "items": {"type": "integer"}}, [1, "x"]),
        ({"type": "array"}, {}),
        ({"type": "object"}, []),
        (DEMAND, {"class": "y"}),
        (DEMAND, {"if/then~": "x"}),
        (DEMAND, {"if/then~": "x", "class": "y", "other": 1}),
        (DEMAND, {"if/then~": "x", "class": " "}),
    ],
)
def test_what_may_be_wrong_leaves_a_doubt(schema: Json, value: Json) -> None:
    assert doubts(schema, value) != []


@pytest.mark.parametrize(
    "beyond",
    [
        {"type": "string", "pattern": "."},
        {"type": "string", "format": "uri"},
        {"type": "string", "minimum": 1},
        {"type": "string", "oneOf": [{"const": "x", "title": "X"}], "maxLength": 1},
        {"oneOf": [{"const": True, "title": "x"}]},
        {"oneOf": [{"const": "x", "title": "X", "minLength": 9}]},
        {"type": "object", "anyOf": [{"required": [], "minProperties": 9}]},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"\x00": {}}},
        {"minLength": 0},
    ],
)
def test_a_schema_that_says_more_than_readers_understand_always_leaves_a_doubt(beyond: Json) -> None:
    assert [value for value in ("x", 1, {}, {"\x00": 1}) if not doubts(beyond, value)] == []


def test_a_schema_that_cannot_be_compiled_is_left_to_jsonschema() -> None:
    action = declared(input={"properties": {"it": {"title": "It", "type": "integer", "maximum": 9.5}}})
    found: Doubts = []
    assert (form_of(action).read({"it": 9}, found), found) == ({"it": 9}, [action.input])
    assert checked({"it": 9}, action) == {"it": 9}
    assert problems({"it": 10}, action) == [("It", "must be at most 9.5, not 10")]


def test_a_doubt_without_a_reason_refuses_nothing() -> None:
    action = declared(input={"properties": {"it": {"type": "integer"}}})
    assert checked({"it": 2.0**60}, action) == {"it": 2.0**60}


def test_an_action_is_compiled_once() -> None:
    assert form_of(FORM) is form_of(FORM)


@pytest.mark.parametrize("odd", ["class", "a b", "a/b~", "ä", "{x}", "'it's'"])
def test_a_field_may_have_any_name(odd: str) -> None:
    action = declared(input={"required": [odd], "properties": {odd: {"title": "Odd", "type": "integer"}}})
    assert checked({odd: "7"}, action) == {odd: 7}
    assert problems({odd: "x"}, action) == [("Odd", 'must be a whole number, such as 12, not "x"')]
    assert problems({}, action) == [("Odd", "is required; fill it in")]


WITHOUT_JSONSCHEMA = """
import sys
from pathlib import Path
from connector_runtime.definition import load
from connector_runtime.inputs import as_given, check_inputs
connector = load(Path(sys.argv[1]))
sys.modules["jsonschema"] = None  # from now on nobody can import it
action = connector.actions["enroll_user_into_a_course"]
check_inputs(action, connector.handler(action), as_given({"user_id": "7", "course_id": 12, "level": "Student"}))
print("checked")
check_inputs(action, connector.handler(action), as_given({}))
"""


def test_only_wrong_inputs_import_jsonschema() -> None:
    whole = [sys.executable, "-c", WITHOUT_JSONSCHEMA, str(ROOT)]
    said = subprocess.run(whole, capture_output=True, text=True, check=False)
    assert said.stdout == "checked\n"
    assert "import of jsonschema halted" in said.stderr
