"""How the tenants of a host stand, looked up whenever the metrics are asked for: in memory, and in their files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import closing

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.directories import events_file, outbox_file, tenants_file
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.observed.metrics import EVENTS, PARKED, RUNNING, STOPPED, TO_DELIVER, WAITING, Row
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.file import Failure
from connector_runtime.store.outbox import Outbox
from connector_runtime.store.tenants import Tenants

logger = logging.getLogger("connector_runtime")


def standing(host: Host) -> list[Row]:
    """Of each tenant: what runs, what waits, what has arrived. Opens files of its own: for any thread."""
    rows: list[Row] = []
    for tenant, running, waiting in host.at_work():
        rows += [(RUNNING, tenant, (), running), (WAITING, tenant, (), waiting)]
    with closing(Tenants(tenants_file(host.data_dir))) as tenants:
        names = tenants.names()
    for tenant in names:
        directory = host.directory(tenant)
        rows += _tried(_events, tenant, events_file(directory))
        rows += _tried(_deliveries, tenant, outbox_file(directory))
    return rows


def _tried(read: Callable[[str, Location], Iterable[Row]], tenant: str, file: Location) -> list[Row]:
    """What is in a file; nothing where it is not there, or cannot be read: the rest is told all the same."""
    if not file.exists():
        return []
    try:
        return list(read(tenant, file))
    except (ConnectorError, Failure) as wrong:
        logger.warning("the metrics lack a file: %s", wrong)
        return []


def _events(tenant: str, file: Location) -> Iterable[Row]:
    with closing(Events(file)) as events:
        for each in events.counts():
            yield EVENTS, tenant, (each["event"], each["what"]), each["number"]


def _deliveries(tenant: str, file: Location) -> Iterable[Row]:
    with closing(Outbox(file)) as outbox:
        for each in outbox.standings().values():
            yield TO_DELIVER, tenant, (), each.waiting
            yield PARKED, tenant, (), each.parked
            yield STOPPED, tenant, (), each.stopped is not None
