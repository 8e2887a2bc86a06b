"""Deliveries let in: who brings them, what is in them, and that they are kept before anybody is thanked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal

from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.events.delivery import Reader, Unusable
from connector_runtime.events.desk import Desk
from connector_runtime.events.endpoints import digest, opens
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival, Endpoint, Occurrence
from connector_runtime.store.aside import LONGEST_ASIDE
from connector_runtime.store.events import Events
from connector_runtime.values import as_text

LARGE = 32 * 1024
"""Bytes of a body that is read in a thread, so that those who bring a single event do not wait for it."""

MOST_AT_ONCE = 500
"""Deliveries in one commit."""

MOST_WAITING = 10_000
"""Deliveries that wait for the disk; whoever comes then is asked to come again."""

LOOK_AGAIN_S = 1.0
"""For so long an endpoint is known before the disk is asked again: it may have been closed."""

OLD_AGAIN_S = 3600
"""For so long it is not told again that a connection's deliveries are too old."""

Verdict = Literal["kept", "malformed", "unknown_event", "too_old", "forged", "foreign", "nowhere", "not_kept"]
"""What became of a delivery. `foreign`: from an address that may not bring any; `nowhere`: there is no such address."""

ODD = "odd"
"""Why a delivery is put aside that was kept all the same: something in it could not be read as documented."""


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
        file: Location,
        rules: Rules,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tell: Callable[[str], None] = lambda words: None,
        heard: Callable[[Arrival], None] = lambda arrival: None,
    ) -> None:
        """`tell` hears when the disk takes nothing any more, and when it does again, and what is too old; `heard` is
        told of each delivery that is on the disk.
        """
        self._rules, self._now, self._tell, self._heard = rules, now, tell, heard
        self._reader, self._large = Reader(connector), Reader(connector)
        self._reading = asyncio.Lock()
        """Held by whoever reads a large body: one at a time, since a reader keeps what it has found."""
        self._told = ""
        self._told_old: dict[str, float] = {}
        # SQLite's connections stay in their threads: one keeps, and one looks who may bring something, so that nobody
        # who asks has to wait for the disk.
        self._keeper, self._looker = Desk(file), Desk(file)
        self._endpoints: dict[bytes, Endpoint] = {}
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self._waiting: list[tuple[Arrival, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None

    async def admitted(self, address: str, *, authorization: str = "", source: str = "") -> Endpoint | Verdict:
        """The endpoint at an address, for whoever may bring something there; else what became of the attempt. To be
        asked before anything more is read of it.
        """
        try:
            endpoint = await self._endpoint(digest(address))
        except NotNow as wrong:
            self._say(str(wrong))
            return "not_kept"
        if endpoint is None:
            return "nowhere"
        if self._rules.sources and not self._comes_from_there(source):
            return await self._set_aside(endpoint, "foreign", f"from {source or 'nowhere'}")
        if not opens(endpoint, authorization):
            return await self._set_aside(endpoint, "forged", "with a wrong user name or password, or none")
        return endpoint

    async def receive(self, address: str, body: bytes, *, authorization: str = "", source: str = "") -> Verdict:
        """Take one delivery from whoever may bring it. It is kept on the disk, or set aside, when this returns."""
        endpoint = await self.admitted(address, authorization=authorization, source=source)
        return await self.take(endpoint, body) if isinstance(endpoint, Endpoint) else endpoint

    async def take(self, endpoint: Endpoint, body: bytes) -> Verdict:
        """Take one delivery that was admitted. It is kept on the disk, or set aside there, when this returns."""
        try:
            good, old, odd = await self._read(body)
        except Unusable as wrong:
            return await self._set_aside(endpoint, wrong.reason, str(wrong), body)
        if old:
            self._tell_of_old(endpoint.connection, old)
        if old and not good:
            return await self._set_aside(endpoint, "too_old", _too_old(old), body)
        reason, detail = ("too_old", _too_old(old)) if old else (ODD, "; ".join(odd)) if odd else ("", "")
        arrival = Arrival(endpoint.connection, self._moment(), good, reason=reason, detail=detail, body=body)
        return await self._kept(arrival, "kept")

    async def _read(self, body: bytes) -> tuple[list[Occurrence], list[Occurrence], list[str]]:
        """The events of a body that are taken, those that are too old, and what in it had to become null. Raises
        Unusable.
        """
        if len(body) < LARGE:
            return self._parted(self._reader, body)
        async with self._reading:
            return await asyncio.to_thread(self._parted, self._large, body)

    def _parted(self, reader: Reader, body: bytes) -> tuple[list[Occurrence], list[Occurrence], list[str]]:
        found, odd = reader.read(body)
        window = self._rules.replay_window
        oldest = "" if window is None else as_text(self._now() - window)
        good: list[Occurrence] = []
        old: list[Occurrence] = []
        for each in found:
            (old if _is_before(each, oldest) else good).append(each)
        return good, old, odd

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits for the disk."""
        return not self._waiting and (self._keeping is None or self._keeping.done())

    async def close(self) -> None:
        """Keep what has arrived, and let go of the file."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})
        for desk in (self._keeper, self._looker):
            await desk.close()

    async def _set_aside(self, endpoint: Endpoint, reason: Verdict, detail: str, body: bytes = b"") -> Verdict:
        arrival = Arrival(endpoint.connection, self._moment(), reason=reason, detail=detail, body=body[:LONGEST_ASIDE])
        return await self._kept(arrival, reason)

    async def _kept(self, arrival: Arrival, verdict: Verdict) -> Verdict:
        if len(self._waiting) >= MOST_WAITING:
            return "not_kept"
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, kept))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep())
        try:
            await kept
        except NotNow:
            return "not_kept"
        self._heard(arrival)
        return verdict

    async def _keep(self) -> None:
        """Keep what has arrived while the commit before was on its way, until nothing has."""
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            wrong: NotNow | None = NotNow("the receiver was stopped")
            try:
                await self._keeper.do(partial(_keep_all, [arrival for arrival, _ in taken]))
                wrong = None
            except NotNow as failure:
                wrong = failure
            except Exception as failure:
                wrong = NotNow(f"an event could not be kept ({type(failure).__name__})")
            finally:
                for _, kept in taken:
                    if not kept.done():  # else who brought it has left; it is kept all the same
                        kept.set_result(None) if wrong is None else kept.set_exception(wrong)
            self._say("" if wrong is None else str(wrong))

    async def _endpoint(self, address: bytes) -> Endpoint | None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._looked_at > LOOK_AGAIN_S:
            async with self._looking:  # those who come meanwhile wait for the same look
                if loop.time() - self._looked_at > LOOK_AGAIN_S:
                    found = await self._looker.do(Events.endpoints)
                    self._endpoints = {endpoint.address: endpoint for endpoint in found}
                    self._looked_at = loop.time()
        return self._endpoints.get(address)

    def _comes_from_there(self, source: str) -> bool:
        try:
            address = ip_address(source)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address  # as a socket for both kinds tells it
        return any(address in network for network in self._rules.sources)

    def _moment(self) -> str:
        return as_text(self._now())

    def _tell_of_old(self, connection: str, old: Sequence[Occurrence]) -> None:
        """It may be the clock here that is wrong: then nothing is taken any more, and nobody would hear of it."""
        now = asyncio.get_running_loop().time()
        if now - self._told_old.get(connection, float("-inf")) >= OLD_AGAIN_S:
            self._told_old[connection] = now
            self._tell(
                f"{connection}: put aside as too old: {_too_old(old)}, and it is {self._moment()} by the clock here. "
                "Where that is wrong, set the clock: until then nothing of now is taken."
            )

    def _say(self, words: str) -> None:
        """Tell once what is wrong, and that it is no longer."""
        if words != self._told:
            self._tell(words or "events are kept again")
            self._told = words


def _keep_all(arrivals: Sequence[Arrival], events: Events) -> None:
    events.keep(arrivals)


def _is_before(occurrence: Occurrence, oldest: str) -> bool:
    """Raises Unusable where its moment is none."""
    if occurrence.happened_at is None:
        return False
    if occurrence.moment is None:
        raise Unusable("malformed", f"payload {occurrence.place + 1} has no moment that can be read")
    return occurrence.moment < oldest


def _too_old(old: Sequence[Occurrence]) -> str:
    return f"{old[0].event} happened at {old[0].happened_at}"
