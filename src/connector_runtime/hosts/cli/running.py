"""`run` and `plan`."""

from __future__ import annotations

import sys
from contextlib import aclosing

import click

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import arguments, words
from connector_runtime.hosts.cli.history import bookmark_of, show_run
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
from connector_runtime.present import exit_code
from connector_runtime.record import Record
from connector_runtime.run import IN_FLIGHT, Plan
from connector_runtime.values import Json, Problem

fields_argument = click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...", shell_complete=complete_field)
input_option = click.option(
    "--input",
    "given",
    multiple=True,
    metavar="JSON",
    help="The input as JSON; @FILE reads a file, - reads standard input.",
)


@click.command("run")
@action_argument
@fields_argument
@input_option
@connection_option
@click.option("--all-pages", is_flag=True, help="Follow the pages of a list and print every row as a line of JSON.")
@click.option("--after", metavar="ID", help="With --all-pages: go on where that run stopped.")
@click.option(
    "--in-flight",
    default=IN_FLIGHT,
    show_default=True,
    type=click.IntRange(1, 32),
    help="With --all-pages: how many pages are asked for at once.",
)
@json_option
@data_dir_option
@click.pass_context
def run_command(
    context: click.Context,
    action: str,
    fields: tuple[str, ...],
    given: tuple[str, ...],
    connection: str,
    all_pages: bool,
    after: str | None,
    in_flight: int,
    as_json: bool,
) -> None:
    """Run ACTION and show its output, the events it causes and the requests it made.

    \b
    run ACTION field=value other_field="several words"
    run ACTION --input @input.json --json
    run ACTION ids=41,42 --all-pages > rows.jsonl

    Lists are written 41,42 or as JSON, a field inside an object object.field=value. A choice is named by its
    value or its title. A field=value wins over the same field in --input. With --all-pages, --json adds the
    run's record as the last line; a read that stopped goes on with the same command and --after its run's ID.
    """
    setting = setting_of(context)
    declared = setting.connector.action(action)
    raw = arguments.gathered(declared, fields, given)
    if after is not None and not all_pages:
        raise InvalidInput([Problem("after", "is for reads with --all-pages", "--after")])
    bookmark = None if after is None else bookmark_of(setting, after)
    session = _session(setting, connection)
    try:
        record = wait_for(
            _stream(session, action, raw, bookmark, in_flight) if all_pages else _run(session, action, raw)
        )
        _show(declared, record, as_json=as_json, all_pages=all_pages)
    except (KeyboardInterrupt, OSError):  # what already happened is told, whatever became of the output
        _tell_what_happened(setting, session)
        raise
    if not as_json:
        words.note(f"Recorded; see it again with: {setting.program} runs show {record.run_id}")
    if record.bookmark is not None:
        words.note(f"To go on where it stopped, run the same again with: --after {record.run_id}")
    context.exit(exit_code(record.failure))


@click.command("plan")
@action_argument
@fields_argument
@input_option
@connection_option
@click.option(
    "--all-pages", is_flag=True, help="Read the first page of a list, and say how many calls all of it takes."
)
@json_option
@data_dir_option
@click.pass_context
def plan_command(
    context: click.Context,
    action: str,
    fields: tuple[str, ...],
    given: tuple[str, ...],
    connection: str,
    all_pages: bool,
    as_json: bool,
) -> None:
    """Show what running ACTION would send, change and cause. No change is sent.

    Whether the platform would accept it, only a run can tell.

    \b
    plan ACTION field=value
    """
    setting = setting_of(context)
    declared = setting.connector.action(action)
    raw = arguments.gathered(declared, fields, given)
    plan = wait_for(_plan(_session(setting, connection), action, raw, all_pages)).document()
    if as_json:
        words.say_json(plan)
        return
    _show_plan(declared, plan)
    if all_pages:
        words.heading("All pages")
        size = plan["estimate"]
        known = size and f"{_counted(size['records'], 'row')}, {_counted(size['calls'], 'call')}"
        click.echo(f"  {known or 'the platform does not say how many there are'}")


def _session(setting: Setting, connection: str) -> Session:
    return Session(setting.connector, connection=connection, data_dir=setting.data_dir)


def _show(action: Action, record: Record, *, as_json: bool, all_pages: bool) -> None:
    """The record, and why the run failed; the rows of all pages have been printed before."""
    document = record.document()
    if as_json:
        click.echo(words.as_json(document, indent=None if all_pages else 2))
    if document["error"]:
        words.complain(document["error"])
    if not as_json and not all_pages:
        show_run(action, document)


def _tell_what_happened(setting: Setting, session: Session) -> None:
    if (record := session.latest) is not None:
        words.note(words.EFFECTS[record.effect])
        words.note(f"See: {setting.program} runs show {record.run_id}")
        if record.bookmark is not None:
            words.note(f"To go on where it stopped, run the same again with: --after {record.run_id}")


async def _run(session: Session, action: str, raw: Json) -> Record:
    async with session:
        return await session.run(action, raw)


async def _plan(session: Session, action: str, raw: Json, all_pages: bool) -> Plan:
    async with session:
        return await session.plan(action, raw, all_pages=all_pages)


async def _stream(session: Session, action: str, raw: Json, after: Json, in_flight: int) -> Record:
    """Print every page's rows as they come; progress, for people, goes to standard error."""
    watched = sys.stderr.isatty()
    async with session:
        stream = session.stream(action, raw, after=after, in_flight=in_flight)
        async with aclosing(stream.lines()) as pages:
            async for lines in pages:
                words.say_lines(lines)
                if watched and stream.record is not None and stream.record.counts is not None:
                    whole = f" of {stream.estimate.records:,}" if stream.estimate else ""
                    click.echo(f"\r{stream.record.counts['records']:,}{whole} rows", err=True, nl=False)
    record = stream.record
    assert record is not None  # the iteration has begun
    if record.counts is not None:
        start = "\r" if watched else ""
        words.note(f"{start}{_counted(record.counts['records'], 'row')} on {_counted(record.counts['pages'], 'page')}")
    for warning in record.warnings:
        words.warn(warning)
    return record


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def _show_plan(action: Action, plan: dict[str, Json]) -> None:
    click.echo(f"{click.style(action.title, bold=True)}  on {plan['connection']}: a plan, no change was sent")
    words.heading("Input, checked")
    for key, value in plan["input"].items():
        click.echo(f"  {action.input['properties'][key].get('title', key)}: {words.shown(value)}")
    words.heading("Requests")
    for request in plan["requests"]:
        state = "sent, to look" if request["sent"] else "would be sent"
        click.echo(f"  {words.request_line(request)}  ({state})")
    words.heading("Webhook events that would follow")
    for event in plan["events"]:
        click.echo(f"  {words.event_line(event)}")
    if not plan["events"]:
        click.echo("  none")
    words.heading("What would change")
    click.echo(f"  {plan['changes']}")
    for warning in plan["warnings"]:
        words.warn(warning)
    words.note("Whether the platform would accept it, only a run can tell.")
