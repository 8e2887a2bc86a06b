"""The runs on disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.record import Record
from connector_runtime.store import Location, Store
from connector_runtime.values import Json
from tests.places import on_disk


def document(run_id: str, **changes: Json) -> dict[str, Json]:
    record = Record(run_id=run_id, action="act", version="1", connection="c", started_at="2026-01-01T00:00:00.000Z")
    return record.document() | changes


@pytest.fixture
def store(location: Location) -> Iterator[Store]:
    with closing(Store(location / "deep" / "down" / "runs.sqlite3")) as opened:
        yield opened


def test_a_saved_run_is_found_again_as_it_was(store: Store) -> None:
    whole = document("a-1", input={"name": "ünï\u2028🎓", "n": 1.5, "none": None})
    store.save(whole)
    assert store.find("a-1") == [whole]


def test_a_run_saved_again_replaces_itself(store: Store) -> None:
    store.save(document("a-1", status="running"))
    store.save(document("a-1", status="failed"))
    assert [run["status"] for run in store.newest(10)] == ["failed"]


def test_a_run_is_found_by_the_beginning_of_its_id_when_it_is_the_only_one(store: Store) -> None:
    for run_id in ("20260101-a1", "20260101-b2"):
        store.save(document(run_id))
    assert [run["run_id"] for run in store.find("20260101-a")] == ["20260101-a1"]
    assert len(store.find("20260101")) == 2
    assert store.find("2027") == []


def test_a_run_is_found_by_the_end_of_its_id(store: Store) -> None:
    for run_id in ("20260101-a1", "20260101-b2"):
        store.save(document(run_id))
    assert [run["run_id"] for run in store.find("b2")] == ["20260101-b2"]


def test_a_whole_id_is_found_although_another_begins_with_it(store: Store) -> None:
    for run_id in ("a", "ab"):
        store.save(document(run_id))
    assert [run["run_id"] for run in store.find("a")] == ["a"]


@pytest.mark.parametrize("pattern", ["%", "_", "a_c", "a%", "\\", "a\\", "' OR 1=1 --"])
def test_an_id_is_never_a_pattern(store: Store, pattern: str) -> None:
    store.save(document("abc"))
    assert store.find(pattern) == []


def test_no_id_is_no_run(store: Store) -> None:
    store.save(document("abc"))
    assert store.find("") == []


def test_the_newest_come_first_and_no_more_than_asked_for(store: Store) -> None:
    for day in (2, 1, 3):
        store.save(document(f"r{day}", started_at=f"2026-01-0{day}T00:00:00.000Z"))
    assert [run["run_id"] for run in store.newest(2)] == ["r3", "r2"]


def test_runs_of_the_same_moment_keep_the_order_in_which_they_began(store: Store) -> None:
    for run_id in ("first", "second"):
        store.save(document(run_id, started_at="2026-01-01T00:00:00.000Z", status="running"))
    store.save(document("first", started_at="2026-01-01T00:00:00.000Z", status="succeeded"))
    assert [run["run_id"] for run in store.newest(2)] == ["second", "first"]


def test_runs_can_be_chosen_by_status(store: Store) -> None:
    for status in ("running", "succeeded", "failed"):
        store.save(document(status, status=status))
    assert [run["run_id"] for run in store.newest(10, "failed")] == ["failed"]


def test_several_openings_of_one_file_see_each_others_runs(store: Store, location: Location) -> None:
    other = Store(location / "deep" / "down" / "runs.sqlite3")
    store.save(document("mine"))
    other.save(document("theirs"))
    assert {run["run_id"] for run in store.newest(10)} == {"mine", "theirs"}
    other.close()


def test_many_writers_lose_no_run(location: Location) -> None:
    path = location / "runs.sqlite3"

    def write(writer: int) -> None:
        mine = Store(path)
        for number in range(20):
            mine.save(document(f"{writer}-{number}"))
        mine.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(Store(path)) as store:
        assert len(list(store.newest(1_000))) == 80


@on_disk
def test_a_broken_file_is_invalid_input_that_names_it(location: Path) -> None:
    path = location / "runs.sqlite3"
    path.write_bytes(b"this is no database, but it is long enough to be taken for one" * 50)
    with pytest.raises(InvalidInput, match=r"Data directory: .*runs\.sqlite3 cannot be used"):
        Store(path)


@pytest.mark.parametrize("path", ["file/runs.sqlite3", "/proc/none/runs.sqlite3", "nul\0/runs.sqlite3"])
@on_disk
def test_a_directory_that_cannot_be_used_is_invalid_input(location: Path, path: str) -> None:
    (location / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Store(location / path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@on_disk
def test_a_directory_without_permission_is_invalid_input(location: Path) -> None:
    location.chmod(0o500)
    with pytest.raises(InvalidInput, match="cannot be used"):
        Store(location / "runs.sqlite3")


@on_disk
def test_a_file_that_holds_another_programs_tables_is_invalid_input(location: Path) -> None:
    import sqlite3

    path = location / "runs.sqlite3"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE runs (something TEXT)")
    other.commit()
    other.close()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Store(path)


@on_disk
def test_a_run_that_the_disk_does_not_take_is_a_named_error(store: Store) -> None:
    store.close()
    with pytest.raises(NotNow, match="run a-1 could not be recorded") as caught:
        store.save(document("a-1", effect="done"))
    assert (caught.value.code, caught.value.effect) == ("not_recorded", "done")


def kept_in(store: Store, *changes: dict[str, Json]) -> None:
    for number, each in enumerate(changes):
        store.save(document(f"r{number}", started_at=f"2026-01-0{number + 1}T00:00:00.000Z", **each))


def found(store: Store, **which: Any) -> list[str]:
    return [record["run_id"] for _, record in store.search(limit=10, **which)]


def test_runs_are_chosen_by_what_became_of_them_and_when_they_began(store: Store) -> None:
    kept_in(store, {"effect": "done"}, {"effect": "unknown"}, {"effect": "done", "connection": "d"})
    assert found(store, effect="done") == ["r2", "r0"]
    assert found(store, since="2026-01-02T00:00:00.000Z") == ["r2", "r1"]
    assert found(store, until="2026-01-02T00:00:00.000Z") == ["r1", "r0"]
    assert found(store, effect="done", only=["c"]) == ["r0"]
    assert found(store, only_actions=[]) == found(store, only_actions=["other"]) == []
    assert found(store, only_actions=["other", document("r0")["action"]]) == ["r2", "r1", "r0"]


@pytest.mark.parametrize("text", ["100%", "a_b", 'quo"te', "back\\slash", "ünï 🎓"])
def test_a_text_is_found_as_it_is_and_is_no_pattern(store: Store, text: str) -> None:
    kept_in(store, {"input": {"x": text}}, {"input": {"x": "100 aXb quote backslash"}})
    looked = store.look_through(text, limit=10)
    assert [None if record is None else record["run_id"] for _, record in looked] == [None, "r0"]


def test_a_run_is_kept_instead_of_what_was_known_and_of_nothing_else(store: Store) -> None:
    event = {"event": "e", "match": {"id": 7}, "count": 1}
    first = store.save(document("r0"))
    assert first is not None
    second = store.save(document("r0", effect="unknown"), [event], before=[first])
    assert second is not None and second != first
    assert store.save(document("r0", status="failed"), before=[first]) is None
    assert store.save(document("r0", status="failed", effect="none"), [], before=[first]) is None
    assert [each["effect"] for each in store.find("r0")] == ["unknown"] and len(store.expectations.of("r0")) == 1


def test_no_more_are_looked_through_than_is_said(store: Store) -> None:
    kept_in(store, {"input": {"x": "wanted"}}, {}, {"connection": "d"}, {})
    looked = store.look_through("wanted", limit=2, only=["c"])
    assert [record for _, record in looked] == [None, None], "r3 and r1"
    ((_, last),) = store.look_through("wanted", before=looked[-1][0], limit=2, only=["c"])
    assert last is not None and last["run_id"] == "r0"


def test_runs_are_counted_as_they_are_chosen(store: Store) -> None:
    kept_in(store, {"effect": "done"}, {"effect": "done"}, {"status": "failed"}, {"effect": "done", "connection": "d"})
    assert store.count(only=["c"]) == [("failed", "none", 1), ("running", "done", 2)]
    assert store.count(effect="unknown") == []
