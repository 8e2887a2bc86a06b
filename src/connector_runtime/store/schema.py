"""A schema of a database in the place of a file, and who has it open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar

from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.store import dialect
from connector_runtime.store.locks import LocksOf, Lost, Unanswered, number_of, unanswered
from connector_runtime.store.server import Line, Server
from connector_runtime.values import Problem

T = TypeVar("T")

LONGEST_LOCK_S = 5
"""For how long a change of another is waited for: whoever waits keeps its whole process waiting."""

AGAIN = ("SELECT", "BEGIN")
"""Statements that change nothing: they are said once more where the connection turns out to be lost."""


@dataclass(frozen=True)
class Schema:
    """What stands for a directory, or for a file in one. It has what is needed of a path."""

    server: Server
    path: PurePosixPath = field(default_factory=PurePosixPath)

    def __truediv__(self, name: str) -> Schema:
        return Schema(self.server, self.path / name)

    def __str__(self) -> str:
        return f"the database {self.server.words}"

    @property
    def name(self) -> str:
        """The schema's."""
        return str(self.path.with_suffix(""))

    @property
    def locks(self) -> LocksOf:
        """Who works on what in it."""
        return LocksOf(self.server.locks, self.name)

    def with_suffix(self, suffix: str) -> Schema:
        """The same: what lies beside a file is in its schema."""
        return self

    def resolve(self) -> Schema:
        """The same."""
        return self

    def exists(self) -> bool:
        """Whether something was ever kept there. Raises NotNow."""
        if any(name == self.name for name, _ in self.server.prepared):
            return True
        try:
            found = Opened(self, 0).execute("SELECT to_regnamespace(?) IS NOT NULL", [dialect.quoted(self.name)])
            return bool(found.fetchone()[0])
        except sqlite3.Error as wrong:
            raise NotNow(str(wrong), code="not_kept") from wrong

    def opened(self, tables: str, patience_s: float) -> Opened:
        """With these tables, made when they are not there. Raises InvalidInput when the database cannot be used."""
        opened = Opened(self, patience_s)
        if (self.name, tables) in self.server.prepared:
            return opened
        try:
            try:
                opened.prepare(tables)
            except Unanswered:  # the server may not have noticed yet what another has just made
                opened.prepare(tables)
        except Unanswered as wrong:
            problem = Problem("database", f"{self} cannot be used ({wrong})", "Database")
            fix = "See that it runs, and that its address and user are right."
            raise InvalidInput([problem], code="not_usable", fix=fix) from None
        self.server.prepared.add((self.name, tables))
        return opened


class Rows:
    """What a statement found. `rowcount` is how many it found or changed."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows, self.rowcount = iter(rows), rowcount

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        """The next one; None where there is none."""
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        """The others."""
        return list(self._rows)


class Opened:
    """A schema as somebody has it open; it is used as a connection to a file is. Each method raises Unanswered."""

    def __init__(self, schema: Schema, patience_s: float) -> None:
        self._server, self._schema = schema.server, schema.name
        self._begin = (
            f"BEGIN; SET LOCAL lock_timeout = {int(min(patience_s, LONGEST_LOCK_S) * 1000)};"
            f" SELECT pg_advisory_xact_lock({number_of(f'changing {schema.name}')})"
        )
        self._line: Line | None = None
        """That of the transaction that is open."""

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        return self._line is not None

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = (), /) -> Rows:
        """Do what a statement says. `BEGIN IMMEDIATE` keeps others from changing the schema until the end."""
        if sql.startswith("BEGIN"):
            if self._line is not None:
                raise Unanswered("a transaction is open")
            self._line = self._once_more(self._begun)
            return Rows([], 0)
        if sql in ("COMMIT", "ROLLBACK"):
            return self._ended(sql)
        said, given = dialect.statement(sql), _given(sql, values)
        if sql.lstrip().startswith(AGAIN):
            return self._once_more(lambda: self._done(said, given))
        return self._done(said, given)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]], /) -> object:
        """The same with each of these values."""
        said = dialect.statement(sql)
        for row in rows:
            self._done(said, _given(sql, row))
        return None

    def prepare(self, tables: str) -> None:
        """Make the schema and its tables, where they are not there."""
        self.execute("BEGIN IMMEDIATE")
        try:
            self._done(f"CREATE SCHEMA IF NOT EXISTS {dialect.quoted(self._schema)}; {dialect.tables(tables)}", None)
        except BaseException:
            self._ended("ROLLBACK")
            raise
        self._ended("COMMIT")

    def close(self) -> None:
        """Use it no longer; what was not committed is as if it had not been."""
        if self._line is not None:
            self._ended("ROLLBACK")

    def _begun(self) -> Line:
        import psycopg

        line = self._server.borrow(self._schema)
        try:
            line.connection.execute(self._begin)
        except psycopg.Error as wrong:
            self._server.give_back(line)
            raise unanswered(wrong, line.connection) from None
        return line

    def _ended(self, word: str) -> Rows:
        import psycopg

        line, self._line = self._line, None
        if line is not None:
            try:
                line.connection.execute(word)
            except psycopg.Error as wrong:
                raise unanswered(wrong, line.connection) from None
            finally:
                self._server.give_back(line)
        return Rows([], 0)

    def _done(self, said: str, values: Any) -> Rows:
        import psycopg

        line = self._line or self._server.borrow(self._schema)
        try:
            found = line.connection.execute(said, values)
            return Rows(found.fetchall() if found.description else [], found.rowcount)
        except psycopg.Error as wrong:
            raise unanswered(wrong, line.connection) from None
        finally:
            if line is not self._line:
                self._server.give_back(line)

    def _once_more(self, work: Callable[[], T]) -> T:
        """Do something that changes nothing; once more where the connection turns out to have been lost before."""
        if self._line is not None:
            return work()
        try:
            return work()
        except Lost:
            self._server.forget_idle()
            return work()


def _given(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> Any:
    """The values as psycopg has them: truth is a number, as it is in files; no text has the character NUL."""
    if isinstance(values, Mapping):
        return {name: _plain(value) for name, value in values.items()}
    plain = [_plain(value) for value in values]
    return {f"p{place}": value for place, value in enumerate(plain, 1)} if dialect.numbered(sql) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value
