"""The connections on disk: swapped by whoever read the newest, renewed by one at a time, and nobody else's to read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.store import Connections, Location, Row
from tests.places import on_disk

SEALED = b"CANARY-1-" + 40 * b"x"


@pytest.fixture
def path(location: Location) -> Location:
    return location / "deep" / "connections.sqlite3"


@pytest.fixture
def store(path: Location) -> Iterator[Connections]:
    with closing(Connections(path)) as opened:
        yield opened


@pytest.fixture
def other(store: Connections, path: Location) -> Iterator[Connections]:
    """Another process's view of the same file."""
    with closing(Connections(path)) as opened:
        yield opened


@pytest.fixture
def version(store: Connections) -> int:
    """That of a connection `acme`, newly kept."""
    assert store.add("acme", {"name": "acme"}, SEALED)
    return row(store).version


def row(store: Connections, name: str = "acme") -> Row:
    found = store.get(name)
    assert found is not None
    return found


def test_a_connection_is_found_again_as_it_was_kept(store: Connections, other: Connections) -> None:
    document = {"name": "acme", "fields": {"domain": "ünï\u2028"}, "limits": None}
    assert store.add("acme", document, SEALED)
    assert (row(other).document, row(other).sealed) == (document, SEALED)
    assert store.get("other") is None


def test_all_connections_come_by_name(store: Connections) -> None:
    for name in ("b", "a", "c"):
        assert store.add(name, {}, SEALED)
    assert [each.name for each in store.all()] == ["a", "b", "c"]


@pytest.mark.usefixtures("version")
def test_a_name_is_given_once(other: Connections) -> None:
    assert not other.add("acme", {"name": "other"}, b"other")
    assert row(other).sealed == SEALED


@pytest.mark.usefixtures("version")
def test_a_connection_is_replaced_whatever_its_version_and_only_where_there_is_one(store: Connections) -> None:
    assert store.replace("acme", {"name": "new"}, b"new")
    assert (row(store).document, row(store).sealed) == ({"name": "new"}, b"new")
    assert not store.replace("other", {}, b"new")


@pytest.mark.usefixtures("version")
def test_a_connection_is_removed_once(store: Connections, other: Connections) -> None:
    assert store.remove("acme")
    assert other.get("acme") is None
    assert not store.remove("acme")


def test_of_two_who_swap_the_same_version_one_is_faster(store: Connections, other: Connections, version: int) -> None:
    assert store.swap("acme", version, sealed=b"first")
    assert not other.swap("acme", version, sealed=b"second")
    assert (row(other).sealed, row(other).version) == (b"first", version + 1)
    assert row(other).document == {"name": "acme"}, "without a new document the old one stays"


def test_whoever_has_a_version_of_a_connection_that_was_removed_does_not_change_its_successor(
    store: Connections, version: int
) -> None:
    for _ in range(20):
        store.remove("acme")
        store.add("acme", {}, b"another")
        assert not store.swap("acme", version, sealed=b"old")


def test_one_renews_a_connection_at_a_time(store: Connections, other: Connections) -> None:
    assert store.enter("acme")
    assert not other.enter("acme")
    assert other.enter("beta")
    store.leave("acme")
    assert other.enter("acme")
    for name in ("acme", "beta"):
        other.leave(name)


def test_a_refusal_is_of_one_version(store: Connections, other: Connections, version: int) -> None:
    store.refuse("acme", version, 130.0, {"message": "no"})
    assert other.refusal("acme", version) == (130.0, {"message": "no"})
    assert other.refusal("acme", version + 1) is None
    store.refuse("acme", version + 1, 160.0, {"message": "not either"})
    assert (other.refusal("acme", version), other.refusal("acme", version + 1)) == (
        None,
        (160.0, {"message": "not either"}),
    )
    other.forget_refusal("acme")
    assert store.refusal("acme", version + 1) is None


def test_a_refusal_goes_with_its_connection(store: Connections, version: int) -> None:
    store.refuse("acme", version, 130.0, {})
    store.remove("acme")
    assert store.refusal("acme", version) is None


def test_what_is_sealed_anew_keeps_its_version(store: Connections, version: int) -> None:
    assert store.reseal("acme", version, b"anew")
    assert (row(store).version, row(store).sealed) == (version, b"anew")
    assert store.swap("acme", version, sealed=b"new")


@pytest.mark.usefixtures("version")
def test_what_is_done_exclusively_is_kept_whole_or_not_at_all(store: Connections, other: Connections) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive():
        store.add("b", {}, SEALED)
        store.remove("acme")
        raise ZeroDivisionError
    assert [each.name for each in other.all()] == ["acme"]
    with store.exclusive():
        store.add("b", {}, SEALED)
        assert other.get("b") is None
    assert other.get("b") is not None


@on_disk
def test_the_files_are_their_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(Connections(path)) as store:
            store.add("acme", {}, SEALED)
            modes = {each.name.removeprefix(path.name): each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"": 0o600, "-wal": 0o600, "-shm": 0o600}


@on_disk
def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    Connections(path).close()
    path.chmod(0o644)
    Connections(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


@on_disk
def test_opening_the_file_again_leaves_the_locks_of_this_process(path: Path, store: Connections) -> None:
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with store.exclusive(), closing(Connections(path)):
        another = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    assert "database is locked" in another.stderr


@pytest.mark.usefixtures("version")
@on_disk
def test_what_was_removed_or_replaced_does_not_linger_in_the_files(store: Connections, path: Path) -> None:
    def lingers(content: bytes) -> bool:
        return any(content in each.read_bytes() for each in path.parent.iterdir() if "-shm" not in each.name)

    assert lingers(SEALED)
    store.add("b", {}, b"CANARY-2-")
    store.remove("acme")
    assert not lingers(SEALED)
    assert lingers(b"CANARY-2-")


def test_a_row_does_not_show_what_is_sealed(store: Connections, version: int) -> None:
    assert "CANARY" not in f"{row(store)!r} {row(store)}"


@on_disk
def test_a_directory_that_cannot_be_used_is_named(location: Path) -> None:
    (location / "file").write_text("")
    with pytest.raises(InvalidInput, match=r"Data directory: .*cannot be used"):
        Connections(location / "file" / "connections.sqlite3")


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.add("b", {}, SEALED),
        lambda store: store.swap("acme", 1, sealed=SEALED),
        lambda store: store.exclusive().__enter__(),
    ],
)
@on_disk
def test_a_change_that_the_disk_does_not_take_is_not_now(store: Connections, change: Any) -> None:
    store._connection.execute("PRAGMA query_only=ON")
    store._connection.execute("PRAGMA busy_timeout=0")
    with closing(sqlite3.connect(store._connection.execute("PRAGMA database_list").fetchone()[2])) as third:
        third.isolation_level = None
        third.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotNow, match="could not be written") as caught:
            change(store)
    assert caught.value.code == "not_kept"
