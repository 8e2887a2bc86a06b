"""`webhooks`: where a platform brings its events, and `listen`, which lets them in."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import by_hand, registering, words
from connector_runtime.hosts.cli.setting import data_dir_option, json_option, number, setting_of
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.values import Json, Problem

if TYPE_CHECKING:
    from connector_runtime.store.arrivals import Endpoint
    from connector_runtime.store.registrations import Registration

PORT = 8438
"""Where `listen` listens, unless another port is named."""


@click.group("webhooks")
def webhooks_command() -> None:
    """Say where the platform brings its webhooks, one address for each connection.

    `register` has them brought by the platform's API, `add` shows how it is done by hand. `listen` then lets them in,
    and `events` prints them.
    """


@webhooks_command.command("add")
@by_hand.name_argument
@click.option(
    "--url",
    default=f"http://127.0.0.1:{PORT}",
    show_default=True,
    metavar="URL",
    help="How the platform reaches the machine on which `listen` runs: with https, from outside.",
)
@json_option
@data_dir_option
@click.pass_context
def add_command(context: click.Context, name: str, url: str, as_json: bool) -> None:
    """Make an address for the webhooks of the connection NAME, and show it with its password, once.

    An address that was made so before is good no longer.
    """
    from connector_runtime.hosts.connected import check_connection

    setting = setting_of(context)
    check_connection(setting.data_dir, setting.program, name)
    by_hand.check_url(url)
    credentials = by_hand.opened(setting, name)
    if not as_json:
        by_hand.say_recipe(setting, name, url, credentials)
        return
    address = f"{url.rstrip('/')}/{credentials.address}"
    document = {"connection": name, "url": address, "username": credentials.username, "password": credentials.password}
    words.say_json({**document, "events": sorted(setting.connector.triggers)})


webhooks_command.add_command(registering.register_command)


@webhooks_command.command("sample")
@click.argument("event", metavar="EVENT")
@click.pass_context
def sample_command(context: click.Context, event: str) -> None:
    """Print a delivery of EVENT as the platform would bring it now, to try out an address.

    \b
    webhooks sample course.enrollment.created | curl -u USER:PASSWORD -d @- URL
    """
    from connector_runtime.events.delivery import sampled

    words.say_json(sampled(setting_of(context).connector, event))


@webhooks_command.command("forget")
@click.option("--days", required=True, type=click.IntRange(1, 36500), help="What arrived longer ago than that.")
@json_option
@data_dir_option
@click.pass_context
def forget_command(context: click.Context, days: int, as_json: bool) -> None:
    """Forget events that arrived long ago, and what was put aside then.

    Cursors go on, what a run was seen to cause stays seen, and what comes again is new.
    """
    from datetime import UTC, datetime

    from connector_runtime.events.loop import Loop
    from connector_runtime.events.polled import tellings
    from connector_runtime.values import as_text

    setting = setting_of(context)
    with Loop(records_file(setting.data_dir), events_file(setting.data_dir)) as loop:
        number = loop.forget(as_text(datetime.now(UTC) - timedelta(days=days)), tellings(setting.connector.triggers))
    if as_json:
        words.say_json({"forgotten": number})
    else:
        click.echo(f"{words.counted(number, 'event')} forgotten.")


@webhooks_command.command("list")
@json_option
@data_dir_option
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the connections whose webhooks are let in, and what has become of them."""
    from connector_runtime.store.events import Events

    setting = setting_of(context)
    events = Events(events_file(setting.data_dir))
    endpoints, counts = events.endpoints(), events.counts()
    events.close()
    known = {each.address: each for each in registering.registrations(setting, gone=True)}
    listed = [(each, known.get(each.address)) for each in endpoints]
    if as_json:
        words.say_json({"webhooks": [_listed(*each) for each in listed], "counts": counts})
        return
    for each, made in listed:
        how = "" if made is None else f"  {registering.STATES[made.state]} {made.tag}"
        click.echo(f"{each.connection}  since {each.created_at}{how}")
    for count in counts:
        event = f"  {count['event']}" if count["event"] else ""
        click.echo(f"  {count['connection']}  {count['what']}{event}  {count['number']}")
    if not endpoints:
        words.note(f"No webhooks are let in: {setting.program} webhooks add NAME")


def _listed(endpoint: Endpoint, made: Registration | None) -> dict[str, Json]:
    known = {"connection": endpoint.connection, "created_at": endpoint.created_at}
    return {**known, "registered": made and made.tag, "state": made and made.state}


@webhooks_command.command("aside")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many, newest first.")
@data_dir_option
@click.pass_context
def aside_command(context: click.Context, limit: int) -> None:
    """Print the deliveries that were not taken, and why, as JSON lines, newest first."""
    from connector_runtime.store.events import Events

    setting = setting_of(context)
    events = Events(events_file(setting.data_dir))
    for each in events.aside(limit):
        click.echo(words.as_json(each))
    events.close()


webhooks_command.add_command(registering.check_command)


@webhooks_command.command("remove")
@by_hand.name_argument
@click.option(
    "--keep-on-platform", is_flag=True, help="Only here: do not ask the platform to remove what is registered."
)
@json_option
@data_dir_option
@click.pass_context
def remove_command(context: click.Context, name: str, keep_on_platform: bool, as_json: bool) -> None:
    """Let no more webhooks in for the connection NAME. What has arrived stays.

    Webhooks that were registered from here are removed on the platform too.
    """
    from connector_runtime.store.events import Events

    setting = setting_of(context)
    removed = registering.removed(setting, name, keep_on_platform=keep_on_platform)
    events = Events(events_file(setting.data_dir))
    closed = events.close_endpoint(name)
    events.close()
    if not closed and removed is None:
        raise InvalidInput([Problem("name", f"no webhooks are let in for `{name}`", "Name")])
    if as_json:
        words.say_json({"removed": name, "on_the_platform": removed or []})
        return
    click.echo(f"Webhooks of {name} are let in no longer.")
    if removed:
        click.echo(f"Removed on the platform: {', '.join(map(str, removed))}.")
    if closed or keep_on_platform:
        which = "the webhook that was made by hand" if removed else "the webhook"
        click.echo(f"Remove {which} on the platform too, which nobody here will do.")


@click.command("listen")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--allow-from", "sources", multiple=True, metavar="NETWORK", help="Only let in what comes from there.")
@click.option(
    "--behind",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy of yours, whose word is taken for where something comes from.",
)
@click.option(
    "--replay-window",
    "window_days",
    default=7.0,
    show_default=True,
    type=click.FloatRange(0, 3650),
    callback=number,
    metavar="DAYS",
    help="Do not take what happened longer ago; 0: however long.",
)
@click.option("--no-reconcile", is_flag=True, help="Do not look after the webhooks that are registered.")
@click.option(
    "--no-deliver", is_flag=True, help="Bring nothing to subscribers: `deliver` does, in a process of its own."
)
@json_option
@data_dir_option
@click.pass_context
def listen_command(
    context: click.Context,
    host: str,
    port: int,
    sources: tuple[str, ...],
    behind: tuple[str, ...],
    window_days: float,
    no_reconcile: bool,
    no_deliver: bool,
    as_json: bool,
) -> None:
    """Let the platform's webhooks in until stopped, and bring their events to subscribers.

    Every event is on the disk before the platform is thanked. Meanwhile what `webhooks register` has registered is
    looked at: what is gone is registered again, and what is of no use any more is removed.
    """
    from connector_runtime.events.receiver import Receiver, Rules
    from connector_runtime.hosts.cli.serving import serve, shown
    from connector_runtime.hosts.http.webhooks import webhooks
    from connector_runtime.hosts.subscribed import delivered

    setting = setting_of(context)
    rules = Rules(
        sources=_networks("allow_from", sources), replay_window=timedelta(days=window_days) if window_days else None
    )
    proxies = [str(network) for network in _networks("behind", behind)]
    opened = _listening(host, port)
    url = shown(host, opened)
    receiver = Receiver(setting.connector, events_file(setting.data_dir), rules, tell=words.note)

    def announce() -> None:
        if as_json:
            click.echo(words.as_json({"url": url}))
        else:
            click.echo(f"Listening at {url}")
            words.note("Stop with Ctrl-C.")
        if not no_reconcile:
            registering.repairing(setting).start()

    async def delivering(stopping: asyncio.Event) -> None:
        own = setting.connector, setting.data_dir, setting.program
        await delivered(*own, stopping, tell=words.note, complain=words.note)

    serve(
        webhooks(receiver),
        opened,
        announce,
        beside=None if no_deliver else delivering,
        closing=receiver.close,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
    )


def _networks(name: str, given: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    networks, problems = [], []
    for each in given:
        try:
            networks.append(ip_network(each))
        except ValueError:
            said = f"`{each}` is none; write an address or a network, as 203.0.113.7 or 203.0.113.0/24"
            problems.append(Problem(name, said, name.replace("_", " ").capitalize()))
    if problems:
        raise InvalidInput(problems)
    return networks


def _listening(host: str, port: int) -> socket.socket:
    from connector_runtime.hosts.cli.serving import listening

    try:
        return listening(host, port)
    except OSError as wrong:
        problem = Problem("port", f"{host}:{port} cannot be listened on ({wrong.strerror})", "Port")
        fix = "Name another port, or 0 to take a free one. `listen` may be running already: one is enough."
        raise InvalidInput([problem], fix=fix) from None
