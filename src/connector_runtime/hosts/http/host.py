"""A host: the tenants of one data directory, and what each of them has open."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.events.dispatch import told_or_after
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.hosts.directories import SANDBOX, events_file, tenants_file
from connector_runtime.hosts.http.allowance import CALLS_A_MINUTE, Allowance
from connector_runtime.hosts.http.audit import Refusals
from connector_runtime.hosts.http.followed import Followed
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import SCOPES, Caller, drawn, now_utc
from connector_runtime.hosts.http.observed.observer import Observer
from connector_runtime.hosts.registrar import Registrar
from connector_runtime.hosts.subscribed import delivered
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival
from connector_runtime.store.file import Failure
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import Problem, did_you_mean

FIRST = "main"
"""The tenant that a host begins with: its things lie where the command line has them too."""

LOOK_FOR_TENANTS_S = 10
"""Between two looks for tenants whose subscribers are to be brought something, and for those who need nothing."""

LOOK_FOR_SUBSCRIBERS_S = 0.5
"""Between two looks whether a tenant has a subscriber now."""

SETTLED_AT_ONCE = 500
"""Events of a connection that arrive until it is looked what caused them, whether anybody asks or not."""

IDLE_S = 600
"""For so long a tenant's things stay open though nobody asks for them."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

FIRST_KEY = "first key"
"""What each tenant's first key is called."""

logger = logging.getLogger("connector_runtime")


@dataclass
class Open:
    """A tenant's things, what lets its webhooks in, and what brings its events to subscribers."""

    home: Home
    receiver: Receiver
    new: Counter[str] = field(default_factory=Counter)
    """How many events have arrived for each connection since it was last looked what caused them."""
    used_at: float = 0.0
    """By the clock that never goes back, in seconds."""
    settling: set[asyncio.Task[None]] = field(default_factory=set)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Task[None] | None = None

    def heard(self, arrival: Arrival) -> None:
        """Something has arrived. Now and then it is looked what caused it, so that whoever asks does not wait for that
        to be found out of very many.
        """
        self.new[arrival.connection] += len(arrival.occurrences)
        if self.new[arrival.connection] >= SETTLED_AT_ONCE:
            del self.new[arrival.connection]
            self.settling.add(task := asyncio.create_task(self._settle(arrival.connection), context=Context()))
            task.add_done_callback(self.settling.discard)

    async def _settle(self, connection: str) -> None:
        try:
            await self.home.lookup.look(lambda loop: loop.settle(connection))
        except (ConnectorError, Failure) as wrong:  # whoever asks finds it out
            logger.warning("what caused events was not found out: %s", wrong)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being done in it."""
        return self.home.at_rest and self.receiver.at_rest and not self.settling


class Host:
    """Opens the homes of tenants when they are needed, and closes those that nobody needs any more."""

    def __init__(
        self, connector: Connector, data_dir: Location, program: str, *, local: bool, observer: Observer | None = None
    ) -> None:
        """`local`: only this machine reaches it, so that its users may name addresses on it. `observer` hears of runs
        and deliveries.
        """
        self.observer = Observer() if observer is None else observer
        self.connector, self.data_dir, self.program, self.local = connector, data_dir, program, local
        self.tenants = Tenants(tenants_file(data_dir))
        self.allowance, self.refusals = Allowance(CALLS_A_MINUTE), Refusals()
        self._open: dict[str, Open] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._followed = Followed()
        self._told: dict[str, str] = {}
        """What could not be done, and why, as the log has it."""
        self.stopping = asyncio.Event()

    def directory(self, tenant: str) -> Location:
        """Where a tenant's things lie."""
        return self.data_dir if tenant == FIRST else self.data_dir / "tenants" / tenant

    def home(self, caller: Caller) -> Home:
        """The caller's things."""
        return self.opened(caller.tenant).home

    def opened(self, tenant: str) -> Open:
        """What is open for a tenant."""
        if tenant not in self._open:
            directory = self.directory(tenant)
            heard = partial(self.observer.kept, tenant)
            home = Home(self.connector, directory, self.program, local=self.local, heard=heard)
            home.stopping = self.stopping
            arrived = partial(self._arrived, tenant)
            receiver = Receiver(self.connector, events_file(directory), Rules(), heard=arrived, tell=logger.warning)
            opened = self._open[tenant] = Open(home, receiver)
            sending = self._send(opened, self._closing.get(tenant))  # not a part of the request that came first
            opened.sending = asyncio.create_task(sending, context=Context())
        self._open[tenant].used_at = time.monotonic()
        return self._open[tenant]

    def _arrived(self, tenant: str, arrival: Arrival) -> None:
        self.observer.arrived(tenant, arrival)
        if tenant in self._open:
            self._open[tenant].heard(arrival)

    def at_work(self) -> Iterator[tuple[str, int, int]]:
        """Each tenant that is open, how many runs are being carried out for it, and how many wait for their turn."""
        for tenant, opened in list(self._open.items()):
            yield tenant, opened.home.busy, opened.home.waiting

    def receiver(self, tenant: str) -> Receiver | None:
        """What lets a tenant's webhooks in; None where there is no such tenant."""
        there = tenant in self._open or tenant in self.tenants.names()
        return self.opened(tenant).receiver if there else None

    async def watch_sandbox(self, url: str) -> None:
        """Have the built-in sandbox bring its events to this host, so that they are seen without any further step.

        Where somebody has had them brought elsewhere, that stays.
        """
        identity, target = self.connector.identity, f"{url}/hooks/{FIRST}"
        if not isinstance(self.data_dir, Path):
            return  # a sandbox lives in a directory
        if identity.sandbox is None or identity.registration is None:
            return
        session = await self.opened(FIRST).home.session(SANDBOX)
        try:
            with Registrar(session, self.program, logger.warning) as registrar:
                found = await registrar.check()
                known = found.registration
                if known is None or (known.url != target and known.url.endswith(f"/hooks/{FIRST}")):
                    await registrar.register(target)
        except ConnectorError as wrong:
            logger.warning("events of the sandbox are not seen: %s", wrong)

    async def follow_tenants(self, stopping: asyncio.Event) -> None:
        """Open whoever has subscribers, though nobody asks for them: what waits for those is brought, also what another
        instance has begun. Close whoever has none and was not asked for in a while. Until told to stop.
        """
        while not stopping.is_set():
            with self._tried("tenants cannot be looked for"):
                for tenant in self.tenants.names():
                    with self._tried(f"what {tenant} has cannot be looked at"):
                        if tenant not in self._open and await self._has_subscribers(tenant):
                            self.opened(tenant)
                    await asyncio.sleep(0)  # there may be many
            await self.close_idle()
            await told_or_after(stopping, LOOK_FOR_TENANTS_S)

    async def close_idle(self) -> None:
        """Let go of what nobody needs any more; it is opened again when somebody does. The first tenant's stays."""
        for tenant, opened in list(self._open.items()):
            followed = True
            with self._tried(f"what {tenant} has cannot be looked at"):
                followed = tenant == FIRST or not self._is_idle(opened) or await self._has_subscribers(tenant)
            if not followed and self._is_idle(opened):  # nobody has come meanwhile
                del self._open[tenant]
                closing = self._closing[tenant] = asyncio.create_task(self._closed(opened), context=Context())
                closing.add_done_callback(partial(self._was_closed, tenant))

    @contextmanager
    def _tried(self, what: str) -> Iterator[None]:
        """What goes wrong in the block is told, once, and keeps nobody else waiting."""
        try:
            yield
        except Exception as wrong:
            why = wrong if isinstance(wrong, ConnectorError | Failure) else type(wrong).__name__
            if self._told.get(what) != str(why):
                logger.warning("%s: %s", what, why)
            self._told[what] = str(why)
        else:
            self._told.pop(what, None)

    def _was_closed(self, tenant: str, closing: asyncio.Task[None]) -> None:
        if self._closing.get(tenant) is closing:
            del self._closing[tenant]
        if not closing.cancelled() and (wrong := closing.exception()) is not None:
            logger.error("what a tenant had open could not be closed", exc_info=wrong)

    def _is_idle(self, opened: Open) -> bool:
        return opened.at_rest and time.monotonic() - opened.used_at >= IDLE_S

    async def _has_subscribers(self, tenant: str) -> bool:
        return await self._followed.has_any(self.directory(tenant))

    async def stop_with(self, stopping: asyncio.Event) -> None:
        """Let what follows something live, or reads a list, end when the host is told to stop; a run goes on."""
        await stopping.wait()
        self.stopping.set()

    async def close(self) -> None:
        """Bring to an end what is being done, and let go of everything."""
        self.stopping.set()
        for each in self._open.values():
            each.stopping.set()
        for each in self._open.values():
            await self._closed(each)
        self._open.clear()
        await asyncio.gather(*self._closing.values(), return_exceptions=True)
        self.tenants.close()

    async def _closed(self, opened: Open) -> None:
        opened.stopping.set()
        if opened.sending is not None:
            await opened.sending
        await opened.receiver.close()
        await opened.home.close()

    async def _send(self, opened: Open, before: asyncio.Task[None] | None) -> None:
        """Bring events to the tenant's subscribers, once it has some, as long as it is open, whatever goes wrong
        meanwhile; not before what was open earlier is closed.
        """
        if before is not None:
            await asyncio.wait({before})
        home, said = opened.home, ""
        own = home.connector, home.data_dir, home.program
        while not opened.stopping.is_set():
            try:
                if await self._followed.has_any(home.data_dir):
                    await delivered(*own, opened.stopping, tell=logger.warning, complain=logger.error)
            except Exception as wrong:  # whatever it is, what waits is kept
                if said != (said := f"subscribers cannot be looked for: {wrong or type(wrong).__name__}"):
                    logger.error(said)
            await told_or_after(opened.stopping, LOOK_FOR_SUBSCRIBERS_S)


def add_tenant(tenants: Tenants, name: str) -> str:
    """A new tenant, with a key that may do everything: shown once. Raises InvalidInput for a name that is taken."""
    if not NAME.fullmatch(name):
        said = "write lower-case letters, digits and hyphens, at most 40, a letter or a digit first"
        raise InvalidInput([Problem("name", said, "Name")])
    shown, key = drawn(name, FIRST_KEY, SCOPES, now=now_utc())
    if not tenants.add(key):
        fix = "Choose another name. If its keys are lost, `tenants key` makes it a new one."
        raise InvalidInput([Problem("name", f"there is a tenant `{name}` already", "Name")], fix=fix)
    return shown


def first_key(tenants: Tenants) -> str | None:
    """The first tenant's first key, to be shown at once; None where it has had one."""
    shown, key = drawn(FIRST, FIRST_KEY, SCOPES, now=now_utc())
    return shown if tenants.begin(key) else None


def another_key(tenants: Tenants, name: str) -> str:
    """A new key for a tenant that has lost its own, which may do everything. Raises InvalidInput without the tenant."""
    known = tenants.names()
    if name not in known:
        said = f"there is no tenant `{name}`{did_you_mean(name, known)}"
        raise InvalidInput([Problem("name", said, "Name")], fix="Name one that there is: `tenants list`.")
    shown, key = drawn(name, "made by command", SCOPES, now=now_utc())
    tenants.add_key(key)
    return shown
