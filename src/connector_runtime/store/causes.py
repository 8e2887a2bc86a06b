"""Which run caused an event, settled once: whoever asks later hears the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connector_runtime.errors import NotNow
from connector_runtime.store.file import Failure, Statements, transaction
from connector_runtime.values import json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS causes (
    cursor     INTEGER PRIMARY KEY,
    run_id     TEXT,
    place      INTEGER,
    unexpected INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS causes_by_run ON causes (run_id, place) WHERE run_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS forgotten (
    cursor      INTEGER PRIMARY KEY,
    received_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS settled (
    connection TEXT PRIMARY KEY,
    cursor     INTEGER NOT NULL
);
"""
"""`causes` has the events that a run caused, and those that were unexpected; of the others up to `settled` there is
nothing to say. `forgotten` says when those that a run caused had arrived: what was seen stays seen.
"""

CAUSED = "INSERT INTO causes (cursor, run_id, place, unexpected) VALUES (?, ?, ?, ?)"

SETTLE = """
INSERT INTO settled (connection, cursor) VALUES (?1, ?3)
ON CONFLICT (connection) DO UPDATE SET cursor = ?3 WHERE settled.cursor = ?2
"""


ARRIVED = """
SELECT run_id, causes.place, cursor, coalesce(events.received_at, forgotten.received_at)
FROM causes LEFT JOIN events USING (cursor) LEFT JOIN forgotten USING (cursor)
WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY cursor
"""

FORGET = (
    """INSERT INTO forgotten (cursor, received_at) SELECT cursor, received_at FROM events JOIN causes USING (cursor)
    WHERE received_at < ? AND run_id IS NOT NULL ON CONFLICT DO NOTHING""",
    """DELETE FROM causes
    WHERE run_id IS NULL AND cursor IN (SELECT cursor FROM events WHERE received_at < ?)""",
)


@dataclass(frozen=True)
class Cause:
    """The cause of an event: a run, and the number of one of the events that it expected; or none, and whether it is
    unexpected.
    """

    run_id: str | None = None
    place: int | None = None
    unexpected: bool = False


NONE = Cause()


class Causes:
    """The causes of the events of one file."""

    def __init__(self, connection: Statements) -> None:
        """The file has the tables of SCHEMA."""
        self._connection = connection

    def settled(self, connection: str) -> int:
        """The cursor up to which the events of a connection are settled."""
        found = self._connection.execute("SELECT cursor FROM settled WHERE connection = ?", [connection]).fetchone()
        return 0 if found is None else int(found[0])

    def settle(self, connection: str, before: int, upto: int, causes: Mapping[int, Cause]) -> bool:
        """Settle the events of a connection from one cursor to another: those not named have no cause. False where
        somebody else has done so meanwhile; then nothing is changed. Raises NotNow.
        """
        rows = [(cursor, each.run_id, each.place, each.unexpected) for cursor, each in causes.items()]
        with self._kept():
            if self._connection.execute(SETTLE, [connection, before, upto]).rowcount != 1:
                return False
            self._connection.executemany(CAUSED, rows)
        return True

    def taken(self, run_ids: Collection[str]) -> dict[tuple[str, int], int]:
        """How many events were caused by each place of these runs."""
        rows = self._connection.execute(
            """SELECT run_id, place, count(*) FROM causes
            WHERE run_id IN (SELECT value FROM json_each(?)) GROUP BY run_id, place""",
            [json_text(sorted(run_ids))],
        )
        return {(run_id, place): number for run_id, place, number in rows}

    def of(self, cursors: Sequence[int]) -> dict[int, Cause]:
        """The causes of these events, as far as there is something to say."""
        rows = self._connection.execute(
            """SELECT cursor, run_id, place, unexpected FROM causes
            WHERE cursor IN (SELECT CAST(value AS BIGINT) FROM json_each(?))""",
            [json_text(list(cursors))],
        )
        return {cursor: Cause(run_id, place, bool(unexpected)) for cursor, run_id, place, unexpected in rows}

    def caused_by(self, run_id: str) -> list[tuple[int, int, str]]:
        """What a run caused: the place in its record, the event's cursor, and when it arrived; in that order."""
        rows = self._connection.execute(ARRIVED, [json_text([run_id])])
        return [(place, cursor, received_at) for _, place, cursor, received_at in rows]

    def arrivals(self, run_ids: Collection[str]) -> dict[tuple[str, int], list[str]]:
        """When the events had arrived that were caused by each place of these runs."""
        found: dict[tuple[str, int], list[str]] = {}
        for run_id, place, _, received_at in self._connection.execute(ARRIVED, [json_text(sorted(run_ids))]):
            found.setdefault((run_id, place), []).append(received_at)
        return found

    def forget(self, before: str) -> None:
        """The events that arrived before that moment are about to be forgotten. To be called within a transaction."""
        for statement in FORGET:
            self._connection.execute(statement, [before])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"what caused the events could not be kept ({wrong})", code="not_kept") from wrong
