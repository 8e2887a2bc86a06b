"""`events`: what has arrived, as JSON lines, from a cursor that its reader keeps."""

from __future__ import annotations

from contextlib import aclosing

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, json_option, setting_of, wait_for
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.values import Problem, did_you_mean


@click.group("events", invoke_without_command=True)
@click.option("--after", default=0, type=click.IntRange(min=0), metavar="CURSOR", help="Begin after that event.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--event", metavar="ID", help="Only events of this kind.")
@click.option("--connection", metavar="NAME", help="Only events of this connection.")
@click.option("--follow", is_flag=True, help="Wait for more until stopped.")
@data_dir_option
@click.pass_context
def events_command(
    context: click.Context, after: int, limit: int | None, event: str | None, connection: str | None, follow: bool
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
    if event is not None and event not in known:
        said = f"there is no event `{event}`{did_you_mean(event, known)}; there are: {', '.join(sorted(known))}"
        raise InvalidInput([Problem("event", said, "Event")])
    file, runs = events_file(setting.data_dir), records_file(setting.data_dir)

    async def printed() -> None:
        left = limit
        async with aclosing(
            feed(file, runs=runs, after=after, event=event, connection=connection, follow=follow)
        ) as arrived:
            async for each in arrived:
                click.echo(words.as_json(each))
                left = None if left is None else left - 1
                if left == 0:
                    return

    wait_for(printed())


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
    from connector_runtime.hosts.subscribed import files_in, subscribers_in

    setting = setting_of(context)
    if (bool(cursors) + parked + (after is not None)) != 1 or (until is not None and after is None):
        said = "say which: their cursors; or --after CURSOR, with --until or without; or --parked"
        raise InvalidInput([Problem("cursors", said, "Cursors")])
    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        subscriber = subscribers.get(name)
    replay = Replay(files_in(setting.data_dir), setting.connector.identity.wire.date_time)
    if after is not None:
        number = replay.between(subscriber, after, until)
    else:
        number = replay.parked(subscriber) if parked else replay.named(subscriber, cursors)
    if as_json:
        words.say_json({"subscriber": name, "replayed": number})
    else:
        click.echo(f"{words.counted(number, 'event')} will be brought to {name} once more.")
