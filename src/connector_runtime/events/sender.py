"""Brings one subscriber its messages: each until it is taken, for a day, and then it is parked.

How messages are tried again, and how a subscriber that takes none is spared, follows the advice of the Standard
Webhooks specification: growing waits, 429 and Retry-After heeded, 410 for good, redirects not followed.
"""

from __future__ import annotations

import asyncio
import math
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

OWN_IN_A_ROW = 50
"""Messages that are refused as they are before a subscriber is thought to refuse them all."""

NOT_OWN = (408, 410, 425, 429)
"""Refusals that are no fault of the message."""

FAR_S = DELAYS_S[-1] * 1.25
"""No message waits for longer: what is due later was kept by a clock that was ahead."""

TURN_S = 1.0
"""By how much a clock may be set back without anything being heard of it."""

SAID_AGAIN_S = 3600
"""Between two times that the same failure is told of."""

HURRIED_AGAIN_S = 3600
"""Between two times that all comes at once for one that refuses many messages, and takes others."""

LOOK_AGAIN_S = 1.0
"""Between two looks for what others have put out."""

Ask = Callable[..., Awaitable[Any]]
"""Calls a method of the outbox, where that may be done."""


@dataclass(frozen=True)
class Outcome:
    """What a subscriber said to a message: nothing that is wrong, or why it was not taken. `own`: it refused this one,
    as it is, and may take others. `pause_s` is for how long it asks to be left alone.
    """

    failure: str = ""
    gone: bool = False
    own: bool = False
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` says what is kept, and `clock` how time goes by: nobody sets it."""
        self._subscriber, self._send, self._path = subscriber, send, path
        self._ask, self._tell, self._now, self._clock = ask, tell, now, clock
        self._flying: dict[asyncio.Task[Outcome], Message] = {}
        self._failures = self._refusals = 0
        """In a row: of the subscriber, and of messages that it refused as they are."""
        self._probes = 0
        self._pause_until = self._asked_until = 0.0
        self._stopped, self._away = False, True
        self._seen_at: float | None = None
        self._said: dict[str, float] = {}
        self._hurried_at = -math.inf
        self.news = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until told to stop; what is on its way then may still arrive."""
        try:
            while not (stopping.is_set() or self._stopped):
                try:
                    await self._take()
                    await self._wait()
                    await self._settle()
                except NotNow as wrong:  # the disk: what came back is kept later, or else sent once more
                    self._tell(str(wrong))
                    await asyncio.sleep(LOOK_AGAIN_S)
            with suppress(NotNow):
                while self._flying:
                    await asyncio.wait(self._flying, return_when=asyncio.FIRST_COMPLETED)
                    await self._settle()
        finally:
            for each in self._flying:
                each.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)

    async def _take(self) -> None:
        """Send what is due, as much as may be on its way."""
        now = self._now()
        await self._heed_clock(now)
        probing = self._failures > 0 or self._refusals >= OWN_IN_A_ROW
        room = (1 if probing else IN_FLIGHT) - len(self._flying)
        if room <= 0 or self._clock() < max(self._pause_until, self._asked_until):
            return
        # Who takes nothing may only refuse what is oldest: every other time it is asked by what is newest.
        newest = probing and self._probes % 2 == 1
        waiting = [*self._flying.values()]
        for each in await self._ask(Outbox.due, self._subscriber.name, now, room, without=waiting, newest=newest):
            self._probes += 1
            self._flying[asyncio.create_task(self._sent(each))] = each

    async def _heed_clock(self, now: float) -> None:
        """Let nothing wait that a clock which has been set back makes late."""
        before, self._seen_at = self._seen_at, now
        if before is None:
            await self._kept(Outbox.hurry, now, later_than=now + FAR_S)
        elif now < before - TURN_S:
            await self._kept(Outbox.hurry, now)

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
        now, outcomes = self._now(), [task.result() for task in back]
        taken = [each for task, each in back.items() if not task.result().failure]
        failed = [
            Failed(each, now, again_at(each, now, task.result().pause_s), task.result().failure)
            for task, each in back.items()
            if task.result().failure
        ]
        if taken and self._was_away():  # before what is not taken now has its own time
            await self._kept(Outbox.hurry, now)
            self._hurried_at = self._clock()
        await self._kept(Outbox.settle, taken, failed)
        for task in back:
            del self._flying[task]
        gone = any(each.gone for each in outcomes)
        if not gone:
            self._say_failed(failed)
        self._asked_until = max(self._asked_until, self._clock() + max(each.pause_s for each in outcomes))
        if gone:
            await self._stop()
        elif taken:
            self._taken()
        else:
            self._not_taken(outcomes)

    def _was_away(self) -> bool:
        """Whether one that takes a message now has taken none before."""
        refused = self._refusals >= OWN_IN_A_ROW and self._clock() >= self._hurried_at + HURRIED_AGAIN_S
        return self._away or self._failures >= OUTAGE or refused

    def _taken(self) -> None:
        if self._failures >= OUTAGE:
            self._tell(f"{self._subscriber.name} takes messages again")
        self._failures, self._refusals, self._pause_until, self._away = 0, 0, 0, False

    def _not_taken(self, outcomes: list[Outcome]) -> None:
        if all(each.own for each in outcomes):
            self._refusals += len(outcomes)
            times = self._refusals - OWN_IN_A_ROW
        else:
            self._failures += 1
            times = self._failures
            if times == OUTAGE:
                failure = next(each.failure for each in outcomes if not each.own)
                self._tell(f"{self._subscriber.name} takes no messages ({failure}); they wait for it")
        # One failure may be that message's own; the next one, sent alone, tells.
        self._pause_until = self._clock() + (min(0.5 * 2 ** min(times, 10), LONGEST_PAUSE_S) if times > 1 else 0)

    def _say_failed(self, failed: list[Failed]) -> None:
        """Say what was not taken: the same once an hour."""
        for failure in {each.failure: None for each in failed if each.due is not None}:
            if (said := self._said.get(failure)) is None or self._clock() >= said + SAID_AGAIN_S:
                self._said[failure] = self._clock()
                self._tell(f"{self._subscriber.name} has not taken a message: {failure}; it is sent again")
        if parked := sum(each.due is None for each in failed):
            self._tell(f"{self._subscriber.name} has not taken {parked} of its messages for a day; parked")

    async def _stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        why, name = "it answered 410 Gone: it wants no more", self._subscriber.name
        await self._kept(Outbox.stop, why)
        self._tell(f"{name} is sent nothing any more: {why}; `subscribers resume {name}` has it sent to again")

    async def _kept(self, method: Callable[..., None], *args: Any, **others: Any) -> None:
        """Have something kept of this subscriber, as long as no other has its name."""
        name, generation = self._subscriber.name, self._subscriber.generation
        await self._ask(method, name, *args, generation=generation, **others)

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
    own = 400 <= answer.status < 500 and answer.status not in NOT_OWN
    return Outcome(f"it answered {answer.status}", gone=answer.status == 410, own=own, pause_s=pause_s)


def again_at(each: Message, now: float, pause_s: float = 0) -> float | None:
    """When a message that was not taken is sent again, in seconds since 1970: last after a day; None after that. A
    subscriber that asks for a pause has it.
    """
    last = (now if each.first_at is None else min(each.first_at, now)) + DAY_S
    if now >= last:
        return None
    delay = DELAYS_S[min(each.attempts, len(DELAYS_S) - 1)] * random.uniform(0.8, 1.2)
    return max(min(now + delay, last), now + pause_s)
