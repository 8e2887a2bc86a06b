"""Enrollment fields: what may be written into them."""

from __future__ import annotations

import json
from typing import Any

from docebo_connect.sandbox.parameters import read_day, read_flag, read_integer
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.store import Row, Store

LONGEST_TEXT = 10_000  # characters; [I] some bound there must be


def check_enrollment_fields(store: Store, body: dict[str, Any], course_ids: list[int]) -> dict[str, Any]:
    """The values by field id; an unknown field, a wrong value or a missing mandatory one is a 400.

    `consider_ef_as_optional` waives what is mandatory.
    """
    given = body.get("enrollment_fields")
    if given is None or given == []:  # PHP writes an empty object as an empty list
        given = {}
    if not isinstance(given, dict):
        raise bad_request("enrollment_fields must be an object.")
    fields = {str(row["id"]): row for row in store.rows("SELECT * FROM enrollment_fields")}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in fields:
            raise bad_request(f"enrollment_fields: there is no field {key}.")
        values[key] = _value(fields[key], value)
    if not read_flag(body.get("consider_ef_as_optional"), "consider_ef_as_optional"):
        _check_mandatory(fields, values, course_ids)
    return values


def _check_mandatory(fields: dict[str, Row], values: dict[str, Any], course_ids: list[int]) -> None:
    for key, row in fields.items():
        courses = json.loads(row["courses_json"])
        concerned = not courses or bool(set(courses) & set(course_ids))
        if row["mandatory"] and concerned and values.get(key) in (None, ""):
            raise bad_request(f"enrollment_fields: the field {key} ({row['title']}) is mandatory.")


def _value(row: Row, value: Any) -> Any:
    name = f"enrollment_fields.{row['id']}"
    if value is None or value == "":
        return None
    if row["type"] == "dropdown":
        option = read_integer(value, name)
        if option not in [choice["id"] for choice in json.loads(row["options_json"])]:
            raise bad_request(f"{name} must be the id of one of the field's options.")
        return option
    if row["type"] == "yesno":
        return int(read_flag(value, name))
    if row["type"] == "date":
        return read_day(value, name)
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    raise bad_request(f"{name} must be a string.")
