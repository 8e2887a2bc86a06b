"""What a measurement is: contenders that take turns, and the medians of their figures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

HERE = Path(__file__).parent
PYTHON = Path(sys.executable)

Figures: TypeAlias = dict[str, float]
Contender: TypeAlias = Callable[[], Awaitable[Figures]]
"""Does its work once and says what that took."""


@dataclass(frozen=True)
class Measured:
    """A contender's figures, turn by turn."""

    name: str
    rounds: list[Figures]

    def __getitem__(self, figure: str) -> float:
        """The median of a figure."""
        return median(found[figure] for found in self.rounds)

    def over(self, other: Measured, figure: str) -> float:
        """This figure as a multiple of the other's: the median over the rounds, since a machine has its moods."""
        return median(mine[figure] / its[figure] for mine, its in zip(self.rounds, other.rounds, strict=True))


async def interleaved(contenders: Mapping[str, Contender], rounds: int, turns: int = 1) -> dict[str, Measured]:
    """All contenders in turn, A B C A B C and so on, so that whatever disturbs the machine disturbs them alike.

    What is quick has several turns in a round.
    """
    measured = {name: Measured(name, []) for name in contenders}
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: {', '.join(contenders)}")
        for _ in range(turns):
            for name, work in contenders.items():
                measured[name].rounds.append(await work())
    return measured


def process(python: Path, script: str, *given: object) -> Contender:
    """A contender in a process of its own: a script of this folder that ends by saying its figures in JSON."""

    async def work() -> Figures:
        command = [str(python), str(HERE / script), *map(str, given)]
        pipe = asyncio.subprocess.PIPE
        running = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
        said, complaint = await running.communicate()
        if running.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{complaint.decode()}")
        figures: Figures = json.loads(said.splitlines()[-1])
        return figures

    return work


def serving(rows: int, latency_ms: float = 0) -> AbstractContextManager[str]:
    """The address of a platform in a process of its own, for as long as the block runs."""
    return answering("server.py", f"--rows={rows}", f"--latency-ms={latency_ms}")


@contextmanager
def answering(script: str, *given: str) -> Iterator[str]:
    """The address of a server in a process of its own: a script of this folder that begins by saying it."""
    with subprocess.Popen([str(PYTHON), str(HERE / script), *given], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def say(text: str) -> None:
    """How far it is, beside the result."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201
