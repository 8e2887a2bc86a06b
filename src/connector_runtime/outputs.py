"""Room four: an answer read into exactly the documented output. Pure.

Every documented field is present, and no other. What comes in another type is coerced where the meaning is
plain; what cannot be coerced becomes null with a warning. Undocumented keys are dropped and counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector_runtime.definition import Action
from connector_runtime.errors import UnexpectedOutput, UnknownOutcome
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Inputs, Json, Response, at, nests_within, pointer_to, steps

MAX_WARNINGS = 100
"""A page whose every row is odd warns this often; the rest is counted."""

DEEPEST = 50
"""An object without documented children that nests deeper than this is no use to anybody."""

INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")
NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*")


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

    A change may be answered without a body: then every field is null. With another body than the documented one
    it proves nothing, so UnknownOutcome is raised.
    """
    if action.kind != "read" and not response.content:
        return {}
    root = response.at(action.response.root)
    if isinstance(root, dict):
        return root
    missing = f"the answer has no object at {action.response.root or '/'}"
    if action.kind != "read":
        raise UnknownOutcome(f"the platform accepted the request, but {missing}", pointer=action.response.root)
    raise UnexpectedOutput(missing, pointer=action.response.root)


def read_output(action: Action, answer: Json, no_value: list[str]) -> Reading:
    """The documented output of an answer. Raises UnexpectedOutput for what is no such answer at all."""
    if not isinstance(answer, dict):
        raise UnexpectedOutput("the handler returned no object to read the output from")
    reading = Reading()
    reading.output = _Reader(reading, frozenset(no_value)).value(action.output, answer, ())
    if reading.output is None:
        raise UnexpectedOutput("the answer has none of the documented fields")
    if action.paging is not None and not isinstance(at(reading.output, action.paging.items), list):
        raise UnexpectedOutput("the answer has no rows, not even an empty list", pointer=action.paging.items)
    return reading


def truth(value: Json) -> bool | None:
    """Yes or no as platforms spell them (true, 1, "1", "true"), or None for anything else."""
    if isinstance(value, str):
        return {"1": True, "0": False, "true": True, "false": False}.get(value.strip().lower())
    return bool(value) if value in (0, 1) else None


def check_filters(action: Action, inputs: Inputs, output: Json) -> None:
    """Raise UnexpectedOutput when a row contradicts a filter: the platform then ignored it and sent everything."""
    if action.paging is None:
        return
    rows = at(output, action.paging.items) or []
    for key, schema in action.input.get("properties", {}).items():
        row_field = schema.get("x-filters")
        if row_field is None or key not in inputs:
            continue
        wanted = frozenset(inputs[key] if isinstance(inputs[key], list) else [inputs[key]])
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
            return value if nests_within(DEEPEST, value) else None
        known: set[str] = set()
        output = {}
        for key, child in schema["properties"].items():
            output[key] = self.value(child, self.found(key, child, value, known), (*path, key))
        self.reading.undocumented += len(value.keys() - known)
        # Without a documented key it is something else, unless it stands for a wrapper that the platform leaves out.
        return output if known & value.keys() or not value or schema.get("x-wire") == "" else None

    def found(self, key: str, schema: JsonSchema, value: Mapping[str, Json], known: set[str]) -> Json:
        """The first of the wire's places that has something; notes the keys that it looked at."""
        wires = schema.get("x-wire", pointer_to([key]))
        pointers = [wires] if isinstance(wires, str) else wires
        for pointer in pointers:
            known |= {steps(pointer)[0]} if pointer else set(value)
        return next((part for pointer in pointers if (part := at(value, pointer)) is not None), None)

    def array(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, dict):  # a list with gaps comes as an object of numbers, one row without its list
            value = list(value.values()) if all(map(str.isdecimal, value)) else [value]
        if not isinstance(value, list):
            return None
        if "items" not in schema:
            return value if nests_within(DEEPEST, value) else None
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
        return truth(value)

    def string(self, schema: JsonSchema, value: Json, path: tuple[str | int, ...]) -> Json:
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) else None


def _number(text: str) -> int | float | None:
    try:
        if INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if NUMBER.fullmatch(text) else math.inf
    except ValueError:  # thousands of digits
        return None
    return number if math.isfinite(number) else None


def _kind(value: Json) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
