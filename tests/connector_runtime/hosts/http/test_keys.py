"""Keys: who is let in, for what, and for how long."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts.http import keys
from connector_runtime.hosts.http.keys import SCOPES, caller, now_utc
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.values import as_text
from tests.connector_runtime.hosts.http.hosting import Hosted

LEND = {"input": {"member_id": 7, "book_code": "B-1"}}


async def test_nobody_is_let_in_without_a_good_key(api: Hosted) -> None:
    known = api.key.split("_")[1]
    for shown in ("", "x", f"key_{known}_{'A' * 43}", f"key_{'0' * 12}_{'A' * 43}", api.key[:-1], api.key + "A"):
        answer = await api("GET", "/v1/actions", key=shown)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_key"), shown
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await api.client.get("/v1/actions")).status_code == 401
    basic = await api.client.get("/v1/actions", headers={"authorization": f"Basic {api.key}"})
    assert basic.status_code == 401
    assert (await api("GET", "/v1/actions")).status_code == 200


async def test_a_key_is_for_what_it_says(api: Hosted) -> None:
    tried: dict[str, tuple[str, str, Any]] = {
        "read": ("GET", "/v1/runs", None),
        "run": ("POST", "/v1/actions/list_loans/run", {"input": {}}),
        "connect": ("GET", "/v1/connection-methods", None),
        "admin": ("GET", "/v1/keys", None),
    }
    for scope in SCOPES:
        key = api.made(scope)
        for needed, request in tried.items():
            answer = await api(*request, key=key)
            assert (answer.status_code == 403) is (needed != scope), (scope, needed, answer.text)
            if needed != scope:
                assert needed in answer.json()["title"]


async def test_a_key_for_some_actions_runs_no_others(api: Hosted) -> None:
    key = api.made("read", "run", actions=["list_loans"])
    assert [each["key"] for each in (await api("GET", "/v1/actions", key=key)).json()["items"]] == ["list_loans"]
    for path in ("lend_book", "lend_book/plan", "lend_book/run"):
        method, body = ("GET", None) if path == "lend_book" else ("POST", LEND)
        answer = await api(method, f"/v1/actions/{path}", body, key=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_key_for_some_connections_sees_no_others(api: Hosted) -> None:
    run = (await api("POST", "/v1/actions/lend_book/run", LEND)).json()
    key = api.made("read", "run", "connect", connections=["elsewhere"])
    assert (await api("GET", "/v1/runs", key=key)).json()["items"] == []
    assert (await api("GET", "/v1/connections", key=key)).json()["items"] == []
    for method, path, body in (
        ("GET", f"/v1/runs/{run['run_id']}", None),
        ("POST", f"/v1/runs/{run['run_id']}/resume", {}),
        ("POST", "/v1/actions/lend_book/run", LEND),
        ("POST", "/v1/connections/sandbox/test", {}),
        ("PUT", "/v1/connections/sandbox/webhooks", {}),
    ):
        answer = await api(method, path, body, key=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown"), path
    assert (await api("GET", "/v1/subscribers", key=key)).status_code == 403


async def test_a_key_that_is_for_some_things_only_makes_no_keys(api: Hosted) -> None:
    for key in (api.made("admin", connections=["sandbox"]), api.made("admin", actions=["list_loans"])):
        answer = await api("POST", "/v1/keys", {"name": "more", "scopes": ["admin"]}, key=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_a_key_is_made_rotated_and_ended(api: Hosted) -> None:
    made = (await api("POST", "/v1/keys", {"name": "n8n", "scopes": ["read"], "days": 3})).json()
    assert (await api("GET", "/v1/runs", key=made["key"])).status_code == 200
    listed = (await api("GET", "/v1/keys")).json()["items"]
    assert [each["name"] for each in listed] == ["first key", "n8n"]
    assert made["key"] not in str(listed) and made["key"].split("_", 2)[2] not in str(listed)
    rotated = (await api("POST", f"/v1/keys/{made['id']}/rotate", {})).json()
    for key in (made["key"], rotated["key"]):
        assert (await api("GET", "/v1/runs", key=key)).status_code == 200
    assert (await api("DELETE", f"/v1/keys/{made['id']}")).status_code == 204
    assert (await api("GET", "/v1/runs", key=made["key"])).status_code == 401
    assert (await api("GET", "/v1/runs", key=rotated["key"])).status_code == 200
    assert (await api("DELETE", "/v1/keys/000000000000")).status_code == 404
    assert (await api("POST", f"/v1/keys/{made['id']}/rotate", {})).status_code == 409


async def test_a_key_that_has_ended_is_not_rotated(api: Hosted) -> None:
    ended = api.made("read", expires_at="2026-01-01T00:00:00.000Z")
    answer = await api("POST", f"/v1/keys/{ended.split('_')[1]}/rotate", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "key_ended")
    assert len((await api("GET", "/v1/keys")).json()["items"]) == 2


def test_a_key_ends_at_its_time(api: Hosted) -> None:
    tenants, now = api.host.tenants, now_utc()
    shown, key = keys.drawn("main", "short", ["read"], expires_at=as_text(now + timedelta(hours=1)), now=now)
    tenants.add_key(key)
    assert caller(tenants, shown, now).tenant == "main"
    with pytest.raises(Declined):
        caller(tenants, shown, now + timedelta(hours=1, seconds=1))
    _, new = keys.drawn("main", "short", ["read"], now=now)
    tenants.rotate(key, new, as_text(now + timedelta(hours=24)))
    with pytest.raises(Declined):
        caller(tenants, shown, now + timedelta(hours=2))


def test_only_digests_of_keys_are_on_the_disk(api: Hosted, tmp_path: Path) -> None:
    on_disk = b"".join(each.read_bytes() for each in tmp_path.glob("tenants*"))
    assert api.key.split("_")[1].encode() in on_disk
    assert api.key.split("_", 2)[2].encode() not in on_disk
