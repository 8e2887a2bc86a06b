"""Which runs somebody looks for: the same filters over the API and on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.keys import Caller
from connector_runtime.store import Store, Which
from connector_runtime.values import Json, Problem, as_text, json_text

LOOKED_AT = 10_000
"""Runs that one search looks at; it then says where to go on."""

AT_ONCE = 500
"""Runs that are read at once for a search."""

SHORTEST_PART = 8
"""Characters that a part of a run's id has at least: what comes after its date and time is as long."""

DAY = "2026-01-31, or 2026-01-31T09:00:00Z; without a zone UTC."


def filters(connector: Connector) -> dict[str, Json]:
    """What runs can be chosen by: a JSON Schema each."""
    return {
        "status": {"enum": ["running", "succeeded", "failed"]},
        "effect": {"enum": ["none", "unknown", "done"], "description": "What became of the change."},
        "action": {"enum": list(connector.actions)},
        "connection": {"type": "string"},
        "since": {"type": "string", "description": f"The day or moment from which on they began: {DAY}"},
        "until": {"type": "string", "description": f"The day or moment up to which they began: {DAY}"},
    }


SEARCH: Json = {
    "type": "string",
    "maxLength": 500,
    "description": "A run's id, or its beginning or end of eight characters or more; or a value that was filled in, "
    "wherever in the input: 7, or user_id=7.",
}


def which_of(query: Mapping[str, Json], caller: Caller) -> Which:
    """The runs that a query means, as far as the key may see them. Raises InvalidInput for a time that is none."""
    problems: list[Problem] = []
    which: Which = {
        "status": query.get("status"),
        "effect": query.get("effect"),
        "action": query.get("action"),
        "connection": query.get("connection"),
        "since": _moment("since", query.get("since"), time.min, problems),
        "until": _moment("until", query.get("until"), time.max, problems),
        "only": caller.key.connections,
        "only_actions": caller.key.actions,
    }
    if problems:
        raise InvalidInput(problems, fix="Correct the time.")
    return which


@dataclass(frozen=True)
class Found:
    """Runs, the latest first, and the place before which the next ones are: None where there are none."""

    runs: list[dict[str, Json]]
    next: int | None
    whole: bool = True
    """Whether as many were looked for as were asked for: a search stops when it has looked at many."""


def found_in(store: Store, which: Which, text: str, before: int | None, limit: int) -> Found:
    """Runs that are meant, at most so many; where a text is given, those with that id or that value in their input."""
    if not text:
        rows = store.search(before=before, limit=limit, **which)
        return Found([record for _, record in rows], rows[-1][0] if len(rows) == limit else None)
    kept: list[dict[str, Json]] = []
    part = text.partition("=")[2] or text
    for _ in range(LOOKED_AT // AT_ONCE):
        rows = store.look_through(part, before=before, limit=AT_ONCE, **which)
        for before, record in rows:
            if record is not None and is_about(record, text):
                kept.append(record)
            if len(kept) == limit:
                return Found(kept, before)
        if len(rows) < AT_ONCE:
            return Found(kept, None)
    return Found(kept, before, whole=False)


def is_about(record: Mapping[str, Json], text: str) -> bool:
    """Whether a run has that id, or a part of it, or was given that value, alone or as `field=value`."""
    run_id = record["run_id"]
    if len(text) >= SHORTEST_PART and (run_id.startswith(text) or run_id.endswith(text)):
        return True
    name, _, value = text.partition("=")
    return any(text in texts or (key == name and value in texts) for key, texts in _values("", record["input"]))


def _values(key: str, value: Json) -> Iterator[tuple[str, list[str]]]:
    """Every value in an input, with the name of its field: as a text, and what stands between its commas."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _values(name, each)
    elif isinstance(value, list):
        for each in value:
            yield from _values(key, each)
    elif isinstance(value, str):
        yield key, [value, *(part.strip() for part in value.split(","))]
    elif value is not None:
        yield key, [json_text(value)]


def _moment(field: str, text: str | None, of_day: time, problems: list[Problem]) -> str | None:
    if text is None:
        return None
    try:
        if len(text) <= len("2026-01-31"):
            return as_text(datetime.combine(date.fromisoformat(text), of_day, UTC))
        told = datetime.fromisoformat(text)
        return as_text(told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC))
    except (ValueError, OverflowError):
        problems.append(Problem(field, f"`{text}` is no day and no moment; write {DAY}", field.capitalize()))
        return None
