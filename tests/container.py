"""What a Dockerfile says of the image that it ends in, and what goes into it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.casebook import ROOT


class Image(NamedTuple):
    """How an image is run."""

    entrypoint: list[str]
    command: list[str]
    healthcheck: list[str]
    user: tuple[int, int]
    environment: dict[str, str]
    extras: str


def image() -> Image:
    """The image of the checkout's Dockerfile. Commands are in their exec form, so that signals reach the process."""
    said: dict[str, str] = {}
    environment: dict[str, str] = {}
    for name, rest in _instructions((ROOT / "Dockerfile").read_text(encoding="utf-8")):
        if name == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(rest))
        said[name] = rest
    user, _, group = said["USER"].partition(":")
    return Image(
        entrypoint=json.loads(said["ENTRYPOINT"]),
        command=json.loads(said["CMD"]),
        healthcheck=json.loads(said["HEALTHCHECK"].split(" CMD ")[1]),
        user=(int(user), int(group)),
        environment=environment,
        extras=said["ARG"].partition("=")[2],
    )


def copied(folder: Path) -> None:
    """Copy into a folder what .dockerignore lets into the image."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*", "nothing goes into the image that is not named"
    let_in, kept_out = [line[1:] for line in lines if line.startswith("!")], lines[1:]
    ignore: Any = shutil.ignore_patterns(*(line.removeprefix("**/") for line in kept_out if line.startswith("**/")))
    for name in let_in:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        else:
            shutil.copy2(ROOT / name, folder / name)


def _instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, rest = line.partition(" ")
        if name:
            yield name, rest
