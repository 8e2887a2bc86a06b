"""The platform's lists from which values are picked, as facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connector_runtime.definition import Identity
from connector_runtime.schema import AUTHORED


@dataclass(frozen=True, kw_only=True)
class PickedList:
    """A list on the platform from which a field's value is picked."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    """What a field's `pick_list` names."""
    title: str
    """What is picked from it."""
    after: list[str]
    """What is picked first, by the titles of its lists: a session is picked once its course is."""


def picked_lists(identity: Identity) -> Iterator[PickedList]:
    """Every list."""
    known = identity.pick_lists
    for key, each in known.items():
        after = [known[source].title if source in known else need for need, source in each.needs.items()]
        yield PickedList(key=key, title=each.title, after=after)
