"""A host with its pages, and who looks at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.host import Host, first_key
from connector_runtime.hosts.http.pages.site import Site
from tests.connector_runtime.hosts.http.hosting import OWN


@pytest.fixture
async def host(toy: Connector, tmp_path: Path) -> AsyncIterator[Host]:
    opened = Host(toy, tmp_path, "library", local=True)
    yield opened
    await opened.close()


@pytest.fixture
def site(host: Host) -> Site:
    return Site(host)


@pytest.fixture
async def stranger(host: Host, site: Site) -> AsyncIterator[httpx.AsyncClient]:
    app = application(host, site.routes())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        yield client


@pytest.fixture
async def browser(host: Host, stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """Somebody who is let in."""
    key = first_key(host.tenants)
    assert key is not None
    entered = await stranger.post("/enter", data={"key": key}, headers=OWN)
    cookie = entered.headers["set-cookie"].lower()
    assert entered.status_code == 303 and "httponly" in cookie and "samesite=strict" in cookie
    assert key not in cookie
    return stranger
