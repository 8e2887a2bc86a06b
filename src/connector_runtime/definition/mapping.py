"""How inputs become what is sent: entries of a query or a body, and placeholders in a path. Part of the grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from connector_runtime.schema import AUTHORED
from connector_runtime.values import Json


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A value that is always sent."""

    __pydantic_config__: ClassVar = AUTHORED
    const: Json


Entry = str | dict[str, str | list[str] | Constant]
"""`level` sends that input under its own name; `wire: input` renames; `wire: [input]` sends a list of one;
`wire: {const: v}` is always sent."""


PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""Where an input goes in a path or an address: `{input}`."""


def inputs_of(entry: Entry) -> tuple[str, str | None]:
    """The wire name of a mapping's entry, and the input it sends; None for a constant."""
    if isinstance(entry, str):
        return entry, entry
    ((wire, source),) = entry.items()
    if isinstance(source, Constant):
        return wire, None
    return wire, source[0] if isinstance(source, list) else source
