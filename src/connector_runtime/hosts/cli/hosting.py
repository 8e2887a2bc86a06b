"""`serve`: the connector over HTTP, for workflow platforms; and `tenants`, who share it."""

from __future__ import annotations

import asyncio
import errno
import importlib
import socket
import sys
from contextlib import ExitStack, closing
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import click

from connector_runtime.connections.extra import extra
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, database_option, json_option, setting_of
from connector_runtime.hosts.directories import tenants_file
from connector_runtime.values import Problem

PORT = 8436
"""Where `serve` listens, unless another port is named."""

METRICS_PORT = 9464
"""Where Prometheus finds them: what OpenTelemetry's exporters listen on too."""

LONGEST_END_S = 60
"""For how long what has begun may take to end, once the host is told to stop; what has not ended then is taken up again
by whoever asks for it.
"""

UNHEARD = {
    errno.EADDRINUSE: "is in use: something else listens there",
    errno.EACCES: "may not be listened on by this user",
    errno.EADDRNOTAVAIL: "cannot be listened on: this machine has no such address",
}
"""Why nothing can be heard at an address."""

NEEDED = ("cryptography", "jinja2", "markdown_it", "oauthlib", "standardwebhooks")
"""What the extra `serve` brings: missed now, and not in the middle of somebody's work."""

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
    "--url",
    "known_as",
    metavar="URL",
    help="The address that others know it by, as behind a proxy: of webhooks, consents and the pages.",
)
@click.option(
    "--calls-a-minute",
    default=6000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many calls one key may make.",
)
@click.option(
    "--log-format",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json"]),
    help="How the log on standard error is written: for a person, or a JSON object a line.",
)
@click.option("--traces", metavar="URL", help="A collector that takes OpenTelemetry's spans by OTLP over HTTP.")
@click.option("--metrics", is_flag=True, help="Tell Prometheus of all tenants, at an address without keys.")
@click.option(
    "--metrics-host", default="127.0.0.1", show_default=True, help="The address to tell it at; with --metrics."
)
@click.option(
    "--metrics-port", default=METRICS_PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--metrics-by-tenant", is_flag=True, help="A label `tenant` for each metric of a tenant's work.")
@json_option
@data_dir_option
@database_option
@click.pass_context
def serve_command(
    context: click.Context,
    host: str,
    port: int,
    behind: tuple[str, ...],
    known_as: str | None,
    calls_a_minute: int,
    log_format: Any,
    traces: str | None,
    metrics: bool,
    metrics_host: str,
    metrics_port: int,
    metrics_by_tenant: bool,
    as_json: bool,
) -> None:
    """Serve the actions and the events over HTTP until stopped.

    The first start makes a key that may do everything, and shows it once. /v1/openapi.json describes the API.
    """
    from connector_runtime.hosts.cli.serving import serve, served_beside, shown
    from connector_runtime.hosts.http.application import application
    from connector_runtime.hosts.http.descriptors import as_many_as_allowed
    from connector_runtime.hosts.http.host import Host, first_key
    from connector_runtime.hosts.http.observed.front import Front
    from connector_runtime.hosts.http.observed.logs import logging_as
    from connector_runtime.hosts.http.observed.observer import switched_on
    from connector_runtime.hosts.http.pages.site import Site

    with extra("serve"):
        for package in NEEDED:
            importlib.import_module(package)
    as_many_as_allowed()
    setting, known = setting_of(context), None if known_as is None else origin(known_as)
    options: dict[str, Any] = {"server_header": False, "log_config": None}
    on: dict[str, Any] = {"traces": traces, "metrics": metrics, "by_tenant": metrics_by_tenant}
    observer = switched_on(setting.connector, setting.program, **on)
    with ExitStack() as held:
        opened = held.enter_context(_listening(host, port, "Port"))
        asked = None
        if observer.metrics is not None:
            asked = held.enter_context(_listening(metrics_host, metrics_port, "Metrics port"))
        url = shown(host, opened)
        hosted = Host(
            setting.connector, setting.data_dir, setting.program, local=is_local(host, behind), observer=observer
        )

        async def tell_prometheus(stopping: asyncio.Event) -> None:
            from connector_runtime.hosts.http.observed.scraped import scraped
            from connector_runtime.hosts.http.observed.standing import standing

            if observer.metrics is not None and asked is not None:
                observer.metrics.look = partial(standing, hosted)
                await served_beside(scraped(observer.metrics), asked, stopping, **options)

        async def watch_sandbox() -> None:
            if host in LOOPBACK:
                await hosted.watch_sandbox(url)

        async def beside(stopping: asyncio.Event) -> None:
            following = hosted.follow_tenants(stopping)
            await asyncio.gather(tell_prometheus(stopping), watch_sandbox(), following, hosted.stop_with(stopping))

        async def close() -> None:
            await hosted.close()
            await asyncio.to_thread(observer.close)

        def announce() -> None:
            key = first_key(hosted.tenants)  # only now: all that could go wrong before would have lost it
            told = {} if asked is None else {"metrics": f"{shown(metrics_host, asked)}/metrics"}
            if as_json:
                click.echo(words.as_json({"url": url, "key": key, **told}))
                return
            click.echo(f"Serving at {url}")
            if told:
                click.echo(f"Metrics at {told['metrics']}")
            if key is not None:
                click.echo(f"First key, which may do everything: {key}")
            if log_format == "json":  # no other lines are among those
                return
            if key is not None:
                words.note("It is shown once.")
            words.note("Stop with Ctrl-C.")

        app = application(hosted, Site(hosted).routes(), calls_a_minute=calls_a_minute, url=known)
        with logging_as(log_format, sys.stderr):
            serve(
                Front(app, observer),
                opened,
                announce,
                beside=beside,
                closing=close,
                proxy_headers=bool(behind),
                forwarded_allow_ips=list(behind),
                timeout_graceful_shutdown=LONGEST_END_S,
                **options,
            )


def is_local(host: str, behind: tuple[str, ...]) -> bool:
    """Whether only this machine reaches a host: it listens here alone, and behind no proxy."""
    return host in LOOPBACK and not behind


def origin(url: str) -> str:
    """An address that others know a host by. Raises InvalidInput for one that is none, or has more than its origin."""
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname or found.path.strip("/") or found.query:
        raise InvalidInput([Problem("url", f"`{url}` is not such as https://connect.example.com", "URL")])
    return f"{found.scheme}://{found.netloc}"


def _listening(host: str, port: int, field: str) -> socket.socket:
    from connector_runtime.hosts.cli.serving import listening

    try:
        return listening(host, port)
    except OSError as wrong:
        said = f"{host}:{port} {UNHEARD.get(wrong.errno or 0, 'cannot be listened on')}"
        problem = Problem(field.lower().replace(" ", "_"), said, field)
        raise InvalidInput([problem], fix="Name another port, or 0 to take a free one.") from None


@click.group("tenants")
def tenants_command() -> None:
    """Look after those who share a host: add and list them, and make new keys for them."""


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


@tenants_command.command("key")
@click.argument("name", metavar="NAME")
@json_option
@data_dir_option
@database_option
@click.pass_context
def key_command(context: click.Context, name: str, as_json: bool) -> None:
    """Make NAME a new key, which may do everything, as when its own are lost; it is shown once. The others stay."""
    from connector_runtime.hosts.http.host import another_key
    from connector_runtime.store.tenants import Tenants

    setting = setting_of(context)
    with closing(Tenants(tenants_file(setting.data_dir))) as tenants:
        key = another_key(tenants, name)
    if as_json:
        words.say_json({"tenant": name, "key": key})
        return
    click.echo(f"A new key of {click.style(name, bold=True)}, which may do everything: {key}")
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
