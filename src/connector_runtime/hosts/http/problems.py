"""What goes wrong, as HTTP says it: problem+json (RFC 9457), one shape for everything."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from starlette.responses import JSONResponse

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, NotNow
from connector_runtime.exports.declined import DECLINED
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.present import http_status
from connector_runtime.store.file import Failure
from connector_runtime.values import Json, did_you_mean

PAGE = "/errors"
"""The page of the host on every code."""

logger = logging.getLogger("connector_runtime")

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = 5
"""What is advised where nobody knows when it will be better."""


OURS = ("administrator", "connector_author")
"""Whose move it is where the host failed: its disk is full, or it has a fault."""


class Declined(Exception):
    """What the host itself does not do, before anything is run. `code` is one of DECLINED, which says what is not said
    here: the status, and what to do next.
    """

    def __init__(
        self,
        code: str,
        message: str,
        fix: str = "",
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        said = DECLINED[code]
        self.code, self.message, self.fix, self.whose = code, message, fix or said.fix, said.whose
        self.status = said.status if status is None else status
        self.headers = dict(headers or {})

    def answer(self) -> JSONResponse:
        """The response."""
        document = {"type": f"{PAGE}#{self.code}", "title": self.message, "status": self.status, "code": self.code}
        return JSONResponse({**document, "fix": self.fix, "whose": self.whose}, self.status, self.headers, MEDIA_TYPE)


def unauthenticated() -> Declined:
    """Nobody knows who asks."""
    return Declined(
        "no_key",
        "a key is needed, and none that is good was shown",
        headers={"www-authenticate": 'Bearer realm="api"'},
    )


def forbidden(what: str) -> Declined:
    """The key is good, and not for this."""
    return Declined("not_allowed", f"this key is not for {what}")


def unknown(what: str, fix: str = "") -> Declined:
    """There is no such thing, or it is somebody else's: nobody is told which. `fix` says where those are that are."""
    return Declined("unknown", f"there is no {what}", fix)


def nothing_there(path: str, connector: Connector) -> Declined:
    """There is no such path."""
    _, version, kind, name, *_ = [*path.split("/"), "", "", ""]
    if version == "v1" and name and kind in ("actions", "triggers"):
        known = connector.actions if kind == "actions" else connector.triggers
        if name not in known:
            said = f"{kind.removesuffix('s')} `{name}`{did_you_mean(name, known)}"
            return unknown(said, f"GET /v1/{kind} lists them.")
    return unknown(f"`{path}`", "GET /v1/openapi.json has every path.")


def fault(wrong: Exception) -> ConnectorError | Declined:
    """What is said of a fault of the host's own, of which its log hears."""
    if isinstance(wrong, Failure):
        logger.warning("what is kept cannot be read: %s", wrong)
        return NotNow(f"what is kept cannot be read now ({wrong})", code="not_kept")
    logger.exception("a request failed inside the host", exc_info=wrong)
    return Declined("internal", "the host failed")


def status_of(error: ConnectorError) -> int:
    """The status with which an error is answered. Where it is not the host that failed, its log shall say so."""
    status = http_status(error)
    if status >= 500 and (error.whose not in OURS or error.code == "not_taken"):
        note(elsewhere=error.code)
    return status


def problem(error: ConnectorError, more: Mapping[str, Json] | None = None) -> JSONResponse:
    """The response for an error of a run or a connector; `more` stands beside what every problem has."""
    status = status_of(error)
    document = error.document()
    del document["docs"]  # it names a file of the connector's folder
    whole = {
        "type": f"{PAGE}#{error.code}",
        "title": document.pop("message"),
        "status": status,
        "error": document.pop("type"),
        **document,
    }
    headers = {}
    if isinstance(error, NotNow) or error.code in ("in_progress", "not_usable"):
        wait_s = getattr(error, "retry_after_s", None)
        headers["retry-after"] = str(max(1, round(RETRY_AFTER_S if wait_s is None else wait_s)))
    return JSONResponse({**whole, **(more or {})}, status, headers, MEDIA_TYPE)
