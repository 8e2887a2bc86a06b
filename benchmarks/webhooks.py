"""How many webhooks a second are kept, beside a bare Starlette endpoint that reads the body and does nothing.

Both are served by the same server, in turns, and brought the same deliveries.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from measured import Contender, Figures, interleaved
from section import Goal, Section, show
from served import Served, free_port, program

from connector_runtime.events.endpoints import Credentials, drawn
from connector_runtime.hosts.directories import events_file
from connector_runtime.store.events import Events

IN_FLIGHT = (256, 64)
"""Deliveries that are on their way at once."""

SECONDS = 8.0
"""For which each is brought deliveries, in each round."""

EVENT = "course.enrollment.created"

BARE = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def arrived(request):
    await request.body()
    return Response(status_code=202)

listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
app = Starlette(routes=[Route("/{address}", arrived, methods=["POST"])])
print("listening", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off")).run(sockets=[listening])
"""

TEXT = f"""Deliveries a second on loopback, each a new event of about 500 bytes, for {SECONDS:g} s in each round, with
so many on their way at once. Kept means acknowledged after a commit that survives a power failure (SQLite in WAL mode
with synchronous=FULL); those that arrive together share one, so more in flight means fewer commits. `listen` runs as it
comes, nobody being subscribed. The bare endpoint is a Starlette route that reads the body and answers 202, on the same
uvicorn. Who brings them runs on the same machine."""


async def measure(rounds: int) -> list[Section]:
    """Both, with many and with fewer in flight."""
    rows, goals = [], []
    with TemporaryDirectory() as name:
        data_dir, numbers = Path(name), count()
        credentials = let_in(data_dir)
        for hands in IN_FLIGHT:
            contenders: dict[str, Contender] = {
                "bare": partial(rate, bare, credentials, hands, numbers),
                "kept": partial(rate, partial(listen, data_dir), credentials, hands, numbers),
            }
            measured = await interleaved(contenders, rounds)
            kept, nothing = measured["kept"], measured["bare"]
            ratio = kept.over(nothing, "rate")
            rows.append([str(hands), kept["rate"], nothing["rate"], ratio])
            goals.append(
                Goal(f"webhooks kept a second, {hands} in flight, vs a bare Starlette endpoint", "≥", 0.5, ratio)
            )
    heads = ["in flight", "kept, a second", "a bare endpoint, a second", "ratio"]
    return [Section("Webhooks let in", TEXT, heads, rows, goals)]


async def rate(
    command: Callable[[int], list[str]], credentials: Credentials, hands: int, numbers: count[int]
) -> Figures:
    """Deliveries a second that a server answers."""
    port = free_port()
    server = Served(*command(port))
    try:
        began = time.monotonic()
        answered = await bring(port, credentials, hands, numbers)
        return {"rate": answered / (time.monotonic() - began)}
    finally:
        server.stop()


async def bring(port: int, credentials: Credentials, hands: int, numbers: count[int]) -> int:
    """Bring new deliveries until the time is over; how many were taken. Raises where one is not."""
    url = f"http://127.0.0.1:{port}/{credentials.address}"
    shown = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    headers, until = {"authorization": f"Basic {shown}"}, time.monotonic() + SECONDS
    answered = 0

    async def hand(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        for body in deliveries(numbers):
            if time.monotonic() > until:
                return
            async with session.post(url, data=body, headers=headers) as response:
                response.raise_for_status()
                answered += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=hands)) as session:
        await asyncio.gather(*(hand(session) for _ in range(hands)))
    return answered


def deliveries(numbers: Iterator[int]) -> Iterator[bytes]:
    """Enrollments, each of somebody else."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    for number in numbers:
        payload = {
            "fired_at": moment,
            "user_id": 10_000 + number,
            "username": f"user-{number}",
            "course_id": 7,
            "course_name": "First aid",
            "level": "learner",
            "enrollment_date": moment,
            "enrollment_date_begin_validity": None,
            "enrollment_date_end_validity": None,
            "subscribed_by_id": 13,
            "status": "subscribed",
        }
        whole = {"message_id": f"wh-{number}", "webhook_id": 1, "original_domain": "acme.docebosaas.com"}
        said = {**whole, "event": EVENT, "fired_by_batch_action": False, "payload": payload}
        yield json.dumps(said).encode()


def let_in(data_dir: Path) -> Credentials:
    """Who may bring something."""
    credentials, endpoint = drawn("sandbox")
    events = Events(events_file(data_dir))
    events.open_endpoint(endpoint)
    events.close()
    return credentials


def listen(data_dir: Path, port: int) -> list[str]:
    """The receiver."""
    return program(data_dir, "listen", "--port", str(port))


def bare(port: int) -> list[str]:
    """What does nothing."""
    return [sys.executable, "-c", BARE, str(port)]


if __name__ == "__main__":
    show(measure, __doc__)
