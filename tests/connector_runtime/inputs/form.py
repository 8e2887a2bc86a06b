"""A form with a field of every kind, and what the first room makes of what is filled in."""

from __future__ import annotations

import pytest

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.values import Inputs, Json
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


def checked(raw: Json, action: Action = FORM) -> Inputs:
    return check(action, handler(), raw)


def problems(raw: Json, action: Action = FORM) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        checked(raw, action)
    return [(problem.title, problem.message) for problem in caught.value.problems]
