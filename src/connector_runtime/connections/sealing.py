"""Secrets sealed with a key, so that whoever reads the disk without it reads nothing.

Fernet (AES-128 and HMAC-SHA-256) seals with the first key and opens with each. Whoever seals holds the store's lock
and reads the keys anew: so no key is given up while something is sealed with it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from connector_runtime.connections.concealed import Unpicklable
from connector_runtime.connections.extra import extra
from connector_runtime.connections.keys import Place, unusable
from connector_runtime.errors import InvalidInput
from connector_runtime.values import Json, Problem, json_text

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Keys(Unpicklable):
    """The keys of one place. They are read when they are needed first, and again when they do not open something."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._read: list[Fernet] | None = None

    def __repr__(self) -> str:
        return f"<Keys in {self.source}>"

    @property
    def source(self) -> str:
        """Where they lie, in words."""
        return self._place.words

    @property
    def own(self) -> bool:
        """Whether they are made and changed here."""
        return self._place.own

    def seal(self, name: str, document: Json, *, first: bool = False) -> bytes:
        """A document sealed for one connection; its name is sealed with it. Raises InvalidInput without a key.

        `first`: nothing else is sealed yet, so that a key is made when there is none. Only for whoever holds the
        store's lock.
        """
        fernets = self._anew()
        if not fernets and first:
            self._place.make(_new())
            fernets = self._anew()
        if not fernets:
            raise unusable(
                f"it is gone: nothing is in {self.source}, where the secrets of connections were sealed with it",
                "Bring it back. If it is lost, so are these secrets: remove the connections, and add them again.",
            )
        return fernets[0].encrypt(json_text({"name": name, "document": document}).encode())

    def open(self, name: str, sealed: bytes) -> Json:
        """What was sealed for that connection. Raises InvalidInput when no key opens it, or it is another's."""
        content = _opened(self._read or [], sealed)
        if content is None:
            content = _opened(self._anew(), sealed)
        if content is None:
            raise unreadable(name, f"they were not sealed with a key that is in {self.source}")
        if content["name"] != name:
            raise unreadable(name, "they were sealed for another connection")
        return content["document"]

    def sealed_first(self, sealed: bytes) -> bool:
        """Whether the first key opens it, as it then stands: no other is needed."""
        return _opened(self._anew()[:1], sealed) is not None

    def renew(self) -> None:
        """Put a new key before the others. Raises InvalidInput where keys are not made here."""
        if not self.own:
            raise unusable(f"{self.source} is not changed here")
        self._anew()  # a key that is none is found before anything is changed
        self._place.write([_new(), *self._place.read()])

    def retire(self) -> None:
        """Give up all keys but the first."""
        self._place.write(self._place.read()[:1])

    def _anew(self) -> list[Fernet]:
        self._read = [self._fernet(key) for key in self._place.read()]
        return self._read

    def _fernet(self, key: str) -> Fernet:
        with extra("connections"):
            from cryptography.fernet import Fernet
        with suppress(ValueError):
            return Fernet(key)
        raise unusable(f"what is in {self.source} is no key: that is 32 bytes in URL-safe Base64, 44 characters")


def _new() -> str:
    with extra("connections"):
        from cryptography.fernet import Fernet
    return Fernet.generate_key().decode()


def _opened(fernets: list[Fernet], sealed: bytes) -> Json:
    """What one of the keys opens, or None."""
    if not fernets:
        return None
    with extra("connections"):
        from cryptography.fernet import InvalidToken, MultiFernet
    with suppress(InvalidToken):
        return json.loads(MultiFernet(fernets).decrypt(sealed))
    return None


def unreadable(name: str, why: str) -> InvalidInput:
    """Secrets that are kept, and cannot be used."""
    return InvalidInput(
        [Problem("connection", f"the secrets of {name} cannot be read: {why}", "Connection")],
        code="secrets_unreadable",
    )
