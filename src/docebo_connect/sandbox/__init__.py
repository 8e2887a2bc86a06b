"""A stand-in Docebo: the ten enrollment actions' routes, OAuth2, pick lists and webhooks over one SQLite file.

It shares no code with the connector runtime, so that the two can disagree. Where the vendor's behaviour is not
documented, the module concerned says what was assumed, marked [I]. The application's credentials and the one password
are in `credentials.py`; what can be relied on in the made-up world stands at the top of `fixtures/world.yaml`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docebo_connect.sandbox.faults import Written
    from docebo_connect.sandbox.sites import Site

__all__ = ["site"]


def site(
    directory: Path, *, seed: int | None = None, without: Collection[str] = (), faults: Written | None = None
) -> Site:
    """Open the stand-in kept in `directory`, creating and seeding it on first use.

    `seed=None` keeps the world that is there (a new one gets seed 1); another seed than the stored one re-creates the
    world. `without` switches features off; an unknown name raises ValueError listing the known ones.
    `faults` is a script of what goes wrong, or the file that holds one (docs/sandbox.md); a wrong one raises
    FaultError, a ValueError with all `problems`.
    """
    # The module is not called site: importing it would put it in this function's place.
    from docebo_connect.sandbox.sites import Site

    return Site(directory, seed=seed, without=without, faults=faults)
