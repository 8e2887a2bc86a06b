"""Reading a million records: whether memory grows with their number.

python benchmarks/memory.py [--rounds 5]
"""

from __future__ import annotations

import readers
from measured import Measured, interleaved, serving
from readers import OURS
from section import Goal, Section, show

FEW, MANY, SIZE = 40_000, 1_000_000, 200

TEXT = "The peak memory of the whole process, in MB."


async def measure(rounds: int) -> list[Section]:
    """One table."""
    with serving(FEW) as short, serving(MANY) as long:
        few, _ = readers.present(OURS, short, FEW // SIZE)
        many, _ = readers.present({f"{name}, {MANY}": reader for name, reader in OURS.items()}, long, MANY // SIZE)
        measured = await interleaved(few | many, min(rounds, 3))
    heads = ["reader", f"{FEW:,} records", f"{MANY:,} records", "growth", "records a second of the many"]
    rows: list[list[object]] = []
    for name in OURS:
        small, large = measured[name], measured[f"{name}, {MANY}"]
        rows.append([name, small["peak_mb"], large["peak_mb"], growth(small, large), large["per_s"]])
    worst = max(growth(measured[name], measured[f"{name}, {MANY}"]) for name in OURS)
    goal = Goal("1,000,000 records vs 40,000, growth of peak memory", "≤", 15, worst, "MB")
    return [Section("A million records", TEXT, heads, rows, [goal])]


def growth(small: Measured, large: Measured) -> float:
    """MB more."""
    return large["peak_mb"] - small["peak_mb"]


if __name__ == "__main__":
    show(measure, __doc__)
