"""What is wrong with an input, by the reference: jsonschema. Imported only when an input is in doubt. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from connector_runtime.definition import Action
from connector_runtime.inputs import complaint
from connector_runtime.inputs.spellings import CONTROL, FORMATS
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, Problem, pointer_to


def problems(action: Action, tidy: Json) -> list[Problem]:
    """Everything wrong with an input in its documented form; fields are paths without titles."""
    return _found(_validator(action), tidy)


def problems_of(schema: JsonSchema, tidy: Json) -> list[Problem]:
    """The same by a schema of the platform, which may change at any time."""
    return _found(_validator_of(schema), tidy)


def _found(validator: Any, tidy: Json) -> list[Problem]:
    found = list(_control_characters(tidy, []))
    said = {problem.field for problem in found}
    wrong = [each for error in validator.iter_errors(tidy) for each in complaint.problems(error)]
    return found + [problem for problem in wrong if problem.field not in said]


def _control_characters(value: Json, path: list[str | int]) -> Iterator[Problem]:
    if isinstance(value, str) and CONTROL.search(value):
        yield Problem(pointer_to(path)[1:], "contains control characters; remove them")
    elif isinstance(value, dict):
        for key, part in value.items():
            if CONTROL.search(key):
                yield Problem(pointer_to(path)[1:], "a field's name contains control characters; remove them")
            else:
                yield from _control_characters(part, [*path, key])
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _control_characters(part, [*path, index])


@lru_cache(maxsize=256)
def _validator(action: Action) -> Any:
    return _validator_of(action.input)


def _validator_of(schema: JsonSchema) -> Any:
    formats = FormatChecker(formats=())
    for name, parse in FORMATS.items():
        formats.checks(name, raises=ValueError)(_readable(parse))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=formats)


def _readable(parse: Callable[[str], Any]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or parse(value) is not None
