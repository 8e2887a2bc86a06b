"""Room two: checked inputs drafted into the request that leaves. Pure.

What is sent comes only from the inputs, from constants that the declaration names, and from what the
handler adds by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import WireHabits
from connector_runtime.definition.mapping import PLACEHOLDER, Constant, Entry
from connector_runtime.values import Inputs, Json, Query, Request

AS_IT_IS = (str, int, float, bool, type(None))
"""What JSON writes in one way only."""


def draft(
    action: Action,
    habits: WireHabits,
    inputs: Inputs,
    *,
    path: str | None = None,
    query: Mapping[str, Json] | None = None,
    body: Mapping[str, Json] | None = None,
) -> Request:
    """The action's own request. `query` and `body` are added after mapping; `path` replaces the declared one."""
    template = action.request
    sent = None if template.body is None and body is None else {**_mapped(template.body or [], inputs), **(body or {})}
    return Request(
        method=template.method,
        path=filled(path or template.path, inputs),
        query=query_of({**_mapped(template.query, inputs), **(query or {})}, habits),
        body=_in_body(sent, habits),
        write=action.kind != "read",
    )


def draft_read(habits: WireHabits, inputs: Inputs, path: str, query: Mapping[str, Json]) -> Request:
    """A look at the platform beside the action's own request: always a GET that changes nothing."""
    return Request(method="GET", path=filled(path, inputs), query=query_of(query, habits))


def draft_listed(habits: WireHabits, inputs: Inputs, path: str, entries: list[Entry]) -> Request:
    """The read of one of the platform's own lists: `inputs` are what its query and its path may send."""
    return draft_read(habits, inputs, path, _mapped(entries, inputs))


def filled(path: str, inputs: Inputs) -> str:
    """`/x/{id}` with the inputs percent-encoded in their places; no input can climb out of its place."""
    return PLACEHOLDER.sub(lambda found: _segment(str(inputs[found[1]])), path) if "{" in path else path


def _segment(text: str) -> str:
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def query_of(values: Mapping[str, Json], habits: WireHabits) -> Query:
    """Values as the platform writes them in a query: lists, booleans and date-times by its habits."""
    query: dict[str, str | list[str]] = {}
    for name, value in values.items():
        if isinstance(value, list):
            query[f"{name}[]" if habits.query_list == "brackets" else name] = [_text(part, habits) for part in value]
        elif value is not None:
            query[name] = _text(value, habits)
    return query


def _mapped(entries: list[Entry], inputs: Inputs) -> dict[str, Json]:
    """Wire name → value. An absent input is an absent key."""
    mapped: dict[str, Json] = {}
    for entry in entries:
        if isinstance(entry, str):
            if entry in inputs:
                mapped[entry] = inputs[entry]
            continue
        ((wire, source),) = entry.items()
        if isinstance(source, Constant):
            mapped[wire] = source.const
        elif isinstance(source, list):
            mapped |= {wire: [inputs[key] for key in source]} if source[0] in inputs else {}
        elif source in inputs:
            mapped[wire] = inputs[source]
    return mapped


def _text(value: Json, habits: WireHabits) -> str:
    if isinstance(value, bool):
        return str(int(value)) if habits.query_boolean == "0/1" else str(value).lower()
    return _moment(value, habits) if isinstance(value, datetime) else str(value)


def _moment(value: datetime, habits: WireHabits) -> str:
    # The platform's own strftime may leave the zeros of an early year out.
    return value.strftime(habits.date_time.replace("%Y", f"{value.year:04}"))


def _in_body(value: Json, habits: WireHabits) -> Json:
    """JSON keeps its types; date-times take the platform's form."""
    if isinstance(value, dict):
        return {key: part if part.__class__ in AS_IT_IS else _in_body(part, habits) for key, part in value.items()}
    if isinstance(value, list):
        return [part if part.__class__ in AS_IT_IS else _in_body(part, habits) for part in value]
    return _moment(value, habits) if isinstance(value, datetime) else value
