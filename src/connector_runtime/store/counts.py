"""How many deliveries there were, and what became of them: in all, and by day."""

from __future__ import annotations

from connector_runtime.store.file import Statements
from connector_runtime.values import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (
    connection TEXT NOT NULL,
    what       TEXT NOT NULL,
    event      TEXT NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (connection, what, event)
);
CREATE TABLE IF NOT EXISTS daily_counts (
    day        TEXT NOT NULL,
    connection TEXT NOT NULL,
    what       TEXT NOT NULL,
    event      TEXT NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (day, connection, what, event)
);
"""

COUNT = """
INSERT INTO counts (connection, what, event, number) VALUES (?, ?, ?, ?)
ON CONFLICT (connection, what, event) DO UPDATE SET number = counts.number + excluded.number
"""

COUNT_THAT_DAY = """
INSERT INTO daily_counts (day, connection, what, event, number) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (day, connection, what, event) DO UPDATE SET number = daily_counts.number + excluded.number
"""

DAY = len("2026-02-02")
"""Of a moment as text, the characters that name its day."""

NAMES = ("connection", "what", "event", "number")


class Counts:
    """The counts of one file."""

    def __init__(self, connection: Statements) -> None:
        """The file has the tables of SCHEMA."""
        self._connection = connection

    def add(self, moment: str, connection: str, event: str, what: str, number: int) -> None:
        """So many more, at that moment; within the transaction of what is counted."""
        if number:
            self._connection.execute(COUNT, [connection, what, event, number])
            self._connection.execute(COUNT_THAT_DAY, [moment[:DAY], connection, what, event, number])

    def all(self) -> list[Json]:
        """All of them, by connection, what became of them, and event."""
        rows = self._connection.execute(f"SELECT {', '.join(NAMES)} FROM counts ORDER BY connection, what, event")
        return [dict(zip(NAMES, row, strict=True)) for row in rows]

    def since(self, moment: str) -> list[Json]:
        """The same, from the day of that moment on, and with nothing of what was kept."""
        rows = self._connection.execute(
            """SELECT connection, what, event, CAST(sum(number) AS BIGINT) FROM daily_counts
            WHERE day >= ? AND what NOT IN ('kept', 'polled')
            GROUP BY connection, what, event ORDER BY connection, what, event""",
            [moment[:DAY]],
        )
        return [dict(zip(NAMES, row, strict=True)) for row in rows]
