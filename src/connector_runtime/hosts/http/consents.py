"""Consents that a tenant waits for: a person allows a connection in the browser, which then comes back.

They are kept beside the connections, sealed as these are, so that the browser may come back to any process.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from connector_runtime.connections.consent import code_in, consent_url, new_state, new_verifier
from connector_runtime.connections.grants import Code
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.sealing import Keys
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.connected import keys_of
from connector_runtime.hosts.directories import connections_file
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.store import Connections, Location, Row

PATIENCE_S = 600
"""For how long somebody may take to allow a connection."""

MOST = 100
"""Consents of one tenant that are waited for; the oldest go when others come."""

PREFIX = "consent/"
"""How the names begin under which they are kept."""


@dataclass(frozen=True)
class Consent:
    """A consent that was waited for."""

    draft: Kept
    again: bool
    redirect_uri: str
    verifier: str = field(repr=False)
    state: str = field(repr=False)
    key_id: str = ""
    """The key that asked."""
    browser: str = ""
    """A digest of what the browser shows that asked, in hexadecimal; empty where it was asked for over the API."""

    def code(self, query: str) -> Code:
        """What the browser brings. Raises ConnectorError where it is a no."""
        return Code(code_in(query, self.state), self.redirect_uri, self.verifier)


class Consents:
    """The consents that one tenant waits for, each by a digest of its state."""

    def __init__(self, store: Connections, keys: Keys) -> None:
        self._store, self._keys = store, keys

    def ask(
        self, connector: Connector, draft: Kept, redirect_uri: str, *, again: bool, key_id: str, browser: str = ""
    ) -> str:
        """The address at which a person allows a connection. Raises InvalidInput without a key to seal with."""
        state, verifier = new_state(), new_verifier()
        way = connector.identity.connection.authentication
        url = consent_url(way, draft.base_url, draft.fields, redirect_uri, state, verifier)
        document = {"draft": draft.private(), "again": again, "redirect_uri": redirect_uri, "verifier": verifier}
        document |= {"key_id": key_id, "browser": browser}
        name = _name(state)
        with self._store.exclusive():
            self._make_room()
            sealed = self._keys.seal(name, document, first=not self._store.all())
            self._store.add(name, {"until": time.time() + PATIENCE_S}, sealed)
        return url

    def waiting(self, state: str) -> Consent:
        """The consent that is waited for with that state. Raises Declined for nobody's."""
        name = _name(state)
        row = self._store.get(name)
        if row is None or _is_over(row):
            raise nobodys()
        try:
            document = self._keys.open(name, row.sealed)
        except InvalidInput:  # its key has gone meanwhile
            raise nobodys() from None
        draft = Kept.restored(document.pop("draft"), 0)
        return Consent(draft, state=state, **document)

    def end(self, state: str) -> None:
        """It is waited for no longer. Raises Declined where it was brought already: it is good once."""
        name = _name(state)
        with self._store.exclusive():
            if self._store.get(name) is None:
                raise nobodys()
            self._store.remove(name)

    def _make_room(self) -> None:
        waiting = [row for row in self._store.all() if row.name.startswith(PREFIX)]
        waiting.sort(key=lambda row: row.document["until"])
        for row in waiting[: max(0, len(waiting) + 1 - MOST)]:
            self._store.remove(row.name)
        for row in filter(_is_over, waiting):
            self._store.remove(row.name)


@contextmanager
def consents_in(data_dir: Location, program: str) -> Iterator[Consents]:
    """The consents that are waited for there."""
    store = Connections(connections_file(data_dir))
    try:
        yield Consents(store, keys_of(data_dir, program))
    finally:
        store.close()


def _name(state: str) -> str:
    return PREFIX + sha256(state.encode(errors="replace")).hexdigest()


def _is_over(row: Row) -> bool:
    return bool(row.document["until"] < time.time())


def nobodys() -> Declined:
    """Nobody waits for it; or there is no such tenant: nobody is told which."""
    return Declined("consent_mismatch", "nobody waits for this consent any more")
