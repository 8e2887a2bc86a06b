"""The calls that limits count: one SQLite file, one row per call that is on its way or still counts.

A call counts from before it is sent until one window after its answer: when it arrived in between, only the platform
knows. Times are in seconds since 1970, as rows outlive the machine's uptime.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import TypeAlias

from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.store.file import Failure, Location, opened, transaction
from connector_runtime.store.presence import Presence

SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (
    id       INTEGER PRIMARY KEY,
    budget   TEXT NOT NULL,
    taken    REAL NOT NULL,
    answered REAL,
    process  TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS counted_of_a_budget ON counted (budget, answered);
CREATE TABLE IF NOT EXISTS pauses (budget TEXT PRIMARY KEY, until REAL NOT NULL);
"""

PAUSE = """
INSERT INTO pauses (budget, until) VALUES (?, ?)
ON CONFLICT (budget) DO UPDATE SET until = excluded.until WHERE pauses.until < excluded.until
"""

INSERT = "INSERT INTO counted (budget, taken, process) VALUES (?, ?, ?) RETURNING id"

ON_THEIR_WAY = "SELECT count(*) FROM counted WHERE budget = ? AND answered IS NULL"

ANSWERED = "SELECT count(*) FROM counted WHERE budget = ? AND answered > ?"

ANSWERS = "SELECT answered FROM counted WHERE budget = ? AND answered > ? ORDER BY answered LIMIT 1 OFFSET ?"

KEPT_S = 24 * 3600
"""Calls are kept for so long at least: another connection to the platform may have a longer window."""

LONGEST_CALL_S = 330
"""A call without an answer after that has none: longer than the transport waits for one."""

LONGEST_PAUSE_S = 3600
"""More than that is not waited because of one header; a clock may have been set back, too."""

Windows: TypeAlias = Sequence[tuple[int, float]]
"""Calls, and seconds in which there may be so many."""


@dataclass(frozen=True)
class Full:
    """There is no room: until in so many seconds at the least; None where that depends on calls on their way."""

    free_in_s: float | None
    paused: bool = False
    """Because the platform has asked for it."""


class Calls:
    """The calls of all processes of a data directory."""

    def __init__(self, path: Location) -> None:
        """Open the file, made when it is not there. Raises InvalidInput when the directory cannot be used."""
        self._connection = opened(path, SCHEMA)
        self._presence = Presence(path.with_suffix(".lock"))
        self._process = token_hex(8)  # not its number: containers that share a directory have the same ones
        try:
            self._presence.enter(self._process)
        except InvalidInput:
            self._connection.close()
            raise

    def take(self, budget: str, windows: Windows, clock: Callable[[], float]) -> int | Full:
        """The id of a call that may be sent now, if every window has room for it. Raises NotNow."""
        with self._alone():
            now = clock()  # only here: others have gone on while this process waited for the file
            self._tidy(budget, max(KEPT_S, *(seconds for _, seconds in windows)), now)
            found = self._full(budget, windows, now)
            if found is not None and found.free_in_s is None and self._bury(budget, now):
                found = self._full(budget, windows, now)
            if found is not None:
                return found
            row = (budget, now, self._process)
            (call,) = self._connection.execute(INSERT, row).fetchone()
            return int(call)

    def answered(self, call: int, now: float) -> None:
        """The call has its answer, or will never have one."""
        with self._alone():
            self._connection.execute("UPDATE counted SET answered = ? WHERE id = ?", [now, call])

    def give_back(self, call: int) -> None:
        """The call was not sent."""
        with self._alone():
            self._connection.execute("DELETE FROM counted WHERE id = ?", [call])

    def pause(self, budget: str, until: float) -> None:
        """Send nothing before then; an earlier word for longer holds."""
        with self._alone():
            self._connection.execute(PAUSE, [budget, until])

    def used(self, budget: str, seconds: float, now: float) -> int:
        """How many calls count in a window of so many seconds now; those on their way among them."""
        (on_their_way,) = self._connection.execute(ON_THEIR_WAY, [budget]).fetchone()
        (answered,) = self._connection.execute(ANSWERED, [budget, now - seconds]).fetchone()
        return int(on_their_way + answered)

    def close(self) -> None:
        """Let go of the file."""
        self._presence.leave(self._process)
        self._connection.close()

    def _full(self, budget: str, windows: Windows, now: float) -> Full | None:
        """Whether there is no room, and until when."""
        pause = self._connection.execute("SELECT until FROM pauses WHERE budget = ?", [budget]).fetchone()
        if pause is not None and pause[0] > now:
            return Full(min(pause[0] - now, LONGEST_PAUSE_S), paused=True)
        waits = [self._wait(budget, calls, seconds, now) for calls, seconds in windows]
        full = [wait for wait in waits if wait is not None]
        if not full:
            return None
        known = [wait.free_in_s for wait in full if wait.free_in_s is not None]
        return Full(max(known) if known else None)

    def _wait(self, budget: str, calls: int, seconds: float, now: float) -> Full | None:
        since = [budget, now - seconds]
        (on_their_way,) = self._connection.execute(ON_THEIR_WAY, [budget]).fetchone()
        (answered,) = self._connection.execute(ANSWERED, since).fetchone()
        over = on_their_way + answered - calls
        if over < 0:
            return None
        if over >= answered:
            return Full(None)
        (earliest,) = self._connection.execute(ANSWERS, [*since, over]).fetchone()
        return Full(earliest + seconds - now)

    def _tidy(self, budget: str, longest_s: float, now: float) -> None:
        """Forget what no longer counts; what lies in the future was written before the clock was set back."""
        run = self._connection.execute
        run("DELETE FROM counted WHERE budget = ? AND answered <= ?", [budget, now - longest_s])
        run("UPDATE counted SET answered = ? WHERE budget = ? AND answered > ?", [now, budget, now + 1])
        # When an answered call was taken no longer matters, and there may be a day's of them.
        run("UPDATE counted SET taken = ? WHERE budget = ? AND answered IS NULL AND taken > ?", [now, budget, now + 1])
        run("DELETE FROM pauses WHERE budget = ? AND (until <= ? OR until > ?)", [budget, now, now + LONGEST_PAUSE_S])

    def _bury(self, budget: str, now: float) -> bool:
        """Take the calls of processes that are gone for answered now: they were sent before, if at all."""
        rows = self._connection.execute(
            "SELECT id, taken, process FROM counted WHERE budget = ? AND answered IS NULL", [budget]
        ).fetchall()
        lost = [
            call
            for call, taken, process in rows
            if taken < now - LONGEST_CALL_S or not self._presence.is_at_work(process)
        ]
        self._connection.executemany("UPDATE counted SET answered = ? WHERE id = ?", [(now, call) for call in lost])
        return bool(lost)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with transaction(self._connection):
                yield
        except Failure as wrong:
            raise NotNow(f"the call could not be counted ({wrong})", code="not_kept") from wrong
