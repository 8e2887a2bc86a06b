"""Where a program keeps its things."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from connector_runtime.store import Location
    from connector_runtime.store.schema import Schema

L = TypeVar("L", bound="Location")

PROGRAM = "connector-runtime"
"""The command line for any connector; a connector's own program has a name of its own."""

SANDBOX = "sandbox"
"""The connection that every connector with a sandbox has, in process; and its folder in a data directory."""


def data_directory(program: str, chosen: Location | None = None) -> Location:
    """The place chosen, or named by the environment: a database (`<PROGRAM>_DATABASE`), or a directory
    (`<PROGRAM>_DATA_DIR`); else the user's own directory for this program. Raises InvalidInput for a database whose
    address is none.
    """
    if chosen is not None:
        return chosen
    if url := os.environ.get(f"{prefix(program)}_DATABASE", "").strip():
        return database(url)
    if (named := _named(program, None)) is not None:
        return named
    from platformdirs import user_data_path

    return user_data_path(program, appauthor=False)


def database(url: str) -> Schema:
    """The database at an address, in a directory's place. Raises InvalidInput for an address that is none, and without
    the extra `postgres`.
    """
    from connector_runtime.connections.extra import extra
    from connector_runtime.store.schema import Schema
    from connector_runtime.store.server import server_at

    with extra("postgres"):
        return Schema(server_at(url))


def cache_directory(program: str, chosen: Location | None = None) -> Path:
    """Where definitions are kept compiled: in a data directory that was chosen or named, else in the user's cache."""
    base = _named(program, chosen)
    if base is None:
        from platformdirs import user_cache_path

        base = user_cache_path(program, appauthor=False)
    return base / "definitions"


def records_file(data_dir: L) -> L:
    """Where a data directory keeps its runs."""
    return _in(data_dir, "runs.sqlite3")


def connections_file(data_dir: L) -> L:
    """Where a data directory keeps its connections."""
    return _in(data_dir, "connections.sqlite3")


def limits_file(data_dir: L) -> L:
    """Where the processes of a data directory count their calls."""
    return _in(data_dir, "limits.sqlite3")


def events_file(data_dir: L) -> L:
    """Where a data directory keeps the webhook events that have arrived."""
    return _in(data_dir, "events.sqlite3")


def outbox_file(data_dir: L) -> L:
    """Where a data directory keeps what is still to be brought to subscribers."""
    return _in(data_dir, "outbox.sqlite3")


def tenants_file(data_dir: L) -> L:
    """Where a host keeps its tenants, and their keys."""
    return _in(data_dir, "tenants.sqlite3")


def presence_file(data_dir: L) -> L:
    """Where the processes of a data directory say what they are working on."""
    return _in(data_dir, "runs.lock")


def _in(data_dir: L, name: str) -> L:
    return cast("L", data_dir / name)


def prefix(program: str) -> str:
    """How the names of a program's environment variables begin."""
    return program.upper().replace("-", "_")


def _named(program: str, chosen: Location | None) -> Path | None:
    if isinstance(chosen, Path):
        return chosen
    named = os.environ.get(f"{prefix(program)}_DATA_DIR")
    return Path(named) if named else None
