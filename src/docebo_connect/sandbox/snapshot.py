"""The world as it was: what reads are answered from while a change is not visible yet."""

from __future__ import annotations

import sqlite3
import threading
from datetime import datetime

from docebo_connect.sandbox.store import BUSY_TIMEOUT_S, Store


class Snapshot(Store):
    """A store that stands still while others write; it is opened before the change, and only read."""

    def __init__(self, living: Store) -> None:
        self.clock = living.clock
        self.lock = threading.RLock()
        self.path = living.path
        self.connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA query_only=1")
        self.connection.execute("BEGIN")
        self.meta("seed")  # SQLite takes its picture at the first read


class Lag:
    """For how long a connection's reads do not see what was changed: so many reads, until a moment, or both."""

    def __init__(self, living: Store) -> None:
        self.past = Snapshot(living)
        self._reads = 0
        self._until: datetime | None = None
        self._readers = 0

    def prolong(self, reads: int | None, until: datetime | None) -> None:
        """One more change that is not to be seen yet."""
        self._reads = max(self._reads, reads or 0)
        self._until = max(filter(None, (self._until, until)), default=None)

    def is_over(self) -> bool:
        """The changes can be seen."""
        return self._reads <= 0 and (self._until is None or self.past.clock() >= self._until)

    def enter(self) -> Snapshot:
        """Begin a read of the past."""
        self._reads -= 1
        self._readers += 1
        return self.past

    def leave(self) -> None:
        """End a read of the past; after the last one it is gone."""
        self._readers -= 1
        self.end_if_over()

    def end_if_over(self) -> bool:
        """True where the lag is over; its file is closed as soon as nobody reads there."""
        over = self.is_over()
        if over and self._readers == 0:
            self.past.close()
        return over

    def end(self) -> None:
        """Let everything be seen."""
        self._reads, self._until = 0, None
        self.end_if_over()
