"""What goes wrong, as HTTP says it: problem+json (RFC 9457), one shape for everything."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse

from connector_runtime.errors import ConnectorError, NotNow
from connector_runtime.present import http_status
from connector_runtime.values import Json

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = 5
"""What is advised where nobody knows when it will be better."""


class Declined(Exception):
    """What the host itself does not do, before anything is run: `code` is a stable word, `fix` says what to do next."""

    def __init__(
        self, status: int, code: str, message: str, fix: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fix = status, code, message, fix
        self.headers = dict(headers or {})

    def answer(self) -> JSONResponse:
        """The response."""
        document = {"type": f"errors#{self.code}", "title": self.message, "status": self.status, "code": self.code}
        return JSONResponse({**document, "fix": self.fix}, self.status, self.headers, MEDIA_TYPE)


def unauthenticated() -> Declined:
    """Nobody knows who asks."""
    return Declined(
        401,
        "no_key",
        "a key is needed, and none that is good was shown",
        "Send it as `Authorization: Bearer key_…`. An administrator makes keys, and says whether one has ended.",
        headers={"www-authenticate": 'Bearer realm="api"'},
    )


def forbidden(what: str) -> Declined:
    """The key is good, and not for this."""
    return Declined(403, "not_allowed", f"this key is not for {what}", "An administrator makes a key that is.")


def unknown(what: str) -> Declined:
    """There is no such thing, or it is somebody else's: nobody is told which."""
    return Declined(404, "unknown", f"there is no {what}", "Check its name.")


def problem(error: ConnectorError, more: Mapping[str, Json] | None = None) -> JSONResponse:
    """The response for an error of a run or a connector; `more` stands beside what every problem has."""
    status = http_status(error)
    document = error.document()
    whole = {
        "type": document.pop("docs"),
        "title": document.pop("message"),
        "status": status,
        "error": document.pop("type"),
        **document,
    }
    headers = {}
    if isinstance(error, NotNow) or error.code == "in_progress":
        wait_s = getattr(error, "retry_after_s", None)
        headers["retry-after"] = str(max(1, round(RETRY_AFTER_S if wait_s is None else wait_s)))
    return JSONResponse({**whole, **(more or {})}, status, headers, MEDIA_TYPE)
