"""How often something is tried again, and how long is waited in between."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connector_runtime.errors import ConnectorError, RateLimited
from connector_runtime.record import Record


@dataclass(frozen=True, kw_only=True)
class Retries:
    """What a run may spend on waiting for a better moment. Times in seconds.

    Each wait is a random part of a bound that doubles from `base_s` to `longest_s`, so that many runs do not come back
    at once; a platform that says how long to wait is believed. No wait ends after `deadline_s` from the run's start.
    """

    most: int = 4
    """Attempts in all."""
    base_s: float = 0.5
    longest_s: float = 30
    deadline_s: float = 60
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    """From 0 to 1, evenly."""


NO_RETRIES = Retries(most=1)


class Attempts:
    """The attempts of one run. The record is told of every wait."""

    def __init__(self, retries: Retries, record: Record) -> None:
        self.number = 1
        self._retries, self._record = retries, record
        self._until = retries.now() + retries.deadline_s

    async def another(self, why: ConnectorError) -> bool:
        """Wait for the next attempt; False, at once, when there is to be none."""
        if self.number >= self._retries.most:
            return False
        bound = min(self._retries.longest_s, self._retries.base_s * 2 ** (self.number - 1))
        wait_s = bound * self._retries.chance()
        if isinstance(why, RateLimited) and why.retry_after_s is not None:
            wait_s += why.retry_after_s
        if self._retries.now() + wait_s > self._until:
            return False
        self._record.waits.append({"before_attempt": self.number + 1, "seconds": round(wait_s, 3), "why": str(why)})
        await self._retries.sleep(wait_s)
        self.number += 1
        return True
