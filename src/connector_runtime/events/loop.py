"""The loop closed: whether what a run announced has arrived, and which run caused what arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from connector_runtime.events.causes import CLOCKS_S, WINDOW_S, Place, causes, moment
from connector_runtime.store import Store
from connector_runtime.store.events import Events
from connector_runtime.values import Json, as_text

LOOK_AGAIN_S = 0.2
"""Between two looks for what has arrived."""


class Loop:
    """The runs and the events of a data directory, joined when somebody asks."""

    def __init__(self, runs: Path, events: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Raises InvalidInput when the directory cannot be used."""
        self._runs, self._now = Store(runs), now
        try:
            self._events = Events(events)
        except BaseException:
            self._runs.close()
            raise

    def __enter__(self) -> Loop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._events.close()
        self._runs.close()

    def listens(self, connection: str) -> bool:
        """Whether a connection's webhooks are let in, so that an event that does not arrive is missing."""
        return any(endpoint.connection == connection for endpoint in self._events.endpoints())

    def arrived(self, run: Mapping[str, Json]) -> list[dict[str, Json]]:
        """The events that a run's record expects, as far as they have arrived: each with its `status` (`seen`, when all
        have; `expected`, while the rest may still come; `missing`), how many were `seen`, `delays_s` from the run's
        beginning to each arrival, and their `cursors`.
        """
        own = self._runs.expected_of(run["run_id"])
        if not own:
            return [{**event, "seen": 0, "delays_s": [], "cursors": []} for event in run["events"]]
        since, until = own[0].since, own[0].until
        found = self._causes(run["connection"], since, until)
        is_over = as_text(self._now()) > moment(until, WINDOW_S)
        told = []
        for each, event in zip(own, run["events"], strict=True):
            came = [arrival for arrival, cause in found if cause == (each.run_id, each.place)]
            status = "seen" if len(came) >= (each.number or 1) else "missing" if is_over else "expected"
            delays = [_seconds(since, arrival["received_at"]) for arrival in came]
            whole = {"seen": len(came), "delays_s": delays, "cursors": [arrival["cursor"] for arrival in came]}
            told.append({**event, "status": status, **whole})
        return told

    def with_causes(self, events: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
        """Events, each with the id of the run that `caused_by` names; None for what no run here has caused."""
        found: dict[int, Place | None] = {}
        for connection in {event["connection"] for event in events}:
            moments = [event["received_at"] for event in events if event["connection"] == connection]
            joined = self._causes(connection, moment(min(moments), -WINDOW_S), max(moments))
            found |= {each["cursor"]: cause for each, cause in joined}
        return [{**event, "caused_by": cause[0] if (cause := found.get(event["cursor"])) else None} for event in events]

    async def awaited(self, run: Mapping[str, Json], patience_s: float) -> list[dict[str, Json]]:
        """The same as `arrived`, once all have been seen; after so many seconds as it is then."""
        until = time.monotonic() + patience_s
        while True:
            told = self.arrived(run)
            if all(event["status"] == "seen" for event in told) or time.monotonic() >= until:
                return told
            await asyncio.sleep(LOOK_AGAIN_S)

    def _causes(self, connection: str, since: str, until: str) -> list[tuple[Mapping[str, Json], Place | None]]:
        """The events that runs which worked between these may have caused, and others of that time; with their causes.

        Runs and events of a window before are joined too: they may have a claim on what arrived first.
        """
        begin, end = moment(since, -WINDOW_S), moment(until, WINDOW_S)
        expected = self._runs.expected(connection, begin, end)
        if not expected:
            return []  # a storm of what others have caused need not be read
        events = self._events.between(connection, moment(begin, -CLOCKS_S), end)
        found = causes(expected, events)
        return [(event, found.get(event["cursor"])) for event in events]


def _seconds(since: str, until: str) -> float:
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds(), 3)
