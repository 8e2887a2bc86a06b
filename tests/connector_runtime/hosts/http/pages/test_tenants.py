"""Tenants on the pages: none sees or changes what is another's, whichever page is asked; and there are no other routes
than those which tests ask as a stranger.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.application import application, operations
from connector_runtime.hosts.http.host import add_tenant
from connector_runtime.hosts.http.pages import site
from connector_runtime.hosts.http.pages.site import Site
from tests.connector_runtime.events.subscribing import URL
from tests.connector_runtime.hosts.http.hosting import OWN, Hosted, hosted
from tests.connector_runtime.hosts.http.test_tenants import LISTS, MARK, furnished, listed

PAGES = [(method, path) for method, path, _, _ in site.PAGES]
NOBODYS = {
    *("/v1/openapi.json", "/errors", "/livez", "/readyz"),  # the same for everybody
    *("/hooks", "/connected", "/connected/{tenant}", "/connected/{tenant}/here"),  # each has its test
    *("/enter", "/leave", "/static", "/static/icon.svg", "/{path:path}"),
}
"""Routes that show nothing of any tenant."""

POSTED = {
    "/actions/{action}": {"/member_id": "7", "/book_code": "B-2", "connection": "sandbox", "once": "k-1", "do": "run"},
    "/connections": {"name": MARK, "method": "none"},
    "/connections/{name}": {"do": "forget"},
    "/subscribers": {"name": MARK, "url": URL, "event": "loan.made"},
    "/subscribers/{name}": {"do": "remove"},
    "/events": {"cursor": "1", "subscriber": MARK},
}


@pytest.fixture
async def api(toy: Connector, tmp_path: Path) -> AsyncIterator[Hosted]:
    async with hosted(toy, tmp_path) as opened:
        yield opened


@pytest.fixture
async def second(api: Hosted) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of another tenant, who may do everything."""
    app = application(api.host, Site(api.host).routes())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://host", headers=OWN) as client:
        key = add_tenant(api.host.tenants, "second")
        assert (await client.post("/enter", data={"key": key})).status_code == 303
        yield client


def test_every_route_is_one_that_is_asked_as_a_stranger(api: Hosted) -> None:
    asked = {each.path for each in operations(api.host)} | {path for _, path in PAGES}
    assert paths(application(api.host, Site(api.host).routes()).routes) == asked | NOBODYS


@pytest.mark.parametrize(("method", "path"), PAGES)
async def test_another_tenants_pages_show_nothing_of_it(
    api: Hosted, second: httpx.AsyncClient, tmp_path: Path, method: str, path: str
) -> None:
    places = await furnished(api, tmp_path) | {"action": "lend_book", "event": "loan.made"}
    before = {name: await listed(api, name) for name in LISTS}
    asked = re.sub(r"{(\w+)}", lambda found: places[found[1]], path)
    query = {"field": "/book_code", "after": "0"} if method == "GET" else None
    answer = await second.request(method, asked, params=query, data=POSTED.get(path))
    assert answer.status_code < 500
    told = answer.text + str(answer.headers)
    assert places["run_id"] not in told.replace(asked, "").replace(f"`{places['run_id']}`", "")
    if MARK not in POSTED.get(path, {}).values() or method == "GET":  # else it is what was typed in the form
        assert MARK not in told.replace(asked, "").replace(f"`{MARK}`", "")
    if "{run_id}" in path or "{name}" in path:
        assert answer.status_code == 404, answer.text
    assert {name: await listed(api, name) for name in LISTS} == before


async def test_its_own_pages_show_them(api: Hosted, second: httpx.AsyncClient, tmp_path: Path) -> None:
    places = await furnished(api, tmp_path)
    assert (await second.post("/enter", data={"key": api.key})).status_code == 303
    for path, shown in (("/runs", places["run_id"]), (f"/runs/{places['run_id']}", MARK), ("/connections", MARK)):
        answer = await second.get(path)
        assert answer.status_code == 200 and shown in answer.text, path


async def test_a_consent_that_another_tenant_brings_is_nobodys(api: Hosted) -> None:
    api.tenant("second")
    places = [tenant + here for tenant in ("main", "second", "third") for here in ("", "/here")]
    answers = [await api.client.get(f"/connected/{place}?state=x&code=y") for place in places]
    assert [each.status_code for each in answers[1:]] == [answers[0].status_code] * 5
    assert {each.text for each in answers} == {answers[0].text} and answers[0].status_code == 400


def paths(routes: Iterable[BaseRoute]) -> set[str]:
    found = {each.path for each in routes if isinstance(each, Route | Mount)}
    assert len(list(routes)) == sum(isinstance(each, Route | Mount) for each in routes)
    return found
