"""How often something is tried again, and how long is waited in between."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connector_runtime.connections import Line
from connector_runtime.connections.line import NOTED_S, RENEWED
from connector_runtime.errors import ConnectorError, PlatformBroken, RateLimited, UnknownOutcome
from connector_runtime.record import Record
from connector_runtime.values import Leave

KEPT_WAITS = 20
"""A record keeps its first and its latest waits, half each."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """What a run may spend on waiting for a better moment. Times in seconds.

    Each wait is a random part of a bound that doubles from `base_s` to `longest_s`, so that many runs do not come back
    at once; a platform that says how long to wait is believed. No wait ends after `deadline_s` from the beginning of
    the run, or of the page of a list.
    """

    most: int = 4
    """Attempts in all."""
    base_s: float = 0.5
    longest_s: float = 30
    look_again_s: float = 2
    """Between two looks for a change whose answer was lost."""
    deadline_s: float = 60
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    """From 0 to 1, evenly."""


NO_RETRIES = Retries(most=1)


class Attempts:
    """The attempts of one run. The record is told of every wait."""

    def __init__(self, retries: Retries, record: Record, line: Line) -> None:
        self.number = 1
        self.page = record.steps.turn()
        self._retries, self._record, self._line = retries, record, line
        self._until = retries.now() + retries.deadline_s

    async def another(self, why: ConnectorError) -> bool:
        """Wait for the next attempt; False, at once, when there is to be none."""
        if self.number >= self._retries.most or why.code == "unusable_request":  # no moment is better for that
            return False
        bound = min(self._retries.longest_s, self._retries.base_s * 2 ** (self.number - 1))
        # A change that was lost is given all of it, and more than a moment: it may still be on its way.
        lost = isinstance(why, UnknownOutcome)
        wait_s = max(bound, self._retries.look_again_s) if lost else bound * self._retries.chance()
        if isinstance(why, RateLimited | PlatformBroken) and why.retry_after_s is not None:
            wait_s += why.retry_after_s
        if self._retries.now() + wait_s > self._until:
            return False
        began = self._retries.now()
        try:
            await self._retries.sleep(wait_s)
        finally:
            waited_s = self._retries.now() - began
            self._note(self.number + 1, waited_s, str(why))
            self._record.steps.waited("retry", self.page, self.number, waited_s)
        self.number += 1
        return True

    async def leave(self) -> Leave:
        """The leave to send one request. Raises NotNow when it comes too late, or why there are no credentials."""
        leave = await self._line.leave(self._record.run_id, lambda: self._until - self._retries.now(), self._waited)
        if leave.secrets and not leave.secrets <= self._record.secrets:
            self._record.secrets |= leave.secrets
        return leave

    def _waited(self, seconds: float, why: str) -> None:
        """Note a wait for leave; a short one is nothing to tell of."""
        if seconds >= NOTED_S:
            self._note(self.number, seconds, why)
        self._record.steps.waited("renewal" if why == RENEWED else "limit", self.page, self.number, seconds)

    def _note(self, attempt: int, seconds: float, why: str) -> None:
        self._record.waits.append({"before_attempt": attempt, "seconds": round(seconds, 3), "why": why})
        del self._record.waits[KEPT_WAITS // 2 : -KEPT_WAITS // 2]
