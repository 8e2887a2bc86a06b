"""Where a connector's folder is (named, registered by an installed package, or upwards from here), and its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from connector_runtime.errors import DefinitionError

GROUP = "connector_runtime.connectors"
"""Entry points of this group: the program's name, and a function that returns the connector's folder."""


def find(folder: Path | None = None) -> Path:
    """The connector's folder: the one given, the nearest upwards with a `connector.yaml`, or the installed one.

    Raises DefinitionError when there is none, or several installed ones to choose from.
    """
    if folder is not None:
        if not (folder / "connector.yaml").is_file():
            raise _fault(f"{folder / 'connector.yaml'}:1:1: there is no connector here")
        return folder.resolve()
    here = Path.cwd()
    for candidate in (here, *here.parents):
        if (candidate / "connector.yaml").is_file():
            return candidate
    installed = registered()
    if len(installed) != 1:
        names = ", ".join(entry.name for entry in installed) or "none"
        raise _fault(f"{here}:1:1: no connector.yaml from here upwards; installed connectors: {names}")
    return Path(installed[0].load()())


def yaml_files(folder: Path) -> list[Path]:
    """A folder's YAML files in order; none when there is no such folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(".yaml"))
    except (FileNotFoundError, NotADirectoryError):
        return []


def registered() -> list[EntryPoint]:
    """The connectors that installed packages offer."""
    from importlib.metadata import entry_points  # slow to import, and seldom asked

    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def _fault(text: str) -> DefinitionError:
    from connector_runtime.errors import DefinitionError

    return DefinitionError([text])
