"""What tells the events of one file from those of another that takes its place; in the events' file."""

from __future__ import annotations

from secrets import token_hex

from connector_runtime.store.file import Statements

SCHEMA = """
CREATE TABLE IF NOT EXISTS origin (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
"""


def origin(connection: Statements) -> str:
    """The name that the file was given when it was first asked for. Raises Failure."""
    query = "SELECT name FROM origin WHERE id = 1"
    found = connection.execute(query).fetchone()
    if found is None:
        connection.execute("INSERT INTO origin (id, name) VALUES (1, ?) ON CONFLICT (id) DO NOTHING", [token_hex(16)])
        found = connection.execute(query).fetchone()
    return str(found[0])
