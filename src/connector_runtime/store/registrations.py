"""Webhooks that were registered on a platform: what they are called there, and where they are let in here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import Literal

from connector_runtime.errors import NotNow
from connector_runtime.store.file import Failure, Location, opened, transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS registrations (
    tag        TEXT PRIMARY KEY,
    connection TEXT NOT NULL,
    platform   TEXT NOT NULL,
    url        TEXT NOT NULL,
    events     TEXT NOT NULL,
    address    BLOB NOT NULL UNIQUE,
    username   TEXT NOT NULL,
    password   BLOB NOT NULL,
    created_at TEXT NOT NULL,
    state      TEXT NOT NULL,
    closes_at  TEXT
);
"""

State = Literal["begun", "kept", "over", "gone", "ended"]
"""`begun`: the platform may have been asked for it. `kept`: it is there. `over`: it may be there, and should not.
`gone`: it was not seen there any more; what is still on its way is let in until `closes_at`. `ended`: the same, and
nothing is let in. Both are known until `closes_at`: one look at a list does not say that it will never be seen again.
"""

PAST: tuple[State, ...] = ("gone", "ended")
"""Those that are there no longer, as far as anybody saw."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One address, and the webhooks that a platform was given for it. `address` and `password` are digests."""

    tag: str
    """How their names begin on the platform: whatever is called otherwise is not ours."""
    connection: str
    platform: str
    """The platform's address: a connection's name may come to stand for another."""
    url: str
    """How the platform reaches this machine, without the part that nobody guesses."""
    events: tuple[str, ...]
    address: bytes = field(repr=False)
    username: str
    password: bytes = field(repr=False)
    created_at: str
    state: State = "begun"


COLUMNS = "tag, connection, platform, url, events, address, username, password, created_at, state"


class Registrations:
    """The registrations of one data directory. They stand in the file of the events that they bring."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA, durable=True)  # what was made on a platform must not be forgotten

    def begin(self, registration: Registration) -> None:
        """Keep one before the platform is asked for it. From now on its address lets in."""
        values = astuple(registration)
        row = [json.dumps(value) if isinstance(value, tuple) else value for value in values]
        self._do(f"INSERT INTO registrations ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def of(self, connection: str | None = None, *, gone: bool = False) -> list[Registration]:
        """Those of a connection, or all, by connection and age; `gone`: with those that are past."""
        found = self._connection.execute(
            f"""SELECT {COLUMNS} FROM registrations
            WHERE (? = 1 OR state NOT IN ('gone', 'ended')) AND connection = coalesce(?, connection)
            ORDER BY connection, created_at, rowid""",
            [gone, connection],
        )
        names = COLUMNS.split(", ")
        rows = (dict(zip(names, row, strict=True)) for row in found)
        return [Registration(**{**row, "events": tuple(json.loads(row["events"]))}) for row in rows]

    def confirm(self, registration: Registration) -> None:
        """It is there; what its connection had before is over."""
        with self._changing():
            self._connection.execute(
                "UPDATE registrations SET state = 'over' WHERE state = 'kept' AND connection = ?",
                [registration.connection],
            )
            self._connection.execute("UPDATE registrations SET state = 'kept' WHERE tag = ?", [registration.tag])

    def end(self, registration: Registration) -> None:
        """It is of no use any more, whether it is there or not. Its address lets in until it is gone."""
        self._do("UPDATE registrations SET state = 'over' WHERE tag = ?", [registration.tag])

    def close(self, registration: Registration, at: str) -> None:
        """It is gone. What the platform has sent before is let in until then."""
        self._do("UPDATE registrations SET state = 'gone', closes_at = ? WHERE tag = ?", [at, registration.tag])

    def retire(self, registration: Registration, at: str) -> None:
        """It was never seen, or is not wanted: it lets nothing in. What it is called is known until then."""
        self._do("UPDATE registrations SET state = 'ended', closes_at = ? WHERE tag = ?", [at, registration.tag])

    def retire_all(self, connection: str, at: str) -> None:
        """Let nothing in any more for a connection that was registered. What its webhooks are called is known until
        then.
        """
        self._do("UPDATE registrations SET state = 'ended', closes_at = ? WHERE connection = ?", [at, connection])

    def forget(self, connection: str) -> int:
        """Let nothing in any more for a connection that was registered, and know nothing more of its webhooks. Returns
        how many there were.
        """
        with self._changing():
            done = self._connection.execute("DELETE FROM registrations WHERE connection = ?", [connection])
            return done.rowcount

    def tidy(self, now: str) -> None:
        """Drop those whose time is over."""
        self._do("DELETE FROM registrations WHERE closes_at <= ?", [now])

    def release(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _do(self, statement: str, values: Sequence[object]) -> None:
        with self._changing():
            self._connection.execute(statement, values)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"the registration could not be kept ({wrong})", code="not_kept") from wrong
