"""What a run was given, in words: `42 — Fire safety` for the 42 that its record has. What was looked up is known for a
while, so that the history can say it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.names import Labels
from connector_runtime.hosts.http.pages.patience import Late
from connector_runtime.hosts.http.pages.results import in_short
from connector_runtime.hosts.http.pages.visit import Visit
from connector_runtime.schema import JsonSchema, field_at, title_at
from connector_runtime.values import Json, pointer_to

AT_ONCE_S = 0.5
"""So long a page waits for names, which it can be read without; in seconds."""

SHOWN = 30
"""Values of one field that are shown."""


@dataclass(frozen=True)
class Given:
    """One field that was filled in: what it is called, and what it was set to, in words."""

    title: str
    texts: Sequence[str]
    more: int = 0
    """How many values are not shown."""


async def labels_of(
    visit: Visit, action: Action, run: Mapping[str, Json], *, asked: bool = False
) -> tuple[Labels, bool]:
    """The names of a run's input, and whether the platform may still say more of them: a page is shown without those
    that do not come at once. `asked`: somebody waits for just these.
    """
    connector, tenant, names = visit.home.connector, visit.caller.tenant, visit.means.names
    known, whole = names.known(tenant, connector, action, run)
    if whole or action.key not in connector.actions:
        return known, False

    async def read() -> Labels:
        session = await visit.home.session(run["connection"])
        if not session.leads_to(run["platform"]):
            return {}  # its IDs are another platform's
        found = await session.labels(action.key, run["input"])
        names.learn(tenant, connector, action, run, found)
        return found

    try:
        async with asyncio.timeout(None if asked else AT_ONCE_S):
            return {**await visit.waits(("names", run["run_id"]), read, asked=asked), **known}, False
    except ConnectorError:
        return known, False
    except (Late, TimeoutError):
        return known, True


def in_words(action: Action, given: Json, labels: Labels) -> list[Given]:
    """What was filled in, field by field."""
    told: dict[str, list[str]] = {}
    for path, value in _leaves(given, []):
        told.setdefault(_title(action.input, path), []).append(labels.get(pointer_to(path)) or in_short(value))
    return [Given(title, texts[:SHOWN], max(0, len(texts) - SHOWN)) for title, texts in told.items()]


def _leaves(value: Json, path: list[str]) -> Iterator[tuple[list[str], Json]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, [*path, key])
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, [*path, str(number)])
    elif value not in (None, ""):
        yield path, value


def _title(schema: JsonSchema, path: list[str]) -> str:
    """A field's; the values of a list share one."""
    if "x-item" in field_at(schema, path[:1]) or (path[-1].isdecimal() and "items" in field_at(schema, path[:-1])):
        return title_at(schema, path[:1] if "x-item" in field_at(schema, path[:1]) else path[:-1])
    return title_at(schema, path)
