"""A part of the result: a table in words, and how it stands to what was aimed at."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

ROUNDS = 5
MISSED = "**missed**"


@dataclass(frozen=True)
class Goal:
    """What is to be reached, as a ratio unless a unit is named."""

    what: str
    sign: str
    """`≤` or `≥`."""
    target: float
    reached: float | None
    """None where it could not be measured."""
    unit: str = ""
    why: str = ""
    """What stands in the way, for when it is missed."""

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.reached is None:
            return "not measured"
        met = self.reached <= self.target if self.sign == "≤" else self.reached >= self.target
        return "reached" if met else MISSED


@dataclass(frozen=True)
class Section:
    """What one program measured."""

    title: str
    text: str
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    goals: Sequence[Goal] = field(default=())
    absent: Sequence[str] = field(default=())
    """Who could not take part, and why."""

    def document(self) -> str:
        """In Markdown."""
        parts = [f"## {self.title}", self.text, table(self.heads, self.rows) if self.heads else ""]
        parts += [f"Absent: {why}" for why in self.absent]
        return "\n\n".join(part for part in parts if part) + "\n"


Measure: TypeAlias = Callable[[int], Coroutine[Any, Any, list[Section]]]
"""A number of rounds in, what was found out."""


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown: the first column is names, the others figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(shown, line)) + " |" for line in lines)


def goals_table(goals: Sequence[Goal]) -> str:
    """What was aimed at and what was reached."""
    rows = [
        [goal.what, f"{goal.sign} {goal.target:g} {goal.unit}".strip(), shown(goal.reached), goal.verdict]
        for goal in goals
    ]
    return table(["what", "target", "reached", ""], rows)


def misses(goals: Sequence[Goal]) -> str:
    """What was missed, and why."""
    missed = [f"- {goal.what}: {goal.why}" for goal in goals if goal.verdict == MISSED and goal.why]
    return "\n".join(missed)


def shown(figure: object) -> str:
    """A figure with three digits that count, or all of a larger one's."""
    if figure is None:
        return "–"
    if not isinstance(figure, float):
        return str(figure)
    if abs(figure) >= 1000:
        return f"{figure:,.0f}"
    return f"{figure:.{0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2}f}"


def show(measure: Measure, about: str | None) -> None:
    """Measure as the command line asks, and print the tables."""
    asking = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--rounds", type=int, default=ROUNDS, choices=range(1, 100), metavar="N", help="turns of each")
    asking.add_argument("--json", action="store_true", help="for the program that puts all results together")
    asked = asking.parse_args()
    sections = asyncio.run(measure(asked.rounds))
    if asked.json:
        sys.stdout.buffer.write(msgspec.json.encode(sections))
        return
    for section in sections:
        print(section.document())  # noqa: T201
        if section.goals:
            print(goals_table(section.goals), misses(section.goals), sep="\n\n", end="\n\n")  # noqa: T201
