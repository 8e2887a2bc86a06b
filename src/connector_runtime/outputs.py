"""Room four: an answer read into exactly the documented output. Pure.

Every documented field is present, and no other. What comes in another type is coerced where the meaning is
plain; what cannot be coerced becomes null with a warning. Undocumented keys are dropped and counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector_runtime.definition import Action
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Inputs, Json, Response, at, pointer_to

MAX_WARNINGS = 100
"""A page whose every row is odd warns this often; the rest is counted."""


@dataclass
class Reading:
    """What came out of an answer: the documented output, what was odd, what was not documented."""

    output: Json = None
    warnings: list[dict[str, str]] = field(default_factory=list)
    undocumented: int = 0
    """Keys that the answer has and the declaration has not."""

    def warn(self, pointer: str, message: str) -> None:
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append({"pointer": pointer, "message": message})
        elif len(self.warnings) == MAX_WARNINGS:
            self.warnings.append({"pointer": "", "message": "there are more warnings like these"})


def answered(action: Action, response: Response) -> Json:
    """The part of an answer that the output describes. Raises UnexpectedOutput when there is none.

    A change may be answered without a body: then nothing is known of it, and every field is null.
    """
    if action.kind != "read" and not response.content:
        return {}
    try:
        root = response.at(action.response.root)
    except ValueError as wrong:
        raise UnexpectedOutput(f"the answer is not JSON ({wrong})", effect="none") from None
    if not isinstance(root, dict):
        raise UnexpectedOutput(
            f"the answer has no object at {action.response.root or '/'}", pointer=action.response.root
        )
    return root


def read_output(action: Action, answer: Json, no_value: list[str]) -> Reading:
    """The documented output of an answer."""
    reading = Reading()
    reading.output = _Reader(reading, frozenset(no_value)).value(action.output, answer, ())
    return reading


def check_filters(action: Action, inputs: Inputs, output: Json) -> None:
    """Raise UnexpectedOutput when a row contradicts a filter: the platform then ignored it and sent everything."""
    if action.paging is None:
        return
    rows = at(output, action.paging.items) or []
    for key, schema in action.input.get("properties", {}).items():
        row_field = schema.get("x-filters")
        if row_field is None or key not in inputs:
            continue
        wanted = inputs[key] if isinstance(inputs[key], list) else [inputs[key]]
        for index, row in enumerate(rows):
            if row is not None and row[row_field] is not None and row[row_field] not in wanted:
                raise UnexpectedOutput(
                    f"the platform ignored the filter {schema.get('title', key)}: it answered with other rows too, "
                    f"so the whole answer is withheld",
                    code="filter_ignored",
                    pointer=f"{action.paging.items}/{index}/{row_field}",
                )


class _Reader:
    """One pass over one answer."""

    def __init__(self, reading: Reading, no_value: frozenset[str]) -> None:
        self.reading = reading
        self.no_value = no_value

    def value(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if value is None or (isinstance(value, str) and value in self.no_value):
            return None
        read = getattr(self, schema["type"])(schema, value, path)
        if read is None and value not in ("", []):
            self.reading.warn(pointer_to(path), f"is documented as {schema['type']}, but came as {_kind(value)}")
        return read

    def object(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            return None
        if "properties" not in schema:
            return value
        known: set[str] = set()
        output = {}
        for key, child in schema["properties"].items():
            output[key] = self.value(child, self.found(key, child, value, known), (*path, key))
        self.reading.undocumented += len(value.keys() - known)
        return output

    def found(self, key: str, schema: JsonSchema, value: Mapping[str, Json], known: set[str]) -> Json:
        """The first of the wire's places that has something; notes the keys that it looked at."""
        wires = schema.get("x-wire", pointer_to([key]))
        for pointer in [wires] if isinstance(wires, str) else wires:
            known |= set(value) if pointer == "" else {pointer.split("/")[1]}
            if (part := at(value, pointer)) is not None:
                return part
        return None

    def array(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, dict):
            value = [value] if value else []
        if not isinstance(value, list):
            return None
        if "items" not in schema:
            return value
        return [self.value(schema["items"], part, (*path, index)) for index, part in enumerate(value)]

    def integer(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, str):
            value = _number(value)
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int | float) else None

    number = integer

    def boolean(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, str):
            return {"1": True, "0": False, "true": True, "false": False}.get(value.lower())
        return bool(value) if value in (0, 1) else None

    def string(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) else None


def _number(text: str) -> int | float | None:
    try:
        return int(text) if text.strip().lstrip("+-").isdecimal() else _finite(float(text))
    except ValueError:
        return None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _kind(value: Json) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
