"""Events brought to subscribers: put out for those who want them, and sent until they are taken.

One process of a data directory sends at a time; another takes over when that one ends, however it ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.events.files import Files
from connector_runtime.events.loop import Loop
from connector_runtime.events.messages import check_signing, message
from connector_runtime.events.reach import reached, way_to
from connector_runtime.events.sender import Sender
from connector_runtime.events.subscribers import Subscriber, Subscribers
from connector_runtime.store.events import Events
from connector_runtime.store.file import place
from connector_runtime.store.outbox import Message, Outbox, Position

PAGE = 500
"""Events that are put out with one commit."""

LOOK_AGAIN_S = 0.25
"""Between two looks for what has arrived."""

GRACE_S = 5.0
"""For how long what is on its way is waited for at the end. What is cut off then is sent again by the next sender."""


@dataclass(frozen=True)
class Sending:
    """A subscriber who is being sent to."""

    subscriber: Subscriber
    sender: Sender
    task: asyncio.Task[None]
    stopping: asyncio.Event
    way: AsyncExitStack
    """The way there, open as long as it is needed."""


class Dispatch:
    """Sends the events of a data directory to its subscribers."""

    def __init__(
        self,
        connector: Connector,
        files: Files,
        subscribers: Callable[[], AbstractContextManager[Subscribers]],
        *,
        agent: str,
        tell: Callable[[str], None],
    ) -> None:
        """`subscribers` opens them; `agent` is the name under which is sent; `tell` hears what a person should know."""
        self._moment_form = connector.identity.wire.date_time
        self._files, self._open_subscribers, self._agent, self._tell = files, subscribers, agent, tell
        self._told: dict[str, str] = {}
        """What was told last, by whom or what it is about."""
        self._known: dict[str, Subscriber] = {}
        self._seen: frozenset[tuple[str, int]] | None = None
        """The versions of those who are known."""
        self._places: list[tuple[int, int] | None] = []
        """Of the files that are open."""
        self._sending: dict[str, Sending] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        # SQLite's connections stay in their thread, and waiting for the disk keeps nobody from sending.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._open = ExitStack()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until told to stop. Raises InvalidInput when the directory cannot be used."""
        try:
            await self._in_thread(self._enter)
            while not stopping.is_set():
                with self._outbox.alone() as mine:
                    if mine:
                        await self._while_alone(stopping)
                await told_or_after(stopping, LOOK_AGAIN_S)
        finally:
            await self._in_thread(self._open.close)
            self._thread.shutdown()

    def _enter(self) -> None:
        opening = self._open
        self._events = opening.enter_context(closing(Events(self._files.events)))
        self._loop = opening.enter_context(Loop(self._files.runs, self._files.events))
        self._outbox = opening.enter_context(closing(Outbox(self._files.outbox)))
        self._subscribers = opening.enter_context(self._open_subscribers())
        self._places, self._looked = self._places_now(), False

    def _places_now(self) -> list[tuple[int, int] | None]:
        return [place(each) for each in (self._files.events, self._files.runs, self._files.outbox)]

    async def _while_alone(self, stopping: asyncio.Event) -> None:
        try:
            while not stopping.is_set():
                put_out: list[str] = []
                try:
                    if not await self._in_thread(self._outbox.is_alone):
                        self._tell("another process brings the events from now on")
                        return
                    await self._follow_subscribers()
                    put_out = await self._in_thread(self._put_out)
                except ConnectorError as wrong:
                    self._tell_once("", str(wrong))
                except Exception as wrong:  # whatever it is, what waits is kept, and the next look may go well
                    self._tell_once("", f"events could not be put out ({type(wrong).__name__})")
                for name in put_out:
                    if name in self._sending:
                        self._sending[name].sender.news.set()
                if not put_out:
                    await told_or_after(stopping, LOOK_AGAIN_S)
        finally:
            for name in list(self._sending):
                self._end(name)
            await asyncio.gather(*self._ending.values())

    async def _follow_subscribers(self) -> None:
        """Send to those who are there now, as they are now, and have not stopped."""
        seen, positions, anew = await self._in_thread(self._standing)
        if anew:
            self._tell(f"the events are kept in another file than before: all of it is brought to {', '.join(anew)}")
        if seen != self._seen:
            opened, faults = await self._in_thread(lambda: self._subscribers.readable())
            self._known, self._seen = {each.name: each for each in opened}, None if faults else seen
            for name, wrong in faults.items():  # the others are sent to all the same
                self._tell_once(name, f"{name} is sent nothing: {wrong}")
        wanted = {name: each for name, each in self._known.items() if is_at(each, positions.get(name))}
        for name, each in list(self._sending.items()):
            if wanted.get(name) != each.subscriber or each.task.done():
                self._end(name)
        if wanted and not self._sending:
            check_signing()
        for name in wanted.keys() - self._sending.keys() - self._ending.keys():
            try:
                self._sending[name] = await self._begun(wanted[name])
            except ConnectorError as wrong:
                self._tell_once(name, f"{name} cannot be sent to: {wrong}")

    def _standing(self) -> tuple[frozenset[tuple[str, int]], dict[str, Position], list[str]]:
        """The versions of the subscribers, their positions, and whose position was one in other events."""
        if self._places_now() != self._places:  # a file was taken away: what is kept now is in the one in its place
            self._open.close()
            self._enter()
        versions, positions, anew = self._subscribers.versions(), self._outbox.positions(), list[str]()
        origin = self._events.origin()
        if not self._looked or any(each.origin != origin for each in positions.values()):
            anew, positions = self._outbox.follow(origin, self._events.latest()), self._outbox.positions()
            self._looked = True
        return versions, positions, anew

    def _put_out(self) -> list[str]:
        """Put the next events out for those who want them; the names of those for whom there were events to look at."""
        positions = self._outbox.positions()
        known = {name: each for name, each in self._known.items() if is_at(each, positions.get(name))}
        messages: dict[int, dict[str, list[Message]]] = {}
        for at in {positions[name].cursor for name in known}:  # who waits for a run, or is far behind, is alone in it
            told = self._loop.told(self._events.after(at, PAGE))
            for subscriber in (each for name, each in known.items() if positions[name].cursor == at):
                wanted, upto = told.wanted(subscriber.wants)
                if upto is not None:
                    new = [message(subscriber, event, self._moment_form) for event in wanted]
                    messages.setdefault(upto, {})[subscriber.name] = new
        for upto, those in messages.items():
            self._outbox.put_out(upto, those, time.time(), before=positions)
        return [name for those in messages.values() for name in those]

    async def _begun(self, subscriber: Subscriber) -> Sending:
        connection, path = reached(subscriber)
        way, stopping = AsyncExitStack(), asyncio.Event()
        send = await way.enter_async_context(way_to(connection, self._agent))
        sender = Sender(subscriber, send, path, self._ask, self._tell)
        return Sending(subscriber, sender, asyncio.create_task(sender.run(stopping)), stopping, way)

    def _end(self, name: str) -> None:
        """Let a sending end by itself; nobody waits for it but the next one of its name."""
        ended = self._sending.pop(name)
        ended.stopping.set()
        ended.sender.news.set()
        self._ending[name] = asyncio.create_task(self._ended(name, ended))

    async def _ended(self, name: str, ended: Sending) -> None:
        try:
            _, late = await asyncio.wait({ended.task}, timeout=GRACE_S)
            if late:
                ended.task.cancel()
                await asyncio.wait({ended.task})
            elif (failure := ended.task.exception()) is not None:
                self._tell(f"sending to {name} failed: {type(failure).__name__}")
            await ended.way.aclose()
        finally:
            del self._ending[name]

    async def _ask(self, method: Callable[..., Any], *args: Any, **others: Any) -> Any:
        return await self._in_thread(partial(method, self._outbox, *args, **others))

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _tell_once(self, about: str, words: str) -> None:
        if words != self._told.get(about):
            self._told[about] = words
            self._tell(words)


def is_at(subscriber: Subscriber, position: Position | None) -> bool:
    """Whether a position is that subscriber's, and not another one's of its name."""
    return position is not None and position.generation == subscriber.generation


async def told_or_after(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, so long at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
