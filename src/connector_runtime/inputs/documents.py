"""The input as a whole: what can be read as an object, and what of it may be kept or must be hidden. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from hashlib import blake2b

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import JsonSchema
from connector_runtime.values import IfAlready, Json, Problem, nests_within, parse_json, parse_json_once

MAX_BYTES = 1_000_000
"""More input than this, as JSON, is a mistake."""

NOT_RECORDED = "[not recorded]"

DEEPEST = 50
"""Forms do not nest deeper."""


def as_given(raw: Json) -> dict[str, Json] | InvalidInput:
    """The input as plain JSON, whatever it came as: a mapping (Python's dates are ISO 8601), or JSON text.

    What is something else, or too large, is given back as the error that `check_inputs` will raise.
    """
    try:
        text = raw if isinstance(raw, str | bytes) else _PLAIN.encode(raw)
        content = text.encode() if isinstance(text, str) else text
        if not content.strip():
            return InvalidInput([Problem("", "the input is empty")])
        if len(content) > MAX_BYTES:
            message = f"the whole input is {len(content):,} bytes long; at most {MAX_BYTES:,} are accepted"
            return InvalidInput([Problem("", message)])
        given = parse_json_once(content) if isinstance(raw, str | bytes) else parse_json(content)
    except (TypeError, ValueError, RecursionError) as wrong:
        return InvalidInput([Problem("", f"the input is not JSON: {wrong}")])
    brackets = content.count(b"{") + content.count(b"[")  # nothing nests deeper than it has brackets
    if brackets > DEEPEST and not nests_within(DEEPEST, given):
        return InvalidInput([Problem("", f"the input is nested more than {DEEPEST} deep")])
    if not isinstance(given, dict):
        return InvalidInput([Problem("", "the input must be an object: field names and their values")])
    return given


def declared_only(action: Action, given: dict[str, Json] | InvalidInput) -> Json:
    """The input as a record may keep it: what is not declared is named, but not repeated."""
    if isinstance(given, InvalidInput):
        return None
    known = action.input.get("properties", {})
    return {key: value if key in known else NOT_RECORDED for key, value in given.items()}


def secrets_in(action: Action, given: Json) -> frozenset[str]:
    """The texts given for inputs that are declared secret, at any depth."""
    return frozenset(_secrets(action.input, given)) if _has_secrets(action) else frozenset()


@lru_cache(maxsize=256)
def _has_secrets(action: Action) -> bool:
    return _declares_secrets(action.input)


def _declares_secrets(schema: JsonSchema) -> bool:
    inner = [schema["items"]] if "items" in schema else schema.get("properties", {}).values()
    return bool(schema.get("x-secret")) or any(map(_declares_secrets, inner))


def _secrets(schema: JsonSchema, value: Json) -> Iterator[str]:
    if schema.get("x-secret"):
        yield from () if value in (None, "") else [str(value)]
    elif isinstance(value, list):
        for part in value:
            yield from _secrets(schema.get("items", {}), part)
    elif isinstance(value, dict):
        for key, child in schema.get("properties", {}).items():
            yield from _secrets(child, value.get(key))


def digest_of(
    action: Action, given: dict[str, Json] | InvalidInput, connection: str, if_already: IfAlready | None = None
) -> str:
    """A short name for what was asked for where: the same for the same input, whatever the order of its fields.

    `connection` says where, and `if_already` how the run is to end where nothing is left to do. Secret fields have no
    part in it: nobody shall find them by trying.
    """
    asked = str(given) if isinstance(given, InvalidInput) else _public(action.input, given)
    text = json.dumps([connection, action.key, asked, if_already], sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _public(schema: JsonSchema, value: Json) -> Json:
    """A value without its secret fields."""
    if schema.get("x-secret"):
        return None
    if isinstance(value, list):
        return [_public(schema.get("items", {}), part) for part in value]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {key: _public(known.get(key, {}), part) for key, part in value.items()}
    return value


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


_PLAIN = json.JSONEncoder(allow_nan=False, default=_iso)
