"""The loop closed: whether what a run announced has arrived, and which run caused what arrived."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from types import TracebackType

from connector_runtime.events.causes import CLOCKS_S, WINDOW_S, causes, is_in_time, moment
from connector_runtime.events.figures import Period, figures, seconds
from connector_runtime.events.told import Told
from connector_runtime.events.watch import Watch
from connector_runtime.store import Expected, Location, Presence, Store
from connector_runtime.store.causes import NONE, Cause
from connector_runtime.store.events import Events
from connector_runtime.store.polled import Telling
from connector_runtime.store.sought import ALL, Only
from connector_runtime.values import Json, as_text

LOOK_AGAIN_S = 0.2
"""Between two looks for what has arrived."""

LONGEST_IN_PROGRESS_S = 60
"""For how long after a run has sent its change it is waited for, until it knows itself what has become of it."""

PAGE = 500
"""Events that are settled with one commit."""

LATEST = 10
"""Events that are looked at for what a run may be an answer to."""


class Loop:
    """The runs and the events of a data directory, joined when somebody asks."""

    def __init__(
        self, runs: Location, events: Location, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Raises InvalidInput when the directory cannot be used."""
        self._runs, self._now = Store(runs), now
        self._presence = Presence(runs.with_suffix(".lock"))
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

    def listens(self, connection: str, event: str = "") -> bool:
        """Whether a connection's webhooks are let in, or its list that tells this event is read, so that an event that
        does not arrive is missing.
        """
        return Watch(self._events, connection).listens(event)

    def arrived(self, run: Mapping[str, Json]) -> list[dict[str, Json]]:
        """The events that a run's record expects, as far as they have arrived: each with its `status` (`seen`, when all
        have; `expected`, while the rest may still come; then `missing`, or `not_watched` where nobody could have seen
        them), how many were `seen`, `delays_s` from the run's beginning to each arrival, and their `cursors`.
        """
        own = self._runs.expectations.of(run["run_id"])
        if len(own) != len(run["events"]):  # the run has not ended, or this is an older document of it
            return [{**event, "seen": 0, "delays_s": [], "cursors": []} for event in run["events"]]
        self.settle(run["connection"])
        came: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for place, cursor, received_at in self._events.causes.caused_by(run["run_id"]):
            came[place].append((cursor, received_at))
        told, watch = [], Watch(self._events, run["connection"])
        for each, event in zip(own, run["events"], strict=True):
            arrivals = came[each.place]
            delays = [seconds(each.since, received_at) for _, received_at in arrivals]
            whole = {"seen": len(arrivals), "delays_s": delays, "cursors": [cursor for cursor, _ in arrivals]}
            told.append({**event, "status": self._status(watch, each, len(arrivals)), **whole})
        return told

    def _status(self, watch: Watch, expected: Expected, seen: int) -> str:
        if seen >= (expected.number or 1):
            return "seen"
        if as_text(self._now()) <= moment(expected.until, WINDOW_S):
            return "expected"
        return "missing" if watch.watched(expected) else "not_watched"

    @property
    def runs(self) -> Store:
        """The runs on disk."""
        return self._runs

    def after(self, cursor: int, limit: int, only: Only = ALL) -> list[Json]:
        """The events that were kept after a cursor, in the order in which they were kept; of others nothing is read."""
        return self._events.after(cursor, limit, only)

    def latest(self) -> int:
        """The cursor of the event that was kept last; 0 before the first."""
        return self._events.latest()

    def actions_of(self, run_ids: Collection[str]) -> dict[str, str]:
        """By id, which actions these runs were of; nothing of a run that is not there."""
        found = (self._runs.get(run_id) for run_id in run_ids)
        return {record["run_id"]: record["action"] for record in found if record is not None}

    def event(self, cursor: int) -> Json:
        """The event with that cursor; None where there is none."""
        if not 0 < cursor < 2**63:
            return None
        return next((each for each in self._events.after(cursor - 1, 1) if each["cursor"] == cursor), None)

    def latest_about(self, connection: str, about: Sequence[Mapping[str, Json]], past_s: float) -> list[Json]:
        """The latest events that arrived within so many seconds and whose payload has one of these sets of values,
        newest first.
        """
        return self._events.latest_about(connection, about, moment(as_text(self._now()), -past_s), LATEST)

    def chain(self, run_id: str) -> int:
        """How many runs led to that one."""
        return self._runs.chain(run_id)

    def decided(self, events: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
        """The first of these events, with their causes: as far as to one whose cause is open. Whoever acts on an event
        asks again for the rest a little later: the answer is open for a minute at most.
        """
        undecided = self.undecided(events)
        return self.with_causes(list(takewhile(lambda event: event["cursor"] not in undecided, events)))

    def told(self, events: Sequence[Mapping[str, Json]]) -> Told:
        """All of these events, with their causes as far as they are known: for those who want some of them only."""
        undecided = self.undecided(events)
        return Told(self.with_causes(events), undecided)

    def undecided(self, events: Sequence[Mapping[str, Json]]) -> set[int]:
        """The cursors of the events whose cause is open, as a run in progress may be it, or that of one before them:
        one that has sent a change, and does not know yet whether it was made. A run whose process has died is in
        progress no longer.
        """
        settled = {connection: self.settle(connection) for connection in _by_connection(events)}
        return {event["cursor"] for event in events if event["cursor"] > settled[event["connection"]]}

    def likely(self, events: Sequence[Mapping[str, Json]]) -> dict[int, set[str]]:
        """By cursor the runs that caused these events. Of one whose cause is open it is all that may turn out to be it:
        who cannot wait must not take it for nobody's.
        """
        undecided = self.undecided(events)
        found: dict[int, set[str]] = {event["cursor"]: set() for event in events}
        for connection, those in _by_connection([each for each in events if each["cursor"] in undecided]).items():
            at_work = self._at_work(connection)
            page = self._events.unsettled(connection, PAGE, among=[event["cursor"] for event in those])
            for cursor, cause in (self._causes_of(connection, page) if page else {}).items():
                found[cursor].update(filter(None, [cause.run_id]))
            for event in page:
                found[event["cursor"]] |= {each.run_id for each in at_work if _may_be(each, event)}
        for event in self.with_causes(events):  # last, as it may have been settled meanwhile
            found[event["cursor"]].update(filter(None, [event["caused_by"]]))
        return found

    def with_causes(self, events: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
        """Events, each with the id of the run that `caused_by` names, None for what no run here has caused; and with
        `unexpected`: whether none did, although a run here has expected such an event of the same thing before.
        `undecided` says for which of them that may change; once it is settled it stays.
        """
        for connection in _by_connection(events):
            self.settle(connection)
        found = self._events.causes.of([event["cursor"] for event in events])
        told: list[dict[str, Json]] = []
        for event in events:
            cause = found.get(event["cursor"], NONE)
            told.append({**event, "caused_by": cause.run_id, "unexpected": cause.unexpected})
        return told

    def statistics(self, days: int, connection: str | None = None, only: Only = ALL) -> dict[str, Json]:
        """How well events were delivered on so many days, by UTC and today among them: `since`, rows of `events` (see
        `figures`), and rows of what was set `aside`: `connection`, `reason` and `number`. `only` of these events.
        """
        only = only.narrowed(connection)
        first = self._now() - timedelta(days=days - 1)
        since = as_text(first.replace(hour=0, minute=0, second=0, microsecond=0))
        counts = [each for each in self._events.counts_since(since) if only.has(each["connection"])]
        listening = {each.connection for each in self._events.endpoints()}
        listening |= {each["connection"] for each in self._events.counts()}
        rows: list[dict[str, Json]] = []
        for name in sorted(filter(only.has, listening)):
            same = {each["event"]: each["number"] for each in counts if each["connection"] == name and each["event"]}
            rows += [row for row in figures(self._period(name, since, same)) if only.has(name, row["event"])]
        aside = [
            {"connection": each["connection"], "reason": each["what"], "number": each["number"]}
            for each in counts
            if not each["event"]
        ]
        return {"since": since, "events": rows, "aside": aside}

    def _period(self, connection: str, since: str, duplicates: Mapping[str, int]) -> Period:
        until = as_text(self._now())
        self.settle(connection)
        doubtful = self._runs.expectations.doubtful(connection, since)
        expected = [
            each
            for each in self._runs.expectations.between(connection, since, until)
            if each.since >= since and each.run_id not in doubtful
        ]
        arrivals = self._events.causes.arrivals({each.run_id for each in expected})
        watch = Watch(self._events, connection)
        known: dict[bool, list[Expected]] = {True: [], False: []}
        for each in expected:
            seen = len(arrivals.get((each.run_id, each.place), ()))
            known[self._status(watch, each, seen) != "not_watched"].append(each)
        return Period(
            connection=connection,
            since=since,
            until=until,
            expected=known[True],
            unwatched=known[False],
            kept=self._events.counted(connection, since, until),
            arrivals=arrivals,
            duplicates=duplicates,
        )

    def forget(self, before: str, lists: Mapping[str, Telling]) -> int:
        """Forget the events that arrived before that moment, once it is settled what caused them; how many. `lists`
        says how lists tell events, by event. Raises NotNow.
        """
        for connection in {each["connection"] for each in self._events.counts()}:
            self.settle(connection)
        return self._events.forget(before, lists)

    async def awaited(self, run: Mapping[str, Json], patience_s: float) -> list[dict[str, Json]]:
        """The same as `arrived`, once all have been seen; after so many seconds as it is then."""
        until = time.monotonic() + patience_s
        while True:
            told = self.arrived(run)
            if all(event["status"] == "seen" for event in told) or time.monotonic() >= until:
                return told
            await asyncio.sleep(LOOK_AGAIN_S)

    def settle(self, connection: str) -> int:
        """Settle what caused the events of a connection, in the order of their arrival, as far as it is decided.
        Returns the cursor up to which it is.
        """
        while True:
            before, page = self._events.causes.settled(connection), self._events.unsettled(connection, PAGE)
            decided = self._first_decided(connection, page)
            if not decided:
                return before
            found = self._causes_of(connection, decided)
            self._events.causes.settle(connection, before, decided[-1]["cursor"], found)

    def _first_decided(self, connection: str, events: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
        """The first of these events, as far as to one that a run in progress may cause."""
        at_work = self._at_work(connection) if events else []
        return list(takewhile(lambda event: not any(_may_be(each, event) for each in at_work), events))

    def _causes_of(self, connection: str, events: Sequence[Mapping[str, Json]]) -> dict[int, Cause]:
        moments = [event["moment"] for event in events]
        expected = self._runs.expectations.between(
            connection, moment(min(moments), -WINDOW_S), moment(max(moments), CLOCKS_S)
        )
        taken = self._events.causes.taken({each.run_id for each in expected}) if expected else {}
        places = causes(expected, events, taken)
        uncaused = [event for event in events if event["cursor"] not in places]
        found = {cursor: Cause(unexpected=True) for cursor in self._unexpected(connection, uncaused)}
        return found | {cursor: Cause(run_id, place) for cursor, (run_id, place) in places.items()}

    def _at_work(self, connection: str) -> list[Expected]:
        """What runs in progress will have caused, if their change is made."""
        unsettled = self._runs.expectations.unsettled(connection, moment(as_text(self._now()), -LONGEST_IN_PROGRESS_S))
        at_work = {run_id for run_id in {each.run_id for each in unsettled} if self._presence.is_at_work(run_id)}
        return [each for each in unsettled if each.run_id in at_work]

    def _unexpected(self, connection: str, uncaused: Sequence[Mapping[str, Json]]) -> set[int]:
        """Those of the events that nothing caused which are about what runs here know."""
        kinds: dict[str, list[tuple[int, Mapping[str, Json], str]]] = {}
        for event in uncaused:
            told = event["cursor"], event["payload"], moment(event["received_at"], CLOCKS_S)
            kinds.setdefault(event["event"], []).append(told)
        known = [self._runs.expectations.known(connection, kind, told) for kind, told in kinds.items()]
        return set().union(*known)


def _may_be(expected: Expected, event: Mapping[str, Json]) -> bool:
    return expected.is_about(event) and is_in_time(expected, event)


def _by_connection(events: Sequence[Mapping[str, Json]]) -> dict[str, list[Mapping[str, Json]]]:
    found: dict[str, list[Mapping[str, Json]]] = {}
    for event in events:
        found.setdefault(event["connection"], []).append(event)
    return found
