"""A schema compiled into what reads a value: kindly, and with an eye on what may be wrong. Pure.

A reader gives the value in its documented form (a numeric text is a number, a choice may be named by its title,
blanks are absent) and holds it to the schema on the way. It is sure only of what is right: whatever may be wrong
leaves a doubt, which `reference` then settles with jsonschema, slowly and in words.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from operator import index
from typing import Any, Literal, TypeAlias

from connector_runtime.inputs.spellings import FORMATS, YES_NO, chooser, is_clean, whole
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json

Doubts: TypeAlias = list[JsonSchema]
"""The schemas that parts of an input may fail. Without any, jsonschema surely finds nothing wrong."""

Reader: TypeAlias = Callable[[Json, Doubts], Json]
"""What cannot be read stays as it is and leaves a doubt."""


def reader(schema: JsonSchema) -> Reader:
    """The reader of a schema. One that says more than readers understand always leaves a doubt."""
    read = _choice_reader(schema) if "oneOf" in schema else KINDS[schema.get("type")](schema)
    return read if _understood(schema) else _doubtful(read, schema)


def _choice_reader(schema: JsonSchema) -> Reader:
    choose = chooser(schema["oneOf"])
    values = [choice["const"] for choice in schema["oneOf"]]
    kinds: Any = {None: (str, int), "string": str, "integer": int, "number": int}.get(schema.get("type"), ())
    # A value that stands there twice fits two choices, which is not one.
    right = {each for each in values if isinstance(each, kinds) and values.count(each) == 1 and is_clean(each)}
    plain = {each for each in right if choose(each) == each}

    def read(value: Json, doubts: Doubts) -> Json:
        if value.__class__ in (str, int) and value in plain:
            return value
        value = choose(value)
        if value.__class__ not in (str, int) or value not in right:
            doubts.append(schema)
        return value

    return read


def _object_reader(schema: JsonSchema) -> Reader:
    known = {key: reader(child) for key, child in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", []))
    either = [frozenset(demand["required"]) for demand in schema.get("anyOf", [])] or [required]
    is_open = schema.get("additionalProperties", True)

    def read(value: Json, doubts: Doubts) -> Json:
        if not isinstance(value, dict):
            doubts.append(schema)
            return value
        tidy: dict[str, Json] = {}
        for key, part in value.items():
            if part is None or (isinstance(part, str) and not part.strip()):
                continue
            if key in known:
                tidy[key] = known[key](part, doubts)
                continue
            tidy[key] = part
            if not is_open or not is_clean(key) or not is_clean(part):
                doubts.append(schema)
        filled = tidy.keys()
        if not filled >= required or not any(map(filled.__ge__, either)):
            doubts.append(schema)
        return tidy

    return read


def _list_reader(schema: JsonSchema) -> Reader:
    low, high = _bounds(schema, "minItems", "maxItems")
    item = schema.get("x-item")
    read_row = reader(schema.get("items", {}))

    def read(value: Json, doubts: Doubts) -> Json:
        if not isinstance(value, list):
            doubts.append(schema)
            return value
        if not low <= len(value) <= high:
            doubts.append(schema)
        rows = [row if isinstance(row, dict) else {item: row} for row in value] if item else value
        return [read_row(row, doubts) for row in rows]

    return read


def _text_reader(schema: JsonSchema) -> Reader:
    low, high = _bounds(schema, "minLength", "maxLength")
    parse = FORMATS.get(schema.get("format", ""), str)

    def read(value: Json, doubts: Doubts) -> Json:
        if not isinstance(value, str) or not low <= len(value) <= high or not is_clean(value):
            doubts.append(schema)
            return value
        try:
            parse(value)
        except ValueError:
            doubts.append(schema)
        return value

    return read


def _integer_reader(schema: JsonSchema) -> Reader:
    low, high = _bounds(schema, "minimum", "maximum")

    def read(value: Json, doubts: Doubts) -> Json:
        number = value if value.__class__ is int else whole(value)
        if number.__class__ is not int or not low <= number <= high:
            doubts.append(schema)
        return number

    return read


def _number_reader(schema: JsonSchema) -> Reader:
    low, high = _bounds(schema, "minimum", "maximum")

    def read(value: Json, doubts: Doubts) -> Json:
        if value.__class__ not in (int, float) or not low <= value <= high:
            doubts.append(schema)
        return value

    return read


def _boolean_reader(schema: JsonSchema) -> Reader:
    def read(value: Json, doubts: Doubts) -> Json:
        if isinstance(value, str | int):
            value = YES_NO.get(value.strip().lower() if isinstance(value, str) else value, value)
        if value.__class__ is not bool:
            doubts.append(schema)
        return value

    return read


def _anything_reader(schema: JsonSchema) -> Reader:
    def read(value: Json, doubts: Doubts) -> Json:
        if not is_clean(value):
            doubts.append(schema)
        return value

    return read


KINDS: dict[str | None, Callable[[JsonSchema], Reader]] = {
    None: _anything_reader,
    "object": _object_reader,
    "array": _list_reader,
    "string": _text_reader,
    "integer": _integer_reader,
    "number": _number_reader,
    "boolean": _boolean_reader,
}
UNDERSTOOD: dict[str | None, set[str]] = {
    "object": {"properties", "required", "additionalProperties", "anyOf"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"format", "minLength", "maxLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
}
"""The keywords that the reader of a type holds a value to."""

NOTES = {"type", "title", "description", "examples"}
"""Keywords that a reader has dealt with, or that ask nothing of a value."""


def _understood(schema: JsonSchema) -> bool:
    held = {"oneOf"} if "oneOf" in schema else UNDERSTOOD.get(schema.get("type"), set())
    return (
        all(key in held or key in NOTES or key.startswith("x-") for key in schema)
        and ("format" not in schema or schema["format"] in FORMATS)
        and isinstance(schema.get("additionalProperties", True), bool)
        and all(demand.keys() == {"required"} for demand in schema.get("anyOf", []))
        and all(choice.keys() == {"const", "title"} for choice in schema.get("oneOf", []))
        and all(choice["const"].__class__ in (str, int) for choice in schema.get("oneOf", []))
        and is_clean(list(schema.get("properties", {})))
    )


def _doubtful(read: Reader, schema: JsonSchema) -> Reader:
    def doubt(value: Json, doubts: Doubts) -> Json:
        doubts.append(schema)
        return read(value, doubts)

    return doubt


def _bounds(
    schema: JsonSchema,
    least: Literal["minimum", "minLength", "minItems"],
    most: Literal["maximum", "maxLength", "maxItems"],
) -> tuple[float, float]:
    """Both ends, or none. Raises TypeError for what is no whole number."""
    return index(schema[least]) if least in schema else -inf, index(schema[most]) if most in schema else inf
