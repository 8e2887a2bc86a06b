"""Who works on what, among all who share a database: locks that end with the connection on which they were taken."""

from __future__ import annotations

import select
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
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
    return Lost(said(wrong)) if connection.closed else Unanswered(said(wrong))


def said(wrong: psycopg.Error) -> str:
    """What the server, or the way to it, says of a failure: on one line."""
    return str(wrong).strip().partition("\n")[0] or type(wrong).__name__


HELD = """
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (classid::bigint << 32) + objid::bigint = %s)
"""
"""A lock of one number of 64 bits stands there as its two halves."""

TAKE = "SELECT pg_try_advisory_lock(%s)"


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
            if name in self._held or not self._ask(TAKE, name):
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

    def is_held(self, name: str) -> bool:
        """Whether somebody has it, in this process or another; nothing is taken. Raises Unanswered."""
        with self._lock:
            return name in self._held or self._ask(HELD, name)

    def close(self) -> None:
        """Give all of them up."""
        with self._lock:
            self._held.clear()
            self._lost.clear()
            self._let_go()

    def _ask(self, question: str, name: str) -> bool:
        import psycopg

        try:
            return _answer(self._alive(), question, name)
        except psycopg.Error:  # it was lost: once more on another
            self._let_go()
        try:
            return _answer(self._alive(), question, name)
        except psycopg.Error as wrong:
            self._let_go()
            raise Unanswered(said(wrong)) from None

    def _alive(self) -> psycopg.Connection[Any]:
        """The connection; a new one has the locks of the one before, but those that others have taken meanwhile."""
        if self._connection is not None and is_lost(self._connection):
            self._connection = None
        if self._connection is None:
            self._connection = made = self._connected()
            self._lost |= {name for name in self._held - self._lost if not _answer(made, TAKE, name)}
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class LocksOf:
    """The locks of one schema."""

    locks: Locks
    schema: str

    def enter(self, name: str) -> bool:
        """Take a lock; False where somebody has it, in this process or another. Raises Unanswered."""
        return self.locks.enter(self._of(name))

    def leave(self, name: str) -> None:
        """Give it up."""
        self.locks.leave(self._of(name))

    def holds(self, name: str) -> bool:
        """Whether this process still has it, as the server says. Raises Unanswered."""
        return self.locks.holds(self._of(name))

    def is_held(self, name: str) -> bool:
        """Whether somebody has it, in this process or another; nothing is taken. Raises Unanswered."""
        return self.locks.is_held(self._of(name))

    def _of(self, name: str) -> str:
        return f"{self.schema} {name}"


def _answer(connection: psycopg.Connection[Any], question: str, name: str) -> bool:
    found = connection.execute(question, [number_of(name)]).fetchone()
    return bool(found and found[0])


def is_lost(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended a connection that nobody uses: it says so, unasked."""
    if not connection.closed and select.select([connection.fileno()], [], [], 0)[0]:
        connection.close()
    return connection.closed


def number_of(name: str) -> int:
    """The number under which the server knows a lock."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
