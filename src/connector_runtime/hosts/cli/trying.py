"""A connection tried: a call that changes nothing, and as whom it acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, wait_for

if TYPE_CHECKING:
    from connector_runtime.connections.acting import Acting
    from connector_runtime.connections.kept import Kept
    from connector_runtime.record import Record
    from connector_runtime.values import Json


def tried(context: click.Context, setting: Setting, kept: Kept, *, as_json: bool, added: bool = False) -> None:
    """Try a connection, say how it went, and end. `added`: it has just been kept, which is said where it fails."""
    from connector_runtime.present import exit_code

    try:
        acting, record, why = wait_for(_asked(setting, kept))
    except BaseException:
        if added:
            _say_that_it_is_kept(setting, kept)
        raise
    if why:
        words.warn({"pointer": "", "message": why})
    if as_json:
        document: dict[str, Json] = {"kept": True} if added else {}
        document |= {"connection": kept.public(), "acts_as": acting and acting.document()}
        words.say_json(document | {"test": {"run_id": record.run_id, "status": record.status, "error": record.error}})
    elif acting is not None:
        click.echo(f"{kept.name} acts as {words.plain(str(acting))}, on {kept.base_url}")
    if record.error is not None:
        words.complain(record.error)
        if added:
            _say_that_it_is_kept(setting, kept)
    elif not as_json:
        click.echo(f"{setting.connector.action(record.action).title}: answered in {record.duration_s:.2f} s")
    context.exit(exit_code(record.failure))


async def _asked(setting: Setting, kept: Kept) -> tuple[Acting | None, Record, str]:
    """As whom the connection acts, the test's record, and why the former could not be asked."""
    from connector_runtime.errors import ConnectorError
    from connector_runtime.hosts.session import Session

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


def _say_that_it_is_kept(setting: Setting, kept: Kept) -> None:
    program = f"{setting.program} connections"
    words.note(
        f"{kept.name} is kept all the same. Test it again: {program} test {kept.name}. "
        f"Forget it: {program} remove {kept.name}."
    )
