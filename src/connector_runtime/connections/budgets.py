"""How many calls a platform takes: every request waits for its turn, so that the platform need not refuse.

The calls of all processes are counted in the store. Within a session the runs take turns: one that sends thousands of
requests does not keep another from its one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from connector_runtime.connections.line import NOTED_S, TOLD_S
from connector_runtime.definition.connection import Limits, Window
from connector_runtime.errors import ConnectorError, NotNow, RateLimited
from connector_runtime.refusal import advised_s
from connector_runtime.store import Calls, Full
from connector_runtime.store.calls import LONGEST_PAUSE_S
from connector_runtime.values import Response

POLL_S = 0.02
"""Between two looks for room that depends on answers, some of them in other processes."""

LONGEST_POLL_S = 1.0
"""Between two looks for room that is known to come: somebody may give a call back unused."""

UNITS = {1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day"}


class Budget:
    """The calls that one platform takes. `windows` hold all at once; `name` says whose calls are counted together.

    `tell` hears of a wait, in words, when it begins.
    """

    def __init__(
        self,
        name: str,
        windows: Sequence[Window],
        calls: Calls,
        limits: Limits,
        *,
        tell: Callable[[str], None] | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._name, self._calls, self._limits, self._tell = name, calls, limits, tell
        self._windows = [(window.calls, window.seconds) for window in windows]
        self._said = in_words(windows)
        self._now, self._sleep = now, sleep
        self._waiting: dict[str, deque[Waiter]] = {}
        """By run, the one whose turn is next first."""
        self._told = ""
        """What was told last: many who wait for the same are told of once."""
        self._serving: asyncio.Task[None] | None = None
        self._answer = asyncio.Event()

    async def turn(self, run: str, patience_s: float) -> Turn:
        """Wait for a call's turn. Raises RateLimited at once when it is known to come too late, and when it has not
        come after so many seconds; nothing was sent.
        """
        if not self._waiting and not isinstance(taken := self._take(), Full):
            return Turn(self, taken)
        waiter = Waiter(asyncio.get_running_loop().create_future(), self._now() + patience_s)
        self._waiting.setdefault(run, deque()).append(waiter)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        began = self._now()
        try:
            async with asyncio.timeout(max(0, patience_s)):
                taken = await waiter.call
        except TimeoutError:
            self._leave(run, waiter)
            raise self._too_late(waiter.why, None) from None
        except BaseException:
            self._leave(run, waiter)
            raise
        waited_s = self._now() - began
        return Turn(self, taken, (waited_s, waiter.why) if waited_s >= NOTED_S else None)

    async def close(self) -> None:
        """Nobody waits any more."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self._fail(NotNow("the session has ended before the call's turn came"))

    def ended(self, call: int, response: Response | None) -> None:
        """A call is over; what the platform says of its limits holds for everybody.

        Where that cannot be kept, the call counts for longer than it would: nothing that was answered fails for it.
        """
        now = self._now()
        with suppress(NotNow):
            self._calls.answered(call, now)
            if response is not None and (pause_s := self._asked_for_s(response, now)):
                self._calls.pause(self._name, now + min(pause_s, LONGEST_PAUSE_S))
        self._answer.set()

    def unused(self, call: int) -> None:
        """A call was not sent."""
        with suppress(NotNow):
            self._calls.give_back(call)
        self._answer.set()

    def _take(self) -> int | Full:
        return self._calls.take(self._name, self._windows, self._now)

    async def _serve(self) -> None:
        """Give those who wait their turns, run by run."""
        self._told = ""
        while self._waiting:
            try:
                taken = self._take()
            except ConnectorError as wrong:
                self._fail(wrong)
                return
            if isinstance(taken, Full):
                self._explain(taken)
                if self._waiting:
                    await self._room(taken)
                continue
            run = next(iter(self._waiting))
            waiting = self._waiting.pop(run)
            waiter = waiting.popleft()
            if waiting:
                self._waiting[run] = waiting  # behind the others
            if waiter.call.done():
                self.unused(taken)
            else:
                waiter.call.set_result(taken)

    async def _room(self, full: Full) -> None:
        """Wait until it is worth another look."""
        self._answer.clear()
        if full.free_in_s is not None:
            await self._sleep(min(max(full.free_in_s, 0.001), LONGEST_POLL_S))
            return
        reasons = {asyncio.ensure_future(self._answer.wait()), asyncio.ensure_future(self._sleep(POLL_S))}
        try:
            await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for reason in reasons:
                reason.cancel()

    def _explain(self, full: Full) -> None:
        """Tell those who wait why, and those who would wait in vain that they do."""
        why = "the platform asked to wait" if full.paused else f"the connection's limit of {self._said}"
        told = full.free_in_s is not None and full.free_in_s >= TOLD_S
        for run, waiting in list(self._waiting.items()):
            for waiter in list(waiting):
                waiter.why = why
                if full.free_in_s is not None and self._now() + full.free_in_s > waiter.until:
                    self._leave(run, waiter)
                    if not waiter.call.done():
                        waiter.call.set_exception(self._too_late(why, full.free_in_s))
        if told and self._waiting and self._tell is not None and self._told != why:
            self._told = why
            with suppress(Exception):  # nobody who listens may stop those who wait
                self._tell(f"Waiting {full.free_in_s:.0f} seconds: {why}.")

    def _leave(self, run: str, waiter: Waiter) -> None:
        """Let somebody go who waits no more; a turn that came at the same moment is given back."""
        waiting = self._waiting.get(run, deque())
        if waiter in waiting:
            waiting.remove(waiter)
            if not waiting:
                del self._waiting[run]
        if waiter.call.done() and not waiter.call.cancelled() and waiter.call.exception() is None:
            self.unused(waiter.call.result())

    def _fail(self, wrong: ConnectorError) -> None:
        for waiting in self._waiting.values():
            for waiter in waiting:
                if not waiter.call.done():
                    waiter.call.set_exception(wrong.again())
        self._waiting.clear()

    def _too_late(self, why: str, free_in_s: float | None) -> RateLimited:
        why = why or f"the connection's limit of {self._said}"
        when = "" if free_in_s is None else f"; there is room in {free_in_s:.0f} seconds"
        words = f"the call would have to wait too long: {why}{when}"
        return RateLimited(words, code="budget_spent", retry_after_s=free_in_s)

    def _asked_for_s(self, response: Response, now: float) -> float | None:
        """For how long the platform wants to be left alone, by the headers that it may send."""
        if response.status in (429, 503) and (advice := advised_s(response)) is not None:
            return advice
        remaining = _first(response, self._limits.remaining)
        reset = _first(response, self._limits.reset)
        if remaining is None or reset is None or remaining > 0:
            return None
        since_1970 = reset / 1000 if reset > 1e12 else reset
        return since_1970 - now if since_1970 > 1e9 else reset


@dataclass(eq=False)
class Waiter:
    """Somebody who waits for a turn, until then at the most."""

    call: asyncio.Future[int]
    until: float
    why: str = ""


class Turn:
    """One call's turn. `waited` says for how many seconds and why, where that is worth a word."""

    def __init__(self, budget: Budget, call: int, waited: tuple[float, str] | None = None) -> None:
        self._budget, self._call, self.waited = budget, call, waited

    def answered(self, response: Response | None) -> None:
        """The call has its answer; None when it will never have one. It counts for one window more."""
        self._budget.ended(self._call, response)

    def unused(self) -> None:
        """Nothing was sent."""
        self._budget.unused(self._call)


def in_words(windows: Sequence[Window]) -> str:
    """`1,000 calls an hour and 100 calls in 10 seconds`."""
    each = (UNITS.get(int(window.seconds)) if window.seconds % 1 == 0 else None for window in windows)
    return " and ".join(
        f"{window.calls:,} call{'' if window.calls == 1 else 's'} {unit or f'in {window.seconds:g} seconds'}"
        for window, unit in zip(windows, each, strict=True)
    )


def _first(response: Response, names: Sequence[str]) -> float | None:
    """The number in the first of these headers that is there."""
    text = next((response.headers[name] for name in names if name in response.headers), "")
    try:
        return float(text)
    except ValueError:
        return None
