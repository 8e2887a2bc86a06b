"""Two processes, one platform, one limit: what a server sees of it.

    python benchmarks/limits.py [--calls 100] [--window 10] [--seconds 40] [--json]

Two processes read lists as fast as they are let, through sessions with one data directory, from a server on loopback
that notes when each request arrives. Ends with 1 where more arrived in any window than the limit allows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from measured import say
from section import table

import docebo_connect
from connector_runtime import Connection
from connector_runtime.definition.connection import Window
from connector_runtime.run import Retries
from docebo_connect.sandbox import site

PROCESSES = 2
HANDS = 32
"""Calls that a process would have on their way at once."""

SPAWN = get_context("spawn")


class Log:
    """An application, and when its requests arrived."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.arrivals: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        self.arrivals.append(time.monotonic())
        await self._app(scope, receive, send)


@contextmanager
def served(log: Log) -> Iterator[str]:
    """The address of an application on loopback."""
    server = uvicorn.Server(uvicorn.Config(log, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def reading(address: str, headers: dict[str, str], directory: Path, window: Window, seconds: float) -> None:
    """What one process does: it reads until the time is over."""
    asyncio.run(_reading(Connection("limited", address, headers, limits=[window]), directory, seconds))


async def _reading(connection: Connection, directory: Path, seconds: float) -> None:
    async with docebo_connect.session(
        connection=connection, data_dir=directory, retries=Retries(deadline_s=seconds)
    ) as session:
        until = time.monotonic() + seconds

        async def hand() -> None:
            while time.monotonic() < until:
                await session.run("get_course_enrollments", {"user_ids": [7]})

        hands = asyncio.gather(*(hand() for _ in range(HANDS)))
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + seconds):
                await hands
        except TimeoutError:
            return


def most_in_a_window(arrivals: list[float], seconds: float) -> int:
    """The largest number of arrivals in any window of that length, its end excluded."""
    most, begin = 0, 0
    for end, moment in enumerate(arrivals):
        while moment - arrivals[begin] >= seconds:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def measured(calls: int, seconds: float, lasting_s: float) -> dict[str, float]:
    """What the server saw."""
    with TemporaryDirectory() as folder, site(Path(folder) / "platform") as opened:
        log = Log(opened.app)
        with served(log) as address:
            given = (
                address,
                dict(opened.headers),
                Path(folder) / "data",
                Window(calls=calls, seconds=seconds),
                lasting_s,
            )
            processes = [SPAWN.Process(target=reading, args=given) for _ in range(PROCESSES)]
            for process in processes:
                process.start()
            for process in processes:
                process.join()
    arrivals = sorted(log.arrivals)
    first = arrivals[0]
    windows = next(number for number in count(1) if number * seconds >= lasting_s - 1e-9)
    used = sum(1 for moment in arrivals if moment - first < windows * seconds)
    return {
        "arrivals": len(arrivals),
        "most in any window": most_in_a_window(arrivals, seconds),
        "of the budget used": used / (windows * calls),
    }


def main() -> int:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--window", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    say(f"{PROCESSES} processes, {asked.calls} calls in {asked.window:g} seconds, for {asked.seconds:g} seconds")
    figures = measured(asked.calls, asked.window, asked.seconds)
    shown = json.dumps(figures) if asked.json else table(["", *figures], [["two processes", *figures.values()]])
    sys.stdout.write(f"{shown}\n")
    return int(figures["most in any window"] > asked.calls)


if __name__ == "__main__":
    sys.exit(main())
