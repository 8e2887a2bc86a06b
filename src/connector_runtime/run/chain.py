"""Runs that cause each other: how long a chain of them may become."""

from __future__ import annotations

from connector_runtime.errors import EndlessChain
from connector_runtime.record import Record

LONGEST_CHAIN = 10
"""Runs that may have led to a run, each by an event that the one before had caused. Recipes that are to hand on to each
other make chains of a few.
"""


def check_chain(record: Record, longest: int) -> None:
    """Raises EndlessChain where more runs than that led to this one. To be called before anything is sent."""
    if record.chain > longest:
        why = "the latest about the same thing" if record.presumed else "as it was said"
        raise EndlessChain(
            f"{record.chain} runs led to this one, each by an event that the one before had caused, and {longest} may: "
            f"it was started because of event {record.because_of}, {why}"
        )
