"""What a run was given, in words: `42 — Fire safety` for the 42 that its record has. What was looked up is known for a
while, so that the history can say it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.patience import Late
from connector_runtime.hosts.http.pages.results import in_short
from connector_runtime.hosts.http.pages.site import Visit
from connector_runtime.run.looking import Recent
from connector_runtime.run.offered import Offer, set_values
from connector_runtime.schema import JsonSchema, field_at, title_at
from connector_runtime.values import Json, pointer_to

AT_ONCE_S = 0.5
"""So long a page waits for names, which it can be read without; in seconds."""

KEEP_S = 3600.0
"""So long a name that was looked up is shown without looking again: it stands beside its ID."""

MOST = 20_000
"""Names that are known at once, of all tenants."""

SHOWN = 30
"""Values of one field that are shown."""

Labels = Mapping[str, str]
"""By JSON pointers."""


@dataclass(frozen=True)
class Given:
    """One field that was filled in: what it is called, and what it was set to, in words."""

    title: str
    texts: Sequence[str]
    more: int = 0
    """How many values are not shown."""


class Names:
    """The names that were looked up lately, each by its tenant, platform, list and value."""

    def __init__(self, recent: Recent | None = None) -> None:
        self._recent = Recent(KEEP_S, MOST) if recent is None else recent

    def learn(self, tenant: str, connector: Connector, action: Action, run: Mapping[str, Json], labels: Labels) -> None:
        """Keep what was looked up for a run's input: also what has no name, where the platform said any."""
        if any(" — " in label for label in labels.values()):
            for pointer, key in _picked(tenant, connector, action, run):
                self._recent.put(key, labels.get(pointer))

    def known(self, tenant: str, connector: Connector, action: Action, run: Mapping[str, Json]) -> tuple[Labels, bool]:
        """What is known of a run's input, and whether that is all that has a name."""
        labels = {offer.pointer: label for offer, value in _set(connector, action, run) if (label := _of(offer, value))}
        whole = True
        for pointer, key in _picked(tenant, connector, action, run):
            label = self._recent.get(key)
            whole = whole and label is not None
            if label is not None:
                labels[pointer] = label
        return labels, whole


async def labels_of(
    visit: Visit, action: Action, run: Mapping[str, Json], *, asked: bool = False
) -> tuple[Labels, bool]:
    """The names of a run's input, and whether the platform may still say more of them: a page is shown without those
    that do not come at once. `asked`: somebody waits for just these.
    """
    connector, tenant, names = visit.home.connector, visit.caller.tenant, visit.site.names
    known, whole = names.known(tenant, connector, action, run)
    if whole or action.key not in connector.actions:
        return known, False

    async def read() -> Labels:
        session = await visit.home.session(run["connection"])
        if run["platform"] not in ("", session.connection.base_url):
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


def _set(connector: Connector, action: Action, run: Mapping[str, Json]) -> Iterator[tuple[Offer, Json]]:
    yield from set_values(connector, action, run["input"] if isinstance(run["input"], dict) else {})


def _of(offer: Offer, value: Json) -> str | None:
    """What a declaration calls a value."""
    titles = (each["title"] for each in offer.choices if str(each["const"]) == str(value))
    return next((f"{value} — {title}" for title in titles if title != str(value)), None)


def _picked(
    tenant: str, connector: Connector, action: Action, run: Mapping[str, Json]
) -> Iterator[tuple[str, Hashable]]:
    """The pointers of the values that stand in lists of the platform, and by what the name of each is known."""
    for offer, value in _set(connector, action, run):
        if offer.pick is None:
            continue
        needs = connector.identity.pick_lists[offer.pick].needs
        if all(run["input"].get(need) not in (None, "") for need in needs):
            inside = tuple(str(run["input"][need]) for need in needs)
            yield offer.pointer, (tenant, run["connection"], run["platform"], offer.pick, inside, str(value))
