"""Shapes that several operations take or answer: JSON Schemas, written once."""

from __future__ import annotations

from connector_runtime.values import Json


def text(description: str, **more: Json) -> Json:
    """A text that is not empty."""
    return {"type": "string", "description": description, "minLength": 1, "maxLength": 500, **more}


def listing(item: Json) -> Json:
    """A list with the cursor of its next page: null at its end."""
    return closed({"items": {"type": "array", "items": item}, "next": {"type": ["integer", "null"]}})


def closed(properties: Json, required: list[str] | None = None) -> Json:
    """An object with these and nothing else; all of them are there, unless it is said which are."""
    known = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": known, "additionalProperties": False}


def or_null(schema: Json) -> Json:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


OBJECT: Json = {"type": "object"}
NAMED: Json = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
CURSOR: Json = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
"""Of what is kept one after another: no more than a file can hold."""
LIMIT: Json = {"type": "integer", "minimum": 1, "maximum": 500, "default": 50, "description": "How many at most."}
CONNECTION: Json = text("The connection to work on.", default="sandbox")
INPUT: Json = {"type": "object", "description": "The action's input."}
IF_ALREADY: Json = {"enum": ["succeed", "fail", None], "description": "How it ends where nothing is left to do."}

EVENT = closed(
    {
        "event": {"type": "string"},
        "status": {"enum": ["expected", "seen", "missing", "not_watched"]},
        "match": OBJECT,
        "count": {"type": ["integer", "string"]},
    }
)
RUN: Json = {
    "type": "object",
    "description": "A run's record; docs/cli.md has each of its keys.",
    "required": [
        "run_id",
        "action",
        "connection",
        "status",
        "effect",
        "input",
        "requests",
        "output",
        "events",
        "error",
    ],
    "properties": {
        "run_id": {"type": "string"},
        "action": {"type": "string"},
        "connection": {"type": "string"},
        "status": {"enum": ["running", "succeeded", "failed"]},
        "effect": {"enum": ["none", "unknown", "done"]},
        "started_at": {"type": "string"},
        "duration_s": {"type": "number"},
    },
}
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457. `code` is a stable word; `fix` says what to do next.",
    "required": ["type", "title", "status", "code", "fix"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "fix": {"type": "string"},
        "whose": {"type": "string"},
        "pointer": {"type": "string"},
        "problems": {
            "type": "array",
            "items": closed({name: {"type": "string"} for name in ("field", "title", "pointer", "message")}),
        },
        "effect": {"enum": ["none", "unknown", "done"]},
        "run": {"anyOf": [RUN, {"type": "null"}]},
    },
}
