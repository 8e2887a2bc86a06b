"""Webhooks on a platform, and those that were registered from here: whether these are as they were made.

Ours are those alone whose name this data directory has drawn. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connector_runtime.events.endpoints import digest
from connector_runtime.store.arrivals import Endpoint
from connector_runtime.store.registrations import Registration
from connector_runtime.values import Json

PART = re.compile(r" (\d+)/(\d+)")
"""Behind the tag, where one webhook does not take all the events: which of how many it is."""


@dataclass(frozen=True)
class Finding:
    """What the platform has of a connection's webhooks. `wrong`: `missing`, `disabled`, `other_events`, `other_url`,
    `elsewhere` (registered when the connection's name stood for another platform) or `unregistered`.
    """

    connection: str
    registration: Registration | None = None
    webhooks: list[Json] = field(default_factory=list)
    """Ours, as the platform has them."""
    wrong: list[str] = field(default_factory=list)
    orphans: list[Json] = field(default_factory=list)
    """Ours too, but of no use any more."""

    @property
    def good(self) -> bool:
        """Whether all is as it was registered."""
        return not self.wrong and not self.orphans

    def document(self) -> dict[str, Json]:
        """For programs; without addresses, which nobody is to guess."""
        return {
            "connection": self.connection,
            "good": self.good,
            "tag": None if self.registration is None else self.registration.tag,
            "wrong": self.wrong,
            "webhooks": [_shown(webhook) for webhook in self.webhooks],
            "orphans": [_shown(webhook) for webhook in self.orphans],
        }


def tag_of(program: str, endpoint: Endpoint) -> str:
    """How the names of an endpoint's webhooks begin: whose they are, and a piece of the address's digest."""
    return f"{program} {endpoint.connection} {endpoint.address.hex()[:12]}"


def shares(tag: str, events: Sequence[str], most: int | None) -> Iterator[tuple[str, list[str]]]:
    """Names and events of the webhooks that bring these events, as few as take them all."""
    size = most or len(events)
    number = -(-len(events) // size)
    for part in range(number):
        name = tag if number == 1 else f"{tag} {part + 1}/{number}"
        yield name, list(events[part * size : (part + 1) * size])


def is_of(registration: Registration, webhook: Json) -> bool:
    """Whether a webhook was made for a registration: its name says so."""
    name = str(webhook["name"])
    rest = name.removeprefix(registration.tag)
    return name.startswith(registration.tag) and (not rest or PART.fullmatch(rest) is not None)


def found(connection: str, registrations: Sequence[Registration], webhooks: Sequence[Json], platform: str) -> Finding:
    """Compare what was registered for a connection with what its platform has."""
    here = [each for each in registrations if each.platform == platform]
    kept = next((each for each in here if each.state == "kept"), None)
    orphans = [hook for each in here if each is not kept for hook in webhooks if is_of(each, hook)]
    if kept is None:
        elsewhere = any(each.state == "kept" for each in registrations)
        return Finding(connection, wrong=["elsewhere" if elsewhere else "unregistered"], orphans=orphans)
    ours = [hook for hook in webhooks if is_of(kept, hook)]
    return Finding(connection, kept, ours, list(_wrong(kept, ours)), orphans)


def _wrong(kept: Registration, ours: Sequence[Json]) -> Iterator[str]:
    numbers = [match.groups() for hook in ours if (match := PART.search(str(hook["name"])))]
    if not ours or (numbers and len({number for number, _ in numbers}) < int(numbers[0][1])):
        yield "missing"
        return
    if not all(hook["enabled"] for hook in ours):
        yield "disabled"
    if {event for hook in ours for event in hook["events"] or ()} != set(kept.events):
        yield "other_events"
    if not all(_leads_here(kept, str(hook["url"])) for hook in ours):
        yield "other_url"


def _leads_here(kept: Registration, url: str) -> bool:
    base, _, address = url.rpartition("/")
    return base == kept.url and digest(address) == kept.address


def _shown(webhook: Json) -> dict[str, Json]:
    return {key: webhook[key] for key in ("id", "name", "enabled", "events")}
