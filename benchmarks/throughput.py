"""Reading 40,000 records, 200 a page, over loopback: this project, its peers and bare loops.

python benchmarks/throughput.py [--rounds 5]
"""

from __future__ import annotations

import readers
from measured import Measured, interleaved, serving
from readers import (
    AIOHTTP_AHEAD,
    AIRBYTE,
    DLT_LINES,
    DLT_ROWS,
    DLT_TOTAL,
    FASTER,
    FLOORS,
    LINES,
    OURS,
    PEERS,
    ROWS,
    SINGER,
    TRANSPORT,
)
from section import Goal, Section, show

PAGES, SIZE = 200, 200

TEXT = f"""{PAGES * SIZE:,} course enrollments in {PAGES} pages. Seconds are those of the read alone, imports excluded;
memory is the whole process's. Every reader looks at every record, and fails when one is lost or out of its turn. Each
peer is used in its documented way. This project has {readers.IN_FLIGHT} pages in flight, as it comes; no peer reads
ahead. The bare loops decode pages and check and document nothing. The raw socket asks for one page after the other and
only counts the records in it."""


async def measure(rounds: int) -> list[Section]:
    """One table."""
    with serving(PAGES * SIZE) as url:
        contenders, absent = readers.present({**OURS, **PEERS, **FLOORS}, url, PAGES)
        measured = await interleaved(contenders, rounds)
    for found in measured.values():
        assert found["records"] == PAGES * SIZE, found.name
    heads = ["reader", "records a second", "peak memory, MB", FASTER, "and writes JSON lines"]
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

    def us_a_page(name: str) -> float:
        return SIZE / measured[name]["per_s"] * 1e6

    peaks = [measured[name]["peak_mb"] for name in PEERS if name in measured]
    ours = max(measured[name]["peak_mb"] for name in OURS)

    def faster(what: str, target: float, one: str, other: str) -> Goal:
        floor, page, bare = times(AIOHTTP_AHEAD, other), us_a_page(one), us_a_page(TRANSPORT)
        why = f"of {page:.0f} µs a page, {bare:.0f} go by when it is only fetched and parsed, with nothing selected, "
        why += "checked, documented or handed out, and the rest when it is"
        why += f"; bare aiohttp and msgspec are {floor:.1f} times as fast as that peer." if floor else "."
        return Goal(f"40,000 records {what}", "≥", target, times(one, other), why=why)

    return [
        faster("iterated, records a second, vs airbyte-cdk", 10, ROWS, AIRBYTE),
        faster("to disk, records a second, vs singer-sdk", 10, LINES, SINGER),
        faster("to JSON lines, records a second, vs dlt", 10, LINES, DLT_LINES),
        faster("iterated, vs dlt rest_api iterated by the total, as documented", 6, ROWS, DLT_TOTAL),
        faster("iterated, vs dlt rest_api iterated until empty, its quickest", 6, ROWS, DLT_ROWS),
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
