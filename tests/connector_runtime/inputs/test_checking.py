"""The first room: what is accepted, and everything wrong said at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.values import Inputs, Json, Problem, Problems
from tests.connector_runtime import workshop
from tests.connector_runtime.inputs.form import FORM, ID, checked, problems
from tests.connector_runtime.workshop import declared, handler

TWO_WAYS = declared(
    input={
        "anyOf": [{"required": ["user_id"]}, {"required": ["email"]}],
        "properties": {"user_id": ID, "email": {"title": "User email", "type": "string"}},
    }
)
DEMANDING = declared(input={"required": ["user_id", "name"], "properties": {"user_id": ID, "name": {"type": "string"}}})


@pytest.mark.parametrize("blank", [None, ""])
@pytest.mark.parametrize(
    "field", ["user_id", "level", "name", "waiting", "day", "at", "ids", "users", "states", "free"]
)
def test_a_blank_field_is_absent(field: str, blank: Json) -> None:
    assert checked({field: blank, "score": 1}) == {"score": 1}


def test_a_blank_field_inside_a_row_is_absent() -> None:
    assert checked({"rows": [{"user_id": 7, "note": ""}]}) == {"rows": [{"user_id": 7}]}


@pytest.mark.parametrize("blank", [None, "", {"user_id": None, "name": ""}])
def test_a_blank_required_field_is_missing(blank: Json) -> None:
    raw = blank if isinstance(blank, dict) else {"user_id": blank, "name": blank}
    assert problems(raw, DEMANDING) == [
        ("User ID", "is required; fill it in"),
        ("name", "is required; fill it in"),
    ]


@pytest.mark.parametrize("field", ["ids", "users"])
def test_an_empty_list_of_ids_is_refused_because_it_would_match_everything(field: str) -> None:
    ((_, message),) = problems({field: []})
    assert message == "is an empty list, which would match everything; name at least one, or leave the field out"


def test_an_empty_list_of_rows_asks_for_a_row() -> None:
    assert problems({"rows": []}) == [("Rows", "is an empty list; add at least one row")]


def test_either_or_is_said_in_titles_and_allows_both() -> None:
    assert problems({}, TWO_WAYS) == [("", "fill in User ID or User email (both is allowed)")]
    both = {"user_id": 7, "email": "a@example.org"}
    assert checked(both, TWO_WAYS) == both


@pytest.mark.parametrize("one", [{"user_id": 7}, {"email": "a@example.org"}])
def test_either_or_is_content_with_one(one: dict[str, Json]) -> None:
    assert checked({"user_id": None, "email": "", **one}, TWO_WAYS) == one


def test_the_vendors_form_says_user_id_or_user_email(connector: Connector) -> None:
    either = [action for action in connector.actions.values() if "anyOf" in action.input]
    for action in either:
        titles = [action.input["properties"][d["required"][0]]["title"] for d in action.input["anyOf"]]
        said = [message for _, message in problems({}, action)]
        assert f"fill in {' or '.join(titles)} (both is allowed)" in said


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[2J", "a\x7f", "\x08", "a\x0bb"])
def test_control_characters_are_refused(text: str) -> None:
    assert ("Name", "contains control characters; remove them") in problems({"name": text})


def test_control_characters_are_found_wherever_they_stand() -> None:
    raw = {"rows": [{"user_id": 1, "note": "\x00"}], "free": {"deep": [{"a": "\x01"}]}, "tags": "a,\x02"}
    assert [title for title, _ in problems(raw)] == ["Tags", "Rows, row 1, Note", "Free, deep, 0, a"]


def test_control_characters_in_a_fields_name_are_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        checked({"free": {"\x1b[31mred": 1}})
    assert caught.value.message == "Free: a field's name contains control characters; remove them"


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "ünïcödé"[:5], "日本語", "🎓🎓"])
def test_tabs_line_ends_and_every_script_are_fine(text: str) -> None:
    assert checked({"name": text}) == {"name": text}


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidInput) as caught:
        checked({"usr_id": 7})
    (problem,) = caught.value.problems
    assert (problem.field, problem.pointer) == ("usr_id", "/usr_id")
    assert problem.message == "there is no such field, did you mean `user_id`?"


def test_an_unknown_field_inside_a_row_is_refused() -> None:
    assert problems({"rows": [{"user_id": 1, "nota": "x"}]}) == [
        ("Rows, row 1, nota", "there is no such field, did you mean `note`?")
    ]


def test_the_pointer_to_a_strange_field_is_a_right_json_pointer() -> None:
    with pytest.raises(InvalidInput) as caught:
        checked({"a/b": 1})
    assert caught.value.problems[0].pointer == "/a~1b"


def test_everything_wrong_is_said_at_once_by_title() -> None:
    raw = {"user_id": 0, "level": 9, "day": "x", "ids": [], "nonsense": 1, "states": "late", "rows": [{}]}
    assert sorted(title for title, _ in problems(raw)) == [
        "Day", "IDs", "Level", "Rows, row 1, User ID", "States", "User ID", "nonsense",
    ]  # fmt: skip


def test_problems_carry_field_title_and_pointer() -> None:
    with pytest.raises(InvalidInput) as caught:
        checked({"rows": [{"user_id": 1}, {"user_id": "x"}]})
    message = 'must be a whole number, such as 12, not "x"'
    assert caught.value.problems == (Problem("rows/1/user_id", message, "Rows, row 2, User ID", "/rows/1/user_id"),)
    assert caught.value.message == f"Rows, row 2, User ID: {message}"
    assert caught.value.effect == "none"


def test_a_handlers_own_problems_join_the_others() -> None:
    def check(inputs: Inputs) -> Problems:
        assert "level" not in inputs, "a field that is already wrong is not given"
        if inputs.get("name") == "bad":
            yield Problem("name", "is a bad name")

    with pytest.raises(InvalidInput) as caught:
        workshop.check(FORM, handler(check=check), {"name": "bad", "level": 9})
    assert [(p.title, p.pointer) for p in caught.value.problems] == [("Level", "/level"), ("Name", "/name")]


def test_a_handlers_check_sees_what_the_next_rooms_see() -> None:
    seen: dict[str, Json] = {}

    def check(inputs: Inputs) -> Problems:
        seen.update(inputs)
        return []

    raw = {"at": "2026-03-01", "users": [1], "states": "Done", "level": "Tutor"}
    assert workshop.check(FORM, handler(check=check), raw) == seen
    assert seen == {
        "at": datetime(2026, 3, 1, tzinfo=UTC), "users": [1], "states": ["done"], "level": 4,
    }  # fmt: skip


@pytest.mark.parametrize("pin", ["CANARY-PIN", ["CANARY-PIN"], 10**12 + 77])
def test_a_secret_is_not_repeated_in_a_problem(pin: Json) -> None:
    ((title, message),) = problems({"pin": pin})
    assert title == "PIN"
    assert str(pin if not isinstance(pin, list) else pin[0]) not in message
