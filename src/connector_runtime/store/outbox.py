"""What is still to be brought to subscribers: one SQLite file, one row for each message and subscriber.

A message is put out and the subscriber's position moved in one commit, and its row goes when the subscriber has taken
it: so one that was in hand when the process died is brought again, and none is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from connector_runtime.errors import NotNow
from connector_runtime.store.file import Failure, Location, opened, transaction
from connector_runtime.store.presence import Presence
from connector_runtime.values import Json

SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
    subscriber TEXT PRIMARY KEY,
    cursor     INTEGER NOT NULL,
    delivered  INTEGER NOT NULL DEFAULT 0,
    stopped    TEXT
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

PUT_OUT = """
INSERT INTO waiting (subscriber, cursor, id, body, line, happened_at, due) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subscriber, cursor) DO UPDATE SET attempts = 0, first_at = NULL, due = excluded.due
"""

# Of a line, only the first may go: what stands before it is waiting still, or on its way.
DUE = """
SELECT cursor, id, body, line, happened_at, attempts, first_at FROM waiting AS each
WHERE subscriber = ?1 AND due <= ?2 AND (line IS NULL OR NOT EXISTS (
    SELECT 1 FROM waiting AS earlier
    WHERE earlier.subscriber = ?1 AND earlier.line = each.line
    AND (earlier.happened_at, earlier.cursor) < (each.happened_at, each.cursor)
))
ORDER BY due, cursor LIMIT ?3
"""

FAILED = """
UPDATE waiting SET attempts = ?3, first_at = ?4, due = ?5, failure = ?6 WHERE subscriber = ?1 AND cursor = ?2
"""

PARK = """
INSERT INTO parked (subscriber, cursor, id, attempts, first_at, parked_at, failure)
SELECT subscriber, cursor, id, ?3, ?4, ?5, ?6 FROM waiting WHERE subscriber = ?1 AND cursor = ?2
ON CONFLICT (subscriber, cursor) DO UPDATE SET id = excluded.id, attempts = excluded.attempts,
    first_at = excluded.first_at, parked_at = excluded.parked_at, failure = excluded.failure
"""

STANDINGS = """
SELECT subscriber, cursor, stopped,
    (SELECT count(*) FROM waiting WHERE subscriber = positions.subscriber),
    (SELECT count(*) FROM parked WHERE subscriber = positions.subscriber),
    delivered,
    (SELECT failure FROM waiting WHERE subscriber = positions.subscriber AND failure != '' ORDER BY due DESC LIMIT 1)
FROM positions
"""

PARKED = "SELECT subscriber, cursor, id, attempts, first_at, parked_at, failure FROM parked"


@dataclass(frozen=True)
class Message:
    """One event for one subscriber. `line`: the messages among which it keeps its turn, None where it has none.

    `first_at` is when it was sent first, in seconds since 1970, None before that.
    """

    cursor: int
    id: str
    body: str = field(repr=False)
    line: str | None
    happened_at: str
    attempts: int = 0
    first_at: float | None = None


@dataclass(frozen=True)
class Failed:
    """A message that was not taken. `due` is when it is sent again, in seconds since 1970; None: it is parked."""

    message: Message
    at: float
    due: float | None
    failure: str


@dataclass(frozen=True)
class Standing:
    """How a subscriber stands: up to which event messages were put out, and what has become of them.

    `stopped` says why nothing is sent, None where it is; `failure` is the latest one of what is still waiting.
    """

    cursor: int = 0
    stopped: str | None = None
    waiting: int = 0
    parked: int = 0
    delivered: int = 0
    failure: str | None = None


class Outbox:
    """The outbox of one data directory."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA)
        self._presence = Presence(path.with_suffix(".lock"))

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else sends, in this process or another, while the block lasts."""
        mine = self._presence.enter("sending")
        try:
            yield mine
        finally:
            if mine:
                self._presence.leave("sending")

    def add(self, subscriber: str, cursor: int) -> None:
        """Let a subscriber have what comes after that event; what was there under its name goes."""
        with self._kept():
            self._forget(subscriber)
            self._connection.execute("INSERT INTO positions (subscriber, cursor) VALUES (?, ?)", [subscriber, cursor])

    def remove(self, subscriber: str) -> None:
        """Forget a subscriber, and what waits for it."""
        with self._kept():
            self._forget(subscriber)

    def standings(self) -> dict[str, Standing]:
        """How each subscriber stands."""
        return {name: Standing(*rest) for name, *rest in self._connection.execute(STANDINGS)}

    def positions(self) -> dict[str, int]:
        """Up to which event messages were put out, for each subscriber that has not stopped."""
        return dict(self._connection.execute("SELECT subscriber, cursor FROM positions WHERE stopped IS NULL"))

    def put_out(self, cursor: int, messages: Mapping[str, Sequence[Message]], due: float) -> None:
        """Let these wait for their subscribers, all of whose positions then are at that event."""
        with self._kept():
            for subscriber, those in messages.items():
                moved = self._connection.execute(
                    "UPDATE positions SET cursor = ?1 WHERE subscriber = ?2 AND cursor < ?1", [cursor, subscriber]
                )
                if moved.rowcount == 1:  # else it was removed meanwhile
                    self._put(subscriber, those, due)

    def put_again(self, subscriber: str, messages: Sequence[Message], due: float) -> None:
        """Let these wait once more, whatever became of them."""
        with self._kept():
            self._put(subscriber, messages, due)
            gone = [(subscriber, each.cursor) for each in messages]
            self._connection.executemany("DELETE FROM parked WHERE subscriber = ? AND cursor = ?", gone)

    def due(self, subscriber: str, now: float, limit: int, *, without: Collection[int] = ()) -> list[Message]:
        """What may be sent now, the longest due first; of each line the first one. `without` those of these events."""
        rows = self._connection.execute(DUE, [subscriber, now, limit + len(without)])
        return [Message(*row) for row in rows if row[0] not in without][:limit]

    def next_due(self, subscriber: str) -> float | None:
        """When the next one may be sent, in seconds since 1970; None where nothing waits."""
        found: tuple[float | None] = self._connection.execute(
            "SELECT min(due) FROM waiting WHERE subscriber = ?", [subscriber]
        ).fetchone()
        return found[0]

    def settle(self, subscriber: str, taken: Sequence[Message], failed: Sequence[Failed]) -> None:
        """Keep what has become of messages that were sent."""
        with self._kept():
            self._gone(subscriber, taken)
            if taken:
                self._connection.execute(
                    "UPDATE positions SET delivered = delivered + ? WHERE subscriber = ?", [len(taken), subscriber]
                )
            for each in failed:
                attempts, first_at = each.message.attempts + 1, each.message.first_at or each.at
                row = [subscriber, each.message.cursor, attempts, first_at]
                if each.due is None:
                    self._connection.execute(PARK, [*row, each.at, each.failure])
                    self._gone(subscriber, [each.message])
                else:
                    self._connection.execute(FAILED, [*row, each.due, each.failure])

    def hurry(self, subscriber: str, now: float) -> None:
        """Let all that was not taken before be sent now: the subscriber takes messages again."""
        with self._kept():
            self._connection.execute(
                "UPDATE waiting SET due = ?1 WHERE subscriber = ?2 AND due > ?1", [now, subscriber]
            )

    def stop(self, subscriber: str, why: str | None) -> None:
        """Send a subscriber nothing any more; None: send again."""
        with self._kept():
            self._connection.execute("UPDATE positions SET stopped = ? WHERE subscriber = ?", [why, subscriber])

    def parked(self, subscriber: str | None = None) -> list[dict[str, Json]]:
        """What was given up, of one subscriber or of all, in the order of the events."""
        found = self._connection.execute(
            f"{PARKED} WHERE subscriber = coalesce(?, subscriber) ORDER BY cursor, subscriber", [subscriber]
        )
        names = ("subscriber", "cursor", "id", "attempts", "first_at", "parked_at", "failure")
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _put(self, subscriber: str, messages: Sequence[Message], due: float) -> None:
        rows = [(subscriber, each.cursor, each.id, each.body, each.line, each.happened_at, due) for each in messages]
        self._connection.executemany(PUT_OUT, rows)

    def _gone(self, subscriber: str, messages: Sequence[Message]) -> None:
        gone = [(subscriber, each.cursor) for each in messages]
        self._connection.executemany("DELETE FROM waiting WHERE subscriber = ? AND cursor = ?", gone)

    def _forget(self, subscriber: str) -> None:
        for table in ("positions", "waiting", "parked"):
            self._connection.execute(f"DELETE FROM {table} WHERE subscriber = ?", [subscriber])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"the outbox could not be written ({wrong})", code="not_kept") from wrong
