"""`field=value` on a command line, as the action's declaration reads it."""

from __future__ import annotations

import sys
from pathlib import Path

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, Problem, parse_json


def gathered(action: Action, pairs: tuple[str, ...], given: str | None) -> Json:
    """The raw input: `--input` first, then each `field=value` over it. JSON that cannot be read stays text."""
    whole = _text(given) if given is not None else "{}"
    if not pairs:
        return whole
    try:
        fields = parse_json(whole)
    except ValueError:
        return whole
    if not isinstance(fields, dict):
        return fields
    return {**fields, **_fields(action, pairs)}


def _text(given: str) -> str:
    """`-` is standard input, `@file` a file, anything else JSON itself."""
    try:
        if given == "-":
            return sys.stdin.read()
        return Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
    except (OSError, UnicodeDecodeError, ValueError) as wrong:
        raise InvalidInput([Problem("", f"--input cannot be read: {wrong}")]) from None


def _fields(action: Action, pairs: tuple[str, ...]) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InvalidInput([Problem("", f"write `{name}=value`: a field's key, an equals sign, its value")])
        key, dot, inner = name.partition(".")
        if dot:  # enrollment_fields.12=blue
            inside = fields.setdefault(key, {})
            fields[key] = {**inside, inner: text} if isinstance(inside, dict) else inside
        else:
            fields[key] = _value(action.input.get("properties", {}).get(key, {}), text)
    return fields


def _value(schema: JsonSchema, text: str) -> Json:
    """Lists and objects are JSON; a list may also be written `7,12`. Everything else stays text."""
    kind = schema.get("type")
    if kind in ("array", "object") and text.lstrip()[:1] in ("[", "{"):
        try:
            return parse_json(text)
        except ValueError:
            return text
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
