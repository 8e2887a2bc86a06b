"""One SQLite file: how it is opened, and shared between processes.

WAL with synchronous=NORMAL: what is committed survives the death of the process at any point; several processes may use
the same file.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from connector_runtime.errors import InvalidInput
from connector_runtime.values import Problem

BUSY_TIMEOUT_S = 30


def opened(path: Path, schema: str) -> sqlite3.Connection:
    """The file with the tables of that schema, made when it is not there; each statement commits itself.

    Raises InvalidInput when the directory cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except (OSError, ValueError, sqlite3.Error) as wrong:
        raise _unusable(path, wrong) from wrong
    try:
        _prepare(connection, schema)
    except sqlite3.Error as wrong:
        connection.close()
        raise _unusable(path, wrong) from wrong
    return connection


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


def _unusable(path: Path, wrong: Exception) -> InvalidInput:
    problem = Problem("data_dir", f"{path} cannot be used ({wrong})", "Data directory")
    return InvalidInput([problem], fix="Name a directory that you may write to.")
