"""What comes out of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from connector_runtime.values import Json

MAX_WARNINGS = 100
"""A page whose every row is odd warns this often; the rest is counted."""


@dataclass
class Reading:
    """The documented output of an answer, what was odd about it, and how much of it is not documented."""

    output: Json = None
    warnings: list[dict[str, str]] = field(default_factory=list)
    count: Callable[[], int] = field(default=lambda: 0, repr=False)

    @cached_property
    def undocumented(self) -> int:
        """How many names the answer has and the declaration has not, each counted once, in however many rows.

        Looked up when it is asked for, in the whole answer; nothing is counted for those who do not ask.
        """
        return self.count()

    def warn(self, pointer: str, message: str) -> None:
        """Note something odd at a JSON pointer into the output."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append({"pointer": pointer, "message": message})
        elif len(self.warnings) == MAX_WARNINGS:
            self.warnings.append({"pointer": "", "message": "there are more warnings like these"})
