"""The pages, without a browser: who is let in, what a form does, and what never happens."""

from __future__ import annotations

import httpx

from connector_runtime.hosts.http.host import Host, add_tenant, first_key
from tests.connector_runtime.hosts.http.hosting import OWN

LEND = {"/member_id": "7", "/book_code": "B-1", "connection": "sandbox", "once": "k-1", "do": "run"}


async def test_nobody_sees_a_page_without_being_let_in(stranger: httpx.AsyncClient, host: Host) -> None:
    first_key(host.tenants)
    for path in ("/", "/actions/lend_book", "/runs", "/connections", "/events", "/health", "/triggers/loan.made"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/enter"), path
    assert (await stranger.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"] == "/enter"
    wrong = await stranger.post("/enter", data={"key": "key_0_x"}, headers=OWN)
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers


async def test_a_form_runs_once_however_often_it_is_sent(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.get("/actions/lend_book")
    assert page.status_code == 200 and 'name="/member_id"' in page.text
    places = {(await browser.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"] for _ in range(3)}
    assert len(places) == 1
    assert len(host.opened("main").home.runs.search(limit=10)) == 1
    shown = await browser.get(places.pop())
    assert shown.status_code == 200 and "The change was made." in shown.text


async def test_a_preview_changes_nothing(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post("/actions/lend_book", data={**LEND, "do": "preview"}, headers=OWN)
    assert page.status_code == 200 and "Nothing was changed." in page.text and "/books/B-1/loans" in page.text
    assert host.opened("main").home.runs.search(limit=10) == []


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser: httpx.AsyncClient) -> None:
    given = {**LEND, "/book_code": "", "/member_id": "<seven>", "once": "k-2"}
    page = await browser.post("/actions/lend_book", data=given, headers=OWN)
    assert page.status_code == 422 and "&lt;seven&gt;" in page.text and "<seven>" not in page.text
    assert 'aria-invalid="true"' in page.text


async def test_another_sites_page_changes_nothing(browser: httpx.AsyncClient, host: Host) -> None:
    for headers in ({"origin": "https://evil.example"}, {}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        for path, data in (
            ("/actions/lend_book", LEND),
            ("/connections/sandbox", {"do": "webhooks"}),
            ("/leave", {}),
        ):
            answer = await browser.post(path, data=data, headers=headers)
            assert answer.status_code in (403, 500) and "other" not in answer.headers.get("location", ""), path
    assert host.opened("main").home.runs.search(limit=10) == []
    assert (await browser.get("/")).status_code == 200, "still let in"
    answer = await browser.post(
        "/v1/actions/lend_book/run", json={"input": {}}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 401, "a cookie is no key for what changes something"


async def test_another_tenants_run_is_not_there(browser: httpx.AsyncClient, host: Host) -> None:
    place = (await browser.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"]
    other = add_tenant(host.tenants, "other")
    await browser.post("/enter", data={"key": other}, headers=OWN)
    for path in (place, f"{place}/table.csv?path=/x", f"/actions/lend_book?from={place.rpartition('/')[2]}"):
        assert (await browser.get(path)).status_code == 404, path
    assert (await browser.post(f"{place}/resume", headers=OWN)).status_code == 404


async def test_every_page_holds_the_browser_to_a_strict_policy(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/actions/lend_book", "/runs", "/connections", "/events", "/health", "/nothing-here"):
        answer = await browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy and answer.headers["x-content-type-options"] == "nosniff"


async def test_who_leaves_is_let_in_no_longer(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/leave", headers=OWN)).headers["location"] == "/enter"
    assert (await browser.get("/")).headers["location"] == "/enter"
