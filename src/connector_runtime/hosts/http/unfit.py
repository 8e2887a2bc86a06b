"""What is unfit about a part of a request, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector_runtime.values import Json, json_text

KINDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "object": "an object",
    "array": "a list",
}
"""JSON's types."""

MOST = 20
"""Choices that are named."""

LONGEST = 60
"""Characters of what was given that are repeated."""


def words_of(error: Any) -> str:
    """What one error of jsonschema means."""
    told, given = error.validator_value, _shown(error.instance)
    match error.validator:
        case "enum" | "const":
            return f"must be {_either(told if error.validator == 'enum' else [told])}, not {given}"
        case "type":
            return f"must be {KINDS.get(told, told)}, not {_kind(error.instance)}"  # which may be a secret
        case "minimum":
            return f"must be at least {told}, not {given}"
        case "maximum":
            return f"must be at most {told}, not {given}"
        case "minLength" | "maxLength":
            return (
                f"must be {error.schema.get('minLength', 0)} to {error.schema.get('maxLength', 'more')} characters long"
            )
        case "minItems":
            return f"must have at least {told}, and has {len(error.instance)}"
        case "maxItems":
            return f"must have at most {told}, and has {len(error.instance)}"
        case "uniqueItems":
            return "has something twice"
        case "oneOf":
            return f"must have one of {', '.join(name for each in told for name in each['required'])}, and no other"
    return str(error.message)


def _kind(value: Json) -> str:
    """What JSON calls it, in words."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return KINDS[kinds[type(value)]] if type(value) in kinds else "nothing"


def _either(choices: Sequence[Json]) -> str:
    named = [each if isinstance(each, str) else json_text(each) for each in choices]
    more = [f"another of {len(named)}"] if len(named) > MOST else []
    *first, last = [*named[:MOST], *more]
    return f"{', '.join(first)} or {last}" if first else last


def _shown(value: Json) -> str:
    text = json_text(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
