"""Subscribers of tenants of whom nobody asks anything, as after the host was started again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.host import Host, add_tenant
from connector_runtime.hosts.subscribed import subscribers_in
from connector_runtime.store import Location
from connector_runtime.store.file import Failure
from tests.connector_runtime.events.subscribing import desk
from tests.connector_runtime.events.test_dispatch import Taker, keep, subscribed, until
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.served import serving


async def test_what_waits_for_a_tenants_subscribers_is_brought_though_nobody_asks(
    toy: Connector, location: Location
) -> None:
    taker, stopping = Taker(), asyncio.Event()
    host = Host(toy, location, "library", local=True)
    for name in ("acme", "nobody"):
        add_tenant(host.tenants, name)
    with serving(taker.app) as url:
        subscribed(host.directory("acme"), f"{url}/in")
        keep(host.directory("acme"), 1)
        following = asyncio.create_task(host.follow_tenants(stopping))
        await until(lambda: taker.cursors == [1])
        assert [name for name, _, _ in host.at_work()] == ["acme"], "nothing is opened without need"
        stopping.set()
        await following
        await host.close()


async def test_tenants_are_looked_for_again_where_what_is_kept_did_not_answer(
    toy: Connector, location: Location, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    host, stopping, looked = Host(toy, location, "library", local=True), asyncio.Event(), list[int]()
    monkeypatch.setattr("connector_runtime.hosts.http.host.LOOK_FOR_TENANTS_S", 0.01)

    def names() -> list[str]:
        looked.append(len(looked))
        if len(looked) == 1:
            raise Failure("away")
        stopping.set()
        return []

    monkeypatch.setattr(host.tenants, "names", names)
    await asyncio.wait_for(host.follow_tenants(stopping), 10)
    await host.close()
    assert looked == [0, 1] and "tenants cannot be looked for: away" in caplog.text


async def test_a_subscriber_that_was_not_subscribed_to_the_end_is_told_apart(api: Hosted, tmp_path: Path) -> None:
    with subscribers_in(tmp_path, "library") as subscribers:
        subscribers.add(desk("half"))
    (half,) = (await api("GET", "/v1/subscribers")).json()["items"]
    assert half["stopped"] == "it was not subscribed to the end: remove it, and subscribe it again"
