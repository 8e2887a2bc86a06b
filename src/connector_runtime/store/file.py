"""One SQLite file, or a schema of a database in its place: how it is opened, and shared between processes.

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
from typing import Any, Protocol, TypeAlias

from connector_runtime.errors import InvalidInput
from connector_runtime.store.schema import Schema
from connector_runtime.values import Problem

Location: TypeAlias = Path | Schema
"""A directory or a file; or what stands for one in a database."""

Failure = sqlite3.Error
"""What was wrong with the disk, or with the database."""

BUSY_TIMEOUT_S = 30

PAGE_BYTES = 2048
"""Of a new file: each commit writes whole pages, and most change little."""

PRIVATE = 0o600
"""For its owner alone."""


class Found(Protocol):
    """What a statement found, row by row. `rowcount` is how many were changed."""

    @property
    def rowcount(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Statements(Protocol):
    """Who has a file open. Each statement commits itself, unless a transaction is open. Each method raises Failure."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, sql: str, values: Any = ..., /) -> Found: ...
    def executemany(self, sql: str, rows: Any, /) -> object: ...
    def close(self) -> None: ...


def opened(
    path: Location,
    schema: str,
    *,
    durable: bool = False,
    erases: bool = False,
    patience_s: float = BUSY_TIMEOUT_S,
) -> Statements:
    """The file with the tables of that schema, made when it is not there. Nobody but its owner may read it, nor the
    files that SQLite lays beside it.

    `durable`: what is committed survives a power failure too. `erases`: what is removed does not linger in the file.
    `patience_s`: for how long somebody else who changes it is waited for. Raises InvalidInput when it cannot be used.
    """
    if isinstance(path, Schema):
        return path.opened(schema, patience_s)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except (OSError, ValueError, sqlite3.Error) as wrong:
        raise unusable(path, wrong) from wrong
    try:
        _prepare(connection, schema)
        if durable:
            connection.execute("PRAGMA synchronous=FULL")
        if erases:
            connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA busy_timeout={int(patience_s * 1000)}")
    except sqlite3.Error as wrong:
        connection.close()
        raise unusable(path, wrong) from wrong
    return connection


@contextmanager
def transaction(connection: Statements) -> Iterator[None]:
    """Nobody else changes the file meanwhile, here or in another process; all is committed at the end, or nothing.

    Raises Failure.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(Failure):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


def place(file: Location) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None where there is none."""
    if not isinstance(file, Path):
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def empty_log(connection: Statements) -> None:
    """Let nothing linger of what was removed, in the log that SQLite lays beside a file. Raises Failure."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


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
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
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


def unusable(path: Location, wrong: Exception) -> InvalidInput:
    """A file that is needed and cannot be used."""
    problem = Problem("data_dir", f"{path} cannot be used ({wrong})", "Data directory")
    return InvalidInput([problem], code="not_usable", fix="Name a directory that you may write to.")
