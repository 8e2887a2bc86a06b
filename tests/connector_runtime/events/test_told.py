"""What somebody may have of events before all their causes are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from connector_runtime.events.told import Told
from connector_runtime.values import Json

CAUSES = {1: None, 2: "run", 3: None, 4: None, 5: None}
KINDS = {1: "made", 2: "made", 3: "ended", 4: "made", 5: "ended"}
TOLD = Told([{"cursor": cursor, "event": KINDS[cursor], "caused_by": CAUSES[cursor]} for cursor in CAUSES], {3, 5})


def others(event: Mapping[str, Json]) -> bool:
    return event["event"] == "made" and event["caused_by"] is None


@pytest.mark.parametrize(
    ("wants", "cursors", "upto"),
    [
        (lambda event: True, [1, 2], 2),
        (others, [1, 4], 5),
        (lambda event: event["event"] == "ended", [], 2),
        (lambda event: event["caused_by"] is not None, [2], 5),
        (lambda event: False, [], 5),
    ],
)
def test_only_an_open_event_that_is_wanted_holds_back(
    wants: Callable[[Mapping[str, Json]], bool], cursors: list[int], upto: int
) -> None:
    found, reached = TOLD.wanted(wants)
    assert ([event["cursor"] for event in found], reached) == (cursors, upto)


def test_nothing_is_reached_where_the_first_is_open_or_there_is_none() -> None:
    assert Told(TOLD.events, {1}).wanted(others) == Told([], set()).wanted(others) == ([], None)
