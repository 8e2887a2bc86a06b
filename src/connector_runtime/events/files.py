"""Where a data directory keeps what events need."""

from __future__ import annotations

from dataclasses import dataclass

from connector_runtime.store import Location


@dataclass(frozen=True)
class Files:
    """The files of its events, its runs and its outbox."""

    events: Location
    runs: Location
    outbox: Location
