"""The SQLite file: one connection for each opened site, safe for several threads and several processes."""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from docebo_connect.sandbox.schema import INDEXES, SCHEMA_VERSION, SITE_TABLES, WORLD_TABLES

FILE_NAME = "sandbox.sqlite3"
BUSY_TIMEOUT_S = 30.0
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

Clock = Callable[[], datetime]
Value = str | int | float | None
Row = sqlite3.Row


def real_clock() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Store:
    """Rows in, rows out; every change happens inside `transaction`."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.lock = threading.RLock()
        self.path = directory / FILE_NAME
        # Transactions are ours to begin (isolation_level=None); the lock makes sharing between threads safe.
        self.connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        try:
            self._use_write_ahead_log()
        except sqlite3.DatabaseError as wrong:
            self.connection.close()
            raise OSError(f"{self.path}: {wrong}; delete the file to begin anew") from wrong

    def _use_write_ahead_log(self) -> None:
        """Switch to WAL; while another process does the same, SQLite answers busy without waiting, so ask again."""
        give_up_at = time.monotonic() + BUSY_TIMEOUT_S
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode=WAL")
                self.connection.execute("PRAGMA synchronous=NORMAL")
                return
            except sqlite3.OperationalError as wrong:
                if wrong.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)

    def now(self) -> str:
        """The present as the API writes it."""
        return self.clock().strftime(TIME_FORMAT)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[None]:
        """All or nothing; a transaction that writes waits for other writers up to `BUSY_TIMEOUT_S`."""
        with self.lock:
            if self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query."""
        with self.lock:
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """The first row of a query, or None."""
        with self.lock:
            row: Row | None = self.connection.execute(sql, parameters).fetchone()
            return row

    def number(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """The single number a query such as COUNT(*) answers."""
        row = self.row(sql, parameters)
        return int(row[0]) if row is not None else 0

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run one statement; returns the number of the inserted row (0 where none was)."""
        with self.lock:
            return self.connection.execute(sql, parameters).lastrowid or 0

    def insert(self, table: str, records: Iterable[dict[str, Value]]) -> None:
        """Insert records that all have the same keys."""
        several = list(records)
        if not several:
            return
        columns = list(several[0])
        marks = ", ".join(f":{column}" for column in columns)
        with self.lock:
            self.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", several)

    def meta(self, key: str) -> str | None:
        """A fact about the file itself, such as the seed of its world."""
        row = self.row("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row["value"])

    def set_meta(self, key: str, value: str) -> None:
        """Keep a fact about the file itself."""
        self.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close the file; a closed store cannot be used again."""
        with self.lock:
            self.connection.close()


def prepare(store: Store, seed: int | None, build: Callable[[Store, int], None]) -> None:
    """Make the tables and the world where they are missing or belong to another seed or an older schema.

    `build` fills the empty tables. All of it is one transaction, so a second process sees an old world or a whole one.
    """
    if _is_ready(store, seed):
        return
    with store.transaction():
        if _is_ready(store, seed):  # another process was faster
            return
        version = store.number("PRAGMA user_version")
        kept = store.meta("seed") if version == SCHEMA_VERSION else None
        chosen = seed if seed is not None else int(kept or 1)
        _create(store, {**SITE_TABLES, **WORLD_TABLES} if version != SCHEMA_VERSION else WORLD_TABLES)
        build(store, chosen)
        store.set_meta("seed", str(chosen))
        if store.meta("token") is None:
            store.set_meta("token", secrets.token_hex(20))
        store.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def rebuild(store: Store, seed: int, build: Callable[[Store, int], None]) -> None:
    """Create the world anew, whatever happened to it; tokens and registered applications stay."""
    with store.transaction():
        _create(store, WORLD_TABLES)
        build(store, seed)
        store.set_meta("seed", str(seed))


def _is_ready(store: Store, seed: int | None) -> bool:
    if store.number("PRAGMA user_version") != SCHEMA_VERSION:
        return False
    return seed is None or store.meta("seed") == str(seed)


def _create(store: Store, tables: dict[str, str]) -> None:
    for table, columns in tables.items():
        store.execute(f"DROP TABLE IF EXISTS {table}")
        store.execute(f"CREATE TABLE {table} ({columns})")
    for index in INDEXES:
        store.execute(index)
