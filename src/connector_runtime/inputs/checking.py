"""Room one: what the recipe builder gave, checked. Pure.

Values are first read kindly (a numeric text is a number, a choice may be named by its title, blanks are
absent), then held to the published schema by jsonschema, then turned into what the next rooms use (a list of
`{id: 12}` into a list of ids, a date-time into an aware UTC datetime). Everything wrong is said at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.inputs import complaint
from connector_runtime.schema import Choice, JsonSchema, title_at
from connector_runtime.values import (
    Handler,
    Inputs,
    Json,
    Problem,
    nests_within,
    parse_json,
    parse_json_once,
    pointer_to,
    steps,
)

MAX_BYTES = 1_000_000
"""More input than this, as JSON, is a mistake."""

DEEPEST = 50
"""Forms do not nest deeper."""

WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,1000}\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that no text field means: all control characters but tab and line ends."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
"""What every address has; only the platform knows whether it exists."""

YES_NO: dict[Json, bool] = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    1: True,
    0: False,
}


def as_given(raw: Json) -> dict[str, Json] | InvalidInput:
    """The input as plain JSON, whatever it came as: a mapping (Python's dates are ISO 8601), or JSON text.

    What is something else, or too large, is given back as the error that `check_inputs` will raise.
    """
    try:
        text = raw if isinstance(raw, str | bytes) else json.dumps(raw, allow_nan=False, default=_iso)
        content = text.encode() if isinstance(text, str) else text
        if not content.strip():
            return InvalidInput([Problem("", "the input is empty")])
        if len(content) > MAX_BYTES:
            message = f"the whole input is {len(content):,} bytes long; at most {MAX_BYTES:,} are accepted"
            return InvalidInput([Problem("", message)])
        given = parse_json_once(content) if isinstance(raw, str | bytes) else parse_json(content)
    except (TypeError, ValueError, RecursionError) as wrong:
        return InvalidInput([Problem("", f"the input is not JSON: {wrong}")])
    if not nests_within(DEEPEST, given):
        return InvalidInput([Problem("", f"the input is nested more than {DEEPEST} deep")])
    if not isinstance(given, dict):
        return InvalidInput([Problem("", "the input must be an object: field names and their values")])
    return given


def check_inputs(action: Action, handler: Handler, given: dict[str, Json] | InvalidInput) -> Inputs:
    """The checked inputs by key. Raises InvalidInput with every problem, in field titles."""
    if isinstance(given, InvalidInput):
        raise given
    tidy = _tidy(action.input, given)
    problems = list(_control_characters(tidy, []))
    said = {problem.field for problem in problems}
    problems += [problem for problem in _against_schema(action, tidy) if problem.field not in said]
    wrong = {problem.field.partition("/")[0] for problem in problems}
    checked: dict[str, Json] = {}
    for key, schema in action.input.get("properties", {}).items():
        if key in tidy and key not in wrong:
            checked[key] = _inward(schema, tidy[key], key, problems)
    wrong = {problem.field.partition("/")[0] for problem in problems}
    if handler.check is not None:
        problems += handler.check({key: value for key, value in checked.items() if key not in wrong})
    if problems:
        raise InvalidInput(_in_order(action.input, problems))
    return checked


def declared_only(action: Action, given: dict[str, Json] | InvalidInput) -> Json:
    """The input as a record may keep it: what is not declared is named, but not repeated."""
    if isinstance(given, InvalidInput):
        return None
    known = action.input.get("properties", {})
    return {key: value if key in known else "[not recorded]" for key, value in given.items()}


def secrets_in(schema: JsonSchema, value: Json) -> frozenset[str]:
    """The texts given for inputs that are declared secret, at any depth."""
    if schema.get("x-secret"):
        return frozenset() if value in (None, "") else frozenset([str(value)])
    if isinstance(value, list):
        return frozenset().union(*(secrets_in(schema.get("items", {}), part) for part in value))
    known = schema.get("properties", {}) if isinstance(value, dict) else {}
    return frozenset().union(*(secrets_in(child, value.get(key)) for key, child in known.items()))


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _tidy(schema: JsonSchema, value: Json) -> Json:
    """The value in its documented form, read kindly. What cannot be read stays as it is, for the check to name."""
    if isinstance(value, dict) and schema.get("type") == "object":
        known = schema.get("properties", {})
        return {key: _tidy(known.get(key, {}), part) for key, part in value.items() if not _blank(part)}
    if isinstance(value, list) and "items" in schema:
        item = schema.get("x-item")
        rows = [{item: row} if item and not isinstance(row, dict) else row for row in value]
        return [_tidy(schema["items"], row) for row in rows]
    if "oneOf" in schema:
        return _choice(schema["oneOf"], value)
    kind = schema.get("type")
    if kind == "integer":
        return _integer(value)
    if kind == "boolean" and isinstance(value, str | int):
        return YES_NO.get(value.strip().lower() if isinstance(value, str) else value, value)
    return value


def _blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _integer(value: Json) -> Json:
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 2**53  # beyond that floats skip numbers
    return int(value) if exact else value


def _choice(choices: list[Choice], value: Json) -> Json:
    """The choice's value, for the value itself, its text, or its title in any case."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    word = str(_integer(value)).strip().casefold()
    for choice in choices:
        if word in (str(choice["const"]).casefold(), choice["title"].casefold()):
            return choice["const"]
    return value


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


def _against_schema(action: Action, tidy: Json) -> list[Problem]:
    errors = _validator(action).iter_errors(tidy)
    return [problem for error in errors for problem in complaint.problems(error)]


@lru_cache(maxsize=256)
def _validator(action: Action) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(formats=())
    formats.checks("date", raises=ValueError)(lambda text: not isinstance(text, str) or bool(date.fromisoformat(text)))
    formats.checks("date-time", raises=ValueError)(lambda text: not isinstance(text, str) or bool(moment(text)))
    formats.checks("email")(lambda text: not isinstance(text, str) or EMAIL.fullmatch(text) is not None)
    Draft202012Validator.check_schema(action.input)
    return Draft202012Validator(action.input, format_checker=formats)


def moment(text: str) -> datetime:
    """An ISO 8601 text as an aware UTC datetime; without a zone it is UTC. Raises ValueError."""
    when = datetime.fromisoformat(text.strip())
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError(str(wrong)) from wrong


def _inward(schema: JsonSchema, value: Json, key: str, problems: list[Problem]) -> Json:
    """A value in its documented form as the next rooms use it."""
    if item := schema.get("x-item"):
        problems += [
            Problem(f"{key}/{index}/{item}", "is required; fill it in")
            for index, row in enumerate(value)
            if item not in row
        ]
        return [row.get(item) for row in value]
    if schema.get("x-list") == "comma":
        return _comma_list(schema, value, key, problems)
    if schema.get("format") == "date-time":
        return moment(value)
    return date.fromisoformat(value).isoformat() if schema.get("format") == "date" else value


def _comma_list(schema: JsonSchema, text: str, key: str, problems: list[Problem]) -> list[Json]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    choices = schema.get("x-choices")
    if not parts:
        problems.append(Problem(key, "names nothing; leave the field out instead"))
    if choices is None:
        return list(parts)
    chosen = [_choice(choices, part) for part in parts]
    known = [choice["const"] for choice in choices]
    if unknown := [part for part in chosen if part not in known]:
        problems.append(Problem(key, complaint.not_among(choices, unknown)))
    return chosen


def _in_order(schema: JsonSchema, problems: list[Problem]) -> list[Problem]:
    """The problems with their titles, in the order of the form; what the form does not have comes last."""
    form = list(schema.get("properties", {}))

    def place(problem: Problem) -> tuple[int, str]:
        key = problem.field.partition("/")[0]
        return (form.index(key) if key in form else len(form), problem.field)

    titled: list[Problem] = []
    for problem in sorted(problems, key=place):
        pointer = f"/{problem.field}" if problem.field else ""
        titled.append(Problem(problem.field, problem.message, title_at(schema, steps(pointer)), pointer))
    return titled
