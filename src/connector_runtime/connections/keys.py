"""Where the key lies with which secrets are sealed: in the environment, in a file, or in the system's keyring.

Each place holds one key or several, as texts. The first seals; the others only open what was sealed before it came.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from types import ModuleType
from typing import ClassVar, Protocol

from connector_runtime.connections.extra import extra
from connector_runtime.errors import InvalidInput
from connector_runtime.store import Location
from connector_runtime.values import Problem

KEYRING = "keyring"
"""Instead of keys in the environment: they lie in the system's keyring."""

PRIVATE = 0o600
OTHERS = 0o077
"""The bits of a file's mode that let others in."""


class Place(Protocol):
    """Where keys lie."""

    own: ClassVar[bool]
    """Whether the keys are made and changed here; or else by whoever has named the place."""

    @property
    def words(self) -> str:
        """The place, in words that follow `in`."""

    def read(self) -> list[str]:
        """The keys, the first one first; none where none was made. Raises InvalidInput when they cannot be read."""

    def make(self, key: str) -> None:
        """Put a first key there, unless somebody has just done so."""

    def write(self, keys: Sequence[str]) -> None:
        """Put these there instead, all or none."""


def place_of(program: str, data_dir: Location, environ: Mapping[str, str] = os.environ) -> Place:
    """Where a program's keys lie: as the environment says, `<PROGRAM>_KEY` before `<PROGRAM>_KEY_FILE`; else in a file
    of the data directory, which is made when it is needed.
    """
    prefix = program.upper().replace("-", "_")
    if (given := environ.get(f"{prefix}_KEY", "").strip()) == KEYRING:
        return InKeyring(program, str(data_dir.resolve()))
    if given:
        return InEnvironment(f"{prefix}_KEY", environ)
    if named := environ.get(f"{prefix}_KEY_FILE"):
        return InNamedFile(Path(named))
    if not isinstance(data_dir, Path):
        said = "one is needed for the secrets in a database, the same on each machine"
        raise unusable(said, f"Put it into {prefix}_KEY, or into a file that {prefix}_KEY_FILE names.")
    return InFile(data_dir / "connections.key")


@dataclass(frozen=True)
class InEnvironment:
    """Keys in a variable, separated by commas."""

    variable: str
    environ: Mapping[str, str] = field(repr=False)
    own: ClassVar[bool] = False

    @property
    def words(self) -> str:
        """The variable."""
        return f"the environment variable {self.variable}"

    def read(self) -> list[str]:
        """The keys as they now stand there."""
        return parted(self.environ.get(self.variable, ""))

    def make(self, key: str) -> None:
        """Not here."""
        raise unusable(f"{self.words} is empty", f"Put a key in {self.variable}, or leave it out altogether.")

    def write(self, keys: Sequence[str]) -> None:
        """Not here."""
        raise unusable(f"{self.words} is not changed here")


@dataclass(frozen=True)
class InFile:
    """Keys in a file of the data directory, one a line."""

    path: Path
    own: ClassVar[bool] = True

    @property
    def words(self) -> str:
        """The path."""
        return f"the file {self.path}"

    def read(self) -> list[str]:
        """The keys. Raises InvalidInput for a file that others may read too: its keys may be known to anybody."""
        try:
            with self.path.open(encoding="ascii") as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name == "posix" and mode & OTHERS:
                    raise unusable(f"{self.words} may be read by others", f"Run chmod 600 {self.path} and try again.")
                return parted(file.read())
        except FileNotFoundError:
            return []
        except UnicodeError:  # it would quote what it could not read
            pass
        except OSError as wrong:
            raise unusable(f"{self.words} cannot be read ({wrong.strerror})") from wrong
        raise unusable(f"{self.words} holds no text")

    def make(self, key: str) -> None:
        """Put the file there whole, or leave the one that somebody else has put there at the same moment."""
        with self._written([key]) as draft, suppress(FileExistsError):
            os.link(draft, self.path)

    def write(self, keys: Sequence[str]) -> None:
        """Put a new file in the place of the old one."""
        with self._written(keys) as draft:
            draft.replace(self.path)

    @contextmanager
    def _written(self, keys: Sequence[str]) -> Iterator[Path]:
        draft = self.path.with_name(f".{self.path.name}.{token_hex(8)}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "w") as file:
                file.write("".join(f"{key}\n" for key in keys))
                file.flush()
                os.fsync(file.fileno())
            yield draft
            _keep_names(self.path.parent)
        except OSError as wrong:
            raise unusable(f"{self.words} cannot be written ({wrong.strerror})") from wrong
        finally:
            draft.unlink(missing_ok=True)


class InNamedFile(InFile):
    """Keys in a file that somebody has named and keeps: it is neither made nor changed here, as others may use it."""

    own = False

    def read(self) -> list[str]:
        """The keys. Raises InvalidInput also when there are none: a wrong path must not lead to a new key."""
        if keys := super().read():
            return keys
        raise unusable(f"{self.words} is not there, or is empty", "Correct the path, or put the key there.")


@dataclass(frozen=True)
class InKeyring:
    """Keys in the system's keyring: each data directory has its own, so that none changes another's."""

    program: str
    data_dir: str
    own: ClassVar[bool] = True

    @property
    def words(self) -> str:
        """The keyring and the entry in it."""
        return f"the system's keyring, entry {self.program} for {self.data_dir}"

    def read(self) -> list[str]:
        """The keys. Raises InvalidInput where there is no keyring, or it stays locked."""
        with self._opened() as keyring:
            return parted(keyring.get_password(self.program, self.data_dir) or "")

    def make(self, key: str) -> None:
        """A keyring cannot tell who was first: whoever makes a key holds the store's lock meanwhile."""
        self.write([key])

    def write(self, keys: Sequence[str]) -> None:
        """Replace the entry."""
        with self._opened() as keyring:
            keyring.set_password(self.program, self.data_dir, ",".join(keys))

    @contextmanager
    def _opened(self) -> Iterator[ModuleType]:
        with extra("keyring"):
            import keyring
            from keyring.errors import KeyringError
        try:
            yield keyring
        except KeyringError as wrong:
            raise unusable(
                f"the system's keyring cannot be used ({type(wrong).__name__})",
                "Start or unlock a keyring; or leave out the variable that asks for it, and the key lies in a file.",
            ) from wrong


def parted(text: str) -> list[str]:
    """The keys in a text: separated by commas, blanks or lines."""
    return [key for key in re.split(r"[,\s]+", text) if key]


def unusable(words: str, fix: str = "") -> InvalidInput:
    """A key that cannot be used; the words name its place, and never the key."""
    return InvalidInput([Problem("key", words, "Key")], code="key_unusable", fix=fix)


def _keep_names(directory: Path) -> None:
    """A name that was given in a directory survives a power failure only when that is told too."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
