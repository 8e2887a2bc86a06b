"""What nobody needs is closed, and opened again when somebody does."""

from __future__ import annotations

import asyncio
import resource
import threading
from pathlib import Path

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http import host as module
from connector_runtime.hosts.http.descriptors import as_many_as_allowed
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.values import Problem
from tests.connector_runtime.events.sending import loan
from tests.connector_runtime.events.test_dispatch import Taker, keep, subscribed, until
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND
from tests.served import serving


def at_work(api: Hosted) -> list[str]:
    return [name for name, _, _ in api.host.at_work()]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0)


async def test_a_tenant_is_closed_and_nothing_of_it_is_lost(api: Hosted) -> None:
    key = api.tenant("acme")
    run_id = (await api("POST", "/v1/actions/lend_book/run", LEND, key=key)).json()["run_id"]
    webhook = (await api("PUT", "/v1/connections/sandbox/webhooks", {}, key=key)).json()
    before = api.host.opened("acme")
    await api.host.close_idle()
    assert at_work(api) == []
    assert (await api("GET", f"/v1/runs/{run_id}", key=key)).status_code == 200
    own = webhook["username"], webhook["password"]
    for number in (1, 2):
        delivery = loan(number, at=f"{now_utc():%d.%m.%Y %H:%M}")
        assert (await api.client.post(webhook["url"], content=delivery, auth=own)).status_code == 202
        assert len((await api("GET", "/v1/events", key=key)).json()["items"]) == number
        assert at_work(api) == ["acme"] and api.host.opened("acme") is not before
        await api.host.close_idle()


async def test_who_was_asked_a_moment_ago_stays_open(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_S", 600)
    assert (await api("GET", "/v1/runs", key=api.tenant("acme"))).status_code == 200
    await api.host.close_idle()
    assert at_work(api) == ["acme"]


async def test_the_first_tenant_stays_open(api: Hosted) -> None:
    assert (await api("GET", "/v1/runs")).status_code == 200
    await api.host.close_idle()
    assert at_work(api) == ["main"]


async def test_nothing_is_closed_while_something_is_done(api: Hosted) -> None:
    api.tenant("acme")
    home, ended = api.host.opened("acme").home, threading.Event()
    async with home.turn():
        await api.host.close_idle()
        assert at_work(api) == ["acme"]
    with home.place():
        await api.host.close_idle()
        assert at_work(api) == ["acme"]
    looking = asyncio.create_task(home.lookup.do(ended.wait))
    await until(lambda: home.lookup.busy == 1)
    await api.host.close_idle()
    assert at_work(api) == ["acme"]
    ended.set()
    await looking
    await until(lambda: home.lookup.busy == 0)
    await api.host.close_idle()
    assert at_work(api) == []


async def test_who_has_subscribers_stays_open_and_one_who_comes_later_is_sent_to(api: Hosted) -> None:
    api.tenant("acme")
    directory, taker = api.host.directory("acme"), Taker()
    opened = api.host.opened("acme")
    await api.host.close_idle()
    with serving(taker.app) as url:
        opened = api.host.opened("acme")
        subscribed(directory, f"{url}/in")
        keep(directory, 1)
        await until(lambda: taker.cursors == [1])
        await api.host.close_idle()
        assert api.host.opened("acme") is opened


async def test_a_file_that_cannot_be_opened_is_the_hosts_failure(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    def unusable(self: Host, tenant: str) -> None:
        raise InvalidInput([Problem("data_dir", "x cannot be used (too many open files)", "")], code="not_usable")

    monkeypatch.setattr(Host, "opened", unusable)
    answer = await api("GET", "/v1/runs")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_usable")
    assert answer.json()["whose"] == "administrator" and "retry-after" in answer.headers


async def test_what_cannot_be_opened_says_so_by_its_code(api: Hosted, tmp_path: Path) -> None:
    api.tenant("acme")
    (tmp_path / "tenants").write_text("in the way")
    answer = await api("GET", "/v1/runs", key=api.made("read", tenant="acme"))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_usable")


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(before, most) - 1, most))
        as_many_as_allowed()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))
