"""Because of what a host's runs are started: looked up only where webhooks are let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.record import Record
from connector_runtime.store import Location
from connector_runtime.values import Json

if TYPE_CHECKING:
    from connector_runtime.events.loop import Loop


class Chains:
    """The chains of runs of one data directory."""

    def __init__(self, data_dir: Location) -> None:
        self._runs, self._events = records_file(data_dir), events_file(data_dir)
        self._loop: Loop | None = None

    def link(
        self, record: Record, action: Action, given: dict[str, Json] | InvalidInput, because_of: int | None
    ) -> None:
        """Write down in a run's record because of which event it is started; where nobody said so, that of a change is
        presumed. Raises InvalidInput when there is no such event.
        """
        if because_of is None and (action.kind == "read" or isinstance(given, InvalidInput)):
            return
        loop = self._opened()
        from connector_runtime.events import chain

        if because_of is not None:
            if loop is None:
                raise chain.unknown(because_of)
            link = chain.said(loop, because_of)
        elif loop is None or isinstance(given, InvalidInput):
            return
        else:
            link = chain.presumed(loop, record.connection, same_thing(action, given))
        record.because_of, record.presumed, record.chain = link

    def may_be_told(self) -> bool:
        """Whether an event may arrive before the answer of the run that causes it. Where webhooks were never let in,
        nothing is kept for that.
        """
        return self._loop is not None or self._events.exists()

    def close(self) -> None:
        """Let go of the files."""
        if self._loop is not None:
            self._loop.close()

    def _opened(self) -> Loop | None:
        """The loop; None where no webhook was ever let in."""
        if self._loop is None and self._events.exists():
            from connector_runtime.events.loop import Loop

            self._loop = Loop(self._runs, self._events)
        return self._loop


def same_thing(action: Action, given: dict[str, Json]) -> list[dict[str, Json]]:
    """What payloads say that are about what a run changes: for each event that it causes whose payload has all of the
    action's natural key, those values.
    """
    found = []
    for emit in action.emits:
        values = {name: given.get(key) for name, key in emit.match.items()}
        if values and set(action.natural_key) <= set(emit.match.values()) and None not in values.values():
            found.append(values)
    return found
