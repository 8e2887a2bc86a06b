"""Where a program keeps its things."""

from __future__ import annotations

import os
from pathlib import Path

PROGRAM = "connector-runtime"
"""The command line for any connector; a connector's own program has a name of its own."""

SANDBOX = "sandbox"
"""The connection that every connector with a sandbox has, in process; and its folder in a data directory."""


def data_directory(program: str, chosen: Path | None = None) -> Path:
    """The directory chosen, named by the environment (`<PROGRAM>_DATA_DIR`), or the user's own for this program."""
    if (named := _named(program, chosen)) is not None:
        return named
    from platformdirs import user_data_path

    return user_data_path(program, appauthor=False)


def cache_directory(program: str, chosen: Path | None = None) -> Path:
    """Where definitions are kept compiled: in a data directory that was chosen or named, else in the user's cache."""
    base = _named(program, chosen)
    if base is None:
        from platformdirs import user_cache_path

        base = user_cache_path(program, appauthor=False)
    return base / "definitions"


def records_file(data_dir: Path) -> Path:
    """Where a data directory keeps its runs."""
    return data_dir / "runs.sqlite3"


def connections_file(data_dir: Path) -> Path:
    """Where a data directory keeps its connections."""
    return data_dir / "connections.sqlite3"


def limits_file(data_dir: Path) -> Path:
    """Where the processes of a data directory count their calls."""
    return data_dir / "limits.sqlite3"


def events_file(data_dir: Path) -> Path:
    """Where a data directory keeps the webhook events that have arrived."""
    return data_dir / "events.sqlite3"


def outbox_file(data_dir: Path) -> Path:
    """Where a data directory keeps what is still to be brought to subscribers."""
    return data_dir / "outbox.sqlite3"


def presence_file(data_dir: Path) -> Path:
    """Where the processes of a data directory say what they are working on."""
    return data_dir / "runs.lock"


def _named(program: str, chosen: Path | None) -> Path | None:
    named = os.environ.get(f"{program.upper().replace('-', '_')}_DATA_DIR")
    return chosen or (Path(named) if named else None)
