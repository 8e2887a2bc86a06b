"""Which tenants have subscribers, so that something has to be brought for them though nobody asks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from connector_runtime.hosts.directories import outbox_file
from connector_runtime.hosts.subscribed import has_any
from connector_runtime.store import Location

Mark = tuple[int | None, ...]


class Followed:
    """Looks again only where something was written since. A database is asked each time."""

    def __init__(self) -> None:
        self._known: dict[Location, tuple[Mark, bool]] = {}

    async def has_any(self, data_dir: Location) -> bool:
        """Whether a data directory has a subscriber. Raises ConnectorError, Failure."""
        mark = _mark(data_dir)
        known = self._known.get(data_dir)
        if mark is None or known is None or known[0] != mark:
            found = await asyncio.to_thread(has_any, data_dir)
            if mark is None:
                return found
            self._known[data_dir] = known = mark, found
        return known[1]


def _mark(data_dir: Location) -> Mark | None:
    """What changes when something is written; None where nothing does."""
    file = outbox_file(data_dir)
    if not isinstance(file, Path):
        return None
    return tuple(_written(each) for each in (file, file.with_name(f"{file.name}-wal")))


def _written(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return None
