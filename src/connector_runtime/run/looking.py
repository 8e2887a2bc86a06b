"""A look at the platform that is no run: nothing is changed, and no record of it is kept."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow, Refused, Unauthorized
from connector_runtime.record import Record, without_secrets
from connector_runtime.refusal import refused
from connector_runtime.run.attempts import Attempts, Retries
from connector_runtime.run.watch import Watch
from connector_runtime.values import Json, Request, Response

T = TypeVar("T")

KEEP_S = 60.0
"""So long what was read for a form is taken for true: somebody who fills one in needs no more."""

MOST = 2000
"""Entries that are kept; the ones that were read or used longest ago make room."""


async def look(connector: Connector, request: Request, *, line: Line, record: Record, retries: Retries) -> Response:
    """The answer to a request that changes nothing. The record only serves to hide secrets. Raises ConnectorError."""
    attempts = Attempts(retries, record, line)
    watch = Watch(record, lambda _: None, attempts.leave, lambda response: refused(connector.identity.errors, response))
    while True:
        try:
            return await watch.send(request)
        except NotNow as wrong:
            if not await attempts.another(wrong):
                raise


class Recent:
    """What was read a moment ago. Times in seconds, by `now`."""

    def __init__(self, keep_s: float = KEEP_S, most: int = MOST, now: Callable[[], float] = time.monotonic) -> None:
        self._keep_s, self._most, self._now = keep_s, most, now
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable, age_s: float | None = None) -> Any:
        """What was kept under a key, if it is not too old, or not older than that; else None."""
        since, value = self._kept.get(key, (self._now(), None))
        if self._now() - since >= (self._keep_s if age_s is None else min(age_s, self._keep_s)):
            return None
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep something for a while."""
        self._kept[key] = (self._now(), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


class Looks:
    """The looks of one session, through its line: they count against its limits, and are remembered for a while."""

    def __init__(
        self, connector: Connector, *, line: Line, connection: str, platform: str, retries: Retries, recent: Recent
    ) -> None:
        self.connector = connector
        self._line, self._retries, self._recent = line, retries, recent
        self._connection, self._platform = connection, platform
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def read(
        self,
        request: Request,
        what: str,
        understand: Callable[[Json], T],
        *,
        age_s: float | None = None,
        retries: Retries | None = None,
    ) -> T:
        """What `understand` makes of the answer, now or a moment ago. `what` names the reading; `age_s` says how old
        it may be, 0 asks anew.

        A refusal is remembered as well: what a connection may not read it may not read a second later.
        """
        key = self._key(what, request)
        async with self._locks.setdefault(key, asyncio.Lock()):  # who comes meanwhile has what the first one read
            return await self._read(key, request, what, understand, age_s, retries or self._retries)

    async def _read(
        self,
        key: Hashable,
        request: Request,
        what: str,
        understand: Callable[[Json], T],
        age_s: float | None,
        retries: Retries,
    ) -> T:
        kept = self._recent.get(key, age_s)
        if isinstance(kept, Refused):
            raise kept.again()
        if kept is not None:
            found: T = kept
            return found
        version = self.connector.identity.version
        record = Record.begin(action=what, version=version, connection=self._connection, given=None)
        try:
            response = await look(self.connector, request, line=self._line, record=record, retries=retries)
        except Refused as refusal:
            if not isinstance(refusal, Unauthorized):  # somebody may connect it again at any moment
                self._recent.put(key, refusal.again())
            raise
        value = understand(without_secrets(response.json, record.secrets))
        self._recent.put(key, value)
        return value

    def recalled(self, request: Request, what: str) -> Any:
        """What `read` would give without asking; None where it would have to, or would raise."""
        kept = self._recent.get(self._key(what, request))
        return None if isinstance(kept, Refused) else kept

    def remember(self, what: str, name: Hashable, value: Any) -> None:
        """Keep something that was seen on the way."""
        self._recent.put((self._platform, self._connection, what, name), value)

    def remembered(self, what: str, name: Hashable, age_s: float | None = None) -> Any:
        """What was seen on the way; None where nothing was, or not lately."""
        return self._recent.get((self._platform, self._connection, what, name), age_s)

    def _key(self, what: str, request: Request) -> Hashable:
        query = tuple((name, str(value)) for name, value in request.query.items())
        return self._platform, self._connection, what, request.path, query
