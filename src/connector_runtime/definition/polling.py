"""What a trigger's file may say of a list that tells the same event: for platforms without webhooks. Part of the
grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from connector_runtime.schema import AUTHORED
from connector_runtime.values import Json


@dataclass(frozen=True, kw_only=True)
class Told:
    """A payload's field that is no plain copy of a row's: either `const`, or `row` with other `words`."""

    __pydantic_config__: ClassVar = AUTHORED
    const: Json = None
    """What the field always has."""
    row: str | None = None
    """The row's field."""
    words: Mapping[str, str] = field(default_factory=dict)
    """The row's word → the event's. A word that is not here is the same in both."""


@dataclass(frozen=True, kw_only=True)
class Polling:
    """A list whose rows tell the event. It is read newest first, as far back as something new may stand."""

    __pydantic_config__: ClassVar = AUTHORED
    action: str
    """The key of the action that reads the list; it has pages."""
    input: Mapping[str, Json] = field(default_factory=dict)
    """What the action is always given: above all, to sort by the cursor, newest first."""
    cursor: str
    """The row's field that says when it happened: a moment, written as connector.yaml says under `wire`. A row that
    has none there tells nothing."""
    overlap_s: int
    """By how much a row may show up late: each reading goes so far back behind the newest row of the one before."""
    payload: Mapping[str, str | Told]
    """Payload field → the row's field. A payload's field that is not here is null."""
    identity: list[str]
    """Payload fields that together name what happened, so that it is told once, however often its row is read, and
    also where a webhook brings it too: fields that say the same in both."""
