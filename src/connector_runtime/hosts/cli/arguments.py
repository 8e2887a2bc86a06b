"""`field=value` on a command line, as the action's declaration reads it."""

from __future__ import annotations

import sys
from pathlib import Path

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import JsonSchema
from connector_runtime.values import Json, Problem, parse_json_once


def gathered(action: Action, pairs: tuple[str, ...], given: tuple[str, ...]) -> Json:
    """The raw input: `--input` first, then each `field=value` over it. JSON that cannot be read stays text."""
    if len(given) > 1:
        raise InvalidInput([Problem("", "--input is given twice")])
    whole = _text(given[0]) if given else "{}"
    if not pairs:
        return whole
    try:
        fields = parse_json_once(whole)
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
        if given.startswith("@"):
            return Path(given[1:]).read_text(encoding="utf-8-sig")
        if given and given[0] not in " {[" and Path(given).is_file():
            raise InvalidInput([Problem("", f"--input {given} is no JSON; to read that file, write @{given}")])
        return given
    except UnicodeDecodeError:
        raise InvalidInput([Problem("", "--input cannot be read: it is not a text file in UTF-8")]) from None
    except (OSError, ValueError) as wrong:
        why = getattr(wrong, "strerror", None) or wrong
        raise InvalidInput([Problem("", f"--input cannot be read: {given[1:]}: {why}")]) from None


def _fields(action: Action, pairs: tuple[str, ...]) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    seen: set[str] = set()
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            message = f"`{pair}` is no field=value; write no spaces around the equals sign, and a list as 41,42"
            raise InvalidInput([Problem("", message)])
        key, dot, inner = name.partition(".")
        if name in seen or (dot and key in seen) or any(other.startswith(f"{name}.") for other in seen):
            raise InvalidInput([Problem(key, "is given twice; a list is written 41,42", name)])
        seen.add(name)
        if dot:  # a field inside an object: labels.12=blue
            fields[key] = {**fields.get(key, {}), inner: text}
        else:
            fields[key] = _value(action.input.get("properties", {}).get(key, {}), text)
    return fields


def _value(schema: JsonSchema, text: str) -> Json:
    """Lists and objects are JSON; a list may also be written `7,12`. Everything else stays text."""
    kind = schema.get("type")
    if kind in ("array", "object") and text.lstrip()[:1] in ("[", "{"):
        try:
            return parse_json_once(text)
        except ValueError:
            return text
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
