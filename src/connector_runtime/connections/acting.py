"""As whom a connection acts: what the platform says of the user of its credentials. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from connector_runtime.definition.connection import Who
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.values import Json, NotJson, Request, Response


@dataclass(frozen=True)
class Acting:
    """The user of a connection; `name` and `level` are None where the platform does not say."""

    user: str
    name: str | None
    level: str | None

    def __str__(self) -> str:
        known = ", ".join(part for part in (self.name, self.level) if part)
        return f"{self.user} ({known})" if known else self.user

    def document(self) -> dict[str, Json]:
        """As hosts publish it."""
        return {"user": self.user, "name": self.name, "level": self.level}


def who_request(who: Who) -> Request:
    """The look that tells it."""
    return Request(method="GET", path=who.path)


def acting_in(who: Who, response: Response) -> Acting:
    """The user in an accepted answer. Raises UnexpectedOutput when it names none."""
    try:
        user, level = response.at(who.user), None if who.level is None else response.at(who.level)
        parts = [part for pointer in who.name if isinstance(part := response.at(pointer), str) and part]
    except NotJson:
        user, level, parts = None, None, []
    if not isinstance(user, str | int) or isinstance(user, bool) or user == "":
        raise UnexpectedOutput("the platform does not say as whom the connection acts", code="no_user")
    shown = None if not isinstance(level, str | int) or level == "" else who.levels.get(str(level), str(level))
    return Acting(str(user), " ".join(parts) or None, shown)
