"""Where webhooks are let in that were made by hand: one address for a connection, and those that it has replaced."""

from __future__ import annotations

from collections.abc import Sequence

from connector_runtime.store.arrivals import Endpoint
from connector_runtime.store.file import Statements

SCHEMA = """
CREATE TABLE IF NOT EXISTS endpoints (
    connection TEXT PRIMARY KEY,
    address    BLOB NOT NULL UNIQUE,
    username   TEXT NOT NULL,
    password   BLOB NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS replaced_endpoints (
    address    BLOB PRIMARY KEY,
    connection TEXT NOT NULL,
    username   TEXT NOT NULL,
    password   BLOB NOT NULL,
    created_at TEXT NOT NULL,
    closes_at  TEXT NOT NULL
);
"""

OPEN = """
INSERT INTO endpoints (connection, address, username, password, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (connection) DO UPDATE SET address = excluded.address, username = excluded.username,
    password = excluded.password, created_at = excluded.created_at
"""

REPLACE = """
INSERT INTO replaced_endpoints (connection, address, username, password, created_at, closes_at)
SELECT connection, address, username, password, created_at, ? FROM endpoints WHERE connection = ?
"""

FORGET = """
DELETE FROM replaced_endpoints WHERE connection = ? AND address NOT IN (
    SELECT address FROM replaced_endpoints WHERE connection = ? ORDER BY closes_at DESC LIMIT ?
)
"""

MOST = 5
"""Replaced addresses of one connection that let in still; the oldest close when others come."""

KNOWN = """
SELECT connection, address, username, password, created_at FROM endpoints
UNION ALL SELECT connection, address, username, password, created_at FROM registrations
WHERE state != 'ended' AND (closes_at IS NULL OR closes_at > ?1)
UNION ALL SELECT connection, address, username, password, created_at FROM replaced_endpoints WHERE closes_at > ?1
ORDER BY connection, created_at
"""


class Endpoints:
    """Those of one file of events. Whoever changes them does so within a transaction."""

    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def open(self, endpoint: Endpoint, old_until: str | None) -> None:
        """Let in at another address; at the one before until then, or no longer."""
        if old_until is None:
            self._connection.execute("DELETE FROM replaced_endpoints WHERE connection = ?", [endpoint.connection])
        else:
            self._connection.execute("DELETE FROM replaced_endpoints WHERE closes_at <= ?", [endpoint.created_at])
            self._connection.execute(REPLACE, [old_until, endpoint.connection])
            self._connection.execute(FORGET, [endpoint.connection, endpoint.connection, MOST])
        values = endpoint.connection, endpoint.address, endpoint.username, endpoint.password, endpoint.created_at
        self._connection.execute(OPEN, values)

    def known(self, now: str) -> list[Endpoint]:
        """All that let in, made by hand or registered, by connection and age."""
        return [Endpoint(*row) for row in self._connection.execute(KNOWN, [now])]

    def by_hand(self) -> Sequence[str]:
        """The connections that have an address made by hand."""
        return [name for (name,) in self._connection.execute("SELECT connection FROM endpoints ORDER BY connection")]

    def close(self, connection: str) -> bool:
        """Let in no more at any that was made by hand; False where there was none."""
        self._connection.execute("DELETE FROM replaced_endpoints WHERE connection = ?", [connection])
        return self._connection.execute("DELETE FROM endpoints WHERE connection = ?", [connection]).rowcount == 1
