"""Webhook events on disk: who may bring them, every good one once, and what was wrong with the others."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from connector_runtime.errors import NotNow
from connector_runtime.store import polled, sought
from connector_runtime.store.arrivals import Arrival, Endpoint, Occurrence
from connector_runtime.store.aside import SCHEMA as ASIDE
from connector_runtime.store.aside import Aside
from connector_runtime.store.causes import SCHEMA as CAUSES
from connector_runtime.store.causes import Causes
from connector_runtime.store.counts import SCHEMA as COUNTS
from connector_runtime.store.counts import Counts
from connector_runtime.store.endpoints import SCHEMA as ENDPOINTS
from connector_runtime.store.endpoints import Endpoints
from connector_runtime.store.file import BUSY_TIMEOUT_S, Failure, Location, opened, transaction
from connector_runtime.store.origin import SCHEMA as ORIGIN
from connector_runtime.store.origin import origin
from connector_runtime.store.registrations import SCHEMA as REGISTRATIONS
from connector_runtime.values import Json, as_text, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    cursor      INTEGER PRIMARY KEY AUTOINCREMENT,
    connection  TEXT NOT NULL,
    event       TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    place       INTEGER NOT NULL,
    identity    TEXT NOT NULL,
    content     TEXT NOT NULL,
    happened_at TEXT,
    moment      TEXT,
    received_at TEXT NOT NULL,
    payload     TEXT NOT NULL,
    UNIQUE (connection, event, content)
);
CREATE INDEX IF NOT EXISTS events_by_time ON events (connection, received_at);
"""

TABLES = ENDPOINTS + SCHEMA + sought.SCHEMA + ASIDE + COUNTS + REGISTRATIONS + CAUSES + polled.SCHEMA + ORIGIN

# One statement for all, in the order of their arrival: between two of them this thread may have to wait for those who
# take deliveries in.
EVENTS = f"""
INSERT INTO events
(connection, event, message_id, place, identity, content, happened_at, moment, received_at, payload)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    CAST(json_extract(value, '$[3]') AS BIGINT), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
    json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]'), json_extract(value, '$[9]')
FROM json_each(?1) WHERE NOT {polled.KNOWN} ORDER BY key
ON CONFLICT DO NOTHING RETURNING connection, event
"""

COUNTED = """
SELECT event, count(*), CAST(coalesce(sum(unexpected), 0) AS BIGINT) FROM events LEFT JOIN causes USING (cursor)
WHERE connection = ? AND received_at BETWEEN ? AND ? GROUP BY event
"""

KEYS = ("cursor", "connection", "event", "message_id", "identity", "happened_at", "received_at", "payload")
"""Of an event's document, in their order."""

DOCUMENTS = f"SELECT {', '.join(KEYS)} FROM events"


class Events:
    """The events of one data directory."""

    def __init__(self, path: Location, *, patience_s: float = BUSY_TIMEOUT_S) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used.

        `patience_s`: for how long somebody else who changes it is waited for.
        """
        # What was acknowledged is never sent again: it must survive a power failure, not only the process's death.
        self._connection = opened(path, TABLES, durable=True, patience_s=patience_s)
        self.causes = Causes(self._connection)
        self._endpoints = Endpoints(self._connection)
        self._counts, self._aside = Counts(self._connection), Aside(self._connection)

    def open_endpoint(self, endpoint: Endpoint, *, old_until: str | None = None) -> None:
        """Let webhooks in for a connection, instead of where it let them in before: there until `old_until` (UTC as
        ISO 8601), or at once no longer.
        """
        with self._kept():
            self._endpoints.open(endpoint, old_until)

    def endpoints(self) -> list[Endpoint]:
        """All that let in, made by hand or registered, by connection. Raises NotNow."""
        try:
            return self._endpoints.known(as_text(datetime.now(UTC)))
        except Failure as wrong:
            raise NotNow(f"the events could not be read ({wrong})", code="not_kept") from wrong

    def made_by_hand(self) -> Sequence[str]:
        """The connections for which an address was made by hand."""
        return self._endpoints.by_hand()

    def close_endpoint(self, connection: str) -> bool:
        """Let nothing in any more; False where nothing was let in. Its events stay."""
        with self._kept():
            return self._endpoints.close(connection)

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Keep deliveries in one commit: each with all its events that are new, or aside. Raises NotNow; then nothing
        of them is kept.
        """
        with self._kept():
            polls = polled.connections(self._connection)  # only there a list could tell the same
            rows = [
                _row(arrival.connection, each, arrival.received_at, arrival.connection in polls)
                for arrival in arrivals
                for each in arrival.occurrences
            ]
            new = self._insert(rows, "webhook")
            for kind, number in Counter((row[0], row[1]) for row in rows).items():
                self._counts.add(arrivals[-1].received_at, *kind, "kept", new[kind])
                self._counts.add(arrivals[-1].received_at, *kind, "duplicate", number - new[kind])
            for arrival in arrivals:
                if arrival.reason:
                    self._counts.add(arrival.received_at, arrival.connection, "", arrival.reason, 1)
                    self._aside.put(arrival)

    def marks(self, connection: str) -> dict[str, polled.Mark]:
        """How far the lists of a connection have been read for events, by event."""
        return polled.marks(self._connection, connection)

    def keep_polled(
        self,
        connection: str,
        event: str,
        occurrences: Sequence[Occurrence],
        mark: polled.Mark,
        *,
        before: Sequence[str] = (),
        asked: Sequence[str] = (),
        happening_of: Callable[[dict[str, Json]], str | None] = lambda payload: None,
    ) -> int:
        """Keep what a list has told, and how far it was read, in one commit; how many of them are new. Raises NotNow.

        `before` are happenings that are not to be told, `asked` those that are although they were noted so earlier.
        `happening_of` says of a payload what happened: the first reading notes what webhooks have brought until then.
        """
        rows = [_row(connection, each, mark.polled_at, True) for each in occurrences]
        with self._kept():
            if event not in self.marks(connection):
                polled.note_brought(self._connection, connection, event, happening_of)
            polled.forget_before(self._connection, connection, event, asked)
            new = self._insert(rows, "list").total()
            self._counts.add(mark.polled_at, connection, event, "polled", new)
            polled.note_before(self._connection, connection, event, before)
            polled.move(self._connection, connection, event, mark)
        return new

    def after(self, cursor: int, limit: int, only: sought.Only = sought.ALL) -> list[Json]:
        """The events that were kept after a cursor, in the order in which they were kept; of others nothing is read."""
        cursors = sought.cursors_after(self._connection, cursor, limit, only)
        found = self._connection.execute(
            f"{DOCUMENTS} WHERE cursor IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY cursor",
            [json_text(cursors)],
        )
        return [_document(row) for row in found]

    def latest(self) -> int:
        """The cursor of the event that was kept last, were it forgotten since; 0 before the first."""
        with self._kept():  # none that is older is still to be committed
            found = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return 0 if found is None else int(found[0])

    def origin(self) -> str:
        """What tells these events from those of another file: their cursors count these only. Raises NotNow."""
        try:
            return origin(self._connection)
        except Failure as wrong:
            raise NotNow(f"the events could not be read ({wrong})", code="not_kept") from wrong

    def counted(self, connection: str, since: str, until: str) -> dict[str, tuple[int, int]]:
        """How many events of a connection arrived then, by event; and how many of them were unexpected, as far as that
        is settled.
        """
        rows = self._connection.execute(COUNTED, [connection, since, until])
        return {event: (number, unexpected) for event, number, unexpected in rows}

    def unsettled(self, connection: str, limit: int, *, among: Sequence[int] | None = None) -> list[Json]:
        """The first events of a connection whose cause is not settled, each with its `moment` too: when it happened, or
        else when it arrived. `among`: of these cursors only.
        """
        which = "" if among is None else "AND cursor IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"
        found = self._connection.execute(
            f"""SELECT {", ".join(KEYS)}, coalesce(moment, received_at) FROM events
            WHERE connection = ? AND cursor > ? {which} ORDER BY cursor LIMIT ?""",
            [connection, self.causes.settled(connection), *([] if among is None else [json_text(among)]), limit],
        )
        return [{**_document(row[:-1]), "moment": row[-1]} for row in found]

    def forget(self, before: str, lists: Mapping[str, polled.Telling] | None = None) -> int:
        """Forget what arrived before that moment; how many events. One that comes again is then new. What a run caused
        stays known. `lists` says how lists tell events, by event.
        """
        with self._kept():
            self._connection.execute("DELETE FROM aside WHERE received_at < ?", [before])
            self.causes.forget(before)
            polled.forget_told(self._connection, before, lists or {})
            return self._connection.execute("DELETE FROM events WHERE received_at < ?", [before]).rowcount

    def latest_about(self, connection: str, about: Sequence[Mapping[str, Json]], since: str, limit: int) -> list[Json]:
        """The latest events of a connection since then whose payload has one of these sets of values, newest first."""
        tests, asked = [], []
        for values in about:
            tests.append(" AND ".join("CAST(json_extract(payload, ?) AS TEXT) = ?" for _ in values))
            asked += [part for name, value in values.items() for part in (f"$.{json_text(name)}", str(value))]
        found = self._connection.execute(
            f"""{DOCUMENTS} WHERE connection = ? AND received_at >= ? AND ({" OR ".join(tests)})
            ORDER BY cursor DESC LIMIT ?""",
            [connection, since, *asked, limit],
        )
        return [_document(row) for row in found]

    def counts(self) -> list[Json]:
        """How many were `kept`, were a `duplicate`, or were set aside, for what reason; by connection and event."""
        return self._counts.all()

    def counts_since(self, moment: str) -> list[Json]:
        """The same counts, from the day of that moment on, and with nothing of what was kept."""
        return self._counts.since(moment)

    def listened(self, connection: str) -> tuple[str, str | None]:
        """From when to when a connection's webhooks were let in, as far as that can be told; None: they still are."""
        first, last = self._connection.execute(
            "SELECT min(received_at), max(received_at) FROM events WHERE connection = ?", [connection]
        ).fetchone()
        opened = [each.created_at for each in self.endpoints() if each.connection == connection]
        begun = [moment for moment in (first, *opened) if moment is not None]
        return min(begun, default="9999"), None if opened else last or ""

    def has_any(self, connection: str, event: str) -> bool:
        """Whether an event of that kind has ever come for a connection, or webhooks were registered that bring it."""
        found = self._connection.execute(
            """SELECT EXISTS (SELECT 1 FROM counts WHERE connection = ?1 AND what = 'kept' AND event = ?2)
            OR EXISTS (SELECT 1 FROM registrations, json_each(registrations.events)
            WHERE connection = ?1 AND value = ?2 AND state != 'ended')""",
            [connection, event],
        ).fetchone()
        return bool(found[0])

    def aside(self, limit: int) -> list[Json]:
        """The latest deliveries that were set aside, the newest first."""
        return self._aside.latest(limit)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _insert(self, rows: list[list[Json]], told: str) -> Counter[tuple[str, str]]:
        """Those that are new; how many of each connection and event. `told`: by what, a `webhook` or a `list`."""
        values = [json_text(rows), told]
        new = Counter(self._connection.execute(EVENTS, values).fetchall()) if rows else Counter()
        if any(row[-1] is not None for row in rows):
            self._connection.execute(polled.NOTE, values)
        return new

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"the event could not be kept ({wrong})", code="not_kept") from wrong


def _row(connection: str, each: Occurrence, received_at: str, polls: bool) -> list[Json]:
    return [connection, *each.told(), received_at, json_text(each.payload), each.happening if polls else None]


def _document(row: tuple[Json, ...]) -> dict[str, Json]:
    return {**dict(zip(KEYS, row, strict=True)), "payload": json.loads(row[-1])}
