"""One action call in a warm process, and 32 at once, beside the same bytes sent by a bare client.

python benchmarks/calls.py [--rounds 5]
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import aiohttp
import httpx
from measured import Figures, Measured, interleaved, serving
from section import Goal, Section, show

import docebo_connect
from connector_runtime import load
from connector_runtime.connections import Line
from connector_runtime.run import OPEN, run
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Json, Request, Response, Send

CALLS, AT_ONCE, IN_FLIGHT, TURNS = 50, 320, 32, 8
AGENT = "benchmark/1"
GIVEN: Mapping[str, tuple[str, dict[str, Json]]] = {
    "read": ("get_course_enrollments", {"page_size": 1}),
    "write": ("enroll_user_into_a_course", {"user_id": 7, "course_id": 42, "level": "student"}),
}
"""One action that reads, one that writes."""

BARE, HTTPX = "aiohttp alone", "httpx.AsyncClient alone"
TRANSPORT, ACTION, KEPT = "the transport alone", "an action, without the record", "an action, with the record in SQLite"
AT_HAND = "an action, its answer at hand"
WAYS = [BARE, HTTPX, TRANSPORT, AT_HAND, ACTION, KEPT]
UNITS = {"us": "µs", "per_s": "calls a second"}

Call: TypeAlias = Callable[[], Awaitable[object]]

ONE = f"""Microseconds of one call after another, {CALLS} a turn: a list's page of one row, and one enrollment.
aiohttp is the client under this project's transport; alone, it sends the same bytes, and its answer stays bytes.
An action validates, drafts, sends, reads and documents; with its answer at hand it does the same and sends nothing."""
MANY = f"""Calls a second with {IN_FLIGHT} in flight, {AT_ONCE} a turn, in one process."""


@asynccontextmanager
async def opened(url: str, kind: str, folder: Path) -> AsyncIterator[dict[str, Call]]:
    """Every way to make the call."""
    action, given = GIVEN[kind]
    connector, platform = load(docebo_connect.folder()), Connection("benchmark", url)
    async with (
        aiohttp.ClientSession() as bare,
        httpx.AsyncClient() as slow,
        open_transport(platform, AGENT) as send,
        docebo_connect.session(connection=platform, data_dir=folder) as session,
    ):
        asked, answered = await exchanged(action, given, send)
        address, body = str(httpx.URL(url + asked.path, params=dict(asked.query))), encoded(asked)
        headers = {"accept": "application/json", "user-agent": AGENT} | (
            {"content-type": "application/json"} if body else {}
        )

        async def by_aiohttp() -> None:
            async with bare.request(asked.method, address, data=body, headers=headers) as answer:
                assert answer.status == 200 and await answer.read()

        async def by_httpx() -> None:
            answer = await slow.request(asked.method, address, content=body, headers=headers)
            assert answer.status_code == 200 and answer.content

        async def by_transport() -> None:
            assert (await send(asked)).status == 200

        async def at_hand(request: Request) -> Response:
            return Response(answered.status, answered.headers, answered.content)

        async def by_action(send: Send) -> None:
            record = await run(
                connector, action, given, line=Line(send), connection="benchmark", keep=lambda record: None, gate=OPEN
            )
            assert record.succeeded, record.error

        async def kept() -> None:
            record = await session.run(action, given)
            assert record.succeeded, record.error

        actions: list[Call] = [partial(by_action, at_hand), partial(by_action, send), kept]
        yield dict(zip(WAYS, [by_aiohttp, by_httpx, by_transport, *actions], strict=True))


async def exchanged(action: str, given: dict[str, Json], send: Send) -> tuple[Request, Response]:
    """What the action sends, and what it gets for that."""
    seen: list[tuple[Request, Response]] = []

    async def seeing(request: Request) -> Response:
        answer: Response = await send(request)
        seen.append((request, answer))
        return answer

    connector = load(docebo_connect.folder())
    record = await run(
        connector, action, given, line=Line(seeing), connection="benchmark", keep=lambda record: None, gate=OPEN
    )
    record.raise_if_failed()
    return seen[0]


def encoded(request: Request) -> bytes | None:
    """The request's body as it leaves."""
    return None if request.body is None else json.dumps(request.body).encode()


async def in_turn(call: Call) -> Figures:
    """One after the other."""
    began = time.perf_counter()
    for _ in range(CALLS):
        await call()
    return {"us": (time.perf_counter() - began) / CALLS * 1e6}


async def at_once(call: Call) -> Figures:
    """Many in flight."""

    async def work() -> None:
        for _ in range(AT_ONCE // IN_FLIGHT):
            await call()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return {"per_s": AT_ONCE / (time.perf_counter() - began)}


async def compared(kind: str, rounds: int) -> tuple[dict[str, Measured], dict[str, Measured]]:
    """All ways of a call, one after the other and at once, in one warm process."""
    with serving(40_000) as url, TemporaryDirectory() as folder:
        async with opened(url, kind, Path(folder)) as calls:
            for call in calls.values():
                await in_turn(call)
            one = await interleaved({name: partial(in_turn, call) for name, call in calls.items()}, rounds, TURNS)
            many = await interleaved({name: partial(at_once, call) for name, call in calls.items()}, rounds, TURNS)
    return one, many


async def measure(rounds: int) -> list[Section]:
    """Two tables."""
    one, many = {}, {}
    for kind in GIVEN:
        one[kind], many[kind] = await compared(kind, rounds)
    return [
        section("One action call", ONE, one, "us", BARE, "≤", {ACTION: 1.3, KEPT: 2}),
        section(f"{IN_FLIGHT} actions in flight", MANY, many, "per_s", HTTPX, "≥", {ACTION: 5, KEPT: 5}),
    ]


def section(
    title: str,
    text: str,
    measured: Mapping[str, dict[str, Measured]],
    figure: str,
    unity: str,
    sign: str,
    targets: dict[str, float],
) -> Section:
    """A figure and its ratio to that of one way, for every way and both kinds of call."""

    def ratio(kind: str, way: str) -> float:
        return measured[kind][way].over(measured[kind][unity], figure)

    heads = ["call", *(head for kind in GIVEN for head in (f"{kind}, {UNITS[figure]}", "×"))]
    rows = [
        [way, *(cell for kind in GIVEN for cell in (measured[kind][way][figure], ratio(kind, way)))] for way in WAYS
    ]
    goals = [
        Goal(
            f"{title}, {kind}, {way.partition(', ')[2]}, {UNITS[figure]} vs {unity}",
            sign,
            target,
            ratio(kind, way),
            why=why(measured[kind], way, figure),
        )
        for way, target in targets.items()
        for kind in GIVEN
    ]
    return Section(title, f"{text} × is against {unity}.", heads, rows, goals)


def why(ways: dict[str, Measured], way: str, figure: str) -> str:
    """What stands in the way: where a call's time goes."""
    if figure != "us":
        return "every record is committed before anything is sent, whenever its effect changes, and at the end."
    us = {name: found["us"] for name, found in ways.items()}
    parts = [
        f"of {us[way]:.0f} µs, aiohttp and the server take {us[BARE]:.0f}",
        f"httpx's types and the time-outs of each phase add {us[TRANSPORT] - us[BARE]:.0f}",
        f"the action adds {us[ACTION] - us[TRANSPORT]:.0f}, though {us[AT_HAND]:.0f} when nothing is sent (the table "
        "of an action's own time has both, by rooms)",
        f"the record adds {us[KEPT] - us[ACTION]:.0f}",
    ]
    beside = ways[way].over(ways[TRANSPORT], "us")
    told = "; ".join(parts if way == KEPT else parts[:-1])
    return f"{told}. Beside the transport, which is the HTTP client that actions have, it is {beside:.2f}."


if __name__ == "__main__":
    show(measure, __doc__)
