"""The fields that a platform has of its own, as JSON Schema: each under its ID, with its name as title. Pure."""

from __future__ import annotations

from connector_runtime.definition.picking import DynamicFields
from connector_runtime.outputs import truth
from connector_runtime.run.choices import first_at, page_in, plain_text, value_at
from connector_runtime.schema import Choice, JsonSchema, completed
from connector_runtime.values import Json, at


def fields_in(dynamic: DynamicFields, answer: Json) -> tuple[JsonSchema, bool]:
    """One page of the fields as an object's schema, and whether there are more. Raises UnexpectedOutput."""
    found, more = page_in(answer, dynamic.items, dynamic.more)
    schema = JsonSchema(type="object", properties={}, required=[], additionalProperties=False)
    for row in found:
        number = first_at(row, dynamic.id)
        key = str(number) if isinstance(number, str | int) and not isinstance(number, bool) else ""
        if not key:
            continue
        schema["properties"][key] = _field(dynamic, row, key)
        if dynamic.required is not None and truth(first_at(row, dynamic.required)):
            schema["required"].append(key)
    return schema, more


def joined(title: str, pages: list[JsonSchema]) -> JsonSchema:
    """The pages of a list of fields as one schema; a field that stands on two counts once."""
    whole = JsonSchema(title=title, type="object", properties={}, required=[], additionalProperties=False)
    for page in pages:
        new = [key for key in page["required"] if key not in whole["properties"]]
        whole["properties"] = {**page["properties"], **whole["properties"]}
        whole["required"] += new
    return whole


def _field(dynamic: DynamicFields, row: Json, key: str) -> JsonSchema:
    kind = first_at(row, dynamic.type)
    schema = completed(dynamic.types.get(str(kind), JsonSchema()))
    schema["title"] = plain_text(first_at(row, dynamic.name)) or key
    options = [] if dynamic.options is None else at(row, dynamic.options.items)
    if isinstance(options, list) and options and dynamic.options is not None:
        number = schema.get("type") == "integer"
        choices: dict[Json, Choice] = {}
        for option in options:
            value = value_at(option, dynamic.options.value, number=number)
            if value is not None:
                label = plain_text(first_at(option, dynamic.options.label)) or str(value)
                choices.setdefault(value, Choice(const=value, title=label))
        if choices:
            schema["oneOf"] = list(choices.values())
    return schema
