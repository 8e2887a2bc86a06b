"""Brings one subscriber its messages: each until it is taken, for a day, and then it is parked.

How messages are tried again, and how a subscriber that takes none is spared, follows the advice of the Standard
Webhooks specification: growing waits, 429 and Retry-After heeded, 410 for good, redirects not followed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from connector_runtime.errors import ConnectorError, NotNow
from connector_runtime.events.messages import headers
from connector_runtime.events.subscribers import Subscriber
from connector_runtime.refusal import advised_s
from connector_runtime.store.outbox import Failed, Message, Outbox
from connector_runtime.values import Request, Response, Send

IN_FLIGHT = 16
"""Messages that are on their way to one subscriber at once."""

DELAYS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
"""After each attempt, until the next; the last one again and again."""

DAY_S = 24 * 3600
"""For how long after its first attempt a message is sent again."""

LONGEST_PAUSE_S = 60
"""For how long a subscriber that takes nothing is left alone, unless it asks for more."""

LONGEST_ASKED_S = 3600
"""What a subscriber may ask for."""

OUTAGE = 3
"""Failures in a row after which a subscriber was not there at all: when it is again, all may come at once."""

LOOK_AGAIN_S = 1.0
"""Between two looks for what others have put out."""

Ask = Callable[..., Awaitable[Any]]
"""Calls a method of the outbox, where that may be done."""


@dataclass(frozen=True)
class Outcome:
    """What a subscriber said to a message: nothing that is wrong, or why it was not taken."""

    failure: str = ""
    gone: bool = False
    pause_s: float = 0


class Sender:
    """Sends to one subscriber. `news` is set when something was put out for it."""

    def __init__(
        self,
        subscriber: Subscriber,
        send: Send,
        path: str,
        ask: Ask,
        tell: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._subscriber, self._send, self._path = subscriber, send, path
        self._ask, self._tell, self._now = ask, tell, now
        self._flying: dict[asyncio.Task[Outcome], Message] = {}
        self._failures = 0
        """In a row."""
        self._pause_until = 0.0
        self._stopped = False
        self.news = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until told to stop; what is on its way then may still arrive."""
        while not (stopping.is_set() or self._stopped):
            try:
                await self._take()
                await self._wait()
                await self._settle()
            except NotNow as wrong:  # the disk: what came back is kept later, or else sent once more
                self._tell(str(wrong))
                await asyncio.sleep(LOOK_AGAIN_S)
        if self._flying:
            await asyncio.wait(self._flying)
            with suppress(NotNow):
                await self._settle()

    async def _take(self) -> None:
        """Send what is due, as much as may be on its way."""
        now = self._now()
        room = (1 if self._failures else IN_FLIGHT) - len(self._flying)
        if room <= 0 or now < self._pause_until:
            return
        flying = {each.cursor for each in self._flying.values()}
        for each in await self._ask(Outbox.due, self._subscriber.name, now, room, without=flying):
            self._flying[asyncio.create_task(self._sent(each))] = each

    async def _wait(self) -> None:
        """Until something has come back, or something may be due."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
            return
        try:
            async with asyncio.timeout(LOOK_AGAIN_S):
                await self.news.wait()
        except TimeoutError:
            return
        self.news.clear()

    async def _settle(self) -> None:
        """Keep what has become of those that came back."""
        back = {task: each for task, each in self._flying.items() if task.done()}
        if not back:
            return
        now = self._now()
        taken = [each for task, each in back.items() if not task.result().failure]
        failed = [
            Failed(each, now, again_at(each, now), task.result().failure)
            for task, each in back.items()
            if task.result().failure
        ]
        await self._ask(Outbox.settle, self._subscriber.name, taken, failed)
        for task in back:
            del self._flying[task]
        self._say_parked(failed)
        if any(task.result().gone for task in back):
            await self._stop()
        elif taken:
            await self._taken(now)
        else:
            self._not_taken(now, [task.result() for task in back])

    async def _taken(self, now: float) -> None:
        if self._failures >= OUTAGE:
            await self._ask(Outbox.hurry, self._subscriber.name, now)
            self._tell(f"{self._subscriber.name} takes messages again")
        self._failures, self._pause_until = 0, 0

    def _not_taken(self, now: float, outcomes: list[Outcome]) -> None:
        self._failures += 1
        # One failure may be that message's own; the next one, sent alone, tells.
        pause = min(0.5 * 2 ** min(self._failures, 10), LONGEST_PAUSE_S) if self._failures > 1 else 0
        self._pause_until = now + max(pause, *(each.pause_s for each in outcomes))
        if self._failures == OUTAGE:
            self._tell(f"{self._subscriber.name} takes no messages ({outcomes[0].failure}); they wait for it")

    def _say_parked(self, failed: list[Failed]) -> None:
        if parked := sum(each.due is None for each in failed):
            self._tell(f"{self._subscriber.name} has not taken {parked} of its messages for a day; parked")

    async def _stop(self) -> None:
        self._stopped = True
        why = "it answered 410 Gone: it wants no more"
        await self._ask(Outbox.stop, self._subscriber.name, why)
        self._tell(f"{self._subscriber.name} is sent nothing any more: {why}")

    async def _sent(self, each: Message) -> Outcome:
        try:
            return outcome(await self._send(request(self._subscriber, self._path, each, self._now())))
        except ConnectorError as wrong:
            return Outcome(str(wrong))
        except Exception as wrong:  # whatever it is, the message waits, and the others go on
            return Outcome(f"it could not be sent ({type(wrong).__name__})")


def request(subscriber: Subscriber, path: str, each: Message, now: float) -> Request:
    """A message as it is sent at that moment, in seconds since 1970."""
    signed = headers(subscriber.secret, each, now)
    return Request(method="POST", path=path, content=each.body.encode(), headers=signed, write=True)


def outcome(answer: Response) -> Outcome:
    """What an answer means."""
    if 200 <= answer.status < 300:
        return Outcome()
    if 300 <= answer.status < 400:
        return Outcome(f"it answered {answer.status}, and redirects are not followed: subscribe where it leads to")
    pause_s = min(advised_s(answer) or 0, LONGEST_ASKED_S)
    return Outcome(f"it answered {answer.status}", gone=answer.status == 410, pause_s=pause_s)


def again_at(each: Message, now: float) -> float | None:
    """When a message that was not taken is sent again, in seconds since 1970: last after a day; None after that."""
    last = (each.first_at or now) + DAY_S
    if now >= last:
        return None
    delay = DELAYS_S[min(each.attempts, len(DELAYS_S) - 1)] * random.uniform(0.8, 1.2)
    return min(now + delay, last)
