"""A database in the place of files: what is lost with a connection, and what is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath

import psycopg
import pytest

from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.store import Presence, Store
from connector_runtime.store.dialect import statement
from connector_runtime.store.file import transaction
from connector_runtime.store.schema import Schema
from connector_runtime.store.server import Server, server_at
from tests.postgres import cut_off

TABLE = "CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY, number INTEGER);"


@pytest.fixture
def server(database: str) -> Iterator[Server]:
    with closing(Server(database)) as opened:
        yield opened


@pytest.fixture
def other(database: str) -> Iterator[Server]:
    """Another process's, in all but its number."""
    with closing(Server(database)) as opened:
        yield opened


def test_whoever_reads_or_begins_does_not_notice_that_the_server_was_started_again(
    server: Server, database: str
) -> None:
    opened = Schema(server, PurePosixPath("things")).opened(TABLE, 1)
    opened.execute("INSERT INTO words VALUES (?, ?)", ["one", 1])
    cut_off(database)
    assert opened.execute("SELECT word, number FROM words").fetchall() == [("one", 1)]
    cut_off(database)
    with transaction(opened):
        opened.execute("INSERT INTO words VALUES (?, ?)", ["two", 2])
    assert opened.execute("SELECT count(*) FROM words").fetchone() == (2,)


def test_what_was_not_committed_when_the_connection_was_lost_is_not_there(server: Server, database: str) -> None:
    opened = Schema(server, PurePosixPath("things")).opened(TABLE, 1)
    with pytest.raises(Exception, match="terminat"), transaction(opened):
        opened.execute("INSERT INTO words VALUES (?, ?)", ["one", 1])
        cut_off(database)
        opened.execute("INSERT INTO words VALUES (?, ?)", ["two", 2])
    assert not opened.in_transaction
    assert opened.execute("SELECT count(*) FROM words").fetchone() == (0,)


def test_two_do_not_change_a_schema_at_once(server: Server, other: Server) -> None:
    first = Schema(server, PurePosixPath("things")).opened(TABLE, 1)
    second = Schema(other, PurePosixPath("things")).opened(TABLE, 0.05)
    with transaction(first):
        with pytest.raises(Exception, match="lock timeout"), transaction(second):
            pass
        elsewhere = Schema(other, PurePosixPath("other things")).opened(TABLE, 0.05)
        with transaction(elsewhere):
            pass
    with transaction(second):
        pass


def test_a_lock_is_one_processes_and_ends_with_it(server: Server, other: Server) -> None:
    mine, theirs = (Presence(Schema(each, PurePosixPath("runs"))) for each in (server, other))
    assert mine.enter("run 1") and not theirs.enter("run 1") and not mine.enter("run 1")
    assert theirs.is_at_work("run 1") and not theirs.is_at_work("run 2")
    server.close()
    until = time.monotonic() + 10
    while not theirs.enter("run 1"):  # the server may take a moment to see it
        assert time.monotonic() < until


def test_a_lock_is_taken_again_after_the_connection_was_lost(server: Server, other: Server, database: str) -> None:
    mine, theirs = (Presence(Schema(each, PurePosixPath("runs"))) for each in (server, other))
    assert mine.enter("run 1")
    cut_off(database)
    mine.check("run 1")
    assert not theirs.enter("run 1")
    mine.leave("run 1")
    assert theirs.enter("run 1")


def test_whose_lock_another_has_taken_meanwhile_goes_no_further(server: Server, other: Server, database: str) -> None:
    mine, theirs = (Presence(Schema(each, PurePosixPath("runs"))) for each in (server, other))
    assert mine.enter("run 1") and mine.enter("run 2")
    cut_off(database)
    assert theirs.enter("run 1")
    with pytest.raises(NotNow, match="taken over"):
        mine.check("run 1")
    mine.check("run 2")
    mine.leave("run 1")
    assert not mine.enter("run 1"), "the other still works on it"


def test_connections_to_the_server_are_shared(server: Server, database: str) -> None:
    for number in range(20):
        Schema(server, PurePosixPath(f"tenants/{number}")).opened(TABLE, 1).execute("SELECT 1")
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert found.fetchone() == (2,), "this one, and the server's"


def test_a_name_that_would_be_sql_is_a_name(server: Server) -> None:
    place = Schema(server, PurePosixPath('a"; DROP TABLE words; --'))
    opened = place.opened(TABLE, 1)
    opened.execute("INSERT INTO words VALUES (?, ?)", ["one", 1])
    assert opened.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'a\"%'").fetchall() == [(place.name,)]
    assert place.exists() and not Schema(server, PurePosixPath("another")).exists()


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/name", "postgresql://host", "postgresql://[/name"])
def test_an_address_that_is_none_is_invalid_input(url: str) -> None:
    with pytest.raises(InvalidInput, match="is not the address of a database"):
        server_at(url)


def test_what_the_address_says_of_the_connection_counts(database: str) -> None:
    said = "?application_name=ours&options=-c%20statement_timeout%3D7s"
    with closing(Server(database + said)) as server:
        connection = server.connected()
        with closing(connection):
            shown = [
                connection.execute(f"SHOW {name}").fetchone()
                for name in ("application_name", "statement_timeout", "idle_in_transaction_session_timeout")
            ]
    assert shown == [("ours",), ("7s",), ("1min",)]


def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    place = Schema(Server("postgresql://who:canary-4711@127.0.0.1:1/none"), PurePosixPath("runs"))
    with pytest.raises(InvalidInput, match=r"none on 127\.0\.0\.1 cannot be reached") as caught:
        Store(place)
    assert "canary" not in f"{caught.value!r} {caught.value} {place!r} {place} {caught.value.document()}"


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("a = ? AND b = '?'", "a = %s AND b = '?'"),
        ("a = ?1 OR b = ?1", "a = %(p1)s OR b = %(p1)s"),
        ("a LIKE '%' || :like", "a LIKE '%%' || %(like)s"),
        ("a::text = ?", "a::text = %s"),
    ],
)
def test_parameters_are_said_as_the_driver_has_them(said: str, heard: str) -> None:
    assert statement(said) == heard


def test_a_change_does_not_meet_a_connection_that_the_server_has_ended(server: Server, database: str) -> None:
    opened = [Schema(server, PurePosixPath(name)).opened(TABLE, 1) for name in ("a", "b", "c")]
    for each in opened:
        each.execute("BEGIN IMMEDIATE")
    for each in opened:
        each.execute("COMMIT")
    cut_off(database)
    for number, each in enumerate(opened):
        each.execute("INSERT INTO words VALUES (?, ?)", ["one", number])
    assert [each.execute("SELECT number FROM words").fetchone() for each in opened] == [(0,), (1,), (2,)]


def test_a_server_that_does_not_answer_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Schema(server, PurePosixPath("things")).opened(TABLE, 1)
    monkeypatch.setattr("connector_runtime.store.server.LONGEST_ANSWER_S", 0.2)
    with pytest.raises(Exception, match="no answer within"):
        opened.execute("SELECT pg_sleep(20)")
    monkeypatch.undo()
    assert opened.execute("SELECT 1").fetchone() == (1,)
