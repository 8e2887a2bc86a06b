"""The tables of the outbox, and what is said to them. See `outbox`."""

from __future__ import annotations

# A subscription beside its position: `generation` tells it from another one of its name, `origin` the events that the
# position counts from those of another file. Directories that were made before these were kept have no such row.
SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
    subscriber TEXT PRIMARY KEY,
    cursor     INTEGER NOT NULL,
    delivered  INTEGER NOT NULL DEFAULT 0,
    stopped    TEXT
);
CREATE TABLE IF NOT EXISTS subscriptions (
    subscriber TEXT PRIMARY KEY,
    generation TEXT NOT NULL,
    origin     TEXT
);
CREATE TABLE IF NOT EXISTS waiting (
    subscriber  TEXT NOT NULL,
    cursor      INTEGER NOT NULL,
    id          TEXT NOT NULL,
    body        TEXT NOT NULL,
    line        TEXT,
    happened_at TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    first_at    REAL,
    due         REAL NOT NULL,
    failure     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (subscriber, cursor)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting_in_line ON waiting (subscriber, line, happened_at, cursor) WHERE line IS NOT NULL;
CREATE INDEX IF NOT EXISTS waiting_once_more ON waiting (subscriber, attempts, line) WHERE attempts > 0;
CREATE INDEX IF NOT EXISTS waiting_by_due ON waiting (subscriber, due, cursor);
CREATE TABLE IF NOT EXISTS parked (
    subscriber TEXT NOT NULL,
    cursor     INTEGER NOT NULL,
    id         TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    first_at   REAL NOT NULL,
    parked_at  REAL NOT NULL,
    failure    TEXT NOT NULL,
    PRIMARY KEY (subscriber, cursor)
) WITHOUT ROWID;
"""

TABLES = ("positions", "subscriptions", "waiting", "parked")

SUBSCRIBED = """
INSERT INTO subscriptions (subscriber, generation, origin) VALUES (?, ?, ?)
ON CONFLICT (subscriber) DO UPDATE SET origin = excluded.origin
"""

POSITIONS = """
SELECT positions.subscriber, cursor, coalesce(generation, ''), origin, stopped FROM positions
LEFT JOIN subscriptions ON subscriptions.subscriber = positions.subscriber
"""

PUT_OUT = """
INSERT INTO waiting (subscriber, cursor, id, body, line, happened_at, due) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subscriber, cursor) DO UPDATE SET id = excluded.id, body = excluded.body, line = excluded.line,
    happened_at = excluded.happened_at, attempts = 0, first_at = NULL, due = excluded.due, failure = ''
"""

# Of a line, only the first may go: what stands before it is waiting still. What was sent already stays before the rest,
# whatever has arrived meanwhile; else what happened earlier goes first.
FIRST = """
SELECT cursor, id, body, line, happened_at, attempts, first_at FROM waiting AS each
WHERE subscriber = ?1 AND due <= ?2 AND (line IS NULL OR (NOT EXISTS (
    SELECT 1 FROM waiting AS earlier
    WHERE earlier.subscriber = ?1 AND earlier.line = each.line AND (earlier.attempts > 0) = (each.attempts > 0)
    AND (earlier.happened_at, earlier.cursor) < (each.happened_at, each.cursor)
) AND (attempts > 0 OR line NOT IN (
    SELECT sent.line FROM waiting AS sent WHERE sent.subscriber = ?1 AND sent.line IS NOT NULL AND sent.attempts > 0
))))
"""

DUE = f"{FIRST} ORDER BY due, cursor LIMIT ?3"

NEWEST = f"{FIRST} AND attempts = 0 ORDER BY cursor DESC LIMIT ?3"

HURRY = """
UPDATE waiting SET due = ?2 WHERE subscriber = ?1 AND due > ?2 AND (attempts = 0 OR due > ?3)
"""

FAILED = """
UPDATE waiting SET attempts = ?4, first_at = ?5, due = ?6, failure = ?7
WHERE subscriber = ?1 AND cursor = ?2 AND id = ?3
"""

PARK = """
INSERT INTO parked (subscriber, cursor, id, attempts, first_at, parked_at, failure)
SELECT subscriber, cursor, id, ?4, ?5, ?6, ?7 FROM waiting WHERE subscriber = ?1 AND cursor = ?2 AND id = ?3
ON CONFLICT (subscriber, cursor) DO UPDATE SET id = excluded.id, attempts = excluded.attempts,
    first_at = excluded.first_at, parked_at = excluded.parked_at, failure = excluded.failure
"""

STANDINGS = """
SELECT subscriber, cursor, stopped,
    (SELECT count(*) FROM waiting WHERE subscriber = positions.subscriber),
    (SELECT count(*) FROM parked WHERE subscriber = positions.subscriber),
    delivered,
    (SELECT failure FROM waiting WHERE subscriber = positions.subscriber AND failure != '' ORDER BY due DESC LIMIT 1),
    (SELECT coalesce(max(attempts), 0) FROM waiting WHERE subscriber = positions.subscriber),
    (SELECT min(first_at) FROM waiting WHERE subscriber = positions.subscriber),
    (SELECT min(due) FROM waiting WHERE subscriber = positions.subscriber AND failure != '')
FROM positions
"""

PARKED = "SELECT subscriber, cursor, id, attempts, first_at, parked_at, failure FROM parked"
