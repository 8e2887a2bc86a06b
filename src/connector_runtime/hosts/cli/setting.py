"""What every command shares: the program's name, the connector, the data directory; and the options for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from connector_runtime.definition import Connector, find, load
from connector_runtime.hosts.session import SANDBOX, data_directory

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Setting:
    """One invocation of the program."""

    program: str
    folder: Path | None = None
    chosen_data_dir: Path | None = None

    @cached_property
    def connector(self) -> Connector:
        """The connector, read when a command first needs it. Raises DefinitionError."""
        return load(find(self.folder))

    @property
    def data_dir(self) -> Path:
        """Where records and the sandbox's state are kept."""
        return data_directory(self.program, self.chosen_data_dir)


def setting_of(context: click.Context) -> Setting:
    """The setting of this invocation."""
    setting: Setting = context.find_root().obj
    return setting


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""
    return asyncio.run(work)


def _remember(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        setting_of(context).chosen_data_dir = value


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_remember,
    help="Where runs and the sandbox's state are kept.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
connection_option = click.option(
    "--connection", default=SANDBOX, show_default=True, metavar="NAME", help="The platform to work on."
)


def complete_action(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Action keys for the shell's completion."""
    return [key for key in setting_of(context).connector.actions if key.startswith(begun)]


def complete_field(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """`field=` for the shell's completion."""
    action = setting_of(context).connector.actions.get(context.params.get("action") or "")
    known = action.input.get("properties", {}) if action else {}
    return [f"{key}=" for key in known if key.startswith(begun)]


action_argument = click.argument("action", metavar="ACTION", shell_complete=complete_action)
