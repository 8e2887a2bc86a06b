"""What is noted of what was done, over the API or on a page: when, with which key, and from where."""

from __future__ import annotations

import logging

from starlette.requests import Request

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.keys import Caller, now_utc
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import as_text

logger = logging.getLogger("connector_runtime")


def audited(tenants: Tenants, who: Caller, what: str, request: Request, status: int) -> None:
    """Note that something was done, and how that was answered. Where it cannot be kept, the log says so: what was done
    was done.
    """
    source, about = request.client.host if request.client else "", " ".join(request.path_params.values())
    try:
        tenants.note(who.tenant, [as_text(now_utc()), who.key.id, what, about, status, source])
    except ConnectorError as wrong:
        logger.error("an audit line was not kept: %s", wrong)
