"""All measurements, or those that are named, each contender in its turn.

With --write, they are written to docs/performance.md; those that are named, in place of the old ones there.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import msgspec
from environments import pinned
from measured import HERE, PYTHON, say
from page import renewed
from section import MISSED, ROUNDS, Goal, Section, goals_table, misses, table

NAMES = [
    "throughput",
    "latency",
    "memory",
    "calls",
    "rooms",
    "outputs",
    "inputs",
    "transports",
    "start",
    "webhooks",
    "hosted",
]
"""The programs beside this one."""

HERE_TOO = ["docebo-connect", "aiohttp", "httpx", "msgspec", "httpx-aiohttp", "httpx2", "pyreqwest"]
"""The packages whose versions count in this environment."""

PAGE = HERE.parent / "docs" / "performance.md"

READING = """Every figure is the median of rounds in which the contenders take turns, A B C A B C, and every ratio is
the median of the rounds' ratios, so that what disturbs a round disturbs both sides of a ratio. Reads that take seconds
have three rounds at the most. Still, one run differs from the next by a few in a hundred. Compare ratios, not figures
of two machines, nor of two days. The server is a process of its own on loopback: an asyncio protocol that serves
prepared pages. The targets were set before this was built.

Two builds of Python differ too: one runs Python code and its own `json.loads` faster than the other, but not what
others have compiled. [One that was compiled by a plain ./configure and make](performance.md), and
[Debian's](performance-debian.md)."""

REPRODUCING = """    scripts/bench                 # all of it, as printed here
    scripts/bench throughput      # one part: {names}
    scripts/bench --write         # all of it, into docs/performance.md; or into the file that is named
    scripts/bench start --write   # one part anew, in place of the old one

The first run installs this project as users have it, and each of its peers, into environments of their own under
`.bench/`; `benchmarks/peers/` has the peers' programs and versions."""


def main() -> None:
    """Measure, print, and write the page if that is asked."""
    asking = argparse.ArgumentParser(
        "scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asking.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(NAMES)}; none for all")
    asking.add_argument("--rounds", type=int, default=ROUNDS, choices=range(1, 100), metavar="N", help="turns of each")
    asking.add_argument("--write", nargs="?", const=PAGE, type=Path, metavar="FILE", help="write docs/performance.md")
    asked = asking.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        asking.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    sections = [section for name in asked.names or NAMES for section in sections_of(name, asked.rounds)]
    page = in_part(sections) if asked.names else document(sections, asked.rounds)
    print(page)  # noqa: T201
    if asked.write:
        page = renewed(asked.write.read_text(), sections) if asked.names else page
        asked.write.write_text(page)
        say(f"Written to {asked.write}.")


def sections_of(name: str, rounds: int) -> list[Section]:
    """What one program finds out, in a process of its own. The table of one that only prints is taken as it is."""
    say(f"-- {name}")
    program, title = HERE / f"{name}.py", name.capitalize()
    tells = "show(measure" in program.read_text()
    done = subprocess.run([PYTHON, program, f"--rounds={rounds}", *["--json"] * tells], stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"{name} could not be measured; it says why above.")
    return msgspec.json.decode(done.stdout, type=list[Section]) if tells else [Section(title, done.stdout.decode())]


def in_part(sections: Sequence[Section]) -> str:
    """What the named programs found out."""
    goals = [goal for section in sections for goal in section.goals]
    return "\n".join(
        [*(section.document() for section in sections), goals_table(goals) if goals else "", misses(goals)]
    )


def document(sections: Sequence[Section], rounds: int) -> str:
    """The page."""
    goals = [goal for section in sections for goal in section.goals]
    parts = [
        "# Performance",
        f"Written by `scripts/bench --write` on {datetime.now(UTC):%Y-%m-%d}, {rounds} rounds, on {machine()}.",
        "## What was aimed at, and what was reached",
        goals_table(goals),
        summary(goals),
        f"Missed, and why:\n\n{missed}" if (missed := misses(goals)) else "",
        "## How to read this",
        READING,
        "## How to measure again",
        REPRODUCING.format(names=", ".join(NAMES)),
        *(section.document() for section in sections),
        "## Versions",
        table(["package", "version"], packages()),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def summary(goals: Sequence[Goal]) -> str:
    """In a sentence, so that no miss is overlooked."""
    return (
        ", ".join(
            f"{sum(goal.verdict == verdict for goal in goals)} {verdict.strip('*')}"
            for verdict in ("reached", MISSED, "not measured")
        )
        + "."
    )


def machine() -> str:
    """What counts of the machine. Its name is nobody's business."""
    python = f"Python {platform.python_version()}, built on {' '.join(platform.python_build()[1].split()[:3])}"
    return f"{os.cpu_count()} cores of {processor()}, {platform.system()}, {python}"


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name"))
    return next(named, platform.machine())


def packages() -> list[tuple[str, str]]:
    """As installed with this project, and as pinned for those beside it."""
    ours = [(f"{name}, here", version(name)) for name in HERE_TOO if find_spec(name.replace("-", "_"))]
    return ours + [(f"{name}, beside", asked) for name, asked in pinned()]


if __name__ == "__main__":
    main()
