"""What a case file may say: a run told in room order. Part of the grammar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector_runtime.schema import AUTHORED
from connector_runtime.values import Effect, IfAlready, Json


@dataclass(frozen=True, kw_only=True)
class CaseRequest:
    """A request as a case expects it, to the letter."""

    __pydantic_config__: ClassVar = AUTHORED
    method: str
    path: str
    query: dict[str, str | list[str]] = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True, kw_only=True)
class CaseResponse:
    """An answer as a case tells it. `lost: true` is an answer that never came."""

    __pydantic_config__: ClassVar = AUTHORED
    status: int = 200
    body: Json = None
    text: str | None = None
    """An answer that is not JSON."""
    lost: bool = False


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    __pydantic_config__: ClassVar = AUTHORED
    request: CaseRequest
    response: CaseResponse


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a case fails."""

    __pydantic_config__: ClassVar = AUTHORED
    error: str
    effect: Effect
    code: str | None = None
    says: str | None = None
    """A part of the message."""
    problems: list[str] = field(default_factory=list)
    """Invalid input: the fields named, in order."""


@dataclass(frozen=True, kw_only=True)
class ExpectedEvent:
    """An event that a case expects."""

    __pydantic_config__: ClassVar = AUTHORED
    event: str
    match: dict[str, Json]
    count: int | Literal["one or more"] = 1


@dataclass(frozen=True, kw_only=True)
class EarlierRun:
    """A run that brings a fresh sandbox to where a case begins."""

    __pydantic_config__: ClassVar = AUTHORED
    action: str
    given: dict[str, Json]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A run as a story: test, documentation sample and sandbox check at once."""

    __pydantic_config__: ClassVar = AUTHORED
    before: list[EarlierRun] = field(default_factory=list)
    given: dict[str, Json]
    if_already: IfAlready | None = None
    """How the run is told to end where nothing is left to do."""
    exchanges: list[Exchange] = field(default_factory=list)
    returns: dict[str, Json] | None = None
    fails: Failure | None = None
    emits: list[ExpectedEvent] = field(default_factory=list)
    already: bool = False
    """Nothing was left to do."""
    warns: list[str] = field(default_factory=list)
    """JSON pointers of the warnings, in order."""
    sandbox: Literal["agrees", "cannot"] = "agrees"
    """`cannot`: the sandbox has no way to answer like this (a lost answer, a malformed page)."""
    without: list[str] = field(default_factory=list)
    """Features of the sandbox that are switched off for this story."""
