"""What a key must be for, to see a page with it."""

from __future__ import annotations

import re

import httpx
import pytest

from connector_runtime.hosts.http.host import Host, first_key
from connector_runtime.hosts.http.keys import SCOPES, Scope, drawn, let_in, now_utc
from connector_runtime.hosts.http.pages import site
from tests.connector_runtime.hosts.http.hosting import OWN

PAGES = [(method, path, scope) for method, path, scope, _ in site.PAGES]
PLACES = {"action": "list_loans", "run_id": "x", "event": "loan.made", "name": "sandbox"}


def enter(host: Host, stranger: httpx.AsyncClient, *scopes: Scope, actions: list[str] | None = None) -> str:
    """Let a browser in with a key for these scopes."""
    first_key(host.tenants)
    shown, key = drawn("main", "some", scopes, actions=actions, now=now_utc())
    host.tenants.add_key(key)
    stranger.cookies.set("session", let_in(host.tenants, key, now_utc()))
    return shown


@pytest.mark.parametrize(("method", "path", "scope"), PAGES)
async def test_each_page_is_for_those_whose_key_reads_and_is_for_it(
    host: Host, stranger: httpx.AsyncClient, method: str, path: str, scope: Scope
) -> None:
    asked = re.sub(r"{(\w+)}", lambda found: PLACES[found[1]], path)
    for lacking in {"read", scope}:
        enter(host, stranger, *(each for each in SCOPES if each != lacking))
        answer = await stranger.request(method, asked, headers=OWN)
        assert (answer.status_code, f"not for `{lacking}`" in answer.text) == (403, True), lacking
    enter(host, stranger, "read", scope)
    answer = await stranger.request(method, asked, headers=OWN)
    assert f"not for `{scope}`" not in answer.text and "not for `read`" not in answer.text


async def test_nobody_signs_in_with_a_key_that_no_page_is_for(host: Host, stranger: httpx.AsyncClient) -> None:
    key = enter(host, stranger, "connect")
    answer = await stranger.post("/enter", data={"key": key}, headers=OWN)
    assert answer.status_code == 403 and "not for `read`" in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_form_shows_no_run_of_an_action_that_a_key_is_not_for(host: Host, stranger: httpx.AsyncClient) -> None:
    enter(host, stranger, "read", "run", actions=["list_loans"])
    session = await host.opened("main").home.session("sandbox")
    lent = await session.run("lend_book", {"member_id": 7, "book_code": "B-1"})
    assert (await stranger.get(f"/actions/list_loans?from={lent.run_id}")).status_code == 404
    assert (await stranger.get(f"/runs/{lent.run_id}")).status_code == 404
    assert lent.run_id not in (await stranger.get("/runs")).text
