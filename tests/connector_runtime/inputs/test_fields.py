"""What each kind of field accepts, and what it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from connector_runtime.values import Json
from tests.connector_runtime.inputs.form import FORM, checked, problems
from tests.connector_runtime.workshop import declared


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


@pytest.mark.parametrize(("value", "first"), [("up", "up"), ("down", "sideways")])
def test_a_word_that_names_two_choices_names_the_first(value: str, first: str) -> None:
    words = [("up", "Up"), ("sideways", "Down"), ("down", "UP")]
    choices = [{"const": const, "title": title} for const, title in words]
    action = declared(input={"properties": {"way": {"title": "Way", "type": "string", "oneOf": choices}}})
    assert checked({"way": value}, action) == {"way": first}


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


def test_what_is_wrong_with_a_field_of_an_odd_name_is_said_by_its_title() -> None:
    row = {"properties": {"c/d": {"title": "D", "type": "string"}}}
    action = declared(input={"properties": {"a/b": {"title": "B", "x-item": "c/d", "items": row}}})
    assert problems({"a/b": 7}, action) == [("B", 'must be a list, such as [{"c/d": "A-1"}], not 7')]
    assert problems({"a/b": [{}]}, action) == [("B, row 1, D", "is required; fill it in")]


def test_a_list_says_how_it_may_be_written() -> None:
    assert problems({"users": 12, "codes": "A-1"}) == [
        ("Users", 'must be a list, such as [{"id": 12}] or [12], not 12'),
        ("Codes", 'must be a list, such as [{"code": "A-1"}], not "A-1"'),
    ]


def test_numbers_and_free_objects_pass_as_they_are() -> None:
    raw = {"score": 87.5, "free": {"any": [1, {"thing": None}], "": 0}}
    assert checked(raw) == raw
    assert checked({"free": {"a": 1, "b": "", "c": None}}) == {"free": {"a": 1}}
