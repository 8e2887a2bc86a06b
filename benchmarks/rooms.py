"""Where an action's own time goes, room by room, with its answer at hand: python benchmarks/rooms.py [--rounds 5]"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

from calls import AGENT, GIVEN, exchanged
from measured import Figures, Measured, interleaved, serving
from section import Section, show

import docebo_connect
from connector_runtime import load
from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.handler import Call
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.run import run
from connector_runtime.run.corridor import begun, documented, recorded
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Json, Request, Response, Send

TIMES = 300
WHOLE, AFTER = "the whole run", "the same, each time right after a call over the network"

TEXT = """Microseconds of each room in a loop of its own, and of a whole run whose answer is at hand, without the record
in SQLite. What the rooms together leave of the whole is the corridor: it drives the handler and watches what is sent.
The last row is the whole run again, when the processor has waited for the network and worked for others in between."""

Work: TypeAlias = Callable[[], object]


def rooms(connector: Connector, kind: str, answered: Response) -> dict[str, Work]:
    """Every room's work for one call."""
    key, raw = GIVEN[kind]
    action = connector.actions[key]
    half, habits, given = connector.handler(action), connector.identity.wire, as_given(raw)
    inputs = check_inputs(action, half, given)

    def begun_and_closed() -> None:
        with recorded(connector, action, begun(connector, action, given, "benchmark"), lambda record: None):
            pass

    def handled() -> Json:
        flow = half.run(Call(action, habits, inputs))
        next(flow)
        try:
            flow.send(Response(answered.status, answered.headers, answered.content))
        except StopIteration as end:
            return end.value

    def read() -> Json:
        return documented(connector, action, inputs, handled(), [])

    def drafted() -> Request:
        return next(half.run(Call(action, habits, inputs)))

    return {
        "the input taken": partial(as_given, raw),
        "the record begun and closed": begun_and_closed,
        "the input checked": partial(check_inputs, action, half, given),
        "the request drafted": drafted,
        "the same, and its answer read by the handler": handled,
        "the same, and made the documented output": read,
    }


async def timed(work: Work) -> Figures:
    """One room."""
    began = time.perf_counter()
    for _ in range(TIMES):
        work()
    return {"us": (time.perf_counter() - began) / TIMES * 1e6}


async def timed_run(whole: Callable[[], Awaitable[object]], before: Callable[[], Awaitable[object]] | None) -> Figures:
    """A whole run, after something that does not count."""
    spent = 0.0
    for _ in range(TIMES):
        if before is not None:
            await before()
        began = time.perf_counter()
        await whole()
        spent += time.perf_counter() - began
    return {"us": spent / TIMES * 1e6}


async def compared(connector: Connector, kind: str, send: Send, rounds: int) -> dict[str, Measured]:
    """All rooms of one kind of call, and whole runs."""
    key, raw = GIVEN[kind]
    asked, answered = await exchanged(key, raw, send)

    async def at_hand(request: Request) -> Response:
        return Response(answered.status, answered.headers, answered.content)

    whole = partial(run, connector, key, raw, line=Line(at_hand), connection="benchmark", keep=lambda record: None)
    contenders = {name: partial(timed, work) for name, work in rooms(connector, kind, answered).items()}
    runs = {WHOLE: partial(timed_run, whole, None), AFTER: partial(timed_run, whole, partial(send, asked))}
    for work in (*contenders.values(), *runs.values()):
        await work()
    return await interleaved(contenders | runs, rounds)


async def measure(rounds: int) -> list[Section]:
    """One table."""
    connector = load(docebo_connect.folder())
    found: dict[str, dict[str, Measured]] = {}
    with serving(40_000) as url:
        async with open_transport(Connection("benchmark", url), AGENT) as send:
            for kind in GIVEN:
                found[kind] = await compared(connector, kind, send, rounds)
    rows = [[name, *(found[kind][name]["us"] for kind in GIVEN)] for name in found["read"]]
    return [Section("An action's own time", TEXT, ["room", *(f"{kind}, µs" for kind in GIVEN)], rows)]


if __name__ == "__main__":
    show(measure, __doc__)
