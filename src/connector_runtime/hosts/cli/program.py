"""The program: its commands, loaded when they are called, and the one place that turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.cli.setting import Setting
from connector_runtime.values import Problem

COMMANDS = {
    "actions": "declared:actions_command",
    "describe": "declared:describe_command",
    "run": "running:run_command",
    "plan": "running:plan_command",
    "runs": "history:runs_command",
    "sandbox": "standin:sandbox_command",
    "completion": "completion:completion_command",
    "docs": "documents:docs_command",
}
"""Name → module of this package and the command in it, in the order of the help."""

UNWRITABLE = 1  # neither the caller's input nor ours: the disk is full, a file cannot be written
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class Program(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"connector_runtime.hosts.cli.{module}"), name)
        return command


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


def main(program: str = "connector-runtime", connector: Path | None = None, args: list[str] | None = None) -> None:
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
    except ConnectorError as error:
        return _complained(setting, error, colour)
    except click.UsageError as wrong:
        if not setting.as_json and "--json" not in (sys.argv if args is None else args):
            wrong.show()
            return wrong.exit_code
        setting.as_json = True
        fix = f"See: {wrong.ctx.command_path if wrong.ctx else setting.program} --help"
        return _complained(setting, InvalidInput([Problem("", wrong.format_message())], fix=fix), colour)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click leaves when a reader has left
        return _silenced(0)
    except OSError as wrong:
        click.echo(f"✗ {wrong.strerror or wrong}: {wrong.filename or 'the output'}", err=True)
        return _silenced(UNWRITABLE)
    except Exception as wrong:
        from connector_runtime.run.corridor import crashed

        return _complained(setting, crashed(wrong), colour)


def _complained(setting: Setting, error: ConnectorError, colour: bool | None) -> int:
    from connector_runtime.hosts.cli import words
    from connector_runtime.present import exit_code

    with click.Context(root, color=colour):
        if setting.as_json:
            words.say_json({"error": error.document()})
        words.complain(error.document())
    return exit_code(error)


def _silenced(code: int) -> int:
    """Nobody reads the output any more: keep the interpreter's last flush quiet."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
    return code
