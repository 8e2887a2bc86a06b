"""Subscribers of tenants of whom nobody asks anything, as after the host was started again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.directories import outbox_file
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


async def test_a_tenant_that_cannot_be_opened_keeps_no_other_waiting(
    toy: Connector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("connector_runtime.hosts.http.host.LOOK_FOR_TENANTS_S", 0.05)
    monkeypatch.setattr("connector_runtime.hosts.http.host.IDLE_S", 0)
    host, stopping = Host(toy, tmp_path, "library", local=True), asyncio.Event()
    for name in ("aaa", "idle", "zzz"):
        add_tenant(host.tenants, name)
    broken = tmp_path / "tenants" / "aaa"
    broken.mkdir(parents=True)
    outbox_file(broken).write_bytes(b"this is no database" * 100)
    subscribed(host.directory("zzz"), "http://127.0.0.1:9/in")
    host.opened("idle")
    following = asyncio.create_task(host.follow_tenants(stopping))
    await until(lambda: [name for name, _, _ in host.at_work()] == ["zzz"])
    await asyncio.sleep(0.2)
    stopping.set()
    await following
    await host.close()
    assert caplog.text.count("what aaa has cannot be looked at") == 1


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
