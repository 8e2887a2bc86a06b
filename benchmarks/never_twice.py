"""Nobody is enrolled twice, nobody is left out, and every report is right: answers are lost, and processes killed.

    python benchmarks/never_twice.py [--enrollments 1000] [--seed 1] [--killed] [--json]

A sandbox in a process of its own loses the answers of enrollments at random, after the change was made or before. The
same is done by processes that SIGKILL ends at random moments, again and again; each takes up what the one before left
open, under the same idempotency keys. What the platform's own data say is held against what was reported. Ends with 1
where a figure that must be nought is not. Needs a system with fork.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from measured import say
from section import table
from verdicts import announced, free_places, judged, taken_places
from witness import TOLD, witnessed
from workers import Assignment, Place, killed_often, prepare, undisturbed

from docebo_connect.sandbox import site

FAULTS = "/sandbox/faults"
LONGEST_S = 0.06
"""A process is killed so soon after it is at work, at the latest."""

AFTER = [{"fault": "lost_answer", "when": "after", "chance": 0.5}]
BEFORE = [{"fault": "lost_answer", "when": "before", "chance": 0.5}]
EITHER = [{"fault": "lost_answer", "when": when, "chance": 0.3} for when in ("after", "before")]

MUST_BE_NOUGHT = ("twice", "sent again", "lost", "wrong")
HEADS = {
    "stage": "",
    "runs": "runs",
    "answers lost": "answers lost",
    "kills": "kills",
    "torn": "runs that kills left open",
    "recovered": "found by looking",
    "twice": "enrolled twice",
    "sent again": "sent again although made",
    "lost": "lost",
    "wrong": "wrongly reported",
    "unknown": "left to a person",
    "seconds": "s",
}


@dataclass(frozen=True)
class Stage:
    """A number of enrollments, and what befalls them."""

    title: str
    rules: list[dict[str, Any]]
    places: tuple[Place, ...]
    killed: bool
    before: bool = False
    """The users are enrolled there already, and long have been."""


@dataclass(frozen=True)
class Platform:
    """Where it is, and the directory in which it keeps its data."""

    address: str
    directory: Path

    @property
    def headers(self) -> dict[str, str]:
        """A superadmin's."""
        with site(self.directory) as opened:
            return dict(opened.headers)

    def begin(self, rules: list[dict[str, Any]], seed: int) -> None:
        """Let answers to enrollments go lost."""
        own = [{**rule, "method": "POST", "path": "/learn/v1/enrollments/*"} for rule in rules]
        httpx.post(self.address + FAULTS, json={"seed": seed, "rules": own}).raise_for_status()

    def answers_lost(self, headers: dict[str, str]) -> int:
        """Since it began."""
        script = httpx.get(self.address + FAULTS, headers=headers).raise_for_status().json()
        return sum(rule["struck"] for rule in script["rules"])

    def sent_again(self) -> int:
        """Enrollments that have ever arrived for somebody who was enrolled there."""
        return int(httpx.get(self.address + TOLD).raise_for_status().json())


def stages(directory: Path, enrollments: int) -> Iterator[Stage]:
    """First undisturbed, then with kills. All places but those that are taken are used once."""
    free, taken = iter(free_places(directory)), taken_places(directory)[: max(1, enrollments // 5)]

    def some() -> tuple[Place, ...]:
        return tuple(place for place, _ in zip(free, range(enrollments), strict=False))

    for killed in (False, True):
        also = ", and killed" if killed else ""
        yield Stage(f"lost after the change{also}", AFTER, some(), killed)
        yield Stage(f"lost before the change{also}", BEFORE, some(), killed)
        yield Stage(f"enrolled before, lost either way{also}", EITHER, tuple(taken), killed, before=True)


def row(platform: Platform, stage: Stage, kept: Path, seed: int, longest_s: float) -> dict[str, Any]:
    """What became of a stage. `kept`: the data directory of its processes."""
    say(f"-- {stage.title}")
    work = Assignment(platform.address, platform.headers, kept, stage.places)
    told, sent = announced(platform.directory), platform.sent_again()
    platform.begin(stage.rules, seed)
    began, kills, torn = time.perf_counter(), 0, 0
    if stage.killed:
        kills, torn = killed_often(work, random.Random(seed), longest_s)
    else:
        undisturbed(work)
    verdict = judged(platform.directory, work, told, before=stage.before)
    return {
        "stage": stage.title,
        "runs": work.records(),
        "answers lost": platform.answers_lost(work.headers),
        "kills": kills,
        "torn": torn,
        **vars(verdict),
        # Whoever was enrolled before is sent once at least: only the platform knew.
        "sent again": None if stage.before else platform.sent_again() - sent,
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """Do it all, print the table."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--enrollments", type=int, default=1000, metavar="N", help="of each kind")
    asking.add_argument("--seed", type=int, default=1, metavar="N", help="of what is lost, and of the kills")
    asking.add_argument("--longest", type=float, default=LONGEST_S, metavar="SECONDS", help="until a kill, at most")
    asking.add_argument("--killed", action="store_true", help="only what is killed")
    asking.add_argument("--json", action="store_true", help="the rows, for a program")
    asked = asking.parse_args()
    with TemporaryDirectory() as home:
        directory = Path(home) / "platform"
        chosen = [stage for stage in stages(directory, asked.enrollments) if stage.killed or not asked.killed]
        with witnessed(directory) as address:
            platform = Platform(address, directory)
            prepare(Assignment(address, platform.headers, Path(home) / "first", ()))
            rows = [
                row(platform, stage, Path(home) / f"stage {number}", asked.seed, asked.longest)
                for number, stage in enumerate(chosen, 1)
            ]
    print(json.dumps(rows) if asked.json else shown(rows))  # noqa: T201
    sys.exit(any(each[name] for each in rows for name in MUST_BE_NOUGHT))


def shown(rows: list[dict[str, Any]]) -> str:
    """The table, in Markdown."""
    return table(list(HEADS.values()), [[each[name] for name in HEADS] for each in rows])


if __name__ == "__main__":
    main()
