"""`runs`: what was run, what it sent, what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting, data_dir_option, deadline_option, json_option, setting_of
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.store import Store
from connector_runtime.values import Json, Problem

if TYPE_CHECKING:
    from connector_runtime.definition import Action
    from connector_runtime.record import Record


@click.group("runs", invoke_without_command=True)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@click.option("--status", type=click.Choice(["running", "succeeded", "failed"]), help="Only runs in this state.")
@json_option
@data_dir_option
@click.pass_context
def runs_command(context: click.Context, limit: int, status: str | None, as_json: bool) -> None:
    """List the latest runs, newest first."""
    if context.invoked_subcommand is not None:
        return
    setting = setting_of(context)
    store = Store(records_file(setting.data_dir))
    found = list(store.newest(limit, status))
    store.close()
    if as_json:
        words.say_json(found)
        return
    for run in found:
        colour = {"succeeded": "green", "failed": "red"}.get(run["status"], "yellow")
        state = click.style(run["status"].ljust(9), fg=colour)
        given = ", ".join(f"{key} {words.shown(value, 20)}" for key, value in (run["input"] or {}).items())
        effect = "" if run["effect"] == "none" else f"  effect {run['effect']}"
        click.echo(f"{run['run_id']}  {state}  {run['action']}  {words.shown(given, 60)}{effect}")
    if not found:
        words.note("Nothing has been run yet." if status is None else f"No run is {status}.")


@runs_command.command("show")
@click.argument("run_id", metavar="ID")
@json_option
@data_dir_option
@click.pass_context
def show_command(context: click.Context, run_id: str, as_json: bool) -> None:
    """Show one run: its input, requests, output, effect and the events it causes.

    ID may be cut short to its beginning or its end; `last` is the latest run.
    """
    from connector_runtime.schema import title_at

    setting = setting_of(context)
    run = with_arrivals(setting, _found(setting, run_id))
    if as_json:
        words.say_json(run)
        return
    action = setting.connector.declared.get(run["action"])
    show_run(action, run)
    words.heading("Input given")
    for key, value in (run["input"] or {}).items():
        click.echo(f"  {title_at(action.input, [key]) if action else key}: {words.shown(value)}")
    click.echo(f"Started {run['started_at']}, connector version {run['version']}, run {run['run_id']}")
    if run["error"]:
        words.complain(run["error"])
    words.say_how_to_go_on(run["run_id"], run.get("bookmark"))


@runs_command.command("resume")
@click.argument("run_id", metavar="ID")
@deadline_option
@json_option
@data_dir_option
@click.pass_context
def resume_command(context: click.Context, run_id: str, deadline: float, as_json: bool) -> None:
    """Bring a run to its end whose process ended before it, or whose outcome nobody knew.

    Where its change may have been sent, the platform is looked at first; nothing is done twice.
    """
    from connector_runtime.hosts.cli.setting import wait_for
    from connector_runtime.hosts.cli.waiting import patient
    from connector_runtime.hosts.session import Session
    from connector_runtime.present import exit_code

    setting = setting_of(context)
    run = _found(setting, run_id)

    async def resumed() -> Record:
        async with Session(
            setting.connector,
            connection=run["connection"],
            data_dir=setting.data_dir,
            program=setting.program,
            retries=patient(deadline),
            tell=words.note,
        ) as session:
            return await session.resume(run["run_id"])

    record = wait_for(resumed())
    document = record.document()
    if as_json:
        words.say_json(document)
    else:
        show_run(setting.connector.declared.get(record.action), document)
    if document["error"]:
        words.complain(document["error"])
    context.exit(exit_code(record.failure))


def with_arrivals(setting: Setting, run: dict[str, Json]) -> dict[str, Json]:
    """A run's document, with what has arrived of the events that it expects, of those that somebody looks for."""
    file = events_file(setting.data_dir)
    if not run["events"] or not file.exists():
        return run
    from connector_runtime.events.loop import Loop

    with Loop(records_file(setting.data_dir), file) as loop:
        told = [
            arrived if loop.listens(run["connection"], event["event"]) else event
            for event, arrived in zip(run["events"], loop.arrived(run), strict=True)
        ]
    return {**run, "events": told}


def show_run(action: Action | None, run: dict[str, Json]) -> None:
    """A run's document in words; `action` is None when the connector no longer has it."""
    marks = {"succeeded": click.style("✓", fg="green"), "failed": click.style("✗", fg="red")}
    title = click.style(action.title if action else run["action"], bold=True)
    click.echo(f"{marks.get(run['status'], '…')} {title}  on {run['connection']}, {run['duration_s']:.3f} s")
    if run["output"] is not None:
        words.heading("Output")
        for line in words.fields(action.output, run["output"]) if action else [f"  {words.as_json(run['output'])}"]:
            click.echo(line)
    if run.get("counts"):
        click.echo(f"{words.progress(run['counts'])}, each row printed when it came")
    if run["status"] == "running":
        click.echo("It is still running, or its process has ended without a word; then `runs resume` goes on with it.")
    if run["effect"] != "none":
        click.echo(words.EFFECTS[run["effect"]])
    if run.get("recovered"):
        click.echo("Its answer was lost; a look at the platform showed that it was made.")
    if run.get("already"):
        click.echo("It was so already; nothing was changed.")
    if run.get("because_of") is not None:
        click.echo(words.reason_line(run))
    for wait in run.get("waits", ()):
        words.note(
            f"Waited {wait['seconds']:.1f} s before attempt {wait['before_attempt']}: {words.plain(wait['why'])}"
        )
    for heading, name, line_of in (
        ("Webhook events to expect", "events", words.event_line),
        ("Requests sent", "requests", words.request_line),
    ):
        if run[name]:
            words.heading(heading)
        for part in run[name]:
            click.echo(f"  {line_of(part)}")
    for warning in run["warnings"]:
        words.warn(warning)


def bookmark_of(setting: Setting, run_id: str) -> Json:
    """Where the read of many pages with that run ID stopped. Raises InvalidInput when it did not stop early."""
    run = _found(setting, run_id)
    if run.get("bookmark") is not None:
        return run["bookmark"]
    why, fix = (
        "is no read with --all-pages, or its input was refused",
        "Leave --after out, and read the list from its beginning.",
    )
    if run.get("counts"):
        why = "found that its list leads nowhere" if run["error"] else "came to the end of its list"
        fix = "There is nothing to go on with. Leave --after out to read it anew."
    raise InvalidInput([Problem("after", f"run {run['run_id']} {why}", "--after")], fix=fix)


def _found(setting: Setting, run_id: str) -> dict[str, Json]:
    store = Store(records_file(setting.data_dir))
    found = list(store.newest(1)) if run_id == "last" else store.find(run_id)
    store.close()
    if len(found) == 1:
        return found[0]
    message = f"several runs begin or end with `{run_id}`" if found else f"there is no run `{run_id}`"
    raise InvalidInput([Problem("run_id", message, "ID")], fix=f"List the runs with: {setting.program} runs")
