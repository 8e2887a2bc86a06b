"""One request and its reply, free of ASGI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docebo_connect.sandbox.parameters import Query
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.store import Row, Store

if TYPE_CHECKING:
    from docebo_connect.sandbox.webhooks import Announcements

NO_PAGE = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, content (a str goes out as HTML, None as nothing, all else as JSON) and headers."""

    status: int = 200
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def no_such_route() -> Reply:
    """404 as a web server answers it: without the API's error body."""
    return Reply(404, NO_PAGE)


@dataclass(slots=True)
class Exchange:
    """A request on its way through a handler, with the world it is about."""

    store: Store
    method: str
    path: str
    segments: tuple[str, ...]  # what stands for the {…} of the route, in order
    query: Query
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    announcements: Announcements
    without: frozenset[str]  # features that are switched off
    host: str  # the platform's own name, without scheme
    user: Row | None = None  # whom the bearer token belongs to; None on routes that need no token

    def caller(self) -> Row:
        """Whom the bearer token belongs to."""
        assert self.user is not None, "the route asks for a token"
        return self.user

    def is_superadmin(self) -> bool:
        """May everything."""
        return bool(self.caller()["level"] == "godadmin")

    def manages(self, user: Row) -> bool:
        """Superadmins manage everybody, power users the plain users of their branch, users themselves."""
        caller = self.caller()
        if self.is_superadmin() or user["id"] == caller["id"]:
            return True
        return bool(caller["level"] == "powuser" and user["level"] == "user" and user["branch"] == caller["branch"])

    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body counts as one."""
        if not self.body.strip():
            return {}
        content = read_json(self.body)
        if not isinstance(content, dict):
            raise bad_request("The request body must be a JSON object.")
        return content


def read_json(body: bytes) -> Any:
    """JSON as the standard has it: UTF-8, no NaN, no lone surrogates; anything else is a 400."""
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8")  # an escaped surrogate fails only here
    except (ValueError, RecursionError) as error:
        raise bad_request("Invalid JSON data in request body.") from error
    return content


def _no_constant(name: str) -> Any:
    raise ValueError(name)
