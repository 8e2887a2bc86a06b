"""The events' file in a thread of its own: waiting for the disk keeps nobody from arriving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.file import place

T = TypeVar("T")

PATIENCE_S = 3.0
"""For how long a locked disk is waited for: platforms wait for about five seconds."""


class Desk:
    """Does what is asked with the events. SQLite's connections stay in their thread.

    Where the file was taken away, the one that is in its place is opened: what is kept must be where others look.
    """

    def __init__(self, file: Location) -> None:
        """Raises InvalidInput when the directory cannot be used."""
        self._file = file
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        try:
            self._thread.submit(self._open).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def do(self, work: Callable[[Events], T]) -> T:
        """Have something done. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, work)

    async def close(self) -> None:
        """Let go of the file."""
        await self.do(Events.close)
        self._thread.shutdown()

    def _done(self, work: Callable[[Events], T]) -> T:
        if place(self._file) != self._place:
            self._events.close()
            self._open()
        return work(self._events)

    def _open(self) -> None:
        self._events = Events(self._file, patience_s=PATIENCE_S)
        self._place = place(self._file)
