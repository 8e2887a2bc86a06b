"""A host: the tenants of one data directory, and what each of them has open."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.events.dispatch import told_or_after
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.hosts.directories import SANDBOX, events_file, outbox_file, tenants_file
from connector_runtime.hosts.http.allowance import CALLS_A_MINUTE, Allowance
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.keys import SCOPES, Caller, drawn, now_utc
from connector_runtime.hosts.http.observed.observer import Observer
from connector_runtime.hosts.registrar import Registrar
from connector_runtime.hosts.subscribed import delivered
from connector_runtime.store import Location
from connector_runtime.store.file import Failure
from connector_runtime.store.tenants import Tenants
from connector_runtime.values import Problem, did_you_mean

FIRST = "main"
"""The tenant that a host begins with: its things lie where the command line has them too."""

LOOK_FOR_TENANTS_S = 10
"""Between two looks for tenants whose subscribers are to be brought something."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

FIRST_KEY = "first key"
"""What each tenant's first key is called."""

logger = logging.getLogger("connector_runtime")


@dataclass
class Open:
    """A tenant's things, what lets its webhooks in, and what brings its events to subscribers."""

    home: Home
    receiver: Receiver
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Task[None] | None = None


class Host:
    """Opens the homes of tenants when they are needed first, and closes them together."""

    def __init__(
        self, connector: Connector, data_dir: Location, program: str, *, local: bool, observer: Observer | None = None
    ) -> None:
        """`local`: only this machine reaches it, so that its users may name addresses on it. `observer` hears of runs
        and deliveries.
        """
        self.observer = Observer() if observer is None else observer
        self.connector, self.data_dir, self.program, self.local = connector, data_dir, program, local
        self.tenants = Tenants(tenants_file(data_dir))
        self.allowance = Allowance(CALLS_A_MINUTE)
        self._open: dict[str, Open] = {}
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
            arrived = partial(self.observer.arrived, tenant)
            receiver = Receiver(self.connector, events_file(directory), Rules(), heard=arrived, tell=logger.warning)
            opened = self._open[tenant] = Open(home, receiver)
            sending = self._send(opened)  # not a part of the request that came first
            opened.sending = asyncio.create_task(sending, context=Context())
        return self._open[tenant]

    def at_work(self) -> Iterator[tuple[str, int, int]]:
        """Each tenant that is open, how many runs are being carried out for it, and how many wait for their turn."""
        for tenant, opened in list(self._open.items()):
            yield tenant, opened.home.busy, opened.home.waiting

    def receiver(self, tenant: str) -> Receiver | None:
        """What lets a tenant's webhooks in; None where there is no such tenant."""
        return self.opened(tenant).receiver if tenant in self.tenants.names() else None

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
        """Open whoever has had subscribers, though nobody asks for them: what waits for those is brought, also what
        another instance has begun. Until told to stop.
        """
        while not stopping.is_set():
            try:
                for tenant in self.tenants.names():
                    if tenant not in self._open and outbox_file(self.directory(tenant)).exists():
                        self.opened(tenant)
                    await asyncio.sleep(0)  # there may be many
            except (ConnectorError, Failure) as wrong:
                logger.warning("tenants cannot be looked for: %s", wrong)
            await told_or_after(stopping, LOOK_FOR_TENANTS_S)

    async def stop_with(self, stopping: asyncio.Event) -> None:
        """Let what follows something live, or reads a list, end when the host is told to stop; a run goes on."""
        await stopping.wait()
        self.stopping.set()

    async def close(self) -> None:
        """Bring to an end what is being done, and let go of everything."""
        for each in self._open.values():
            each.stopping.set()
        for each in self._open.values():
            if each.sending is not None:
                await each.sending
            await each.receiver.close()
            await each.home.close()
        self._open.clear()
        self.tenants.close()

    async def _send(self, opened: Open) -> None:
        """Bring events to the tenant's subscribers, as long as the host is open, whatever goes wrong meanwhile."""
        home = opened.home
        own = home.connector, home.data_dir, home.program
        await delivered(*own, opened.stopping, tell=logger.warning, complain=logger.error)


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
