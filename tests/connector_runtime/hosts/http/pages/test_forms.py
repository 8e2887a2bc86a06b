"""Forms from schemas, and inputs from what was filled in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.pages.filling import chosen_beside, filled_in
from connector_runtime.hosts.http.pages.forms import controls, either_or, unplaced
from connector_runtime.hosts.http.pages.kinds import kind_of
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
        "states": "choices", "ids": "list", "numbers": "list", "items": "rows", "own": "own",
    }  # fmt: skip


def test_what_must_be_filled_in_comes_first_and_what_few_need_last() -> None:
    names = [control.name for control in controls(FORM, {})]
    assert names[:2] == ["/user_id", "/items"] and names[-1] == "/sure"
    assert either_or(FORM) == ["Fill in User ID or E-mail."]


def test_what_was_filled_in_is_the_input_and_the_rest_is_absent() -> None:
    told = [
        ("/user_id", " 7 "), ("/email", ""), ("/level", "3"), ("/sure", "true"), ("/states", "a"), ("/states", "b"),
        ("/ids", "1, 2\n3"), ("/numbers", "4,5"), ("/items/0/who", "7"), ("/items/0/what", ""), ("/items/10/what", "x"),
        ("/items/2/who", ""), ("/own~/0/name", "12"), ("/own~/0/value", "blue"), ("/own~/1/name", "13"),
        ("/own~/1/value", ""),
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
        "own": {"12": "blue", "13": None},
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
        ids = [each.id for control in shown for each in control.all]
        assert len(ids) == len(set(ids)) and not any(" " in each for each in ids)


@pytest.mark.parametrize(
    "name", ["/items/x/who", "/items//who", "/items", "/own~/0/name", "/items/999999999999999999/who"]
)
def test_whatever_is_sent_can_be_read(name: str) -> None:
    assert isinstance(filled_in(FORM, [(name, "7")]), dict)
    assert isinstance(chosen_beside(FORM, [(name, "7")]), dict)


def test_what_was_picked_from_a_list_counts_before_what_was_typed() -> None:
    told = [
        ("/user_id", "maya"),
        ("/user_id~pick", "7"),
        ("/numbers", "1\n2"),
        ("/numbers~pick", "2"),
        ("/numbers~pick", "3"),
    ]
    assert filled_in(FORM, told) == {"user_id": "7", "numbers": ["1", "2", "3"]}
    assert filled_in(FORM, [("/user_id", "8"), ("/user_id~pick", "")]) == {"user_id": "8"}


def test_what_is_chosen_beside_a_form_is_no_input_and_never_stands_for_one() -> None:
    told = [("beside/shelf", " 3 "), ("beside/user_id", "9"), ("beside/other", ""), ("beside/shelf~pick", "4")]
    assert filled_in(FORM, told) == {}
    assert chosen_beside(FORM, told) == {"shelf": "4"}
    assert chosen_beside(FORM, list(reversed(told))) == {"shelf": "4"}
    assert chosen_beside(FORM, told[:1]) == {"shelf": "3"}


def test_the_platforms_own_fields_are_read_without_knowing_them() -> None:
    told = [
        ("/own/12", "blue"), ("/own/a~1b", "x"), ("/own/3/from", "2026-01-01"), ("/own/3/to", ""),
        ("/own/4~/0/name", "title"),
        ("/own/4~/0/value", "Sales"), ("/own/5~lines", "ops\r\n\r\nsales"), ("/own/6~lines", "ops"),
        ("/own/7", "a\r\nb"),
        ("/own/8", " "), ("/own~/0/name", "99"), ("/own~/0/value", "left"),
    ]  # fmt: skip
    assert filled_in(FORM, told) == {
        "own": {
            "99": "left",
            "12": "blue",
            "a/b": "x",
            "3": {"from": "2026-01-01"},
            "4": {"title": "Sales"},
            "5": ["ops", "sales"],
            "6": "ops",
            "7": "a\nb",
        }
    }


@pytest.mark.parametrize(
    ("value", "selected"),
    [("3", "3"), (3, "3"), ("student", "3"), (9, "9"), (None, None)],
)
def test_a_choice_that_is_set_is_selected_even_where_it_is_none_any_more(value: Any, selected: str | None) -> None:
    level = next(control for control in controls(FORM, {"level": value}) if control.name == "/level")
    assert [option.value for option in level.options if option.selected] == ([] if selected is None else [selected])
    assert ("not among" in level.options[-1].title) == (value == 9)


def test_what_is_ticked_and_no_choice_any_more_is_kept() -> None:
    states = next(control for control in controls(FORM, {"states": "a,gone"}) if control.name == "/states")
    assert [each["const"] for each in states.choices] == ["a", "gone"] and states.values == {"a", "gone"}
    states = next(control for control in controls(FORM, {}) if control.name == "/states")
    assert [each["const"] for each in states.choices] == ["a"]


@pytest.mark.parametrize(
    ("day", "kind"), [("2026-01-31", "date"), ("31.1.2026", "text"), ("20260131", "text"), ("", "date")]
)
def test_a_day_that_the_browser_would_not_show_stays_as_a_text(day: str, kind: str) -> None:
    shown = next(control for control in controls(FORM, {"day": day}) if control.name == "/day")
    assert (shown.kind, shown.value) == (kind, day)


def test_what_is_wrong_with_a_row_that_is_not_shown_is_said_before_all() -> None:
    problems = [Problem("items/5/who", "must be a number", "Items, row 6, Who", "/items/5/who")]
    assert unplaced(problems, controls(FORM, {}, problems)) == ["Items, row 6, Who: must be a number"]


@pytest.mark.parametrize("key", ["a b", "ü~/", "1", 'x"y'])
def test_an_id_can_be_pointed_at(key: str) -> None:
    schema: Any = {"type": "object", "properties": {key: {"type": "string"}, "other": {"type": "string"}}}
    (one, other) = (control.id for control in controls(schema, {}))
    assert re.fullmatch(r"[\w-]+", one, re.ASCII) and one != other


@pytest.mark.parametrize(
    ("limits", "hint"),
    [({"minimum": 1, "maximum": 200}, "1 to 200"), ({"maximum": 9}, "at most 9"), ({"maximum": 2**63}, "7")],
)
def test_a_limit_that_somebody_may_meet_is_said_before(limits: dict[str, int], hint: str) -> None:
    schema: Any = {"properties": {"n": {"type": "integer", "examples": [7], **limits}}}
    assert [control.hint for control in controls(schema, {}, [])] == [hint]
