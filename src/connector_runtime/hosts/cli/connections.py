"""`connections`: connect a platform, look at what is connected, and forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, json_option, setting_of, wait_for
from connector_runtime.hosts.connected import safe_in

if TYPE_CHECKING:
    from connector_runtime.connections.acting import Acting
    from connector_runtime.connections.kept import Kept
    from connector_runtime.record import Record
    from connector_runtime.values import Json

REDIRECT_PORT = 8437
"""Where the browser comes back to, unless another port is named: it stands in the app on the platform, so it stays."""

name_argument = click.argument("name", metavar="NAME")


@click.group("connections")
def connections_command() -> None:
    """Connect platforms: add, list, test, show and remove connections.

    Secrets are kept encrypted, in the data directory. The key is in connections.key there, unless the environment
    says otherwise: docs/connections.md.
    """


@connections_command.command("add")
@name_argument
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--method", metavar="KEY", help="The way to connect; asked for where there are several.")
@click.option(
    "--allow-assumed",
    multiple=True,
    metavar="ACTION",
    help="Let this action change the platform although its endpoint is only assumed.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="CALLS/TIME",
    help="How many calls the platform takes, as 100/10s or 1000/h, instead of what the connector says.",
)
@click.option(
    "--port",
    default=REDIRECT_PORT,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="With a browser: the port of the redirect URI.",
)
@click.option(
    "--redirect-uri",
    metavar="URI",
    help="With a browser: another redirect URI; you then bring back the address that the browser ends up at.",
)
@click.option("--no-browser", is_flag=True, help="With a browser: only print the address to open.")
@json_option
@data_dir_option
@click.pass_context
def add_command(
    context: click.Context,
    name: str,
    fields: tuple[str, ...],
    method: str | None,
    allow_assumed: tuple[str, ...],
    limits: tuple[str, ...],
    port: int,
    redirect_uri: str | None,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Connect a platform under NAME: sign in, keep what is needed encrypted, and test it.

    \b
    connections add acme
    connections add acme --method app domain=acme client_id=my-app client_secret=@secret.txt

    What is left out is asked for, secrets without showing them. A secret is never written on the command line, where
    other users of the machine could read it: client_secret=@FILE takes it from a file, client_secret=env:NAME from a
    variable. Nothing is kept unless the platform lets the connection in.
    """
    from connector_runtime.connections.drafting import drafted, fields_of, method_of
    from connector_runtime.hosts.cli.asking import asked_fields, asked_method
    from connector_runtime.hosts.cli.consenting import consented
    from connector_runtime.hosts.connecting import connect

    setting = setting_of(context)
    identity, actions = setting.connector.identity, setting.connector.actions
    template = identity.connection
    key, way = method_of(template, method or asked_method(template))
    given = asked_fields(fields_of(template, way), fields)
    draft = drafted(template, name, key, given, allow_assumed=allow_assumed, limits=limits, actions=actions)

    async def connected(draft: Kept) -> Kept:
        with safe_in(setting.data_dir, setting.program) as safe:
            safe.check_free(name)
            code = None
            if way.grant == "authorization_code":
                code = await consented(
                    template.authentication, draft, port=port, uri=redirect_uri, browser=not no_browser
                )
            return await connect(setting.connector, safe, draft, code)

    words.note(f"Connecting to {draft.base_url}")
    kept = wait_for(connected(draft))
    words.note(f"Connected, and kept as {kept.name}.")
    _tested(context, setting, kept, as_json=as_json)


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
    _tested(context, setting, _public(setting, name), as_json=as_json)


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
    with safe_in(setting.data_dir, setting.program, of=name) as safe:
        safe.remove(name)
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


def _tested(context: click.Context, setting: Setting, kept: Kept, *, as_json: bool) -> None:
    from connector_runtime.errors import ConnectorError
    from connector_runtime.hosts.session import Session
    from connector_runtime.present import exit_code

    async def tried() -> tuple[Acting | None, Record, str]:
        async with Session(
            setting.connector, connection=kept.name, data_dir=setting.data_dir, program=setting.program
        ) as session:
            record = await session.run(setting.connector.identity.connection.test, {})
            if not record.succeeded:
                return None, record, ""
            try:
                return await session.who(), record, ""
            except ConnectorError as wrong:  # the connection works all the same
                return None, record, f"as whom the connection acts could not be asked: {wrong}"

    acting, record, why = wait_for(tried())
    if why:
        words.warn({"pointer": "", "message": why})
    if as_json:
        document: dict[str, Json] = {"connection": kept.public(), "acts_as": acting and acting.document()}
        words.say_json(document | {"test": {"run_id": record.run_id, "status": record.status, "error": record.error}})
    elif acting is not None:
        click.echo(f"{kept.name} acts as {words.plain(str(acting))}, on {kept.base_url}")
    if record.error is not None:
        words.complain(record.error)
    elif not as_json:
        click.echo(f"{setting.connector.action(record.action).title}: answered in {record.duration_s:.2f} s")
    context.exit(exit_code(record.failure))


def _public(setting: Setting, name: str) -> Kept:
    with safe_in(setting.data_dir, setting.program, of=name) as safe:
        return safe.public_of(name)


def _way(setting: Setting, kept: Kept) -> str:
    method = setting.connector.identity.connection.authentication.methods.get(kept.method)
    return kept.method if method is None else method.title


def _limits(setting: Setting, kept: Kept) -> str:
    from connector_runtime.connections import stays_here
    from connector_runtime.connections.budgets import in_words
    from connector_runtime.transport import Connection

    if kept.limits is not None:
        return f"{in_words(kept.limits)}, its own"
    if stays_here(Connection(kept.name, kept.base_url)):
        return "none, as it stays on this machine"
    return in_words(setting.connector.identity.limits.windows) or "none"
