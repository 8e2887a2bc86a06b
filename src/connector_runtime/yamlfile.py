"""YAML files as JSON values that remember where each part stands. The only module that imports yaml.

YAML's surprises are switched off: only JSON's types are recognised (`1:30`, `no` and `2026-01-10` are text),
and a key that stands twice is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from connector_runtime.errors import DefinitionError
from connector_runtime.values import Json, parse_json, pointer_to

Place = tuple[int, int]
"""Line and column, both from 1."""

DEEPEST = 100
"""Declarations nest less; what nests more is a mistake or an attack."""


@dataclass(frozen=True)
class Document:
    """One YAML file: its value, and the place of every part by JSON pointer."""

    path: Path
    value: Json
    places: dict[str, Place]

    def place(self, pointer: str) -> Place:
        """Where a part stands, or the nearest part around it that the file really has."""
        while pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places[pointer]

    def fault(self, pointer: str, message: str) -> str:
        """`file:line:column: message (at pointer)`."""
        line, column = self.place(pointer)
        return f"{self.path}:{line}:{column}: {message} (at {pointer or '/'})"


JSON_SCALARS = (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-0123456789")),
)
"""How JSON's scalars are recognised: name, pattern, first characters. Everything else is text."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where it is built
    """Reads events, and recognises JSON's scalars only."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


class _Dumper(yaml.SafeDumper):
    """Writes so that the loader reads the same again."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # type: ignore[misc]

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, text: str) -> Any:
        """Unicode's line ends would be folded away between any quotes but double ones."""
        style = '"' if set(text) & set("\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_str)


for _name, _pattern, _first in JSON_SCALARS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(rf"^(?:{_pattern})$"), _first)


def read(path: Path) -> Document:
    """Read one file. Raises DefinitionError with file:line:column."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as wrong:
        raise DefinitionError([f"{path}:1:1: cannot be read: {wrong}"]) from wrong


def parse(text: str, path: Path) -> Document:
    """Parse a YAML text that stands (or would stand) at `path`."""
    try:
        loader = _Loader(text)
        reading = _Reading(path, loader)
        try:
            value = reading.whole()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise DefinitionError([f"{path}:{line}:{column}: not YAML: {wrong.problem or wrong.context}"]) from wrong
    except yaml.YAMLError as wrong:
        raise DefinitionError([f"{path}:1:1: not YAML: {wrong}"]) from wrong
    return Document(path, value, {"": (1, 1), **reading.places})


def dump(value: Json) -> str:
    """A JSON value as YAML text, keys in their order."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))


class _Reading:
    """One pass over a file's events: JSON values out, places noted on the way."""

    def __init__(self, path: Path, loader: Any) -> None:
        self.path = path
        self.loader = loader
        self.places: dict[str, Place] = {}

    def whole(self) -> Json:
        """The only document's value; None for an empty file."""
        self.loader.get_event()  # the stream begins
        if isinstance(self.loader.get_event(), yaml.StreamEndEvent):
            return None
        value = self.value(self.loader.get_event(), ())
        self.loader.get_event()  # the document ends
        if not isinstance(after := self.loader.get_event(), yaml.StreamEndEvent):
            raise self.fault(after, "not YAML: a file holds one document")
        return value

    def value(self, event: Any, parts: tuple[str | int, ...]) -> Json:
        self.places.setdefault(pointer_to(parts), _place(event))
        if isinstance(event, yaml.AliasEvent):
            raise self.fault(event, "an alias is not allowed: say it twice, or give it a file in schemas/")
        if len(parts) > DEEPEST:
            raise self.fault(event, f"nested more than {DEEPEST} deep")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if event.tag is not None:
            raise self.fault(event, f"only JSON's types are allowed, not {event.tag}")
        return self.list(parts) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(parts)

    def list(self, parts: tuple[str | int, ...]) -> list[Json]:
        values: list[Json] = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            values.append(self.value(event, (*parts, len(values))))
        return values

    def mapping(self, parts: tuple[str | int, ...]) -> dict[str, Json]:
        mapping: dict[str, Json] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self.fault(event, "a key must be plain text")
            if event.value in mapping:
                raise self.fault(event, f"the key `{event.value}` stands here twice")
            self.places[pointer_to((*parts, event.value))] = _place(event)
            mapping[event.value] = self.value(self.loader.get_event(), (*parts, event.value))
        return mapping

    def scalar(self, event: Any) -> Json:
        tag = event.tag or self.loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        kind = tag.rpartition(":")[2]
        if kind == "str":
            return event.value
        if kind not in ("null", "bool", "int", "float"):
            raise self.fault(event, f"only JSON's types are allowed, not {tag}")
        try:
            return None if kind == "null" else parse_json(event.value)
        except ValueError as wrong:
            raise self.fault(event, f"not a value that JSON can hold ({wrong})") from None

    def fault(self, event: Any, message: str) -> DefinitionError:
        line, column = _place(event)
        return DefinitionError([f"{self.path}:{line}:{column}: {message}"])


def _place(event: Any) -> Place:
    return (event.start_mark.line + 1, event.start_mark.column + 1)
