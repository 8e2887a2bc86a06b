"""Webhook events on disk: who may bring them, every good one once, and what was wrong with the others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from connector_runtime.errors import NotNow
from connector_runtime.store import polled
from connector_runtime.store.file import opened, transaction
from connector_runtime.values import Json, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS endpoints (
    connection TEXT PRIMARY KEY,
    address    BLOB NOT NULL UNIQUE,
    username   TEXT NOT NULL,
    password   BLOB NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (
    cursor      INTEGER PRIMARY KEY AUTOINCREMENT,
    connection  TEXT NOT NULL,
    event       TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    place       INTEGER NOT NULL,
    identity    TEXT NOT NULL,
    content     TEXT NOT NULL,
    happened_at TEXT,
    received_at TEXT NOT NULL,
    payload     TEXT NOT NULL,
    UNIQUE (connection, message_id, place),
    UNIQUE (connection, event, content)
);
CREATE INDEX IF NOT EXISTS events_by_time ON events (connection, received_at);
CREATE TABLE IF NOT EXISTS aside (
    id          INTEGER PRIMARY KEY,
    connection  TEXT NOT NULL,
    received_at TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    body        BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS aside_of_a_connection ON aside (connection, id);
CREATE TABLE IF NOT EXISTS counts (
    connection TEXT NOT NULL,
    what       TEXT NOT NULL,
    event      TEXT NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (connection, what, event)
);
"""

# One statement for all: between two of them this thread may have to wait for those who take deliveries in.
EVENTS = f"""
INSERT OR IGNORE INTO events
(connection, event, message_id, place, identity, content, happened_at, received_at, payload)
SELECT ?1, ?2, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), json_extract(value, '$[6]')
FROM json_each(?3) WHERE NOT {polled.KNOWN}
"""

KEYS = ("cursor", "connection", "event", "message_id", "identity", "happened_at", "received_at", "payload")
"""Of an event's document, in their order."""

DOCUMENTS = f"SELECT {', '.join(KEYS)} FROM events"

ASIDE = "INSERT INTO aside (connection, received_at, reason, detail, body) VALUES (?, ?, ?, ?, ?)"

COUNT = """
INSERT INTO counts (connection, what, event, number) VALUES (?, ?, ?, ?)
ON CONFLICT (connection, what, event) DO UPDATE SET number = number + excluded.number
"""

FORGET = """
DELETE FROM aside WHERE connection = ?1
AND id <= (SELECT id FROM aside WHERE connection = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""

KEPT_ASIDE = 1000
"""Deliveries that are kept aside, per connection, the latest ones: a forger does not fill the disk."""

LONGEST_ASIDE = 64 * 1024
"""Bytes that are kept of each."""


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
    payload: dict[str, Json]
    happening: str | None = None
    """A digest that is the same whether a webhook brings it or a list tells it; None where no list can."""


@dataclass(frozen=True)
class Arrival:
    """One delivery: its occurrences; or, with a `reason`, what is wrong with it."""

    connection: str
    received_at: str
    occurrences: Sequence[Occurrence] = ()
    reason: str = ""
    detail: str = ""
    body: bytes = field(default=b"", repr=False)


class Events:
    """The events of one data directory."""

    def __init__(self, path: Path) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA + polled.SCHEMA, private=True)
        # What was acknowledged is never sent again: it must survive a power failure, not only the process's death.
        self._connection.execute("PRAGMA synchronous=FULL")

    def open_endpoint(self, endpoint: Endpoint) -> None:
        """Let webhooks in for a connection, instead of where it let them in before."""
        with self._kept():
            values = (
                endpoint.connection,
                endpoint.address,
                endpoint.username,
                endpoint.password,
                endpoint.created_at,
            )
            self._connection.execute("INSERT OR REPLACE INTO endpoints VALUES (?, ?, ?, ?, ?)", values)

    def endpoints(self) -> list[Endpoint]:
        """All of them, by connection."""
        found = self._connection.execute(
            "SELECT connection, address, username, password, created_at FROM endpoints ORDER BY connection"
        )
        return [Endpoint(*row) for row in found]

    def close_endpoint(self, connection: str) -> bool:
        """Let nothing in any more; False where nothing was let in. Its events stay."""
        with self._kept():
            return self._connection.execute("DELETE FROM endpoints WHERE connection = ?", [connection]).rowcount == 1

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Keep deliveries in one commit: each with all its events that are new, or aside. Raises NotNow; then nothing
        of them is kept.
        """
        events: dict[tuple[str, str], list[Json]] = {}
        for arrival in arrivals:
            for each in arrival.occurrences:
                events.setdefault((arrival.connection, each.event), []).append(_row(each, arrival.received_at))
        with self._kept():
            for (connection, event), rows in events.items():
                new = self._insert(connection, event, rows, "webhook")
                self._count(connection, "kept", event, new)
                self._count(connection, "duplicate", event, len(rows) - new)
            for arrival in arrivals:
                if arrival.reason:
                    self._set_aside(arrival)

    def marks(self, connection: str) -> dict[str, polled.Mark]:
        """How far the lists of a connection have been read for events, by event."""
        return polled.marks(self._connection, connection)

    def keep_polled(
        self,
        connection: str,
        event: str,
        occurrences: Sequence[Occurrence],
        mark: polled.Mark,
        *,
        before: Sequence[str] = (),
        asked: Sequence[str] = (),
    ) -> int:
        """Keep what a list has told, and how far it was read, in one commit; how many of them are new. Raises NotNow.

        `before` are happenings that are not to be told, `asked` those that are although they were noted so earlier.
        """
        rows = [_row(each, mark.polled_at) for each in occurrences]
        with self._kept():
            polled.forget_before(self._connection, connection, event, asked)
            new = self._insert(connection, event, rows, "list")
            self._count(connection, "polled", event, new)
            polled.note_before(self._connection, connection, event, before)
            polled.move(self._connection, connection, event, mark)
        return new

    def after(self, cursor: int, limit: int, *, connection: str | None = None, event: str | None = None) -> list[Json]:
        """The events that were kept after a cursor, in the order in which they were kept."""
        found = self._connection.execute(
            f"""{DOCUMENTS} WHERE cursor > ? AND connection = coalesce(?, connection) AND event = coalesce(?, event)
            ORDER BY cursor LIMIT ?""",
            [cursor, connection, event, limit],
        )
        return [_document(row) for row in found]

    def between(self, connection: str, since: str, until: str) -> list[Json]:
        """The events of a connection that arrived then, in the order in which they were kept."""
        found = self._connection.execute(
            f"{DOCUMENTS} WHERE connection = ? AND received_at BETWEEN ? AND ? ORDER BY cursor",
            [connection, since, until],
        )
        return [_document(row) for row in found]

    def counts(self) -> list[Json]:
        """How many were `kept`, were a `duplicate`, or were set aside, for what reason; by connection and event."""
        found = self._connection.execute(
            "SELECT connection, what, event, number FROM counts ORDER BY connection, what, event"
        )
        return [dict(zip(("connection", "what", "event", "number"), row, strict=True)) for row in found]

    def aside(self, limit: int) -> list[Json]:
        """The latest deliveries that were set aside, the newest first."""
        found = self._connection.execute(
            "SELECT connection, received_at, reason, detail, body FROM aside ORDER BY id DESC LIMIT ?", [limit]
        )
        names = ("connection", "received_at", "reason", "detail")
        return [
            {**dict(zip(names, row, strict=False)), "body": bytes(row[-1]).decode(errors="backslashreplace")}
            for row in found
        ]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _set_aside(self, arrival: Arrival) -> None:
        row = [arrival.connection, arrival.received_at, arrival.reason, arrival.detail, arrival.body[:LONGEST_ASIDE]]
        self._connection.execute(ASIDE, row)
        self._connection.execute(FORGET, [arrival.connection, KEPT_ASIDE])
        self._count(arrival.connection, arrival.reason, "", 1)

    def _insert(self, connection: str, event: str, rows: list[list[Json]], told: str) -> int:
        """Those of one event that are new; how many they are. `told`: by what, a `webhook` or a `list`."""
        values = [connection, event, json_text(rows), told]
        new = self._connection.execute(EVENTS, values).rowcount
        if rows and rows[0][-1] is not None:
            self._connection.execute(polled.NOTE, values)
        return new

    def _count(self, connection: str, what: str, event: str, number: int) -> None:
        if number:
            self._connection.execute(COUNT, [connection, what, event, number])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except sqlite3.Error as wrong:
            raise NotNow(f"the event could not be kept ({wrong})", code="not_kept") from wrong


def _row(each: Occurrence, received_at: str) -> list[Json]:
    row = [each.message_id, each.place, each.identity, each.content, each.happened_at, received_at]
    return [*row, json_text(each.payload), each.happening]


def _document(row: tuple[Json, ...]) -> dict[str, Json]:
    return {**dict(zip(KEYS, row, strict=True)), "payload": json.loads(row[-1])}
