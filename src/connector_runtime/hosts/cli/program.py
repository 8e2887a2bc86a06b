"""The program and its commands, which are imported when they are called."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from connector_runtime.hosts.cli.setting import Setting
from connector_runtime.hosts.directories import PROGRAM

COMMANDS = {
    "actions": ("listed:actions_command", "List what can be done."),
    "describe": (
        "declared:describe_command",
        "Show ACTION's fields as a recipe builder reads them, with a sample.",
    ),
    "choices": ("offering:choices_command", "List what FIELD of ACTION can be set to on a connection, with its names."),
    "run": ("running:run_command", "Run ACTION and show its output, the events it causes and the requests it made."),
    "plan": ("running:plan_command", "Show what running ACTION would send, change and cause."),
    "runs": ("history:runs_command", "List the latest runs, newest first."),
    "connections": (
        "connections:connections_command",
        "Connect platforms: add, list, test, show and remove connections.",
    ),
    "webhooks": (
        "webhooks:webhooks_command",
        "Say where the platform brings its webhooks, one address for each connection.",
    ),
    "listen": (
        "webhooks:listen_command",
        "Let the platform's webhooks in until stopped, and bring their events to subscribers.",
    ),
    "poll": (
        "polling:poll_command",
        "Read the lists of the connection NAME for events, where its platform brings no webhooks.",
    ),
    "events": (
        "events:events_command",
        "Print the webhook events that have arrived, one JSON document a line, in the order of their arrival.",
    ),
    "subscribe": ("subscribing:subscribe_command", "Bring each EVENT to a URL, signed, until it is taken."),
    "subscribers": (
        "subscribing:subscribers_command",
        "Look after those to whom events are brought: list, test, resume and remove them.",
    ),
    "deliver": (
        "subscribing:deliver_command",
        "Bring events to their subscribers until stopped, where `listen` does not run or does not do it.",
    ),
    "serve": ("hosting:serve_command", "Serve the actions and the events over HTTP until stopped."),
    "tenants": (
        "tenants:tenants_command",
        "Look after those who share a host: add and list them, and make new keys for them.",
    ),
    "sandbox": ("standin:sandbox_command", "Serve the stand-in platform on loopback until stopped."),
    "completion": ("completion:completion_command", "Print the completion script for SHELL."),
    "listing": (
        "showing:listing_command",
        "Write the connector's listing to a folder: pages that need no server, and the same facts in listing.json.",
    ),
    "docs": (
        "documents:docs_command",
        "Write the generated pages of the connector's folder: actions, events, assumptions, errors, commands, grammar.",
    ),
}
"""Name → module of this package and the command in it; and its help in a line. In the order of the help."""


class Program(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"connector_runtime.hosts.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click lists them, but from the lines above: no command is imported for its help."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=line).get_short_help_str(room))
                    for name, (_, line) in COMMANDS.items()
                ]
            )


def _take_folder(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
    context.obj.folder = folder or context.obj.folder


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        identity = context.obj.connector.identity
        click.echo(f"{context.info_name} {identity.version} ({identity.title})")
        context.exit()


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--connector",
    type=click.Path(path_type=Path, file_okay=False),
    is_eager=True,
    expose_value=False,
    callback=_take_folder,
    help="The connector's folder. Default: this program's own.",
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where runs and the sandbox's state are kept.")
@click.option("--version", is_flag=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def root(context: click.Context, data_dir: Path | None) -> None:
    """Run a platform's actions: look at them, plan them, run them, and see what they did.

    \b
    Begin with:  actions
    Then:        describe ACTION
                 plan ACTION field=value ...
                 run ACTION field=value ...

    Everything works on the sandbox, a stand-in for the platform that needs no account.
    """
    context.obj.chosen_data_dir = data_dir


def main(program: str = PROGRAM, connector: Path | None = None, args: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code of `present`. Never shows a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character shows its escape
            stream.reconfigure(errors="backslashreplace")
    colour = False if os.environ.get("NO_COLOR") else None
    setting = Setting(program, folder=connector)
    sys.exit(_run(setting, args, colour))


def _run(setting: Setting, args: list[str] | None, colour: bool | None) -> int:
    try:
        outcome: Any = root.main(args, prog_name=setting.program, standalone_mode=False, obj=setting, color=colour)
        return outcome if isinstance(outcome, int) else 0
    except BaseException as wrong:
        from connector_runtime.hosts.cli.ending import exit_code_after

        if not setting.as_json and isinstance(wrong, click.UsageError):  # the option may stand behind what is wrong
            setting.as_json = "--json" in (sys.argv if args is None else args)
        return exit_code_after(wrong, setting, colour)
