"""Where fields stand on the wire, as msgspec types say it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from connector_runtime.outputs.tolerant import Way, children
from connector_runtime.schema import JsonSchema

SCALAR: Any = bool | int | float | str | None

UNSPEAKABLE = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
"""What no name in a msgspec type may have."""

Field = tuple[str, ...]
"""A field by its keys from the object that it is read from: several in a wrapper that is that object itself."""


class Place:
    """An object on the wire. What is read there has slots: the attributes f0, f1 and so on of its msgspec type."""

    def __init__(self) -> None:
        self._slots: dict[str, tuple[str, Any]] = {}

    def slot(self, name: str, wire: Any) -> str:
        """The attribute for a name; `wire` is the type of what may stand there."""
        return self._slots.setdefault(name, (f"f{len(self._slots)}", wire))[0]

    def inner(self, name: str) -> tuple[str, Place]:
        """The attribute for a name, and the object that stands there if all is well."""
        return self._slots.setdefault(name, (f"f{len(self._slots)}", Place()))

    def struct(self, sample: bytes) -> Any:
        """The msgspec type of such objects. What is missing is None; names without a slot are skipped.

        msgspec looks for a name after the one before: it is quicker when they stand in the order of a sample.
        """
        names = sorted(self._slots, key=lambda name: sample.find(f'"{name}"'.encode()))
        fields = [(attribute, _wire(wire, sample), None) for attribute, wire in map(self._slots.__getitem__, names)]
        rename = {attribute: name for name, (attribute, _) in self._slots.items()}
        return msgspec.defstruct("Place", fields, rename=rename, gc=False)


def _wire(wire: Any, sample: bytes) -> Any:
    return wire.struct(sample) | list_of(Any) | SCALAR if isinstance(wire, Place) else wire


def list_of(wire: Any) -> Any:
    """The type of lists of that type."""
    return list[wire]


def ways(schema: JsonSchema, inside: Field = ()) -> dict[Field, list[Way]] | None:
    """Every field that is read from such an object, with all its ways; None when no type can say them."""
    found: dict[Field, list[Way]] = {}
    for key, child, its in children(schema):
        if its == [()] and "properties" in child:
            inner = ways(child, (*inside, key))
            if inner is None:
                return None
            found |= inner
        elif () in its or any(UNSPEAKABLE.search(name) for way in its for name in way):
            return None
        else:
            found[(*inside, key)] = its
    return found


def entangled(fields: dict[Field, list[Way]]) -> set[Field]:
    """The fields that cannot have slots of their own: another is read at the same place or inside it, or in a list."""
    every = [way for its in fields.values() for way in its]
    ends, inner = Counter(every), {way[:length] for way in every for length in range(1, len(way))}
    firsts = {way[0] for way in every if ends[way] > 1 or way in inner or any(map(str.isdecimal, way))}
    while True:  # a field that shares the beginning of its way with one of these is one of them
        found = {field for field, its in fields.items() if any(way[0] in firsts for way in its)}
        grown = firsts | {way[0] for field in found for way in fields[field]}
        if grown == firsts:
            return found
        firsts = grown
