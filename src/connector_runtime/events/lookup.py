"""Looks into the runs and the events of a data directory in a thread of its own: who reads much holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connector_runtime.events.loop import Loop
from connector_runtime.store import Location
from connector_runtime.store.file import place

T = TypeVar("T")


class Lookup:
    """One look after another. SQLite's connections stay in their thread; both begin with the first look.

    Where a file was taken away, the one that is in its place is opened.
    """

    def __init__(self, runs: Location, events: Location) -> None:
        self._files = runs, events
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lookup")
        self._loop: Loop | None = None
        self._places: list[tuple[int, int] | None] = []
        self.busy = 0
        """What is being done, or waits for its turn."""

    async def look(self, work: Callable[[Loop], T]) -> T:
        """Have something looked up. Raises what it raises, and InvalidInput when the directory cannot be used."""
        return await self.do(lambda: work(self._opened()))

    async def do(self, work: Callable[[], T]) -> T:
        """Have something done that opens for itself what it needs. Raises what it raises."""
        doing = self._thread.submit(work)
        self.busy += 1
        loop = asyncio.get_running_loop()
        doing.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done))
        return await asyncio.wrap_future(doing)

    async def close(self) -> None:
        """Let go of the files."""
        if self._loop is not None:
            await self.do(self._close)
        self._thread.shutdown()

    def _done(self) -> None:
        self.busy -= 1

    def _opened(self) -> Loop:
        if self._loop is None or [place(each) for each in self._files] != self._places:
            self._close()
            self._loop = Loop(*self._files)
            self._places = [place(each) for each in self._files]
        return self._loop

    def _close(self) -> None:
        if self._loop is not None:
            self._loop.close()
            self._loop = None
