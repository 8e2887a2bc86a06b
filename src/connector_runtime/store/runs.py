"""The runs on disk: one SQLite file, one row per run."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector_runtime.errors import NotNow
from connector_runtime.store.file import opened, transaction
from connector_runtime.values import Json, as_text, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id     TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    action     TEXT NOT NULL,
    status     TEXT NOT NULL,
    effect     TEXT NOT NULL,
    record     TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS keys (
    key     TEXT PRIMARY KEY,
    input   TEXT NOT NULL,
    run_id  TEXT NOT NULL,
    claimed REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started_at);
CREATE TABLE IF NOT EXISTS expected (
    run_id     TEXT NOT NULL,
    place      INTEGER NOT NULL,
    connection TEXT NOT NULL,
    event      TEXT NOT NULL,
    match      TEXT NOT NULL,
    number     INTEGER,
    since      TEXT NOT NULL,
    until      TEXT NOT NULL,
    PRIMARY KEY (run_id, place)
);
CREATE INDEX IF NOT EXISTS expected_by_time ON expected (connection, until);
"""

EXPECT = """
INSERT OR REPLACE INTO expected (run_id, place, connection, event, match, number, since, until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

EXPECTED = "SELECT run_id, place, event, match, number, since, until FROM expected"

SAVE = """
INSERT INTO runs (run_id, started_at, action, status, effect, record) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, effect = excluded.effect, record = excluded.record
"""

FIND = """
SELECT record FROM runs
WHERE :id != '' AND (run_id LIKE :like || '%' ESCAPE '\\' OR run_id LIKE '%' || :like ESCAPE '\\')
ORDER BY run_id != :id LIMIT 2
"""

NEWEST = """
SELECT record FROM runs WHERE :status IS NULL OR status = :status ORDER BY started_at DESC, rowid DESC LIMIT :limit
"""

SEARCH = """
SELECT rowid, record FROM runs
WHERE (:before IS NULL OR rowid < :before) AND (:status IS NULL OR status = :status)
AND (:action IS NULL OR action = :action)
AND (:connection IS NULL OR json_extract(record, '$.connection') = :connection)
AND (:only IS NULL OR json_extract(record, '$.connection') IN (SELECT value FROM json_each(:only)))
ORDER BY rowid DESC LIMIT :limit
"""

KEY_LIFETIME_S = 7 * 24 * 3600
"""How long a key stands for its run: longer than any host tries one thing again."""


@dataclass(frozen=True)
class Expected:
    """An event that a run has caused and that is to arrive: `place` is its number in the record, `match` what its
    payload has, `number` how many; None: one or more. The run worked from `since` until `until`, UTC as ISO 8601.
    """

    run_id: str
    place: int
    event: str
    match: Mapping[str, Json]
    number: int | None
    since: str
    until: str


class Store:
    """The runs of one data directory."""

    def __init__(self, path: Path) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA, private=True)

    def save(self, document: dict[str, Json]) -> None:
        """Commit a run as it now stands. Raises NotNow when the disk does not take it."""
        row = [document[name] for name in ("run_id", "started_at", "action", "status", "effect")]
        try:
            if document["status"] == "running" or not document["events"]:
                self._connection.execute(SAVE, [*row, json_text(document)])
                return
            with transaction(self._connection):
                self._expect(document)
                self._connection.execute(SAVE, [*row, json_text(document)])
        except sqlite3.Error as wrong:
            raise _not_recorded(document, wrong) from wrong

    def claim(self, key: str, digest: str, document: dict[str, Json]) -> tuple[str, str] | None:
        """Let a key stand for a run, and commit the run, both or neither. Or else whose the key is already: the digest
        of its input, and its run's id.
        """
        now = time.time()
        try:
            with transaction(self._connection):
                self._connection.execute("DELETE FROM keys WHERE claimed < ?", [now - KEY_LIFETIME_S])
                known: tuple[str, str] | None = self._connection.execute(
                    "SELECT input, run_id FROM keys WHERE key = ?", [key]
                ).fetchone()
                if known is None:
                    self._connection.execute(
                        "INSERT INTO keys (key, input, run_id, claimed) VALUES (?, ?, ?, ?)",
                        [key, digest, document["run_id"], now],
                    )
                    self.save(document)
        except sqlite3.Error as wrong:
            raise _not_recorded(document, wrong) from wrong
        return known

    def find(self, run_id: str) -> list[dict[str, Json]]:
        """The run of that id; else those, at most two, whose id begins or ends so."""
        run_id = run_id.encode(errors="replace").decode()  # a command line may hold what is no text
        like = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        rows = self._connection.execute(FIND, {"id": run_id, "like": like})
        found: list[dict[str, Json]] = [json.loads(row[0]) for row in rows]
        return found[:1] if found and found[0]["run_id"] == run_id else found

    def newest(self, limit: int, status: str | None = None) -> Iterator[dict[str, Json]]:
        """The latest runs, newest first."""
        rows = self._connection.execute(NEWEST, {"status": status, "limit": limit})
        return (json.loads(row[0]) for row in rows)

    def search(
        self,
        *,
        before: int | None = None,
        limit: int,
        status: str | None = None,
        action: str | None = None,
        connection: str | None = None,
        only: Collection[str] | None = None,
    ) -> list[tuple[int, dict[str, Json]]]:
        """Runs with their place, those that were begun last first; before a place, and where given only those of that
        status, action or connection, or of these connections.
        """
        given = {"before": before, "limit": limit, "status": status, "action": action, "connection": connection}
        rows = self._connection.execute(SEARCH, {**given, "only": None if only is None else json_text(sorted(only))})
        return [(place, json.loads(record)) for place, record in rows]

    def expected(self, connection: str, since: str, until: str) -> list[Expected]:
        """What is to arrive of runs of a connection that worked at some time between these, and have ended. In the
        order in which they began.
        """
        meanwhile = f"{EXPECTED} WHERE connection = ? AND until >= ? AND since <= ? ORDER BY since, run_id, place"
        return [_expected(row) for row in self._connection.execute(meanwhile, [connection, since, until])]

    def expected_of(self, run_id: str) -> list[Expected]:
        """What is to arrive of one run that has ended, in the order of its record."""
        rows = self._connection.execute(f"{EXPECTED} WHERE run_id = ? ORDER BY place", [run_id])
        return [_expected(row) for row in rows]

    def _expect(self, document: dict[str, Json]) -> None:
        ended = as_text(datetime.now(UTC))  # it may have been resumed
        for place, event in enumerate(document["events"]):
            number = event["count"] if isinstance(event["count"], int) else None
            row = [document["run_id"], place, document["connection"], event["event"], json_text(event["match"]), number]
            self._connection.execute(EXPECT, [*row, document["started_at"], ended])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _expected(row: tuple[Any, ...]) -> Expected:
    run_id, place, event, match, number, since, until = row
    return Expected(run_id, place, event, json.loads(match), number, since, until)


def _not_recorded(document: dict[str, Json], wrong: Exception) -> NotNow:
    return NotNow(
        f"run {document['run_id']} could not be recorded ({wrong})",
        code="not_recorded",
        effect=document["effect"],
    )
