"""Which run caused an event: each is joined to the first run that still expects it. Pure.

A platform names no cause, so it is told by what the event says and when it arrived. Two runs that expect the same at
the same time cannot be told apart; then the one that began first is taken for the cause of what arrives first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from connector_runtime.store import Expected
from connector_runtime.store.expectations import said_of
from connector_runtime.values import Json, as_text

WINDOW_S = 900
"""For how long after its run has ended an event is waited for: platforms take seconds to minutes."""

CLOCKS_S = 5
"""By how much an event may seem to be older than its run: others may have received it, by a clock of their own."""

Place: TypeAlias = tuple[str, int]
"""A run's id, and the number of one of the events that its record expects."""


def causes(expected: Iterable[Expected], events: Iterable[Mapping[str, Json]]) -> dict[int, Place]:
    """The cursors of the events that were caused, and by what. `expected` in the order in which the runs began,
    `events` in the order of their arrival.
    """
    waiting = _Waiting(expected)
    found: dict[int, Place] = {}
    for event in events:
        for each in waiting.that_mean(event):
            if is_in_time(each, event):
                found[event["cursor"]] = waiting.taken(each)
                break
    return found


def is_in_time(expected: Expected, event: Mapping[str, Json]) -> bool:
    """Whether an event came when what is expected may come."""
    came: str = event["received_at"]
    return moment(expected.since, -CLOCKS_S) <= came <= moment(expected.until, WINDOW_S)


def moment(text: str, plus_s: float = 0) -> str:
    """A moment so many seconds later, as texts that are compared with each other write it."""
    later = datetime.fromisoformat(text) + timedelta(seconds=plus_s)
    return as_text(later)


class _Waiting:
    """What is still expected, found by what an event says."""

    def __init__(self, expected: Iterable[Expected]) -> None:
        self._left: dict[Place, int | None] = {}
        self._names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        """By event: the payload fields that are looked at."""
        self._lines: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Expected]] = defaultdict(list)
        """By event, those fields and their values."""
        for each in expected:
            names = tuple(sorted(each.match))
            self._left[each.run_id, each.place] = each.number
            self._names[each.event].add(names)
            self._lines[each.event, names, said_of(names, each.match)].append(each)

    def that_mean(self, event: Mapping[str, Json]) -> list[Expected]:
        """What is expected that says the same, those whose runs began first first."""
        kind, payload = event["event"], event["payload"]
        lines = (self._lines.get((kind, names, said_of(names, payload)), ()) for names in self._names.get(kind, ()))
        meant = [each for line in lines for each in line if self._left[each.run_id, each.place] != 0]
        return sorted(meant, key=lambda each: (each.since, each.run_id, each.place))

    def taken(self, expected: Expected) -> Place:
        """One of them has arrived."""
        place = expected.run_id, expected.place
        if (number := self._left[place]) is not None:
            self._left[place] = number - 1
        return place
