"""The made-up platform: people, a catalog and a history of enrollments, the same for the same seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from docebo_connect.sandbox.store import TIME_FORMAT, Store, Value

ANCHOR = datetime(2026, 9, 1)  # every seeded time is counted from here, so that a world never depends on the clock
COURSE_TYPES = ("elearning", "classroom", "webinar")  # by course id modulo 3
COURSES = 120
USERS = 200
FULL_COURSE = 45
MANDATORY_FIELD_COURSE = 60
DEMO_USER, DEMO_COURSE, DEMO_CLASSROOM = 7, 42, 1
FIRST_PLAN_COURSES = (3, 6, 9, 12)
RESERVED_COURSES = frozenset({DEMO_COURSE, DEMO_CLASSROOM, FULL_COURSE, MANDATORY_FIELD_COURSE})

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


def material_path() -> Path:
    """The raw material: inside the connector's folder of an installed package, else in the checkout."""
    here = Path(__file__)
    packaged = here.parents[1] / "connector" / "fixtures" / "world.yaml"
    return packaged if packaged.exists() else here.parents[3] / "fixtures" / "world.yaml"


def read_material() -> dict[str, Any]:
    """Read world.yaml, with PyYAML's C loader where it was built in: seeding is on the way of the first command."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    material: dict[str, Any] = yaml.load(material_path().read_bytes(), Loader=loader)
    return material


def build(store: Store, seed: int) -> None:
    """Fill the empty tables with the world of this seed."""
    from docebo_connect.sandbox import catalog, history, population

    draw = Draw(seed, read_material())
    population.build(store, draw)
    catalog.build(store, draw)
    history.build(store, draw)
