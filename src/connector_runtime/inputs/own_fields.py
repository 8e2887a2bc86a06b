"""What was given for the platform's own fields, held to them: by name or by ID, and each value to its type. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from connector_runtime.inputs.readers import Doubts, reader
from connector_runtime.inputs.spellings import whole
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, Problem, did_you_mean, pointer_to, steps


def settled(known: JsonSchema, key: str, given: dict[str, Json]) -> tuple[dict[str, Json], list[Problem]]:
    """The values under the IDs of their fields, as the fields take them, and everything that is wrong with them.

    `known` has each field under its ID, with its name as title; `key` is the input that holds them. Whether one is
    missing that must be there only the platform knows, as that depends on more than the list says.
    """
    title = known.get("title", key)
    named: dict[str, Json] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        fields = fields_called(known, name)
        if len(fields) == 1 and fields[0] not in named:
            named[fields[0]] = value
            continue
        problems.append(_problem(key, [name], f"{title}, {_title(known, fields, name)}", _why_not(known, fields, name)))
    schema = JsonSchema(type="object", properties=known["properties"], additionalProperties=False)
    doubts: Doubts = []
    tidy = reader(schema)(named, doubts)
    if doubts:
        from connector_runtime.inputs import reference  # jsonschema, a large import that right values never need

        for found in reference.problems_of(schema, tidy):
            parts = steps(f"/{found.field}")
            field = known["properties"].get(parts[0], JsonSchema())
            problems.append(_problem(key, parts, f"{title}, {field.get('title', parts[0])}", found.message))
    return tidy, problems


def fields_called(known: JsonSchema, name: str) -> list[str]:
    """The IDs of the fields that a key means: the field of that ID, or all of that name."""
    if name in known["properties"]:
        return [name]
    asked = " ".join(name.split()).casefold()
    return [key for key, field in known["properties"].items() if field["title"].casefold() == asked]


def is_number(name: str) -> bool:
    """Whether a key can only be an ID, where IDs are numbers."""
    return name.__class__ is str and whole(name).__class__ is int


def _why_not(known: JsonSchema, fields: list[str], name: str) -> str:
    if len(fields) > 1:
        return f"is the name of several fields; name one by its ID: {' or '.join(fields)}"
    if fields:
        return f"is given twice, by its name and by its ID {fields[0]}"
    titles = [field["title"] for field in known["properties"].values()]
    return f"there is no such field{did_you_mean(name, titles) or _listed(titles)}"


def _listed(titles: list[str]) -> str:
    shown = ", ".join(titles[:10]) + (" …" if len(titles) > 10 else "")
    return f"; the platform has: {shown}" if titles else "; the platform has none"


def _title(known: JsonSchema, fields: list[str], name: str) -> str:
    return known["properties"][fields[0]]["title"] if fields else name


def _problem(key: str, parts: Sequence[str], title: str, message: str) -> Problem:
    pointer = pointer_to([key, *parts])
    return Problem(pointer[1:], message, title, pointer)
