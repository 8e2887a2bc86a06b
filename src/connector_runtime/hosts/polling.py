"""The lists of a connection read for events, one after the other: what is new comes to what webhooks bring."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from connector_runtime.definition import Connector, Trigger
from connector_runtime.errors import ConnectorError, NotNow, UnexpectedOutput
from connector_runtime.events.delivery import happening
from connector_runtime.events.polled import Reading
from connector_runtime.hosts.session import Session
from connector_runtime.run import Stream
from connector_runtime.store.events import Events
from connector_runtime.values import Json, at


@dataclass(frozen=True, kw_only=True)
class Polled:
    """How one reading of one list went."""

    connection: str
    event: str
    run_id: str | None
    """The run that read the list, with a record as any read has; None where it could not begin."""
    new: int = 0
    """Events that were not known yet."""
    rows: int = 0
    pages: int = 0
    first: bool = False
    """Nobody had read the list before: what stood there was noted, not told."""
    warnings: Sequence[str] = ()
    error: ConnectorError | None = None
    """Why nothing was kept; the next reading makes up for it."""

    def document(self) -> dict[str, Json]:
        """As hosts publish it; the keys and their order are stable."""
        return {
            **vars(self),
            "warnings": list(self.warnings),
            "error": None if self.error is None else self.error.document(),
        }


def pollable(connector: Connector) -> list[str]:
    """The events that a list can tell."""
    return [event for event, trigger in connector.triggers.items() if trigger.polling is not None]


async def poll(
    session: Session,
    events: Events,
    wanted: Sequence[str],
    *,
    since: datetime | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncGenerator[Polled]:
    """Read the list of each of these events once. What a better moment may mend is told with the reading; any other
    ConnectorError is raised.
    """
    for event in wanted:
        trigger = session.connector.triggers[event]
        yield await _read(session, events, trigger, since, now)


async def _read(
    session: Session, events: Events, trigger: Trigger, since: datetime | None, now: Callable[[], datetime]
) -> Polled:
    assert trigger.polling is not None
    name, event = session.connection.name, trigger.event
    mark = events.marks(name).get(event)
    reading = Reading(trigger, session.connector.identity.wire.date_time, mark, now=now(), since=since)
    stream = session.stream(trigger.polling.action, trigger.polling.input, in_flight=1)
    paging = session.connector.action(trigger.polling.action).paging
    assert paging is not None

    def so_far() -> Polled:
        run_id = stream.record.run_id if stream.record else None
        return Polled(connection=name, event=event, run_id=run_id, rows=reading.rows, pages=reading.pages)

    try:
        async with aclosing(stream.pages()) as pages:
            async for page in pages:
                if not reading.take(at(page, paging.items) or []):
                    break
        found = reading.found(now())
        new = events.keep_polled(
            name,
            event,
            found.occurrences,
            found.mark,
            before=found.before,
            asked=found.asked,
            happening_of=partial(happening, trigger),
        )
    except (NotNow, UnexpectedOutput) as wrong:
        return replace(so_far(), error=wrong)
    # What could not be read in a row became null there, and a row without its moment tells nothing.
    unread = [f"{each['pointer']}: {each['message']}" for each in _warnings_of(stream) if each["pointer"]]
    return replace(so_far(), new=new, first=mark is None, warnings=[*found.warnings, *unread])


def _warnings_of(stream: Stream) -> list[dict[str, str]]:
    return stream.record.warnings if stream.record else []
