"""What somebody is working on: a lock for each name, given up when whoever has it ends, however that happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connector_runtime.errors import Conflict, NotNow
from connector_runtime.store.bytelocks import ByteLocks
from connector_runtime.store.file import Failure, Location
from connector_runtime.store.schema import Schema


class Presence:
    """Who works on what, among the processes that share a file, or what stands for it in a database."""

    def __init__(self, file: Location) -> None:
        where = file.resolve()
        self._where = str(where)
        self._locks = where.locks if isinstance(where, Schema) else ByteLocks(where)

    @property
    def ends_with_its_process(self) -> bool:
        """Whether who works on something is gone when it is not worked on any more: a file's lock is the process's own,
        and a database's may be lost while the process goes on.
        """
        return isinstance(self._locks, ByteLocks)

    @contextmanager
    def at(self, run_id: str) -> Iterator[None]:
        """Work on a run, as long as the block lasts. Raises Conflict when somebody else does."""
        if not self.enter(run_id):
            raise Conflict(f"run {run_id} is in progress", code="in_progress")
        try:
            yield
        finally:
            self.leave(run_id)

    def enter(self, name: str) -> bool:
        """Begin to work on what has that name; False when somebody does, in this process or another.

        Raises InvalidInput when the file cannot be used, NotNow when the database does not answer.
        """
        try:
            return self._locks.enter(name)
        except Failure as wrong:
            raise NotNow(f"{self._where} does not answer ({wrong})", code="not_kept") from wrong

    def leave(self, name: str) -> None:
        """Work on it no longer."""
        self._locks.leave(name)

    def is_at_work(self, name: str) -> bool:
        """Whether somebody works on what has that name. Where that cannot be asked, somebody does."""
        try:
            return self._locks.is_held(name)
        except Failure as wrong:
            raise NotNow(f"{self._where} does not answer ({wrong})", code="not_kept") from wrong

    def holds(self, name: str) -> bool:
        """Whether this process still works on it: another may have taken it over while the database was not to be
        reached. Raises NotNow where that cannot be asked.
        """
        try:
            return self._locks.holds(name)
        except Failure as wrong:
            raise NotNow(f"{name} could not be kept ({wrong})", code="not_kept") from wrong

    def check(self, name: str) -> None:
        """Raises NotNow where this process does not work on it any more."""
        if not self.holds(name):
            raise NotNow(f"{name} was taken over by another process", code="taken_over")
