"""A platform that takes 50 ms for a page: what reading ahead is worth.

python benchmarks/latency.py [--rounds 5]
"""

from __future__ import annotations

import readers
from measured import interleaved, serving
from readers import ONE_BY_ONE, ONE_PAGE, OURS, PEERS, ROWS
from section import Goal, Section, show

LATENCY_MS = 50
PAGES, PEERS_PAGES, SIZE = 200, 50, 200

TEXT = f"""Each answer waits {LATENCY_MS} ms. This project reads {PAGES} pages; the peers, none of which reads ahead,
read {PEERS_PAGES} of the same, which says as much about a page."""


async def measure(rounds: int) -> list[Section]:
    """One table."""
    with serving(PAGES * SIZE, LATENCY_MS) as url, serving(PEERS_PAGES * SIZE, LATENCY_MS) as short:
        ours, _ = readers.present({ROWS: OURS[ROWS], ONE_BY_ONE: ONE_PAGE}, url, PAGES)
        theirs, absent = readers.present(PEERS, short, PEERS_PAGES)
        measured = await interleaved(ours | theirs, min(rounds, 3))  # waiting takes the same time in every round
    ahead = measured[ROWS]
    heads = ["reader", "pages", "seconds", "ms a page", "iterated here, ×"]
    rows = [
        [
            name,
            f"{found['records'] / SIZE:.0f}",
            found["seconds"],
            1000 * SIZE / found["per_s"],
            ahead.over(found, "per_s"),
        ]
        for name, found in measured.items()
    ]
    times = ahead.over(measured[ONE_BY_ONE], "per_s")
    goal = Goal("50 ms of latency a page, 200 pages, speed vs one page at a time", "≥", 5, times)
    return [Section("Pages that take 50 ms", TEXT, heads, rows, [goal], absent)]


if __name__ == "__main__":
    show(measure, __doc__)
