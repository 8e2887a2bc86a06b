"""What the audit has: what was done and what was refused, by which key, about what; and not what was looked at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.audit import Refusals
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.hosts.http.pages.site import Site
from connector_runtime.store import tenants as module
from connector_runtime.values import Json, as_text
from tests.connector_runtime.hosts.http.hosting import OWN, Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND
from tests.connector_runtime.hosts.http.test_seen import browser, id_of

PLACE = "/v1/actions/lend_book"
FORM = {"connection": "sandbox", "/member_id": "7", "/book_code": "B-1"}
CHOICES = {"field": "member_id"}


def lines(api: Hosted) -> list[tuple[str, str, int]]:
    """What the audit says, the first first."""
    return [(each["what"], each["about"], each["status"]) for each in api.host.tenants.audit("main", 2**63 - 1, 500)][
        ::-1
    ]


async def test_what_is_done_is_noted_with_its_key(api: Hosted) -> None:
    given: list[Json] = [LEND, {"input": {}}]
    ran = [(await api("POST", f"{PLACE}/run", body)).json() for body in given]
    await api("DELETE", "/v1/connections/village")
    assert lines(api) == [
        ("run_lend_book", ran[0]["run_id"], 200),
        ("run_lend_book", ran[1]["run"]["run_id"], 422),
        ("forget_connection", "village", 404),
    ]
    told = (await api("GET", "/v1/audit")).json()["items"]
    assert {line["key_id"] for line in told} == {id_of(api.key)}
    page = (await api("GET", "/v1/audit?limit=2")).json()
    assert [len(page["items"]), page["next"]] == [2, told[1]["id"]]
    assert len((await api("GET", f"/v1/audit?before={page['next']}")).json()["items"]) == 1


async def test_it_says_which_key_and_which_run(api: Hosted) -> None:
    made = (await api("POST", "/v1/keys", {"name": "n", "scopes": ["read"]})).json()["id"]
    new = (await api("POST", f"/v1/keys/{made}/rotate", {})).json()["id"]
    await api("DELETE", f"/v1/keys/{new}")
    rows = await api("POST", "/v1/actions/list_loans/rows", {"input": {}})
    assert lines(api) == [
        ("make_key", made, 201),
        ("rotate_key", f"{made} {new}", 201),
        ("revoke_key", new, 204),
        ("rows_list_loans", rows.headers["run-id"], 200),
    ]


async def test_what_only_looks_is_not_noted(api: Hosted) -> None:
    assert (await api("POST", f"{PLACE}/plan", LEND)).status_code == 200
    assert (await api("POST", f"{PLACE}/plan", {"input": {}})).status_code == 422
    assert (await api("POST", f"{PLACE}/choices", CHOICES)).status_code < 500
    assert (await api("GET", "/v1/runs/none")).status_code == 404
    assert lines(api) == []


async def test_on_a_page_only_what_is_run_is_noted(api: Hosted) -> None:
    app = application(api.host, Site(api.host).routes())
    headers = OWN | browser(api, api.key)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host", headers=headers) as page:
        for more in ({"do": "preview"}, {"list": "/member_id", "do": "run"}, {"more": "/book_code"}, {}):
            assert (await page.post("/actions/lend_book", data=FORM | more)).status_code == 200
        assert lines(api) == []
        ran = await page.post("/actions/lend_book", data=FORM | {"do": "run"})
    run_id = ran.headers["location"].removeprefix("/runs/")
    assert lines(api) == [("page_done", f"lend_book {run_id}", 303)]


async def test_what_a_key_is_not_for_is_noted_and_not_without_end(api: Hosted) -> None:
    key, other = api.made("read"), api.made("run", actions=["list_loans"])
    assert (await api("POST", f"{PLACE}/run", LEND, key=key)).status_code == 403
    assert (await api("POST", f"{PLACE}/run", LEND, key=other)).status_code == 403
    assert (await api("GET", "/v1/keys", key=key)).status_code == 403
    assert (await api("POST", f"{PLACE}/run", {"inputs": {}}, key=key)).status_code == 403
    assert lines(api) == [
        ("run_lend_book", "", 403),
        ("run_lend_book", "", 403),
        ("list_keys", "", 403),
        ("run_lend_book", "", 403),
    ]
    api.host.refusals = Refusals(2)
    for _ in range(5):
        assert (await api("POST", f"{PLACE}/run", LEND, key=key)).status_code == 403
    assert len(lines(api)) == 6
    assert (await api("POST", f"{PLACE}/run", {"inputs": {}})).status_code == 422
    assert (await api("POST", f"{PLACE}/run", LEND)).status_code == 200
    assert [status for _, _, status in lines(api)[6:]] == [422, 200]


async def test_a_page_that_a_key_is_not_for_is_noted_too(api: Hosted) -> None:
    app = application(api.host, Site(api.host).routes())
    headers = OWN | browser(api, api.made("read"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://host", headers=headers) as page:
        assert (await page.post("/actions/lend_book", data=FORM | {"do": "run"})).status_code == 403
        assert (await page.get("/subscribers")).status_code == 403
        assert (await page.get("/runs/none")).status_code == 404
    assert lines(api) == [("page_done", "lend_book", 403), ("page_subscribers", "", 403)]


async def test_a_line_is_kept_for_400_days(api: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)

    def note(what: str, days: int) -> None:
        at = as_text(now_utc() - timedelta(days=days))
        line: list[Json] = [at, "x", what, "", 200, ""]
        api.host.tenants.note("main", line)

    for number in range(3):
        note(f"old {number}", 402)
    note("young", 399)
    assert [what for what, _, _ in lines(api)] == ["young"]
    before = api.host.tenants._connection.execute("SELECT count(*) FROM audit").fetchone()[0]
    note("another", 0)
    note("one more", 0)
    kept = api.host.tenants._connection.execute("SELECT count(*) FROM audit").fetchone()[0]
    assert (before, kept) == (4, 3), "those that are too old do not stay on the disk"


async def test_nobody_fills_the_audit_with_names_that_he_asks_for(api: Hosted, tmp_path: Path) -> None:
    await api("DELETE", f"/v1/connections/{'x' * 5000}")
    ((_, about, _),) = lines(api)
    assert len(about) == 300
