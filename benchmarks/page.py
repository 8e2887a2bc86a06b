"""The page of results, of which some are measured anew: their sections, goals and reasons, and the count of all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from section import MISSED, Goal, Section, goals_table, misses

GOALS = "## What was aimed at, and what was reached\n"
VERSIONS = "\n## Versions\n"
VERDICTS = ("reached", MISSED, "not measured")
WHY = "Missed, and why:\n"


def renewed(page: str, sections: Sequence[Section]) -> str:
    """The page with these sections in place of the old ones; new ones come last."""
    for section in sections:
        document = "\n" + section.document()
        found = re.search(rf"\n## {re.escape(section.title)}\n.*?(?=\n## )", page, re.DOTALL)
        page = page.replace(found[0] if found else VERSIONS, document if found else document + VERSIONS)
    begin = page.index(GOALS) + len(GOALS)
    end = page.index("\n## ", begin)
    goals = [goal for section in sections for goal in section.goals]
    return page[:begin] + _goals(page[begin:end], goals) + page[end:]


def _goals(old: str, goals: Sequence[Goal]) -> str:
    """The table, the count, and why what was missed was."""
    names = {goal.what for goal in goals}
    lines = old.splitlines()
    rows = [line for line in lines if line.startswith("|") and _first_cell(line) not in names]
    rows += goals_table(goals).splitlines()[2:]
    reasons = [
        line for line in lines if line.startswith("- ") and not any(line.startswith(f"- {name}:") for name in names)
    ]
    reasons += misses(goals).splitlines()
    why = [WHY, *reasons, ""] if reasons else []
    return "\n".join(["", *rows, "", _count(rows[2:]), "", *why])


def _count(rows: Sequence[str]) -> str:
    verdicts = [row.rstrip(" |").rpartition("| ")[2] for row in rows]
    return ", ".join(f"{verdicts.count(verdict)} {verdict.strip('*')}" for verdict in VERDICTS) + "."


def _first_cell(row: str) -> str:
    return row.removeprefix("| ").partition(" |")[0]
