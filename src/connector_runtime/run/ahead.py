"""Reading ahead: pages are asked for before their turn, and handed out in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from connector_runtime.run.progress import Page, Place


async def in_order(
    first: Place, fetch: Callable[[Place], Coroutine[Any, Any, Page]], turn: Callable[[Page], list[Place]]
) -> AsyncGenerator[Page]:
    """The pages from `first` on, in order. `turn` names those that follow a page and may already be asked for.

    A page that fails ends the sequence in its turn. Whoever stops early cancels what is on its way.
    """
    waiting: dict[Place, asyncio.Task[Page]] = {first: asyncio.create_task(fetch(first))}
    try:
        while waiting:
            place = next(iter(waiting))
            page = await waiting[place]
            del waiting[place]
            ahead = turn(page)
            for place in ahead:
                if place not in waiting:
                    waiting[place] = asyncio.create_task(fetch(place))
            await asyncio.sleep(0)  # what was just asked for leaves now, and an interrupt gets in
            yield page
            if not ahead:
                break
    finally:
        for task in waiting.values():
            task.cancel()
        await asyncio.gather(*waiting.values(), return_exceptions=True)
