"""A connector from its folder: read and checked, or as it was when it was last read and is still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connector_runtime.definition.cache import Cache
from connector_runtime.definition.finding import yaml_files

if TYPE_CHECKING:
    from connector_runtime.definition.connector import Connector, Declarations


def load(folder: Path, cache: Path | None = None) -> Connector:
    """Read and check a connector's folder. Raises DefinitionError with every fault of every file.

    With a directory for a `cache`, what was read is kept there, and taken from there while no file has changed.
    """
    from connector_runtime.definition.connector import Connector, Declarations

    kept = Cache(cache)
    declared = kept.reading(Declarations, lambda: _sources(folder), lambda: _read(folder))
    return Connector(folder, **declared, _cache=kept)


def summaries(folder: Path, cache: Path | None = None) -> dict[str, str]:
    """The key and the summary of every action, like `load` but quicker: for a list nothing is built of what is kept."""

    def read() -> dict[str, str]:
        return {action.key: action.summary for action in load(folder, cache).actions.values()}

    return Cache(cache).reading(dict, lambda: _sources(folder), read)


def _sources(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All that a connector is read from: the files, the names of its cases, and its sample deliveries."""
    fixtures = folder / "fixtures"
    yield "connector.yaml", (folder / "connector.yaml").read_bytes()
    for drawing in sorted(folder.glob("*.svg")):
        yield drawing.name, drawing.read_bytes()
    for part in ("actions", "operations", "triggers", "schemas"):
        for path in yaml_files(folder / part):
            yield f"{part}/{path.name}", path.read_bytes()
            if part in ("actions", "operations"):
                names = [case.name for case in yaml_files(fixtures / path.stem)]
                yield f"cases of {path.stem}", "\n".join(names).encode()
            elif part == "triggers":
                for sample in yaml_files(fixtures / "webhooks" / path.stem):
                    yield f"a delivery of {path.stem}: {sample.name}", sample.read_bytes()


def _read(folder: Path) -> Declarations:
    from connector_runtime.definition.folder import read_folder

    return read_folder(folder)
