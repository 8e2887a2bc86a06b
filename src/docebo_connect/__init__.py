"""Docebo Connect's enrollment actions for Python, and the command that runs them.

    import docebo_connect

    record = docebo_connect.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
    print(record.raise_if_failed().output)

    async with docebo_connect.session() as session:
        record = await session.run("unenroll_user_from_course", {"user_id": 7, "course_id": 42})

A record has `output`, `events`, `requests`, `effect`, `warnings` and `error`, as `docs/cli.md` describes them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_runtime import Connection, Record, Session
    from connector_runtime.run import Retries
    from connector_runtime.store import Location
    from connector_runtime.values import IfAlready, Json

PROGRAM = "docebo-connect"


def folder() -> Path:
    """The connector folder, which holds connector.yaml: inside an installed package, or the checkout's root."""
    installed = Path(__file__).parent / "connector"
    return installed if installed.is_dir() else Path(__file__).parents[2]


def session(
    *,
    connection: str | Connection = "sandbox",
    data_dir: Location | None = None,
    retries: Retries | None = None,
    longest_chain: int | None = None,
) -> Session:
    """An open connection to run actions over, for `async with`. `data_dir` defaults to the user's own; `retries` says
    what a run may spend on waiting for a better moment, `longest_chain` how many runs may have led to a run by their
    events (10).
    """
    from connector_runtime import Session, load
    from connector_runtime.hosts.directories import cache_directory, data_directory
    from connector_runtime.run import LONGEST_CHAIN

    connector = load(folder(), cache_directory(PROGRAM, data_dir))
    return Session(
        connector,
        connection=connection,
        data_dir=data_directory(PROGRAM, data_dir),
        program=PROGRAM,
        retries=retries,
        longest_chain=LONGEST_CHAIN if longest_chain is None else longest_chain,
    )


def run(
    action: str,
    given: Mapping[str, Any],
    *,
    connection: str | Connection = "sandbox",
    data_dir: Location | None = None,
    if_already: IfAlready | None = None,
    because_of: int | None = None,
) -> Record:
    """Run one action and wait for it. The record says how it went; only a wrong action key or connection is raised.

    `if_already`: `succeed` or `fail` where the platform is already as the action would make it. `because_of`:
    the cursor of the event that the run is an answer to.
    """
    from connector_runtime import load, run_once
    from connector_runtime.hosts.directories import cache_directory, data_directory

    connector = load(folder(), cache_directory(PROGRAM, data_dir))
    return run_once(
        connector,
        action,
        given,
        connection=connection,
        data_dir=data_directory(PROGRAM, data_dir),
        program=PROGRAM,
        if_already=if_already,
        because_of=because_of,
    )


def events(
    *,
    after: int = 0,
    event: str | None = None,
    connection: str | None = None,
    unexpected: bool = False,
    follow: bool = False,
    data_dir: Location | None = None,
) -> AsyncGenerator[Json]:
    """The webhook events that have arrived after a cursor, for `async for`; with `follow` it waits for more, and with
    `unexpected` it reads only what no run here caused, about what runs here have changed.

    Each has a `cursor`: keep that of the last one dealt with, and go on after it. docs/webhooks.md has the other keys.
    """
    from connector_runtime.events.feed import feed
    from connector_runtime.hosts.directories import data_directory, events_file, records_file

    directory = data_directory(PROGRAM, data_dir)
    return feed(
        events_file(directory),
        runs=records_file(directory),
        after=after,
        event=event,
        connection=connection,
        unexpected=unexpected,
        follow=follow,
    )


def event_statistics(
    *, days: int = 7, connection: str | None = None, data_dir: Location | None = None
) -> dict[str, Json]:
    """How well events were delivered on so many days, by UTC, today among them. docs/webhooks.md has the keys."""
    from connector_runtime.events.loop import Loop
    from connector_runtime.hosts.directories import data_directory, events_file, records_file

    directory = data_directory(PROGRAM, data_dir)
    with Loop(records_file(directory), events_file(directory)) as loop:
        return loop.statistics(days, connection)


def main() -> None:
    """Run the command line on this connector."""
    try:
        from connector_runtime.hosts.cli import main as cli  # only when used: others than the command ask for folder()

        cli(program=PROGRAM, connector=folder())
    except KeyboardInterrupt:  # before the command line could take care of it
        raise SystemExit(130) from None
