"""Which run caused an event: of those that still expect it, the one during which it happened, or soon after. Pure.

A platform names no cause, so it is told by what the event says and when it happened. Two runs that expect the same at
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
"""For how long after its run has ended an event may happen, and is waited for: platforms take seconds to minutes."""

CLOCKS_S = 5
"""By how much an event may seem to have happened before its run: the platform has a clock of its own."""

Place: TypeAlias = tuple[str, int]
"""A run's id, and the number of one of the events that its record expects."""


def causes(
    expected: Iterable[Expected], events: Iterable[Mapping[str, Json]], taken: Mapping[Place, int] | None = None
) -> dict[int, Place]:
    """The cursors of the events that were caused, and by what. `expected` in the order in which the runs began,
    `events` in that of their arrival, each with the `moment` at which it happened; `taken` is what had been caused by
    then.
    """
    waiting = _Waiting(expected, taken or {})
    found: dict[int, Place] = {}
    for event in events:
        meant = [each for each in waiting.that_mean(event) if is_in_time(each, event)]
        if meant:
            nearest = min(meant, key=lambda each: (_away_s(each, event["moment"]), each.number is None, each.since))
            found[event["cursor"]] = waiting.taken(nearest)
    return found


def is_in_time(expected: Expected, event: Mapping[str, Json]) -> bool:
    """Whether an event may be what is expected: it arrived after the run had begun, and happened during it or soon
    after.
    """
    happened: str = event["moment"]
    since = moment(expected.since, -CLOCKS_S)
    return event["received_at"] >= expected.since and since <= happened <= moment(expected.until, WINDOW_S)


def moment(text: str, plus_s: float = 0) -> str:
    """A moment so many seconds later, as texts that are compared with each other write it."""
    later = datetime.fromisoformat(text) + timedelta(seconds=plus_s)
    return as_text(later)


def _away_s(expected: Expected, happened: str) -> float:
    """How long after a run an event happened, in seconds; 0 for during it, as far as clocks tell."""
    after = datetime.fromisoformat(happened) - datetime.fromisoformat(expected.until)
    return max(0.0, after.total_seconds() - CLOCKS_S)


class _Waiting:
    """What is still expected, found by what an event says."""

    def __init__(self, expected: Iterable[Expected], taken: Mapping[Place, int]) -> None:
        self._left: dict[Place, int | None] = {}
        self._names: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        """By event: the payload fields that are looked at."""
        self._lines: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Expected]] = defaultdict(list)
        """By event, those fields and their values."""
        for each in expected:
            names, place = tuple(sorted(each.match)), (each.run_id, each.place)
            self._left[place] = None if each.number is None else max(0, each.number - taken.get(place, 0))
            self._names[each.event].add(names)
            self._lines[each.event, names, said_of(names, each.match)].append(each)

    def that_mean(self, event: Mapping[str, Json]) -> list[Expected]:
        """What is expected that says the same."""
        kind, payload = event["event"], event["payload"]
        lines = (self._lines.get((kind, names, said_of(names, payload)), ()) for names in self._names.get(kind, ()))
        return [each for line in lines for each in line if self._left[each.run_id, each.place] != 0]

    def taken(self, expected: Expected) -> Place:
        """One of them has arrived."""
        place = expected.run_id, expected.place
        if (number := self._left[place]) is not None:
            self._left[place] = number - 1
        return place
