"""An input checked, beside jsonschema holding the same input to the same schema.

python benchmarks/inputs.py [--rounds 5]
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial

from measured import Figures, Measured, interleaved
from section import Section, show

import docebo_connect
from connector_runtime import load
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.inputs.forms import form_of
from connector_runtime.values import Json

ENROLL, ANSWERS = "enroll_user_into_a_course", "batch_update_rsvp_event"
SMALL = {"user_id": 7, "course_id": "42", "level": "Student", "date_begin_validity": "2026-01-31"}
ROWS = [{"user_id": 1000 + row, "user_rsvp_response": row % 4} for row in range(200)]
GIVEN: dict[str, tuple[str, dict[str, Json]]] = {
    "small": (ENROLL, SMALL),
    "200 rows": (ANSWERS, {"event_id": 4, "items": ROWS, "synchronization_timestamp": "2026-01-31T09:00:00Z"}),
    "wrong": (ENROLL, SMALL | {"user_id": 0, "level": "Boss"}),
}
WORK_S = 0.1
"""Each contender works about that long in its turn."""

REFERENCE, CHECKED, ROOM = "jsonschema", "check_inputs", "as_given and check_inputs"
TEXT = """Microseconds for one input in a warm process. jsonschema only looks for what is wrong in an input whose texts
have been made numbers, dates and choices before. `check_inputs` makes them so, checks them, and turns moments and lists
into what is sent; where an input is wrong, it asks jsonschema for the words. `as_given` is what JSON text, or what a
program gives, passes through before."""

BARE = "pass"
LOADED = "import docebo_connect, connector_runtime; c = connector_runtime.load(docebo_connect.folder())"
CHECK = f"""{LOADED}
from connector_runtime.inputs import as_given, check_inputs
a = c.actions[{ENROLL!r}]
check_inputs(a, c.handler(a), as_given({SMALL!r}))"""
FIRST = {
    "python alone": BARE,
    "the connector loaded": LOADED,
    "and an input checked": CHECK,
    "and by jsonschema too": f"{CHECK}\nfrom connector_runtime.inputs.reference import problems\nproblems(a, {{}})",
}
COLD = (
    "Milliseconds of a whole process that checks its first input, and what it would cost to import jsonschema for it."
)


def contenders(connector: Connector, key: str, raw: Json) -> dict[str, Callable[[], object]]:
    """The ways to check one input."""
    from connector_runtime.inputs.reference import problems

    action, given = connector.actions[key], as_given(raw)
    half, tidy = connector.handler(action), form_of(action).read(given, [])

    def checked() -> None:
        try:
            check_inputs(action, half, given)
        except InvalidInput as wrong:
            assert wrong.problems

    def room() -> None:
        as_given(raw)
        checked()

    return {REFERENCE: partial(problems, action, tidy), CHECKED: checked, ROOM: room}


async def repeated(work: Callable[[], object]) -> Figures:
    """Microseconds of one piece of work."""
    times, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < WORK_S:
        work()
        times += 1
    return {"us": spent / times * 1e6}


async def first(program: str) -> Figures:
    """Milliseconds of a whole process."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0
    return {"ms": (time.perf_counter() - began) * 1e3}


async def measure(rounds: int) -> list[Section]:
    """Two tables."""
    connector = load(docebo_connect.folder())
    found: dict[str, dict[str, Measured]] = {}
    for name, (key, raw) in GIVEN.items():
        ways = contenders(connector, key, raw)
        found[name] = await interleaved({way: partial(repeated, work) for way, work in ways.items()}, rounds)
    heads = ["way", *(head for name in GIVEN for head in (f"{name}, µs", f"vs {REFERENCE}"))]
    rows = [
        [
            way,
            *(figure for ways in found.values() for figure in (ways[way]["us"], ways[way].over(ways[REFERENCE], "us"))),
        ]
        for way in (REFERENCE, CHECKED, ROOM)
    ]
    cold = await interleaved({name: partial(first, program) for name, program in FIRST.items()}, rounds)
    cold_rows = [[name, each["ms"], each.over(cold["python alone"], "ms")] for name, each in cold.items()]
    return [
        Section("Inputs", TEXT, heads, rows),
        Section("A first input", COLD, ["process", "ms", "vs python alone"], cold_rows),
    ]


if __name__ == "__main__":
    show(measure, __doc__)
