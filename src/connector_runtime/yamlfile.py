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
from connector_runtime.values import Json, pointer_to

Place = tuple[int, int]
"""Line and column, both from 1."""


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


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one where it is built
    """A loader that knows JSON's types and no others."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def read(path: Path) -> Document:
    """Read one file. Raises DefinitionError with file:line:column."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as wrong:
        raise DefinitionError([f"{path}:1:1: cannot be read: {wrong}"]) from wrong


def parse(text: str, path: Path) -> Document:
    """Parse a YAML text that stands (or would stand) at `path`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        reading = _Reading(path)
        value = reading.value(node, ()) if node else None
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise DefinitionError([f"{path}:{line}:{column}: not YAML: {wrong.problem or wrong.context}"]) from wrong
    except (yaml.YAMLError, RecursionError) as wrong:
        raise DefinitionError([f"{path}:1:1: not YAML: {wrong}"]) from wrong
    finally:
        loader.dispose()
    return Document(path, value, {"": (1, 1), **reading.places})


def dump(value: Json) -> str:
    """A JSON value as YAML text, keys in their order."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))


class _Reading:
    """One pass over a file's nodes: JSON values out, places noted on the way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[str, Place] = {}
        self.seen: set[int] = set()

    def value(self, node: Any, parts: tuple[str | int, ...]) -> Json:
        self.places.setdefault(pointer_to(parts), _place(node))
        if id(node) in self.seen:
            raise self.fault(node, "an alias is not allowed: say it twice, or give it a file in schemas/")
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*parts, i)) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, parts)
        return self.scalar(node)

    def mapping(self, node: Any, parts: tuple[str | int, ...]) -> dict[str, Json]:
        mapping: dict[str, Json] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.fault(key_node, "a key must be plain text")
            if key in mapping:
                raise self.fault(key_node, f"the key `{key}` stands here twice")
            self.places[pointer_to((*parts, key))] = _place(key_node)
            mapping[key] = self.value(value_node, (*parts, key))
        return mapping

    def scalar(self, node: Any) -> Json:
        kind, text = node.tag.rpartition(":")[2], node.value
        if kind not in ("str", "null", "bool", "int", "float"):
            raise self.fault(node, f"only JSON's types are allowed, not {node.tag}")
        if kind == "str":
            return text
        if kind == "null":
            return None
        return text == "true" if kind == "bool" else int(text) if kind == "int" else float(text)

    def fault(self, node: Any, message: str) -> DefinitionError:
        line, column = _place(node)
        return DefinitionError([f"{self.path}:{line}:{column}: {message}"])


def _place(node: Any) -> Place:
    return (node.start_mark.line + 1, node.start_mark.column + 1)
