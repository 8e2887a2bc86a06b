"""Servers of a measurement, each in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path


class Served:
    """A server that says when it listens; on one port, however often it is started."""

    def __init__(self, *command: str, quiet: bool = False) -> None:
        """`quiet`: its log goes nowhere."""
        self._command, self._log = command, subprocess.DEVNULL if quiet else None
        self.start()

    def start(self) -> None:
        """Start it. `said` is its first line, with which it listens."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._log, text=True)
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline()
        if not self.said:
            raise SystemExit(f"{' '.join(self._command)} has not started")

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def kill(self) -> None:
        """As a power failure ends it: without a chance to do anything."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """As a person ends it."""
        self._process.terminate()
        self._process.wait()


def program(data_dir: Path, *words: str) -> list[str]:
    """A command of this project."""
    return [sys.executable, "-m", "docebo_connect", "--data-dir", str(data_dir), *words]


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
