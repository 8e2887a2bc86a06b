"""What an answer has and its declaration has not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connector_runtime.outputs.tolerant import Place, as_list, as_object, children
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json


def undocumented(schema: JsonSchema, value: Json) -> int:
    """How many names a value has that its schema has not, each counted once, in however many rows it stands."""
    return len(set(_unknown(schema, value, (), frozenset())))


def _unknown(schema: JsonSchema, value: Json, place: Place, beside: frozenset[str]) -> Iterator[tuple[Place, str]]:
    """Such names, with the place of their object; `beside` is known from a wrapper that stands for the same object."""
    if "properties" in schema and (fields := as_object(value)) is not None:
        known = beside | _known(schema, fields)
        yield from ((place, name) for name in fields.keys() - known)
        for child in children(schema):
            part = child.found(fields)
            if part is fields:
                yield from _unknown(child.schema, part, place, known)
            else:
                yield from _unknown(child.schema, part, (*place, child.key), frozenset())
    elif "items" in schema:
        for row in as_list(value) or []:
            yield from _unknown(schema["items"], row, (*place, 0), frozenset())


def _known(schema: JsonSchema, value: Mapping[str, Json]) -> frozenset[str]:
    """The documented names of an object, those of a wrapper that stands for the same object included."""
    known: set[str] = set()
    for child in children(schema):
        known |= {way[0] for way in child.ways if way}
        if () in child.ways:
            known |= _known(child.schema, value) if "properties" in child.schema else value.keys()
    return frozenset(known)
