"""Waiting for the webhook events that a run has caused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.values import Json, Problem

if TYPE_CHECKING:
    from connector_runtime.definition import Action
    from connector_runtime.hosts.cli.setting import Setting
    from connector_runtime.record import Record

NOT_SEEN = 4
"""Exit code where an event did not come in time: as for all that may be better later."""


def check_listens(setting: Setting, connection: str, action: Action) -> None:
    """Raises InvalidInput where a connection's webhooks are not let in, nor all lists read that tell the events of an
    action, so that one could not arrive.
    """
    from connector_runtime.events.loop import Loop

    events, program = [emit.event for emit in action.emits], setting.program
    with Loop(records_file(setting.data_dir), events_file(setting.data_dir)) as loop:
        if loop.listens(connection) or (events and all(loop.listens(connection, event) for event in events)):
            return
    said = f"the webhooks of {connection} are not let in, so that no event would be seen"
    ways = f"{program} webhooks add {connection}, then {program} listen"
    if events and all(setting.connector.triggers[event].polling for event in events):
        ways += f"; or, where there are no webhooks, {program} poll {connection}"
    raise InvalidInput([Problem("await_events", said, "Await events")], fix=f"First: {ways}. Nothing was sent.")


async def awaited(setting: Setting, record: Record, patience_s: float) -> list[dict[str, Json]]:
    """The events that a run's record expects, as they have arrived after so many seconds at most."""
    from connector_runtime.events.loop import Loop

    with Loop(records_file(setting.data_dir), events_file(setting.data_dir)) as loop:
        return await loop.awaited(record.document(), patience_s)


def missed(events: Sequence[dict[str, Json]], awaited_s: float | None) -> int:
    """The exit code of a run that ended well: whether what was waited for has come."""
    return NOT_SEEN if awaited_s is not None and any(event["status"] != "seen" for event in events) else 0
