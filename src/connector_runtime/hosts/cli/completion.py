"""`completion`: the script that teaches a shell this program's words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import json_option, setting_of


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
@click.pass_context
def completion_command(context: click.Context, shell: str, as_json: bool) -> None:
    """Print the completion script for SHELL.

    For bash, put  eval "$(PROGRAM completion bash)"  into ~/.bashrc, with this program's name for PROGRAM.
    """
    program = setting_of(context).program
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    kind = get_completion_class(shell)
    assert kind is not None  # the choices above are click's own
    source = kind(context.find_root().command, {}, program, variable).source()
    # A field's `=` is followed by its value, not by a space.
    source = source.replace("COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *= ]] && compopt -o nospace")
    if as_json:
        words.say_json({"shell": shell, "script": source})
    else:
        click.echo(source)
