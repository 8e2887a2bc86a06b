"""What one tenant has: a data directory of its own, and what is open in it. Nothing of another tenant is in reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector_runtime.connections import guarded, stays_here
from connector_runtime.connections.addresses import parted
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.safe import Safe, unknown_connection
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.events.lookup import Lookup
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.directories import SANDBOX, connections_file, events_file, limits_file, records_file
from connector_runtime.hosts.http.problems import Declined, unknown
from connector_runtime.hosts.session import Session
from connector_runtime.record import Record
from connector_runtime.store import Calls, Location, Store
from connector_runtime.transport import Connection
from connector_runtime.values import Json, Problem

RUNNING = 32
"""Runs of one tenant that are carried out at once."""

LOOK_AGAIN_S = 0.2
"""Between two looks whether a session is still worked on."""

PLACES = 64
"""Lists and live views of one tenant that are read at once."""

WAITING = 256
"""Runs of one tenant that wait for their turn; who comes then is told to come again."""


@dataclass
class Opened:
    """A session, and the connection as it was when it was opened."""

    session: Session
    public: Json
    closing: AsyncExitStack


class Home:
    """One tenant's things. They are opened when they are needed first, and closed together."""

    def __init__(
        self,
        connector: Connector,
        data_dir: Location,
        program: str,
        *,
        local: bool,
        heard: Callable[[Record], None] | None = None,
    ) -> None:
        """`local`: whoever asks is on this machine, and may name addresses on it. `heard` is told of each record
        whenever it is kept.
        """
        self._heard = heard
        self.connector, self.data_dir, self.program, self.local = connector, data_dir, program, local
        self._sessions: dict[str, Opened] = {}
        self.stopping = asyncio.Event()
        """Set when the host is told to stop: what is read without an end is then ended."""
        self._opening = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self._store: Store | None = None
        self.lookup = Lookup(records_file(data_dir), events_file(data_dir))
        """What reads much is read here, so that nobody else waits for it."""
        self._kept_safe: Safe | None = None
        self._open = ExitStack()
        self._turns = asyncio.Semaphore(RUNNING)
        self._waiting = self._places = 0

    @property
    def runs(self) -> Store:
        """The runs on disk."""
        if self._store is None:
            self._store = Store(records_file(self.data_dir))
        return self._store

    def connections(self) -> list[dict[str, Json]]:
        """What anybody may see of each connection; the sandbox first, where there is one."""
        known: list[dict[str, Json]] = []
        if self.connector.identity.sandbox is not None and isinstance(self.data_dir, Path):
            known.append({"name": SANDBOX, "method": "sandbox", "base_url": ""})
        return known + [kept.public() for kept in self._kept()]

    async def session(self, connection: str) -> Session:
        """A session on a connection, shared by all who work on it. Raises InvalidInput for one that is not there."""
        public = self._public(connection)
        known = self._sessions.get(connection)
        if known is not None and known.public == public:
            return known.session
        async with self._opening:
            known = self._sessions.get(connection)
            if known is None or known.public != public:
                self._forget(connection)
                closing = AsyncExitStack()
                means: dict[str, Any] = {"data_dir": self.data_dir, "program": self.program, "heard": self._heard}
                session = Session(self.connector, connection=connection, **means)
                known = Opened(await closing.enter_async_context(session), public, closing)
                self._sessions[connection] = known
            return known.session

    def check_reach(self, url: str, field: str) -> None:
        """Raises InvalidInput for an address on this machine, where whoever asks may be elsewhere."""
        address = parted(url)
        if not self.local and address is not None and address.loopback:
            said = "leads to the machine that this host runs on, which is not for those who call it from elsewhere"
            raise InvalidInput([Problem(field, said, "Address")], code="address_not_allowed")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A run's turn. Raises Declined where too many wait already."""
        if self._waiting >= WAITING:
            fix = "Wait for some of them to end. The request was not looked at."
            raise Declined("too_busy", f"{WAITING} runs are waiting for their turn", fix, headers={"retry-after": "2"})
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for what is read for long: all rows, or something live. Raises Declined where all are taken."""
        if self._places >= PLACES:
            raise Declined("too_busy", f"{PLACES} lists and live views are being read", "Let some of them end.")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    @property
    def busy(self) -> int:
        """Runs that are being carried out here."""
        return RUNNING - self._turns._value

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being done, read or watched."""
        sessions = any(each.session.at_work for each in self._sessions.values())
        return not (self.busy or self.waiting or self._places or self._leaving or sessions or self.lookup.busy)

    @property
    def waiting(self) -> int:
        """Runs that wait for their turn."""
        return self._waiting

    def budgets(self) -> list[dict[str, Json]]:
        """What is left of the calls that platforms take, by window: `platform`, `calls`, `seconds`, `used`, `left`.
        What stays on this machine has no limit unless it was told one.
        """
        rows: list[dict[str, Json]] = []
        with closing(Calls(limits_file(self.data_dir))) as calls:
            for each in self._kept():
                here = stays_here(guarded(Connection(each.name, each.base_url)))
                declared = () if here else self.connector.identity.limits.windows
                for window in declared if each.limits is None else each.limits:
                    used = calls.used(str(parted(each.base_url)), window.seconds, time.time())
                    told = {"platform": each.base_url, "calls": window.calls, "seconds": window.seconds}
                    rows.append({**told, "used": used, "left": max(0, window.calls - used)})
        return [row for number, row in enumerate(rows) if row not in rows[:number]]

    async def close(self) -> None:
        """Let go of everything; runs that are being carried out are brought to an end first."""
        for _ in range(RUNNING):
            await self._turns.acquire()
        for connection in list(self._sessions):
            self._forget(connection)
        await asyncio.gather(*self._leaving)
        await self.lookup.close()
        if self._store is not None:
            self._store.close()
        self._open.close()

    def _forget(self, connection: str) -> None:
        """Use a session no longer. It is closed when whoever still works on it has done so."""
        if (known := self._sessions.pop(connection, None)) is not None:
            task = asyncio.create_task(_closed(known))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _public(self, connection: str) -> Json:
        if connection == SANDBOX:
            return None
        if (safe := self._safe()) is None:
            raise unknown_connection(connection, [])
        return safe.public_of(connection).public()

    def _kept(self) -> list[Kept]:
        """The connections that are kept, without their secrets."""
        safe = self._safe()
        return [] if safe is None else safe.without_secrets()

    def _safe(self) -> Safe | None:
        """To look at connections, for as long as the home is open; None where none was ever kept."""
        if self._kept_safe is None and connections_file(self.data_dir).exists():
            self._kept_safe = self._open.enter_context(safe_in(self.data_dir, self.program))
        return self._kept_safe


async def _closed(known: Opened) -> None:
    while known.session.at_work:  # noqa: ASYNC110 - streams end without a word
        await asyncio.sleep(LOOK_AGAIN_S)
    await known.closing.aclose()


def found_run(store: Store, run_id: str) -> dict[str, Json]:
    """A run's record. Raises Declined where there is none of that id."""
    found = store.get(run_id)
    if found is None:
        raise unknown_run(run_id)
    return found


def unknown_run(run_id: str) -> Declined:
    """There is none of that id, or it is not for who asks."""
    return unknown(f"run `{run_id}`", "GET /v1/runs lists them; its `search` takes a part of an id.")
