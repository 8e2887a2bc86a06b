"""The peers' environments: each its own, under .bench/, made on first use from a file of pinned versions."""

from __future__ import annotations

import subprocess
from pathlib import Path

from measured import HERE, PYTHON, say

FOLDER = HERE.parent / ".bench"


class Absent(Exception):
    """A peer that could not be installed; its words say why."""


def python_of(peer: str) -> Path:
    """The Python that has a peer. Raises Absent when it cannot be installed."""
    wanted = requirements(peer).read_text()
    environment = FOLDER / peer
    python, stamp = environment / "bin" / "python", environment / ".installed"
    if not (python.exists() and stamp.exists() and stamp.read_text() == wanted):
        say(f"Installing {peer} into {environment.relative_to(HERE.parent)}; this first time takes up to a minute.")
        stamp.unlink(missing_ok=True)
        _do(peer, str(PYTHON), "-m", "venv", "--clear", str(environment))
        _do(peer, str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements(peer)))
        stamp.write_text(wanted)
    return python


def requirements(peer: str) -> Path:
    """Where a peer's versions are pinned."""
    return HERE / "peers" / f"{peer}.txt"


def pinned() -> list[tuple[str, str]]:
    """The packages that the peers are asked for, with their versions."""
    lines = (line for file in sorted((HERE / "peers").glob("*.txt")) for line in file.read_text().splitlines())
    named = (line.partition("#")[0].strip().partition("==") for line in lines)
    return sorted({(name, version) for name, _, version in named})


def _do(peer: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.startswith("ERROR")]
        raise Absent(f"{peer} could not be installed ({said[-1] if said else f'exit {done.returncode}'})")
