"""A host of the library, in process, and those who call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.host import Host, add_tenant, first_key
from connector_runtime.hosts.http.keys import Scope, drawn, now_utc

OWN = {"origin": "http://host"}
"""What a browser says of a form that is the host's own."""


@dataclass
class Hosted:
    """A host, and its application's client."""

    host: Host
    client: httpx.AsyncClient
    key: str

    async def __call__(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> Any:
        """The answer to one request, with the first tenant's first key unless another is given."""
        shown = {"authorization": f"Bearer {self.key if key is None else key}"} | headers
        return await self.client.request(method, path, json=body, headers=shown)

    def tenant(self, name: str) -> str:
        """Another tenant's first key."""
        return add_tenant(self.host.tenants, name)

    def made(self, *scopes: Scope, tenant: str = "main", **only: Any) -> str:
        """Another key."""
        shown, key = drawn(tenant, "made", scopes, now=now_utc(), **only)
        self.host.tenants.add_key(key)
        return shown


@asynccontextmanager
async def hosted(toy: Connector, data_dir: Path, **options: Any) -> AsyncIterator[Hosted]:
    host = Host(toy, data_dir, "library", local=True)
    key = first_key(host.tenants)
    assert key is not None
    app = application(host, **options)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host") as client:
        try:
            yield Hosted(host, client, key)
        finally:
            await host.close()
