"""Who may use a host: tenants, their keys, the browsers that are signed in, and what was done with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connector_runtime.errors import NotNow
from connector_runtime.store.file import Failure, Location, opened, transaction
from connector_runtime.values import Json, as_text, json_text

SCHEMA = """
CREATE TABLE IF NOT EXISTS tenants (
    name       TEXT PRIMARY KEY,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS keys (
    id          TEXT PRIMARY KEY,
    tenant      TEXT NOT NULL REFERENCES tenants (name),
    name        TEXT NOT NULL,
    digest      BLOB NOT NULL,
    scopes      TEXT NOT NULL,
    connections TEXT,
    actions     TEXT,
    created_at  TEXT NOT NULL,
    expires_at  TEXT,
    revoked_at  TEXT
);
CREATE INDEX IF NOT EXISTS keys_of_a_tenant ON keys (tenant, created_at, id);
CREATE TABLE IF NOT EXISTS browsers (
    digest     BLOB PRIMARY KEY,
    key_id     TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    at     TEXT NOT NULL,
    key_id TEXT NOT NULL,
    what   TEXT NOT NULL,
    about  TEXT NOT NULL,
    status INTEGER NOT NULL,
    source TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_of_a_tenant ON audit (tenant, id);
CREATE INDEX IF NOT EXISTS audit_by_time ON audit (at);
"""

KEY = "SELECT id, tenant, name, digest, scopes, connections, actions, created_at, expires_at, revoked_at FROM keys"

ADD = "INSERT INTO tenants (name, created_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"

LET_IN = "INSERT INTO browsers (digest, key_id, expires_at) VALUES (?, ?, ?)"

NOTE = "INSERT INTO audit (tenant, at, key_id, what, about, status, source) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"

KEPT_FOR = timedelta(days=400)
"""How long a line of the audit is kept."""

AT_ONCE = 100
"""After so many new lines those are looked for that are too old; twice as many go at once."""

FORGET = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)"

ADD_KEY = """
INSERT INTO keys (id, tenant, name, digest, scopes, connections, actions, created_at, expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

DONE = ("id", "at", "key_id", "what", "about", "status", "source")
"""Of an audit's line, in their order."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What may be done with one key, by whom. `digest` is of its secret part: nobody reads here what that is.

    `connections` and `actions` name the only ones it is for; None: all of them. Moments are UTC as ISO 8601.
    """

    id: str
    tenant: str
    name: str
    digest: bytes = field(repr=False)
    scopes: frozenset[str]
    connections: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None

    def document(self) -> dict[str, Json]:
        """The key as hosts show it; the keys and their order are stable."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "connections": None if self.connections is None else sorted(self.connections),
            "actions": None if self.actions is None else sorted(self.actions),
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }


class Tenants:
    """The tenants of one host."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA)

    def add(self, key: Key) -> bool:
        """A new tenant with its first key, both or neither; False when there is one of that name."""
        with self._kept():
            if self._connection.execute(ADD, [key.tenant, key.created_at]).rowcount != 1:
                return False
            self._add(key)
            return True

    def begin(self, key: Key) -> bool:
        """The tenant of that key, new or without any key yet, with it; False when it has had one."""
        with self._kept():
            self._connection.execute(ADD, [key.tenant, key.created_at])
            if self._connection.execute("SELECT 1 FROM keys WHERE tenant = ? LIMIT 1", [key.tenant]).fetchone():
                return False
            self._add(key)
            return True

    def names(self) -> list[str]:
        """All of them, in their order."""
        return [name for (name,) in self._connection.execute("SELECT name FROM tenants ORDER BY name")]

    def add_key(self, key: Key) -> None:
        """Keep a new key."""
        with self._kept():
            self._add(key)

    def rotate(self, old: Key, new: Key, until: str) -> None:
        """Keep a new key in the place of an old one, which is good until then."""
        with self._kept():
            self._add(new)
            self._connection.execute(
                "UPDATE keys SET expires_at = ?1 WHERE id = ?2 AND coalesce(expires_at, ?1) >= ?1", [until, old.id]
            )

    def key(self, key_id: str) -> Key | None:
        """The key of that id, revoked or not."""
        found = self._connection.execute(f"{KEY} WHERE id = ?", [key_id]).fetchone()
        return None if found is None else _key(found)

    def keys(self, tenant: str) -> list[Key]:
        """A tenant's keys, the oldest first."""
        return [
            _key(row) for row in self._connection.execute(f"{KEY} WHERE tenant = ? ORDER BY created_at, id", [tenant])
        ]

    def has_keys(self) -> bool:
        """Whether any key was ever made."""
        return self._connection.execute("SELECT 1 FROM keys LIMIT 1").fetchone() is not None

    def revoke(self, tenant: str, key_id: str, now: str) -> bool:
        """End a key of a tenant, and the browsers that came in with it; False where there is no such key."""
        with self._kept():
            ended = self._connection.execute(
                "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND tenant = ?",
                [now, key_id, tenant],
            )
            if ended.rowcount != 1:  # there is none, or it is another tenant's, whose browsers stay
                return False
            self._connection.execute("DELETE FROM browsers WHERE key_id = ?", [key_id])
            return True

    def let_in(self, digest: bytes, key_id: str, until: str, now: str) -> None:
        """Let a browser in with a key until then; those whose time is over are forgotten."""
        with self._kept():
            self._connection.execute("DELETE FROM browsers WHERE expires_at < ?", [now])
            self._connection.execute(LET_IN, [digest, key_id, until])

    def browser(self, digest: bytes, now: str) -> str | None:
        """The id of the key with which a browser came in; None where it is not let in, or no longer."""
        found = self._connection.execute(
            "SELECT key_id FROM browsers WHERE digest = ? AND expires_at >= ?", [digest, now]
        ).fetchone()
        return None if found is None else str(found[0])

    def let_out(self, digest: bytes) -> None:
        """Let a browser in no longer."""
        with self._kept():
            self._connection.execute("DELETE FROM browsers WHERE digest = ?", [digest])

    def note(self, tenant: str, line: Sequence[Json]) -> None:
        """Keep what was done: at, key_id, what, about, status, source. What is too old goes."""
        try:
            (number,) = self._connection.execute(NOTE, [tenant, *line]).fetchone()
            if number % AT_ONCE == 0:
                self._connection.execute(FORGET, [_oldest(line[0]), 2 * AT_ONCE])
        except Failure as wrong:
            raise _not_kept(wrong) from wrong

    def audit(self, tenant: str, before: int, limit: int) -> list[dict[str, Json]]:
        """What was done by a tenant before that line, the latest first, as long as it is kept."""
        rows = self._connection.execute(
            f"SELECT {', '.join(DONE)} FROM audit WHERE tenant = ? AND id < ? AND at >= ? ORDER BY id DESC LIMIT ?",
            [tenant, before, _oldest(as_text(datetime.now(UTC))), limit],
        )
        return [dict(zip(DONE, row, strict=True)) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _add(self, key: Key) -> None:
        only = [None if each is None else json_text(sorted(each)) for each in (key.connections, key.actions)]
        row = [key.id, key.tenant, key.name, key.digest, json_text(sorted(key.scopes)), *only]
        self._connection.execute(ADD_KEY, [*row, key.created_at, key.expires_at, key.revoked_at])

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise _not_kept(wrong) from wrong


def _oldest(now: str) -> str:
    """The moment before which no line is kept any more."""
    return as_text(datetime.fromisoformat(now) - KEPT_FOR)


def _not_kept(wrong: Exception) -> NotNow:
    return NotNow(f"the keys could not be written ({wrong})", code="not_kept")


def _key(row: tuple[Json, ...]) -> Key:
    key_id, tenant, name, digest, scopes, connections, actions, created_at, expires_at, revoked_at = row
    only = [None if each is None else frozenset(json.loads(each)) for each in (connections, actions)]
    return Key(
        id=key_id,
        tenant=tenant,
        name=name,
        digest=digest,
        scopes=frozenset(json.loads(scopes)),
        connections=only[0],
        actions=only[1],
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )
