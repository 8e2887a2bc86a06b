"""The hosted runtime as a process of its own on loopback, with the sandbox as its connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Hosted(NamedTuple):
    """Where a host is, the key for it, and the file that has what it complained of."""

    url: str
    key: str
    log: Path


@contextmanager
def hosted(folder: Path, *more: str) -> Iterator[Hosted]:
    """A host that keeps its things in a folder. It must end well when it is told to."""
    command = [
        sys.executable,
        "-m",
        "docebo_connect",
        "--data-dir",
        str(folder / "data"),
        "serve",
        "--port",
        "0",
        *more,
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOCEBO_CONNECT_")}
    log = folder / "log"
    with (
        log.open("w") as complaints,
        subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=complaints, text=True, env=clean) as host,
    ):
        assert host.stdout is not None
        try:
            told = json.loads(host.stdout.readline())
            yield Hosted(told["url"], told["key"], log)
        finally:
            host.terminate()
        assert host.wait(60) == 0, log.read_text()
