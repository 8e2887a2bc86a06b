"""`describe`: what an action takes and gives."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click

from connector_runtime.definition import Action
from connector_runtime.exports.listing import (
    action_document,
    choices_of,
    if_already_in_words,
    kind_in_words,
    list_of,
)
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import (
    action_argument,
    connection_option,
    data_dir_option,
    json_option,
    setting_of,
)
from connector_runtime.schema import JsonSchema, choices_in_words
from connector_runtime.values import Json


@click.command("describe")
@action_argument
@click.option("--live", is_flag=True, help="Ask the platform which fields of its own it has, and show them too.")
@connection_option
@json_option
@data_dir_option
@click.pass_context
def describe_command(context: click.Context, action: str, live: bool, connection: str, as_json: bool) -> None:
    """Show ACTION's fields as a recipe builder reads them, with a sample.

    With --live, the fields that an administrator has added are read through the connection and shown by name.
    """
    setting = setting_of(context)
    declared = setting.connector.action(action)
    own = None
    if live:
        from connector_runtime.hosts.cli import offering  # what it takes to ask is imported only for that

        own = offering.own_fields(setting, connection, action)
    if as_json:
        words.say_json(action_document(declared) | ({} if own is None else {"live": own}))
        return
    for line in _description(declared):
        click.echo(line)
    if own is not None:
        words.heading(f"The platform's own fields, on {connection}")
        click.echo("\n".join(offering.in_words(own)) or "  none: this action takes no such fields")
    sample = setting.connector.case(action, declared.samples[0])
    words.heading("Sample")
    click.echo(f"  {setting.program} run {action} {_typed(sample.given)}")
    if sample.returns is not None:
        for line in words.fields(declared.output, sample.returns, indent=4):
            click.echo(line)


def _description(action: Action) -> Iterator[str]:
    yield f"{click.style(action.title, bold=True)}  ({action.key})"
    yield action.description
    yield click.style("Input", bold=True)
    yield from _fields(action.input, 2)
    yield click.style("Output", bold=True)
    yield from _fields(action.output, 2)
    yield click.style("Webhook events", bold=True)
    for emit in action.emits:
        yield f"  {emit.event}" + (f", when {emit.when_input} is true" if emit.when_input else "")
    if not action.emits:
        yield "  none"
    if action.if_already is not None:
        yield click.style("Where nothing is left to do", bold=True)
        yield f"  {if_already_in_words(action.if_already)}"
    endpoint = "an internal API" if action.request.endpoint == "internal" else "the public API"
    yield click.style("Request", bold=True)
    yield f"  {action.request.method} {action.request.path}  ({endpoint})"
    if action.source.assumed:
        yield f"  {len(action.source.assumed)} assumed beyond the vendor's article; --json tells which, and why"


def _typed(given: dict[str, Json]) -> str:
    """A sample's input as somebody would type it."""
    if any(isinstance(value, dict | list) for value in given.values()):
        return f"--input {shlex.quote(words.as_json(given))}"
    return " ".join(shlex.quote(f"{key}={words.as_json(value).strip(chr(34))}") for key, value in given.items())


def _fields(schema: JsonSchema, indent: int) -> Iterator[str]:
    required = schema.get("required", [])
    for key, child in schema.get("properties", {}).items():
        details = f"{key}, {kind_in_words(child)}" + (", required" if key in required else "")
        yield f"{' ' * indent}{child.get('title', key)}  {click.style(details, dim=True)}"
        if text := child.get("description"):
            yield f"{' ' * (indent + 4)}{text}"
        if choices := choices_of(child):
            yield f"{' ' * (indent + 4)}Choose {choices_in_words(choices)}."
        if (listed := list_of(child)) is not None:
            yield f"{' ' * (indent + 4)}{': '.join(listed)}."
        yield from _fields(child.get("items", child), indent + 2)
