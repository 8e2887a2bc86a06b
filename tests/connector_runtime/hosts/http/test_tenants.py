"""Tenants: none sees, changes or guesses what is another's, whichever operation is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.kept import Kept
from connector_runtime.definition import load
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.http.application import operations
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.operation import Operation
from tests.connector_runtime.events.subscribing import URL
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND
from tests.connector_runtime.workshop import TOY

MARK = "MARK-of-the-first"
LISTS = ("runs", "keys", "subscribers", "events", "connections")


def known(tmp_path: Path) -> list[Operation]:
    host = Host(load(TOY), tmp_path, "library", local=True)
    found = operations(host)
    host.tenants.close()
    return found


async def furnished(api: Hosted, tmp_path: Path) -> dict[str, str]:
    """Everything that a tenant can have, with a mark in it; what stands in the paths of operations."""
    lent = await api("POST", "/v1/actions/lend_book/run", {"input": {"member_id": 7, "book_code": MARK}})
    assert lent.status_code in (200, 422)
    assert (await api("PUT", "/v1/connections/sandbox/webhooks", {})).status_code == 201
    subscribed = {"name": MARK, "url": URL, "events": ["loan.made"]}
    assert (await api("POST", "/v1/subscribers", subscribed)).status_code == 201
    made = (await api("POST", "/v1/keys", {"name": MARK, "scopes": ["read"]})).json()
    keep(tmp_path, 1)
    with safe_in(tmp_path, "library") as safe:
        safe.add(Kept(name=MARK, method="card", fields={}, base_url="https://village.example.com"))
    return {"run_id": lent.json().get("run", lent.json())["run_id"], "key_id": made["id"], "name": MARK}


async def test_another_tenant_meets_nothing_of_it(api: Hosted, tmp_path: Path) -> None:
    """Each operation is asked with the ids of the first tenant's things, by the second, who may do everything."""
    places = await furnished(api, tmp_path)
    stranger = api.tenant("second")
    before = {name: await listed(api, name) for name in LISTS}
    assert all(MARK in text or "book_code" in text for name, text in before.items() if name != "runs")
    tried = 0
    for operation in known(tmp_path / "other"):
        if operation.answers.get(200) == "text/event-stream" and "{" not in operation.path:
            continue  # it waits for events of its own: tests/test_hosted_live.py
        path = re.sub(r"{(\w+)}", lambda found: places[found[1]], operation.path)
        answer = await api(operation.method, path, _body(operation), key=stranger)
        tried += 1
        told = re.sub(r'`[^`]*`|"about":"[^"]*"', "", answer.text)  # the names that it asked for itself
        assert MARK not in told and places["run_id"] not in told, operation.key
        if "{" in operation.path and operation.key not in ("let_webhooks_in",):
            assert answer.status_code == 404, (operation.key, answer.text)
    assert tried > 25
    after = {name: await listed(api, name) for name in before}
    assert after == before


async def test_nothing_is_told_of_a_thing_that_is_anothers(api: Hosted, tmp_path: Path) -> None:
    places = await furnished(api, tmp_path)
    stranger = api.tenant("second")
    own = (await api("GET", f"/v1/runs/{places['run_id']}", key=stranger)).json()
    nobodys = (await api("GET", "/v1/runs/20200101-000000-00000000", key=stranger)).json()
    strip = {"title"}
    assert {k: v for k, v in own.items() if k not in strip} == {k: v for k, v in nobodys.items() if k not in strip}


async def test_the_same_idempotency_key_is_each_tenants_own(api: Hosted) -> None:
    stranger = api.tenant("second")
    first = await api("POST", "/v1/actions/lend_book/run", LEND, **{"idempotency-key": "one"})
    second = await api("POST", "/v1/actions/lend_book/run", LEND, key=stranger, **{"idempotency-key": "one"})
    again = await api("POST", "/v1/actions/lend_book/run", LEND, **{"idempotency-key": "one"})
    ids = [each.json()["run_id"] for each in (first, second, again)]
    assert ids[0] == ids[2] != ids[1]


async def test_a_webhook_reaches_its_tenant_only(api: Hosted, tmp_path: Path) -> None:
    stranger = api.tenant("second")
    shown = (await api("PUT", "/v1/connections/sandbox/webhooks", {}, key=stranger)).json()
    assert "/hooks/second/" in shown["url"]
    elsewhere = shown["url"].replace("/hooks/second/", "/hooks/main/")
    auth = (shown["username"], shown["password"])
    for url, status in ((shown["url"], 400), (elsewhere, 404), (shown["url"].replace("second", "third"), 404)):
        assert (await api.client.post(url, content=b"{}", auth=auth)).status_code == status, url


@pytest.mark.parametrize("name", ["Main", "../main", "a/b", "", "x" * 41, "-a"])
async def test_a_tenants_name_is_no_path(api: Hosted, name: str) -> None:
    with pytest.raises(Exception, match="lower-case letters"):
        api.tenant(name)


async def listed(api: Hosted, name: str) -> str:
    """What is listed; how far a subscriber has been sent to meanwhile is no matter."""
    text: str = (await api("GET", f"/v1/{name}")).text
    return text if name != "subscribers" else text.partition('"cursor"')[0]


def _body(operation: Operation) -> Any:
    if operation.body is None:
        return None
    if operation.key == "subscribe":
        return {"name": "mine", "url": URL, "events": ["loan.made"]}
    if operation.key == "make_key":
        return {"name": "mine", "scopes": ["read"]}
    if operation.key == "connect":
        return {"name": MARK, "method": "none", "fields": {}}
    if operation.key == "replay_events":
        return {"cursors": [1]}
    return {"input": {"member_id": 7, "book_code": "B-2"}} if operation.input is not None else {}
