"""A platform that takes 50 ms for a page: what reading ahead is worth.

python benchmarks/latency.py [--rounds 5]
"""

from __future__ import annotations

import readers
from measured import interleaved, serving
from readers import FASTER, ONE_BY_ONE, ONE_PAGE, OURS, PEERS, ROWS
from section import Goal, Section, show

LATENCY_MS = 50
PAGES, SIZE = 200, 200

TEXT = f"""{PAGES} pages, each of which waits {LATENCY_MS} ms. No peer reads ahead."""


async def measure(rounds: int) -> list[Section]:
    """One table."""
    with serving(PAGES * SIZE, LATENCY_MS) as url:
        contenders, absent = readers.present({ROWS: OURS[ROWS], ONE_BY_ONE: ONE_PAGE, **PEERS}, url, PAGES)
        measured = await interleaved(contenders, min(rounds, 3))  # waiting takes the same time in every round
    ahead = measured[ROWS]
    heads = ["reader", "seconds", "ms a page", FASTER]
    rows = [
        [name, found["seconds"], 1000 * SIZE / found["per_s"], ahead.over(found, "per_s")]
        for name, found in measured.items()
    ]
    times = ahead.over(measured[ONE_BY_ONE], "per_s")
    goal = Goal("50 ms of latency a page, 200 pages, speed vs one page at a time", "≥", 5, times)
    return [Section("Pages that take 50 ms", TEXT, heads, rows, [goal], absent)]


if __name__ == "__main__":
    show(measure, __doc__)
