"""Because of which event a run is started, and how many runs led to it: said, or presumed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    """The link to the event with that cursor. A run in progress that may be its cause counts as if it were: it would
    otherwise be a way around the limit. Raises InvalidInput when there is none."""
    event = loop.event(cursor)
    if event is None:
        raise unknown(cursor)
    return Link(cursor, chain=_length(loop, loop.likely([event])[cursor]))


def presumed(loop: Loop, connection: str, about: Sequence[Mapping[str, Json]]) -> Link:
    """The link to the latest event that a run here has caused, or may turn out to have, and whose payload has one of
    these sets of values: a change of what was changed a moment ago is most likely an answer to that.
    """
    if about and loop.listens(connection):
        events = loop.latest_about(connection, about, PRESUMED_S)
        likely = loop.likely(events)
        for event in events:
            if runs := likely[event["cursor"]]:
                return Link(event["cursor"], True, _length(loop, runs))
    return Link()


def unknown(cursor: int) -> InvalidInput:
    """There is no such event."""
    problem = Problem("because_of", f"no event has the cursor {cursor}", "Because of")
    return InvalidInput([problem], fix="Give the `cursor` of an event that has arrived. Nothing was sent.")


def _length(loop: Loop, runs: Collection[str]) -> int:
    """By the longest way, where several may have caused the event."""
    return max((1 + loop.chain(run_id) for run_id in runs), default=0)
