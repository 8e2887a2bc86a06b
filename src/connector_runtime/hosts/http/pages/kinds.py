"""How a field of a form is filled in, by its schema. Pure."""

from __future__ import annotations

from typing import Literal

from connector_runtime.exports.listing import kind_in_words
from connector_runtime.schema import JsonSchema

Kind = Literal[
    "text", "long", "lines", "number", "date", "moment", "yes_no", "choice", "choices", "list", "rows", "group",
    "pairs", "own",
]  # fmt: skip
"""`long` is a text of several lines, `lines` a text or one a line; `choices` are ticked, a `list` has a value a line,
`rows` are objects, a `group` is one object; `pairs` are names and values, `own` the platform's own fields.
"""

PLAIN = {"text": "Text", "long": "Text", "lines": "Text", "choice": "Choice", "yes_no": "Yes or no"}


def kind_of(schema: JsonSchema) -> Kind:
    """How a field is filled in."""
    if schema.get("x-choices"):
        return "choices"
    if schema.get("oneOf"):
        return "choice"
    kind = schema.get("type")
    if kind == "array":
        return "rows" if "properties" in schema.get("items", {}) and not schema.get("x-item") else "list"
    if kind == "object":
        return _kind_of_object(schema)
    if kind == "boolean":
        return "yes_no"
    if schema.get("format") in ("date", "date-time"):
        return "date" if schema["format"] == "date" else "moment"
    return "number" if kind in ("integer", "number") else "text"


def own_kind_of(schema: JsonSchema) -> Kind:
    """How one of the platform's own fields is filled in. One that may be anything takes a text, or several."""
    kind = kind_of(schema)
    if kind == "text":
        return "long" if "type" in schema else "lines"
    return kind


def own_kind_in_words(schema: JsonSchema) -> str:
    """What one of the platform's own fields takes, for people."""
    kind = own_kind_of(schema)
    if {each["title"].casefold() for each in schema.get("oneOf", [])} == {"yes", "no"}:
        kind = "yes_no"
    return PLAIN.get(kind, "") if kind in PLAIN or kind in ("group", "pairs") else kind_in_words(schema)


def _kind_of_object(schema: JsonSchema) -> Kind:
    if "x-dynamic-fields" in schema:
        return "own"
    return "group" if schema.get("properties") else "pairs"
