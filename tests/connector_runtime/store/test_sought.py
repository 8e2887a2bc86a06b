"""Events are found for those who may see some of them only, and those of others are not read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from connector_runtime.store import Location
from connector_runtime.store import events as module
from connector_runtime.store.events import Events
from connector_runtime.store.sought import ALL, Only
from tests.connector_runtime.events.test_feed import keep


@pytest.fixture
def events(location: Location) -> Iterator[Events]:
    file = location / "events.sqlite3"
    keep(file, *range(1, 41), connection="abbey")
    keep(file, 41, 42)
    keep(file, 43, event="loan.ended")
    keep(file, 44, connection="town")
    with closing(Events(file)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("only", "numbers"),
    [
        (Only(connections={"village"}), [41, 42, 43]),
        (Only(connections={"town", "village"}), [41, 42, 43, 44]),
        (Only(connections={"village"}, kinds={"loan.ended"}), [43]),
        (Only(kinds={"loan.ended"}), [43]),
        (Only(connections=()), []),
        (Only(kinds=()), []),
        (ALL.narrowed("village", "loan.made"), [41, 42]),
        (Only(connections={"abbey"}).narrowed("village"), []),
    ],
)
def test_events_of_others_are_not_read(
    events: Events, monkeypatch: pytest.MonkeyPatch, only: Only, numbers: list[int]
) -> None:
    read: list[Any] = []
    made = module._document

    def reading(row: Any) -> Any:
        read.append(row[0])
        return made(row)

    monkeypatch.setattr(module, "_document", reading)
    assert [each["payload"]["n"] for each in events.after(0, 500, only)] == numbers
    assert len(read) == len(numbers)


def test_a_page_begins_after_its_cursor_and_ends_with_its_limit(events: Events) -> None:
    only = Only(connections={"abbey", "town", "village"})
    assert [each["payload"]["n"] for each in events.after(39, 3, only)] == [40, 41, 42]
    assert [each["payload"]["n"] for each in events.after(42, 3, only)] == [43, 44]
