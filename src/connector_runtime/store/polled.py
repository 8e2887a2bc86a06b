"""How far the lists of a platform have been read for events, and which happenings have been told; in the events' file.

What a reading finds, and how far it came, is one commit: whoever dies before it reads the same again, and nothing is
told twice after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector_runtime.store.file import Statements
from connector_runtime.values import Json, as_text, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS polled (
    connection TEXT NOT NULL,
    event      TEXT NOT NULL,
    newest     TEXT,
    begin      TEXT,
    polled_at  TEXT NOT NULL,
    PRIMARY KEY (connection, event)
);
CREATE TABLE IF NOT EXISTS happenings (
    connection TEXT NOT NULL,
    event      TEXT NOT NULL,
    happening  TEXT NOT NULL,
    told       TEXT NOT NULL,
    PRIMARY KEY (connection, event, happening)
) WITHOUT ROWID;
"""

# A webhook gives way to what a list has told before it. A list gives way to all that is known: what a webhook brought,
# what it told itself, and what was there before anybody polled.
KNOWN = """EXISTS (
    SELECT 1 FROM happenings AS known
    WHERE known.connection = json_extract(value, '$[0]') AND known.event = json_extract(value, '$[1]')
    AND known.happening = json_extract(value, '$[10]') AND (?2 = 'list' OR known.told = 'list')
)"""

NOTE = """
INSERT INTO happenings (connection, event, happening, told)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[10]'), ?2
FROM json_each(?1) WHERE json_extract(value, '$[10]') IS NOT NULL ON CONFLICT DO NOTHING
"""

NOTE_BROUGHT = """
INSERT INTO happenings (connection, event, happening, told) VALUES (?, ?, ?, 'webhook') ON CONFLICT DO NOTHING
"""

NOTE_BEFORE = """
INSERT INTO happenings (connection, event, happening, told) SELECT ?1, ?2, value, 'before' FROM json_each(?3)
WHERE true ON CONFLICT DO NOTHING
"""

MOVE = """
INSERT INTO polled (connection, event, newest, begin, polled_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (connection, event) DO UPDATE
SET newest = excluded.newest, begin = excluded.begin, polled_at = excluded.polled_at
"""

FORGET_BEFORE = """
DELETE FROM happenings WHERE connection = ?1 AND event = ?2 AND told = 'before'
AND happening IN (SELECT value FROM json_each(?3))
"""


FORGET_TOLD = "DELETE FROM happenings WHERE connection = ? AND event = ? AND happening = ?"


@dataclass(frozen=True)
class Telling:
    """How a list tells an event: which happening a payload is, and by how many seconds behind its mark it is read."""

    happening_of: Callable[[dict[str, Json]], str | None]
    overlap_s: float


@dataclass(frozen=True)
class Mark:
    """How far a list has been read; moments of the platform's own clock, as texts that compare.

    `newest` is that of the newest row; None where there was none. The next reading goes back to `begin`, and by the
    overlap behind it; None: to the list's end.
    """

    newest: str | None
    begin: str | None
    polled_at: str = ""
    """When, by our clock."""


def marks(connection: Statements, name: str) -> dict[str, Mark]:
    """How far the lists of the connection of that name have been read, by event."""
    found = connection.execute("SELECT event, newest, begin, polled_at FROM polled WHERE connection = ?", [name])
    return {event: Mark(*rest) for event, *rest in found}


def connections(connection: Statements) -> set[str]:
    """The names of those whose lists are read."""
    return {row[0] for row in connection.execute("SELECT DISTINCT connection FROM polled")}


def note_brought(
    connection: Statements, name: str, event: str, happening_of: Callable[[dict[str, Json]], str | None]
) -> None:
    """What webhooks have brought so far: no list tells it again."""
    rows = connection.execute("SELECT payload FROM events WHERE connection = ? AND event = ?", [name, event])
    told = {happening_of(json.loads(row[0])) for row in rows} - {None}
    connection.executemany(NOTE_BROUGHT, [(name, event, happening) for happening in told])


def forget_told(connection: Statements, before: str, lists: Mapping[str, Telling]) -> None:
    """The events that arrived before that moment are about to be forgotten, and are new when they come again. Only what
    each reading of a list meets again stays known: it would else be told as new by the next one.
    """
    marks = connection.execute("SELECT connection, event, begin FROM polled WHERE begin IS NOT NULL").fetchall()
    for name, event, begin in marks:
        if (telling := lists.get(event)) is None:
            continue
        read_again = as_text(datetime.fromisoformat(begin) - timedelta(seconds=telling.overlap_s))
        rows = connection.execute(
            "SELECT payload FROM events WHERE connection = ? AND event = ? AND received_at < ? AND moment < ?",
            [name, event, before, read_again],
        )
        told = {telling.happening_of(json.loads(row[0])) for row in rows} - {None}
        connection.executemany(FORGET_TOLD, [(name, event, happening) for happening in told])


def move(connection: Statements, name: str, event: str, mark: Mark) -> None:
    """A list has been read so far."""
    values = [name, event, mark.newest, mark.begin, mark.polled_at]
    connection.execute(MOVE, values)


def note_before(connection: Statements, name: str, event: str, happenings: Sequence[str]) -> None:
    """These happened before anybody polled: no list tells them any more."""
    connection.execute(NOTE_BEFORE, [name, event, json_text(list(happenings))])


def forget_before(connection: Statements, name: str, event: str, happenings: Sequence[str]) -> None:
    """These are asked for, although they happened before anybody polled."""
    connection.execute(FORGET_BEFORE, [name, event, json_text(list(happenings))])
