"""`connections add`: a platform connected under a name, for the first time or again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, json_option, setting_of, wait_for
from connector_runtime.hosts.cli.trying import tried
from connector_runtime.hosts.connected import safe_in

if TYPE_CHECKING:
    from connector_runtime.connections.kept import Kept

REDIRECT_PORT = 8437
"""Where the browser comes back to, unless another port is named: it stands in the app on the platform, so it stays."""

name_argument = click.argument("name", metavar="NAME")


@click.command("add")
@name_argument
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--again", is_flag=True, help="Connect what is kept as NAME again, instead of the one there is.")
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
    again: bool,
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
    connections add acme --again client_secret=@secret.txt

    What is left out is asked for, secrets without showing them. A secret is never written on the command line, where
    other users of the machine could read it: client_secret=@FILE takes it from a file, client_secret=env:NAME from a
    variable. Nothing is kept unless the platform lets the connection in.

    With --again, NAME keeps what is not given anew: the way to connect, its fields, limits, and allowed actions. At a
    terminal each secret is asked for, and an empty answer keeps the one there is; elsewhere it is kept. Only another
    address takes secrets given anew. Until the platform lets the new one in, the old one stays.
    """
    from connector_runtime.hosts.cli.consenting import consented
    from connector_runtime.hosts.connecting import connect

    setting = setting_of(context)
    authentication = setting.connector.identity.connection.authentication
    old, before = _kept_before(setting, name) if again else (None, None)
    draft = _drafted(setting, name, method, fields, before, allow_assumed=allow_assumed, limits=limits)

    async def connected() -> Kept:
        with safe_in(setting.data_dir, setting.program) as safe:
            (safe.check_there if again else safe.check_free)(name)
            code = None
            if authentication.methods[draft.method].grant == "authorization_code":
                code = await consented(authentication, draft, port=port, uri=redirect_uri, browser=not no_browser)
            return await connect(
                setting.connector, safe, draft, code, data_dir=setting.data_dir, tell=_tell, again=again
            )

    if old is not None and old.base_url != draft.base_url:
        words.note(f"The address of {name} changes: {old.base_url} → {draft.base_url}")
    words.note(f"Connecting to {draft.base_url}")
    kept = wait_for(connected())
    words.note(f"Kept as {kept.name}.")
    tried(context, setting, kept, as_json=as_json, added=True)


def _drafted(
    setting: Setting,
    name: str,
    method: str | None,
    pairs: tuple[str, ...],
    before: Kept | None,
    *,
    allow_assumed: tuple[str, ...],
    limits: tuple[str, ...],
) -> Kept:
    """The connection as somebody gives it; what is not given is as it was `before`. Raises InvalidInput."""
    from connector_runtime.connections.drafting import drafted, fields_of, method_of
    from connector_runtime.hosts.cli.asking import asked_fields, asked_method, given_fields
    from connector_runtime.hosts.connecting import staying

    template, actions = setting.connector.identity.connection, setting.connector.declared
    key, way = method_of(template, method or (asked_method(template) if before is None else before.method))
    fields = fields_of(template, way)
    given = given_fields(fields, pairs)
    whole = asked_fields(fields, given, {} if before is None else staying(template, before, given))
    draft = drafted(template, name, key, whole, allow_assumed=allow_assumed, limits=limits, actions=actions)
    if before is None:
        return draft
    return replace(
        draft, allow_assumed=draft.allow_assumed or before.allow_assumed, limits=draft.limits or before.limits
    )


def _kept_before(setting: Setting, name: str) -> tuple[Kept, Kept | None]:
    """The connection that is connected again, without its secrets and with them: None where they cannot be read. Then
    nobody vouches for the rest of it either, such as the address to which new secrets would go. Raises InvalidInput.
    """
    from connector_runtime.errors import InvalidInput

    with safe_in(setting.data_dir, setting.program, of=name) as safe:
        public = safe.public_of(name)
        try:
            return public, safe.get(name)
        except InvalidInput as wrong:
            if wrong.code != "secrets_unreadable":
                raise
            said = f"{wrong.problems[0].message}; so all of it is given anew, limits and allowed actions included"
            words.warn({"pointer": "", "message": said})
            return public, None


def _tell(text: str) -> None:
    words.note(words.plain(text))
