"""The made-up platform: people, a catalog and a history of enrollments, the same for the same seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docebo_connect.sandbox import catalog, history, population
from docebo_connect.sandbox.draw import Draw
from docebo_connect.sandbox.store import Store


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
    draw = Draw(seed, read_material())
    population.build(store, draw)
    catalog.build(store, draw)
    history.build(store, draw)
