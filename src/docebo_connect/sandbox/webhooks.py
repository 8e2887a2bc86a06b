"""Webhooks: what the platform announces, kept as delivery envelopes.

A call that causes one event makes a delivery with `payload`. A call that causes several of one event (a batch, or the
courses of a learning plan in a cascade) makes grouped deliveries with `payloads`, up to 25 each; as on the real
platform `fired_by_batch_action` stays false then. All subscribers get the same message_id, each its own webhook_id.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docebo_connect.sandbox import webhook_mishaps
from docebo_connect.sandbox.events import Payload
from docebo_connect.sandbox.standings import CALM, Incident
from docebo_connect.sandbox.store import Store

LARGEST_GROUP = 25
NO_WEBHOOK = 0  # webhook_id of a delivery as it is kept, before it is addressed to a subscriber


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it is made. What a fault script does to it: `flaw`, how its body is spoilt (options of
    malformed_webhook), and `forged`, for one that is not the platform's: its password is wrong or missing."""

    envelope: Payload
    flaw: Payload | None = None
    forged: str | None = None


Held = list[Delivery]  # what a fault script holds back


class Announcements:
    """The events one request causes, written together with its changes.

    `held` are deliveries of earlier requests that come after those of the next one.
    """

    def __init__(self, store: Store, host: str, held: Held) -> None:
        self._store = store
        self._host = host
        self._held = held
        self._payloads: dict[str, list[Payload]] = {}

    def add(self, event: str, payload: Payload) -> None:
        """Announce one event; `fired_at` is put in front."""
        self._payloads.setdefault(event, []).append({"fired_at": self._store.now(), **payload})

    def write(self, incident: Incident = CALM) -> None:
        """Keep the deliveries and put them into the subscribers' outbox, as far as the request's faults let them."""
        own = [] if incident.find("dropped_webhook") else list(self._deliveries(incident))
        self._payloads.clear()
        if incident.find("reordered_webhook"):
            self._held.extend(own)
        elif own:
            for delivery in own:
                keep(self._store, delivery)
            release(self._store, self._held)
        for event, payload, forged in webhook_mishaps.inventions(self._store, incident):
            keep(self._store, Delivery(self._envelope(event, [payload]), forged=forged))

    def _deliveries(self, incident: Incident) -> Iterator[Delivery]:
        malformed = incident.find("malformed_webhook")
        flaw = None if malformed is None else dict(malformed.options)
        for event, payloads in self._payloads.items():
            for start in range(0, len(payloads), LARGEST_GROUP):
                delivery = Delivery(self._envelope(event, payloads[start : start + LARGEST_GROUP]), flaw)
                yield from [delivery] * incident.option("duplicate_webhook", "copies", 1)

    def _envelope(self, event: str, payloads: list[Payload]) -> Payload:
        store = self._store
        content: Payload = {"payload": payloads[0]} if len(payloads) == 1 else {"payloads": payloads}
        return {
            "message_id": f"wh-{store.clock():%Y%m%d-%H%M%S}-{uuid.uuid4()}",
            "webhook_id": NO_WEBHOOK,
            "original_domain": self._host,
            "event": event,
            "fired_by_batch_action": False,
            **content,
        }


def keep(store: Store, delivery: Delivery) -> None:
    """Make a delivery, and put it into the outbox of each subscriber."""
    event = delivery.envelope["event"]
    flaw_json = None if delivery.flaw is None else json.dumps(delivery.flaw)
    delivery_id = store.execute(
        "INSERT INTO deliveries (event, envelope_json, flaw_json, forged) VALUES (?, ?, ?, ?)",
        (event, json.dumps(delivery.envelope), flaw_json, delivery.forged),
    )
    now = time.time()  # when to send is a matter of this machine, not of the world's clock
    for webhook in store.rows("SELECT id, events_json FROM webhooks WHERE enabled ORDER BY id"):
        events = json.loads(webhook["events_json"] or "null")
        if events is None or event in events:
            store.execute(
                "INSERT INTO outbox (delivery_id, webhook_id, attempts, due_at) VALUES (?, ?, 0, ?)",
                (delivery_id, webhook["id"], now),
            )


def release(store: Store, held: Held) -> None:
    """Make the deliveries that were held back."""
    while held:
        keep(store, held.pop(0))


def deliveries(store: Store, after: int) -> list[dict[str, Any]]:
    """The envelopes that the platform made so far, whole, in order, without the first `after`."""
    rows = store.rows(
        "SELECT envelope_json FROM deliveries WHERE forged IS NULL ORDER BY id LIMIT -1 OFFSET ?", (after,)
    )
    return [json.loads(row["envelope_json"]) for row in rows]


def subscribe(
    store: Store,
    url: str,
    events: Sequence[str] | None,
    username: str | None,
    password: str | None,
    *,
    name: str | None = None,
    enabled: bool = True,
) -> int:
    """Register a webhook for some events, or all; returns its number."""
    return store.execute(
        "INSERT INTO webhooks (name, url, events_json, username, password, enabled) VALUES (?, ?, ?, ?, ?, ?)",
        (name, url, None if events is None else json.dumps(list(events)), username, password, enabled),
    )
