"""A library's deliveries, and somebody who brings them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from connector_runtime.events.endpoints import Credentials, drawn
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.values import Json

MADE: dict[str, Json] = {
    "number": 11,
    "event": "loan.made",
    "payload": {"at": "01.02.2026 10:00", "book_code": "B-1", "member_id": 7, "note": None},
}


def loan(number: int, *, at: str = "01.02.2026 10:00", **others: Any) -> bytes:
    """A delivery of one loan."""
    payload = {"at": at, "book_code": f"B-{number}", "member_id": 7} | others
    return json.dumps({"number": number, "event": "loan.made", "payload": payload}).encode()


@dataclass(frozen=True)
class Sender:
    """Who has credentials."""

    credentials: Credentials

    @property
    def authorization(self) -> str:
        return basic(self.credentials.username, self.credentials.password)


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def let_in(file: Location, connection: str = "village", *, old_until: str | None = None) -> Sender:
    """Somebody who may bring that connection's events; whoever might before may until then, or no longer."""
    credentials, endpoint = drawn(connection)
    events = Events(file)
    events.open_endpoint(endpoint, old_until=old_until)
    events.close()
    return Sender(credentials)


def kept_in(file: Location) -> list[Json]:
    events = Events(file)
    found = events.after(0, 100_000)
    events.close()
    return found


def counts_in(file: Location) -> dict[str, int]:
    events = Events(file)
    found: dict[str, int] = {}
    for count in events.counts():
        found[count["what"]] = found.get(count["what"], 0) + count["number"]
    events.close()
    return found
