"""The connections on disk: one SQLite file of their own, one row per connection, its secrets sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from secrets import randbits

from connector_runtime.errors import NotNow
from connector_runtime.store.file import Failure, Location, empty_log, opened, transaction
from connector_runtime.store.presence import Presence
from connector_runtime.values import Json, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS connections (
    name     TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    sealed   BLOB NOT NULL,
    version  INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refusals (
    name     TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,
    until    REAL NOT NULL,
    document TEXT NOT NULL
);
"""

ADD = """
INSERT INTO connections (name, document, sealed, version) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
"""

REFUSE = """
INSERT INTO refusals (name, version, until, document) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE
SET version = excluded.version, until = excluded.until, document = excluded.document
"""

SWAP = """
UPDATE connections
SET sealed = :sealed, document = coalesce(:document, document), version = version + 1
WHERE name = :name AND coalesce(:version, version) = version
"""

ROW = "SELECT name, document, sealed, version FROM connections"


@dataclass(frozen=True)
class Row:
    """One connection as it is kept: `document` is public, `sealed` is not readable here.

    `version` grows with each swap.
    """

    name: str
    document: dict[str, Json]
    sealed: bytes = field(repr=False)
    version: int


class Connections:
    """The connections of one data directory. Each method but `exclusive` is a transaction, unless one is open."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        # What is removed must not linger in free pages. And a token that was exchanged for another is worthless: the
        # other must survive a power failure too, not only the death of the process.
        self._connection = opened(path, SCHEMA, durable=True, erases=True)
        self._presence = Presence(path.with_suffix(".lock"))

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Nobody else changes anything meanwhile, here or in another process; all is kept at the end, or nothing.

        Raises NotNow when the disk does not take it.
        """
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise _not_kept(wrong) from wrong

    def add(self, name: str, document: dict[str, Json], sealed: bytes) -> bool:
        """Keep a new connection; False when the name is taken."""
        # Versions begin anywhere: whoever still holds one that was removed must not take its successor for it.
        values = (name, json_text(document), sealed, randbits(40))
        return self._changed(ADD, values)

    def replace(self, name: str, document: dict[str, Json], sealed: bytes) -> bool:
        """Keep a connection instead of the one of that name, whatever its version; False when there is none."""
        return self._changed(SWAP, {"name": name, "version": None, "sealed": sealed, "document": json_text(document)})

    def get(self, name: str) -> Row | None:
        """The connection of that name, or None."""
        found = self._connection.execute(f"{ROW} WHERE name = ?", [name]).fetchone()
        return None if found is None else _row(found)

    def all(self) -> list[Row]:
        """Every connection, by name."""
        return [_row(found) for found in self._connection.execute(f"{ROW} ORDER BY name")]

    def remove(self, name: str) -> bool:
        """Forget a connection, its sealed secrets included; False when there is none."""
        removed = self._changed("DELETE FROM connections WHERE name = ?", (name,))
        self.forget_refusal(name)
        if not self._connection.in_transaction:
            with suppress(Failure):  # somebody may be reading: then the log is emptied later
                empty_log(self._connection)
        return removed

    def swap(self, name: str, version: int, *, sealed: bytes, document: dict[str, Json] | None = None) -> bool:
        """Replace what is sealed, and the document where one is given, if the version is still that one.

        The version grows by one. False when somebody was faster.
        """
        text = None if document is None else json_text(document)
        return self._changed(SWAP, {"name": name, "version": version, "sealed": sealed, "document": text})

    def reseal(self, name: str, version: int, sealed: bytes) -> bool:
        """The same content, sealed otherwise: the version stays, for whoever is about to swap may still do so."""
        return self._changed(
            "UPDATE connections SET sealed = ? WHERE name = ? AND version = ?", (sealed, name, version)
        )

    def enter(self, name: str) -> bool:
        """Be the one who renews a connection, until `leave` or the end of the process; False when somebody else is."""
        return self._presence.enter(name)

    def leave(self, name: str) -> None:
        """Let others renew it."""
        self._presence.leave(name)

    def refuse(self, name: str, version: int, until: float, document: dict[str, Json]) -> None:
        """Keep until then, in seconds since 1970, that the platform refused to renew that version."""
        values = (name, version, until, json_text(document))
        self._changed(REFUSE, values)

    def refusal(self, name: str, version: int) -> tuple[float, dict[str, Json]] | None:
        """Until when it is kept that the platform refused to renew that version, and what was kept of it."""
        statement = "SELECT until, document FROM refusals WHERE name = ? AND version = ?"
        try:
            found = self._connection.execute(statement, [name, version]).fetchone()
        except Failure as wrong:
            raise NotNow(f"the connections could not be read ({wrong})", code="not_kept") from wrong
        return None if found is None else (found[0], json.loads(found[1]))

    def forget_refusal(self, name: str) -> None:
        """Let the platform be asked again."""
        self._changed("DELETE FROM refusals WHERE name = ?", (name,))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _changed(self, statement: str, values: tuple[Json, ...] | dict[str, Json]) -> bool:
        try:
            return self._connection.execute(statement, values).rowcount == 1
        except Failure as wrong:
            raise _not_kept(wrong) from wrong


def _row(found: tuple[str, str, bytes, int]) -> Row:
    name, document, sealed, version = found
    return Row(name, json.loads(document), sealed, version)


def _not_kept(wrong: Exception) -> NotNow:
    return NotNow(f"the connections could not be written ({wrong})", code="not_kept")
