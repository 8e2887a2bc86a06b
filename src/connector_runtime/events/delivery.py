"""A delivery read: which events it brings, each as its trigger documents it. Pure."""

from __future__ import annotations

from hashlib import blake2b

from connector_runtime.definition import Connector
from connector_runtime.definition.delivery import payload_pointers
from connector_runtime.definition.trigger import Trigger
from connector_runtime.outputs.tolerant import Tolerant
from connector_runtime.store.events import Occurrence
from connector_runtime.values import Json, NotJson, at, json_text, parse_json

LONGEST_ID = 500
"""Characters of a message's id."""


class Unusable(Exception):
    """A delivery of which nothing is used. `reason` is a stable word for programs; the message says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Reader:
    """Reads a connector's deliveries."""

    def __init__(self, connector: Connector) -> None:
        self._connector, self._habits = connector, connector.identity.deliveries
        self._tolerant = Tolerant(connector.identity.wire.no_value, lambda pointer, words: None)

    def occurrences(self, body: bytes) -> list[Occurrence]:
        """The events in a delivery's body. Raises Unusable: all of it can be read, or nothing of it is used."""
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
        read = self._tolerant.read(trigger.payload, payload)
        if missing := [name for name in trigger.payload.get("required", []) if read.get(name) is None]:
            raise Unusable("malformed", f"payload {place + 1} has no {', '.join(missing)}")
        return occurrence(trigger, message_id, place, read)


def occurrence(trigger: Trigger, message_id: str, place: int, payload: dict[str, Json]) -> Occurrence:
    """The event that says this documented payload, which has all that is always there."""
    identity = _digest([trigger.event, *(payload[name] for name in trigger.identity)])
    # Moments count whole seconds, in which a thing may change twice: only what says the same is the same.
    content, happened_at = _digest(payload), payload[trigger.order.by]
    told = happening(trigger, payload)
    return Occurrence(trigger.event, message_id, place, identity, content, happened_at, payload, told)


def happening(trigger: Trigger, payload: dict[str, Json]) -> str | None:
    """A digest of what happened, the same whether a webhook brings it or a list tells it; None where that cannot be
    said, as no list tells the event or the payload has not all that it takes.
    """
    names = trigger.polling.identity if trigger.polling else []
    values = [payload.get(name) for name in names]
    return _digest(values) if values and None not in values else None


def _digest(value: Json) -> str:
    return blake2b(json_text(value).encode(), digest_size=16).hexdigest()


def _text_at(delivery: Json, pointer: str) -> str:
    found = at(delivery, pointer)
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise Unusable("malformed", f"there is no text at {pointer}")
    return text
