"""The runs on disk: one SQLite file, one row per run. The only module that speaks SQL.

WAL with synchronous=NORMAL: what is committed survives the death of the process at any point; several
processes may use the same file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from connector_runtime.errors import InvalidInput
from connector_runtime.values import Json, Problem

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run_id     TEXT PRIMARY KEY,
    started_at TEXT NOT NULL,
    action     TEXT NOT NULL,
    status     TEXT NOT NULL,
    effect     TEXT NOT NULL,
    record     TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started_at);
"""

SAVE = """
INSERT INTO runs (run_id, started_at, action, status, effect, record) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, effect = excluded.effect, record = excluded.record
"""

BUSY_TIMEOUT_S = 30


class Store:
    """The runs of one data directory."""

    def __init__(self, path: Path) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as wrong:
            problem = Problem("data_dir", f"{path} cannot be used ({wrong})", "Data directory")
            raise InvalidInput([problem], fix="Name a directory that you may write to.") from wrong

    def save(self, document: dict[str, Json]) -> None:
        """Commit a run as it now stands."""
        row = [document[name] for name in ("run_id", "started_at", "action", "status", "effect")]
        self._connection.execute(SAVE, [*row, json.dumps(document)])

    def find(self, run_id: str) -> dict[str, Json] | None:
        """The run of that id, or of the only id that begins so."""
        pattern = run_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self._connection.execute(
            "SELECT record FROM runs WHERE run_id = ? OR run_id LIKE ? ESCAPE '\\' LIMIT 2", (run_id, pattern)
        ).fetchall()
        return json.loads(rows[0][0]) if len(rows) == 1 else None

    def newest(self, limit: int, status: str | None = None) -> Iterator[dict[str, Json]]:
        """The latest runs, newest first."""
        rows = self._connection.execute(
            "SELECT record FROM runs WHERE ?1 IS NULL OR status = ?1 ORDER BY started_at DESC, rowid DESC LIMIT ?2",
            (status, limit),
        )
        return (json.loads(row[0]) for row in rows)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
