"""Who works on what, among all who share a database: locks that end with the connection on which they were taken."""

from __future__ import annotations

import select
import sqlite3
import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


class Unanswered(sqlite3.OperationalError):
    """The server did not do it: said as the files' engine says it, so that whoever keeps something knows one kind."""


class Lost(Unanswered):
    """The connection was lost; what was not committed is as if it had not been."""


def unanswered(wrong: psycopg.Error, connection: psycopg.Connection[Any]) -> Unanswered:
    """What is said of a statement that was not done: the server's words, without what it was asked."""
    words = str(wrong).strip().partition("\n")[0] or type(wrong).__name__
    return Lost(words) if connection.closed else Unanswered(words)


class Locks:
    """The locks that this process holds, on one connection of its own."""

    def __init__(self, connected: Callable[[], psycopg.Connection[Any]]) -> None:
        """`connected` makes a connection; it is made when it is needed first."""
        self._connected = connected
        self._connection: psycopg.Connection[Any] | None = None
        self._held: set[str] = set()
        self._lost: set[str] = set()
        """Held, as far as this process knows, and taken by another when the connection was lost."""
        self._lock = threading.RLock()

    def enter(self, name: str) -> bool:
        """Take a lock; False where somebody has it, in this process or another. Raises Unanswered."""
        with self._lock:
            if name in self._held or not self._ask("SELECT pg_try_advisory_lock(%s)", name):
                return False
            self._held.add(name)
            return True

    def leave(self, name: str) -> None:
        """Give it up. Where the server does not answer, it has been given up there."""
        with self._lock:
            self._held.discard(name)
            if name in self._lost:
                self._lost.discard(name)
                return
            try:
                self._ask("SELECT pg_advisory_unlock(%s)", name)
            except Unanswered:
                self._let_go()

    def holds(self, name: str) -> bool:
        """Whether this process still has it, as the server says. Raises Unanswered."""
        with self._lock:
            return self._ask("SELECT %s IS NOT NULL", name) and name in self._held - self._lost

    def close(self) -> None:
        """Give all of them up."""
        with self._lock:
            self._held.clear()
            self._lost.clear()
            self._let_go()

    def _ask(self, question: str, name: str) -> bool:
        import psycopg

        for attempt in range(2):
            connection = self._alive()
            try:
                found = connection.execute(question, [number_of(name)]).fetchone()
                return bool(found and found[0])
            except psycopg.Error as wrong:
                self._let_go()
                if attempt:
                    raise unanswered(wrong, connection) from None
        raise AssertionError

    def _alive(self) -> psycopg.Connection[Any]:
        """The connection; a new one has the locks of the one before, but those that others have taken meanwhile."""
        if self._connection is not None and is_lost(self._connection):
            self._connection = None
        if self._connection is None:
            made = self._connected()
            for name in self._held - self._lost:
                found = made.execute("SELECT pg_try_advisory_lock(%s)", [number_of(name)]).fetchone()
                if not (found and found[0]):
                    self._lost.add(name)
            self._connection = made
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended a connection that nobody uses: it says so, unasked."""
    if not connection.closed and select.select([connection.fileno()], [], [], 0)[0]:
        connection.close()
    return connection.closed


def number_of(name: str) -> int:
    """The number under which the server knows a lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
