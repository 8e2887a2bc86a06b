"""`serve`: the connector over HTTP, for workflow platforms and people."""

from __future__ import annotations

import asyncio
import errno
import importlib
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from connector_runtime.connections.extra import extra
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, database_option, json_option, setting_of
from connector_runtime.values import Problem

if TYPE_CHECKING:
    from connector_runtime.hosts.http.host import Host

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

OPTIONS: dict[str, Any] = {"server_header": False, "log_config": None}
"""Of uvicorn, wherever it serves."""

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
    from connector_runtime.hosts.cli.serving import serve, shown
    from connector_runtime.hosts.http.application import application
    from connector_runtime.hosts.http.descriptors import as_many_as_allowed
    from connector_runtime.hosts.http.host import Host
    from connector_runtime.hosts.http.observed.front import Front
    from connector_runtime.hosts.http.observed.logs import logging_as
    from connector_runtime.hosts.http.observed.observer import switched_on
    from connector_runtime.hosts.http.pages.site import Site

    with extra("serve"):
        for package in NEEDED:
            importlib.import_module(package)
    as_many_as_allowed()
    setting, known = setting_of(context), None if known_as is None else origin(known_as)
    on: dict[str, Any] = {"traces": traces, "metrics": metrics, "by_tenant": metrics_by_tenant}
    observer = switched_on(setting.connector, setting.program, **on)
    with ExitStack() as held:
        opened = held.enter_context(_listening(host, port, "Port"))
        asked = None if not metrics else held.enter_context(_listening(metrics_host, metrics_port, "Metrics port"))
        local = is_local(host, behind, known)
        hosted = Host(setting.connector, setting.data_dir, setting.program, local=local, observer=observer)
        work = Work(hosted, shown(host, opened), asked, seen_here=host in LOOPBACK)
        told = None if asked is None else f"{shown(metrics_host, asked)}/metrics"
        plain = host not in LOOPBACK and known is None and not behind
        app = application(hosted, Site(hosted).routes(), calls_a_minute=calls_a_minute, url=known)
        with logging_as(log_format, sys.stderr):
            serve(
                Front(app, observer),
                opened,
                lambda: announce(work, told, as_json=as_json, notes=log_format != "json", plain=plain),
                beside=work.beside,
                closing=work.close,
                proxy_headers=bool(behind),
                forwarded_allow_ips=list(behind),
                timeout_graceful_shutdown=LONGEST_END_S,
                **OPTIONS,
            )


@dataclass(frozen=True)
class Work:
    """What a host does beside answering. `asked`: where Prometheus asks; `seen_here`: this machine reaches it, so that
    the built-in sandbox does.
    """

    hosted: Host
    url: str
    asked: socket.socket | None
    seen_here: bool

    async def beside(self, stopping: asyncio.Event) -> None:
        """All of it, until told to stop."""
        hosted = self.hosted
        following = hosted.follow_tenants(stopping)
        await asyncio.gather(
            self._tell_prometheus(stopping), self._watch_sandbox(), following, hosted.stop_with(stopping)
        )

    async def close(self) -> None:
        """Bring it to its end, and send what is still to be sent of what was observed."""
        await self.hosted.close()
        await asyncio.to_thread(self.hosted.observer.close)

    async def _tell_prometheus(self, stopping: asyncio.Event) -> None:
        from connector_runtime.hosts.cli.serving import served_beside
        from connector_runtime.hosts.http.observed.scraped import scraped
        from connector_runtime.hosts.http.observed.standing import standing

        metrics = self.hosted.observer.metrics
        if metrics is not None and self.asked is not None:
            metrics.look = partial(standing, self.hosted)
            await served_beside(scraped(metrics), self.asked, stopping, **OPTIONS)

    async def _watch_sandbox(self) -> None:
        if self.seen_here:
            await self.hosted.watch_sandbox(self.url)


def announce(work: Work, metrics: str | None, *, as_json: bool, notes: bool, plain: bool) -> None:
    """Say that it is served, and where; on the first start, the first key. `notes`: with what else a person should
    know, as that others reach it over `plain` http.
    """
    from connector_runtime.hosts.http.host import FIRST, first_key

    key = first_key(work.hosted.tenants)  # only now: all that could go wrong before would have lost it
    if as_json:
        told = {} if metrics is None else {"metrics": metrics}
        click.echo(words.as_json({"url": work.url, "key": key, **told}))
        return
    click.echo(f"Serving at {work.url}")
    if metrics is not None:
        click.echo(f"Metrics at {metrics}")
    if key is not None:
        click.echo(f"First key, which may do everything: {key}")
    if not notes:  # the log stands there, and nothing else
        return
    another = f"Sign in with a key of yours. `{work.hosted.program} tenants key {FIRST}` makes another."
    words.note(another if key is None else "It is shown once.")
    if plain:
        words.note("Others reach it over plain http: put a proxy of yours with https before it (--behind, --url).")
    words.note("Stop with Ctrl-C.")


def is_local(host: str, behind: tuple[str, ...], url: str | None) -> bool:
    """Whether only this machine reaches a host: it listens here alone, behind no proxy, and is known elsewhere by no
    address.
    """
    return host in LOOPBACK and not behind and (url is None or urlsplit(url).hostname in LOOPBACK)


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
