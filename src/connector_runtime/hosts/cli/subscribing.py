"""`subscribe`, `subscribers`, and `deliver`: events brought to whoever wants them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, json_option, setting_of, wait_for
from connector_runtime.values import Json, Problem

if TYPE_CHECKING:
    from connector_runtime.store.outbox import Standing

name_argument = click.argument("name", metavar="NAME")


@click.command("subscribe")
@click.argument("events", nargs=-1, required=True, metavar="EVENT...")
@click.option("--to", "url", required=True, metavar="URL", help="Where events are brought; @FILE or env:NAME has it.")
@click.option("--name", help="What the subscriber is called here. Default: the host in the URL.")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Only events whose payload has this value.")
@click.option("--connection", metavar="NAME", help="Only events of this connection.")
@click.option("--without-own", is_flag=True, help="Leave out what a run here has caused.")
@click.option("--ordered-per", metavar="FIELD", help="Bring those that agree in this field one after the other.")
@click.option(
    "--after", type=click.IntRange(min=0), metavar="CURSOR", help="Begin after that event; default: from now."
)
@click.option(
    "--network",
    "networks",
    multiple=True,
    metavar="NETWORK",
    help="The subscriber is in this network of yours, as 10.0.0.0/8, and not at a public address.",
)
@click.option("--secret", metavar="@FILE|env:NAME", help="Sign with this secret; default: a new one.")
@json_option
@data_dir_option
@click.pass_context
def subscribe_command(
    context: click.Context,
    events: tuple[str, ...],
    url: str,
    name: str | None,
    where: tuple[str, ...],
    connection: str | None,
    without_own: bool,
    ordered_per: str | None,
    after: int | None,
    networks: tuple[str, ...],
    secret: str | None,
    as_json: bool,
) -> None:
    """Bring each EVENT to a URL, signed, until it is taken.

    While `listen` or `deliver` runs, what arrives is sent there in the Standard Webhooks format; what is not taken is
    sent again for a day. Each has an ID, by which the subscriber tells what it has already.
    """
    from datetime import UTC, datetime

    from connector_runtime.events.messages import check_signing
    from connector_runtime.events.subscription import Asked, subscriber_of
    from connector_runtime.hosts.connected import check_connection
    from connector_runtime.hosts.subscribed import added, begin_of, subscribers_in
    from connector_runtime.values import as_text

    check_signing()
    setting = setting_of(context)
    if connection is not None:
        check_connection(setting.data_dir, setting.program, connection)
    url, own_secret = (
        _told("url", "To", url),
        None if secret is None else _told("secret", "Secret", secret, always=True),
    )
    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        asked = Asked(
            name=name or _free_name(url, [each["name"] for each in subscribers.shown()]),
            events=events,
            url=url,
            connection=connection,
            where=where,
            without_own=without_own,
            ordered_per=ordered_per,
            networks=networks,
            secret=own_secret,
        )
        subscriber = subscriber_of(setting.connector, asked, as_text(datetime.now(UTC)))
        begin = begin_of(setting.data_dir, after)
        subscribers.add(subscriber)
    added(setting.data_dir, subscriber, begin)
    if as_json:
        shown = subscriber.public() | {"after": begin[0]}
        words.say_json(shown if own_secret else shown | {"secret": subscriber.secret})
        return
    click.echo(f"{click.style(subscriber.name, bold=True)} is brought {', '.join(subscriber.events)}.")
    if not own_secret:
        click.echo(f"  Secret  {subscriber.secret}")
        words.note("This is shown once. Whoever receives checks the signature with it: docs/webhooks.md says how.")
    words.note(f"Events are brought while this runs: {setting.program} listen")


@click.group("subscribers")
def subscribers_command() -> None:
    """Look after those to whom events are brought: list, test, resume and remove them."""


@subscribers_command.command("list")
@json_option
@data_dir_option
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the subscribers, and what has become of their messages."""
    from connector_runtime.hosts.subscribed import standing_in_words, subscribers_in

    setting = setting_of(context)
    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        shown = subscribers.shown()
    standings = _standings(setting)
    if as_json:
        words.say_json([each | standing_in_words(standings.get(each["name"])) for each in shown])
        return
    for each in shown:
        for line in _lines(each, standing_in_words(standings.get(each["name"])), setting.program):
            click.echo(line)
    if not shown:
        words.note(f"Nobody is subscribed: {setting.program} subscribe EVENT --to URL")


@subscribers_command.command("test")
@name_argument
@click.option("--event", metavar="EVENT", help="Which of its events. Default: the first.")
@json_option
@data_dir_option
@click.pass_context
def test_command(context: click.Context, name: str, event: str | None, as_json: bool) -> None:
    """Send NAME the sample of an event now, signed, with an ID that begins with test_."""
    from connector_runtime.hosts.subscribed import subscribers_in, tested

    setting = setting_of(context)
    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        subscriber = subscribers.get(name)
    status = wait_for(tested(setting.connector, setting.data_dir, subscriber, event))
    if as_json:
        words.say_json({"taken": name, "status": status})
    else:
        click.echo(f"{name} took it, and answered {status}.")


@subscribers_command.command("parked")
@click.argument("name", metavar="[NAME]", required=False)
@data_dir_option
@click.pass_context
def parked_command(context: click.Context, name: str | None) -> None:
    """Print the messages that were not taken for a day, as JSON lines; of all subscribers, or of NAME."""
    from connector_runtime.hosts.subscribed import outbox_in

    setting = setting_of(context)
    if name is not None:
        _check_there(setting, name)
    with outbox_in(setting.data_dir) as outbox:
        for each in outbox.parked(name):
            click.echo(words.as_json(each))


@subscribers_command.command("resume")
@name_argument
@json_option
@data_dir_option
@click.pass_context
def resume_command(context: click.Context, name: str, as_json: bool) -> None:
    """Send to NAME again, which had answered that it wants no more; and what waits for it at once."""
    from connector_runtime.hosts.subscribed import resumed

    setting = setting_of(context)
    _check_there(setting, name)
    said = resumed(setting.data_dir, name)
    if as_json:
        words.say_json({"resumed": name})
    else:
        click.echo(said)


@subscribers_command.command("remove")
@name_argument
@json_option
@data_dir_option
@click.pass_context
def remove_command(context: click.Context, name: str, as_json: bool) -> None:
    """Bring NAME nothing any more, and forget its secret and what waits for it."""
    from connector_runtime.hosts.subscribed import removed

    setting = setting_of(context)
    removed(setting.data_dir, setting.program, name)
    if as_json:
        words.say_json({"removed": name})
    else:
        click.echo(f"{name} is brought nothing any more.")


@click.command("deliver")
@data_dir_option
@click.pass_context
def deliver_command(context: click.Context) -> None:
    """Bring events to their subscribers until stopped, where `listen` does not run or does not do it.

    One process of a data directory sends at a time; another waits, and takes over.
    """
    from connector_runtime.hosts.subscribed import dispatch_of

    setting = setting_of(context)
    dispatch = dispatch_of(setting.connector, setting.data_dir, setting.program, words.note)

    async def delivering() -> None:
        stopping = asyncio.Event()
        for asked in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
        words.note("Events are brought to their subscribers. Stop with Ctrl-C.")
        await dispatch.run(stopping)

    wait_for(delivering())


def _standings(setting: Setting) -> dict[str, Standing]:
    from connector_runtime.hosts.subscribed import outbox_in

    with outbox_in(setting.data_dir) as outbox:
        return outbox.standings()


def _lines(shown: dict[str, Json], stands: dict[str, Json], program: str) -> Iterator[str]:
    """A subscriber as a person reads it: what it wants, and what has become of its messages."""
    from datetime import UTC, datetime

    name = shown["name"]
    yield f"{click.style(name, bold=True)}  {shown['place']}  {', '.join(shown['events'])}"
    wants = [f"--where {field}={text}" for field, texts in shown["where"].items() for text in texts]
    wants += [f"--connection {shown['connection']}"] if shown["connection"] else []
    wants += ["--without-own"] if shown["without_own"] else []
    wants += [f"--ordered-per {shown['ordered_per']}"] if shown["ordered_per"] else []
    if wants:
        yield f"  {' '.join(wants)}"
    yield f"  delivered {stands['delivered']}, waiting {stands['waiting']}, parked {stands['parked']}"
    if stands["stopped"]:
        yield f"  nothing is sent: {stands['stopped']}"
    if stands["stopped"] and stands["cursor"] is not None:
        yield f"  {program} subscribers resume {name} has it sent to again"
    if stands["failure"]:
        yield f"  {stands['failure']}"
    if stands["failure"] and stands["since"] and stands["next_at"]:
        since, again = (
            f"{datetime.fromtimestamp(stands[each], UTC):%Y-%m-%d %H:%M:%S} UTC" for each in ("since", "next_at")
        )
        yield f"  tried {words.counted(stands['attempts'], 'time')} since {since}, again {again}"


def _check_there(setting: Setting, name: str) -> None:
    from connector_runtime.hosts.subscribed import subscribers_in

    with subscribers_in(setting.data_dir, setting.program) as subscribers:
        subscribers.check_there(name)


def _told(field: str, title: str, text: str, *, always: bool = False) -> str:
    """A text as it is, or as a file or a variable has it; `always`: it must be there."""
    from connector_runtime.hosts.cli.asking import elsewhere

    if not (always or text.startswith(("@", "env:"))):
        return text
    value, wrong = elsewhere(text, secret=True)
    if wrong:
        raise InvalidInput([Problem(field, wrong, title)])
    return value


def _free_name(url: str, taken: list[str]) -> str:
    """A name after the URL's host."""
    from connector_runtime.connections.addresses import parted

    address = parted(url)
    host = "subscriber" if address is None or not address.host or "[" in address.host else address.host[:50]
    names = (host, *(f"{host}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
