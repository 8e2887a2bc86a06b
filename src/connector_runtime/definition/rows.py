"""Whether the rows of a list can tell a trigger's event: each name names something, and nothing is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connector_runtime.definition.polling import Polling, Told
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Json, did_you_mean, steps

if TYPE_CHECKING:
    from connector_runtime.definition.grammar import Action
    from connector_runtime.definition.trigger import Trigger

Fault = tuple[str, str]
"""A JSON pointer into the file, and what is wrong there."""


LONGEST_OVERLAP_S = 366 * 86_400
"""A year: each reading goes so far back."""


def row_of(action: Action) -> Mapping[str, JsonSchema]:
    """The fields of the rows that an action lists; none for an action without pages."""
    schema = action.output
    for part in steps(action.paging.items) if action.paging else []:
        schema = children(schema).get(part, {})
    return children(schema) if action.paging else {}


def faults(trigger: Trigger, actions: Mapping[str, Action]) -> Iterator[Fault]:
    """What is wrong with a trigger's `polling`."""
    if (polling := trigger.polling) is None:
        return
    action = actions.get(polling.action)
    if action is None or action.kind != "read" or action.paging is None:
        near = did_you_mean(polling.action, [key for key, each in actions.items() if each.paging])
        yield "/polling/action", f"`{polling.action}` is not an action that reads a list{near}"
        return
    row = row_of(action)
    yield from _input(polling, action)
    yield from _cursor(polling, row)
    for name, said in polling.payload.items():
        yield from ((f"/polling/payload/{name}", why) for why in _field(name, said, trigger, row))
    for name in trigger.payload.get("required", []):
        if name not in polling.payload:
            yield "/polling/payload", f"every event has `{name}`, so the rows must tell it"
    yield from _identity(polling)


def _input(polling: Polling, action: Action) -> Iterator[Fault]:
    known = children(action.input)
    for name, value in polling.input.items():
        pointer = f"/polling/input/{name}"
        if name not in known:
            yield pointer, f"`{name}` is not an input of {action.key}{did_you_mean(name, known)}"
        elif action.paging is not None and name in (action.paging.page, action.paging.cursor):
            yield pointer, "the list is read from its beginning, so leave this out"
        else:
            yield from ((pointer, why) for why in _wrong(known[name], value))


def _wrong(schema: JsonSchema, value: Json) -> Iterator[str]:
    from jsonschema import Draft202012Validator  # a large import that a kept connector never needs

    for error in Draft202012Validator(schema).iter_errors(value):
        choices = ", ".join(str(choice["const"]) for choice in schema.get("oneOf", []))
        yield f"choose one of {choices}" if choices else error.message


def _cursor(polling: Polling, row: Mapping[str, JsonSchema]) -> Iterator[Fault]:
    if polling.cursor not in row:
        yield "/polling/cursor", f"the rows have no field `{polling.cursor}`{did_you_mean(polling.cursor, row)}"
    elif row[polling.cursor].get("type") != "string":
        yield "/polling/cursor", f"`{polling.cursor}` is not a text, so no date-time either"
    if not 1 <= polling.overlap_s <= LONGEST_OVERLAP_S:
        yield (
            "/polling/overlap_s",
            f"write from 1 to {LONGEST_OVERLAP_S} seconds: rows of one second do not come at once",
        )


def _field(name: str, said: str | Told, trigger: Trigger, row: Mapping[str, JsonSchema]) -> Iterator[str]:
    known = children(trigger.payload)
    if name not in known:
        yield f"the event has no field `{name}`{did_you_mean(name, known)}"
        return
    source = said if isinstance(said, str) else said.row
    if isinstance(said, Told) and (said.const is None) == (said.row is None):
        yield "say either `const` or `row`"
    elif isinstance(said, Told) and said.row is None:
        yield from _wrong(known[name], said.const)
    elif source is not None and source not in row:
        yield f"the rows have no field `{source}`{did_you_mean(source, row)}"
    elif source is not None and row[source].get("type") != known[name].get("type"):
        yield f"`{source}` is {row[source].get('type')} in a row, and {known[name].get('type')} in the event"


def _identity(polling: Polling) -> Iterator[Fault]:
    if not polling.identity:
        yield "/polling/identity", "name at least one field"
    for index, name in enumerate(polling.identity):
        said = polling.payload.get(name)
        if said is None or (isinstance(said, Told) and said.row is None):
            yield (
                f"/polling/identity/{index}",
                f"`{name}` tells rows apart, so /polling/payload must take it from a row",
            )
