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
from connector_runtime.values import Handler, Inputs, Json, Problem, parse_json, pointer_to

MAX_BYTES = 1_000_000
"""More input than this, as JSON, is a mistake."""

WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,30}\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
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


def check_inputs(action: Action, handler: Handler, raw: Json) -> Inputs:
    """The checked inputs by key. `raw` is a mapping, or JSON text as it came from outside.

    Raises InvalidInput with every problem, in field titles.
    """
    given = _as_json(raw)
    tidy = _tidy(action.input, given)
    problems = [*_control_characters(tidy, []), *_against_schema(action, tidy)]
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


def declared_only(action: Action, raw: Json) -> Json:
    """The raw input as a record may keep it: what is not declared is named, but not repeated."""
    if not isinstance(raw, dict):
        return None
    known = action.input.get("properties", {})
    return {str(key): value if key in known else "[not recorded]" for key, value in raw.items()}


def secrets_in(action: Action, raw: Json) -> frozenset[str]:
    """The texts given for inputs that are declared secret."""
    given = raw if isinstance(raw, dict) else {}
    declared = [key for key, schema in action.input.get("properties", {}).items() if schema.get("x-secret")]
    return frozenset(str(given[key]) for key in declared if given.get(key) not in (None, ""))


def _as_json(raw: Json) -> dict[str, Json]:
    """The input as plain JSON (dates of Python as ISO 8601). Raises InvalidInput when it is something else."""
    try:
        text = raw if isinstance(raw, str | bytes) else json.dumps(raw, allow_nan=False, default=_iso)
        if len(text) > MAX_BYTES:
            message = f"the whole input is {len(text):,} bytes long; at most {MAX_BYTES:,} are accepted"
            raise InvalidInput([Problem("", message)])
        given = parse_json(text)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise InvalidInput([Problem("", f"the input is not JSON: {wrong}")]) from None
    if not isinstance(given, dict):
        raise InvalidInput([Problem("", "the input must be an object: field names and their values")])
    return given


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _tidy(schema: JsonSchema, value: Json) -> Json:
    """The value in its documented form, read kindly. What cannot be read stays as it is, for the check to name."""
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        parts = {key: _tidy(known.get(key, {}), part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part not in (None, "")}
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


def _integer(value: Json) -> Json:
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


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
        yield Problem("/".join(map(str, path)), "contains control characters; remove them")
    elif isinstance(value, dict):
        for key, part in value.items():
            if CONTROL.search(key):
                yield Problem("/".join(map(str, path)), "a field's name contains control characters; remove them")
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
        return [row[item] for row in value]
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
        path = problem.field.split("/") if problem.field else []
        titled.append(Problem(problem.field, problem.message, title_at(schema, path), pointer_to(path)))
    return titled
