"""Reading ahead: pages are asked for before their turn, and handed out in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

from connector_runtime.run.progress import Page, Place

Came = TypeVar("Came")


async def in_order(
    first: Place,
    fetch: Callable[[Place], Coroutine[Any, Any, Came]],
    turn: Callable[[Place, Came], tuple[Page, list[Place]]],
) -> AsyncGenerator[Page]:
    """The pages from `first` on, in order. `turn` makes a page of what came for its place, when it is that one's turn,
    and names the places that follow and may already be asked for.

    What came waits as it is: bytes take less room than the rows in them. A page that fails ends the sequence in its
    turn. Whoever stops early cancels what is on its way.
    """
    waiting: dict[Place, asyncio.Task[Came]] = {first: asyncio.create_task(fetch(first))}
    try:
        while waiting:
            place = next(iter(waiting))
            came = await waiting[place]
            del waiting[place]
            page, ahead = turn(place, came)
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
