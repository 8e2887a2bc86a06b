"""`serve`: the connector over HTTP, for workflow platforms; and `tenants`, who share it."""

from __future__ import annotations

import asyncio
from contextlib import closing

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, database_option, json_option, setting_of
from connector_runtime.hosts.directories import tenants_file
from connector_runtime.values import Problem

PORT = 8436
"""Where `serve` listens, unless another port is named."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--behind",
    multiple=True,
    metavar="ADDRESS",
    help="A proxy of yours, whose word is taken for where a request comes from, and how it came.",
)
@click.option(
    "--calls-a-minute",
    default=6000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many calls one key may make.",
)
@json_option
@data_dir_option
@database_option
@click.pass_context
def serve_command(
    context: click.Context, host: str, port: int, behind: tuple[str, ...], calls_a_minute: int, as_json: bool
) -> None:
    """Serve the actions and the events over HTTP until stopped.

    The first start makes a key that may do everything, and shows it once. /v1/openapi.json describes the API.
    """
    from connector_runtime.hosts.cli.serving import listening, serve, shown
    from connector_runtime.hosts.http.application import application
    from connector_runtime.hosts.http.host import Host, first_key
    from connector_runtime.hosts.http.pages.site import Site

    setting = setting_of(context)
    try:
        opened = listening(host, port)
    except OSError as wrong:
        problem = Problem("port", f"{host}:{port} cannot be listened on ({wrong.strerror})", "Port")
        raise InvalidInput([problem], fix="Name another port, or 0 to take a free one.") from None
    url = shown(host, opened)
    hosted = Host(setting.connector, setting.data_dir, setting.program, local=host in LOOPBACK)
    key = first_key(hosted.tenants)

    async def beside(stopping: asyncio.Event) -> None:
        if hosted.local:
            await hosted.watch_sandbox(url)

    def announce() -> None:
        if as_json:
            click.echo(words.as_json({"url": url, "key": key}))
            return
        click.echo(f"Serving at {url}")
        if key is not None:
            click.echo(f"First key, which may do everything: {key}")
            words.note("It is shown once.")
        words.note("Stop with Ctrl-C.")

    serve(
        application(hosted, Site(hosted).routes(), calls_a_minute=calls_a_minute),
        opened,
        announce,
        beside=beside,
        closing=hosted.close,
        proxy_headers=bool(behind),
        forwarded_allow_ips=list(behind),
        server_header=False,
    )


@click.group("tenants")
def tenants_command() -> None:
    """Look after those who share a host: add and list them."""


@tenants_command.command("add")
@click.argument("name", metavar="NAME")
@json_option
@data_dir_option
@database_option
@click.pass_context
def add_command(context: click.Context, name: str, as_json: bool) -> None:
    """Let NAME use the host, with things of its own; its first key is shown once."""
    from connector_runtime.hosts.http.host import add_tenant
    from connector_runtime.store.tenants import Tenants

    setting = setting_of(context)
    with closing(Tenants(tenants_file(setting.data_dir))) as tenants:
        key = add_tenant(tenants, name)
    if as_json:
        words.say_json({"tenant": name, "key": key})
        return
    click.echo(f"{click.style(name, bold=True)} may use the host.")
    click.echo(f"  First key, which may do everything: {key}")
    words.note("It is shown once.")


@tenants_command.command("list")
@json_option
@data_dir_option
@database_option
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the tenants."""
    from connector_runtime.store.tenants import Tenants

    setting = setting_of(context)
    with closing(Tenants(tenants_file(setting.data_dir))) as tenants:
        names = tenants.names()
    if as_json:
        words.say_json(names)
        return
    for name in names:
        click.echo(name)
    if not names:
        words.note(f"There is none yet: the first start of {setting.program} serve makes one.")
