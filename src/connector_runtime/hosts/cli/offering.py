"""`choices`: what a field can be set to; and the platform's own fields, for `describe --live`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from connector_runtime.hosts.cli import arguments, words
from connector_runtime.hosts.cli.setting import (
    Setting,
    action_argument,
    complete_field,
    connection_option,
    data_dir_option,
    json_option,
    setting_of,
    wait_for,
)
from connector_runtime.hosts.session import Session
from connector_runtime.inputs import as_given
from connector_runtime.run.choices import Choices
from connector_runtime.schema import JsonSchema, choices_in_words
from connector_runtime.values import Json, pointer_to

KINDS = {"date": "day", "date-time": "moment", "integer": "whole number", "number": "number", "string": "text"}
"""What a field takes, in a word; others are shown as they are."""


@click.command("choices")
@action_argument
@click.argument("field", metavar="FIELD")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...", shell_complete=complete_field)
@click.option("--search", default="", metavar="TEXT", help="Only those in which this stands.")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True, help="Which page of them.")
@connection_option
@json_option
@data_dir_option
@click.pass_context
def choices_command(
    context: click.Context,
    action: str,
    field: str,
    fields: tuple[str, ...],
    search: str,
    page: int,
    connection: str,
    as_json: bool,
) -> None:
    """List what FIELD of ACTION can be set to on a connection, with its names.

    \b
    choices ACTION owner_id --search maya
    choices ACTION copy_id book_id=7
    choices ACTION labels.12

    What must be chosen first is given as field=value; what is missing is named. A field inside an object or a
    list is written object.field. Lists are read through the connection and count against its limits.
    """
    setting = setting_of(context)
    declared = setting.connector.action(action)
    given = as_given(arguments.gathered(declared, fields, ()))
    if not isinstance(given, dict):
        raise given
    found = wait_for(_choices(setting, connection, action, _pointer(field), given, search, page))
    if as_json:
        words.say_json({**found.document(), "page": page})
        return
    _show(found, page)


def _pointer(field: str) -> str:
    """`object.field` as a JSON pointer, which it may be already; only the first dot parts, as in `field=value`."""
    return field if field.startswith("/") else pointer_to(field.split(".", 1))


def _show(found: Choices, page: int) -> None:
    for choice in found.items:
        hint = click.style(f"  {words.plain(choice.hint)}", dim=True) if choice.hint else ""
        click.echo(words.plain(str(choice)) + hint)
    if not found.items:
        words.note("There is nothing to choose from." if page == 1 else "There are no more.")
    if found.note:
        words.note(found.note)
    if found.more:
        words.note(f"There are more: --page {page + 1}, or narrow them with --search.")


async def _choices(
    setting: Setting, connection: str, action: str, field: str, given: Mapping[str, Json], search: str, page: int
) -> Choices:
    async with _session(setting, connection) as session:
        return await session.choices(action, field, given, search=search, page=page)


def own_fields(setting: Setting, connection: str, action: str) -> dict[str, JsonSchema]:
    """The platform's own fields of an action, read now. Raises ConnectorError."""

    async def read() -> dict[str, JsonSchema]:
        async with _session(setting, connection) as session:
            return await session.fields(action)

    return wait_for(read())


def in_words(own: Mapping[str, JsonSchema]) -> Iterator[str]:
    """The platform's own fields as lines: name, ID, what each takes."""
    for schema in own.values():
        yield f"  {words.plain(schema['title'])}"
        for key, field in schema["properties"].items():
            details = f"{key}, {_kind(field)}" + (", required" if key in schema["required"] else "")
            yield f"    {words.plain(field['title'])}  {click.style(words.plain(details), dim=True)}"
            if options := field.get("oneOf"):
                yield f"        Choose {words.plain(choices_in_words(options))}."
        if not schema["properties"]:
            yield "    none"


def _kind(field: JsonSchema) -> str:
    if "oneOf" in field:
        return "choice"
    if "properties" in field:
        return f"object with {', '.join(field['properties'])}"
    kind = str(field.get("format") or field.get("type") or "anything")
    return KINDS.get(kind, kind)


def _session(setting: Setting, connection: str) -> Session:
    return Session(
        setting.connector,
        connection=connection,
        data_dir=setting.data_dir,
        program=setting.program,
        tell=words.note,
    )
