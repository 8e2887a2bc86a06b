"""What jsonschema finds wrong, in words for the person who fills in the form. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from connector_runtime.schema import Choice, JsonSchema, choices_in_words
from connector_runtime.values import Json, Problem, did_you_mean, pointer_to

KINDS = {
    "integer": "a whole number, such as 12",
    "number": "a number, such as 12.5",
    "boolean": "true or false",
    "string": "text",
    "object": "an object, such as {…}",
    "array": "a list, such as [12, 15]",
}
FORMATS = {
    "date": "a day as ISO 8601, such as 2026-01-31",
    "date-time": "a moment as ISO 8601, such as 2026-01-31T09:00:00Z",
    "email": "an e-mail address",
}


def problems(error: Any) -> Iterator[Problem]:
    """The problems behind one jsonschema ValidationError; fields are paths without titles."""
    path = list(error.absolute_path)
    schema: JsonSchema = error.schema
    if error.validator == "required":
        # jsonschema yields one error per missing property, and names it only there.
        missing = next(name for name in error.validator_value if error.message.startswith(repr(name)))
        yield Problem(_field(*path, missing), "is required; fill it in")
    elif error.validator == "additionalProperties":
        known = schema.get("properties", {})
        for name in error.instance:
            if name not in known:
                titled = [key for key, field in known.items() if field.get("title", "").casefold() == name.casefold()]
                near = f", did you mean `{titled[0]}`?" if titled else did_you_mean(name, known)
                yield Problem(_field(*path, name), f"there is no such field{near}")
    elif error.validator != "type" or "oneOf" not in schema:  # a wrong choice is said once, with the choices
        yield Problem(_field(*path), _words(error, schema))


def _field(*path: str | int) -> str:
    """A field's path as a Problem names it: a JSON pointer without its first slash."""
    return pointer_to(path)[1:]


def not_among(choices: list[Choice], values: list[Json]) -> str:
    """`choose A (1) or B (2), not "C"`."""
    return f"choose {choices_in_words(choices)}, not {', '.join(map(_shown, values))}"


def _words(error: Any, schema: JsonSchema) -> str:
    match error.validator:
        case "type":
            return f"must be {_kind(schema)}, not {_given(error)}"
        case "oneOf":
            return f"choose {choices_in_words(schema['oneOf'])}, not {_given(error)}"
        case "anyOf":
            return _either_or(schema)
        case "minimum" | "maximum":
            return f"must be {_range(schema)}, not {_given(error)}"
        case "minItems" if "x-item" in schema or "x-filters" in schema:
            return "is an empty list, which would match everything; name at least one, or leave the field out"
        case "minItems":
            return "is an empty list; add at least one row"
        case "format":
            return f"must be {FORMATS[schema['format']]}, not {_given(error)}"
        case "maxItems":
            return f"has {len(error.instance)} rows; at most {schema['maxItems']} are accepted"
        case "minLength" | "maxLength":
            return f"must be {schema.get('minLength', 0)} to {schema.get('maxLength', 'any number of')} characters long"
    return str(error.message)


def _kind(schema: JsonSchema) -> str:
    if "format" in schema:
        return FORMATS[schema["format"]]
    if schema.get("type") == "array" and (item := schema.get("x-item")):
        return (
            f'a list, such as [{{"{item}": 12}}] or [12]' if item == "id" else f'a list, such as [{{"{item}": "A-1"}}]'
        )
    return KINDS[schema["type"]]


def _range(schema: JsonSchema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def _either_or(schema: JsonSchema) -> str:
    """`fill in User ID or User email (both is allowed)`."""
    fields = schema.get("properties", {})
    sides = [" and ".join(fields[key]["title"] for key in demand["required"]) for demand in schema["anyOf"]]
    return f"fill in {' or '.join(sides)} (both is allowed)"


def _given(error: Any) -> str:
    return "this" if error.schema.get("x-secret") else _shown(error.instance)


def _shown(value: Json) -> str:
    """What was given, short and printable."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 60 else f"{text[:57]}…"
