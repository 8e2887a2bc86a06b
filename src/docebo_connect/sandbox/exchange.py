"""One request on its way through a handler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from docebo_connect.sandbox.parameters import Query, read_id
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.store import Row, Store

if TYPE_CHECKING:
    from docebo_connect.sandbox.sites import Site
    from docebo_connect.sandbox.standings import Incident
    from docebo_connect.sandbox.webhooks import Announcements


@dataclass(slots=True)
class Exchange:
    """A request, read to its end, with the world it is about."""

    site: Site
    request: Request
    query: Query
    body: bytes
    form: dict[str, str]  # the body's parameters, on routes that take a form
    announcements: Announcements
    incident: Incident  # the faults that this request meets
    past: Store | None = None  # where the world is read from while a change is not visible yet
    user: Row | None = None  # whom the bearer token belongs to; None on routes that need no token

    @property
    def store(self) -> Store:
        """Where the world is kept."""
        return self.past or self.site.store

    @property
    def path(self) -> str:
        """Without the query."""
        return str(self.request["path"])

    def path_id(self, name: str) -> int:
        """The id that stands for `{name}` in the route's path."""
        return read_id(self.request.path_params[name], name)

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
