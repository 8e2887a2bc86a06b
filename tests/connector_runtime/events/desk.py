"""Runs and events of a directory, put there for those who join them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector_runtime.events.causes import moment
from connector_runtime.events.endpoints import drawn
from connector_runtime.events.loop import Loop
from connector_runtime.record import Record
from connector_runtime.store import Location, Presence, Store
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events
from connector_runtime.values import Json


class Desk:
    """The files of a directory, and what somebody puts there."""

    def __init__(self, directory: Location) -> None:
        self.runs, self.events = directory / "runs.sqlite3", directory / "events.sqlite3"
        self.clock = ""

    def run(self, user: int, *, number: Json = 1, connection: str = "acme", **kept: Any) -> dict[str, Json]:
        """A run that has ended well, and expects that event."""
        document = self._begun(user, number, connection) | {"status": "succeeded", "effect": "done"} | kept
        self.save(document)
        return document

    def sending(self, user: int, connection: str = "acme", **kept: Any) -> dict[str, Json]:
        """A run that has sent its change, and has no answer yet; somebody must be `at` it."""
        document = self._begun(user, 1, connection) | {"effect": "unknown"} | kept
        self.save({**document, "events": []}, document["events"])
        return document

    def ended(self, run: dict[str, Json], effect: str = "done") -> dict[str, Json]:
        """The same run, when its answer has come."""
        status = "succeeded" if effect == "done" else "failed"
        document = {**run, "status": status, "effect": effect, "events": run["events"] if effect == "done" else []}
        self.save(document, run["events"])
        return document

    def save(self, document: dict[str, Json], may_cause: list[dict[str, Json]] | None = None) -> None:
        store = Store(self.runs)
        store.save(document, may_cause)
        store.close()

    def at(self, run: dict[str, Json]) -> Any:
        """Work on a run, for a `with`."""
        return Presence(self.runs.with_suffix(".lock")).at(run["run_id"])

    def let_in(self, connection: str = "acme") -> None:
        """Webhooks of a connection may come."""
        events = Events(self.events)
        events.open_endpoint(drawn(connection)[1])
        events.close()

    def _begun(self, user: int, number: Json, connection: str) -> dict[str, Json]:
        record = Record.begin(action="act", version="1", connection=connection, given={})
        expected = {"event": "made", "status": "expected", "match": {"user": user}, "count": number}
        return record.document() | {"events": [expected]}

    def expect_at(self, run: dict[str, Json], begun: str) -> None:
        """Let a run have worked then, for a second."""
        store = Store(self.runs)
        store._connection.execute(
            "UPDATE expected SET since = ?, until = ? WHERE run_id = ?", [begun, moment(begun, 1), run["run_id"]]
        )
        store.close()

    def arrive(
        self,
        user: int,
        message: str,
        run: dict[str, Json],
        *,
        after_s: float = 3,
        happened_s: float | None = None,
        times: int = 1,
    ) -> None:
        events = Events(self.events)
        happened = None if happened_s is None else moment(run["started_at"], happened_s)
        found = [
            Occurrence("made", message, place, "i", f"{message} {place}", None, {"user": user}, happened)
            for place in range(times)
        ]
        events.keep([Arrival(run["connection"], moment(run["started_at"], after_s), found)])
        events.close()

    def set_aside(self, run: dict[str, Json], reason: str) -> None:
        events = Events(self.events)
        events.keep([Arrival(run["connection"], run["started_at"], reason=reason)])
        events.close()

    def loop(self, run: dict[str, Json], after_s: float = 5) -> Loop:
        return Loop(self.runs, self.events, now=lambda: datetime.fromisoformat(moment(run["started_at"], after_s)))

    def arrived(self, run: dict[str, Json], after_s: float = 5) -> list[dict[str, Any]]:
        with self.loop(run, after_s) as loop:
            return loop.arrived(run)
