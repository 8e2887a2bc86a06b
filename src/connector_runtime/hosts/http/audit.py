"""What is noted of what was done, over the API or on a page: when, with which key, and from where."""

from __future__ import annotations

import logging
import time

from starlette.requests import Request

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.allowance import Allowance
from connector_runtime.hosts.http.keys import Caller, now_utc
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import as_text

REFUSALS_A_MINUTE = 30
"""Refused attempts of one key that are noted; of more there is nothing new to say."""

FORBIDDEN = 403

LONGEST_ABOUT = 300
"""Characters of what a line is about: somebody may ask for whatever name."""

logger = logging.getLogger("connector_runtime")


def audited(tenants: Tenants, who: Caller, what: str, request: Request, status: int, *, about: str = "") -> None:
    """Note that something was done, and how that was answered; `about` says about what, beside what stands in the path.
    Where it cannot be kept, the log says so: what was done was done.
    """
    source, named = request.client.host if request.client else "", request.path_params.values()
    words = " ".join(filter(None, [*map(str, named), about]))[:LONGEST_ABOUT]
    try:
        tenants.note(who.tenant, [as_text(now_utc()), who.key.id, what, words, status, source])
    except ConnectorError as wrong:
        logger.error("an audit line was not kept: %s", wrong)


class Refusals:
    """Attempts that were refused: noted too, but so many a minute of each key, so that nobody fills the audit."""

    def __init__(self, a_minute: int = REFUSALS_A_MINUTE) -> None:
        self._allowance = Allowance(a_minute)

    def is_noted(self, who: Caller, status: int, *, refused: bool, looks: bool) -> bool:
        """Whether an answer is noted: what was done or refused; of what only looks, what the key is not for."""
        if not refused and status != FORBIDDEN:
            return not looks
        if looks and status != FORBIDDEN:
            return False
        try:
            self._allowance.take(who.key.id, time.monotonic())
        except Declined:
            return False
        return True
