"""`events`: what has arrived, as JSON lines, from a cursor that its reader keeps."""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import Any

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, json_option, setting_of, wait_for
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.store import Location
from connector_runtime.values import Problem, did_you_mean

DAYS = 7
"""Days that are told of."""


@click.group("events", invoke_without_command=True)
@click.option("--after", default=0, type=click.IntRange(min=0), metavar="CURSOR", help="Begin after that event.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--event", metavar="ID", help="Only events of this kind.")
@click.option("--connection", metavar="NAME", help="Only events of this connection.")
@click.option("--unexpected", is_flag=True, help="Only what no run here caused, about what runs here have changed.")
@click.option("--follow", is_flag=True, help="Wait for more until stopped.")
@data_dir_option
@click.pass_context
def events_command(
    context: click.Context,
    after: int,
    limit: int | None,
    event: str | None,
    connection: str | None,
    unexpected: bool,
    follow: bool,
) -> None:
    """Print the webhook events that have arrived, one JSON document a line, in the order of their arrival.

    Whoever reads keeps the `cursor` of the last line that was dealt with, and goes on with --after: nothing is then
    missed.
    """
    if context.invoked_subcommand is not None:
        return
    from connector_runtime.events.feed import feed

    setting = setting_of(context)
    known = setting.connector.triggers
    _check_after(setting.data_dir, after)
    _check_connection(setting, connection)
    if event is not None and event not in known:
        said = f"there is no event `{event}`{did_you_mean(event, known)}; there are: {', '.join(sorted(known))}"
        raise InvalidInput([Problem("event", said, "Event")])
    file, runs = events_file(setting.data_dir), records_file(setting.data_dir)

    chosen: dict[str, Any] = {"event": event, "connection": connection, "unexpected": unexpected}

    async def printed() -> None:
        left = limit
        async with aclosing(feed(file, runs=runs, after=after, follow=follow, **chosen)) as arrived:
            async for each in arrived:
                click.echo(words.as_json(each))
                left = None if left is None else left - 1
                if left == 0:
                    return

    wait_for(printed())


def _check_after(data_dir: Location, after: int) -> None:
    """Raises InvalidInput for a cursor that no event here has had: its reader would wait for ever."""
    from connector_runtime.events.cursors import check_after
    from connector_runtime.store.events import Events

    with closing(Events(events_file(data_dir))) as events:
        check_after(after, events.latest())


def _check_connection(setting: Setting, name: str | None) -> None:
    """Raises InvalidInput for a connection that is not there, and of which nothing has come either."""
    from connector_runtime.hosts.connected import check_connection
    from connector_runtime.store.events import Events

    if name is None:
        return
    with closing(Events(events_file(setting.data_dir))) as events:
        if any(each["connection"] == name for each in events.counts()):
            return
    check_connection(setting.data_dir, setting.program, name)


@events_command.command("replay")
@click.argument("name", metavar="NAME")
@click.argument("cursors", nargs=-1, type=click.IntRange(min=1), metavar="[CURSOR]...")
@click.option("--after", type=click.IntRange(min=0), metavar="CURSOR", help="All that it wants, after that event.")
@click.option("--until", type=click.IntRange(min=0), metavar="CURSOR", help="Up to and with that event.")
@click.option("--parked", is_flag=True, help="All that was parked.")
@json_option
@data_dir_option
@click.pass_context
def replay_command(
    context: click.Context,
    name: str,
    cursors: tuple[int, ...],
    after: int | None,
    until: int | None,
    parked: bool,
    as_json: bool,
) -> None:
    """Bring the subscriber NAME events once more: those named, those after one, or those that were parked.

    Each keeps its ID, so that a subscriber that has it already can tell.
    """
    from connector_runtime.events.replay import Replay
    from connector_runtime.hosts.subscribed import again, files_in, subscribers_in

    setting = setting_of(context)
    ways = [
        said for given, said in ((cursors, "cursors"), (after is not None, "--after"), (parked, "--parked")) if given
    ]
    if len(ways) != 1 or (until is not None and after is None):
        said = "say which: their cursors; or --after CURSOR, with --until or without; or --parked"
        if len(ways) > 1:
            said += f"; {' and '.join(ways)} exclude each other"
        raise InvalidInput([Problem("cursors", said, "Cursors")])
    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        subscriber = subscribers.get(name)
    replay = Replay(files_in(setting.data_dir), setting.connector.identity.wire.date_time)
    gone = 0
    if after is not None:
        number = replay.between(subscriber, after, until)
    elif parked:
        number, gone = replay.parked(subscriber)
    else:
        number = replay.named(subscriber, cursors)
    if as_json:
        words.say_json({"subscriber": name, "replayed": number, "gone": gone})
    else:
        click.echo(again(number, gone, name))


@events_command.command("stats")
@click.option("--connection", metavar="NAME", help="Only events of this connection.")
@click.option(
    "--days",
    default=DAYS,
    show_default=True,
    type=click.IntRange(1, 3660),
    help="How many days, by UTC, today among them.",
)
@json_option
@data_dir_option
@click.pass_context
def stats_command(context: click.Context, connection: str | None, days: int, as_json: bool) -> None:
    """Show how well events are delivered: how many arrived, were missing or unexpected, and how late they were."""
    from connector_runtime.events.loop import Loop

    setting = setting_of(context)
    _check_connection(setting, connection)
    with Loop(records_file(setting.data_dir), events_file(setting.data_dir)) as loop:
        told = loop.statistics(days, connection)
    if as_json:
        words.say_json(told)
        return
    for row in told["events"]:
        click.echo(f"{row['connection']}  {click.style(row['event'], bold=True)}")
        counted = ("kept", "duplicates", "expected", "seen", "missing", "unexpected")
        click.echo("  " + ", ".join(f"{row[name]} {name}" for name in counted))
        if row["seen"]:
            click.echo(f"  seen after {row['median_s']:.1f} s (median), {row['p99_s']:.1f} s (99th percentile)")
    for row in told["aside"]:
        click.echo(f"{row['connection']}  {row['number']} set aside: {row['reason']}")
    if not told["events"] and not told["aside"]:
        words.note(f"Nothing has arrived since {told['since']}, and nothing was expected where webhooks are let in.")
