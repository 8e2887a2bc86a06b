"""`tenants`: those who share a host."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, database_option, json_option, setting_of
from connector_runtime.hosts.directories import tenants_file

if TYPE_CHECKING:
    from connector_runtime.store.tenants import Tenants


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

    said = f"{click.style(name, bold=True)} may use the host.\n  First key, which may do everything: "
    _show_key(context, name, add_tenant, said, as_json=as_json)


@tenants_command.command("key")
@click.argument("name", metavar="NAME")
@json_option
@data_dir_option
@database_option
@click.pass_context
def key_command(context: click.Context, name: str, as_json: bool) -> None:
    """Make NAME a new key, which may do everything, as when its own are lost; it is shown once. The others stay."""
    from connector_runtime.hosts.http.host import another_key

    said = f"A new key of {click.style(name, bold=True)}, which may do everything: "
    _show_key(context, name, another_key, said, as_json=as_json)


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


def _show_key(
    context: click.Context, name: str, made: Callable[[Tenants, str], str], said: str, *, as_json: bool
) -> None:
    """A tenant's key, made now: after what is `said` to a person."""
    from connector_runtime.store.tenants import Tenants

    with closing(Tenants(tenants_file(setting_of(context).data_dir))) as tenants:
        key = made(tenants, name)
    if as_json:
        words.say_json({"tenant": name, "key": key})
        return
    click.echo(said + key)
    words.note("It is shown once.")
