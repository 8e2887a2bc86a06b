"""`completion`: the script that teaches a shell this program's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from connector_runtime.hosts.cli.setting import setting_of


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    For bash, put  eval "$(PROGRAM completion bash)"  into ~/.bashrc, with this program's name for PROGRAM.
    """
    program = setting_of(context).program
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    kind = get_completion_class(shell)
    assert kind is not None  # the choices above are click's own
    click.echo(kind(context.find_root().command, {}, program, variable).source())
