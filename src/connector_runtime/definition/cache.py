"""What was read from definitions, kept as JSON under a digest of all that it was read from.

An entry is data and nothing else, and is held to the grammar's types when it is taken. A cache is never the cause of
an error: whatever is wrong with its directory or an entry, the files are read as if there were none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

SUFFIX = ".json"
KEPT = 64
"""Entries in a directory; the oldest make room."""

Sources: TypeAlias = Iterable[tuple[str, bytes]]
"""Everything that a reading depends on: names and contents."""


class Cache:
    """The entries of one directory; without a directory nothing is kept."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory

    def reading(self, shape: type[T], sources: Callable[[], Sources], read: Callable[[], T]) -> T:
        """What `read` makes of the sources, as it was kept or read now and kept: grammar, or a dict of texts.

        Raises what `read` raises; then nothing is kept.
        """
        if self.directory is None or (key := _key(shape, sources)) is None:
            return read()
        entry = self.directory / f"{key}{SUFFIX}"
        if (found := _taken(entry, shape)) is not None:
            return found
        value = read()
        if _key(shape, sources) == key:  # nobody wrote to the files meanwhile
            _keep(entry, value)
        return value


def _key(shape: type[T], sources: Callable[[], Sources]) -> str | None:
    """A name for what stands in the sources now; None when they cannot be read."""
    digest = blake2b(shape.__name__.encode(), digest_size=16)
    try:
        for name, content in (*_code(), *sources()):
            digest.update(f"\n{name} {len(content)}\n".encode())
            digest.update(content)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def _code() -> Sources:
    """The code that gives the sources their meaning."""
    runtime = Path(__file__).parents[1]
    beside = (runtime / name for name in ("schema.py", "values.py", "yamlfile.py"))
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *beside):
        yield path.name, path.read_bytes()


def _taken(entry: Path, shape: type[T]) -> T | None:
    try:
        content = entry.read_bytes() if _is_ours(entry.parent) else b""
        found: T | None = _texts(content) if shape is dict else _typed(content, shape)
        return found
    except (OSError, ValueError, RecursionError):
        return None


def _texts(content: bytes) -> Any:
    """Texts by name: msgspec, which is slow to import, is not needed for them."""
    value = json.loads(content)
    return value if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()) else None


def _typed(content: bytes, shape: type[T]) -> T:
    import msgspec

    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.MsgspecError as wrong:
        raise ValueError(str(wrong)) from wrong


def _keep(entry: Path, value: object) -> None:
    from tempfile import mkstemp

    import msgspec

    try:
        content = msgspec.json.encode(value)
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(entry.parent):
            return
        handle, name = mkstemp(dir=entry.parent, suffix=SUFFIX)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(entry)  # a reader sees the whole entry or none
        finally:
            Path(name).unlink(missing_ok=True)
        _make_room(entry.parent)
    except (OSError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return


def _make_room(directory: Path) -> None:
    entries = sorted(directory.glob(f"*{SUFFIX}"), key=lambda entry: entry.stat().st_mtime)
    for entry in entries[:-KEPT]:
        entry.unlink()


def _is_ours(directory: Path) -> bool:
    """Whether nobody but the user and root can have written there: an entry says where requests go."""
    if not hasattr(os, "geteuid"):  # the user's own directories have other guards there
        return True
    found = directory.stat()
    return found.st_uid in (0, os.geteuid()) and not found.st_mode & 0o022
