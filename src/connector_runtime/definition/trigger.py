"""What a trigger's file may say: one webhook event, and how its occurrences are told apart. Part of the grammar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from connector_runtime.definition.polling import Polling
from connector_runtime.definition.source import Source
from connector_runtime.schema import AUTHORED, JsonSchema


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which occurrences stand in one line, and in what order."""

    __pydantic_config__: ClassVar = AUTHORED
    per: list[str]
    """Payload fields: occurrences that agree in all of them belong to one line."""
    by: str
    """The payload field that orders a line: a moment, written as connector.yaml says under `wire`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trigger:
    """One webhook event."""

    __pydantic_config__: ClassVar = AUTHORED
    event: str
    title: str
    summary: str
    """What happened, in one sentence."""
    fires_when: str
    """What makes it fire and what does not, in the words of those who use the platform."""
    source: Source
    payload: JsonSchema
    """A field that is not required may be null."""
    identity: list[str]
    """Payload fields that together name one occurrence: whatever agrees in all of them is the same happening."""
    order: Order
    caused_by: list[str]
    """Keys of the actions that cause it."""
    samples: list[str]
    """Names of deliveries in fixtures/webhooks/<event>/."""
    polling: Polling | None = None
    """A list that tells the event too, for platforms without webhooks; absent: none can."""


@dataclass(frozen=True, kw_only=True)
class DeliveryHabits:
    """What a delivery of webhook events looks like, for all triggers: JSON pointers into its body."""

    __pydantic_config__: ClassVar = AUTHORED
    id: str
    """What stays the same when the platform tries again to bring a delivery."""
    event: str
    """The event's id."""
    payload: str
    """The payload of a single occurrence."""
    payloads: str | None = None
    """The payloads of several occurrences, which come instead of `payload`."""
