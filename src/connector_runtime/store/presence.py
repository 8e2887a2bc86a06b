"""What somebody is working on: locks that end with their process, however it ends.

A name is a byte of one file, far beyond its end. POSIX gives such a lock to a process, and takes all of them away when
the process closes the file anywhere: so it is opened once and kept open, and what this process works on is kept here.
Where a database stands in a file's place, it has the locks.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from connector_runtime.errors import Conflict, NotNow
from connector_runtime.store.file import Failure, Location, unusable
from connector_runtime.store.schema import Schema

try:
    import fcntl
except ImportError:  # no POSIX: what a process works on is known to itself only
    fcntl: Any = None  # type: ignore[no-redef]

_open: dict[Path, int] = {}
_mine: set[tuple[Location, str]] = set()
_lock = threading.Lock()


class Presence:
    """Who works on what, among the processes that share a file."""

    def __init__(self, file: Location) -> None:
        self._file = file.resolve()

    @property
    def ends_with_its_process(self) -> bool:
        """Whether who works on something is gone when it is not worked on any more: a file's lock is the process's own,
        and a database's may be lost while the process goes on.
        """
        return not isinstance(self._file, Schema)

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
        if isinstance(self._file, Schema):
            return self._asked(self._file, name)
        with _lock:
            if (self._file, name) in _mine:
                return False
            if fcntl is not None:
                handle = self._handle()
                try:
                    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(name))
                except (BlockingIOError, PermissionError):
                    return False
                except OSError as wrong:
                    raise unusable(self._file, wrong) from wrong
            _mine.add((self._file, name))
            return True

    def leave(self, name: str) -> None:
        """Work on it no longer."""
        if isinstance(self._file, Schema):
            self._file.server.locks.leave(_full(self._file, name))
            return
        with _lock:
            _mine.discard((self._file, name))
            if fcntl is not None:
                fcntl.lockf(self._handle(), fcntl.LOCK_UN, 1, _place(name))

    def is_at_work(self, name: str) -> bool:
        """Whether somebody works on what has that name. Where that cannot be asked, somebody does."""
        if (fcntl is None and not isinstance(self._file, Schema)) or not self.enter(name):
            return True
        self.leave(name)
        return False

    def check(self, name: str) -> None:
        """Raises NotNow where this process does not work on it any more: another has taken it over, while the database
        was not to be reached. A file's lock stays as long as the process does.
        """
        if isinstance(self._file, Schema):
            try:
                mine = self._file.server.locks.holds(_full(self._file, name))
            except Failure as wrong:
                raise NotNow(f"{name} could not be kept ({wrong})", code="not_kept") from wrong
            if not mine:
                raise NotNow(f"{name} was taken over by another process", code="not_kept")

    def _asked(self, schema: Schema, name: str) -> bool:
        try:
            return schema.server.locks.enter(_full(schema, name))
        except Failure as wrong:
            raise NotNow(f"{schema} does not answer ({wrong})", code="not_kept") from wrong

    def _handle(self) -> int:
        assert isinstance(self._file, Path)
        if self._file not in _open:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                _open[self._file] = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as wrong:
                raise unusable(self._file, wrong) from wrong
        return _open[self._file]


def _full(schema: Schema, name: str) -> str:
    return f"{schema.name} {name}"


def _place(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest())


def _begin_anew() -> None:
    """A forked process works on nothing, and has no locks."""
    global _lock
    _lock = threading.Lock()
    _mine.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
