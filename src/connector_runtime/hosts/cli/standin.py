"""`sandbox`: the connector's stand-in platform, served on loopback."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.cli import words
from connector_runtime.hosts.cli.setting import data_dir_option, json_option, setting_of
from connector_runtime.hosts.connected import open_sandbox
from connector_runtime.values import Problem

HOST = "127.0.0.1"


@click.group("sandbox", invoke_without_command=True)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port on loopback; 0 takes a free one.")
@click.option("--seed", type=int, help="Make the world anew from this number, unless it already is that world.")
@click.option("--without", multiple=True, metavar="FEATURE", help="Leave a feature of the platform out.")
@click.option(
    "--faults",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Let go wrong what the script in this JSON or YAML file says.",
)
@json_option
@data_dir_option
@click.pass_context
def sandbox_command(
    context: click.Context, port: int, seed: int | None, without: tuple[str, ...], faults: Path | None, as_json: bool
) -> None:
    """Serve the stand-in platform on loopback until stopped.

    The connection `sandbox` works on the same world without this server.
    """
    if context.invoked_subcommand is not None:
        return
    from connector_runtime.hosts.cli.serving import serve, shown

    setting = setting_of(context)
    scripted = {} if faults is None else {"faults": faults}  # not every sandbox has them
    try:
        site = open_sandbox(setting.connector, setting.data_dir, seed=seed, without=without, **scripted)
    except ValueError as wrong:
        raise InvalidInput(_problems(wrong)) from None
    opened = _listening(port)
    document = {"url": shown(HOST, opened), **site.credentials}

    serve(site.app, opened, lambda: _announce(document, as_json))
    site.close()


def _problems(wrong: ValueError) -> list[Problem]:
    """What a sandbox says of its options: the one it means, and all that is wrong there, if it says so."""
    option = getattr(wrong, "option", "without")
    return [Problem(option, said, option.capitalize()) for said in getattr(wrong, "problems", [str(wrong)])]


def _listening(port: int) -> socket.socket:
    from connector_runtime.hosts.cli.serving import listening

    try:
        return listening(HOST, port)
    except OSError as wrong:
        problem = Problem("port", f"{port} cannot be used ({wrong.strerror})", "Port")
        raise InvalidInput([problem], fix="Name another port, or none to take a free one.") from None


@sandbox_command.command("reset")
@click.option("--seed", default=1, show_default=True, type=int, help="Make the world from this number.")
@json_option
@data_dir_option
@click.pass_context
def reset_command(context: click.Context, seed: int, as_json: bool) -> None:
    """Make the sandbox's world as it was at first."""
    setting = setting_of(context)
    site = open_sandbox(setting.connector, setting.data_dir)
    site.reset(seed)
    site.close()
    if as_json:
        words.say_json({"reset": True, "seed": seed})
    else:
        click.echo(f"The sandbox is as it was at first, made from seed {seed}.")


def _announce(document: dict[str, str], as_json: bool) -> None:
    if as_json:
        click.echo(words.as_json(document))
    else:
        for name, value in document.items():
            click.echo(f"{name.ljust(14)}{value}")
        words.note("Serving; stop with Ctrl-C.")
