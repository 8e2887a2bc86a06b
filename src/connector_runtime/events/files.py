"""Where a data directory keeps what events need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Files:
    """The files of its events, its runs and its outbox."""

    events: Path
    runs: Path
    outbox: Path
