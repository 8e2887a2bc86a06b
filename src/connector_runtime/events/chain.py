"""Because of which event a run is started, and how many runs led to it: said, or presumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connector_runtime.errors import InvalidInput
from connector_runtime.events.loop import Loop
from connector_runtime.values import Json, Problem

PRESUMED_S = 60
"""How old the event may be: a recipe that starts from an event does so at once."""


class Link(NamedTuple):
    """Why a run is started: the cursor of an event, whether that is only presumed, and how many runs led there."""

    because_of: int | None = None
    presumed: bool = False
    chain: int = 0


def said(loop: Loop, cursor: int) -> Link:
    """The link to the event with that cursor. Raises InvalidInput when there is none."""
    event = loop.event(cursor)
    if event is None:
        raise unknown(cursor)
    (told,) = loop.with_causes([event])
    return Link(cursor, chain=_length(loop, told["caused_by"]))


def presumed(loop: Loop, connection: str, about: Sequence[Mapping[str, Json]]) -> Link:
    """The link to the latest event that a run here has caused, and whose payload has one of these sets of values: a
    change of what was changed a moment ago is most likely an answer to that.
    """
    if about and loop.listens(connection):
        for event in loop.with_causes(loop.latest_about(connection, about, PRESUMED_S)):
            if event["caused_by"] is not None:
                return Link(event["cursor"], True, _length(loop, event["caused_by"]))
    return Link()


def unknown(cursor: int) -> InvalidInput:
    """There is no such event."""
    problem = Problem("because_of", f"no event has the cursor {cursor}", "Because of")
    return InvalidInput([problem], fix="Give the `cursor` of an event that has arrived. Nothing was sent.")


def _length(loop: Loop, run_id: str | None) -> int:
    return 0 if run_id is None else 1 + loop.chain(run_id)
