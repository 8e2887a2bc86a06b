"""Forms from schemas, and inputs from what was filled in."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.pages.forms import controls, either_or, filled_in, kind_of, unplaced
from connector_runtime.values import Problem

FORM: Any = {
    "type": "object",
    "required": ["user_id", "items"],
    "anyOf": [{"required": ["user_id"]}, {"required": ["email"]}],
    "properties": {
        "level": {"title": "Level", "type": "integer", "oneOf": [{"const": 3, "title": "Student"}]},
        "user_id": {"title": "User ID", "type": "integer", "x-pick-list": "users"},
        "email": {"title": "E-mail", "type": "string"},
        "sure": {"title": "Sure", "type": "boolean", "x-visibility": "advanced"},
        "day": {"title": "Day", "type": "string", "format": "date"},
        "at": {"title": "At", "type": "string", "format": "date-time"},
        "states": {"title": "States", "type": "string", "x-list": "comma", "x-choices": [{"const": "a", "title": "A"}]},
        "ids": {
            "title": "IDs", "type": "array", "x-item": "id",
            "items": {"type": "object", "properties": {"id": {"type": "integer"}}},
        },
        "numbers": {"title": "Numbers", "type": "array", "items": {"type": "integer"}},
        "items": {
            "title": "Items",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"who": {"title": "Who", "type": "integer"}, "what": {"title": "What", "type": "string"}},
            },
        },
        "own": {"title": "Own", "type": "object", "x-dynamic-fields": "own"},
    },
}  # fmt: skip


def test_each_field_is_filled_in_in_its_own_way() -> None:
    kinds = {name: kind_of(schema) for name, schema in FORM["properties"].items()}
    assert kinds == {
        "level": "choice", "user_id": "number", "email": "text", "sure": "yes_no", "day": "date", "at": "moment",
        "states": "choices", "ids": "list", "numbers": "list", "items": "rows", "own": "pairs",
    }  # fmt: skip


def test_what_must_be_filled_in_comes_first_and_what_few_need_last() -> None:
    names = [control.name for control in controls(FORM, {})]
    assert names[:2] == ["/user_id", "/items"] and names[-1] == "/sure"
    assert either_or(FORM) == ["Fill in User ID or E-mail."]


def test_what_was_filled_in_is_the_input_and_the_rest_is_absent() -> None:
    told = [
        ("/user_id", " 7 "), ("/email", ""), ("/level", "3"), ("/sure", "true"), ("/states", "a"), ("/states", "b"),
        ("/ids", "1, 2\n3"), ("/numbers", "4,5"), ("/items/0/who", "7"), ("/items/0/what", ""), ("/items/10/what", "x"),
        ("/items/2/who", ""), ("/own/0/name", "12"), ("/own/0/value", "blue"), ("/own/1/name", "13"),
        ("/own/1/value", ""),
        ("do", "run"), ("once", "k"), ("/unknown", "x"),
    ]  # fmt: skip
    assert filled_in(FORM, told) == {
        "user_id": "7",
        "level": "3",
        "sure": "true",
        "states": "a,b",
        "ids": [{"id": "1"}, {"id": "2"}, {"id": "3"}],
        "numbers": ["4", "5"],
        "items": [{"who": "7"}, {"what": "x"}],
        "own": {"12": "blue"},
    }


def test_a_form_shows_what_was_filled_in_before() -> None:
    given = {
        "user_id": 7,
        "states": "a,b",
        "ids": [{"id": 1}, 2],
        "items": [{"who": 7}],
        "own": {"12": "blue"},
        "sure": True,
    }
    shown = {control.name: control for control in controls(FORM, given)}
    assert shown["/user_id"].value == "7" and shown["/sure"].value == "true"
    assert shown["/states"].values == {"a", "b"} and shown["/ids"].value == "1\n2"
    assert [[each.name, each.value] for each in shown["/items"].rows[0]] == [
        ["/items/0/who", "7"],
        ["/items/0/what", ""],
    ]
    assert shown["/own"].pairs == [("12", "blue")]


def test_what_is_wrong_stands_at_its_field_or_before_all() -> None:
    problems = [
        Problem("user_id", "fill this in", "User ID", "/user_id"),
        Problem("items/0/who", "must be a number", "Who", "/items/0/who"),
        Problem("ids/1", "is none", "IDs", "/ids/1"),
        Problem("", "nothing fits"),
        Problem("elsewhere", "is odd", "Elsewhere", "/elsewhere"),
    ]
    shown = controls(FORM, {"items": [{"who": "x"}]}, problems)
    known = {control.name: control.problems for control in shown}
    assert (known["/user_id"], known["/ids"], known["/items"]) == (["fill this in"], ["is none"], [])
    items = next(control for control in shown if control.name == "/items")
    assert items.rows[0][0].problems == ["must be a number"]
    assert unplaced(problems, shown) == ["nothing fits", "Elsewhere: is odd"]


def test_every_control_has_an_id_of_its_own(connector: Connector) -> None:
    for action in connector.actions.values():
        shown = controls(action.input, {})
        ids = [control.id for control in shown] + [each.id for control in shown for row in control.rows for each in row]
        assert len(ids) == len(set(ids)) and not any(" " in each for each in ids)


@pytest.mark.parametrize(
    "name", ["/items/x/who", "/items//who", "/items", "/own/0/name", "/items/999999999999999999/who"]
)
def test_whatever_is_sent_can_be_read(name: str) -> None:
    assert isinstance(filled_in(FORM, [(name, "7")]), dict)
