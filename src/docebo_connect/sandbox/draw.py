"""The seeded chances of one world, and how what they yield is written."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from docebo_connect.sandbox.store import TIME_FORMAT, Value

ANCHOR = datetime(2026, 9, 1)  # every seeded time is counted from here, so that a world never depends on the clock

Record = dict[str, Value]


class Draw(random.Random):
    """The seeded chances of one world, with the raw material they are drawn from."""

    def __init__(self, seed: int, material: dict[str, Any]) -> None:
        super().__init__(seed)
        self.material = material

    def of(self, name: str) -> Any:
        """One of the named list of raw material."""
        return self.choice(self.material[name])

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of the cases."""
        return self.random() < share

    def uuid(self) -> str:
        """A version 4 UUID."""
        digits = f"{self.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def moment(self, first_day: int, last_day: int) -> datetime:
        """A second between two days counted from the anchor (negative: before it)."""
        return ANCHOR + timedelta(seconds=self.randrange(first_day * 86_400, last_day * 86_400))


def stamp(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.strftime(TIME_FORMAT)


def day(moment: datetime) -> str:
    """A day as the API writes it."""
    return moment.strftime("%Y-%m-%d")
