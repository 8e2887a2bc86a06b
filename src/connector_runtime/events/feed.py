"""What has arrived, in the order of its arrival, from a cursor that its reader keeps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from connector_runtime.events.loop import Loop
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.sought import ALL
from connector_runtime.values import Json

PAGE = 500
"""Events that are read at once."""

LOOK_AGAIN_S = 0.25
"""Between two looks for what has arrived."""


async def feed(
    file: Location,
    *,
    runs: Location | None = None,
    after: int = 0,
    event: str | None = None,
    connection: str | None = None,
    unexpected: bool = False,
    follow: bool = False,
) -> AsyncGenerator[Json]:
    """The events after a cursor: `cursor`, `connection`, `event`, `message_id`, `identity`, `happened_at`,
    `received_at` and `payload`. With `follow` it waits for more and does not end.

    With `runs`, the file of the runs, each has the id of the run that caused it under `caused_by`, None where none here
    did, so that a reader can leave out what it has caused itself; and `unexpected`, whether none did although one has
    expected such an event of the same thing before. `unexpected` reads only these. An event that a run in progress may
    have caused is read when that run has ended, or after a minute.

    Whoever reads keeps the cursor of the last one dealt with, and goes on after it: nothing is then missed, and what
    was in hand when its reader died comes once more. `identity` is the same for all that is said of one happening.
    """
    kept = Events(file) if runs is None else Loop(runs, file)
    only = ALL.narrowed(connection, event)
    try:
        while True:
            found = kept.after(after, PAGE, only)
            told = kept.decided(found) if isinstance(kept, Loop) else found
            for each in told:
                after = each["cursor"]
                if not unexpected or each["unexpected"]:
                    yield each
            if not found and not follow:
                return
            if not told:
                await asyncio.sleep(LOOK_AGAIN_S)
    finally:
        kept.close()
