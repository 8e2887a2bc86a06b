"""A page's bytes made into the documented output, beside json.loads of the same bytes.

python benchmarks/outputs.py [--rounds 5]
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import msgspec
from measured import Measured
from section import Goal, Section, show

import docebo_connect
from connector_runtime import load
from connector_runtime.definition import Connector
from connector_runtime.handler import Call
from connector_runtime.hosts.connected import open_sandbox
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.outputs import check_filters, read_output
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Inputs, Json, Request, Response, at

ROWS = 200
GET_ENROLLMENTS = {"page_size": ROWS, "get_session_details": True}
CASES: dict[str, tuple[str, dict[str, Json], float | None]] = {
    "course enrollments": ("get_course_enrollments", {"page_size": ROWS}, 0.5),
    "Get enrollments": ("get_enrollments", GET_ENROLLMENTS, 0.7),
    "the same, all with sessions": ("get_enrollments", GET_ENROLLMENTS | {"course_type": "classroom"}, 0.7),
    "learning plan enrollments": ("get_learning_plan_enrollments", {"page_size": ROWS}, None),
}
"""What is listed, with which input, and how many times json.loads' time it is to take at the most."""

TURNS = 40
"""Pages that each contender reads in a round."""

LOADS, GENERIC, OURS = "json.loads", "msgspec, untyped", "documented output"
LINES, TOLERANT = "documented output, to JSON lines", "documented output, tolerantly"
WAYS = (LOADS, GENERIC, OURS, LINES, TOLERANT)
TEXT = f"""Microseconds of the processor for one page of {ROWS} rows as the sandbox serves it, in a warm process. The
documented output is all that an action does with an answer, from the bytes on: select, rename, coerce, check.
Tolerantly is how a page is read that has surprises. Every way takes turns with json.loads."""

Page = tuple[str, Inputs, Response]
"""An action, what was asked of it, and the answer."""


async def asked(connector: Connector) -> dict[str, Page]:
    """Every case's page from a sandbox of its own."""
    pages: dict[str, Page] = {}
    with tempfile.TemporaryDirectory() as directory:
        site = open_sandbox(connector, Path(directory))
        async with open_transport(Connection("sandbox", site.base_url, site.headers, site.app), "benchmark") as send:
            for name, (key, given, _) in CASES.items():
                action, half = connector.actions[key], connector.handler(connector.actions[key])
                inputs = check_inputs(action, half, as_given(given))
                request: Request = next(half.run(Call(action, connector.identity.wire, inputs)))
                pages[name] = key, inputs, filled(await send(request))
        site.close()
    return pages


def filled(answer: Response) -> Response:
    """The answer with as many rows as a page has; where the sandbox has fewer, they come again."""
    body = json.loads(answer.content)
    rows = body["data"]["items"]
    if len(rows) == ROWS:
        return answer
    body["data"]["items"] = list(islice(cycle(rows), ROWS))
    return Response(answer.status, answer.headers, json.dumps(body, separators=(",", ":")).encode())


def contenders(connector: Connector, page: Page) -> dict[str, Callable[[], object]]:
    """The ways to read one page."""
    key, inputs, answer = page
    action, habits = connector.actions[key], connector.identity.wire
    assert action.paging is not None
    items, encoder = action.paging.items, msgspec.json.Encoder()
    call = Call(action, habits, inputs)

    def documented() -> Json:
        reading = read_output(action, call.output(answer), habits.no_value)
        check_filters(action, inputs, reading.output)
        return reading.output

    def tolerantly() -> Json:
        root = Response(answer.status, answer.headers, answer.content).at(action.response.root)
        reading = read_output(action, root, habits.no_value)
        assert not reading.warnings
        return reading.output

    assert documented() == tolerantly()
    return {
        LOADS: lambda: json.loads(answer.content),
        GENERIC: lambda: msgspec.json.decode(answer.content),
        OURS: documented,
        LINES: lambda: encoder.encode_lines(at(documented(), items)),
        TOLERANT: tolerantly,
    }


def beside_loads(work: Callable[[], object], content: bytes, turns: int) -> tuple[float, float]:
    """A contender's microseconds, and how many times json.loads' they are: the two take turns, page by page.

    A page is over before the machine changes its mood. Nobody waits for anything, so the processor's time counts.
    """
    ours, loads = Measured("", []), Measured(LOADS, [])
    for _ in range(turns):
        for its, contender in ((loads, lambda: json.loads(content)), (ours, work)):
            began = time.process_time()
            contender()
            its.rounds.append({"us": (time.process_time() - began) * 1e6})
    return ours["us"], ours.over(loads, "us")


def why(ways: dict[str, tuple[float, float]]) -> str:
    """What stands in the way."""
    return (
        f"it takes {ways[OURS][0] / ways[GENERIC][0]:.2f} of what msgspec alone takes to make plain objects of the "
        "same bytes; decision 009 has the other ways that were tried."
    )


async def measure(rounds: int) -> list[Section]:
    """One table."""
    connector = load(docebo_connect.folder())
    pages = await asked(connector)
    gc.collect()
    gc.freeze()  # what this program has imported is no part of a page
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for name, page in pages.items():
        ways = contenders(connector, page)
        found[name] = {way: beside_loads(work, page[2].content, rounds * TURNS) for way, work in ways.items()}
    heads = ["way", *(head for name in CASES for head in (f"{name}, µs", f"vs {LOADS}"))]
    rows = [[way, *(figure for ways in found.values() for figure in ways[way])] for way in WAYS]
    goals = [
        Goal(f"{name}: bytes to documented output vs {LOADS}", "≤", most, found[name][OURS][1], why=why(found[name]))
        for name, (_, _, most) in CASES.items()
        if most is not None
    ]
    return [Section("Outputs", TEXT, heads, rows, goals)]


if __name__ == "__main__":
    show(measure, __doc__)
