"""One operation of the HTTP API: where it is, who may use it, what it takes, and what it answers. Read by the router,
by the description of the API, and by tests that try each of them as somebody who may not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import COOKIE, Caller, Scope, is_still_let_in, now_utc
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import Json


@dataclass(frozen=True)
class Asked:
    """What is asked of an operation: checked against what it takes, and for whom."""

    request: Request = field(repr=False)
    caller: Caller
    home: Home
    tenants: Tenants
    path: Mapping[str, str]
    query: Mapping[str, Json]
    body: Json = None

    @property
    def is_let_in(self) -> bool:
        """Whether the key is good still, and the browser let in that showed it: what is watched may outlast both."""
        shown = self.request.cookies.get(COOKIE, "") if "authorization" not in self.request.headers else ""
        return is_still_let_in(self.tenants, self.caller, shown, now_utc())

    def say(self, about: str) -> None:
        """Say what was done it to, where the path does not: it is noted in the audit."""
        self.request.state.about = about


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`path` is a template as OpenAPI writes them. `query` has a JSON Schema for each parameter, `body` one for the
    whole; where `input` is given, it is what is published of the body's `input`, which the run itself checks.
    `answers` has a JSON Schema of the answer by status, or the media type of one that is no JSON document.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    key: str
    """The operation's id in the description."""
    summary: str
    scope: Scope
    handle: Callable[[Asked], Awaitable[Response]] = field(repr=False)
    query: Mapping[str, Json] = field(default_factory=dict)
    body: Json = None
    input: Json = None
    answers: Mapping[int, Json] = field(default_factory=dict)
    tag: str = ""
    description: str = ""
    headers: Mapping[str, Json] = field(default_factory=dict)
    """Request headers that it heeds, by name: a JSON Schema each."""
    example: Json = None
    """Of the body."""
    looks: bool = False
    """Whether it changes nothing, though it takes a body."""

    @property
    def only_looks(self) -> bool:
        """Whether nothing is done by it that the audit should have."""
        return self.looks or self.method == "GET"

    @cached_property
    def body_validator(self) -> Any:
        """What holds a body to what is taken."""
        return validator(self.body)

    @cached_property
    def query_validator(self) -> Any:
        """What holds the parameters to what is taken."""
        return validator({"type": "object", "properties": dict(self.query), "additionalProperties": False})

    @cached_property
    def header_validator(self) -> Any:
        """What holds the headers that it heeds to what is taken."""
        return validator({"type": "object", "properties": dict(self.headers)})


def validator(schema: Json) -> Any:
    """What holds a value to a JSON Schema."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema)
