"""`connections`: connect a platform, look at what is connected, and forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.adding import add_command, name_argument
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, json_option, setting_of
from connector_runtime.hosts.cli.trying import tried
from connector_runtime.hosts.connected import forget, safe_in

if TYPE_CHECKING:
    from connector_runtime.connections.kept import Kept


@click.group("connections")
def connections_command() -> None:
    """Connect platforms: add, list, test, show and remove connections.

    Secrets are kept encrypted, in the data directory. The key is in connections.key there, unless the environment
    says otherwise: docs/connections.md.
    """


connections_command.add_command(add_command)


@connections_command.command("list")
@json_option
@data_dir_option
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the connections that are kept."""
    setting = setting_of(context)
    with safe_in(setting.data_dir, setting.program) as safe:
        found = safe.without_secrets()
    if as_json:
        words.say_json([kept.public() for kept in found])
        return
    width = max((len(kept.name) for kept in found), default=0)
    for kept in found:
        click.echo(f"{click.style(kept.name.ljust(width), bold=True)}  {kept.base_url}  {_way(setting, kept)}")
    if not found:
        words.note(f"Nothing is connected yet: {setting.program} connections add NAME")


@connections_command.command("show")
@name_argument
@json_option
@data_dir_option
@click.pass_context
def show_command(context: click.Context, name: str, as_json: bool) -> None:
    """Show a connection, without its secrets."""
    from connector_runtime.schema import children

    setting = setting_of(context)
    kept = _public(setting, name)
    if as_json:
        words.say_json(kept.public())
        return
    click.echo(f"{click.style(kept.name, bold=True)}  {kept.base_url}")
    click.echo(f"  Way to connect: {_way(setting, kept)}")
    template = setting.connector.identity.connection
    titles = {**children(template.input), **children(template.authentication.input)}
    for field, value in kept.fields.items():
        click.echo(f"  {titles.get(field, {}).get('title', field)}: {words.plain(value)}")
    click.echo(f"  Limits: {_limits(setting, kept)}")
    click.echo(f"  Allowed although assumed: {', '.join(sorted(kept.allow_assumed)) or 'nothing'}")
    click.echo(f"  Connected: {kept.created_at}")


@connections_command.command("test")
@name_argument
@json_option
@data_dir_option
@click.pass_context
def test_command(context: click.Context, name: str, as_json: bool) -> None:
    """Make a call that changes nothing, and say as whom the connection acts, on which platform and at which level."""
    setting = setting_of(context)
    with safe_in(setting.data_dir, setting.program, of=name) as safe:
        kept = safe.public_of(name)
        safe.forget_refusal(name)  # somebody may have put right on the platform what it refused
    tried(context, setting, kept, as_json=as_json)


@connections_command.command("remove")
@name_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@data_dir_option
@click.pass_context
def remove_command(context: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Forget a connection and its secrets. The app on the platform, and what it gave out, stay as they are."""
    setting = setting_of(context)
    kept = _public(setting, name)
    if not yes:
        click.confirm(f"Forget {name}, on {kept.base_url}?", abort=True, err=True)
    forget(setting.data_dir, setting.program, name)
    if as_json:
        words.say_json({"removed": name})
    else:
        click.echo(f"{name} is forgotten. To end its access on the platform too, remove its app or its tokens there.")


@connections_command.command("rotate")
@json_option
@data_dir_option
@click.pass_context
def rotate_command(context: click.Context, as_json: bool) -> None:
    """Encrypt the secrets of all connections with a new key, and give up the old one."""
    setting = setting_of(context)
    with safe_in(setting.data_dir, setting.program) as safe:
        done, count = safe.rotate(), len(safe.names())
    if as_json:
        words.say_json({"rotated": count, "message": done})
    else:
        click.echo(f"{done} Connections: {count}.")


def _public(setting: Setting, name: str) -> Kept:
    with safe_in(setting.data_dir, setting.program, of=name) as safe:
        return safe.public_of(name)


def _way(setting: Setting, kept: Kept) -> str:
    method = setting.connector.identity.connection.authentication.methods.get(kept.method)
    return kept.method if method is None else method.title


def _limits(setting: Setting, kept: Kept) -> str:
    from connector_runtime.connections import guarded, stays_here
    from connector_runtime.connections.budgets import in_words
    from connector_runtime.transport import Connection

    if kept.limits is not None:
        return f"{in_words(kept.limits)}, its own"
    if stays_here(guarded(Connection(kept.name, kept.base_url))):
        return "none, as it stays on this machine"
    return in_words(setting.connector.identity.limits.windows) or "none"
