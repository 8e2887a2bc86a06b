"""Whether somebody watches for the events of a connection, so that one that does not come is missing."""

from __future__ import annotations

from connector_runtime.store import Expected
from connector_runtime.store.events import Events


class Watch:
    """What is watched of one connection, as it is now. What was looked up once is not looked up again."""

    def __init__(self, events: Events, connection: str) -> None:
        self._events, self._connection = events, connection
        self._marks = events.marks(connection)
        self._listened: tuple[str, str | None] | None = None
        self._came: dict[str, bool] = {}

    def listens(self, event: str) -> bool:
        """Whether webhooks are let in, or the list that tells this event is read."""
        lets_in = any(endpoint.connection == self._connection for endpoint in self._events.endpoints())
        return lets_in or event in self._marks

    def watched(self, expected: Expected) -> bool:
        """Whether an event that was expected would have been seen, had it come: webhooks were let in then, and of its
        kind some have ever come, or were registered. Those that were made by hand may leave a kind out.
        """
        if expected.event in self._marks:  # a list tells it, sooner or later
            return True
        if self._listened is None:
            self._listened = self._events.listened(self._connection)
        begun, ended = self._listened
        there = begun <= expected.until and (ended is None or expected.since <= ended)
        return there and self._has_any(expected.event)

    def _has_any(self, event: str) -> bool:
        if event not in self._came:
            self._came[event] = self._events.has_any(self._connection, event)
        return self._came[event]
