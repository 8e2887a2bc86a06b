"""The program from its start to its end, beside an interpreter that does nothing.

python benchmarks/start.py [--rounds 5]
"""

from __future__ import annotations

import asyncio
import os
import time
from tempfile import TemporaryDirectory

from measured import PYTHON, Contender, Figures, Measured, interleaved
from section import Goal, Section, show

PROGRAM = PYTHON.parent / "docebo-connect"
TURNS = 5
"""A start is short: several in a round."""

BARE = "python -c pass"
FLOORS = {f"python -c '{code}'": [PYTHON, "-c", code] for code in ("import click", "import starlette.applications")}
OURS = {
    "--help": ["--help"],
    "actions": ["actions"],
    "describe": ["describe", "enroll_user_into_a_course"],
    "runs": ["runs"],
    "run, a read": ["run", "get_course_enrollments", "user_ids=7"],
    "run, a write": ["run", "batch_update_rsvp_event", "event_id=1", 'items=[{"user_id": 7, "user_rsvp_response": 1}]'],
}
TARGETS = {"--help": 6, "actions": 8, "run, a read": 25, "run, a write": 25}

TEXT = f"""Whole processes of `docebo-connect`, as a terminal or a script starts them, {TURNS} turns in a round.
Definitions are in the cache and the sandbox's world is made, as after the first time. `click` is the command line's
library and `starlette` the sandbox's, so what uses them cannot be quicker than their import."""


async def measure(rounds: int) -> list[Section]:
    """One table."""
    commands = {BARE: [PYTHON, "-c", "pass"], **FLOORS, **{name: [PROGRAM, *args] for name, args in OURS.items()}}
    with TemporaryDirectory() as home:
        contenders = {name: whole(list(map(str, command)), home) for name, command in commands.items()}
        for work in contenders.values():
            await work()
        measured = await interleaved(contenders, rounds, TURNS)
    bare = measured[BARE]
    rows = [[name, 1000 * found["seconds"], found.over(bare, "seconds")] for name, found in measured.items()]
    goals = [goal(name, target, measured[name], bare) for name, target in TARGETS.items()]
    return [Section("From start to end", TEXT, ["process", "ms", f"{BARE}, ×"], rows, goals)]


def whole(command: list[str], home: str) -> Contender:
    """A process of somebody whose home directory is that one. It must end well."""
    unset = ("PYTHONDONTWRITEBYTECODE", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DOCEBO_CONNECT_DATA_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in unset} | {"HOME": home}

    async def work() -> Figures:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        began = time.perf_counter()
        running = await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=pipe, env=environment)
        _, complaint = await running.communicate()
        seconds = time.perf_counter() - began
        if running.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{complaint.decode()}")
        return {"seconds": seconds}

    return work


def goal(name: str, target: float, found: Measured, bare: Measured) -> Goal:
    """How it stands to what was aimed at."""
    return Goal(f"`docebo-connect` {name}, whole process, vs `{BARE}`", "≤", target, found.over(bare, "seconds"))


if __name__ == "__main__":
    show(measure, __doc__)
