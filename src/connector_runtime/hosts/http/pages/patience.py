"""How long a page waits for a platform: what comes later than that is there for the next look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

PAINT_S = 2.0
"""A page is shown after so long, with or without what the platform says; in seconds."""

ASKED_S = 15.0
"""So long somebody waits who has asked for it; in seconds."""


class Late(Exception):
    """The platform has not answered yet, but may."""


class Patience:
    """What is being read for pages. Who asks for the same meanwhile waits for the same reading."""

    def __init__(self, paint_s: float = PAINT_S, asked_s: float = ASKED_S) -> None:
        self.paint_s, self.asked_s = paint_s, asked_s
        self._reading: dict[Hashable, asyncio.Task[Any]] = {}

    async def wait(self, key: Hashable, read: Callable[[], Awaitable[T]], *, asked: bool) -> T:
        """What is read, if it comes in time; `asked`: somebody waits for just this. Raises Late, and what `read`
        raises.
        """
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.ensure_future(_of(read))
            task.add_done_callback(partial(self._ended, key))
        done, _ = await asyncio.wait({task}, timeout=self.asked_s if asked else self.paint_s)
        if not done:
            raise Late
        found: T = task.result()
        return found

    def _ended(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._reading.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waits hears of it; nobody may wait any longer


async def _of(read: Callable[[], Awaitable[T]]) -> T:
    return await read()
