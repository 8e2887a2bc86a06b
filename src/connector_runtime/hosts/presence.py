"""Which runs somebody is working on: locks that end with their process, however it ends.

A run is a byte of one file, far beyond its end. POSIX gives such a lock to a process, and takes all of them away when
the process closes the file anywhere: so it is opened once and kept open.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # no POSIX: what a process works on is known to itself only
    fcntl: Any = None  # type: ignore[no-redef]

_open: dict[Path, int] = {}
_mine: set[tuple[Path, str]] = set()


class Presence:
    """The runs of one data directory."""

    def __init__(self, file: Path) -> None:
        self._file = file.absolute()

    def enter(self, run_id: str) -> bool:
        """Begin to work on a run; False when somebody else does."""
        if (self._file, run_id) in _mine:
            return False
        if fcntl is not None:
            try:
                fcntl.lockf(self._handle(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(run_id))
            except (BlockingIOError, PermissionError):
                return False
        _mine.add((self._file, run_id))
        return True

    def leave(self, run_id: str) -> None:
        """The run is over, or left for others."""
        if (self._file, run_id) in _mine:
            _mine.discard((self._file, run_id))
            if fcntl is not None:
                fcntl.lockf(self._handle(), fcntl.LOCK_UN, 1, _place(run_id))

    def _handle(self) -> int:
        if self._file not in _open:
            _open[self._file] = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        return _open[self._file]


def _place(run_id: str) -> int:
    return int.from_bytes(blake2b(run_id.encode(), digest_size=7).digest())
