"""One SQLite file: how it is opened, and shared between processes.

WAL with synchronous=NORMAL: what is committed survives the death of the process at any point; several processes may use
the same file.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connector_runtime.errors import InvalidInput
from connector_runtime.values import Problem

BUSY_TIMEOUT_S = 30

PRIVATE = 0o600
"""For its owner alone."""


def opened(path: Path, schema: str, *, private: bool = False) -> sqlite3.Connection:
    """The file with the tables of that schema, made when it is not there; each statement commits itself.

    `private`: nobody but its owner may read it, nor the files that SQLite lays beside it. Raises InvalidInput when the
    directory cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            _keep_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except (OSError, ValueError, sqlite3.Error) as wrong:
        raise unusable(path, wrong) from wrong
    try:
        _prepare(connection, schema)
    except sqlite3.Error as wrong:
        connection.close()
        raise unusable(path, wrong) from wrong
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Nobody else changes the file meanwhile, here or in another process; all is committed at the end, or nothing.

    Raises sqlite3.Error.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


def _keep_private(path: Path) -> None:
    """SQLite makes its files with the umask's mode, but those beside another with that one's."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        return
    # Not opened here: closing it would end the locks that this process has on it (sqlite.org/howtocorrupt.html, 2.2).
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE)


def _prepare(connection: sqlite3.Connection, schema: str) -> None:
    # The change to WAL does not wait for others who open a new file at the same moment: it is tried again.
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as wrong:
            if wrong.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(schema)


def unusable(path: Path, wrong: Exception) -> InvalidInput:
    """A file that is needed and cannot be used."""
    problem = Problem("data_dir", f"{path} cannot be used ({wrong})", "Data directory")
    return InvalidInput([problem], fix="Name a directory that you may write to.")
