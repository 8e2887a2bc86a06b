"""What runs expect, on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.store import Location, Store
from connector_runtime.values import Json, json_text
from tests.connector_runtime.store.test_runs import document
from tests.places import on_disk

MADE = {"event": "made", "status": "expected", "match": {"user": 7, "book": "B-1"}, "count": 1}
SAID = {"book": "B-1", "user": "7", "more": 1}
LATER, EARLIER = "2026-01-02T00:00:00.000Z", "2025-12-31T00:00:00.000Z"

BEFORE = """
CREATE TABLE expected (
    run_id TEXT NOT NULL, place INTEGER NOT NULL, connection TEXT NOT NULL, event TEXT NOT NULL, match TEXT NOT NULL,
    number INTEGER, since TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (run_id, place)
);
"""
"""As an earlier version made it."""


def opened(directory: Location) -> closing[Store]:
    return closing(Store(directory / "runs.sqlite3"))


def knows(store: Store, payload: dict[str, Json] = SAID, moment: str = LATER) -> bool:
    return store.expectations.known("c", "made", [(1, payload, moment)]) == {1}


def test_what_a_change_may_cause_is_expected_before_it_is_sent(location: Location) -> None:
    with opened(location) as store:
        store.save(document("a", effect="none"), [MADE])
        assert store.expectations.of("a") == []
        store.save(document("a", effect="unknown"), [MADE])
        (each,) = store.expectations.of("a")
        assert (each.event, each.match, each.number) == ("made", {"user": 7, "book": "B-1"}, 1)
        assert store.expectations.unsettled("c", EARLIER) == [each]
        assert store.expectations.unsettled("c", "2999") == store.expectations.unsettled("other", EARLIER) == []
        assert not knows(store), "it may be refused yet"


def test_at_the_end_of_a_run_that_is_what_its_record_says(location: Location) -> None:
    ends: list[tuple[str, list[Json], int]] = [("done", [MADE, MADE], 2), ("done", [], 0), ("unknown", [], 1)]
    with opened(location) as store:
        for effect, events, number in [*ends, ("none", [], 0)]:
            store.save(document(effect, effect="unknown"), [MADE])
            store.save(document(effect, effect=effect, status="failed", events=events), [MADE])
            assert len(store.expectations.of(effect)) == number
            assert store.expectations.unsettled("c", EARLIER) == []


def test_a_key_is_known_once_a_run_that_began_before_has_expected_it(location: Location) -> None:
    with opened(location) as store:
        store.save(document("a", effect="done", status="succeeded", events=[MADE]))
        other = {**MADE, "match": {"user": 8}}
        store.save(document("b", effect="done", status="succeeded", events=[other]))
        assert knows(store)
        assert knows(store, {"user": 8, "book": "B-2"}), "by fewer fields"
        assert not knows(store, {"user": 7, "book": "B-2"})
        assert not knows(store, moment=EARLIER)
        assert store.expectations.known("c", "ended", [(1, SAID, LATER)]) == set()
        assert store.expectations.known("d", "made", [(1, SAID, LATER)]) == set()


def test_only_runs_that_changed_something_for_certain_are_not_in_doubt(location: Location) -> None:
    with opened(location) as store:
        store.save(document("a", effect="done", status="succeeded", events=[MADE]))
        store.save(document("b", effect="unknown", status="failed"), [MADE])
        assert store.expectations.doubtful("c", EARLIER) == {"b"}
        assert store.expectations.doubtful("c", "2999") == set()


@on_disk
def test_a_file_of_an_earlier_version_is_understood(location: Path) -> None:
    with closing(sqlite3.connect(location / "runs.sqlite3")) as old:
        old.executescript(BEFORE)
        row = ["a", 0, "c", "made", json_text(MADE["match"]), 1, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z"]
        old.execute("INSERT INTO expected VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        old.commit()
    with opened(location) as store:
        assert knows(store)
        assert [each.run_id for each in store.expectations.of("a")] == ["a"]


@on_disk
def test_a_file_with_other_tables_is_named(location: Path) -> None:
    with closing(sqlite3.connect(location / "runs.sqlite3")) as odd:
        odd.execute("CREATE VIEW known AS SELECT 1 FROM gone")
    with pytest.raises(InvalidInput, match="cannot be used"):
        Store(location / "runs.sqlite3")
