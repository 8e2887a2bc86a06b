"""What connector.yaml may say of the platform's own lists: what a form picks from, and the fields that an administrator
has added. Part of the grammar.

Pointers are JSON pointers: `items` and `more` into the answer, the others into a row. A query's entries may send `page`
(from 1), `search` (what somebody has typed so far) and the inputs that the list needs or uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector_runtime.definition.mapping import Entry
from connector_runtime.schema import AUTHORED, JsonSchema

Place = str | list[str]
"""Where something stands in a row; of several the first that holds something."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """The read that tells of one value of a list, for its label."""

    __pydantic_config__: ClassVar = AUTHORED
    path: str
    """With `{value}` where the value goes, and `{input}` for what the list needs."""
    item: str = ""
    """JSON pointer into the answer: the row."""
    value: Place | None = None
    """Where the row has other names than those of the list; likewise `label` and `hint`."""
    label: list[Place] | None = None
    hint: list[Place] | None = None


@dataclass(frozen=True, kw_only=True)
class PickList:
    """A list of the platform that a field's value is picked from."""

    __pydantic_config__: ClassVar = AUTHORED
    title: str
    path: str
    """With `{input}` for what the list needs."""
    query: list[Entry] = field(default_factory=list)
    """A list whose query does not send `search` is searched here; one that does not send `page` has one page."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """An input without which there is no list → the pick list that it is picked from itself."""
    items: str
    more: str | None = None
    """True while there are more pages."""
    value: Place
    label: list[Place]
    """The parts of the name that people know."""
    hint: list[Place] = field(default_factory=list)
    """What tells apart those of the same name, such as a code."""
    one: Lookup | None = None
    """Absent: a value's label is looked for on the first page of the list."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a field that has some."""

    __pydantic_config__: ClassVar = AUTHORED
    items: str
    """JSON pointer into the field's row."""
    value: Place
    label: Place


@dataclass(frozen=True, kw_only=True)
class DynamicFields:
    """A list of fields that the platform has of its own, by ID."""

    __pydantic_config__: ClassVar = AUTHORED
    title: str
    path: str
    query: list[Entry] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    """Inputs that narrow the list for a form, where they are filled in."""
    items: str
    more: str | None = None
    """True while there are more pages."""
    id: Place
    ids: Literal["numbers", "texts"] = "numbers"
    """Whether an ID can be told from a name without knowing the fields."""
    name: Place
    type: Place
    types: Mapping[str, JsonSchema]
    """The platform's word for a type → what such a field takes. A type that is not here takes anything."""
    required: Place | None = None
    """Whether it must be filled in."""
    options: Options | None = None
