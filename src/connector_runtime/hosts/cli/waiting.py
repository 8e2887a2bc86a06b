"""What a run that somebody watches may spend on waiting, and how it tells of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.session import RETRIES
from connector_runtime.run import Retries


def patient(deadline_s: float) -> Retries:
    """What a run may spend that tries a busy platform again for so long, and says so."""
    return replace(RETRIES, deadline_s=deadline_s, sleep=_telling)


async def _telling(seconds: float) -> None:
    words.note(f"The platform cannot take it now; tried again in {seconds:.1f} seconds.")
    await asyncio.sleep(seconds)
