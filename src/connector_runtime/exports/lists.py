"""The part of the page of actions that tells of the platform's own lists: pick lists and dynamic fields. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector_runtime.definition import Identity
from connector_runtime.definition.mapping import inputs_of
from connector_runtime.definition.picking import DynamicFields, PickList

PICKED = """\
What a form offers instead of an ID. `choices` lists them on the command line. They are read through the connection and
count against its limits; what was read in the last minute is shown again. Where a list is refused, the ID can be typed.
"""
OWN = """\
Fields that the platform's administrator has added. Each is named by its ID or its name, a dropdown's option by its ID
or its label. A run sends IDs and its record keeps them, so that a field may be renamed.
"""


def lists(identity: Identity) -> Iterator[str]:
    """Every list: what it is of, where it is read, what must be chosen first, how it is searched."""
    if identity.pick_lists:
        yield f"## Pick lists\n\n{PICKED}"
        yield "| Pick list | Of | Read from | Chosen first | Searched by |"
        yield "|---|---|---|---|---|"
        yield from (_picked(name, pick) for name, pick in identity.pick_lists.items())
    if identity.dynamic_fields:
        yield f"\n## The platform's own fields\n\n{OWN}"
        yield "| Fields | Of | Read from | Types |"
        yield "|---|---|---|---|"
        yield from (_own(name, dynamic) for name, dynamic in identity.dynamic_fields.items())


def _picked(name: str, pick: PickList) -> str:
    first = ", ".join(f"`{need}` from [{source}](#{source})" for need, source in pick.needs.items()) or "–"
    searched = "the platform" if "search" in [inputs_of(entry)[1] for entry in pick.query] else "the connector"
    return f'| <a id="{name}"></a>`{name}` | {pick.title} | `GET {pick.path}` | {first} | {searched} |'


def _own(name: str, dynamic: DynamicFields) -> str:
    types = ", ".join(dynamic.types)
    return f'| <a id="{name}"></a>`{name}` | {dynamic.title} | `GET {dynamic.path}` | {types} |'
