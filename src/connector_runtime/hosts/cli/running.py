"""`run` and `plan`."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import Any

import click

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.cli import arguments, words
from connector_runtime.hosts.cli.awaiting import awaited, check_listens, missed
from connector_runtime.hosts.cli.history import bookmark_of, show_run
from connector_runtime.hosts.cli.setting import (
    Setting,
    action_argument,
    complete_field,
    connection_option,
    data_dir_option,
    deadline_option,
    json_option,
    setting_of,
    wait_for,
)
from connector_runtime.hosts.cli.waiting import patient
from connector_runtime.hosts.session import Session
from connector_runtime.present import exit_code
from connector_runtime.record import Record
from connector_runtime.run import IN_FLIGHT, LONGEST_CHAIN, MOST_IN_FLIGHT, Plan, Retries
from connector_runtime.values import IfAlready, Json, Problem

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
@click.option(
    "--key",
    metavar="KEY",
    help="The same run with the same key is done once, by whomever: the record that is there is shown again.",
)
@click.option(
    "--if-already",
    type=click.Choice(["succeed", "fail"]),
    help="How the run ends where nothing is left to do: who is to be enrolled is enrolled already, for example.",
)
@click.option("--all-pages", is_flag=True, help="Follow the pages of a list and print every row as a line of JSON.")
@click.option("--after", metavar="ID", help="With --all-pages: go on where that run stopped.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, MOST_IN_FLIGHT),
    help=f"With --all-pages: how many pages are asked for at once.  [default: {IN_FLIGHT}]",
)
@click.option(
    "--await-events",
    "awaiting_s",
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="Wait so long for the webhook events that the run causes; `listen` or `poll` must run meanwhile.",
)
@click.option(
    "--because-of",
    type=click.IntRange(min=1),
    metavar="CURSOR",
    help="The event that this run is an answer to, by its cursor. Without it, a change is presumed to be one to the "
    "latest event that a run here caused about the same thing a moment ago.",
)
@click.option(
    "--longest-chain",
    type=click.IntRange(min=0),
    default=LONGEST_CHAIN,
    show_default=True,
    metavar="RUNS",
    help="How many runs may have led to this one, each by an event that the one before had caused.",
)
@deadline_option
@json_option
@data_dir_option
@click.pass_context
def run_command(
    context: click.Context,
    action: str,
    fields: tuple[str, ...],
    given: tuple[str, ...],
    connection: str,
    key: str | None,
    if_already: IfAlready | None,
    all_pages: bool,
    after: str | None,
    in_flight: int | None,
    awaiting_s: float | None,
    because_of: int | None,
    longest_chain: int,
    deadline: float,
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
    if all_pages and key is not None:
        raise InvalidInput([Problem("key", "is not for reads with --all-pages, which change nothing", "--key")])
    if all_pages and if_already is not None:
        raise InvalidInput([Problem("if_already", "is for changes; --all-pages only reads", "--if-already")])
    if all_pages and because_of is not None:
        raise InvalidInput([Problem("because_of", "is for runs without --all-pages", "--because-of")])
    if not all_pages and (misplaced := [name for name, each in (("after", after), ("in-flight", in_flight)) if each]):
        raise InvalidInput([Problem(name, "is for reads with --all-pages", f"--{name}") for name in misplaced])
    if awaiting_s is not None:
        check_listens(setting, connection, declared)
    bookmark = None if after is None else bookmark_of(setting, after)
    session = _session(setting, connection, patient(deadline), longest_chain)
    try:
        record = wait_for(
            _stream(session, action, raw, bookmark, in_flight or IN_FLIGHT)
            if all_pages
            else _run(session, action, raw, key=key, if_already=if_already, because_of=because_of)
        )
        events = record.events if awaiting_s is None else wait_for(awaited(setting, record, awaiting_s))
        _show(declared, record, events, as_json=as_json, all_pages=all_pages)
    except (KeyboardInterrupt, OSError) as wrong:  # what already happened is told, whatever became of the output
        _tell_what_happened(setting, session, unread=isinstance(wrong, BrokenPipeError))
        raise
    if not as_json:
        words.note(f"Recorded; see it again with: {setting.program} runs show {record.run_id}")
    words.say_how_to_go_on(record.run_id, record.bookmark)
    context.exit(exit_code(record.failure) or missed(events, awaiting_s))


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
        known = size and f"{words.counted(size['records'], 'row')}, {words.counted(size['calls'], 'call')}"
        click.echo(f"  {known or 'the platform does not say how many there are'}")


def _session(
    setting: Setting, connection: str, retries: Retries | None = None, longest_chain: int = LONGEST_CHAIN
) -> Session:
    return Session(
        setting.connector,
        connection=connection,
        data_dir=setting.data_dir,
        program=setting.program,
        retries=retries,
        tell=words.note,
        longest_chain=longest_chain,
    )


def _show(action: Action, record: Record, events: list[dict[str, Json]], *, as_json: bool, all_pages: bool) -> None:
    """The record, and why the run failed; the rows of all pages have been printed before."""
    document = {**record.document(), "events": events}
    if as_json:
        click.echo(words.as_json(document, indent=None if all_pages else 2))
    if document["error"]:
        words.complain(document["error"])
    if not as_json and not all_pages:
        show_run(action, document)


def _tell_what_happened(setting: Setting, session: Session, *, unread: bool) -> None:
    """`unread`: the program that reads the output has left, and nobody knows how much of it it took."""
    if (record := session.latest) is None:
        return
    words.note(words.EFFECTS[record.effect])
    words.note(f"See: {setting.program} runs show {record.run_id}")
    words.say_how_to_go_on(record.run_id, record.bookmark)
    if unread and record.bookmark is not None:
        words.note("What its reader left in the pipe is lost then; to miss no row, write to a file.")


async def _run(session: Session, action: str, raw: Json, **how: Any) -> Record:
    async with session:
        return await session.run(action, raw, **how)


async def _plan(session: Session, action: str, raw: Json, all_pages: bool) -> Plan:
    async with session:
        return await session.plan(action, raw, all_pages=all_pages)


async def _stream(session: Session, action: str, raw: Json, after: Json, in_flight: int) -> Record:
    """Print every page's rows as they come; progress, for people who do not see the rows, goes to standard error."""
    watched = sys.stderr.isatty() and not sys.stdout.isatty()
    async with session:
        stream = session.stream(action, raw, after=after, in_flight=in_flight)
        try:
            async with aclosing(stream.lines()) as pages:
                async for lines in pages:
                    words.say_lines(lines)
                    if watched and stream.record is not None and stream.record.counts is not None:
                        whole = f" of {stream.estimate.records:,}" if stream.estimate else ""
                        click.echo(f"\r{stream.record.counts['records']:,}{whole} rows", err=True, nl=False)
        except ConnectorError:
            assert stream.record is not None  # which tells it
        except BaseException:
            if watched:  # what is said next has a line of its own
                click.echo(err=True)
            raise
    record = stream.record
    assert record is not None  # the iteration has begun
    if record.counts is not None:
        words.note(("\r" if watched else "") + words.progress(record.counts))
    for warning in record.warnings:
        words.warn(warning)
    return record


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
