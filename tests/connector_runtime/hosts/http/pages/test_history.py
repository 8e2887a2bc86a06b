"""The page of runs: chosen, searched, page by page; again and to the end."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import httpx
import pytest

from connector_runtime.hosts.http.host import Host
from connector_runtime.values import Json
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.store.test_runs import document


def keep(host: Host, number: int, **changes: Json) -> str:
    run_id = f"20260101-090000-{number:08x}"
    moment = "2026-01-01T09:00:00.000Z"
    whole = {"started_at": moment, "status": "succeeded", "action": "lend_book", "connection": "sandbox", **changes}
    host.opened("main").home.runs.save(document(run_id, **whole))
    return run_id


def shown(page: httpx.Response) -> list[str]:
    return re.findall(r'<td><a href="/runs/([^"]+)">', page.text)


async def test_pages_go_on_with_what_was_chosen_and_go_back(browser: httpx.AsyncClient, host: Host) -> None:
    kept = [keep(host, number, effect="done" if number % 2 else "none") for number in range(120)]
    first = await browser.get("/runs?effect=done&search=&status=")
    assert shown(first) == kept[:19:-2] and "60 runs" in first.text
    link = unescape(re.findall(r'href="(/runs\?[^"]+)">Earlier runs', first.text)[0])
    assert "effect=done" in link
    second = await browser.get(link)
    assert shown(second) == kept[19::-2] and "Earlier runs" not in second.text
    assert 'href="/runs?effect=done">Latest' in second.text
    assert '<option value="done" selected>' in second.text


async def test_a_run_is_searched_by_what_was_filled_in(browser: httpx.AsyncClient, host: Host) -> None:
    seven = keep(host, 1, input={"member_id": 7, "book_code": "<B>"})
    keep(host, 2, input={"member_id": 8})
    page = await browser.get("/runs?search=member_id%3D7")
    assert shown(page) == [seven] and "1 found." in page.text and "&lt;B&gt;" in page.text and "<B>" not in page.text
    none = await browser.get("/runs?search=nobody")
    assert shown(none) == [] and "No run is like this." in none.text


async def test_what_is_no_filter_is_said_and_stays_to_be_corrected(browser: httpx.AsyncClient, host: Host) -> None:
    keep(host, 1)
    page = await browser.get("/runs?since=soon&action=lend_book")
    assert page.status_code == 422 and "`soon` is no day" in page.text and shown(page) == []
    assert '<option value="lend_book" selected>' in page.text
    assert (await browser.get("/runs?action=nothing")).status_code == 422


async def test_a_run_is_filled_in_again_and_nothing_is_run(browser: httpx.AsyncClient, host: Host) -> None:
    run_id = keep(host, 1, input={"member_id": 77, "book_code": "B-9"})
    for path in ("/runs", f"/runs/{run_id}"):
        assert f'href="/actions/lend_book?from={run_id}"' in (await browser.get(path)).text
    form = await browser.get(f"/actions/lend_book?from={run_id}")
    assert 'value="77"' in form.text and 'value="B-9"' in form.text
    assert len(host.opened("main").home.runs.search(limit=10)) == 1


async def test_only_a_run_that_is_open_can_be_resumed(browser: httpx.AsyncClient, host: Host) -> None:
    done = keep(host, 1, effect="done", input={"member_id": 7, "book_code": "B-1"})
    open_ = keep(
        host, 2, status="running", version=host.connector.identity.version, input={"member_id": 7, "book_code": "B-1"}
    )
    page = await browser.get("/runs")
    assert f"/runs/{open_}/resume" in page.text and f"/runs/{done}/resume" not in page.text
    answer = await browser.post(f"/runs/{open_}/resume", headers=OWN)
    assert answer.headers["location"] == f"/runs/{open_}"
    assert host.opened("main").home.runs.find(open_)[0]["status"] != "running"
    assert f"/runs/{open_}/resume" not in (await browser.get("/runs")).text


async def test_what_the_host_did_by_itself_is_shown_when_asked_for(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent, own = keep(host, 1), keep(host, 2, action="make_webhook")
    operation = replace(host.connector.actions["list_loans"], key="make_webhook", title="Make a webhook")
    monkeypatch.setitem(host.connector.operations, "make_webhook", operation)
    plain, whole = await browser.get("/runs"), await browser.get("/runs?host=too")
    assert shown(plain) == [lent] and "Make a webhook" not in plain.text
    assert shown(whole) == [own, lent] and "Make a webhook" in whole.text and 'value="too" checked' in whole.text
    assert (await browser.get("/runs?host=no")).status_code == 422


async def test_a_run_that_handed_its_rows_on_says_how_many(browser: httpx.AsyncClient, host: Host) -> None:
    run_id = keep(host, 1, action="list_loans", counts={"pages": 242, "records": 4832}, requests=[])
    page = (await browser.get(f"/runs/{run_id}")).text
    assert "4,832 rows on 242 pages" in page and "data pills" not in page


async def test_a_run_without_a_result_shows_no_empty_one(browser: httpx.AsyncClient, host: Host) -> None:
    failed = (await browser.get(f"/runs/{keep(host, 1, status='failed', output=None)}")).text
    assert "data pills" not in failed and "as JSON" not in failed
    made = (await browser.get(f"/runs/{keep(host, 2, output={'loan': {'id': 3}})}")).text
    assert "Result as data pills" in made and "Result as JSON" in made


async def test_a_page_of_rows_says_how_many_there_are_and_leads_to_the_next(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = {"loans": [{"id": 1}, {"id": 2}], "more": True, "total": 4832, "sorting": None}
    run_id = keep(host, 1, action="list_loans", input={"page": "3", "page_size": 2}, output=output)
    page = (await browser.get(f"/runs/{run_id}")).text
    assert "Found: rows 5–6 of 4,832" in page and "Next page (4)" in page and "these 2 rows" in page
    assert "Page before (2)" in page
    turned = await browser.post(f"/runs/{run_id}/next", data={"page": "4"}, headers=OWN)
    latest = host.opened("main").home.runs.search(limit=1)[0][1]
    assert turned.headers["location"] == f"/runs/{latest['run_id']}" and latest["run_id"] != run_id
    assert latest["input"] == {"page": 4, "page_size": 2}
    last = keep(host, 2, action="list_loans", input={}, output={**output, "more": False})
    assert "Next page" not in (await browser.get(f"/runs/{last}")).text
    wrote = keep(host, 3, output={"loan": None})
    for each in (last, wrote, run_id):
        assert (await browser.post(f"/runs/{each}/next", data={"page": "9"}, headers=OWN)).status_code == 404
    beyond = keep(host, 4, action="list_loans", input={"page": 9, "page_size": 2}, output={"loans": [], "total": 3})
    empty = (await browser.get(f"/runs/{beyond}")).text
    assert "Found: no row of 3 rows is on this page" in empty and "Back to page (2)" in empty
    assert "these 0 rows" not in empty and "<table" not in empty


async def test_what_nobody_looks_for_is_not_awaited(browser: httpx.AsyncClient) -> None:
    lent = {"/member_id": "7", "/book_code": "B-1", "do": "run"}
    run = (await browser.post("/actions/lend_book", data=lent, headers=OWN)).headers["location"]
    page = (await browser.get(run)).text
    assert "Nobody looks" in page and "Not seen yet" not in page and "data-live" not in page
    await browser.post("/connections/sandbox", data={"do": "webhooks"}, headers=OWN)
    assert "Not seen yet" in (await browser.get(run)).text


async def test_run_again_is_named_by_its_words(browser: httpx.AsyncClient, host: Host) -> None:
    run_id = keep(host, 1, input={"member_id": 7, "book_code": "B-1"})
    assert f'aria-label="Run again: {run_id}">Run again<' in (await browser.get("/runs")).text


@pytest.mark.parametrize(
    ("effect", "said", "changed"),
    [("none", "no change was sent yet", "Not yet"), ("unknown", "a change may be on its way", "Not known")],
)
async def test_a_run_in_progress_says_so_and_is_followed(
    browser: httpx.AsyncClient, host: Host, effect: str, said: str, changed: str
) -> None:
    run_id = keep(host, 1, status="running", effect=effect, requests=[])
    page = (await browser.get(f"/runs/{run_id}")).text
    assert f"Still running: {said}." in page and "Nothing was" not in page
    assert f'data-running="/v1/runs/{run_id}/live"' in page and "Look again" in page and "data-live" not in page
    assert f'data-title="Changed">{changed}<' in (await browser.get("/runs")).text
    ended = keep(host, 2, status="failed", requests=[])
    assert "data-running" not in (await browser.get(f"/runs/{ended}")).text
