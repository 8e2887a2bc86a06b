"""What connector.yaml may say of connections: how somebody is let in, as whom, and how many calls are taken.

Part of the grammar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector_runtime.schema import AUTHORED, JsonSchema

Grant = Literal["authorization_code", "client_credentials", "password", "jwt_bearer", "token"]
"""How access is given: the grants of OAuth2 (RFC 6749, RFC 7523), or a token that somebody has already."""


GRANT_FIELDS: Mapping[Grant, Mapping[str, bool]] = {
    "authorization_code": {"client_id": False, "client_secret": True},
    "client_credentials": {"client_id": False, "client_secret": True},
    "password": {"client_id": False, "client_secret": True, "username": False, "password": True},
    "jwt_bearer": {"issuer": False, "username": False, "private_key": True},
    "token": {"token": True},
}
"""The fields that each grant needs, and whether they are secret."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way to connect; its grant says which fields it takes."""

    __pydantic_config__: ClassVar = AUTHORED
    grant: Grant
    title: str
    description: str
    """What it takes, and who the connection then acts as."""
    setup: Sequence[str] = field(default_factory=list)
    """What an administrator does on the platform first, step by step."""


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """How the platform lets somebody in."""

    __pydantic_config__: ClassVar = AUTHORED
    scheme: str = "Bearer"
    """What stands before the token in the header Authorization."""
    authorize: str | None = None
    """The path where a person allows it, for `authorization_code`."""
    token: str | None = None
    """The path of the token endpoint, for every grant but `token`."""
    scope: str | None = None
    input: JsonSchema
    """The fields of all methods, under the names that GRANT_FIELDS says; those that are secret have `x-secret`."""
    methods: Mapping[str, Method]
    """By key, the first one offered first."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """The read that tells as whom a connection acts. Pointers are JSON pointers into the answer."""

    __pydantic_config__: ClassVar = AUTHORED
    path: str
    user: str
    name: list[str] = field(default_factory=list)
    """Parts of the person's name, in order."""
    level: str | None = None
    """What the user may do on the platform."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """The platform's words for levels → what they mean. Others are shown as they are."""


@dataclass(frozen=True, kw_only=True)
class ConnectionTemplate:
    """What somebody fills in to connect."""

    __pydantic_config__: ClassVar = AUTHORED
    input: JsonSchema
    base_url: str
    """With `{input}` where an input goes."""
    suffix: str | None = None
    """The platform's own domain: a bare name is completed with it, `acme` to `acme.example.com`."""
    authentication: Authentication
    test: str
    """Key of the read that proves a connection."""
    who: Who | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """So many calls in so many seconds, whenever these begin."""

    __pydantic_config__: ClassVar = AUTHORED
    calls: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many calls the platform takes."""

    __pydantic_config__: ClassVar = AUTHORED
    windows: list[Window] = field(default_factory=list)
    """All of them hold at once, unless a connection has windows of its own."""
    token: list[Window] = field(default_factory=list)
    """The same for the token endpoint, which has a budget of its own."""
    remaining: list[str] = field(default_factory=list)
    """Headers, in lower case, that may say how many calls are left; the first that is there counts."""
    reset: list[str] = field(default_factory=list)
    """Headers that may say when there are more: in so many seconds, or at a moment in seconds since 1970."""
