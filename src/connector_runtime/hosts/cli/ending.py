"""How the program ends when something went wrong: the one place that turns errors into words and exit codes."""

from __future__ import annotations

import os
import sys

import click

from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import Setting
from connector_runtime.present import exit_code
from connector_runtime.values import Problem

UNWRITABLE = 1  # neither the caller's input nor ours: the disk is full, a file cannot be written
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def exit_code_after(wrong: BaseException, setting: Setting, colour: bool | None) -> int:
    """Say what went wrong, and give the exit code for it."""
    match wrong:
        case ConnectorError():
            return _complained(setting, wrong, colour)
        case click.UsageError() if setting.as_json:
            fix = f"See: {wrong.ctx.command_path if wrong.ctx else setting.program} --help"
            return _complained(setting, InvalidInput([Problem("", wrong.format_message())], fix=fix), colour)
        case click.UsageError():
            wrong.show()
            return wrong.exit_code
        case click.Abort() | KeyboardInterrupt():
            click.echo("Interrupted.", err=True)
            return INTERRUPTED
        case BrokenPipeError() | SystemExit():  # click leaves when a reader has left
            return _silenced(0)
        case OSError():
            click.echo(f"✗ {wrong.strerror or wrong}: {wrong.filename or 'the output'}", err=True)
            return _silenced(UNWRITABLE)
        case Exception():
            from connector_runtime.run.corridor import crashed

            return _complained(setting, crashed(wrong), colour)
    raise wrong


def _complained(setting: Setting, error: ConnectorError, colour: bool | None) -> int:
    with click.Context(click.Command(setting.program), color=colour):
        if setting.as_json:
            words.say_json({"error": error.document()})
        words.complain(error.document())
    return exit_code(error)


def _silenced(code: int) -> int:
    """Nobody reads the output any more: keep the interpreter's last flush quiet."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123
    return code
