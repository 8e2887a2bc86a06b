"""Deliveries let in: who brings them, what is in them, and that they are kept before anybody is thanked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Literal

from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.events.delivery import Reader, Unusable
from connector_runtime.events.endpoints import digest, opens
from connector_runtime.store.events import Arrival, Endpoint, Events, Occurrence
from connector_runtime.values import as_text

MOST_AT_ONCE = 500
"""Deliveries in one commit."""

LOOK_AGAIN_S = 1.0
"""For so long an endpoint is known before the disk is asked again: it may have been closed."""

Verdict = Literal["kept", "malformed", "unknown_event", "too_old", "forged", "foreign", "nowhere", "not_kept"]
"""What became of a delivery. `foreign`: from an address that may not bring any; `nowhere`: there is no such address."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Who may bring something, and how old it may be."""

    sources: Collection[IPv4Network | IPv6Network] = ()
    """The networks that deliveries may come from; none: from anywhere."""
    replay_window: timedelta | None = timedelta(days=7)
    """What happened longer ago is not taken: somebody may send an old delivery again. None: however old."""


class Receiver:
    """Takes deliveries for all endpoints of a data directory. Many at once are kept with one commit."""

    def __init__(
        self,
        connector: Connector,
        file: Path,
        rules: Rules,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reader, self._rules, self._now = Reader(connector), rules, now
        self._moment_form = connector.identity.wire.date_time
        # SQLite's connections stay in their thread, and waiting for the disk keeps nobody from arriving.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        try:
            self._events = self._thread.submit(Events, file).result()
        except BaseException:
            self._thread.shutdown()
            raise
        self._endpoints: dict[bytes, Endpoint] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self._waiting: list[tuple[Arrival, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None

    async def receive(self, address: str, body: bytes, *, authorization: str = "", source: str = "") -> Verdict:
        """Take one delivery. It is kept on the disk, or set aside there, when this returns."""
        endpoint = await self._endpoint(digest(address))
        if endpoint is None:
            return "nowhere"
        if self._rules.sources and not self._comes_from_there(source):
            return await self._set_aside(endpoint, "foreign", f"from {source or 'nowhere'}", b"")
        if not opens(endpoint, authorization):
            return await self._set_aside(endpoint, "forged", "with a wrong user name or password, or none", body)
        try:
            found = self._reader.occurrences(body)
        except Unusable as wrong:
            return await self._set_aside(endpoint, wrong.reason, str(wrong), body)  # type: ignore[arg-type]
        if old := next((each for each in found if self._is_old(each)), None):
            return await self._set_aside(endpoint, "too_old", f"{old.event} happened at {old.happened_at}", body)
        return await self._kept(Arrival(endpoint.connection, self._moment(), found), "kept")

    async def close(self) -> None:
        """Keep what has arrived, and let go of the file."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})
        await asyncio.get_running_loop().run_in_executor(self._thread, self._events.close)
        self._thread.shutdown()

    async def _set_aside(self, endpoint: Endpoint, reason: Verdict, detail: str, body: bytes) -> Verdict:
        arrival = Arrival(endpoint.connection, self._moment(), reason=reason, detail=detail, body=body)
        return await self._kept(arrival, reason)

    async def _kept(self, arrival: Arrival, verdict: Verdict) -> Verdict:
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, kept))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())
        try:
            await kept
        except NotNow:
            return "not_kept"
        return verdict

    async def _keep(self) -> None:
        """Keep what has arrived while the commit before was on its way, until nothing has."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            wrong: BaseException | None = None
            try:
                await loop.run_in_executor(self._thread, self._events.keep, [arrival for arrival, _ in taken])
            except Exception as failure:
                wrong = failure if isinstance(failure, NotNow) else NotNow("the event could not be kept")
            for _, kept in taken:
                if kept.done():  # who brought it has left; it is kept all the same
                    continue
                if wrong is None:
                    kept.set_result(None)
                else:
                    kept.set_exception(wrong)

    async def _endpoint(self, address: bytes) -> Endpoint | None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._looked_at > LOOK_AGAIN_S:
            async with self._looking:  # those who come meanwhile wait for the same look
                if loop.time() - self._looked_at > LOOK_AGAIN_S:
                    found = await loop.run_in_executor(self._thread, self._events.endpoints)
                    self._endpoints = {endpoint.address: endpoint for endpoint in found}
                    self._looked_at = loop.time()
        return self._endpoints.get(address)

    def _comes_from_there(self, source: str) -> bool:
        try:
            address = ip_address(source)
        except ValueError:
            return False
        return any(address in network for network in self._rules.sources)

    def _is_old(self, occurrence: Occurrence) -> bool:
        window = self._rules.replay_window
        if window is None or occurrence.happened_at is None:
            return False
        try:
            happened = datetime.strptime(occurrence.happened_at, self._moment_form)
        except ValueError:
            return False
        return happened.replace(tzinfo=UTC) < self._now() - window

    def _moment(self) -> str:
        return as_text(self._now())
