"""What arrives: who may bring it, and what it brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connector_runtime.values import Json


@dataclass(frozen=True)
class Endpoint:
    """Where a connection's webhooks arrive. `address` and `password` are digests: nobody reads here what they are."""

    connection: str
    address: bytes = field(repr=False)
    username: str
    password: bytes = field(repr=False)
    created_at: str


@dataclass(frozen=True)
class Occurrence:
    """One event of a delivery: `place` is its number there. `identity` is a digest of what names the happening,
    `content` one of all that is said of it.
    """

    event: str
    message_id: str
    place: int
    identity: str
    content: str
    happened_at: str | None
    """As the platform writes it."""
    payload: dict[str, Json]
    moment: str | None = None
    """When it happened at the latest, UTC as ISO 8601: platforms count whole seconds."""
    happening: str | None = None
    """A digest that is the same whether a webhook brings it or a list tells it; None where no list can."""

    def told(self) -> tuple[Json, ...]:
        """All but the payload and what happened, in the order of the columns."""
        return self.event, self.message_id, self.place, self.identity, self.content, self.happened_at, self.moment


@dataclass(frozen=True)
class Arrival:
    """One delivery: its occurrences that are good; with a `reason`, what is wrong with the others, or with it."""

    connection: str
    received_at: str
    occurrences: Sequence[Occurrence] = ()
    reason: str = ""
    detail: str = ""
    body: bytes = field(default=b"", repr=False)
