"""Where a declaration comes from, and what in it is assumed. Part of the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector_runtime.schema import AUTHORED

GRADES = {"D": "documented elsewhere by the vendor", "O": "observed in programs or data", "I": "inferred"}


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """Why something is believed that the vendor's article does not say."""

    __pydantic_config__: ClassVar = AUTHORED
    grade: Literal["D", "O", "I"]
    """D documented elsewhere by the vendor, O observed in programs or data, I inferred."""
    why: str
    """The reason, in one sentence."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a declaration comes from."""

    __pydantic_config__: ClassVar = AUTHORED
    article: str | None
    """The heading in the vendor's article; null for what the article does not have."""
    assumed: Mapping[str, Assumption] = field(default_factory=dict)
    """JSON pointer into this file → why that part is believed."""
