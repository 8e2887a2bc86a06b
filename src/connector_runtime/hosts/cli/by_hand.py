"""A webhook made by hand: the address for it, and what to do with it on the platform's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting
from connector_runtime.hosts.directories import events_file
from connector_runtime.values import Problem

if TYPE_CHECKING:
    from connector_runtime.events.endpoints import Credentials

name_argument = click.argument("name", metavar="NAME")


def opened(setting: Setting, name: str) -> Credentials:
    """A new address for a connection's webhooks, instead of the one that was made by hand before."""
    from connector_runtime.events.endpoints import drawn
    from connector_runtime.store.events import Events

    credentials, endpoint = drawn(name)
    events = Events(events_file(setting.data_dir))
    events.open_endpoint(endpoint)
    events.close()
    return credentials


def is_open(setting: Setting, name: str) -> bool:
    """Whether a connection's webhooks are let in already."""
    from connector_runtime.store.events import Events

    events = Events(events_file(setting.data_dir))
    known = [each.connection for each in events.endpoints()]
    events.close()
    return name in known


def say_recipe(setting: Setting, name: str, url: str, credentials: Credentials) -> None:
    """What to do with it, in words."""
    click.echo(f"{click.style(name, bold=True)}: its webhooks arrive at an address of their own.")
    click.echo(f"  URL        {url.rstrip('/')}/{credentials.address}")
    click.echo(f"  User name  {credentials.username}")
    click.echo(f"  Password   {credentials.password}")
    words.note("This is shown once. Make another with `webhooks add`; this one is then good no longer.")
    words.heading("In the platform's own pages for webhooks")
    click.echo("  1. Add a webhook with that URL, HTTP Basic authentication, and the user name and password.")
    known = ", ".join(sorted(setting.connector.triggers))
    click.echo(f"  2. Choose the events that you need. Known here: {known}.")
    click.echo(f"  3. Start here: {setting.program} listen. What arrives: {setting.program} events --follow")


def check_url(url: str) -> None:
    """Raises InvalidInput for what no platform could bring its webhooks to; notes one that shows the password."""
    from connector_runtime.connections.addresses import parted

    address = parted(url)
    if address is None or address.scheme not in ("http", "https") or not address.host or address.user or "?" in url:
        said = "must begin with https:// or http://, then a host, and at most a path: as https://hooks.example.com"
        raise InvalidInput([Problem("url", said, "URL")])
    if address.scheme == "http" and not address.loopback:
        words.note("With http, anybody on the way can read the password: let a proxy of yours take https.")
