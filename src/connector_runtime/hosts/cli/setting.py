"""What every command shares: the program's name, the connector, the data directory; and the options for them.

Every command imports this, so it imports little itself: what only some commands need is imported where they ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from connector_runtime.hosts.directories import SANDBOX, cache_directory, data_directory

if TYPE_CHECKING:
    from connector_runtime.definition import Action, Connector
    from connector_runtime.store import Location

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Setting:
    """One invocation of the program."""

    program: str
    folder: Path | None = None
    as_json: bool = False
    chosen_data_dir: Location | None = None

    @cached_property
    def connector(self) -> Connector:
        """The connector, read when a command first needs it. Raises DefinitionError."""
        from connector_runtime.definition import find, load

        return load(find(self.folder), cache=self._cache_dir)

    @property
    def summaries(self) -> dict[str, str]:
        """The key and the summary of every action of the connector. Raises DefinitionError."""
        from connector_runtime.definition import find, summaries

        return summaries(find(self.folder), cache=self._cache_dir)

    @cached_property
    def data_dir(self) -> Location:
        """Where records and the sandbox's state are kept. Raises InvalidInput for a database whose address is none."""
        return data_directory(self.program, self.chosen_data_dir)

    @property
    def _cache_dir(self) -> Path:
        return cache_directory(self.program, self.chosen_data_dir)


def setting_of(context: click.Context) -> Setting:
    """The setting of this invocation."""
    setting: Setting = context.find_root().obj
    return setting


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Run asynchronous work to its end."""
    import asyncio

    try:
        return asyncio.run(work)
    finally:
        work.close()  # for an interrupt that came before it began


def _remember(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        _choose(context, value)


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_remember,
    help="Where runs and the sandbox's state are kept.",
)


def _remember_database(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        from connector_runtime.hosts.directories import database

        _choose(context, database(value))


def _choose(context: click.Context, location: Location) -> None:
    setting = setting_of(context)
    before = setting.chosen_data_dir
    if before is not None and isinstance(before, Path) != isinstance(location, Path):
        raise click.UsageError("Things are kept in a directory or in a database: name --data-dir or --database.")
    setting.chosen_data_dir = location


database_option = click.option(
    "--database",
    metavar="URL",
    expose_value=False,
    callback=_remember_database,
    help="A PostgreSQL database in the directory's place, which several machines share: postgresql://USER@HOST/NAME.",
)


def _speak_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    setting_of(context).as_json = value
    return value


json_option = click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=_speak_json, help="Print JSON for programs."
)
DEADLINE_S = 60.0
"""What a run may spend on waiting, unless somebody says otherwise: as in `hosts.session.RETRIES`, which takes long to
import.
"""


def number(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """`nan` is no number, and passes every limit."""
    if value != value:
        raise click.BadParameter("write a number")
    return value


deadline_option = click.option(
    "--deadline",
    type=click.FloatRange(0, 86_400),
    default=DEADLINE_S,
    show_default=True,
    callback=number,
    metavar="SECONDS",
    help="For how long a busy or failing platform is tried again.",
)
connection_option = click.option(
    "--connection", default=SANDBOX, show_default=True, metavar="NAME", help="The platform to work on."
)


def complete_action(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Action keys for the shell's completion."""
    return [key for key in _actions(context) if key.startswith(begun)]


def complete_field(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """`field=`, or the choices of a field, for the shell's completion. Some shells part a word at its `=`."""
    action = _actions(context).get(context.params.get("action") or "")
    known = action.input.get("properties", {}) if action else {}
    before: list[str] = [*(context.params.get("fields") or ())]
    parted = [word for word in before if word != "="]
    if parted and parted[-1] in known:
        key, prefix = parted[-1], ""
    elif "=" in begun:
        key, _equals, begun = begun.partition("=")
        prefix = f"{key}="
    else:
        return [f"{key}=" for key in known if key.startswith(begun)]
    choices = known.get(key, {}).get("oneOf", [])
    typed = [str(choice["const"] if " " in choice["title"] else choice["title"].lower()) for choice in choices]
    return [prefix + word for word in typed if word.startswith(begun.lower())]


def _actions(context: click.Context) -> Mapping[str, Action]:
    from connector_runtime.errors import ConnectorError

    try:
        return setting_of(context).connector.actions
    except ConnectorError:  # a shell is no place to complain
        return {}


action_argument = click.argument("action", metavar="ACTION", shell_complete=complete_action)
