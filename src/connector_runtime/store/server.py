"""A PostgreSQL database in the place of a directory's files: each file is a schema there, which several machines share.

Who has opened a file borrows a connection to the server for each statement, or for a transaction. What somebody works
on are locks of one connection more, which the server gives up when that ends, however it ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from connector_runtime.errors import InvalidInput
from connector_runtime.store.dialect import quoted
from connector_runtime.store.locks import Locks, Unanswered, is_lost, said, unanswered
from connector_runtime.values import Problem

if TYPE_CHECKING:
    import psycopg

SCHEMES = ("postgresql://", "postgres://")

IDLE = 8
"""Connections that are kept open while nobody needs them."""

LONGEST_ANSWER_S = 10
"""For how long a statement is waited for: longer than for any lock (`file.BUSY_TIMEOUT_S` is for disks)."""

SETTINGS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    # The server, too, finds out soon that somebody is gone: others wait for what that one worked on.
    "options": (
        "-c statement_timeout=15s -c idle_in_transaction_session_timeout=60s -c client_min_messages=warning"
        " -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
    ),
}


class Server:
    """A database, and the connections to it that this process has."""

    def __init__(self, url: str) -> None:
        """Nothing is asked yet. Raises InvalidInput for an address that is none."""
        self._settings, self.words = _settings(checked_url(url)), _words(url)
        self._idle: list[Line] = []
        self._lock = threading.Lock()
        self.locks = Locks(self.connected)
        self.prepared: set[tuple[str, str]] = set()
        """Schemas, and the tables that are there."""

    def __repr__(self) -> str:
        return f"<Server {self.words}>"

    def borrow(self, schema: str) -> Line:
        """A connection that works in a schema, to be given back. Raises Unanswered."""
        import psycopg

        with self._lock:
            self._idle = [each for each in self._idle if not is_lost(each.connection)]
            same = next((each for each in reversed(self._idle) if each.schema == schema), None)
            line = same or (self._idle[-1] if self._idle else None)
            if line is not None:
                self._idle.remove(line)
        line = line or Line(self.connected())
        if line.schema != schema:
            try:
                line.connection.execute(f"SET search_path TO {quoted(schema)}")
            except psycopg.Error as wrong:
                self.give_back(line)
                raise unanswered(wrong, line.connection) from None
            line.schema = schema
        return line

    def give_back(self, line: Line) -> None:
        """Let others have a connection; one that is broken, or more than are kept, is closed."""
        import psycopg

        fine = line.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with self._lock:
            if fine and len(self._idle) < IDLE:
                self._idle.append(line)
                return
        line.connection.close()

    def connected(self) -> psycopg.Connection[Any]:
        """A new connection. Raises Unanswered."""
        import psycopg

        try:
            return patient().connect(
                autocommit=True,
                cursor_factory=psycopg.ClientCursor,  # its parameters have no types, as SQLite's have none
                prepare_threshold=None,
                **self._settings,
            )
        except psycopg.Error as wrong:
            raise Unanswered(f"{self.words} cannot be reached ({said(wrong)})") from None

    def forget_idle(self) -> None:
        """Close the connections that nobody has borrowed: where one was lost, others may be."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.connection.close()

    def close(self) -> None:
        """Close them, and give up what was worked on."""
        self.forget_idle()
        self.locks.close()


@dataclass(eq=False)
class Line:
    """A connection to a server, and the schema in which it works."""

    connection: psycopg.Connection[Any]
    schema: str | None = None


@cache
def patient() -> type[psycopg.Connection[Any]]:
    """A connection that does not wait longer than that for an answer: a server may hang, and take its locks along."""
    import psycopg

    class Patient(psycopg.Connection[Any]):
        def wait(self, gen: Any, *how: Any, **named: Any) -> Any:
            return super().wait(_for_a_time(gen), *how, **named)

    def _for_a_time(gen: Any) -> Generator[Any, Any, Any]:
        until, wanted = time.monotonic() + LONGEST_ANSWER_S, next(gen)
        try:
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > until:
                    raise psycopg.OperationalError(f"no answer within {LONGEST_ANSWER_S} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    return Patient


@cache
def server_at(url: str) -> Server:
    """The database at an address; the whole process shares its connections."""
    return Server(url)


def checked_url(url: str) -> str:
    """The address of a database. Raises InvalidInput for what is none."""
    import psycopg

    try:
        found = psycopg.conninfo.conninfo_to_dict(url) if url.startswith(SCHEMES) else {}
    except psycopg.ProgrammingError:  # it would quote what it could not read
        found = {}
    if not found.get("dbname"):
        raise InvalidInput(
            [Problem("database", "is not the address of a database", "Database")],
            fix="Write postgresql://USER@HOST:PORT/NAME. A password is better put into PGPASSWORD.",
        )
    return url


def _settings(url: str) -> dict[str, Any]:
    """How to connect. What the address says of it counts more than what is said here."""
    import psycopg

    said = psycopg.conninfo.conninfo_to_dict(url)
    both = " ".join(str(each) for each in (SETTINGS["options"], said.get("options")) if each)  # the latter counts
    return {**SETTINGS, **said, "options": both}


def _words(url: str) -> str:
    """Which database it is, without a password."""
    import psycopg

    parts = psycopg.conninfo.conninfo_to_dict(url)
    return f"{parts.get('dbname')} on {parts.get('host') or 'this machine'}"
