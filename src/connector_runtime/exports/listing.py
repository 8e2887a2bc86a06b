"""An action as other programs read it, and its fields in words. Pure."""

from __future__ import annotations

from dataclasses import asdict

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import AlreadySo
from connector_runtime.schema import Choice, JsonSchema
from connector_runtime.values import Json

PUBLISHED = [
    "key",
    "title",
    "action_name",
    "summary",
    "description",
    "input",
    "output",
    "request",
    "emits",
    "kind",
    "if_already",
    "samples",
    "source",
]

KINDS = {
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "string": "String",
    "object": "Object",
    "array": "Array of Objects",
}


def action_document(action: Action) -> dict[str, Json]:
    """The declaration as `actions --json` publishes it; schemas are self-contained."""
    whole = asdict(action)
    return {name: whole[name] for name in PUBLISHED}


def if_already_in_words(so: AlreadySo) -> str:
    """How a run ends where the platform is already as the action would make it."""
    codes = ", ".join(f"`{code}`" for code in so.codes)
    other = "succeeds" if so.default == "fail" else "fails"
    return f"The run {'fails' if so.default == 'fail' else 'succeeds'} ({codes}). Told otherwise, it {other}."


def choices_of(schema: JsonSchema) -> list[Choice]:
    """The choices of a dropdown or of a comma-separated list."""
    return schema.get("oneOf") or schema.get("x-choices") or []


def list_of(schema: JsonSchema) -> tuple[str, str] | None:
    """The kind and the name of the platform's list that a field is filled in from; None for a field without one."""
    if (pick := schema.get("x-pick-list")) is not None:
        return "Pick list", pick
    own = schema.get("x-dynamic-fields")
    return None if own is None else ("The platform's own fields", own)


def kind_in_words(schema: JsonSchema) -> str:
    """A field's data type in the words of the vendor's article."""
    if schema.get("format") == "date":
        return "Date"
    if schema.get("format") == "date-time":
        return "Date/Time"
    items = schema.get("items", {})
    if schema.get("type") == "array" and "properties" not in items and "type" in items:
        return f"Array of {KINDS[items['type']]}s"
    return KINDS[schema["type"]]
