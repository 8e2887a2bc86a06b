"""The first room: what is accepted, what it becomes, and everything wrong said at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.inputs import as_given, declared_only
from connector_runtime.values import Inputs, Json, Problem, Problems
from tests.connector_runtime import workshop
from tests.connector_runtime.workshop import check, declared, handler

ID = {"title": "User ID", "type": "integer", "minimum": 1, "maximum": 2**63 - 1}
LEVELS = [{"const": 3, "title": "Student"}, {"const": 4, "title": "Tutor"}, {"const": 6, "title": "Instructor"}]
STATES = [{"const": "not_started", "title": "Not started"}, {"const": "done", "title": "Done"}]
FORM = declared(
    input={
        "properties": {
            "user_id": ID,
            "level": {"title": "Level", "type": "integer", "oneOf": LEVELS},
            "order": {"title": "Order", "type": "string", "oneOf": [{"const": "asc", "title": "Ascending"}]},
            "name": {"title": "Name", "type": "string", "minLength": 2, "maxLength": 5},
            "waiting": {"title": "Waiting", "type": "boolean"},
            "day": {"title": "Day", "type": "string", "format": "date"},
            "at": {"title": "At", "type": "string", "format": "date-time"},
            "score": {"title": "Score", "type": "number", "maximum": 100},
            "ids": {"title": "IDs", "items": ID, "minItems": 1, "maxItems": 3, "x-filters": "user_id"},
            "users": {
                "title": "Users",
                "x-item": "id",
                "minItems": 1,
                "items": {"properties": {"id": {"title": "ID", "type": "integer", "minimum": 1}}},
            },
            "codes": {
                "title": "Codes",
                "x-item": "code",
                "items": {"properties": {"code": {"title": "Code", "type": "string"}}},
            },
            "states": {"title": "States", "type": "string", "x-list": "comma", "x-choices": STATES},
            "tags": {"title": "Tags", "type": "string", "x-list": "comma"},
            "rows": {
                "title": "Rows",
                "minItems": 1,
                "items": {
                    "required": ["user_id"],
                    "properties": {"user_id": ID, "note": {"title": "Note", "type": "string"}},
                },
            },
            "free": {"title": "Free", "type": "object"},
            "pin": {"title": "PIN", "type": "string", "maxLength": 4, "x-secret": True},
        }
    }
)
TWO_WAYS = declared(
    input={
        "anyOf": [{"required": ["user_id"]}, {"required": ["email"]}],
        "properties": {"user_id": ID, "email": {"title": "User email", "type": "string"}},
    }
)
DEMANDING = declared(input={"required": ["user_id", "name"], "properties": {"user_id": ID, "name": {"type": "string"}}})


def checked(raw: Json, action: Action = FORM) -> Inputs:
    return check(action, handler(), raw)


def problems(raw: Json, action: Action = FORM) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        checked(raw, action)
    return [(problem.title, problem.message) for problem in caught.value.problems]


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


@pytest.mark.parametrize("text", ["7", " 7 ", "+7", "007", "7\n", 7.0])
def test_a_numeric_text_counts_as_an_integer(text: Json) -> None:
    found = checked({"user_id": text})["user_id"]
    assert (found, type(found)) == (7, int)


def test_numeric_texts_count_inside_lists_and_rows_too() -> None:
    assert checked({"ids": ["7", 8], "rows": [{"user_id": "9"}]}) == {"ids": [7, 8], "rows": [{"user_id": 9}]}


@pytest.mark.parametrize("value", [1, 2**63 - 1, str(2**63 - 1)])
def test_an_id_is_from_1_to_the_largest_of_a_database(value: Json) -> None:
    assert checked({"user_id": value}) == {"user_id": int(value)}


@pytest.mark.parametrize("value", [0, -1, 2**63, 2**64, 2**70, 10**40, "0", "-1", str(2**63), "9" * 31])
def test_an_id_out_of_range_is_refused_with_the_range(value: Json) -> None:
    ((title, message),) = problems({"user_id": value})
    assert title == "User ID"
    assert message.startswith(f"must be from 1 to {2**63 - 1}, not ")


@pytest.mark.parametrize("value", ["seven", "7.5", "0x7", "1e3", "٣x", 7.5, True, [7], {"id": 7}])
def test_what_is_no_whole_number_is_refused(value: Json) -> None:
    ((title, message),) = problems({"user_id": value})
    assert title == "User ID"
    assert message.startswith("must be a whole number, such as 12, not ")


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-03-01T10:00:00", 10),
        ("2026-03-01T10:00:00Z", 10),
        ("2026-03-01T10:00:00+02:00", 8),
        ("2026-03-01 10:00:00", 10),
        ("2026-03-01", 0),
        (" 2026-03-01T10:00:00 ", 10),
        (datetime(2026, 3, 1, 10), 10),
        (datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1))), 9),
        (date(2026, 3, 1), 0),
    ],
)
def test_a_moment_is_utc_and_without_a_zone_it_counts_as_utc(text: Json, hour: int) -> None:
    assert checked({"at": text}) == {"at": datetime(2026, 3, 1, hour, tzinfo=UTC)}


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00", 7]
)
def test_what_is_no_moment_is_refused_with_an_example(text: Json) -> None:
    ((title, message),) = problems({"at": text})
    assert title == "At"
    assert message.startswith("must be a moment as ISO 8601, such as 2026-01-31T09:00:00Z, not ")


@pytest.mark.parametrize("day", ["2026-01-31", "20260131", "2026-W05-6", date(2026, 1, 31)])
def test_a_day_is_written_the_long_way(day: Json) -> None:
    assert checked({"day": day}) == {"day": "2026-01-31"}


@pytest.mark.parametrize("day", ["2026-02-30", "31.01.2026", "0000-00-00", 20260131])
def test_what_is_no_day_is_refused_with_an_example(day: Json) -> None:
    ((_, message),) = problems({"day": day})
    assert message.startswith("must be a day as ISO 8601, such as 2026-01-31, not ")


@pytest.mark.parametrize("value", [4, "4", 4.0, "Tutor", "tutor", " TUTOR "])
def test_a_choice_is_named_by_value_or_by_title_in_any_case(value: Json) -> None:
    assert checked({"level": value}) == {"level": 4}


@pytest.mark.parametrize("value", ["asc", "ASC", "ascending"])
def test_a_choice_of_texts_is_named_the_same_way(value: str) -> None:
    assert checked({"order": value}) == {"order": "asc"}


@pytest.mark.parametrize(("value", "shown"), [(5, "5"), ("boss", '"boss"'), (True, "true"), ([3], "[3]")])
def test_another_choice_is_refused_with_all_choices_in_words(value: Json, shown: str) -> None:
    message = f"choose Student (3), Tutor (4) or Instructor (6), not {shown}"
    assert ("Level", message) in problems({"level": value})


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("FALSE", False),
        ("yes", True),
        (" no ", False),
        (1, True),
        ("0", False),
    ],
)
def test_yes_and_no_may_be_said_in_words_and_numbers(value: Json, meant: bool) -> None:
    assert checked({"waiting": value}) == {"waiting": meant}


@pytest.mark.parametrize("value", ["perhaps", 2, 0.5, []])
def test_what_is_neither_yes_nor_no_is_refused(value: Json) -> None:
    ((title, message),) = problems({"waiting": value})
    assert (title, message.startswith("must be true or false, not ")) == ("Waiting", True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("not_started", ["not_started"]),
        ("not_started,done", ["not_started", "done"]),
        (" Not started , DONE ,", ["not_started", "done"]),
    ],
)
def test_a_comma_list_becomes_a_list_of_its_choices(text: str, parts: list[str]) -> None:
    assert checked({"states": text}) == {"states": parts}


def test_a_comma_list_with_an_unknown_part_names_it_and_the_choices() -> None:
    message = 'choose Not started (not_started) or Done (done), not "late", "early"'
    assert problems({"states": "done, late, early"}) == [("States", message)]


def test_a_comma_list_without_choices_takes_any_part() -> None:
    assert checked({"tags": "a, b"}) == {"tags": ["a", "b"]}


@pytest.mark.parametrize("field", ["tags", "states"])
def test_a_comma_list_of_nothing_is_refused(field: str) -> None:
    assert problems({field: " , ,"}) == [
        (FORM.input["properties"][field]["title"], "names nothing; leave the field out instead")
    ]


@pytest.mark.parametrize("users", [[{"id": 12}, {"id": "15"}], [12, "15"], [{"id": 12}, 15]])
def test_a_list_of_one_field_objects_may_be_written_short(users: Json) -> None:
    assert checked({"users": users}) == {"users": [12, 15]}


def test_the_short_form_reports_the_row_and_its_field() -> None:
    assert [title for title, _ in problems({"users": [12, "x"]})] == ["Users, row 2, ID"]


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}, None, ""])
def test_a_row_that_names_nothing_is_invalid_input(row: Json) -> None:
    assert [title.startswith("Users, row 1") for title, _ in problems({"users": [row]})] == [True]


def test_a_list_says_how_it_may_be_written() -> None:
    assert problems({"users": 12, "codes": "A-1"}) == [
        ("Users", 'must be a list, such as [{"id": 12}] or [12], not 12'),
        ("Codes", 'must be a list, such as [{"code": "A-1"}], not "A-1"'),
    ]


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
        "",
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


def test_numbers_and_free_objects_pass_as_they_are() -> None:
    raw = {"score": 87.5, "free": {"any": [1, {"thing": None}], "": 0}}
    assert checked(raw) == raw
    assert checked({"free": {"a": 1, "b": "", "c": None}}) == {"free": {"a": 1}}


@pytest.mark.parametrize("pin", ["CANARY-PIN", ["CANARY-PIN"], 10**12 + 77])
def test_a_secret_is_not_repeated_in_a_problem(pin: Json) -> None:
    ((title, message),) = problems({"pin": pin})
    assert title == "PIN"
    assert str(pin if not isinstance(pin, list) else pin[0]) not in message


def test_a_record_names_what_is_not_declared_and_does_not_repeat_it() -> None:
    kept = declared_only(FORM, as_given({"user_id": 7, "password": "CANARY-PASSWORD"}))
    assert kept == {"user_id": 7, "password": "[not recorded]"}


@pytest.mark.parametrize("raw", ["{", "[1]", 7, None])
def test_a_record_of_no_object_keeps_no_input(raw: Json) -> None:
    assert declared_only(FORM, as_given(raw)) is None


def test_a_field_that_stands_twice_in_a_text_is_invalid_input() -> None:
    ((title, message),) = problems('{"user_id": 7, "user_id": 8}')
    assert (title, "user_id stands there twice" in message) == ("", True)
