"""Reading 40,000 records, 200 a page, over loopback: this project, its peers and bare loops.

python benchmarks/throughput.py [--rounds 5]
"""

from __future__ import annotations

import readers
from measured import Measured, interleaved, serving
from readers import AIOHTTP_AHEAD, AIRBYTE, DLT_LINES, DLT_ROWS, DLT_TOTAL, FLOORS, LINES, OURS, PEERS, ROWS, SINGER
from section import Goal, Section, show

PAGES, SIZE = 200, 200

TEXT = f"""{PAGES * SIZE:,} course enrollments in {PAGES} pages. Seconds are those of the read alone, imports excluded;
memory is the whole process's. Every reader looks at every record, and fails when one is lost or out of its turn. Each
peer is used in its documented way, with its quickest settings. This project has {readers.IN_FLIGHT} pages in flight, as
it comes; no peer reads ahead. The bare loops decode pages and check and document nothing: they are what the machine
allows. The raw socket's figure is the server's own: nothing can read faster from it."""


async def measure(rounds: int) -> list[Section]:
    """One table."""
    with serving(PAGES * SIZE) as url:
        contenders, absent = readers.present({**OURS, **PEERS, **FLOORS}, url, PAGES)
        measured = await interleaved(contenders, rounds)
    for found in measured.values():
        assert found["records"] == PAGES * SIZE, found.name
    heads = ["reader", "records a second", "peak memory, MB", "iterated here, ×", "to JSON lines here, ×"]
    rows = [
        [
            name,
            found["per_s"],
            found["peak_mb"],
            measured[ROWS].over(found, "per_s"),
            measured[LINES].over(found, "per_s"),
        ]
        for name, found in measured.items()
    ]
    return [Section("Reading 40,000 records", TEXT, heads, rows, goals(measured), absent)]


def goals(measured: dict[str, Measured]) -> list[Goal]:
    """Like is held against like: iterated against iterated, written against written."""

    def times(one: str, other: str) -> float | None:
        return measured[one].over(measured[other], "per_s") if other in measured else None

    peaks = [measured[name]["peak_mb"] for name in PEERS if name in measured]
    ours = max(measured[name]["peak_mb"] for name in OURS)
    return [
        Goal("40,000 records iterated, records a second, vs airbyte-cdk", "≥", 10, times(ROWS, AIRBYTE)),
        Goal("40,000 records to disk, records a second, vs singer-sdk", "≥", 10, times(LINES, SINGER)),
        Goal("40,000 records to JSON lines, records a second, vs dlt", "≥", 10, times(LINES, DLT_LINES)),
        Goal(
            "40,000 records iterated, vs dlt rest_api iterated by the total, as documented",
            "≥",
            6,
            times(ROWS, DLT_TOTAL),
        ),
        Goal(
            "40,000 records iterated, vs dlt rest_api iterated until empty, its quickest", "≥", 6, times(ROWS, DLT_ROWS)
        ),
        Goal("40,000 records, peak memory, vs the leanest peer", "≤", 1, ours / min(peaks) if peaks else None),
        Goal(
            "40,000 records iterated, vs a bare loop of the same client and msgspec, as many pages in flight",
            "≥",
            0.7,
            times(ROWS, AIOHTTP_AHEAD),
        ),
    ]


if __name__ == "__main__":
    show(measure, __doc__)
