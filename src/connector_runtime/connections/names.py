"""The names of connections."""

from __future__ import annotations

import re

from connector_runtime.errors import InvalidInput
from connector_runtime.values import Problem

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST = 64
RESERVED = "sandbox"
"""The connection that every connector with a sandbox has."""


def checked_name(name: str) -> str:
    """The name, if a connection may have it. Raises InvalidInput."""
    if name.lower() == RESERVED:
        wrong = f"`{RESERVED}` is the name of the sandbox; choose another"
    elif not NAME.fullmatch(name):
        wrong = "write letters from a to z, digits, hyphens, underscores and dots, a letter or a digit first"
    elif len(name) > LONGEST:
        wrong = f"it is longer than {LONGEST} characters"
    else:
        return name
    raise InvalidInput([Problem("name", wrong, "Name")])
