"""Locks that end with their process, however it ends: bytes of one file.

A name is a byte of the file, far beyond its end. POSIX gives such a lock to a process, and takes all of them away when
the process closes the file anywhere: so it is opened once and kept open, and what this process holds is kept here.
"""

from __future__ import annotations

import os
import threading
from hashlib import blake2b
from pathlib import Path
from typing import Any

from connector_runtime.store.file import unusable

try:
    import fcntl
except ImportError:  # no POSIX: what a process holds is known to itself only
    fcntl: Any = None  # type: ignore[no-redef]

_open: dict[Path, int] = {}
_mine: set[tuple[Path, str]] = set()
_lock = threading.Lock()


class ByteLocks:
    """The locks of one file."""

    def __init__(self, file: Path) -> None:
        """`file` is its whole path; it is opened when it is needed first."""
        self._file = file

    def enter(self, name: str) -> bool:
        """Take a lock; False where somebody has it, in this process or another. Raises InvalidInput when the file
        cannot be used.
        """
        with _lock:
            if (self._file, name) in _mine:
                return False
            # Once more, as another process may only have asked whether it is held.
            if fcntl is not None and not self._taken(name) and not self._taken(name):
                return False
            _mine.add((self._file, name))
            return True

    def leave(self, name: str) -> None:
        """Give it up."""
        with _lock:
            _mine.discard((self._file, name))
            if fcntl is not None:
                fcntl.lockf(self._handle(), fcntl.LOCK_UN, 1, _place(name))

    def is_held(self, name: str) -> bool:
        """Whether somebody has it, in this process or another; also where that cannot be known. Raises InvalidInput
        when the file cannot be used.
        """
        with _lock:
            if (self._file, name) in _mine or fcntl is None:
                return True
            if not self._taken(name):
                return True
            fcntl.lockf(self._handle(), fcntl.LOCK_UN, 1, _place(name))
            return False

    def holds(self, name: str) -> bool:
        """Whether this process has it: as long as it lives, nobody takes it away."""
        return (self._file, name) in _mine

    def _taken(self, name: str) -> bool:
        try:
            fcntl.lockf(self._handle(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(name))
        except (BlockingIOError, PermissionError):
            return False
        except OSError as wrong:
            raise unusable(self._file, wrong) from wrong
        return True

    def _handle(self) -> int:
        if self._file not in _open:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                _open[self._file] = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as wrong:
                raise unusable(self._file, wrong) from wrong
        return _open[self._file]


def _place(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest())


def _begin_anew() -> None:
    """A forked process holds nothing, and has no locks."""
    global _lock
    _lock = threading.Lock()
    _mine.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
