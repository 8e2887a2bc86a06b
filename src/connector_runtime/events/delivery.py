"""A delivery read: which events it brings, each as its trigger documents it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from secrets import token_hex
from typing import Literal

from connector_runtime.definition import Connector
from connector_runtime.definition.delivery import payload_pointers
from connector_runtime.definition.trigger import Trigger
from connector_runtime.errors import InvalidInput
from connector_runtime.outputs.tolerant import Tolerant
from connector_runtime.store.arrivals import Occurrence
from connector_runtime.values import Json, NotJson, Problem, as_text, at, did_you_mean, json_text, parse_json

LONGEST_ID = 500
"""Characters of a message's id."""

NOBODY = 2**31 - 1
"""An id that a sample has in the place of a real one: whoever acts on it changes nothing of anybody's."""


class Unusable(Exception):
    """A delivery of which nothing is used. `reason` is a stable word for programs; the message says more."""

    def __init__(self, reason: Literal["malformed", "unknown_event"], detail: str) -> None:
        super().__init__(detail)
        self.reason: Literal["malformed", "unknown_event"] = reason


class Reader:
    """Reads a connector's deliveries."""

    def __init__(self, connector: Connector) -> None:
        self._connector, self._habits = connector, connector.identity.deliveries
        self._odd: list[str] = []
        self._tolerant = Tolerant(
            connector.identity.wire.no_value, lambda pointer, words: self._odd.append(f"{pointer}: {words}")
        )

    def read(self, body: bytes) -> tuple[list[Occurrence], list[str]]:
        """The events in a delivery's body, and what in it had to become null. Raises Unusable: all of it can be used,
        or nothing is.
        """
        self._odd.clear()
        return self.occurrences(body), list(self._odd)

    def occurrences(self, body: bytes) -> list[Occurrence]:
        """The events in a delivery's body. Raises Unusable."""
        if self._habits is None:
            raise Unusable("unknown_event", f"{self._connector.identity.title} has no triggers")
        try:
            delivery = parse_json(body)
        except NotJson as wrong:
            raise Unusable("malformed", str(wrong)) from None
        message_id, event = _text_at(delivery, self._habits.id), _text_at(delivery, self._habits.event)
        if (trigger := self._connector.triggers.get(event)) is None:
            raise Unusable("unknown_event", f"there is no trigger for the event {event}")
        pointers = list(payload_pointers(self._habits, delivery))
        if not pointers:
            ways = " and ".join(filter(None, (self._habits.payload, self._habits.payloads)))
            raise Unusable("malformed", f"it has not one of {ways}, or nothing in it")
        return [
            self._occurrence(trigger, message_id, place, at(delivery, pointer))
            for place, pointer in enumerate(pointers)
        ]

    def _occurrence(self, trigger: Trigger, message_id: str, place: int, payload: Json) -> Occurrence:
        if not isinstance(payload, dict):
            raise Unusable("malformed", f"payload {place + 1} is no object")
        before = len(self._odd)
        read = self._tolerant.read(trigger.payload, payload)
        if missing := [name for name in trigger.payload.get("required", []) if read.get(name) is None]:
            odd = dict(each.split(": ", 1) for each in self._odd[before:])
            reasons = [f"{name} {odd[f'/{name}']}" if f"/{name}" in odd else f"it has no {name}" for name in missing]
            raise Unusable("malformed", f"payload {place + 1}: {'; '.join(reasons)}")
        return occurrence(trigger, message_id, place, read, self._connector.identity.wire.date_time)


def occurrence(trigger: Trigger, message_id: str, place: int, payload: dict[str, Json], form: str) -> Occurrence:
    """The event that says this documented payload, which has all that is always there; `form` is how it has moments."""
    identity = _digest([trigger.event, *(payload[name] for name in trigger.identity)])
    # Moments count whole seconds, in which a thing may change twice: only what says the same is the same.
    content, happened_at = _digest(payload), payload[trigger.order.by]
    moment, told = latest_moment(happened_at, form), happening(trigger, payload)
    return Occurrence(trigger.event, message_id, place, identity, content, happened_at, payload, moment, told)


def happening(trigger: Trigger, payload: dict[str, Json]) -> str | None:
    """A digest of what happened, the same whether a webhook brings it or a list tells it; None where that cannot be
    said, as no list tells the event or the payload has not all that it takes.
    """
    names = trigger.polling.identity if trigger.polling else []
    values = [payload.get(name) for name in names]
    return _digest(values) if values and None not in values else None


def sampled(connector: Connector, event: str) -> Json:
    """An event's first sample, as it would be brought now, of ids that nobody has. Raises InvalidInput without such an
    event.
    """
    if (trigger := connector.triggers.get(event)) is None:
        known = ", ".join(sorted(connector.triggers))
        said = f"there is no event `{event}`{did_you_mean(event, connector.triggers)}; there are: {known}"
        raise InvalidInput([Problem("event", said, "Event")])
    habits, delivery = connector.identity.deliveries, connector.delivery(event, trigger.samples[0])
    assert habits is not None  # where there are triggers, it is said what their deliveries look like
    now = datetime.now(UTC).strftime(connector.identity.wire.date_time)
    ids = [name for name in trigger.identity if trigger.payload["properties"][name].get("type") == "integer"]
    for pointer in payload_pointers(habits, delivery):
        at(delivery, pointer).update({trigger.order.by: now} | dict.fromkeys(ids, NOBODY))
    parent, _, name = habits.id.rpartition("/")
    at(delivery, parent)[name] = f"sample-{token_hex(8)}"
    return delivery


def latest_moment(text: Json, form: str) -> str | None:
    """When something happened at the latest, of which a platform tells the moment in this form; None where that is no
    moment.
    """
    return _latest(text, form) if isinstance(text, str) else None


@lru_cache(maxsize=1024)  # what arrives together happened within the same few seconds
def _latest(text: str, form: str) -> str | None:
    try:
        begins = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
    whole = next((grain for sign, grain in GRAINS if sign in form), timedelta())
    return as_text(begins + whole)


GRAINS = (
    ("%f", timedelta()),
    ("%S", timedelta(seconds=1)),
    ("%M", timedelta(minutes=1)),
    ("%H", timedelta(hours=1)),
    ("%d", timedelta(days=1)),
)
"""How much a moment leaves open, by the finest of its parts."""


def _digest(value: Json) -> str:
    return blake2b(json_text(value).encode(), digest_size=16).hexdigest()


def _text_at(delivery: Json, pointer: str) -> str:
    found = at(delivery, pointer)
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise Unusable("malformed", f"there is no text at {pointer}")
    return text
