"""What runs cause, and are to be told of: kept before a change is sent, and settled when its run has ended.

Nothing is decided here: who asks has the events of a time joined to what was expected then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector_runtime.store.file import Statements
from connector_runtime.values import Json, as_text, json_text

SCHEMA = """
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
CREATE TABLE IF NOT EXISTS unsettled (
    run_id     TEXT PRIMARY KEY,
    connection TEXT NOT NULL,
    sent_at    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS unsettled_by_time ON unsettled (connection, sent_at);
CREATE TABLE IF NOT EXISTS known (
    connection TEXT NOT NULL,
    event      TEXT NOT NULL,
    names      TEXT NOT NULL,
    said       TEXT NOT NULL,
    since      TEXT NOT NULL,
    PRIMARY KEY (connection, event, names, said)
) WITHOUT ROWID;
"""
"""`unsettled`: runs that have sent a change whose outcome they do not know yet. `known`: of which keys a run has ever
expected an event, and since when; a key is the values of those payload fields that tell what an event is about.
"""

EXPECT = """
INSERT INTO expected (run_id, place, connection, event, match, number, since, until)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

UNSETTLED = """
INSERT INTO unsettled (run_id, connection, sent_at) VALUES (?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET connection = excluded.connection, sent_at = excluded.sent_at
"""

EXPECTED = "SELECT run_id, place, event, match, number, since, until FROM expected"

KNOW = """
INSERT INTO known (connection, event, names, said, since) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (connection, event, names, said) DO UPDATE SET since = excluded.since WHERE known.since > excluded.since
"""

KNOWN = """
SELECT CAST(json_extract(value, '$[0]') AS BIGINT) FROM json_each(?) WHERE EXISTS (
    SELECT 1 FROM known WHERE connection = ? AND event = ? AND names = ?
    AND said = json_extract(value, '$[1]') AND since <= json_extract(value, '$[2]')
)
"""


@dataclass(frozen=True)
class Expected:
    """An event that a run causes and that is to arrive: `place` is its number in the record, `match` what its
    payload has, `number` how many; None: one or more. The run worked from `since` until `until`, UTC as ISO 8601; of
    one that has not ended, `until` is when it sent its change.
    """

    run_id: str
    place: int
    event: str
    match: Mapping[str, Json]
    number: int | None
    since: str
    until: str

    def is_about(self, event: Mapping[str, Json]) -> bool:
        """Whether an event is of that kind and says the same."""
        names = tuple(self.match)
        return event["event"] == self.event and said_of(names, event["payload"]) == said_of(names, self.match)


class Expectations:
    """What the runs of one file expect."""

    def __init__(self, connection: Statements) -> None:
        """The file has the tables of SCHEMA. Raises Failure."""
        self._connection = connection
        self._know_what_was_before()

    def keep(self, document: Mapping[str, Json], events: Sequence[Mapping[str, Json]]) -> None:
        """Instead of what was expected of a run before: these, for good where the run has ended. To be called within a
        transaction.
        """
        run_id, connection = document["run_id"], document["connection"]
        now = as_text(datetime.now(UTC))  # a run may have been resumed, long after it began
        self._connection.execute("DELETE FROM expected WHERE run_id = ?", [run_id])
        for place, event in enumerate(events):
            number = event["count"] if isinstance(event["count"], int) else None
            row = [run_id, place, connection, event["event"], json_text(event["match"]), number]
            self._connection.execute(EXPECT, [*row, document["started_at"], now])
        if document["status"] == "running":
            self._connection.execute(UNSETTLED, [run_id, connection, now])
            return
        self._connection.execute("DELETE FROM unsettled WHERE run_id = ?", [run_id])
        for event in events:
            self._know(connection, event["event"], event["match"], document["started_at"])

    def between(self, connection: str, since: str, until: str) -> list[Expected]:
        """What is to arrive of runs of a connection that worked at some time between these, in the order in which they
        began.
        """
        meanwhile = f"{EXPECTED} WHERE connection = ? AND until >= ? AND since <= ? ORDER BY since, run_id, place"
        return [_expected(row) for row in self._connection.execute(meanwhile, [connection, since, until])]

    def of(self, run_id: str) -> list[Expected]:
        """What is to arrive of one run, in the order of its record."""
        rows = self._connection.execute(f"{EXPECTED} WHERE run_id = ? ORDER BY place", [run_id])
        return [_expected(row) for row in rows]

    def unsettled(self, connection: str, since: str) -> list[Expected]:
        """What may be to arrive of runs that sent a change after that, and do not know yet what has become of it."""
        rows = self._connection.execute(
            f"{EXPECTED} WHERE run_id IN (SELECT run_id FROM unsettled WHERE connection = ? AND sent_at >= ?)",
            [connection, since],
        )
        return [_expected(row) for row in rows]

    def doubtful(self, connection: str, since: str) -> set[str]:
        """The runs that have worked since, and of which it is not certain that they have changed anything."""
        rows = self._connection.execute(
            """SELECT DISTINCT run_id FROM expected JOIN runs USING (run_id)
            WHERE connection = ? AND until >= ? AND effect != 'done'""",
            [connection, since],
        )
        return {row[0] for row in rows}

    def known(self, connection: str, event: str, told: Sequence[tuple[int, Mapping[str, Json], str]]) -> set[int]:
        """Which of these events of one kind (cursor, payload, and a moment) are about something of which a run that
        began before the moment has expected such an event.
        """
        found: set[int] = set()
        for names in self._names(connection, event):
            rows = [[cursor, json_text(said_of(names, payload)), moment] for cursor, payload, moment in told]
            asked = [json_text(rows), connection, event, json_text(names)]
            found |= {row[0] for row in self._connection.execute(KNOWN, asked)}
        return found

    def _names(self, connection: str, event: str) -> Iterator[list[str]]:
        """The payload fields that tell what an event is about. Each is a step into the index, which may be long."""
        step, names = "SELECT min(names) FROM known WHERE connection = ? AND event = ? AND names > ?", ""
        while (row := self._connection.execute(step, [connection, event, names]).fetchone())[0] is not None:
            names = row[0]
            yield json.loads(names)

    def _know(self, connection: str, event: str, match: Mapping[str, Json], since: str) -> None:
        names = sorted(match)
        row = [connection, event, json_text(names), json_text(said_of(names, match)), since]
        self._connection.execute(KNOW, row)

    def _know_what_was_before(self) -> None:
        """A file of an earlier version has expectations, and no keys of them."""
        empty = "SELECT NOT EXISTS (SELECT 1 FROM known) AND EXISTS (SELECT 1 FROM expected)"
        if self._connection.execute(empty).fetchone()[0]:
            before = """SELECT connection, event, match, min(since) FROM expected
            WHERE run_id NOT IN (SELECT run_id FROM unsettled) GROUP BY connection, event, match"""
            for connection, event, match, since in self._connection.execute(before).fetchall():
                self._know(connection, event, json.loads(match), since)


def said_of(names: Sequence[str], said: Mapping[str, Json]) -> tuple[str, ...]:
    """The values of these fields, as texts: platforms write an id as a number or as a text."""
    return tuple(str(said.get(name)) for name in names)


def _expected(row: tuple[Any, ...]) -> Expected:
    run_id, place, event, match, number, since, until = row
    return Expected(run_id, place, event, json.loads(match), number, since, until)
