"""`poll`: the lists of a platform without webhooks read for events, again and again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from connector_runtime.errors import Conflict, ConnectorError, InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import (
    Setting,
    data_dir_option,
    deadline_option,
    json_option,
    setting_of,
    wait_for,
)
from connector_runtime.hosts.directories import events_file, presence_file
from connector_runtime.hosts.polling import Polled, poll, pollable
from connector_runtime.values import Problem

if TYPE_CHECKING:
    from connector_runtime.hosts.session import Session
    from connector_runtime.store.events import Events

EVERY_S = 120.0
"""Between two turns, unless somebody says otherwise: four lists of two pages each are 240 calls an hour then."""


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("write a moment, such as 2026-02-01T10:00:00Z") from None


@click.command("poll")
@click.argument("name", metavar="NAME")
@click.option("--event", "wanted", multiple=True, metavar="ID", help="Only this event; several may be named.")
@click.option(
    "--every",
    "every_s",
    default=EVERY_S,
    show_default=True,
    type=click.FloatRange(1, 86_400),
    metavar="SECONDS",
    help="How long to wait between two turns.",
)
@click.option(
    "--since",
    callback=_moment,
    metavar="MOMENT",
    help="Tell also what happened from then on; without it, the first turn only notes what is there.",
)
@click.option("--once", is_flag=True, help="One turn, and no more.")
@deadline_option
@json_option
@data_dir_option
@click.pass_context
def poll_command(
    context: click.Context,
    name: str,
    wanted: tuple[str, ...],
    every_s: float,
    since: datetime | None,
    once: bool,
    deadline: float,
    as_json: bool,
) -> None:
    """Read the lists of the connection NAME for events, where its platform brings no webhooks.

    What is new comes to the same events as webhooks do, each once. Not every event can be seen in a list: what is gone
    is in none.
    """
    setting = setting_of(context)
    chosen = _chosen(setting, wanted)
    _warn_of_webhooks(setting, name)
    turns = _Turns(setting, name, chosen, as_json=as_json)
    wait_for(turns.run(None if once else every_s, since, deadline))
    if once and turns.latest_error is not None:
        from connector_runtime.present import exit_code

        context.exit(exit_code(turns.latest_error))


class _Turns:
    """One turn after the other, each telling how its readings went."""

    def __init__(self, setting: Setting, name: str, events: Sequence[str], *, as_json: bool) -> None:
        self._setting, self._name, self._events, self._as_json = setting, name, events, as_json
        self.latest_error: ConnectorError | None = None

    async def run(self, every_s: float | None, since: datetime | None, deadline_s: float) -> None:
        """Turns until somebody stops the program; without `every_s`, one. Raises ConnectorError, Conflict where another
        process polls the same connection.
        """
        from connector_runtime.store import Presence

        presence, place = Presence(presence_file(self._setting.data_dir)), f"poll {self._name}"
        if not presence.enter(place):
            raise Conflict(f"another process polls {self._name}", code="polled_already")
        try:
            check = partial(presence.check, place)
            work = asyncio.create_task(self._work(every_s, since, deadline_s, check))
            _stop_with(work)
            with suppress(asyncio.CancelledError):  # what a turn has kept is kept, and the rest is read at the next
                await work
        finally:
            presence.leave(place)

    async def _work(
        self, every_s: float | None, since: datetime | None, deadline_s: float, check: Callable[[], None]
    ) -> None:
        from connector_runtime.hosts.cli.waiting import patient
        from connector_runtime.hosts.session import Session
        from connector_runtime.store.events import Events

        session = Session(
            self._setting.connector,
            connection=self._name,
            data_dir=self._setting.data_dir,
            program=self._setting.program,
            retries=patient(deadline_s),
            tell=words.note,
        )
        async with session:
            events = Events(events_file(self._setting.data_dir))
            try:
                while True:
                    check()  # a database may have given its place to another
                    await self._turn(session, events, since)
                    if every_s is None:
                        return
                    since = None
                    await asyncio.sleep(every_s)
            finally:
                events.close()

    async def _turn(self, session: Session, events: Events, since: datetime | None) -> None:
        async with aclosing(poll(session, events, self._events, since=since)) as readings:
            async for reading in readings:
                self.latest_error = reading.error or self.latest_error
                self._tell(reading)

    def _tell(self, reading: Polled) -> None:
        if self._as_json:
            click.echo(words.as_json(reading.document()))
        elif reading.error is None:
            told = "its first reading: from now on what is new is told" if reading.first else ""
            told = told if reading.first and not reading.new else words.counted(reading.new, "new event")
            click.echo(f"{reading.event}  {told}")
        for warning in reading.warnings:
            words.warn({"pointer": reading.event, "message": warning})
        if reading.error is not None:
            words.complain(reading.error.document())


def _stop_with(work: asyncio.Task[None]) -> None:
    """End the work when the process is told to stop; where signals cannot be handled so, they end it as they do."""
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for asked in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(asked, work.cancel)


def _chosen(setting: Setting, wanted: Sequence[str]) -> list[str]:
    known = pollable(setting.connector)
    problems = [
        Problem("event", f"no list tells `{event}`; there is one for: {', '.join(known)}", "Event")
        for event in wanted
        if event not in known
    ]
    if not known:
        problems = [Problem("", "no event of this connector can be polled")]
    if problems:
        raise InvalidInput(problems)
    return [event for event in known if event in wanted] if wanted else known


def _warn_of_webhooks(setting: Setting, name: str) -> None:
    from connector_runtime.store.events import Events

    events = Events(events_file(setting.data_dir))
    lets_in = any(endpoint.connection == name for endpoint in events.endpoints())
    events.close()
    if lets_in:
        said = f"webhooks of {name} are let in too; what both tell is kept once where both have the same moment"
        words.warn({"pointer": "", "message": said})
