"""How the connection of a session is opened: the sandbox, one that is kept, or one that a program brings."""

from __future__ import annotations

import importlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from connector_runtime.connections import Line, guarded, stays_here
from connector_runtime.connections.addresses import parted
from connector_runtime.definition import Connector
from connector_runtime.errors import DefinitionError, InvalidInput
from connector_runtime.hosts.directories import SANDBOX, connections_file, events_file, limits_file
from connector_runtime.store import Location
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Problem, Send

if TYPE_CHECKING:
    from connector_runtime.connections.access import Access
    from connector_runtime.connections.budgets import Budget
    from connector_runtime.connections.kept import Kept
    from connector_runtime.connections.safe import Safe
    from connector_runtime.connections.sealing import Keys

Connected: TypeAlias = tuple[Connection, Line]
"""Where requests go, and the way there."""


@asynccontextmanager
async def connected(
    connector: Connector,
    wanted: str | Connection,
    *,
    data_dir: Location,
    program: str,
    tell: Callable[[str], None] | None = None,
) -> AsyncIterator[Connected]:
    """The connection wanted, by its name or as it is, open as long as the block runs. Raises InvalidInput.

    `tell` hears of waits for the platform's limits and for access.
    """
    agent = agent_of(connector)
    if isinstance(wanted, Connection):
        connection = guarded(wanted)
        async with open_transport(connection, agent) as send, budgets(connector, connection, data_dir, tell) as limited:
            yield connection, Line(send, budget=limited.calls, secrets=_brought(wanted))
    elif wanted == SANDBOX:
        site = open_sandbox(connector, data_dir)
        try:
            connection = Connection(SANDBOX, site.base_url, site.headers, site.app)
            async with open_transport(connection, agent) as send:
                yield connection, Line(send)
        finally:
            site.close()
    else:
        with safe_in(data_dir, program, of=wanted) as safe:
            kept = safe.get(wanted)
            connection = guarded(
                Connection(kept.name, kept.base_url, allow_assumed=kept.allow_assumed, limits=kept.limits)
            )
            async with (
                open_transport(connection, agent) as send,
                budgets(connector, connection, data_dir, tell) as limited,
                _credentials(connector, safe, kept, send, limited.tokens, tell) as access,
            ):
                yield connection, Line(send, access=access, budget=limited.calls)


@asynccontextmanager
async def _credentials(
    connector: Connector,
    safe: Safe,
    kept: Kept,
    send: Send,
    budget: Budget | None,
    tell: Callable[[str], None] | None,
) -> AsyncIterator[Access]:
    from connector_runtime.connections.access import Access
    from connector_runtime.connections.signin import SignIn

    identity = connector.identity
    scheme = identity.connection.authentication.scheme
    access = Access(safe, kept, SignIn(identity, send, budget), scheme, tell=tell)
    try:
        yield access
    finally:
        await access.close()


class Limited(NamedTuple):
    """What a connection's platform takes; None where nothing limits it."""

    calls: Budget | None = None
    tokens: Budget | None = None


@asynccontextmanager
async def budgets(
    connector: Connector, connection: Connection, data_dir: Location, tell: Callable[[str], None] | None
) -> AsyncIterator[Limited]:
    """A connection's budgets: its own windows, or those of the connector, which are for real platforms.

    Calls are counted by the platform's address, however it is written: all connections to it share its limits.
    """
    declared, here = connector.identity.limits, stays_here(connection)
    windows = connection.limits if connection.limits is not None else [] if here else declared.windows
    token_windows = [] if here else declared.token
    if not windows and not token_windows:
        yield Limited()
        return
    from connector_runtime.connections.budgets import Budget
    from connector_runtime.store import Calls

    calls = Calls(limits_file(data_dir))
    platform = str(parted(connection.base_url) or connection.base_url)
    named = {platform: windows, f"{platform} tokens": token_windows}
    made = [Budget(name, each, calls, declared, tell=tell) if each else None for name, each in named.items()]
    try:
        yield Limited(*made)
    finally:
        for budget in filter(None, made):
            await budget.close()
        calls.close()


@contextmanager
def safe_in(data_dir: Location, program: str, *, of: str | None = None) -> Iterator[Safe]:
    """The connections that a data directory keeps. `of`: the one that is wanted; where there is none, none is made."""
    from connector_runtime.connections.safe import Safe, unknown_connection
    from connector_runtime.store import Connections

    file = connections_file(data_dir)
    if of is not None and not file.exists():
        raise unknown_connection(of, [])
    store = Connections(file)
    try:
        yield Safe(store, keys_of(data_dir, program))
    finally:
        store.close()


def keys_of(data_dir: Location, program: str) -> Keys:
    """The keys with which secrets are sealed there. Raises InvalidInput for a database without one."""
    from connector_runtime.connections.keys import place_of
    from connector_runtime.connections.sealing import Keys

    return Keys(place_of(program, data_dir))


def check_connection(data_dir: Location, program: str, name: str) -> None:
    """Raises InvalidInput for a connection that is not there."""
    if name != SANDBOX:
        with safe_in(data_dir, program, of=name) as safe:
            safe.public_of(name)


def forget(data_dir: Location, program: str, name: str) -> None:
    """Forget a connection and its secrets, and let its webhooks in no longer. Raises InvalidInput without one, and for
    one that has webhooks on its platform, which nobody could remove then.
    """
    from connector_runtime.store.events import Events

    with safe_in(data_dir, program, of=name) as safe:
        safe.public_of(name)
        if events_file(data_dir).exists():
            _check_not_registered(data_dir, name)
            events = Events(events_file(data_dir))
            events.close_endpoint(name)
            events.close()
        safe.remove(name)


def _check_not_registered(data_dir: Location, name: str) -> None:
    from connector_runtime.store.registrations import Registrations

    registrations = Registrations(events_file(data_dir))
    found = registrations.of(name)
    if not found:  # nobody could look for those that were there
        registrations.forget(name)
    registrations.release()
    if found:
        said = f"{name} has webhooks on {found[0].platform}, which are removed with it or never"
        fix = f"First: webhooks remove {name}. Or, to leave them there: webhooks remove {name} --keep-on-platform."
        raise InvalidInput([Problem("name", said, "Name")], fix=fix)


def agent_of(connector: Connector) -> str:
    """How the connector names itself to platforms."""
    return f"{connector.identity.key}-connector/{connector.identity.version}"


def open_sandbox(connector: Connector, data_dir: Location, **options: Any) -> Any:
    """The connector's embedded stand-in, with its state in the data directory. Raises InvalidInput without one."""
    if connector.identity.sandbox is None:
        raise InvalidInput([Problem("connection", f"{connector.identity.title} has no sandbox", "Connection")])
    if not isinstance(data_dir, Path):
        raise InvalidInput(
            [Problem("connection", "the sandbox lives in a directory, and not in a database", "Connection")],
            fix="Start it beside (`sandbox`), and connect to its address.",
        )
    module, _, name = connector.identity.sandbox.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as wrong:
        place = connector.folder / "connector.yaml"
        raise DefinitionError(
            [f"{place}:1:1: the sandbox {connector.identity.sandbox} is not there: {wrong}"]
        ) from wrong
    try:
        return factory(data_dir / SANDBOX, **options)
    except OSError as wrong:
        problem = Problem("data_dir", f"the sandbox cannot use it ({wrong})", "Data directory")
        raise InvalidInput([problem], fix="Name a directory that you may write to.") from wrong


NO_SECRETS = ("accept", "accept-charset", "accept-encoding", "accept-language", "content-type", "user-agent")
"""Headers whose values anybody may see."""


PARTED = re.compile(r"[\s;,]+")
"""Between the parts of a header's value: `Scheme value`, `name=value; name=value`."""


def _brought(connection: Connection) -> frozenset[str]:
    """The secrets of a connection that a program brings: its headers' values, whole and in their parts, as a platform
    may repeat either. What stands alone in Authorization is one however short it is.
    """
    from connector_runtime.connections.concealed import SHORTEST_SECRET

    found: set[str] = set()
    for name, value in connection.headers.items():
        if name.lower() in NO_SECRETS:
            continue
        value = value.strip()
        behind = value.partition(" ")[2].strip()
        parts = PARTED.split(value)
        texts = [value, behind, *parts, *(part.partition("=")[2].strip('"') for part in parts)]
        found |= {text for text in texts if len(text) >= SHORTEST_SECRET}
        if name.lower() == "authorization":
            found |= {behind or value} - {""}
    return frozenset(found)
