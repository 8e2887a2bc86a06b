"""An action's form, compiled once: how its input is read, and what each field becomes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from connector_runtime.definition import Action
from connector_runtime.inputs.readers import Doubts, Reader, reader
from connector_runtime.inputs.spellings import chooser, moment
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, Problem, pointer_to

Inward: TypeAlias = Callable[[Json, list[Problem]], Json]
"""A value in its documented form as the next rooms use it. Adds what is wrong with it."""


class Form(NamedTuple):
    """How an action's input is read, and its fields in order, each with what its value becomes."""

    read: Reader
    fields: list[tuple[str, Inward]]


@lru_cache(maxsize=256)
def form_of(action: Action) -> Form:
    """The form of an action. A schema that cannot be compiled is read as it is, and always in doubt."""
    try:
        read = reader(action.input)
    except Exception:

        def read(value: Json, doubts: Doubts) -> Json:
            doubts.append(action.input)
            return value

    fields = action.input.get("properties", {}).items()
    return Form(read, [(key, _inward(schema, pointer_to([key])[1:])) for key, schema in fields])


def _inward(schema: JsonSchema, field: str) -> Inward:
    if item := schema.get("x-item"):
        return _unwrapping(item, field)
    if schema.get("x-list") == "comma":
        return _splitting(schema, field)
    if schema.get("format") == "date-time":
        return lambda value, problems: moment(value)
    if schema.get("format") == "date":
        return lambda value, problems: date.fromisoformat(value).isoformat()
    return lambda value, problems: value


def _unwrapping(item: str, field: str) -> Inward:
    """`[{id: 12}]` is `[12]` inside."""

    def unwrap(value: Json, problems: list[Problem]) -> Json:
        problems += [
            Problem(f"{field}/{index}{pointer_to([item])}", "is required; fill it in")
            for index, row in enumerate(value)
            if item not in row
        ]
        return [row.get(item) for row in value]

    return unwrap


def _splitting(schema: JsonSchema, field: str) -> Inward:
    """`A, B` is a list of the choices A and B inside."""
    choices = schema.get("x-choices")
    choose = chooser(choices or [])
    known = [choice["const"] for choice in choices or []]

    def split(value: Json, problems: list[Problem]) -> Json:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not parts:
            problems.append(Problem(field, "names nothing; leave the field out instead"))
        if choices is None:
            return parts
        chosen = [choose(part) for part in parts]
        if unknown := [part for part in chosen if part not in known]:
            from connector_runtime.inputs.complaint import not_among  # words are imported only when they are said

            problems.append(Problem(field, not_among(choices, unknown)))
        return chosen

    return split
