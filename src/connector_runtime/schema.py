"""The part of JSON Schema that declarations use, and what can be asked of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

from typing_extensions import TypedDict

from connector_runtime.values import Json

AUTHORED: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True, "strict": True}
"""How strictly authors' files are read: unknown keys are errors, nothing is converted."""


class Choice(TypedDict):
    """One choice of a dropdown: the value that is sent and the words that are shown."""

    const: str | int
    title: str


class Demand(TypedDict):
    """One side of an either/or: these fields are filled in."""

    required: list[str]


JsonSchema = TypedDict(
    "JsonSchema",
    {
        "$ref": str,
        "title": str,
        "description": str,
        "type": Literal["object", "array", "string", "integer", "number", "boolean"],
        "format": Literal["date", "date-time", "email"],
        "properties": "dict[str, JsonSchema]",
        "required": list[str],
        "additionalProperties": bool,
        "items": "JsonSchema",
        "oneOf": list[Choice],
        "anyOf": list[Demand],
        "minimum": int,
        "maximum": int,
        "minLength": int,
        "maxLength": int,
        "minItems": int,
        "maxItems": int,
        "examples": list[Json],
        "x-wire": "str | list[str]",
        "x-item": str,
        "x-list": Literal["comma"],
        "x-choices": list[Choice],
        "x-filters": str,
        "x-pick-list": str,
        "x-dynamic-fields": str,
        "x-secret": bool,
        "x-visibility": Literal["important", "advanced"],
    },
    total=False,
)
"""JSON Schema 2020-12 as declarations use it, and the annotations (`x-`) they may carry."""
for _shape in (Choice, Demand, JsonSchema):
    _shape.__pydantic_config__ = AUTHORED  # type: ignore[union-attr]  # where pydantic looks for it


def inlined(schema: JsonSchema, fetch: Callable[[str], JsonSchema]) -> JsonSchema:
    """The schema with every `$ref` replaced by what `fetch` gives.

    The keys beside a `$ref` win over it; the fields beside it join its fields, new ones first.
    """
    if "$ref" in schema:
        shape = inlined(fetch(schema["$ref"]), fetch)
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if "properties" in shape and "properties" in schema:
            new = {key: child for key, child in schema["properties"].items() if key not in shape["properties"]}
            beside["properties"] = {**new, **shape["properties"], **schema["properties"]}
        schema = cast(JsonSchema, {**shape, **beside})
    whole = schema.copy()
    if "properties" in schema:
        whole["properties"] = {key: inlined(child, fetch) for key, child in schema["properties"].items()}
    if "items" in schema:
        whole["items"] = inlined(schema["items"], fetch)
    return whole


def completed(schema: JsonSchema) -> JsonSchema:
    """The schema with what authors may leave out: `type: object` beside properties, and objects closed."""
    whole = schema.copy()
    if "properties" in schema:
        whole["properties"] = {key: completed(child) for key, child in schema["properties"].items()}
        whole["additionalProperties"] = False
        whole["type"] = "object"
    if "items" in schema:
        whole["items"] = completed(schema["items"])
        whole["type"] = "array"
    return whole


def children(schema: JsonSchema) -> dict[str, JsonSchema]:
    """The fields inside an object, or inside the rows of a list of objects; none for anything else."""
    return schema.get("items", schema).get("properties", {})


def fields(schema: JsonSchema, inside: str = "") -> Iterator[tuple[str, JsonSchema]]:
    """Every field with its path (`items/user_id`), parents first, in the order of the declaration."""
    for key, child in children(schema).items():
        yield f"{inside}{key}", child
        yield from fields(child, f"{inside}{key}/")


def field_at(schema: JsonSchema, path: Sequence[str]) -> JsonSchema:
    """The field at a path of keys and row numbers; an empty schema where there is none."""
    for part in path:
        schema = (
            schema["items"] if part.isdecimal() and "items" in schema else schema.get("properties", {}).get(part, {})
        )
    return schema


def title_at(schema: JsonSchema, path: Sequence[str]) -> str:
    """The titles on the way to a field: `Items, row 2, User ID`. What has no title shows its key."""
    words: list[str] = []
    for depth, part in enumerate(path, 1):
        row = part.isdecimal() and "items" in field_at(schema, path[: depth - 1])
        words.append(f"row {int(part) + 1}" if row else field_at(schema, path[:depth]).get("title", part))
    return ", ".join(words)


def choices_in_words(choices: list[Choice]) -> str:
    """`Student (3), Tutor (4) or Instructor (6)`."""
    shown = [
        choice["title"] if choice["title"] == choice["const"] else f"{choice['title']} ({choice['const']})"
        for choice in choices
    ]
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
