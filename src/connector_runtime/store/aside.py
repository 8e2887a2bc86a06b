"""Deliveries that were not taken, or not wholly: kept aside with the reason, the latest ones."""

from __future__ import annotations

from connector_runtime.store.arrivals import Arrival
from connector_runtime.store.file import Statements
from connector_runtime.values import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS aside (
    id          INTEGER PRIMARY KEY,
    connection  TEXT NOT NULL,
    received_at TEXT NOT NULL,
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    body        BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS aside_of_a_reason ON aside (connection, reason, id);
"""

ASIDE = "INSERT INTO aside (connection, received_at, reason, detail, body) VALUES (?, ?, ?, ?, ?)"

FORGET = """
DELETE FROM aside WHERE connection = ?1 AND reason = ?2
AND id <= (SELECT id FROM aside WHERE connection = ?1 AND reason = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)
"""

KEPT_ASIDE = 1000
"""Deliveries that are kept aside, per connection and reason, the latest ones: a forger does not fill the disk, and
does not push out what others brought.
"""

COUNTED_ONLY = ("foreign",)
"""Reasons for which nothing is kept aside: anybody anywhere may give them."""

LONGEST_ASIDE = 64 * 1024
"""Bytes that are kept of each."""


class Aside:
    """What was put aside in one file."""

    def __init__(self, connection: Statements) -> None:
        """The file has the tables of SCHEMA."""
        self._connection = connection

    def put(self, arrival: Arrival) -> None:
        """Put one aside, and forget the oldest of its kind; within the transaction of what arrives with it."""
        if arrival.reason in COUNTED_ONLY:
            return
        row = [arrival.connection, arrival.received_at, arrival.reason, arrival.detail, arrival.body[:LONGEST_ASIDE]]
        self._connection.execute(ASIDE, row)
        self._connection.execute(FORGET, [arrival.connection, arrival.reason, KEPT_ASIDE])

    def latest(self, limit: int) -> list[Json]:
        """The latest, the newest first."""
        found = self._connection.execute(
            "SELECT connection, received_at, reason, detail, body FROM aside ORDER BY id DESC LIMIT ?", [limit]
        )
        names = ("connection", "received_at", "reason", "detail")
        return [
            {**dict(zip(names, row, strict=False)), "body": bytes(row[-1]).decode(errors="backslashreplace")}
            for row in found
        ]
