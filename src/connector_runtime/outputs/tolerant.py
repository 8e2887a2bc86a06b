"""The reference: reads any answer, makes null of what it cannot read, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from connector_runtime.outputs import scalars
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, follow, nests_within, pointer_to, steps

DEEPEST = 50
"""An object without documented children that nests deeper than this is no use to anybody."""

SCALARS: Mapping[str, Callable[[Json], Json]] = {
    "integer": scalars.number,  # a score of 87.5 is kept although an Integer is documented
    "number": scalars.number,
    "boolean": scalars.truth,
    "string": scalars.text,
}

Place = tuple[str | int, ...]
"""Keys and row numbers that lead to a value in the output."""

Way = tuple[str, ...]
"""Names that lead from an object on the wire to a field's value; none where the field is that object itself."""


class Child(NamedTuple):
    """A documented field of an object, with its ways on the wire; the first that has something wins."""

    key: str
    schema: JsonSchema
    ways: list[Way]

    def found(self, value: Json) -> Json:
        """What the wire has for the field in its object."""
        for way in self.ways:
            part = follow(value, way)
            if part is not None:
                return part
        return None


def children(schema: JsonSchema) -> Iterator[Child]:
    """The documented fields of an object, in their order."""
    for key, child in schema["properties"].items():
        wires = child.get("x-wire", pointer_to([key]))
        yield Child(key, child, [steps(wire) for wire in ([wires] if isinstance(wires, str) else wires)])


class Tolerant:
    """Reads values as their schemas document them. `warn` hears of what had to become null: a pointer and words."""

    def __init__(self, no_value: Iterable[str], warn: Callable[[str, str], None]) -> None:
        self._no_value = frozenset(no_value)
        self._warn = warn
        self._children: dict[int, list[Child]] = {}

    def read(self, schema: JsonSchema, value: Json, place: Place = ()) -> Json:
        """The documented form of a value that stands at a place in the output."""
        if value is None or (isinstance(value, str) and value in self._no_value):
            return None
        kind = schema["type"]
        if kind in SCALARS:
            read = SCALARS[kind](value)
        else:
            read = self._object(schema, value, place) if kind == "object" else self._array(schema, value, place)
        if read is None and value not in ("", []):
            self._warn(pointer_to(place), f"is documented as {kind}, but came as {_kind(value)}")
        return read

    def _object(self, schema: JsonSchema, value: Json, place: Place) -> Json:
        value = as_object(value)
        if value is None:
            return None
        if "properties" not in schema:
            return value if nests_within(DEEPEST, value) else None
        known = self._children.get(id(schema)) or self._children.setdefault(id(schema), list(children(schema)))
        output = {child.key: self.read(child.schema, child.found(value), (*place, child.key)) for child in known}
        # Without a documented key it is something else, unless it stands for a wrapper that the platform leaves out.
        told = (
            not value
            or schema.get("x-wire") in ("", [""])
            or any(not w or w[0] in value for child in known for w in child.ways)
        )
        return output if told else None

    def _array(self, schema: JsonSchema, value: Json, place: Place) -> Json:
        value = as_list(value)
        if value is None:
            return None
        if "items" not in schema:
            return value if nests_within(DEEPEST, value) else None
        return [self.read(schema["items"], part, (*place, index)) for index, part in enumerate(value)]


def as_object(value: Json) -> dict[str, Json] | None:
    """The object that a value is, were it in a list of its own."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def as_list(value: Json) -> list[Json] | None:
    """The list that a value is: one with gaps comes as an object of numbers, one row without its list."""
    if isinstance(value, dict):
        return list(value.values()) if all(map(str.isdecimal, value)) else [value]
    return value if isinstance(value, list) else None


def _kind(value: Json) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
