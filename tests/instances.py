"""Hosts in processes of their own, on one database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import KEY


@dataclass
class Instance:
    """One process that serves."""

    url: str
    key: str | None
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a power failure would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def instance(database: str, folder: Path, *flags: str) -> Iterator[Instance]:
    """A host on a database, in a folder of its own in which it keeps nothing that others need."""
    folder.mkdir(exist_ok=True)
    environ = {**os.environ, "DOCEBO_CONNECT_KEY": KEY, "DOCEBO_CONNECT_DATABASE": database, "HOME": str(folder)}
    command = [sys.executable, "-m", "docebo_connect", "serve", "--port", "0", "--json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=folder) as process:
        try:
            assert process.stdout is not None
            said: dict[str, Any] = json.loads(process.stdout.readline())
            yield Instance(said["url"], said["key"], process)
        finally:
            process.terminate()
            process.wait(30)


def called(
    instances: Sequence[Instance], key: str, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    """The answer of the first of these that gives one: what a balancer does, and whoever tries again."""
    shown = {"authorization": f"Bearer {key}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    for each in instances:
        try:
            answer = httpx.request(method, each.url + path, json=body, headers=shown, timeout=60)
        except httpx.TransportError:
            continue
        if answer.status_code < 500 or "run" in answer.json():
            return answer
    raise AssertionError("nobody answers")
