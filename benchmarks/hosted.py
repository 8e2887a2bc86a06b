"""Runs a second over the HTTP API, beside a bare Starlette endpoint that makes the same call with the same client.

python benchmarks/hosted.py [--rounds 5]
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import aiohttp
from measured import Contender, Figures, interleaved, serving
from section import Goal, Section, show
from served import Served, free_port, program

IN_FLIGHT = 32
SECONDS = 8.0
"""For which each is asked, in each round."""

FIRST_USER, USERS = 10, 190
"""Of the sandbox's world."""

LONG = 200_000
"""Runs over which the memory is looked at."""

NO_LIMIT = "1000000"

BARE = """
import socket, sys, uvicorn, aiohttp
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

url, headers = sys.argv[2], {"authorization": sys.argv[3]} if len(sys.argv) > 3 else {}

@asynccontextmanager
async def opened(app):
    async with aiohttp.ClientSession(url, headers=headers) as app.state.session:
        yield

async def run(request):
    given = await request.json()
    method, path, body = given["method"], given["path"], given["body"]
    async with request.app.state.session.request(method, path, json=body) as answer:
        return Response(await answer.read(), status_code=answer.status, media_type="application/json")

listening = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
app = Starlette(routes=[Route("/run", run, methods=["POST"])], lifespan=opened)
print("listening", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])
"""

TEXT = f"""`POST /v1/actions/.../run` on loopback, {IN_FLIGHT} in flight, for {SECONDS:g} s in each round, beside a bare
Starlette endpoint on the same uvicorn that makes the same call with the same client (aiohttp) and gives back what
comes. A run checks the key and the input, keeps its record before and after it sends (SQLite), maps the answer to the
documented fields, answers with its record, and leaves lines in the audit and the log. The sandbox is the one that comes
with the connector, in a process of its own. A platform from memory costs next to nothing, so that its row shows what
a host adds. All processes share the machine. Times are in milliseconds."""

GROWTH = f"""A host's memory while {LONG:,} enrollments are run over the API."""

TOKEN = {"method": "token", "fields": {"token": "t"}}


class Asked(NamedTuple):
    """One thing to ask of both: the action's input, and the call that it makes."""

    action: str
    inputs: Callable[[], Iterator[Any]]
    call: Callable[[Any], dict[str, Any]]


def pairs() -> Iterator[dict[str, int]]:
    """Enrollments, each of somebody else."""
    return ({"user_id": FIRST_USER + number % USERS, "course_id": 1 + number // USERS} for number in count())


ENROLL = Asked(
    "enroll_user_into_a_course",
    pairs,
    lambda given: {
        "method": "POST",
        "path": f"/learn/v1/enrollments/{given['course_id']}/{given['user_id']}",
        "body": {},
    },
)
PAGE = Asked(
    "get_course_enrollments",
    lambda: ({} for _ in count()),
    lambda given: {"method": "GET", "path": "/course/v1/courses/enrollments", "body": None},
)


class Host(NamedTuple):
    """A host that is connected to a platform: its address, what a caller shows, and its process."""

    url: str
    headers: dict[str, str]
    server: Served


async def measure(rounds: int) -> list[Section]:
    """The sandbox and a platform from memory."""
    rows, goals = [], []
    with TemporaryDirectory() as name, serving(200) as memory:
        folder = Path(name)
        for words, asked in (("an enrollment", ENROLL), ("a page of twenty", PAGE)):
            row, rate, p99 = await compared(f"{words}, sandbox", on_sandbox(asked, folder), rounds)
            rows.append(row)
            goals.append(Goal(f"runs a second over the API, {words}, vs a bare endpoint", "≥", 0.6, rate))
            goals.append(Goal(f"p99 of a run over the API, {words}, vs a bare endpoint", "≤", 2, p99))
        rows.append((await compared("an enrollment, platform from memory", from_memory(memory, folder), rounds))[0])
        begin, end = await memory_of(memory, folder / "long")
    goals.append(Goal(f"growth of memory over {LONG:,} runs over the API", "≤", 5, end - begin, " MB"))
    heads = ["what", "runs a second", "bare", "ratio", "p50", "bare", "p99", "bare", "ratio"]
    grown = ["after a tenth, MB", "at the end, MB", "grown, MB"]
    return [
        Section("Runs over the API", TEXT, heads, rows, goals),
        Section("Memory over many runs", GROWTH, grown, [[begin, end, end - begin]]),
    ]


async def compared(words: str, contenders: dict[str, Contender], rounds: int) -> tuple[list[Any], float, float]:
    """A row, and the ratios of runs a second and of the slowest hundredth."""
    measured = await interleaved(contenders, rounds)
    run, nothing = measured["run"], measured["bare"]
    rate, p99 = run.over(nothing, "rate"), run.over(nothing, "p99")
    times = [run["p50"], nothing["p50"], run["p99"], nothing["p99"]]
    return [words, run["rate"], nothing["rate"], rate, *times, p99], rate, p99


def on_sandbox(asked: Asked, folder: Path) -> dict[str, Contender]:
    """Both on the sandbox, whose world is the same whenever one begins."""

    async def bare_one() -> Figures:
        with sandbox() as site:
            return await bare(asked, site["url"], f"Bearer {await token_of(site)}")

    async def run() -> Figures:
        with sandbox() as site:
            connection = {"method": "password", "fields": signing_in(site)}
            return await hosted(asked, site["url"], connection, folder)

    return {"bare": bare_one, "run": run}


def from_memory(url: str, folder: Path) -> dict[str, Contender]:
    """Both on a platform that costs next to nothing."""
    return {"bare": partial(bare, ENROLL, url), "run": partial(hosted, ENROLL, url, TOKEN, folder)}


async def bare(asked: Asked, url: str, *authorization: str) -> Figures:
    """The endpoint that only makes the call."""
    port = free_port()
    server = Served(sys.executable, "-c", BARE, str(port), url, *authorization)
    try:
        return await load(f"http://127.0.0.1:{port}/run", {}, map(asked.call, asked.inputs()))
    finally:
        server.stop()


async def hosted(asked: Asked, url: str, connection: dict[str, Any], folder: Path) -> Figures:
    """The host, as it comes."""
    with TemporaryDirectory(dir=folder) as name:
        host = await begun(url, connection, Path(name))
        try:
            bodies = ({"connection": "campus", "input": given} for given in asked.inputs())
            return await load(f"{host.url}/v1/actions/{asked.action}/run", host.headers, bodies)
        finally:
            host.server.stop()


async def memory_of(url: str, data_dir: Path) -> tuple[float, float]:
    """A host's memory after a tenth of many runs, and after all of them, in megabytes."""
    host = await begun(url, TOKEN, data_dir)
    try:
        bodies = ({"connection": "campus", "input": given} for given in pairs())
        where = f"{host.url}/v1/actions/{ENROLL.action}/run"
        await load(where, host.headers, bodies, most=LONG // 10)
        begin = resident_mb(host.server.pid)
        await load(where, host.headers, bodies, most=LONG - LONG // 10)
        return begin, resident_mb(host.server.pid)
    finally:
        host.server.stop()


async def begun(url: str, connection: dict[str, Any], data_dir: Path) -> Host:
    """A host that is connected to a platform."""
    server = Served(*program(data_dir, "serve", "--port", "0", "--json", "--calls-a-minute", NO_LIMIT), quiet=True)
    said = json.loads(server.said)
    headers = {"authorization": f"Bearer {said['key']}"}
    fields = {"domain": url, **connection["fields"]}
    body = {"name": "campus", "method": connection["method"], "fields": fields, "limits": []}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{said['url']}/v1/connections", json=body) as answer,
    ):
        if answer.status != 201:
            raise SystemExit(await answer.text())
    return Host(said["url"], headers, server)


async def load(url: str, headers: dict[str, str], bodies: Iterator[Any], *, most: int | None = None) -> Figures:
    """Ask until the time is over, or so often: how many a second, and how long they took, in milliseconds."""
    took: list[float] = []
    refused = 0
    left = iter(range(most)) if most is not None else None
    began = time.monotonic()

    async def hand(session: aiohttp.ClientSession) -> None:
        nonlocal refused
        for body in bodies:
            if time.monotonic() - began > SECONDS if left is None else next(left, None) is None:
                return
            asked_at = time.perf_counter()
            async with session.post(url, json=body, headers=headers) as answer:
                await answer.read()
                refused += answer.status != 200
            took.append((time.perf_counter() - asked_at) * 1000)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        await asyncio.gather(*(hand(session) for _ in range(IN_FLIGHT)))
    if refused > len(took) / 3:  # some users of the sandbox's world are enrolled from the beginning
        raise SystemExit(f"{refused} of {len(took)} were refused")
    parts = quantiles(took, n=100)
    return {"rate": len(took) / (time.monotonic() - began), "p50": parts[49], "p99": parts[98]}


@contextlib.contextmanager
def sandbox() -> Iterator[dict[str, str]]:
    """The sandbox in a process of its own, with a world of its own: its address and credentials."""
    with TemporaryDirectory() as name:
        server = Served(*program(Path(name), "sandbox", "--json"), quiet=True)
        try:
            yield json.loads(server.said)
        finally:
            server.stop()


def signing_in(site: dict[str, str]) -> dict[str, str]:
    """The sandbox's credentials."""
    return {name: site[name] for name in ("client_id", "client_secret", "username", "password")}


async def token_of(site: dict[str, str]) -> str:
    """A token of the sandbox."""
    form = {**signing_in(site), "grant_type": "password", "scope": "api"}
    async with aiohttp.ClientSession() as session, session.post(f"{site['url']}/oauth2/token", data=form) as answer:
        return str((await answer.json())["access_token"])


def resident_mb(pid: int) -> float:
    """A process's memory, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    show(measure, __doc__)
