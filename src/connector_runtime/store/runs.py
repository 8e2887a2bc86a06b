"""The runs on disk: one SQLite file, one row per run."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from typing import TypedDict, Unpack

from connector_runtime.errors import NotNow
from connector_runtime.store.expectations import SCHEMA as EXPECTATIONS
from connector_runtime.store.expectations import Expectations
from connector_runtime.store.file import Failure, Location, opened, transaction, unusable
from connector_runtime.values import Json, json_text

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
CREATE INDEX IF NOT EXISTS keys_by_time ON keys (claimed);
CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started_at);
CREATE INDEX IF NOT EXISTS runs_by_connection ON runs (json_extract(record, '$.connection'));
"""

SAVE = """
INSERT INTO runs (run_id, started_at, action, status, effect, record) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, effect = excluded.effect, record = excluded.record
"""

GET = "SELECT record FROM runs WHERE run_id = ?"

FIND = """
SELECT record FROM runs
WHERE ? != '' AND (run_id LIKE ? || '%' ESCAPE '\\' OR run_id LIKE '%' || ? ESCAPE '\\') LIMIT 2
"""

NEWEST = """
SELECT record FROM runs WHERE :status IS NULL OR status = :status ORDER BY started_at DESC, rowid DESC LIMIT :limit
"""

CHAIN = "SELECT CAST(coalesce(json_extract(record, '$.chain'), '0') AS BIGINT) FROM runs WHERE run_id = ?"

CONDITIONS = {
    "status": "status = :status",
    "effect": "effect = :effect",
    "action": "action = :action",
    "connection": "json_extract(record, '$.connection') = :connection",
    "since": "started_at >= :since",
    "until": "started_at <= :until",
    "only": "json_extract(record, '$.connection') IN (SELECT value FROM json_each(:only))",
    "only_actions": "action IN (SELECT value FROM json_each(:only_actions))",
    "without": "action NOT IN (SELECT value FROM json_each(:without))",
    "before": "rowid < :before",
}
"""Which runs are meant. Only what is asked for is said: an index helps where a condition stands alone."""

SEARCH = "SELECT rowid, record FROM runs WHERE {} ORDER BY rowid DESC LIMIT :limit"

LOOK = f"""
SELECT rowid, CASE WHEN record LIKE '%' || :like || '%' ESCAPE '\\' THEN record END
FROM ({SEARCH}) AS looked_at ORDER BY rowid DESC
"""

COUNT = "SELECT status, effect, count(*) FROM runs WHERE {} GROUP BY status, effect ORDER BY status, effect"

KEY_LIFETIME_S = 7 * 24 * 3600
"""How long a key stands for its run: longer than any host tries one thing again."""


class Which(TypedDict, total=False):
    """Which runs are meant: those of which all of this is true that is given. `since` and `until` are the first and the
    last moment at which they began, UTC as ISO 8601; `only` are the connections that may be seen, `only_actions` the
    actions, and `without` those that are left out.
    """

    status: str | None
    effect: str | None
    action: str | None
    connection: str | None
    since: str | None
    until: str | None
    only: Collection[str] | None
    only_actions: Collection[str] | None
    without: Collection[str] | None


class Store:
    """The runs of one data directory."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA + EXPECTATIONS)
        try:
            self.expectations = Expectations(self._connection)
        except Failure as wrong:
            self._connection.close()
            raise unusable(path, wrong) from wrong

    def save(
        self,
        document: dict[str, Json],
        may_cause: list[dict[str, Json]] | None = None,
        *,
        before: Sequence[str] = (),
    ) -> str | None:
        """Commit a run as it now stands, with what it has caused; `may_cause` says what that is as long as nobody knows
        whether the change was made. Where `before` is given, only if one of these is what is kept of it.

        Returns what is kept now; None where something else was. Raises NotNow when the disk does not take it.
        """
        text, expected = json_text(document), _expected(document, may_cause)
        row = [*(document[name] for name in ("run_id", "started_at", "action", "status", "effect")), text]
        save = f"{SAVE} WHERE runs.record IN ({', '.join('?' * len(before))})" if before else SAVE
        try:
            if expected is None:
                return text if self._connection.execute(save, [*row, *before]).rowcount else None
            with transaction(self._connection):
                if not self._connection.execute(save, [*row, *before]).rowcount:
                    return None
                self.expectations.keep(document, expected)
        except Failure as wrong:
            raise _not_recorded(document, wrong) from wrong
        return text

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
        except Failure as wrong:
            raise _not_recorded(document, wrong) from wrong
        return known

    def get(self, run_id: str) -> dict[str, Json] | None:
        """The run of that id."""
        row = self._connection.execute(GET, [_a_text(run_id)]).fetchone()
        found: dict[str, Json] | None = None if row is None else json.loads(row[0])
        return found

    def find(self, run_id: str) -> list[dict[str, Json]]:
        """The run of that id; else those, at most two, whose id begins or ends so."""
        if (whole := self.get(run_id)) is not None:
            return [whole]
        run_id = _a_text(run_id)
        like = _no_pattern(run_id)
        return [json.loads(row[0]) for row in self._connection.execute(FIND, [run_id, like, like])]

    def newest(self, limit: int, status: str | None = None) -> Iterator[dict[str, Json]]:
        """The latest runs, newest first."""
        rows = self._connection.execute(NEWEST, {"status": status, "limit": limit})
        return (json.loads(row[0]) for row in rows)

    def chain(self, run_id: str) -> int:
        """How many runs led to that one, each by an event of the one before; 0 for one that is not there."""
        row = self._connection.execute(CHAIN, [run_id]).fetchone()
        return 0 if row is None else row[0]

    def search(self, *, before: int | None = None, limit: int, **which: Unpack[Which]) -> list[tuple[int, Json]]:
        """The next runs that are meant, each with its place: those that were begun last first; before a place."""
        rows = self._connection.execute(*_asked(SEARCH, which, before=before, limit=limit))
        return [(place, json.loads(record)) for place, record in rows]

    def look_through(
        self, text: str, *, before: int | None = None, limit: int, **which: Unpack[Which]
    ) -> list[tuple[int, Json]]:
        """The same runs; of those whose record does not have the text somewhere, as JSON writes it, the place alone."""
        like = _no_pattern(json_text(text)[1:-1])
        rows = self._connection.execute(*_asked(LOOK, which, before=before, limit=limit, like=like))
        return [(place, None if record is None else json.loads(record)) for place, record in rows]

    def count(self, **which: Unpack[Which]) -> list[tuple[str, str, int]]:
        """How many of the runs that are meant have each status and effect."""
        return [(status, effect, number) for status, effect, number in self._connection.execute(*_asked(COUNT, which))]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _asked(sql: str, which: Which, **more: Json) -> tuple[str, dict[str, Json]]:
    """A statement about the runs that are meant, and its values."""
    given: dict[str, Json] = {name: value for name, value in (*which.items(), *more.items()) if value is not None}
    for name in ("only", "only_actions", "without"):
        if name in given:
            given[name] = json_text(sorted(given[name]))
    return sql.format(" AND ".join(CONDITIONS[name] for name in CONDITIONS if name in given) or "TRUE"), given


def _a_text(given: str) -> str:
    """A command line may hold what is no text."""
    return given.encode(errors="replace").decode()


def _no_pattern(text: str) -> str:
    """A text for LIKE, which takes some characters for others."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _expected(document: dict[str, Json], may_cause: list[dict[str, Json]] | None) -> list[dict[str, Json]] | None:
    """What is to be expected of a run from now on; None where that stays as it is."""
    if document["status"] == "running":
        return may_cause if document["effect"] == "unknown" and may_cause else None
    if document["events"] or may_cause is None:
        return document["events"] or None
    return may_cause if document["effect"] == "unknown" else []


def _not_recorded(document: dict[str, Json], wrong: Exception) -> NotNow:
    return NotNow(
        f"run {document['run_id']} could not be recorded ({wrong})",
        code="not_recorded",
        effect=document["effect"],
    )
