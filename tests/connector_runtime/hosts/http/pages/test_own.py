"""The platform's own fields as controls, whatever is known of them."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.pages.forms import Control, by_place, controls
from connector_runtime.hosts.http.pages.own import OwnFields, own_inputs, strangers, with_own
from connector_runtime.values import Json, Problem

KNOWN: Any = {
    "title": "Enrollment fields",
    "type": "object",
    "required": ["5"],
    "properties": {
        "1": {"title": "Cost center", "type": "integer", "oneOf": [{"const": 1, "title": "Sales"}]},
        "2": {"title": "Purchase order", "type": "string"},
        "3": {"title": "Approved on", "type": "string", "format": "date"},
        "5": {"title": "Site", "type": "integer", "oneOf": [{"const": 2, "title": "South"}]},
        "6": {
            "title": "Policy read", "type": "integer",
            "oneOf": [{"const": 1, "title": "Yes"}, {"const": 0, "title": "No"}],
        },
        "7": {"title": "Gift", "type": "boolean"},
        "8": {"title": "Anything"},
        "9": {
            "title": "Period", "type": "object",
            "properties": {"from": {"title": "From", "type": "string", "format": "date"}},
        },
        "10": {"title": "Board", "type": "object"},
        "11": {"title": "Remarks", "type": "string"},
        "12": {"title": "Remarks", "type": "string"},
    },
}  # fmt: skip


def shown(
    connector: Connector, own: OwnFields, value: Json = None, problems: list[Problem] | None = None
) -> dict[str, Control]:
    """The controls of the fields by their keys, and under "" the one that holds them."""
    action = connector.actions["enroll_user_into_a_course"]
    given: dict[str, Json] = {"enrollment_fields": value}
    wrong = problems or []
    made = with_own(controls(action.input, given, wrong), action, given, by_place(wrong), {"enrollment_fields": own})
    whole = next(control for control in made if control.name == "/enrollment_fields")
    return {"": whole} | {control.name.rpartition("/")[2]: control for control in whole.inner}


def test_each_field_has_its_name_and_a_control_of_its_type(connector: Connector) -> None:
    found = shown(connector, OwnFields(KNOWN))
    assert {key: (each.title, each.kind) for key, each in found.items() if key} == {
        "1": ("Cost center", "choice"),
        "2": ("Purchase order", "long"),
        "3": ("Approved on", "date"),
        "5": ("Site", "choice"),
        "6": ("Policy read", "choice"),
        "7": ("Gift", "yes_no"),
        "8": ("Anything", "lines"),
        "9": ("Period", "group"),
        "10": ("Board", "pairs"),
        "11": ("Remarks", "long"),
        "12": ("Remarks", "long"),
    }
    assert [each.name for each in found["9"].inner] == ["/enrollment_fields/9/from"]
    assert found["6"].type_words == "Yes or no" and found["6"].blank == "Leave empty"
    assert found[""].pairs == ()


def test_fields_of_one_name_are_told_apart_by_their_ids(connector: Connector) -> None:
    found = shown(connector, OwnFields(KNOWN))
    assert (found["11"].type_words, found["12"].type_words) == ("Text · ID 11", "Text · ID 12")
    assert found["2"].type_words == "Text"


def test_what_no_value_means_depends_on_what_the_action_does(connector: Connector) -> None:
    action = connector.actions["get_enrollments"]
    own = {"course_additional_fields": OwnFields(KNOWN)}
    made = with_own(controls(action.input, {}), action, {}, {}, own)
    whole = next(control for control in made if control.name == "/course_additional_fields")
    assert {each.blank for each in whole.inner} == {"Any"}


def test_a_stored_value_stands_at_its_field_by_id_or_by_name(connector: Connector) -> None:
    value: Json = {
        "1": 1,
        "purchase  ORDER": "PO-1",
        "6": True,
        "9": {"from": "2026-01-01"},
        "8": ["a", "b"],
        "10": {"k": "v"},
    }
    found = shown(connector, OwnFields(KNOWN), value)
    assert found["2"].value == "PO-1" and found["8"].value == "a\nb" and found["10"].pairs == [("k", "v")]
    assert found["9"].inner[0].value == "2026-01-01"
    assert [[each.title for each in found[key].options if each.selected] for key in ("1", "6")] == [["Sales"], ["Yes"]]
    assert strangers(KNOWN, value) == []


def test_a_renamed_field_shows_its_new_name(connector: Connector) -> None:
    renamed: Any = {**KNOWN, "properties": {"2": {"title": "Order number", "type": "string"}}}
    found = shown(connector, OwnFields(renamed), {"2": "PO-1"})
    assert (found["2"].title, found["2"].value) == ("Order number", "PO-1")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("blue", "long", "blue"), (["a", "b"], "lines", "a\nb"), ({"k": "v"}, "pairs", ""), (7, "long", "7")],
)
def test_a_value_whose_field_is_gone_is_kept_and_says_so(
    connector: Connector, value: Json, kind: str, text: str
) -> None:
    left = shown(connector, OwnFields(KNOWN), {"99": value})["99"]
    assert (left.title, left.kind, left.value) == ("Field 99", kind, text)
    assert "no longer" in left.description
    assert left.pairs == ([("k", "v")] if kind == "pairs" else ())


def test_a_field_of_another_course_is_not_called_gone(connector: Connector) -> None:
    narrow: Any = {**KNOWN, "properties": {}}
    found = shown(connector, OwnFields(narrow, KNOWN, uses=["course_id"]), {"5": 2, "99": "x"})
    assert (found["5"].title, found["5"].value) == ("Site", "2")
    assert found["5"].description.startswith("This is no field for this Course ID.")
    assert "no longer" in found["99"].description
    unsure = shown(connector, OwnFields(narrow, uses=["course_id"]), {"99": "x"})
    assert "no longer" not in unsure["99"].description
    assert found[""].uses == ["/course_id"] and "depends on Course ID" in found[""].note


def test_what_must_be_filled_in_is_only_called_so_where_that_is_known(connector: Connector) -> None:
    assert shown(connector, OwnFields(KNOWN, narrowed=True))["5"].required
    unsure = shown(connector, OwnFields(KNOWN, narrowed=False))["5"]
    assert not unsure.required and unsure.description == "Has to be filled in in some cases."


def test_where_the_fields_are_not_known_each_is_a_pair_and_nothing_is_lost(connector: Connector) -> None:
    value: Json = {"1": 1, "3": {"from": "2026-01-01"}, "4": ["a", "b"]}
    found = shown(connector, OwnFields(why="The platform said no.", late=True), value)
    assert found[""].pairs == [("1", "1"), ("", "")] and found[""].late
    assert found[""].note.startswith("The platform said no.") and "by its ID" in found[""].note
    assert found["3"].pairs == [("from", "2026-01-01")] and found["4"].value == "a\nb"
    assert shown(connector, OwnFields())[""].pairs == [("", "")]


def test_what_is_wrong_stands_at_the_field(connector: Connector) -> None:
    problems = [
        Problem("enrollment_fields/3", "must be a day", "Enrollment fields, Approved on", "/enrollment_fields/3"),
        Problem("enrollment_fields/99", "there is no such field", "Enrollment fields, 99", "/enrollment_fields/99"),
    ]
    found = shown(connector, OwnFields(KNOWN), {"3": "soon", "99": "x"}, problems)
    assert (found["3"].problems, found["3"].value, found["3"].kind) == (["must be a day"], "soon", "text")
    assert found["99"].problems == ["there is no such field"] and found[""].problems == []
    assert found["3"].touched and found[""].touched and not found["2"].touched


def test_what_narrows_the_fields_may_be_refused(connector: Connector) -> None:
    own = OwnFields(KNOWN, KNOWN, why="There is no such course.", uses=["course_id"], narrowed=False)
    found = shown(connector, own)
    assert found[""].note == "There is no such course. Which fields there are depends on Course ID."
    assert found["5"].kind == "choice" and not found["5"].required


def test_a_platform_without_such_fields_says_so(connector: Connector) -> None:
    empty: Any = {**KNOWN, "properties": {}, "required": []}
    assert shown(connector, OwnFields(empty))[""].note == "The platform has no such fields."


def test_only_objects_of_the_platform_are_asked_for(connector: Connector) -> None:
    assert {key: own_inputs(action) for key, action in connector.actions.items() if own_inputs(action)} == {
        "enroll_user_into_a_course": ["enrollment_fields"],
        "get_enrollments": ["course_additional_fields"],
    }


def test_where_the_platform_refuses_the_fields_an_empty_one_that_is_needed_is_named(connector: Connector) -> None:
    refused = [Problem("", "a field is missing", "", "/enrollment_fields")]
    found = shown(connector, OwnFields(KNOWN), {}, refused)
    assert {key: each.problems for key, each in found.items() if each.problems} == {
        "": ["a field is missing"],
        "5": ["has to be filled in"],
    }
    assert shown(connector, OwnFields(KNOWN), {"5": 2}, refused)["5"].problems == []
