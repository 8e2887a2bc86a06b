"""What a key for some connections, or for some actions, is told of the others: nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.kept import Kept
from connector_runtime.definition.connection import Window
from connector_runtime.hosts.cli.hosting import is_local
from connector_runtime.hosts.connected import safe_in
from connector_runtime.hosts.http.keys import Caller, let_in, now_utc
from connector_runtime.hosts.http.seen import budgets_of
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND

PAYROLL = "https://payroll.example.com"


def keep(directory: Path, name: str, base_url: str) -> None:
    with safe_in(directory, "library") as safe:
        safe.add(Kept(name=name, method="card", fields={}, base_url=base_url, limits=(Window(calls=10, seconds=10),)))


def id_of(key: str) -> str:
    return key.split("_")[1]


def browser(api: Hosted, key: str) -> dict[str, str]:
    """The cookie of a browser that was let in with a key."""
    known = api.host.tenants.key(id_of(key))
    assert known is not None
    return {"cookie": f"session={let_in(api.host.tenants, known, now_utc())}"}


async def test_nobody_ends_the_stay_of_another_tenants_browsers(api: Hosted) -> None:
    second = api.tenant("second")
    cookie = browser(api, api.key)
    assert (await api("DELETE", f"/v1/keys/{id_of(api.key)}", key=second)).status_code == 404
    assert (await api.client.get("/v1/runs", headers=cookie)).status_code == 200
    assert (await api("DELETE", f"/v1/keys/{id_of(api.key)}")).status_code == 204
    assert (await api.client.get("/v1/runs", headers=cookie)).status_code == 401


@pytest.mark.parametrize(
    ("host", "behind", "url", "local"),
    [
        ("127.0.0.1", (), None, True),
        ("127.0.0.1", (), "http://localhost:8436", True),
        ("127.0.0.1", ("127.0.0.1",), None, False),
        ("127.0.0.1", (), "https://connect.example.com", False),
        ("0.0.0.0", (), None, False),
    ],
)
def test_a_host_behind_a_proxy_is_not_for_its_own_machine_only(
    host: str, behind: tuple[str, ...], url: str | None, local: bool
) -> None:
    assert is_local(host, behind, url) is local


async def test_a_key_for_some_actions_reads_the_runs_of_no_others(api: Hosted) -> None:
    lent = (await api("POST", "/v1/actions/lend_book/run", LEND)).json()["run_id"]
    listed = (await api("POST", "/v1/actions/list_loans/run", {"input": {}})).json()["run_id"]
    key = api.made("read", "run", actions=["list_loans"])
    assert [each["run_id"] for each in (await api("GET", "/v1/runs", key=key)).json()["items"]] == [listed]
    counted = (await api("GET", "/v1/runs/counts", key=key)).json()["items"]
    assert [each["number"] for each in counted] == [1]
    assert (await api("GET", "/v1/runs?search=B-1", key=key)).json()["items"] == []
    assert (await api("GET", f"/v1/runs/{listed}", key=key)).status_code == 200
    for method, path in (("GET", ""), ("GET", "/live"), ("POST", "/resume")):
        answer = await api(method, f"/v1/runs/{lent}{path}", {} if method == "POST" else None, key=key)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown"), path


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/actions/lend_book/run", LEND | {"connection": "branch"}),
        ("POST", "/v1/actions/lend_book/plan", LEND | {"connection": "branch"}),
        ("POST", "/v1/connections", {"name": "branch", "method": "card", "fields": {}, "again": True}),
        ("POST", "/v1/connections/branch/test", {}),
        ("PUT", "/v1/connections/branch/webhooks", {}),
        ("GET", "/v1/connections", None),
    ],
)
async def test_a_key_for_one_connection_hears_no_name_of_another(
    api: Hosted, tmp_path: Path, method: str, path: str, body: Any
) -> None:
    keep(tmp_path, "payroll", PAYROLL)
    answer = await api(method, path, body, key=api.made("read", "run", "connect", connections=["branch"]))
    assert "payroll" not in answer.text
    assert answer.status_code == (200 if method == "GET" else 404), answer.text


async def test_budgets_are_told_of_platforms_that_a_key_has_a_connection_to(api: Hosted, tmp_path: Path) -> None:
    keep(tmp_path, "payroll", PAYROLL)
    keep(tmp_path, "branch", "https://branch.example.com")
    home = api.host.opened("main").home
    known = {key: api.host.tenants.key(id_of(key)) for key in (api.key, api.made("read", connections=["branch"]))}
    told = [{row["platform"] for row in budgets_of(home, Caller(each))} for each in known.values() if each is not None]
    assert told == [{PAYROLL, "https://branch.example.com"}, {"https://branch.example.com"}]
