"""The safe: connections on disk, with their secrets sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from connector_runtime.connections.kept import Kept
from connector_runtime.connections.names import checked_name
from connector_runtime.connections.sealing import Keys, unreadable
from connector_runtime.connections.tokens import Tokens
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.record import failure_of
from connector_runtime.store import Connections, Row
from connector_runtime.values import Json, Problem, did_you_mean

APART = "/"
"""In the names under which something else is kept beside connections; no connection has it in its own."""


class Safe:
    """The connections of one data directory. Whatever changes them has the store, and so the keys, to itself."""

    def __init__(self, store: Connections, keys: Keys) -> None:
        self._store = store
        self.keys = keys

    def add(self, kept: Kept) -> Kept:
        """Keep a new connection. Raises InvalidInput when the name is taken, or is none."""
        with self._store.exclusive():
            sealed = self._sealed(checked_name(kept.name), kept.private())
            if not self._store.add(kept.name, kept.public(), sealed):
                raise _taken(kept.name)
            return self._at_version(kept)

    def check_free(self, name: str) -> None:
        """Raises InvalidInput when the name is taken or is none, and when there is no key to seal with: to be asked
        before a platform gives something that could not be kept.
        """
        with self._store.exclusive():
            if self._store.get(checked_name(name)) is not None:
                raise _taken(name)
            self._sealed(name, {})

    def check_there(self, name: str) -> None:
        """Raises InvalidInput when there is none of that name, and when there is no key to seal with, nor may be one:
        to be asked before a platform gives something to be kept instead. No key is made yet.
        """
        with self._store.exclusive():
            self._row(name)
            if not self._is_alone(name):
                self.keys.seal(name, {})

    def replace(self, kept: Kept) -> Kept:
        """Keep a connection instead of the one of its name, as after connecting again. InvalidInput without one."""
        with self._store.exclusive():
            if not self._store.replace(kept.name, kept.public(), self._sealed(kept.name, kept.private())):
                raise self._unknown(kept.name)
            return self._at_version(kept)

    def get(self, name: str) -> Kept:
        """The connection of that name. Raises InvalidInput when there is none, or its secrets cannot be read."""
        return self._opened(self._row(name))

    def names(self) -> list[str]:
        """The names of all connections, in their order; no key is needed."""
        return [row.name for row in self._rows()]

    def without_secrets(self) -> list[Kept]:
        """Every connection by name, without its secrets; no key is needed."""
        return [_without_secrets(row) for row in self._rows()]

    def public_of(self, name: str) -> Kept:
        """The connection of that name without its secrets; no key is needed. Raises InvalidInput when there is none."""
        return _without_secrets(self._row(name))

    def remove(self, name: str) -> None:
        """Forget a connection; no key is needed. Raises InvalidInput when there is none of that name."""
        self._store.remove(self._row(name).name)

    def swap_tokens(self, kept: Kept, tokens: Tokens) -> Kept | None:
        """The same connection with other tokens; None when somebody was faster."""
        renewed = replace(kept, tokens=tokens)
        with self._store.exclusive():
            sealed = self.keys.seal(kept.name, renewed.private())
            if not self._store.swap(kept.name, kept.version, sealed=sealed):
                return None
            return self._at_version(renewed)

    def check_key(self, name: str) -> None:
        """Raises InvalidInput when other tokens of a connection could not be sealed: to be asked before a platform
        gives some, which may end the old ones.
        """
        with self._store.exclusive():
            self.keys.seal(name, {})

    @contextmanager
    def alone(self, kept: Kept) -> Iterator[bool]:
        """Whether nobody else renews the connection's tokens, in this process or another, while the block lasts.

        A process that ends, however that happens, renews nothing any more.
        """
        mine = self._store.enter(kept.name)
        try:
            yield mine
        finally:
            if mine:
                self._store.leave(kept.name)

    def refuse(self, kept: Kept, refusal: ConnectorError, until: float) -> None:
        """Keep until then, in seconds since 1970, that the platform refuses to renew these tokens."""
        self._store.refuse(kept.name, kept.version, until, refusal.document())

    def refusal(self, kept: Kept) -> tuple[float, ConnectorError] | None:
        """Until when it is kept that the platform refuses to renew these tokens, and its refusal."""
        found = self._store.refusal(kept.name, kept.version)
        return None if found is None else (found[0], failure_of(found[1]))

    def forget_refusal(self, name: str) -> None:
        """Let the platform be asked again at once, as somebody may have mended what it refused."""
        self._store.forget_refusal(name)

    def rotate(self) -> str:
        """Seal everything with a new key, and give up the old ones. Returns a sentence on what was done.

        Where keys are not changed here, everything is sealed with the first one there. A crash at any point leaves
        everything readable: the new key is there before it seals, and the old ones until what it sealed is kept.
        """
        if not self.keys.own:
            self.reseal_all()
            return f"Everything is sealed with the first key in {self.keys.source}; the others may go."
        with self._store.exclusive():
            self._reseal(renew=True)
        with self._store.exclusive():  # only now is it certain that what was sealed with the new key is kept
            if all(self.keys.sealed_first(row.sealed) for row in self._store.all()):
                self.keys.retire()
        return f"Everything is sealed with a new key in {self.keys.source}."

    def reseal_all(self) -> None:
        """Seal everything with the first key."""
        with self._store.exclusive():
            self._reseal()

    def _reseal(self, *, renew: bool = False) -> None:
        opened = [(row, self.keys.open(row.name, row.sealed)) for row in self._store.all()]
        if renew:  # after everything could be read: where something cannot, no key must be lost for it
            self.keys.renew()
        for row, document in opened:
            self._store.reseal(row.name, row.version, self.keys.seal(row.name, document))

    def _sealed(self, name: str, private: Json) -> bytes:
        """Sealed, with a new key where nothing else needs an old one."""
        return self.keys.seal(name, private, first=self._is_alone(name))

    def _is_alone(self, name: str) -> bool:
        """Whether nothing is kept under another name."""
        return all(row.name == name for row in self._store.all())

    def _opened(self, row: Row) -> Kept:
        private = self.keys.open(row.name, row.sealed)
        if private["public"] != row.document:
            raise unreadable(row.name, "they were sealed for another address, or for other fields")
        return Kept.restored(private, row.version)

    def _at_version(self, kept: Kept) -> Kept:
        return replace(kept, version=self._row(kept.name).version)

    def _row(self, name: str) -> Row:
        if APART in name or (row := self._store.get(name)) is None:
            raise self._unknown(name)
        return row

    def _rows(self) -> list[Row]:
        return [row for row in self._store.all() if APART not in row.name]

    def _unknown(self, name: str) -> InvalidInput:
        return unknown_connection(name, self.names())


def unknown_connection(name: str, known: Sequence[str]) -> InvalidInput:
    """There is none of that name; `known` are those that are there."""
    there = f"there are: {', '.join(known)}" if known else "none was added yet"
    words = f"there is no connection `{name}`{did_you_mean(name, known)}; {there}"
    return InvalidInput([Problem("connection", words, "Connection")], code="unknown_connection")


def _taken(name: str) -> InvalidInput:
    wrong = f"there is a connection `{name}` already; choose another name, or connect that one again with --again"
    return InvalidInput([Problem("name", wrong, "Name")])


def _without_secrets(row: Row) -> Kept:
    return Kept.restored({"public": row.document, "secrets": {}, "tokens": None}, row.version)
